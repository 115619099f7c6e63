"""What can be done to the record of treatment.

What really happened is never refused for being unusual; what cannot have happened is: in the future, before birth,
ending before it began.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused, Stale
from kap.people.actions import refuse_before_birth, refuse_day
from kap.people.models import Clinic, Patient, User
from kap.treatment import rules
from kap.treatment.models import (
    KINDS,
    PARTS,
    AdverseEvent,
    Condition,
    Course,
    DosingSession,
    EndReason,
    IntegratedDose,
    IntegrationSession,
    Kind,
    Medicine,
    Modality,
    PreparationSession,
    RoomBooking,
    Route,
    SessionMember,
    SessionTheme,
    Status,
    Theme,
    TreatmentSession,
    VitalSign,
)
from kap.treatment.practices import Agreed, Found, agree, review_intentions, review_practices
from kap.treatment.queries import open_course_of
from kap.treatment.rules import Reading, Unwanted
from kap.treatment.signing import refuse_signed
from kap.web.filters import written

S = TypeVar("S", bound=TreatmentSession)

NONE: Mapping[Any, Any] = MappingProxyType({})
HAPPENED = (Status.TOOK_PLACE, Status.HELD)
AHEAD = "This lies in the future. Is it planned?"
FAR = timedelta(days=2 * 366)
"""How far ahead a session can be planned."""


def open_course(
    patient: Patient,
    *,
    condition: str,
    primary_measure: str,
    planned_doses: int | None = None,
    opened_on: date,
    protocol: dict[str, Any] | None = None,
    by: User | None,
) -> Course:
    """Open a course; a patient has one open course at a time. `protocol` is what it keeps of one (`Protocol.kept`)."""
    with recording(Action.COURSE_OPENED, by=by, patient=patient) as event:
        hold(patient)
        if open_course_of(patient) is not None:
            raise Refused("This patient has an open course. Please end it before you open another.")
        _refuse_measure(condition, primary_measure)
        refuse_day(patient, opened_on, field="opened_on")
        course = Course.of(
            patient,
            condition=Condition(condition),
            primary_measure=primary_measure,
            planned_doses=planned_doses if planned_doses is not None else _doses_by(protocol),
            protocol=protocol,
            opened_on=opened_on,
        )
        db.session.add(course)
        event.about(course)
    return course


def change_course(
    course: Course,
    *,
    version: int,
    condition: str,
    primary_measure: str,
    planned_doses: int | None,
    protocol: dict[str, Any] | None,
    by: User | None,
) -> Course:
    """Change what a course treats and how it is followed. A number of doses from a protocol goes when that does."""
    with recording(Action.COURSE_CHANGED, by=by, patient=_patient(course), about=course):
        _refuse_stale(course, version)
        _refuse_measure(condition, primary_measure)
        course.condition = Condition(condition)
        course.primary_measure = primary_measure
        if protocol is not None and protocol != course.protocol and planned_doses in (None, _doses_by(course.protocol)):
            planned_doses = _doses_by(protocol)
        course.planned_doses, course.protocol = planned_doses, protocol
    return course


def end_course(course: Course, *, version: int, ended_on: date, reason: str, by: User | None) -> Course:
    """End a course on a day, with a reason."""
    with recording(Action.COURSE_ENDED, by=by, patient=_patient(course), about=course):
        _refuse_stale(course, version)
        if not course.open:
            raise Refused("This course has ended already.")
        refuse_day(_patient(course), ended_on, field="ended_on")
        if ended_on < course.opened_on:
            raise Refused("The course was opened after this day.", field="ended_on")
        last = _last_that_happened(course)
        if last is not None and last.astimezone(_zone(course)).date() > ended_on:
            raise Refused("A session of this course took place after this day.", field="ended_on")
        course.ended_on = ended_on
        course.end_reason = EndReason(reason)
    return course


def plan_session(
    course: Course,
    *,
    kind: str,
    starts_at: datetime,
    by: User | None,
    ends_at: datetime | None = None,
    room_id: UUID | None = None,
    intention: str = "",
    team: Iterable[User | UUID] = (),
) -> TreatmentSession:
    """Plan a session of any kind."""
    with recording(Action.SESSION_PLANNED, by=by, patient=_patient(course)) as event:
        session = _place(KINDS[Kind(kind)], course, None, None, Status.PLANNED, starts_at, ends_at, by)
        if room_id is not None:
            session.booking = RoomBooking.of(_patient(course), session_id=session.id, room_id=room_id)
        session.intention = intention
        _seat(session, team)
        event.about(session)
    return session


def record_preparation(
    course: Course,
    *,
    by: User | None,
    session: PreparationSession | None = None,
    version: int | None = None,
    status: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    modalities: Iterable[str] = (),
    answers: Mapping[str, Any] = NONE,
    intention: str = "",
    narrative: str = "",
    team: Iterable[User | UUID] = (),
    status_reason: str = "",
) -> PreparationSession:
    """Record a preparation session, or change it. `answers` are those to `talk.PREPARATION`, as JSON holds them."""
    with recording(_verb(session, status), by=by, patient=_patient(course)) as event:
        session = _place(PreparationSession, course, session, version, status, starts_at, ends_at, by)
        session.modalities = [Modality(one).value for one in modalities]
        session.answers = dict(answers)
        _write(session, intention=intention, narrative=narrative, status_reason=status_reason, team=team)
        event.about(session)
    return session


def record_dosing(
    course: Course,
    *,
    by: User | None,
    session: DosingSession | None = None,
    version: int | None = None,
    status: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    dosed_at: datetime | None = None,
    route: str | None = None,
    medicine: str | None = None,
    dose_mg: Decimal | None = None,
    weight_kg: Decimal | None = None,
    team: Iterable[User | UUID] = (),
    intention: str = "",
    narrative: str = "",
    vital_signs: Sequence[Reading] = (),
    adverse_events: Sequence[Unwanted] = (),
    discharged_at: datetime | None = None,
    left_with: str | None = None,
    discharge: str = "",
    status_reason: str = "",
) -> DosingSession:
    """Record a dosing session in one go, as from paper, or one that was planned.

    Without a medicine it is the one that the route tells. What has begun is added to piece by piece, by the actions
    of `kap.dosing`, so that no writer takes another's entries away.
    """
    with recording(_verb(session, status), by=by, patient=_patient(course)) as event:
        if session is not None:
            _refuse_begun(session, version)
        session = _place(DosingSession, course, session, version, status, starts_at, ends_at, by)
        _refuse_dose(dose_mg, weight_kg)
        _refuse_times(session, dosed_at=dosed_at, discharged_at=discharged_at)
        if dosed_at is not None and discharged_at is not None and discharged_at < dosed_at:
            raise Refused("This is before the dose was given.", field="discharged_at")
        chosen = medicine or rules.medicine_for(route)
        session.route = Route(route) if route else None
        session.medicine = Medicine(chosen) if chosen else None
        session.dose_mg, session.weight_kg = dose_mg, weight_kg
        session.dosed_at, session.discharged_at = dosed_at, discharged_at
        session.left_with, session.discharge = left_with or None, discharge
        _write(session, intention=intention, narrative=narrative, status_reason=status_reason, team=team)
        _keep_readings(session, vital_signs, by)
        _keep_unwanted(session, adverse_events, by)
        event.about(session)
    return session


def record_integration(
    course: Course,
    *,
    by: User | None,
    session: IntegrationSession | None = None,
    version: int | None = None,
    status: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    modalities: Iterable[str] = (),
    answers: Mapping[str, Any] = NONE,
    intention: str = "",
    narrative: str = "",
    themes: str = "",
    coded_themes: Iterable[str] = (),
    practices: Sequence[Agreed] = (),
    practice_reviews: Mapping[UUID, Found] = NONE,
    intention_reviews: Mapping[UUID, Found] = NONE,
    integrates: Iterable[UUID] = (),
    team: Iterable[User | UUID] = (),
    status_reason: str = "",
) -> IntegrationSession:
    """Record an integration session, or change it. `integrates` are the ids of doses that went before it.

    `answers` are those to `talk.INTEGRATION`, as JSON holds them. `practices` are all that were agreed; the reviews
    say by id what was found of earlier practices, and of the intentions of earlier sessions.
    """
    with recording(_verb(session, status), by=by, patient=_patient(course)) as event:
        session = _place(IntegrationSession, course, session, version, status, starts_at, ends_at, by)
        session.modalities = [Modality(one).value for one in modalities]
        session.answers, session.themes = dict(answers), themes
        _write(session, intention=intention, narrative=narrative, status_reason=status_reason, team=team)
        _integrate(session, frozenset(integrates))
        _name_themes(session, frozenset(coded_themes))
        db.session.flush()
        agree(session, practices, by=by)
        review_practices(session, practice_reviews, by=by)
        review_intentions(session, intention_reviews)
        event.about(session)
    return session


def change_details(
    session: TreatmentSession,
    *,
    version: int | None,
    status: str,
    status_reason: str,
    starts_at: datetime,
    ends_at: datetime | None,
    team: Iterable[User | UUID],
    by: User | None,
) -> TreatmentSession:
    """Change when a session was, who was there, and where it stands; what was written down in it stays."""
    with recording(Action.SESSION_CHANGED, by=by, patient=_patient(session), about=session):
        _place(type(session), session.course, session, version, status, starts_at, ends_at, by)
        session.status_reason = status_reason
        _seat(session, team)
    return session


def set_status(
    session: TreatmentSession, *, version: int | None, status: str, reason: str, by: User | None
) -> TreatmentSession:
    """Say what became of a planned session; one that is signed took place."""
    with recording(Action.SESSION_CHANGED, by=by, patient=_patient(session), about=session):
        _refuse_stale(session, version)
        _refuse_in_error(session)
        if session.status != Status.PLANNED:
            raise Refused("Only a planned session can be moved on. Please edit the session instead.")
        _refuse_start(session.course, Status(status), session.starts_at)
        session.status, session.status_reason = Status(status), reason
    return session


def mark_session_in_error(session: TreatmentSession, *, reason: str, by: User | None) -> TreatmentSession:
    """Mark a session as entered in error: it leaves verdict and lists and stays in the record.

    A signed one too: that is how it is retracted. What was signed stays readable, with its signature.
    """
    with recording(Action.SESSION_IN_ERROR, by=by, patient=_patient(session), about=session):
        _refuse_in_error(session)
        if not reason.strip():
            raise Refused("Please say why it was entered in error.", field="reason")
        session.error_at, session.error_by = clock.now(), by.id if by else None
        session.error_reason = reason
    return session


def _doses_by(protocol: dict[str, Any] | None) -> int | None:
    """How many doses it plans, if it says so."""
    doses: int | None = protocol["plan"]["doses"] if protocol else None
    return doses


def _verb(session: TreatmentSession | None, status: str) -> Action:
    if session is not None:
        return Action.SESSION_CHANGED
    return Action.SESSION_PLANNED if status == Status.PLANNED else Action.SESSION_RECORDED


def _place(
    kind: type[S],
    course: Course,
    session: S | None,
    version: int | None,
    status: str,
    starts_at: datetime,
    ends_at: datetime | None,
    by: User | None,
) -> S:
    """The session, new or as it stands, set in its course and its times."""
    if session is not None:
        _refuse_stale(session, version)
        _refuse_in_error(session)
        # The form of a session writes to all of its parts.
        for part in PARTS[Kind(session.kind)]:
            refuse_signed(session, part)
        # A change of rows below it alone would leave the version as it is, and the next writer none the wiser.
        flag_modified(session, "status")
    _refuse_start(course, Status(status), starts_at)
    if session is None:
        session = kind.of(_patient(course), course_id=course.id, created_by=by.id if by else None)
        db.session.add(session)
    session.status, session.starts_at, session.ends_at = Status(status), starts_at, ends_at
    _refuse_times(session, ends_at=ends_at)
    return session


def _write(
    session: TreatmentSession,
    *,
    intention: str,
    narrative: str,
    status_reason: str,
    team: Iterable[User | UUID],
) -> None:
    session.intention, session.narrative, session.status_reason = intention, narrative, status_reason
    _seat(session, team)


def _seat(session: TreatmentSession, team: Iterable[User | UUID]) -> None:
    wanted = {member.id if isinstance(member, User) else member for member in team}
    kept = [member for member in session.team if member.user_id in wanted]
    new = sorted(wanted - {member.user_id for member in kept})
    patient = _patient(session)
    session.team[:] = [
        *kept,
        *(SessionMember.of(patient, session_id=session.id, user_id=user_id) for user_id in new),
    ]


def _keep_readings(session: DosingSession, readings: Sequence[Reading], by: User | None) -> None:
    for reading in readings:
        for _, problem in rules.reading_problems(reading):
            raise Refused(problem, field="vital_signs")
    _refuse_ahead(session, (reading.at for reading in readings), "vital_signs", "A reading")
    _keep_rows(session, VitalSign, readings, by)


def _keep_unwanted(session: DosingSession, events: Sequence[Unwanted], by: User | None) -> None:
    _refuse_ahead(session, (event.onset_at for event in events), "adverse_events", "An adverse event")
    _keep_rows(session, AdverseEvent, events, by)


def _keep_rows(session: DosingSession, kind: type[VitalSign] | type[AdverseEvent], rows: Any, by: User | None) -> None:
    """Write each down once, though it was typed twice."""
    db.session.flush()
    patient, by_id = _patient(session), by.id if by else None
    for row in dict.fromkeys(rows):
        db.session.add(kind.of(patient, session_id=session.id, entered_by=by_id, **row._asdict()))


def _integrate(session: IntegrationSession, wanted: frozenset[UUID]) -> None:
    """Tie the session to doses of the same patient that were given before it."""
    query = select(DosingSession.id).where(
        DosingSession.id.in_(wanted),
        DosingSession.clinic_id == session.clinic_id,
        DosingSession.patient_id == session.patient_id,
        DosingSession.status == Status.TOOK_PLACE,
        DosingSession.error_at.is_(None),
        DosingSession.starts_at < session.starts_at,
    )
    kept = [row for row in session.integrates if row.dosing_id in wanted]
    before = {row.dosing_id for row in kept}
    if wanted and wanted != set(db.session.scalars(query)) | before:
        raise Refused("An integration session works on doses that were given before it.", field="integrates")
    new, patient = sorted(wanted - before), _patient(session)
    session.integrates[:] = [
        *kept,
        *(IntegratedDose.of(patient, integration_id=session.id, dosing_id=dosing_id) for dosing_id in new),
    ]


def _name_themes(session: IntegrationSession, wanted: frozenset[str]) -> None:
    kept = [row for row in session.coded_themes if row.theme in wanted]
    new, patient = sorted(wanted - {row.theme for row in kept}), _patient(session)
    session.coded_themes[:] = [
        *kept,
        *(SessionTheme.of(patient, session_id=session.id, theme=Theme(theme).value) for theme in new),
    ]


def _patient(row: Course | TreatmentSession) -> Patient:
    return db.session.get_one(Patient, row.patient_id)


def _zone(course: Course) -> ZoneInfo:
    return db.session.get_one(Clinic, course.clinic_id).zone_info


def _refuse_stale(row: Any, version: int | None) -> None:
    hold(row)
    if version is not None and row.version != version:
        raise Stale(row)


def _refuse_begun(session: DosingSession, version: int | None) -> None:
    _refuse_stale(session, version)
    if session.begun:
        raise Refused("This session has begun. Please open it, and add or correct what is missing there.")


def _refuse_in_error(session: TreatmentSession) -> None:
    if session.in_error:
        raise Refused("This session was marked as entered in error. It stays as it is.")


def _refuse_measure(condition: str, primary_measure: str) -> None:
    if condition == rules.SUICIDAL_IDEATION and primary_measure != rules.ITS_MEASURE:
        raise Refused("A course for suicidal ideation follows the PHQ-9.", field="primary_measure")


def _refuse_start(course: Course, status: Status, starts_at: datetime) -> None:
    """Refuse a start that cannot be: see the head of this module."""
    day = starts_at.astimezone(_zone(course)).date()
    if status in HAPPENED and starts_at > clock.now():
        raise Refused(AHEAD, field="starts_at")
    if starts_at > clock.now() + FAR:
        raise Refused("This is more than two years away. Please check the year.", field="starts_at")
    refuse_before_birth(_patient(course), day, field="starts_at")
    if course.ended_on is not None and day > course.ended_on and status != Status.CANCELLED:
        raise Refused(
            f"This course ended on {written(course.ended_on)}. A later session needs a new course.", field="starts_at"
        )


def _refuse_dose(dose_mg: Decimal | None, weight_kg: Decimal | None) -> None:
    if dose_mg is not None and not 0 < dose_mg < 1_000_000:
        raise Refused("A dose is an amount above 0 mg. Leave it empty where it is not known.", field="dose_mg")
    problem = rules.weight_problem(weight_kg)
    if problem is not None:
        raise Refused(problem, field="weight_kg")


def _refuse_times(session: TreatmentSession, **times: datetime | None) -> None:
    for field, moment in times.items():
        if moment is None:
            continue
        if moment < session.starts_at:
            raise Refused("This is before the session starts.", field=field)
        if session.status in HAPPENED and moment > clock.now():
            raise Refused("This lies in the future. Please leave it empty until then.", field=field)


def _refuse_ahead(session: TreatmentSession, moments: Iterable[datetime | None], field: str, what: str) -> None:
    if session.status in HAPPENED and any(moment is not None and moment > clock.now() for moment in moments):
        raise Refused(f"{what} lies in the future. Please check its time.", field=field)


def _last_that_happened(course: Course) -> datetime | None:
    query = (
        select(TreatmentSession.starts_at)
        .where(
            TreatmentSession.clinic_id == course.clinic_id,
            TreatmentSession.patient_id == course.patient_id,
            TreatmentSession.course_id == course.id,
            TreatmentSession.status.in_(HAPPENED),
            TreatmentSession.error_at.is_(None),
        )
        .order_by(TreatmentSession.starts_at.desc())
        .limit(1)
    )
    return db.session.scalar(query)
