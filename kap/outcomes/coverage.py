"""The doses of the last months in one's sight, and which of them an integration session has followed."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Date, Select, and_, bindparam, func, select

from kap.access.roles import Role
from kap.core.db import Key, UtcDateTime, db
from kap.outcomes.followed import Dose, Followed, Hours, Stand, Talk, followed, stand
from kap.outcomes.models import CourseOutcome
from kap.people.load import CLINIC, PERSON, asking, visible_rows
from kap.people.models import Patient, User
from kap.treatment.models import Course, DosingSession, IntegratedDose, Kind, Status, TreatmentSession
from kap.treatment.queries import planned

DAYS = 90
"""How far back the doses of a clinic are looked at: what came of earlier ones stands in each course."""

SINCE: BindParameter[datetime] = bindparam("since", type_=UtcDateTime())


class Given(NamedTuple):
    """A dose with what followed it, and whose it is."""

    patient_id: UUID
    course_id: UUID
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
    window: Hours
    stand: Stand
    planned: PlannedTalk | None


def unintegrated(user: User, now: datetime) -> list[Unintegrated]:
    """The doses of the last 90 days in one's sight that no integration session has followed, the latest first.

    Two statements, whatever their number.
    """
    given = [one for one in doses_in_sight(user, now) if one.found.talk is None]
    people = people_of(user, [one.patient_id for one in given])
    return [
        Unintegrated(
            one.patient_id,
            people[one.patient_id].code,
            people[one.patient_id].label,
            one.course_id,
            one.found.dose.id,
            one.found.dose.at,
            (now - one.found.dose.at) // timedelta(hours=1),
            one.found.dose.hours,
            stand(one.found.dose, now),
            people[one.patient_id].planned,
        )
        for one in sorted(given, key=lambda one: one.found.dose.at, reverse=True)
    ]


def doses_in_sight(user: User, now: datetime) -> list[Given]:
    """The doses of the last 90 days of the patients in one's sight, with what followed them; one statement."""
    since = now - timedelta(days=DAYS)
    # A day of a dose is one of its clinic: it may be written down under the day before.
    asked = asking(user) | {"since": since, "from_day": since.date() - timedelta(days=1)}
    doses: dict[UUID, list[tuple[UUID, Dose]]] = defaultdict(list)
    talks: dict[UUID, dict[UUID, tuple[datetime, list[UUID]]]] = defaultdict(dict)
    for row in db.session.execute(_held(user.roles), asked):
        if row.kind == Kind.DOSING:
            hours = Hours(row.first, row.last) if row.last is not None else Hours()
            doses[row.patient_id].append((row.course_id, Dose(row.id, row.at, hours)))
        else:
            _, named = talks[row.patient_id].setdefault(row.id, (row.at, []))
            named += [row.dosing_id] if row.dosing_id else []
    given: list[Given] = []
    for patient_id, of_patient in doses.items():
        courses = {dose.id: course_id for course_id, dose in of_patient}
        held = [Talk(talk_id, at, named) for talk_id, (at, named) in talks[patient_id].items()]
        found = followed([dose for _, dose in of_patient], held, now)
        given += [Given(patient_id, courses[one.dose.id], one) for one in found]
    return given


@cache
def _held(roles: frozenset[Role]) -> Select[Any]:
    """The doses and integration sessions since a moment, of the patients in sight who had a dose since."""
    session, dosing, tie = TreatmentSession.__table__.c, DosingSession.__table__.c, IntegratedDose.__table__.c
    plan = Course.protocol["plan"]
    dosed = select(CourseOutcome.patient_id).where(
        CourseOutcome.clinic_id == CLINIC, CourseOutcome.last_dose_on >= bindparam("from_day", type_=Date())
    )
    query = (
        select(
            session.id,
            session.patient_id,
            session.course_id,
            session.kind,
            func.coalesce(dosing.dosed_at, session.starts_at, type_=UtcDateTime()).label("at"),
            tie.dosing_id,
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
    if Role.PATIENT in roles:
        # Who asks reads of themselves as a patient.
        query = query.where(
            session.patient_id.not_in(select(Patient.id).where(Patient.clinic_id == CLINIC, Patient.user_id == PERSON))
        )
    return query


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
