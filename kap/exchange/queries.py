"""What an import has to know of the record before it adds to it; of a whole clinic, in few statements."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select

from kap.audit.models import Action, AuditEvent
from kap.core.db import db
from kap.measures.models import Score, Source
from kap.people.models import Clinic, Patient
from kap.treatment.models import Course, TreatmentSession

ScoreKey = tuple[UUID, str, date, float]
SessionKey = tuple[UUID, str, datetime]


class KnownPatient(NamedTuple):
    """A patient, as the lines of a file are matched with them."""

    id: UUID
    birth_date: date | None


def patients_by_code(clinic: Clinic) -> dict[str, KnownPatient]:
    """Every patient of the clinic, by code."""
    query = select(Patient.code, Patient.id, Patient.birth_date).where(Patient.clinic_id == clinic.id)
    return {code: KnownPatient(*known) for code, *known in db.session.execute(query)}


def score_counts(clinic: Clinic, measures: Iterable[str]) -> Counter[ScoreKey]:
    """How often each score is in the record, also one entered in error: it is not to come back by an import."""
    key = (Score.patient_id, Score.measure, Score.taken_on, Score.value)
    query = select(*key, func.count()).where(Score.clinic_id == clinic.id, Score.measure.in_(measures)).group_by(*key)
    return Counter({(patient, *rest): count for patient, *rest, count in db.session.execute(query)})


def scored_patients(clinic: Clinic) -> set[UUID]:
    """The patients who have a score on any measure."""
    return set(db.session.scalars(select(Score.patient_id).where(Score.clinic_id == clinic.id).distinct()))


def first_imported_measures(clinic: Clinic) -> dict[UUID, str]:
    """By patient, the measure of the first score that was imported and is not in error."""
    query = (
        select(Score.patient_id, Score.measure)
        .where(Score.clinic_id == clinic.id, Score.source == Source.IMPORT, Score.error_at.is_(None))
        .group_by(Score.patient_id, Score.measure)
        .order_by(func.min(Score.entered_at).desc())
    )
    return {row.patient_id: row.measure for row in db.session.execute(query)}


def session_keys(clinic: Clinic) -> set[SessionKey]:
    """Patient, kind and start of every session, also of one entered in error."""
    query = select(TreatmentSession.patient_id, TreatmentSession.kind, TreatmentSession.starts_at).where(
        TreatmentSession.clinic_id == clinic.id
    )
    return {(patient_id, kind, starts_at) for patient_id, kind, starts_at in db.session.execute(query)}


def open_courses(clinic: Clinic) -> dict[UUID, UUID]:
    """The id of the open course, by patient."""
    query = (
        select(Course.patient_id, Course.id)
        .where(Course.clinic_id == clinic.id, Course.ended_on.is_(None))
        .order_by(Course.opened_on, Course.id)
    )
    return {row.patient_id: row.id for row in db.session.execute(query)}


def courses_without_a_choice(clinic: Clinic, patients: Collection[UUID]) -> list[Course]:
    """Open courses of these patients whose primary measure nobody chose: an import opened them, nobody changed them."""
    query = (
        select(Course, AuditEvent.detail)
        .join(
            AuditEvent,
            and_(
                AuditEvent.clinic_id == Course.clinic_id,
                AuditEvent.patient_id == Course.patient_id,
                AuditEvent.object_id == Course.id,
                AuditEvent.action == Action.COURSE_OPENED,
            ),
        )
        .where(Course.clinic_id == clinic.id, Course.ended_on.is_(None), Course.version == 1)
    )
    return [
        course
        for course, detail in db.session.execute(query)
        if detail.get("imported") and course.patient_id in patients
    ]
