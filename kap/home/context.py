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
    ("Patients", "outcomes.caseload", Permission.CASELOAD_VIEW),
    ("Alerts", "safety.alerts", Permission.ALERT_VIEW),
    ("Protocols", "treatment.protocols", Permission.PROTOCOL_VIEW),
    ("My progress", "outcomes.my", Permission.OWN_RECORD),
    ("Questionnaires", "measures.mine", Permission.OWN_ANSWERS),
    ("Users", "people.users", Permission.USERS_VIEW),
    ("Log", "home.log", Permission.AUDIT_VIEW),
    ("Clinic", "people.clinic_settings", Permission.CLINIC_SETTINGS),
)


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
    return [
        Link(_label(label, permission), url_for(endpoint), request.endpoint == endpoint)
        for label, endpoint, permission in WAYS
        if permission in held
    ]


def _label(label: str, permission: Permission) -> str:
    """Alerts say how many wait."""
    if permission is not Permission.ALERT_VIEW:
        return label
    waiting = open_alert_count(current_user)
    return f"{label} ({waiting})" if waiting else label
