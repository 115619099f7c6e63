"""How dates, times and numbers are written on a page."""

from calendar import day_name, month_name
from datetime import date, datetime
from decimal import Decimal

from flask import Flask

from kap.core import clock
from kap.web.forms import clinic_zone

MONTHS = tuple(month_name)
"""The names by their number: the calendar formats a date to give one, and a page has hundreds of dates."""


def written(day: date) -> str:
    """ "4 March 2026"."""
    return f"{day.day} {MONTHS[day.month]} {day.year}"


def day(value: date | datetime) -> str:
    """ "4 March 2026", in the clinic's zone."""
    return written(value.astimezone(clinic_zone()) if isinstance(value, datetime) else value)


def weekday(value: date | datetime) -> str:
    """ "Wednesday 4 March", in the clinic's zone: for days that are near."""
    local = value.astimezone(clinic_zone()) if isinstance(value, datetime) else value
    return f"{day_name[local.weekday()]} {local.day} {MONTHS[local.month]}"


def month(day: date) -> str:
    """ "March 2026"."""
    return f"{month_name[day.month]} {day.year}"


def moment(value: datetime) -> str:
    """ "4 March 2026, 14:05", in the clinic's zone."""
    local = value.astimezone(clinic_zone())
    return f"{written(local)}, {local.hour:02}:{local.minute:02}"


def near(value: date | datetime) -> str:
    """ "4 March", and of a moment ", 14:05"; with its year only if that is not this one."""
    this_year = clock.now().astimezone(clinic_zone()).year
    text = moment(value) if isinstance(value, datetime) else written(value)
    return text.replace(f" {this_year}", "", 1)


def wall_time(value: datetime) -> str:
    """ "14:05", in the clinic's zone."""
    return f"{value.astimezone(clinic_zone()):%H:%M}"


def wall_moment(value: datetime) -> str:
    """ "2026-03-04T14:05", as a form takes it, in the clinic's zone."""
    return f"{value.astimezone(clinic_zone()):%Y-%m-%dT%H:%M}"


def number(value: float | Decimal | None) -> str:
    """As few decimals as the number has: 7, 0.75, 4.3; an en dash for none."""
    if value is None:
        return "–"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def start_filters(app: Flask) -> None:
    """Make them known to the templates."""
    told = (day, weekday, moment, wall_time, wall_moment, number)
    app.jinja_env.filters.update({one.__name__: one for one in told})
    app.jinja_env.globals.update(today=lambda: clock.today(clinic_zone()))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
