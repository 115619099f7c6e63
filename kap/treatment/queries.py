"""What is asked of the record of treatment. Marked as entered in error means: out of all lists, unless asked for."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, bindparam, literal, select

from kap.core import clock
from kap.core.db import UtcDateTime, db
from kap.people.load import CLINIC, PATIENT, of_patient
from kap.people.models import Patient, User
from kap.treatment.models import (
    KINDS,
    Course,
    DosingSession,
    IntegrationSession,
    Kind,
    SessionMember,
    Status,
    TreatmentSession,
)
from kap.treatment.rules import DoseLimits


class SessionRow(NamedTuple):
    """A session as a chart or a list wants it; `number` counts the doses that were given, from 1 in each course."""

    id: UUID
    course_id: UUID
    kind: Kind
    status: Status
    starts_at: datetime
    route: str | None
    medicine: str | None
    dose_mg: Decimal | None
    weight_kg: Decimal | None
    narrative_sealed: bytes | None
    number: int | None

    @property
    def narrative(self) -> str:
        """The text of the session, opened when it is asked for."""
        return TreatmentSession.narrative.opened(KINDS[self.kind].__tablename__, self.id, self.narrative_sealed)


def dose_limits(clinic_id: UUID) -> DoseLimits:
    """From where on this clinic asks about a dose; where a clinic sets that lies above this feature."""
    found: DoseLimits = current_app.extensions["kap_dose_limits"](clinic_id)
    return found


def courses_of(patient: Patient) -> Sequence[Course]:
    """The courses of the patient, the latest first."""
    return db.session.scalars(_COURSES, of_patient(patient)).all()


_COURSES = (
    select(Course)
    .where(Course.clinic_id == CLINIC, Course.patient_id == PATIENT)
    .order_by(Course.opened_on.desc(), Course.id.desc())
)


def open_course_of(patient: Patient) -> Course | None:
    """The course that is under way; None where there is none."""
    query = select(Course).where(
        Course.clinic_id == patient.clinic_id, Course.patient_id == patient.id, Course.ended_on.is_(None)
    )
    return db.session.scalars(query).first()


def session_rows(patient: Patient, *, in_error: bool = False) -> list[SessionRow]:
    """The sessions of the patient in the order in which they took place or will; `in_error`: only those marked so."""
    given: dict[UUID, int] = {}
    rows = []
    for row in db.session.execute(_sessions(in_error), of_patient(patient)):
        number = None
        if row.kind == Kind.DOSING and row.status == Status.TOOK_PLACE and not in_error:
            number = given[row.course_id] = given.get(row.course_id, 0) + 1
        session_id, course_id, kind, status, *rest = row
        rows.append(SessionRow._make((session_id, course_id, Kind(kind), Status(status), *rest, number)))
    return rows


@cache
def _sessions(in_error: bool) -> Select[Any]:
    session, dosing = TreatmentSession.__table__.c, DosingSession.__table__.c
    return (
        select(
            session.id,
            session.course_id,
            session.kind,
            session.status,
            session.starts_at,
            dosing.route,
            dosing.medicine,
            dosing.dose_mg,
            dosing.weight_kg,
            session.narrative_sealed,
        )
        .select_from(TreatmentSession.__table__.outerjoin(DosingSession.__table__, dosing.id == session.id))
        .where(session.clinic_id == CLINIC, session.patient_id == PATIENT)
        .where(session.error_at.is_not(None) if in_error else session.error_at.is_(None))
        .order_by(session.starts_at, session.id)
    )


class Planned(NamedTuple):
    """A session that is to come."""

    kind: Kind
    starts_at: datetime


def planned() -> ColumnElement[bool]:
    """The condition that the row of treatment_session of the query is planned from now on."""
    session = TreatmentSession.__table__.c
    # The word stands in the statement, not beside it: by it the database knows the index of planned sessions.
    status = literal(Status.PLANNED.value, literal_execute=True)
    now: ColumnElement[datetime] = bindparam(None, callable_=clock.now, type_=UtcDateTime())
    return and_(session.status == status, session.error_at.is_(None), session.starts_at >= now)


def next_sessions(clinic_id: UUID, patient_ids: Sequence[UUID]) -> dict[UUID, Planned]:
    """The earliest session from now on of each of these patients who has one planned."""
    found: dict[UUID, Planned] = {}
    # Sorted here: asked for in order, SQLite would go through what is planned for everybody.
    rows = db.session.execute(_NEXT, {"clinic": clinic_id, "patients": patient_ids})
    for patient_id, kind, starts_at in sorted(rows, key=itemgetter(2)):
        found.setdefault(patient_id, Planned(Kind(kind), starts_at))
    return found


def doses_of(patient: Patient) -> list[SessionRow]:
    """The doses that were given, in order."""
    return [row for row in session_rows(patient) if row.number is not None]


class PlannedRow(NamedTuple):
    """A session that is planned, and whose."""

    id: UUID
    kind: str
    starts_at: datetime
    patient_id: UUID
    code: str


def planned_with(user: User) -> list[PlannedRow]:
    """The planned sessions still to come in whose team `user` is, the next first."""
    query = (
        select(TreatmentSession.id, TreatmentSession.kind, TreatmentSession.starts_at, Patient.id, Patient.code)
        .join(SessionMember, SessionMember.session_id == TreatmentSession.id)
        .join(Patient, Patient.id == TreatmentSession.patient_id)
        .where(
            TreatmentSession.clinic_id == user.clinic_id,
            SessionMember.user_id == user.id,
            TreatmentSession.status == Status.PLANNED,
            TreatmentSession.error_at.is_(None),
            TreatmentSession.starts_at > clock.now(),
        )
        .order_by(TreatmentSession.starts_at, TreatmentSession.id)
    )
    return [PlannedRow._make(row) for row in db.session.execute(query)]


def suggested_doses(patient: Patient, before: datetime) -> list[UUID]:
    """The doses given since the last integration session, as of `before`: those that the next one is about."""
    past = [row for row in session_rows(patient) if row.starts_at < before and row.status == Status.TOOK_PLACE]
    talks = [row.starts_at for row in past if row.kind == Kind.INTEGRATION]
    return [row.id for row in past if row.kind == Kind.DOSING and (not talks or row.starts_at >= talks[-1])]


def last_dosing(patient: Patient) -> DosingSession | None:
    """The last dosing session that took place."""
    query = (
        select(DosingSession)
        .where(
            DosingSession.clinic_id == patient.clinic_id,
            DosingSession.patient_id == patient.id,
            DosingSession.status == Status.TOOK_PLACE,
            DosingSession.error_at.is_(None),
        )
        .order_by(DosingSession.starts_at.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


def integrations_of(dosing: TreatmentSession) -> Sequence[IntegrationSession]:
    """The integration sessions that integrate this dosing session, the earliest first; of any other none."""
    query = (
        select(IntegrationSession)
        .where(
            IntegrationSession.clinic_id == dosing.clinic_id,
            IntegrationSession.patient_id == dosing.patient_id,
            IntegrationSession.error_at.is_(None),
            IntegrationSession.integrates.any(dosing_id=dosing.id),
        )
        .order_by(IntegrationSession.starts_at)
    )
    return db.session.scalars(query).all()


_SESSION = TreatmentSession.__table__.c
_NEXT = select(_SESSION.patient_id, _SESSION.kind, _SESSION.starts_at).where(
    _SESSION.clinic_id == CLINIC, _SESSION.patient_id.in_(bindparam("patients", expanding=True)), planned()
)
