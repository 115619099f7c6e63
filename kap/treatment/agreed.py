"""What is asked of practices and intentions: how each stands, and which the patient is to be asked about."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select

from kap.core.db import db
from kap.people.load import CLINIC, PATIENT, of_patient
from kap.people.models import Clinic, Patient
from kap.treatment.models import (
    Course,
    IntegrationSession,
    IntentionReview,
    Kept,
    Kind,
    Practice,
    PracticeReview,
    PracticeTick,
    Status,
    TreatmentSession,
)
from kap.treatment.practices import MONTHS

OVER = frozenset({Kept.DONE, Kept.DROPPED})
"""What is asked about no more."""


class Said(NamedTuple):
    """What was said of a practice: in a session, or by the patient, then after `month` months if they were asked."""

    status: Kept
    words: str
    at: datetime
    session_id: UUID | None
    month: int | None


class PracticeRow(NamedTuple):
    """A practice with what was said of it, the latest last, and the days on which it was ticked."""

    id: UUID
    course_id: UUID
    session_id: UUID
    kind: str
    words: str
    often: str
    agreed_on: date
    due_on: date | None
    said: Sequence[Said]
    ticked: Sequence[date]

    @property
    def status(self) -> Kept | None:
        """What was said of it last; None while nobody has."""
        return self.said[-1].status if self.said else None

    @property
    def open(self) -> bool:
        """True until it is done or dropped."""
        return self.status not in OVER

    def asks(self, today: date) -> int | None:
        """After how many months the patient is to be asked today whether they still do it; None if not now."""
        due = max((month for month in MONTHS if months_after(self.agreed_on, month) <= today), default=None)
        return due if self.open and due not in {said.month for said in self.said} else None


class IntentionRow(NamedTuple):
    """The intention of a session, as it was last changed, and what was last found of it."""

    session_id: UUID
    kind: Kind
    at: datetime
    words: str
    first: str
    status: Kept | None


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last one of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def practices_of(patient: Patient) -> list[PracticeRow]:
    """What the patient agreed to in sessions that took place, the earliest first; three statements."""
    said: dict[UUID, list[Said]] = defaultdict(list)
    for row in db.session.scalars(_REVIEWS, of_patient(patient)):
        said[row.practice_id].append(Said(Kept(row.status), row.words, row.reviewed_at, row.session_id, row.month))
    ticked: dict[UUID, list[date]] = defaultdict(list)
    for practice_id, on in db.session.execute(_TICKS, of_patient(patient)):
        ticked[practice_id].append(on)
    return [
        PracticeRow(
            row.id,
            row.course_id,
            row.session_id,
            row.kind,
            row.words,
            row.often,
            row.agreed_on,
            row.due_on,
            said[row.id],
            ticked[row.id],
        )
        for row in db.session.scalars(_PRACTICES, of_patient(patient))
    ]


_HELD = and_(TreatmentSession.error_at.is_(None), TreatmentSession.status == Status.TOOK_PLACE)
_PRACTICES = (
    select(Practice)
    .join(TreatmentSession, TreatmentSession.id == Practice.session_id)
    .where(Practice.clinic_id == CLINIC, Practice.patient_id == PATIENT, Practice.error_at.is_(None), _HELD)
    .order_by(Practice.agreed_on, Practice.session_id, Practice.position, Practice.id)
)
_REVIEWS = (
    select(PracticeReview)
    .outerjoin(TreatmentSession, TreatmentSession.id == PracticeReview.session_id)
    .where(PracticeReview.clinic_id == CLINIC, PracticeReview.patient_id == PATIENT)
    .where(PracticeReview.session_id.is_(None) | _HELD)
    .order_by(PracticeReview.reviewed_at, PracticeReview.id)
)
_TICKS = (
    select(PracticeTick.practice_id, PracticeTick.on)
    .where(PracticeTick.clinic_id == CLINIC, PracticeTick.patient_id == PATIENT, PracticeTick.withdrawn_at.is_(None))
    .order_by(PracticeTick.on)
)


def intentions_of(patient: Patient, course: Course, *, before: datetime) -> list[IntentionRow]:
    """The intentions of the sessions of a course before a moment, with what later sessions before it found of them."""
    found: dict[UUID, list[IntentionReview]] = defaultdict(list)
    reviews = (
        select(IntentionReview)
        .join(TreatmentSession, TreatmentSession.id == IntentionReview.session_id)
        .where(IntentionReview.clinic_id == patient.clinic_id, IntentionReview.patient_id == patient.id)
        .where(TreatmentSession.starts_at < before, _HELD)
        .order_by(TreatmentSession.starts_at, IntentionReview.id)
    )
    for review in db.session.scalars(reviews):
        found[review.about_id].append(review)
    sessions = (
        select(TreatmentSession)
        .where(
            TreatmentSession.clinic_id == patient.clinic_id,
            TreatmentSession.patient_id == patient.id,
            TreatmentSession.course_id == course.id,
            TreatmentSession.intention_sealed.is_not(None),
            TreatmentSession.starts_at < before,
            _HELD,
        )
        .order_by(TreatmentSession.starts_at, TreatmentSession.id)
    )
    return [_intention(session, found[session.id]) for session in db.session.scalars(sessions)]


class Earlier(NamedTuple):
    """What earlier sessions left open for a session: the intentions of its course, and the practices, by their ids.

    `intention_rows` and `practice_rows` are them as the rows of its form, with what the session found of them.
    """

    intentions: dict[str, IntentionRow]
    practices: dict[str, PracticeRow]
    intention_rows: Sequence[Mapping[str, Any]]
    practice_rows: Sequence[Mapping[str, Any]]


def earlier_of(
    patient: Patient, course: Course, *, before: datetime, session: IntegrationSession | None = None
) -> Earlier:
    """What stood open before a moment; with `session` also what that one found of things that are no longer open."""
    intentions = {row.session_id: row for row in intentions_of(patient, course, before=before)}
    practices = {row.id: row for row in practices_before(patient, before)}
    # What was intended again in the same words is asked about once.
    last = {row.words.casefold(): key for key, row in intentions.items() if row.status not in OVER}
    held = list(last.values())
    kept = [key for key, row in practices.items() if row.open and (session is None or row.session_id != session.id)]
    return Earlier(
        intentions={str(key): row for key, row in intentions.items()},
        practices={str(key): row for key, row in practices.items()},
        intention_rows=_rows(held, {row.about_id: row for row in session.intention_reviews} if session else {}),
        practice_rows=_rows(kept, {row.practice_id: row for row in session.practice_reviews} if session else {}),
    )


def _rows(still_open: Sequence[UUID], found: Mapping[UUID, Any]) -> list[Mapping[str, Any]]:
    """A row for all that is open, and for all else of which something was found."""
    return [
        {
            "about": str(key),
            "status": found[key].status if key in found else "",
            "words": found[key].words if key in found else "",
        }
        for key in dict.fromkeys([*still_open, *found])
    ]


def practices_before(patient: Patient, at: datetime) -> list[PracticeRow]:
    """The practices as they stood just before a moment: what was agreed and said by then."""
    day = at.astimezone(db.session.get_one(Clinic, patient.clinic_id).zone_info).date()
    return [
        row._replace(said=[said for said in row.said if said.at < at])
        for row in practices_of(patient)
        if row.agreed_on <= day
    ]


def _intention(session: TreatmentSession, found: Sequence[IntentionReview]) -> IntentionRow:
    changed = [review.words for review in found if review.words]
    return IntentionRow(
        session.id,
        Kind(session.kind),
        session.starts_at,
        changed[-1] if changed else session.intention,
        session.intention,
        Kept(found[-1].status) if found else None,
    )
