"""The records of many patients, as light rows: read by column, once, for the verdicts."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, bindparam, exists, select

from kap.core.db import Key, db
from kap.durability import Reading, Scale
from kap.measures.instruments import Catalogue
from kap.measures.models import Score
from kap.outcomes.models import CaseloadEntry
from kap.outcomes.rules import CourseDates, History, histories
from kap.people.models import Clinic, Patient
from kap.treatment.models import Course, Kind, Status, TreatmentSession

BATCH = 500
"""How many patients one statement asks for."""

CLINICS = select(Clinic.id)
"""Every index begins with the clinic: a statement that names patients alone would read the whole table."""

PATIENTS: BindParameter[Any] = bindparam("patients", type_=Key(), expanding=True)
"""The patients of a statement, which is built once."""


def patients_without_entry() -> Sequence[UUID]:
    """The patients, of whichever clinic, who have no line in the caseload."""
    there = exists().where(CaseloadEntry.patient_id == Patient.id)
    return db.session.scalars(select(Patient.id).where(~there)).all()


class CourseHistory(NamedTuple):
    """The history of one course on one measure, and whose it is; whether it is the patient's latest course."""

    clinic_id: UUID
    patient_id: UUID
    course_id: UUID
    measure: str
    history: History
    condition: str
    ended_on: date | None
    latest: bool


def primary_histories(patient_ids: Collection[UUID], measures: Catalogue) -> Iterator[CourseHistory]:
    """The history of every course of these patients, on the primary measure of the course."""
    ids = list(patient_ids)
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        courses = _courses_by_patient(batch)
        doses = _doses_by_course(batch)
        readings = readings_of(batch)
        for patient_id, rows in courses.items():
            dates = [CourseDates(row.id, row.opened_on) for row in rows]
            for measure in {row.primary_measure for row in rows}:
                found = histories(dates, doses, readings[patient_id, measure], scale_of(measure, measures))
                for row in rows:
                    if row.primary_measure == measure:
                        yield CourseHistory(
                            row.clinic_id,
                            patient_id,
                            row.id,
                            measure,
                            found[row.id],
                            row.condition,
                            row.ended_on,
                            row is rows[-1],
                        )


def scale_of(measure: str, measures: Catalogue) -> Scale | None:
    """The thresholds of a measure; None where it has none or is no longer declared."""
    return measures.get(measure).scale if measure in measures else None


class Dated(NamedTuple):
    """A patient's code with the scores and doses of the latest course."""

    code: str
    readings: tuple[Reading, ...]
    doses: tuple[date, ...]


def latest_histories(clinic: Clinic, measure: str, scale: Scale | None) -> Iterator[Dated]:
    """The latest course of each patient of the clinic on `measure`, by code; without a course, all scores."""
    query = select(Patient.id, Patient.code).where(Patient.clinic_id == clinic.id).order_by(Patient.code)
    patients = db.session.execute(query).all()
    for start in range(0, len(patients), BATCH):
        batch = [row.id for row in patients[start : start + BATCH]]
        courses, doses, readings = _courses_by_patient(batch), _doses_by_course(batch), readings_of(batch, measure)
        for patient in patients[start : start + BATCH]:
            rows, scores = courses.get(patient.id), readings[patient.id, measure]
            if not rows:
                yield Dated(patient.code, tuple(scores), ())
                continue
            dates = [CourseDates(row.id, row.opened_on) for row in rows]
            history = histories(dates, doses, scores, scale)[rows[-1].id]
            yield Dated(patient.code, history.readings, history.doses)


def _courses_by_patient(patient_ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in db.session.execute(_COURSES, {"patients": patient_ids}):
        found[row.patient_id].append(row)
    return found


_COURSES = (
    select(
        Course.id,
        Course.clinic_id,
        Course.patient_id,
        Course.primary_measure,
        Course.opened_on,
        Course.condition,
        Course.ended_on,
    )
    .where(Course.clinic_id.in_(CLINICS), Course.patient_id.in_(PATIENTS))
    .order_by(Course.opened_on, Course.id)
)


def _doses_by_course(patient_ids: Sequence[UUID]) -> dict[UUID, list[date]]:
    """The days of the doses, in the zone of the clinic, by course."""
    found: dict[UUID, list[date]] = defaultdict(list)
    for course_id, starts_at, zone in db.session.execute(_DOSES, {"patients": patient_ids}):
        found[course_id].append(starts_at.astimezone(ZoneInfo(zone)).date())
    return found


_DOSES = (
    select(TreatmentSession.course_id, TreatmentSession.starts_at, Clinic.zone)
    .join(Clinic, Clinic.id == TreatmentSession.clinic_id)
    .where(
        TreatmentSession.clinic_id.in_(CLINICS),
        TreatmentSession.patient_id.in_(PATIENTS),
        TreatmentSession.kind == Kind.DOSING,
        TreatmentSession.status == Status.TOOK_PLACE,
        TreatmentSession.error_at.is_(None),
    )
)


def readings_of(patient_ids: Sequence[UUID], measure: str | None = None) -> dict[tuple[UUID, str], list[Reading]]:
    """The scores in the order of entry, by patient and measure."""
    query = _SCORES
    if measure is not None:
        query = query.where(Score.measure == measure)
    found: dict[tuple[UUID, str], list[Reading]] = defaultdict(list)
    for patient_id, of, taken_on, value in db.session.execute(query, {"patients": patient_ids}):
        found[patient_id, of].append(Reading(taken_on, value))
    return found


_SCORES = (
    select(Score.patient_id, Score.measure, Score.taken_on, Score.value)
    .where(Score.clinic_id.in_(CLINICS), Score.patient_id.in_(PATIENTS), Score.error_at.is_(None))
    .order_by(Score.entered_at, Score.id)
)
