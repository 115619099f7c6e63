"""Pages of a dosing session: one module for each of its sides, all under one blueprint."""

from typing import Any, NamedTuple
from uuid import UUID

from flask import Blueprint, g, render_template, request, url_for

from kap.access.roles import Permission
from kap.dosing.models import Answer, DoseForm, GivenBy, GoNoGo, Method, ObservationKind
from kap.dosing.queries.phases import Record, record_of
from kap.dosing.rules.phases import Phase
from kap.dosing.rules.sheets import ESKETAMINE
from kap.dosing.rules.standing import Standing
from kap.people.load import load
from kap.people.queries import name_of
from kap.treatment.models import DosingSession, Medicine, Route, Severity, Status

bp = Blueprint("dosing", __name__)

WORDS = (Answer, DoseForm, GivenBy, GoNoGo, Medicine, Method, ObservationKind, Phase, Route, Severity, Status)


class Way(NamedTuple):
    """A page of a phase: its name beside the others of the same phase, its endpoint, and which sheet it is."""

    phase: Phase
    label: str
    endpoint: str
    sheet: str | None = None
    routes: frozenset[str] = frozenset()
    """Only with a dose by one of these routes; without any, always."""

    def href(self, session: DosingSession) -> str:
        """Its address; that of the reading page for whoever only reads."""
        if Permission.SESSION_RECORD not in g.held:
            return url_for("dosing.show", session_id=session.id, _anchor=self.phase)
        return url_for(self.endpoint, session_id=session.id, name=self.sheet)

    @property
    def current(self) -> bool:
        """True on this page."""
        return request.endpoint == self.endpoint and (request.view_args or {}).get("name") == self.sheet


WAYS = (
    Way(Phase.ELIGIBILITY, "Checklist", "dosing.checklist"),
    Way(Phase.ELIGIBILITY, "Screening", "dosing.sheet", "screening"),
    Way(Phase.CONSENT, "Consent", "dosing.consent"),
    Way(Phase.BEFORE, "Readiness", "dosing.sheet", "before"),
    Way(Phase.BEFORE, "Intention and setting", "dosing.sheet", "setting"),
    Way(Phase.BEFORE, "Go or no-go", "dosing.decide"),
    Way(Phase.ADMINISTRATION, "Administration", "dosing.administration"),
    Way(Phase.MONITORING, "Room", "dosing.room"),
    Way(Phase.MONITORING, "Adverse events", "dosing.events"),
    Way(Phase.EXPERIENCE, "Experience", "dosing.sheet", "experience"),
    Way(Phase.DISCHARGE, "Discharge", "dosing.sheet", "discharge"),
    Way(Phase.AFTERCARE, "After-care", "dosing.sheet", "after-care"),
    Way(Phase.AFTERCARE, "Call", "dosing.call"),
    Way(Phase.AFTERCARE, "REMS form", "dosing.rems", routes=ESKETAMINE),
)
"""The pages of a session in the order in which one goes through them."""


class Step(NamedTuple):
    """A phase on the rail."""

    standing: Standing
    href: str
    current: bool


@bp.app_context_processor
def _words() -> dict[str, Any]:
    """The enumerations by name, for the words that stand for their values."""
    return {kind.__name__: kind for kind in WORDS}


@bp.context_processor
def _names() -> dict[str, Any]:
    return {"name_of": name_of}


def load_dosing(session_id: UUID, permission: Permission) -> DosingSession:
    """The dosing session, as `load` gives it."""
    return load(DosingSession, session_id, permission)


def render_phase(
    template: str, session: DosingSession, phase: Phase | None, record: Record | None = None, **values: Any
) -> str:
    """A page of one phase, or of all, with the rail."""
    record = record or record_of(session)
    tabs = [way for way in WAYS if way.phase is phase and (not way.routes or record.route in way.routes)]
    return render_template(
        template,
        session=session,
        patient=session.patient,
        phase=phase,
        record=record,
        place=next((way.label for way in WAYS if way.current), None),
        rail=[Step(standing, _href(record, standing.phase), standing.phase is phase) for standing in record.phases],
        tabs=[(way.label, way.href(session), way.current) for way in tabs] if len(tabs) > 1 else [],
        **values,
    )


def _href(record: Record, phase: Phase) -> str:
    """Where the rail leads: to the first page of a phase, and once all is signed to what stands of it."""
    if phase is not Phase.AFTERCARE and record.signed.signatures.keys() >= set(record.signed.parts):
        return url_for("dosing.show", session_id=record.session.id, _anchor=phase)
    return _first(phase).href(record.session)


def _first(phase: Phase) -> Way:
    return next(way for way in WAYS if way.phase is phase)


def next_href(session: DosingSession) -> str:
    """Where one goes on to from this page."""
    places = [place for place, way in enumerate(WAYS) if way.current]
    after = WAYS[places[0] + 1 :] if places else ()
    return after[0].href(session) if after else url_for("dosing.show", session_id=session.id)


from kap.dosing.views import events, giving, limits, phases, rems, room  # noqa: E402, F401
