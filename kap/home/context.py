"""What every page is told besides its own matter: whose clinic it is, where one can go, what one may do."""

from typing import Any, NamedTuple

from flask import Flask, g, request, url_for
from flask_login import current_user

from kap.access.roles import Permission, granted
from kap.measures.queries import catalogue
from kap.outcomes.wording import LABELS
from kap.people.queries import sole_clinic
from kap.safety.models import AlertKind
from kap.safety.queries import open_alert_count
from kap.treatment.models import Condition


class Link(NamedTuple):
    """A way in the head of the page."""

    label: str
    href: str
    current: bool


WAYS = (
    ("Today", "home.day", Permission.SESSION_RECORD),
    ("Patients", "outcomes.caseload", Permission.CASELOAD_VIEW),
    ("Alerts", "safety.alerts", Permission.ALERT_VIEW),
    ("Due", "home.due", Permission.CASELOAD_VIEW),
    ("Drug log", "stock.show", Permission.STOCK_VIEW),
    ("My progress", "outcomes.my", Permission.OWN_RECORD),
    ("Questionnaires", "measures.mine", Permission.OWN_ANSWERS),
    ("Agreed", "outcomes.my_practices", Permission.OWN_PRACTICES),
    ("Clinic", "home.clinic", Permission.CLINIC_VIEW),
)
"""At most five for one role, so that they fit into one line on a phone; the rest stands under Today, Due and Clinic."""


def start_context(app: Flask) -> None:
    """Give it to every template of the app."""
    app.context_processor(_context)
    tones = {state: tone for state, (_, tone) in LABELS.items()}
    app.jinja_env.globals.update(may=may, Condition=Condition, AlertKind=AlertKind, tones=tones)


def may(permission: str) -> bool:
    """True where the current user has the permission, towards the patient of the page if there is one."""
    held = g.get("held")
    if held is None:
        held = granted(current_user.roles) if current_user.is_authenticated else frozenset()
    return Permission(permission) in held


def _context() -> dict[str, Any]:
    signed_in = current_user.is_authenticated
    clinic = current_user.clinic if signed_in else sole_clinic()
    return {
        "clinic": clinic,
        "synthetic": clinic is not None and clinic.synthetic,
        "crisis_href": url_for("home.crisis"),
        "names": {measure.id: measure.name for measure in catalogue()},
        "nav": _nav() if signed_in else (),
    }


def _nav() -> list[Link]:
    held = granted(current_user.roles)
    # Whoever has a day finds there what is due.
    passed_over = "home.due" if Permission.SESSION_RECORD in held else ""
    return [_link(*way) for way in WAYS if way[2] in held and way[1] != passed_over]


def _link(label: str, endpoint: str, permission: Permission) -> Link:
    """Alerts say how many wait: on every page, for nothing may hide them."""
    waiting = open_alert_count(current_user) if permission is Permission.ALERT_VIEW else 0
    return Link(f"{label} ({waiting})" if waiting else label, url_for(endpoint), request.endpoint == endpoint)
