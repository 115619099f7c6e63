"""Holding a session back from the patient, and releasing it.

What is signed is the patient's to read. The law makes few exceptions, and none for good: a hold names its ground, its
reason and its last day, ends by itself, and is never changed. Who wants to hold for longer says anew why.
"""

from datetime import date, timedelta

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused
from kap.people.models import Clinic, Patient, User
from kap.treatment.models import Ground, ReleaseHold, Status, TreatmentSession
from kap.treatment.queries import holds_of
from kap.web.filters import written

MOST = timedelta(days=90)
"""The longest that is held at once (our own default): whether harm is still likely has to be asked again."""


def hold_back(session: TreatmentSession, *, ground: str, reason: str, until: date, by: User) -> ReleaseHold:
    """Keep a session from the patient until the day `until`; signed already or not yet."""
    patient = db.session.get_one(Patient, session.patient_id)
    zone = db.session.get_one(Clinic, session.clinic_id).zone_info
    with recording(Action.RELEASE_HELD, by=by, patient=patient, about=session, follow=False) as event:
        hold(session)
        if session.in_error:
            raise Refused("This session was marked as entered in error. The patient does not see it.")
        if session.status != Status.TOOK_PLACE:
            raise Refused("Only a session that took place is read by the patient. There is nothing to hold back.")
        today = clock.today(zone)
        if not today < until <= today + MOST:
            raise Refused(
                f"At the latest until {written(today + MOST)}, and at the earliest until tomorrow.", field="until"
            )
        ends = clock.day_start(until, zone)
        if any(other.until >= ends for other in _in_force(session)):
            raise Refused("It is held back for so long already. To end that earlier, release it.", field="until")
        held = ReleaseHold.of(
            patient,
            session_id=session.id,
            ground=Ground(ground),
            reason=reason,
            until=ends,
            held_by=by.id,
            held_at=event.at,
        )
        db.session.add(held)
        event.detail = {"ground": held.ground, "until": until.isoformat()}
    return held


def release(session: TreatmentSession, *, by: User) -> None:
    """Let the patient read a session from now on that was held back; what is not signed stays unread."""
    patient = db.session.get_one(Patient, session.patient_id)
    with recording(Action.RELEASE_LIFTED, by=by, patient=patient, about=session, follow=False) as event:
        hold(session)
        holds = _in_force(session)
        if not holds:
            raise Refused("This session is not held back any more.")
        for held in holds:
            held.lifted_at, held.lifted_by = event.at, by.id


def _in_force(session: TreatmentSession) -> list[ReleaseHold]:
    return [held for held in holds_of(session) if held.in_force]
