"""What is asked of the record of treatment. Marked as entered in error means: out of all lists, unless asked for."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from flask import current_app
from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, func, literal, select

from kap.access.roles import Permission, granted
from kap.audit.models import Action, AuditEvent
from kap.audit.models import Kind as Act
from kap.core import clock
from kap.core.db import Key, UtcDateTime, db
from kap.people.load import CLINIC, PATIENT, asking, in_team, not_own, of_patient, visible, visible_rows
from kap.people.models import Patient, User
from kap.treatment.content import digest_of
from kap.treatment.models import (
    DRAFTS_LIVE,
    KINDS,
    PARTS,
    TELLING,
    Addendum,
    Course,
    DosingSession,
    Draft,
    Ground,
    IntegrationSession,
    Kind,
    Part,
    Protocol,
    ReleaseHold,
    SessionMember,
    Signature,
    Status,
    TreatmentSession,
)
from kap.treatment.plan import Plan
from kap.treatment.rules import DoseLimits
from kap.treatment.window import Interval, interval


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


def protocols_of(clinic_id: UUID, *, archived: bool = False) -> Sequence[Protocol]:
    """The protocols that the clinic uses, or those that it put away, by name."""
    query = select(Protocol).where(
        Protocol.clinic_id == clinic_id,
        Protocol.archived_at.is_not(None) if archived else Protocol.archived_at.is_(None),
    )
    return db.session.scalars(query.order_by(Protocol.name, Protocol.id)).all()


def protocol_of(clinic_id: UUID, id: UUID) -> Protocol | None:
    """One of the clinic's protocols."""
    return db.session.scalar(select(Protocol).where(Protocol.clinic_id == clinic_id, Protocol.id == id))


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


def last_dosing(patient: Patient, *, before: datetime) -> DosingSession | None:
    """The last dosing session that took place before a moment."""
    query = (
        select(DosingSession)
        .where(
            DosingSession.clinic_id == patient.clinic_id,
            DosingSession.patient_id == patient.id,
            DosingSession.status == Status.TOOK_PLACE,
            DosingSession.error_at.is_(None),
            DosingSession.starts_at < before,
        )
        .order_by(DosingSession.starts_at.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


class AfterDose(NamedTuple):
    """The dose before a session, and how long after it the session begins."""

    dose: DosingSession
    since: Interval


def after_dose(patient: Patient, course: Course, at: datetime) -> AfterDose | None:
    """The dose before a moment, and where that moment lies in the window that the course suggests; None without one."""
    dose = last_dosing(patient, before=at)
    if dose is None or dose.given_at > at:
        return None
    plan = course.plan or Plan()
    return AfterDose(dose, interval(dose.given_at, at, plan.window))


def before_session(patient: Patient, course: Course, at: datetime) -> Any:
    """What is worth reading before a session begins; what gathers it lies above this feature."""
    return current_app.extensions["kap_before"](patient, course, at)


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


def signatures_of(session: TreatmentSession) -> dict[Part, Signature]:
    """The signature of each part that is signed."""
    asked = {"clinic": session.clinic_id, "patient": session.patient_id, "session": session.id}
    found = {Part(signature.part): signature for signature in db.session.scalars(_SIGNATURES, asked)}
    return {part: found[part] for part in Part if part in found}


def addenda_of(session: TreatmentSession) -> Sequence[Addendum]:
    """What was written to the session after it was signed, the earliest first."""
    query = (
        select(Addendum)
        .where(
            Addendum.clinic_id == session.clinic_id,
            Addendum.patient_id == session.patient_id,
            Addendum.session_id == session.id,
        )
        .order_by(Addendum.created_at, Addendum.id)
    )
    return db.session.scalars(query).all()


def signed_parts(patient: Patient) -> dict[UUID, frozenset[Part]]:
    """The parts that are signed of each session of the patient; a session of which nothing is has no entry."""
    return _parts(patient, _SIGNED)


def released_parts(patient: Patient) -> dict[UUID, frozenset[Part]]:
    """The same without the sessions that are held back from the patient at this moment: to them, as if not signed."""
    return _parts(patient, _RELEASED)


def _parts(patient: Patient, query: Select[tuple[UUID, str]]) -> dict[UUID, frozenset[Part]]:
    found: dict[UUID, frozenset[Part]] = {}
    for session_id, part in db.session.execute(query, of_patient(patient)):
        found[session_id] = found.get(session_id, frozenset()) | {Part(part)}
    return found


def held_now() -> ColumnElement[bool]:
    """The condition that the ReleaseHold of the query is in force."""
    now: ColumnElement[datetime] = bindparam(None, callable_=clock.now, type_=UtcDateTime())
    return and_(ReleaseHold.lifted_at.is_(None), ReleaseHold.until > now)


def held_sessions(patient: Patient) -> frozenset[UUID]:
    """The sessions that are held back from the patient at this moment."""
    return frozenset(db.session.scalars(_HELD_BACK, of_patient(patient)))


_HELD_BACK = select(ReleaseHold.session_id).where(
    ReleaseHold.clinic_id == CLINIC, ReleaseHold.patient_id == PATIENT, held_now()
)
_SIGNED = select(Signature.session_id, Signature.part).where(
    Signature.clinic_id == CLINIC, Signature.patient_id == PATIENT
)
_RELEASED = _SIGNED.where(~exists().where(ReleaseHold.session_id == Signature.session_id, held_now()))


def unsigned(row: SessionRow, signed: Mapping[UUID, frozenset[Part]]) -> list[Part]:
    """The parts of a session that wait to be signed: none of one that is planned or was cancelled."""
    if row.status not in (Status.TOOK_PLACE, Status.HELD):
        return []
    return [part for part in PARTS[row.kind] if part not in signed.get(row.id, ())]


SIGNED_WITHIN = timedelta(hours=24)
LISTED = timedelta(days=30)
"""From when to when a session is listed that waits to be signed (our own defaults): older ones stand with their
patients, for a record that was brought over from elsewhere is not signed here.
"""
SIGNERS = {Part.ADMINISTRATION: Permission.DOSE_SIGN, Part.THERAPY: Permission.THERAPY_SIGN}


class Grouped(NamedTuple):
    """A patient whom a group session can be logged for, and the course that it goes into."""

    patient_id: UUID
    label: str
    course: Course


def group_patients(user: User) -> list[Grouped]:
    """The patients on whose care team `user` is and who are in a course, by what they are called."""
    query = (
        select(Patient.id, func.coalesce(Patient.name, Patient.code), Course)
        .join(Course, and_(Course.clinic_id == Patient.clinic_id, Course.patient_id == Patient.id))
        .where(
            Patient.clinic_id == CLINIC,
            in_team(),
            not_own(),
            Course.ended_on.is_(None),
        )
    )
    found = [Grouped._make(row) for row in db.session.execute(query, asking(user))]
    return sorted(found, key=lambda row: (row.label.casefold(), row.patient_id))


class Unsigned(NamedTuple):
    """A session that waits to be signed, whose it is, and the parts that do."""

    id: UUID
    kind: Kind
    starts_at: datetime
    patient_id: UUID
    label: str
    parts: list[Part]


def unsigned_sessions(user: User, *, before: datetime | None = None) -> list[Unsigned]:
    """The sessions that took place more than a day ago, or `before`, and that `user` may sign, the earliest first.

    For a lead, who signs none of them, those that anybody has to.
    """
    own = _signed_by(user)
    query = (
        select(
            TreatmentSession.id,
            TreatmentSession.kind,
            TreatmentSession.starts_at,
            Patient.id,
            func.coalesce(Patient.name, Patient.code),
            Signature.part,
        )
        .join(Patient, Patient.id == TreatmentSession.patient_id)
        .outerjoin(Signature, Signature.session_id == TreatmentSession.id)
        .where(
            TreatmentSession.clinic_id == CLINIC,
            visible_rows(user.roles, TreatmentSession),
            not_own(),
            TreatmentSession.status.in_((Status.TOOK_PLACE, Status.HELD)),
            TreatmentSession.error_at.is_(None),
            TreatmentSession.starts_at >= clock.now() - LISTED,
            TreatmentSession.starts_at < (before or clock.now() - SIGNED_WITHIN),
        )
        .order_by(TreatmentSession.starts_at, TreatmentSession.id)
    )
    found: dict[UUID, Unsigned] = {}
    for session_id, kind, starts_at, patient_id, label, part in db.session.execute(query, asking(user)):
        parts = [*PARTS[Kind(kind)]]
        row = found.setdefault(session_id, Unsigned(session_id, Kind(kind), starts_at, patient_id, label, parts))
        if part is not None:
            row.parts.remove(Part(part))
    return [row for row in found.values() if own.intersection(row.parts)]


def _signed_by(user: User) -> set[Part]:
    """The parts that `user` may sign; for a lead, who signs none, all that somebody does."""
    held = granted(user.roles)
    return {part for part, permission in SIGNERS.items() if permission in held} or set(Part)


class HeldBack(NamedTuple):
    """A session that is held back from its patient, whose it is, and when that ends by itself."""

    id: UUID
    kind: Kind
    starts_at: datetime
    patient_id: UUID
    label: str
    ground: Ground
    until: datetime

    @property
    def soon(self) -> bool:
        """True where it ends so soon that somebody should have thought about it."""
        return self.until <= clock.now() + HOLD_ENDS_SOON


HOLD_ENDS_SOON = timedelta(days=14)
"""How long before its end a hold is called to mind (our own default)."""


def held_back(user: User) -> list[HeldBack]:
    """The sessions that are held back now and that `user` may release, the one that ends first first."""
    query = (
        select(
            TreatmentSession.id,
            TreatmentSession.kind,
            TreatmentSession.starts_at,
            Patient.id,
            func.coalesce(Patient.name, Patient.code),
            ReleaseHold.ground,
            ReleaseHold.until,
        )
        .join(ReleaseHold, ReleaseHold.session_id == TreatmentSession.id)
        .join(Patient, Patient.id == TreatmentSession.patient_id)
        .where(
            TreatmentSession.clinic_id == CLINIC,
            visible(user.roles),
            not_own(),
            TreatmentSession.error_at.is_(None),
            held_now(),
        )
        .order_by(ReleaseHold.until)
    )
    own = _signed_by(user)
    # Of a session that was held anew, what was written last is what ends last.
    found: dict[UUID, HeldBack] = {}
    for session_id, kind, starts_at, patient_id, label, ground, until in db.session.execute(query, asking(user)):
        if TELLING[Kind(kind)] in own:
            found[session_id] = HeldBack(session_id, Kind(kind), starts_at, patient_id, label, Ground(ground), until)
    return sorted(found.values(), key=attrgetter("until"))


def holds_of(session: TreatmentSession) -> Sequence[ReleaseHold]:
    """The times that the session was held back from the patient, the earliest first."""
    query = (
        select(ReleaseHold)
        .where(
            ReleaseHold.clinic_id == session.clinic_id,
            ReleaseHold.patient_id == session.patient_id,
            ReleaseHold.session_id == session.id,
        )
        .order_by(ReleaseHold.held_at, ReleaseHold.id)
    )
    return db.session.scalars(query).all()


def intact(signature: Signature) -> bool:
    """Whether the content is the one that was signed: its digest is the one beside it and the one in the log."""
    query = select(AuditEvent.detail).where(
        AuditEvent.clinic_id == signature.clinic_id,
        AuditEvent.patient_id == signature.patient_id,
        AuditEvent.kind == Act.CHANGE,
        AuditEvent.action == Action.SESSION_SIGNED,
        AuditEvent.object_id == signature.session_id,
    )
    logged = {detail["digest"] for detail in db.session.scalars(query) if detail["part"] == signature.part}
    try:
        now = digest_of(signature.content)
    except InvalidTag:
        return False
    return {now, signature.digest} == logged


class Signed(NamedTuple):
    """What templates/treatment/_signed.html shows of a session; `broken` are the parts that are no longer intact."""

    session: TreatmentSession
    parts: Sequence[Part]
    signatures: Mapping[Part, Signature]
    broken: Sequence[Part]
    addenda: Sequence[Addendum]
    holds: Sequence[ReleaseHold]

    @property
    def held(self) -> ReleaseHold | None:
        """What keeps it from the patient now; None where nothing does."""
        return max((hold for hold in self.holds if hold.in_force), key=attrgetter("until"), default=None)

    @property
    def release(self) -> Permission:
        """What it takes to hold it back, or to release it: what it takes to sign what the patient is told."""
        return release_permission(self.session)


def release_permission(session: TreatmentSession) -> Permission:
    """What it takes to hold a session back from the patient."""
    return SIGNERS[TELLING[Kind(session.kind)]]


def signed_state(session: TreatmentSession) -> Signed:
    """What is signed of a session, and what was written to it since."""
    signatures = signatures_of(session)
    broken = [part for part, signature in signatures.items() if not intact(signature)]
    return Signed(session, PARTS[Kind(session.kind)], signatures, broken, addenda_of(session), holds_of(session))


def draft_at(user: User, patient: Patient, place: str) -> Draft | None:
    """What `user` typed in the form at `place` and has not saved; nobody else's, and nothing that has grown old."""
    query = select(Draft).where(
        Draft.clinic_id == patient.clinic_id,
        Draft.patient_id == patient.id,
        Draft.user_id == user.id,
        Draft.place == place,
        Draft.saved_at > clock.now() - DRAFTS_LIVE,
    )
    return db.session.scalars(query).one_or_none()


SESSION: BindParameter[UUID] = bindparam("session", type_=Key())
_SIGNATURES = select(Signature).where(
    Signature.clinic_id == CLINIC, Signature.patient_id == PATIENT, Signature.session_id == SESSION
)
_SESSION = TreatmentSession.__table__.c
_NEXT = select(_SESSION.patient_id, _SESSION.kind, _SESSION.starts_at).where(
    _SESSION.clinic_id == CLINIC, _SESSION.patient_id.in_(bindparam("patients", expanding=True)), planned()
)
