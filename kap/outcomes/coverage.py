"""The doses of the last months in one's sight, and which of them an integration session has followed."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Dialect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    type_coerce,
)

from kap.access.roles import Role
from kap.core.db import Key, UtcDateTime, db
from kap.outcomes.followed import Coverage, Dose, Follow, Followed, Talk, coverage, followed
from kap.outcomes.models import CourseOutcome
from kap.people.load import CLINIC, PERSON, asking, visible_rows
from kap.people.models import Patient, User
from kap.treatment.models import Course, DosingSession, IntegratedDose, Kind, Status, TreatmentSession
from kap.treatment.queries import planned
from kap.treatment.window import Place, Window

DAYS = 90
"""How far back the doses of a clinic are looked at: what came of earlier ones stands in each course."""
PAGE = 50
"""How many courses a page lists."""

SINCE: BindParameter[datetime] = bindparam("since", type_=UtcDateTime())


class Given(NamedTuple):
    """A dose with what followed it, and whose it is; keys as they are stored."""

    patient_id: Any
    course_id: Any
    found: Followed


class PlannedTalk(NamedTuple):
    """An integration session that is to come."""

    id: UUID
    starts_at: datetime


class Unintegrated(NamedTuple):
    """A dose after which no integration session was held, as of now; `planned` is the next one of the patient."""

    patient_id: UUID
    code: str
    label: str
    course_id: UUID
    session_id: UUID
    given_at: datetime
    hours: int
    window: Window
    place: Place
    planned: PlannedTalk | None


def unintegrated(user: User, now: datetime) -> list[Unintegrated]:
    """The doses of the last 90 days in one's sight that no integration session has followed, the latest first.

    Two statements, whatever their number.
    """
    given = doses_in_sight(user, now, unanswered=True)
    people = people_of(user, [_uuid(one.patient_id) for one in given])
    return [
        Unintegrated(
            patient_id := _uuid(one.patient_id),
            people[patient_id].code,
            people[patient_id].label,
            _uuid(one.course_id),
            _uuid(one.found.dose.id),
            one.found.dose.at,
            (now - one.found.dose.at) // timedelta(hours=1),
            one.found.dose.window,
            one.found.dose.window.place(now - one.found.dose.at),
            people[patient_id].planned,
        )
        for one in sorted(given, key=lambda one: one.found.dose.at, reverse=True)
    ]


class _AsStored(Key):
    """A key as its database gives it: of the many that are looked at few are shown, and to make UUIDs costs most."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        return None


def _uuid(stored: Any) -> UUID:
    return stored if isinstance(stored, UUID) else UUID(bytes=stored)


def doses_in_sight(user: User, now: datetime, *, unanswered: bool = False) -> list[Given]:
    """The doses of the last 90 days of the patients in one's sight, with what followed them; one statement.

    `unanswered`: only those that nothing has followed, which the database finds sooner.
    """
    since = now - timedelta(days=DAYS)
    # A day of a dose is one of its clinic: it may be written down under the day before.
    asked = asking(user) | {"since": since, "now": now, "from_day": since.date() - timedelta(days=1)}
    doses: dict[Any, list[Dose]] = defaultdict(list)
    talks: dict[Any, dict[Any, Talk]] = defaultdict(dict)
    named: dict[Any, list[Any]] = defaultdict(list)
    courses: dict[Any, Any] = {}
    rows = db.session.execute(_held(user.roles, unanswered), asked)
    for id_, patient_id, course_id, kind, at, dosing_id, first, last in rows:
        if kind == Kind.DOSING:
            courses[id_] = course_id
            doses[patient_id].append(Dose(id_, at, Window(first, last) if last is not None else _USUAL))
        else:
            talks[patient_id][id_] = Talk(id_, at, named[id_])
            named[id_] += [dosing_id] if dosing_id is not None else []
    return [
        Given(patient_id, courses[one.dose.id], one)
        for patient_id, given in doses.items()
        for one in followed(given, talks[patient_id].values(), now)
    ]


_USUAL = Window()


@cache
def _held(roles: frozenset[Role], unanswered: bool) -> Select[Any]:
    """The doses and integration sessions since a moment, of the patients in sight who had a dose since."""
    session, dosing, tie = TreatmentSession.__table__.c, DosingSession.__table__.c, IntegratedDose.__table__.c
    plan, at = Course.protocol["plan"], func.coalesce(dosing.dosed_at, session.starts_at, type_=UtcDateTime())
    dosed = select(CourseOutcome.patient_id).where(
        CourseOutcome.clinic_id == CLINIC, CourseOutcome.last_dose_on >= bindparam("from_day", type_=Date())
    )
    query = (
        select(
            type_coerce(session.id, _AsStored()),
            type_coerce(session.patient_id, _AsStored()),
            type_coerce(session.course_id, _AsStored()),
            session.kind,
            at.label("at"),
            type_coerce(tie.dosing_id, _AsStored()),
            plan["window_min"].as_integer().label("first"),
            plan["window_max"].as_integer().label("last"),
        )
        .select_from(TreatmentSession.__table__)
        .join(Course, Course.id == session.course_id)
        .outerjoin(DosingSession.__table__, dosing.id == session.id)
        .outerjoin(IntegratedDose.__table__, tie.integration_id == session.id)
        .where(
            session.clinic_id == CLINIC,
            visible_rows(roles, TreatmentSession),
            session.patient_id.in_(dosed),
            session.kind.in_((Kind.DOSING, Kind.INTEGRATION)),
            session.status == Status.TOOK_PLACE,
            session.error_at.is_(None),
            session.starts_at >= SINCE,
        )
    )
    if unanswered:
        query = query.where(session.kind == Kind.DOSING, ~_followed(at))
    if Role.PATIENT in roles:
        # Who asks reads of themselves as a patient.
        query = query.where(
            session.patient_id.not_in(select(Patient.id).where(Patient.clinic_id == CLINIC, Patient.user_id == PERSON))
        )
    return query


def _followed(at: ColumnElement[datetime]) -> ColumnElement[bool]:
    """The condition that a session followed the dose of the query, as `followed.followed` has it."""
    session, talk = TreatmentSession.__table__.c, TreatmentSession.__table__.alias().c
    tie = IntegratedDose.__table__.c
    named = exists().where(tie.integration_id == talk.id).correlate(talk.id.table)
    return exists().where(
        talk.clinic_id == session.clinic_id,
        talk.patient_id == session.patient_id,
        talk.kind == Kind.INTEGRATION,
        talk.status == Status.TOOK_PLACE,
        talk.error_at.is_(None),
        talk.starts_at.between(at, bindparam("now", type_=UtcDateTime())),
        or_(~named, named.where(tie.dosing_id == session.id).correlate(talk.id.table, session.id.table)),
    )


class Waiting(NamedTuple):
    """A course with doses that no integration session followed; of some of these that is still open."""

    patient_id: UUID
    course_id: UUID
    label: str
    code: str
    doses: int
    none: int
    open: int
    last: datetime
    planned: PlannedTalk | None


class ClinicCoverage(NamedTuple):
    """The doses in one's sight: the counts, the window if they share one, and a page of the courses that wait."""

    counts: Coverage
    window: Window | None
    waiting: Sequence[Waiting]
    number: int
    pages: int
    total: int


def coverage_in_sight(user: User, now: datetime, page: int) -> ClinicCoverage:
    """The doses of the last 90 days in one's sight; the courses with most unanswered doses first."""
    given = doses_in_sight(user, now)
    by_course: dict[Any, list[Given]] = defaultdict(list)
    for one in given:
        by_course[one.course_id].append(one)
    waiting = sorted(
        (_open(of) for of in by_course.values() if any(one.found.talk is None for one in of)), key=_urgency
    )
    pages = max(1, -(-len(waiting) // PAGE))
    number = min(max(page, 1), pages)
    shown = waiting[(number - 1) * PAGE : number * PAGE]
    people = people_of(user, [one.patient_id for one in shown])
    windows = {one.found.dose.window for one in given}
    return ClinicCoverage(
        counts=coverage(one.found for one in given),
        window=windows.pop() if len(windows) == 1 else None,
        waiting=[one._replace(**people[one.patient_id]._asdict()) for one in shown],
        number=number,
        pages=pages,
        total=len(waiting),
    )


def _open(of: Sequence[Given]) -> Waiting:
    """A course as a line, before it is known who it is about."""
    how = [one.found.how for one in of]
    last = max(one.found.dose.at for one in of if one.found.talk is None)
    none, open_ = how.count(Follow.NONE), how.count(Follow.OPEN)
    return Waiting(_uuid(of[0].patient_id), _uuid(of[0].course_id), "", "", len(of), none, open_, last, None)


def _urgency(one: Waiting) -> tuple[int, int, datetime, UUID]:
    return -(one.none + one.open), -one.none, one.last, one.course_id


class Person(NamedTuple):
    """A patient as a list names them, and their next integration session."""

    code: str
    label: str
    planned: PlannedTalk | None


def people_of(user: User, patient_ids: Sequence[UUID]) -> dict[UUID, Person]:
    """How these patients are named, and the next integration session of each; one statement."""
    found: dict[UUID, Person] = {}
    if not patient_ids:
        return found
    rows = db.session.execute(_PEOPLE, {"clinic": user.clinic_id, "patients": list(set(patient_ids))}).all()
    for row in sorted(rows, key=attrgetter("id")):
        talk = PlannedTalk(row.session_id, row.starts_at) if row.session_id else None
        before = found.get(row.id)
        if before is None or (talk and before.planned and talk.starts_at < before.planned.starts_at):
            found[row.id] = Person(row.code, row.label, talk)
    return found


_SESSION = TreatmentSession.__table__.c
_PEOPLE = (
    select(
        Patient.id,
        Patient.code,
        func.coalesce(Patient.name, Patient.code).label("label"),
        _SESSION.id.label("session_id"),
        _SESSION.starts_at,
    )
    .outerjoin(
        TreatmentSession.__table__,
        and_(
            _SESSION.clinic_id == CLINIC,
            _SESSION.patient_id == Patient.id,
            _SESSION.kind == Kind.INTEGRATION,
            planned(),
        ),
    )
    .where(Patient.clinic_id == CLINIC, Patient.id.in_(bindparam("patients", type_=Key(), expanding=True)))
)
