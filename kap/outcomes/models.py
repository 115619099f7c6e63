"""The verdict of each course, kept up to date by every change, so that lists need not work it out."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from kap.core.db import Model
from kap.people.models import OfPatient


class CourseOutcome(OfPatient, Model):
    """The verdict on the primary measure of one course as of its last score or dose, and the day it goes stale."""

    course_id: Mapped[UUID] = mapped_column(unique=True)
    measure: Mapped[str] = mapped_column(String(40))
    state: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(40), default="")
    weeks: Mapped[int | None]
    baseline: Mapped[float | None]
    latest: Mapped[float | None]
    latest_on: Mapped[date | None]
    last_dose_on: Mapped[date | None]
    stale_on: Mapped[date | None]

    __table_args__ = (
        OfPatient.of_patient(),
        ForeignKeyConstraint(
            ["clinic_id", "patient_id", "course_id"], ["course.clinic_id", "course.patient_id", "course.id"]
        ),
    )
