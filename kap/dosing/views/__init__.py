"""Pages of a dosing session: one module for each of its sides, all under one blueprint."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template

from kap.access.roles import Permission
from kap.dosing.models import Answer, DoseForm, GivenBy, GoNoGo, Method, ObservationKind
from kap.dosing.rules.phases import Phase
from kap.people.load import load
from kap.treatment.models import DosingSession, Route

bp = Blueprint("dosing", __name__)

WORDS = (Answer, DoseForm, GivenBy, GoNoGo, Method, ObservationKind, Phase, Route)


@bp.app_context_processor
def _words() -> dict[str, Any]:
    """The enumerations by name, for the words that stand for their values."""
    return {kind.__name__: kind for kind in WORDS}


def load_dosing(session_id: UUID, permission: Permission) -> DosingSession:
    """The dosing session, as `load` gives it."""
    return load(DosingSession, session_id, permission)


def render_phase(template: str, session: DosingSession, phase: Phase, **values: Any) -> str:
    """A page of one phase, with the rail of all of them."""
    return render_template(template, session=session, patient=session.patient, phase=phase, **values)


from kap.dosing.views import events, giving, limits, phases, room  # noqa: E402, F401
