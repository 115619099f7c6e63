"""The base of every form: its key, its version, and fields that refuse what no record should hold."""

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Flask, abort, g, request
from flask_wtf import FlaskForm
from wtforms import DateField, DateTimeLocalField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, StopValidation, ValidationError
from wtforms.widgets import HiddenInput

from kap.core import clock
from kap.core.refusal import Refused

T = TypeVar("T")

LINE = 200
TEXT = 100_000
"""The longest line and the longest text, in characters."""
EARLIEST_YEAR = 1900
"""Before it nobody was born who is treated here."""
LATEST_YEAR = 2200
"""Beyond it lies no session, and soon the end of the calendar, where times cannot be reckoned with."""
UNREADABLE = "\N{REPLACEMENT CHARACTER}"


def clean(text: str | None) -> str | None:
    """Trim a text, with a visible mark where a character cannot be stored or read: controls and half characters."""
    if text is None:
        return None
    return "".join(map(_legible, text.replace("\r\n", "\n"))).strip()


def _legible(character: str) -> str:
    unreadable = unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\r\t"
    return UNREADABLE if unreadable else character


class _Clean:
    """A validator that refuses such characters and shows where they stood; the rest stays as it was typed."""

    def __call__(self, form: FlaskForm, field: Any) -> None:
        typed = field.data
        field.data = clean(typed)
        if typed is not None and (field.data or "").count(UNREADABLE) != typed.count(UNREADABLE):
            raise StopValidation(
                f"This holds a character that cannot be saved, now marked {UNREADABLE}. Please delete it."
            )


class Line(StringField):
    """One line of text, trimmed."""

    def __init__(self, label: str, *, required: bool = False, most: int = LINE, **kwargs: Any) -> None:
        demand = DataRequired("Please fill this in.") if required else Optional()
        super().__init__(
            label,
            [_Clean(), demand, Length(max=most, message=f"At most {most} characters."), *kwargs.pop("also", [])],
            **kwargs,
        )


class Text(TextAreaField):
    """Free text of up to 100,000 characters."""

    def __init__(self, label: str, *, required: bool = False, **kwargs: Any) -> None:
        demand = DataRequired("Please fill this in.") if required else Optional()
        super().__init__(
            label,
            [_Clean(), demand, Length(max=TEXT, message=f"At most {TEXT:,} characters; nothing was cut off.")],
            **kwargs,
        )


class Moment(DateTimeLocalField):
    """A date and time on the clinic's wall; `moment` is it in UTC."""

    def __init__(self, label: str, *, required: bool = False, **kwargs: Any) -> None:
        demand = InputRequired("Please give the date and the time.") if required else Optional()
        super().__init__(
            label, [demand, *kwargs.pop("also", [])], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs
        )
        self.moment: datetime | None = None

    def process_data(self, value: datetime | None) -> None:
        self.moment = value if value and value.tzinfo else None
        self.data = value.astimezone(clinic_zone()).replace(tzinfo=None) if value and value.tzinfo else value

    def pre_validate(self, form: Any) -> None:
        self.moment = None
        if self.data is not None:
            if self.data.year > LATEST_YEAR:
                raise ValidationError("This is very far away. Please check the year.")
            try:
                self.moment = clock.localised(self.data, clinic_zone())
            except (ValueError, OverflowError) as impossible:
                raise ValidationError(str(impossible)) from None


class Day(DateField):
    """A date in the clinic's zone."""

    def __init__(self, label: str, *, required: bool = False, **kwargs: Any) -> None:
        demand = InputRequired("Please give the date.") if required else Optional()
        super().__init__(label, [demand, *kwargs.pop("also", [])], **kwargs)


class NotInFuture:
    """Refuse a date or a moment that has not come yet."""

    def __call__(self, form: Any, field: Any) -> None:
        if isinstance(field, Moment):
            late = field.moment is not None and field.moment > clock.now()
        else:
            late = field.data is not None and field.data > clock.today(clinic_zone())
        if late:
            raise ValidationError("This lies in the future. Please check the date.")


class NotTooEarly:
    """Refuse a date or a moment before all that can be meant."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is not None and field.data.year < EARLIEST_YEAR:
            raise ValidationError(f"This is before 1 January {EARLIEST_YEAR}, the earliest date taken here.")


class Form(FlaskForm):
    """A form whose key makes one record of it however often it is sent."""

    form_key = HiddenField(default=lambda: str(uuid4()))

    def validate(self, extra_validators: Any = None) -> bool:
        """True where all is well; the key of the form then waits in `g` for the transaction that saves it."""
        valid = bool(super().validate(extra_validators))
        g.form = self
        if valid:
            g.form_key = form_key(self.form_key.data)
        return valid

    @classmethod
    def taken_from(cls, row: Any) -> Any:
        """What the form is filled from, given the row that it changes: that row, unless more stands on the form."""
        return row

    def attempt(self, action: Callable[..., T], /, *args: Any, **kwargs: Any) -> T | None:
        """What `action` gives; None where it refuses, and its sentence then stands on the form."""
        try:
            return action(*args, **kwargs)
        except Refused as refused:
            self._refuse(refused)
            return None

    def done(self, action: Callable[..., Any], /, *args: Any, **kwargs: Any) -> bool:
        """The same for an action that gives nothing: False where it refuses."""
        try:
            action(*args, **kwargs)
        except Refused as refused:
            self._refuse(refused)
            return False
        return True

    def _refuse(self, refused: Refused) -> None:
        if refused.field is not None and refused.field in self:
            self[refused.field].errors = [*self[refused.field].errors, refused.sentence]
        else:
            self.form_errors.append(refused.sentence)


class EditForm(Form):
    """A form on a row that others may be changing: the version travels in it, and tells a repeat better than a key."""

    form_key = HiddenField(default="")
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired("The version is missing.")])


def form_key(text: str | None) -> UUID | None:
    """The key that came with a form; None where it is missing or no UUID."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def wall(text: str | None) -> datetime | None:
    """A time such as "2026-11-26T10:00" on the clinic's wall, out of an address; None where it is no such time."""
    try:
        return datetime.strptime(text or "", "%Y-%m-%dT%H:%M")  # noqa: DTZ007
    except ValueError:
        return None


def sent_by_script() -> bool:
    """Whether a script of ours asks, which goes by the status of the answer and wants no page."""
    return request.headers.get("X-Requested-With") == "fetch"


def clinic_zone() -> ZoneInfo:
    """The zone of the clinic of whoever is asking."""
    zone: ZoneInfo = g.clinic_zone
    return zone


def local_day(moment: datetime | None) -> date | None:
    """The day that clocks in the clinic show at this moment."""
    return moment.astimezone(clinic_zone()).date() if moment else None


def start_forms(app: Flask) -> None:
    """Take nothing but forms: fields that are no texts, out of JSON or files, are expected nowhere."""
    app.before_request(_refuse_others)


def _refuse_others() -> None:
    if request.method == "POST" and (request.is_json or request.files):
        abort(415)


def page_number(asked: str | None) -> int:
    """The number of a page of a list, from 1; anything else is the first."""
    return max(int(asked), 1) if asked and asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
