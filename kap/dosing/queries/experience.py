"""What was written down of the experience of each dose of a course."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from kap.core.db import db
from kap.dosing.models import Sheet
from kap.people.load import CLINIC, PATIENT, of_patient
from kap.people.models import Patient
from kap.treatment.models import Course, TreatmentSession
from kap.treatment.stations import COURSE


def experiences_of(course: Course, patient: Patient) -> dict[UUID, dict[str, Any]]:
    """The answers of the latest experience sheet of each session of the course; one statement."""
    sheets = db.session.scalars(_EXPERIENCES, of_patient(patient) | {"course": course.id})
    latest = {sheet.session_id: sheet for sheet in sheets}
    return {session_id: sheet.answers for session_id, sheet in latest.items()}


_EXPERIENCES = (
    select(Sheet)
    .join(TreatmentSession, TreatmentSession.id == Sheet.session_id)
    .where(Sheet.clinic_id == CLINIC, Sheet.patient_id == PATIENT, Sheet.name == "experience")
    .where(TreatmentSession.course_id == COURSE)
    .order_by(Sheet.number)
)
