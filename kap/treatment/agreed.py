"""What is asked of practices and intentions: how each stands, and which the patient is to be asked about."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from kap.core import clock
from kap.core.db import db
from kap.people.load import CLINIC, PATIENT, asking, not_own, of_patient, visible_rows
from kap.people.models import Clinic, Patient, User
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


MOST_ASKED = 100
"""Of how many earlier things of a kind a session can say what became of them."""
LISTED = timedelta(days=30)
"""For how long staff are shown what has come due (our own default): what is older stands with its patient."""


class Said(NamedTuple):
    """What was said of a practice: in a session, or by the patient, then after `month` months if they were asked."""

    id: UUID
    status: Kept
    words_sealed: bytes | None
    at: datetime
    on: date
    session_id: UUID | None
    month: int | None

    @property
    def words(self) -> str:
        """What was said beside it, opened when it is asked for."""
        return PracticeReview.words.opened(PracticeReview.__tablename__, self.id, self.words_sealed)


class PracticeRow(NamedTuple):
    """A practice with what was said of it, the latest last, and the days on which it was ticked."""

    id: UUID
    course_id: UUID
    session_id: UUID
    kind: str
    words_sealed: bytes
    often_sealed: bytes | None
    agreed_on: date
    due_on: date | None
    said: list[Said]
    ticked: Sequence[date]

    @property
    def worded_in(self) -> UUID:
        """The session in whose words it stands."""
        return self.session_id

    @property
    def words(self) -> str:
        """What was agreed, opened when it is asked for."""
        return Practice.words.opened(Practice.__tablename__, self.id, self.words_sealed)

    @property
    def often(self) -> str:
        """How often, in the words in which it was agreed."""
        return Practice.often.opened(Practice.__tablename__, self.id, self.often_sealed)

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
        month = month_asked(self.agreed_on, today)
        answered = month and _said_since(self.said, months_after(self.agreed_on, month))
        return month if self.open and not answered else None


class IntentionRow(NamedTuple):
    """The intention of a session, as it was last changed, in the session `worded_in`, and what was last found of it."""

    session_id: UUID
    worded_in: UUID
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


def month_asked(agreed_on: date, today: date) -> int | None:
    """Which of the months after it was agreed is the last that has come; None before the first has."""
    return max((month for month in MONTHS if months_after(agreed_on, month) <= today), default=None)


def _said_since(said: Sequence[Said], day: date) -> bool:
    """Whether it was spoken of from `day` on, in a session or by the patient: then nobody asks again."""
    return any(one.on >= day for one in said)


def practices_of(patient: Patient) -> list[PracticeRow]:
    """What the patient agreed to in sessions that took place, the earliest first; two statements."""
    zone = db.session.get_one(Clinic, patient.clinic_id).zone_info
    ticked: dict[UUID, list[date]] = defaultdict(list)
    for practice_id, on in db.session.execute(_TICKS, of_patient(patient)):
        ticked[practice_id].append(on)
    found: dict[UUID, PracticeRow] = {}
    for row in db.session.execute(_PRACTICES, of_patient(patient)):
        practice = found.setdefault(row.id, PracticeRow._make((*row[:_OWN], [], ticked[row.id])))
        _add_said(practice.said, row, zone)
    return list(found.values())


def _add_said(said: list[Said], row: Row[Any], zone: ZoneInfo) -> None:
    """Add what was said to the list, where the row of a practice joined with its reviews brings something."""
    if row.review_id is not None:
        on = row.reviewed_at.astimezone(zone).date()
        said.append(
            Said(row.review_id, Kept(row.status), row.said_sealed, row.reviewed_at, on, row.review_session, row.month)
        )


_HELD = and_(TreatmentSession.error_at.is_(None), TreatmentSession.status == Status.TOOK_PLACE)
_REVIEWED_IN = aliased(TreatmentSession)
_SAID = and_(
    PracticeReview.practice_id == Practice.id,
    PracticeReview.session_id.is_(None)
    | exists().where(
        _REVIEWED_IN.id == PracticeReview.session_id,
        _REVIEWED_IN.error_at.is_(None),
        _REVIEWED_IN.status == Status.TOOK_PLACE,
    ),
)
"""What counts as said of the practice of the query: by the patient, or in a session that took place."""
_PRACTICE = (
    Practice.id,
    Practice.course_id,
    Practice.session_id,
    Practice.kind,
    Practice.words_sealed,
    Practice.often_sealed,
    Practice.agreed_on,
    Practice.due_on,
)
_OWN = len(_PRACTICE)
_REVIEW = (
    PracticeReview.id.label("review_id"),
    PracticeReview.status,
    PracticeReview.words_sealed.label("said_sealed"),
    PracticeReview.reviewed_at,
    PracticeReview.session_id.label("review_session"),
    PracticeReview.month,
)
_PRACTICES = (
    select(*_PRACTICE, *_REVIEW)
    .join(TreatmentSession, TreatmentSession.id == Practice.session_id)
    .outerjoin(PracticeReview, _SAID)
    .where(Practice.clinic_id == CLINIC, Practice.patient_id == PATIENT, Practice.error_at.is_(None), _HELD)
    .order_by(
        Practice.agreed_on,
        Practice.session_id,
        Practice.position,
        Practice.id,
        PracticeReview.reviewed_at,
        PracticeReview.id,
    )
)
_TICKS = (
    # By way of the practices, for ticks have no index that begins with the patient.
    select(PracticeTick.practice_id, PracticeTick.on)
    .join(Practice, Practice.id == PracticeTick.practice_id)
    .where(Practice.clinic_id == CLINIC, Practice.patient_id == PATIENT, PracticeTick.withdrawn_at.is_(None))
    .order_by(PracticeTick.on)
)


class Due(NamedTuple):
    """A practice that is to be spoken of, and whose: since `since`, after `month` months, or as its day has come."""

    patient_id: UUID
    label: str
    practice: PracticeRow
    since: date
    month: int | None


def practices_due(user: User) -> list[Due]:
    """The practices of patients whom `user` sees that came due in the last 30 days, the earliest first; one statement.

    Due is one whose day has come, or of which nobody has said after one and three months whether it is still done. Of
    a course that has ended none is: there is no next session to ask in, and the patient is asked on their own page.
    """
    zone, today = user.clinic.zone_info, clock.today(user.clinic.zone_info)
    came = today - LISTED
    query = (
        select(*_PRACTICE, *_REVIEW, Patient.id.label("of"), func.coalesce(Patient.name, Patient.code).label("label"))
        .join(Patient, Patient.id == Practice.patient_id)
        .join(Course, Course.id == Practice.course_id)
        .join(TreatmentSession, TreatmentSession.id == Practice.session_id)
        .outerjoin(PracticeReview, _SAID)
        .where(
            Practice.clinic_id == CLINIC,
            visible_rows(user.roles, Practice),
            not_own(),
            Course.ended_on.is_(None),
            Practice.error_at.is_(None),
            _HELD,
            # Somewhat wide, for months differ: which of them are due is told below.
            or_(
                Practice.due_on.between(came, today),
                *(
                    Practice.agreed_on.between(came - timedelta(days=31 * month), today - timedelta(days=28 * month))
                    for month in MONTHS
                ),
            ),
        )
        .order_by(Practice.agreed_on, Practice.id, PracticeReview.reviewed_at, PracticeReview.id)
    )
    found: dict[UUID, tuple[UUID, str, PracticeRow]] = {}
    for row in db.session.execute(query, asking(user)):
        _, _, practice = found.setdefault(row.id, (row.of, row.label, PracticeRow._make((*row[:_OWN], [], []))))
        _add_said(practice.said, row, zone)
    due = [
        Due(patient_id, label, practice, *since)
        for patient_id, label, practice in found.values()
        if (since := _due_since(practice, today)) and since[0] >= came
    ]
    return sorted(due, key=attrgetter("since", "label"))


def _due_since(practice: PracticeRow, today: date) -> tuple[date, int | None] | None:
    """Since when a practice is to be spoken of, and after which month; None if it is not."""
    if (month := practice.asks(today)) is not None:
        return months_after(practice.agreed_on, month), month
    day = practice.due_on
    if day is None or day > today or not practice.open or _said_since(practice.said, day):
        return None
    return day, None


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
    """A row for all of which something was found, and for what is open: the latest, where there is more than room."""
    unasked = [key for key in still_open if key not in found]
    without_room = set(unasked[: max(len(unasked) + len(found) - MOST_ASKED, 0)])
    return [
        {
            "about": str(key),
            "status": found[key].status if key in found else "",
            "words": found[key].words if key in found else "",
        }
        for key in dict.fromkeys([*still_open, *found])
        if key not in without_room
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
    changed = [review for review in found if review.words]
    return IntentionRow(
        session.id,
        changed[-1].session_id if changed else session.id,
        Kind(session.kind),
        session.starts_at,
        changed[-1].words if changed else session.intention,
        session.intention,
        Kept(found[-1].status) if found else None,
    )
