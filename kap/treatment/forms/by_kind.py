"""The form of a session of each kind: a new one with what is most likely, and that of one that stands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_login import current_user

from kap.core import clock
from kap.people.models import Patient
from kap.people.queries import can_treat
from kap.treatment.agreed import earlier_of
from kap.treatment.forms.sessions import DosingEditForm, DosingForm
from kap.treatment.forms.talk import IntegrationEditForm, IntegrationForm, PreparationEditForm, PreparationForm
from kap.treatment.models import Course, Kind, Status, TreatmentSession
from kap.treatment.queries import doses_of, last_dosing, suggested_doses

WEIGHT_HOLDS = timedelta(days=30)
"""How long a weight is offered again; an older one is weighed anew (our default)."""

NEW: dict[Kind, Any] = {Kind.PREPARATION: PreparationForm, Kind.DOSING: DosingForm, Kind.INTEGRATION: IntegrationForm}
EDIT: dict[Kind, Any] = {
    Kind.PREPARATION: PreparationEditForm,
    Kind.DOSING: DosingEditForm,
    Kind.INTEGRATION: IntegrationEditForm,
}


def new_form(
    kind: Kind,
    patient: Patient,
    courses: Sequence[Course],
    status: str,
    planned_at: datetime | None = None,
    **filled: Any,
) -> Any:
    """An empty form with what is most likely: now, this therapist, the last route, the doses not yet worked on.

    `planned_at`: on the clinic's wall, for a session that is planned.
    """
    now = clock.now()
    team = [current_user.id] if current_user.id in {u.id for u in can_treat(current_user.clinic_id)} else []
    likely: dict[str, Any] = {
        "team": team,
        "status": status,
        "starts_at": planned_at if status == Status.PLANNED else now - timedelta(minutes=now.minute % 5),
    }
    if kind == Kind.DOSING:
        likely |= _like_last_time(patient, now)
    if kind == Kind.INTEGRATION:
        likely |= {
            "doses": doses_of(patient),
            "integrates": suggested_doses(patient, now),
            "earlier": earlier_of(patient, courses[0], before=now),
        }
    return NEW[kind](courses=courses, **likely, **filled)


def edit_form(session: TreatmentSession, **filled: Any) -> Any:
    """The form of a session that stands."""
    kind = Kind(session.kind)
    more = {"doses": doses_of(session.patient)} if kind == Kind.INTEGRATION else {}
    return EDIT[kind](obj=EDIT[kind].taken_from(session), **more, **filled)


def _like_last_time(patient: Patient, now: datetime) -> dict[str, Any]:
    last = last_dosing(patient, before=now)
    if last is None:
        return {}
    fresh = now - last.starts_at <= WEIGHT_HOLDS
    return {"route": last.route, "weight_kg": last.weight_kg if fresh else None}
