"""Practices and intentions: what was agreed, whether it is still done, and what became of what was hoped for.

Nothing is counted and no row of days is praised: a tick says that it was done on a day, no tick says nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused
from kap.people.models import Clinic, Patient, User
from kap.treatment.models import (
    IntegrationSession,
    IntentionReview,
    Kept,
    Practice,
    PracticeKind,
    PracticeReview,
    PracticeTick,
    Status,
    TreatmentSession,
)

TICKED_BACK = timedelta(days=7)
"""How far back a day can be ticked: who comes to it late is not turned away, and nobody fills in a month."""
MONTHS = (1, 3)
"""How many months after it was agreed the patient is asked whether they still do it."""
TAKEN_OFF = "Taken off the session before it was signed."
GONE = "This is no longer on the list of what you agreed. Please ask your care team."

_COUNTS = and_(TreatmentSession.error_at.is_(None), TreatmentSession.status == Status.TOOK_PLACE)
"""The condition that the session of the query has something to be looked at again. What a review stands for already
stays, though its session does not count any more.
"""


class Agreed(NamedTuple):
    """A practice as it is agreed; `id` of one that stands on the session already."""

    words: str
    kind: str = PracticeKind.OTHER
    often: str = ""
    due_on: date | None = None
    id: UUID | None = None


class Found(NamedTuple):
    """What was found of a practice or an intention when it was asked about."""

    status: str
    words: str = ""


def agree(session: IntegrationSession, agreed: Sequence[Agreed], *, by: User | None) -> None:
    """Keep what was agreed in the session, all of it; inside `recording`, by whoever writes the session."""
    patient, day = _patient(session), _day(session)
    stand = {row.id: row for row in session.practices}
    for position, one in enumerate(agreed):
        row = stand.pop(one.id, None) if one.id is not None else None
        if row is None:
            row = Practice.of(patient, session_id=session.id, course_id=session.course_id)
            db.session.add(row)
        row.kind, row.words, row.often = PracticeKind(one.kind).value, one.words, one.often
        row.due_on, row.position, row.agreed_on = one.due_on, position, day
    for row in stand.values():
        row.error_at, row.error_by, row.error_reason = clock.now(), by.id if by else None, TAKEN_OFF
    db.session.flush()
    db.session.expire(session, ["practices"])


def review_practices(session: IntegrationSession, found: Mapping[UUID, Found], *, by: User | None) -> None:
    """Keep what the session found of earlier practices; one that nobody asked about is left out."""
    stand = {row.practice_id: row for row in session.practice_reviews}
    query = (
        select(Practice.id)
        .join(TreatmentSession, TreatmentSession.id == Practice.session_id)
        .where(
            Practice.clinic_id == session.clinic_id,
            Practice.patient_id == session.patient_id,
            Practice.id.in_(set(found) - set(stand)),
            Practice.session_id != session.id,
            Practice.agreed_on <= _day(session),
            Practice.error_at.is_(None),
            _COUNTS,
        )
    )
    if set(found) - set(stand) - set(db.session.scalars(query)):
        raise Refused("A practice that was reviewed is not one of this patient's earlier ones.")
    for practice_id, said in found.items():
        row = stand.pop(practice_id, None)
        if row is None:
            row = PracticeReview.of(_patient(session), session_id=session.id, practice_id=practice_id)
            db.session.add(row)
        row.status, row.words = Kept(said.status).value, said.words
        row.reviewed_at, row.reviewed_by = session.starts_at, by.id if by else None
    for row in stand.values():
        db.session.delete(row)
    db.session.flush()
    db.session.expire(session, ["practice_reviews"])


def review_intentions(session: IntegrationSession, found: Mapping[UUID, Found]) -> None:
    """Keep what the session found of the intentions of earlier sessions."""
    stand = {row.about_id: row for row in session.intention_reviews}
    query = select(TreatmentSession.id).where(
        TreatmentSession.clinic_id == session.clinic_id,
        TreatmentSession.patient_id == session.patient_id,
        TreatmentSession.id.in_(set(found) - set(stand)),
        TreatmentSession.starts_at < session.starts_at,
        _COUNTS,
    )
    if set(found) - set(stand) - set(db.session.scalars(query)):
        raise Refused("An intention that was reviewed is not of one of this patient's earlier sessions.")
    for about_id, said in found.items():
        row = stand.pop(about_id, None)
        if row is None:
            row = IntentionReview.of(_patient(session), session_id=session.id, about_id=about_id)
            db.session.add(row)
        row.status, row.words = Kept(said.status).value, said.words
    for row in stand.values():
        db.session.delete(row)
    db.session.flush()
    db.session.expire(session, ["intention_reviews"])


def tick(practice: Practice, *, on: date, by: User) -> PracticeTick:
    """The patient says that they did it on a day; said twice, as from two devices, it is one tick."""
    with recording(Action.PRACTICE_TICKED, by=by, patient=_patient(practice), about=practice, follow=False) as event:
        hold(practice)
        _refuse_taken_off(practice)
        today = clock.today(_zone(practice))
        if not today - TICKED_BACK <= on <= today or on < practice.agreed_on:
            raise Refused("Only the last seven days can be ticked, from the day on which it was agreed.", field="on")
        found = _tick_of(practice, on)
        if found is None:
            found = PracticeTick.of(_patient(practice), practice_id=practice.id, on=on)
            db.session.add(found)
        elif found.withdrawn_at is None:
            event.passed_over = True
        found.withdrawn_at = None
    return found


def untick(practice: Practice, *, on: date, by: User) -> None:
    """The patient takes a tick back."""
    with recording(Action.PRACTICE_UNTICKED, by=by, patient=_patient(practice), about=practice, follow=False) as event:
        hold(practice)
        found = _tick_of(practice, on)
        if found is None or found.withdrawn_at is not None:
            event.passed_over = True
        else:
            found.withdrawn_at = clock.now()


def say_still(
    practice: Practice, *, status: str, words: str = "", month: int | None = None, by: User
) -> PracticeReview:
    """The patient says whether they still do it, asked after `month` months or of their own accord."""
    with recording(Action.PRACTICE_REVIEWED, by=by, patient=_patient(practice), about=practice, follow=False) as event:
        hold(practice)
        _refuse_taken_off(practice)
        review = PracticeReview.of(
            _patient(practice),
            practice_id=practice.id,
            month=month,
            status=Kept(status).value,
            words=words,
            reviewed_at=event.at,
            reviewed_by=by.id,
        )
        db.session.add(review)
    return review


def _tick_of(practice: Practice, on: date) -> PracticeTick | None:
    query = select(PracticeTick).where(
        PracticeTick.clinic_id == practice.clinic_id,
        PracticeTick.practice_id == practice.id,
        PracticeTick.on == on,
    )
    return db.session.scalars(query).one_or_none()


def _refuse_taken_off(practice: Practice) -> None:
    """Refuse what was marked as entered in error since, by itself or with its session."""
    session = db.session.get_one(TreatmentSession, practice.session_id)
    if practice.in_error or session.in_error or session.status != Status.TOOK_PLACE:
        raise Refused(GONE)


def _day(session: TreatmentSession) -> date:
    return session.starts_at.astimezone(_zone(session)).date()


def _zone(row: TreatmentSession | Practice) -> ZoneInfo:
    return db.session.get_one(Clinic, row.clinic_id).zone_info


def _patient(row: TreatmentSession | Practice) -> Patient:
    return db.session.get_one(Patient, row.patient_id)
