"""What went wrong or was unwanted is reported, and followed until it is settled.

This stays open after a session is signed: an event may show, or end, days later.
"""

from datetime import datetime
from uuid import UUID

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused
from kap.dosing.actions.locked import hold_open
from kap.dosing.rules.events import CRITERIA, Told
from kap.people.models import User
from kap.treatment.models import AdverseEvent, DosingSession
from kap.treatment.terms import MEDICATION_ERROR, TERMS

CHANGED = "Somebody has added to this in the meantime. What you typed is still here; please open it anew to compare."


def report(session: DosingSession, told: Told, *, by: User) -> AdverseEvent:
    """Write down an adverse event."""
    with recording(Action.EVENT_REPORTED, by=by, patient=session.patient, follow=False) as event:
        hold_open(session, None)
        row = _write(session, _possible(told), by=by)
        event.about(row)
    return row


def change(adverse: AdverseEvent, told: Told, *, why: str = "", by: User) -> AdverseEvent:
    """Say more about an event, or otherwise; what was said before stays to be read."""
    session = db.session.get_one(DosingSession, adverse.session_id)
    with recording(Action.EVENT_CHANGED, by=by, patient=session.patient, follow=False) as event:
        hold_open(session, None)
        _mark(adverse, why or "Followed up.", by)
        row = _write(session, _possible(told), corrects=adverse, by=by)
        event.about(row)
    return row


def withdraw_event(adverse: AdverseEvent, *, why: str, by: User) -> AdverseEvent:
    """Say that there was no such event."""
    session = db.session.get_one(DosingSession, adverse.session_id)
    with recording(Action.EVENT_CHANGED, by=by, patient=session.patient, about=adverse, follow=False):
        if not why.strip():
            raise Refused("Please say why.", field="why")
        hold_open(session, None)
        _mark(adverse, why, by)
    return adverse


def open_error(session: DosingSession, *, administration_id: UUID, onset_at: datetime, by: User) -> AdverseEvent:
    """Open a medication error about a dose that was confirmed; how bad it was is said later."""
    with recording(Action.EVENT_REPORTED, by=by, patient=session.patient) as event:
        row = _write(session, Told(MEDICATION_ERROR, onset_at=onset_at), by=by)
        row.administration_id = administration_id
        event.about(row)
    return row


def _possible(told: Told) -> Told:
    """The event as it is kept; Refused where it cannot have been."""
    now = clock.now()
    if told.term not in TERMS:
        raise Refused("Please choose what happened.", field="term")
    if told.term == "other" and not told.words:
        raise Refused("Please say what happened.", field="words")
    if told.onset_at is not None and told.onset_at > now:
        raise Refused("This lies in the future.", field="onset_at")
    if told.ended_at is not None and (told.ended_at > now or (told.onset_at and told.ended_at < told.onset_at)):
        raise Refused("It ended after it began, and not in the future.", field="ended_at")
    named = set(filter(None, (told.criteria or "").split(",")))
    if named - set(CRITERIA):
        raise Refused("This is no criterion.", field="criteria")
    if named and not told.serious:
        raise Refused("By these criteria it was serious.", field="serious")
    if told.serious and not named:
        raise Refused("Please say by which criterion it was serious.", field="criteria")
    return told


def _mark(adverse: AdverseEvent, why: str, by: User) -> None:
    # Whoever comes second waits here, and then reads that the row was corrected.
    hold(adverse)
    if adverse.in_error:
        raise Refused(CHANGED)
    adverse.error_at, adverse.error_by, adverse.error_reason = clock.now(), by.id, why


def _write(session: DosingSession, told: Told, *, by: User, corrects: AdverseEvent | None = None) -> AdverseEvent:
    row = AdverseEvent.of(
        session.patient,
        session_id=session.id,
        entered_by=by.id,
        corrects_id=corrects.id if corrects else None,
        administration_id=corrects.administration_id if corrects else None,
        **told._asdict(),
    )
    db.session.add(row)
    db.session.flush()
    return row
