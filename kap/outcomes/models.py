"""What is worked out of the record and kept up to date by every change, so that lists need not work it out."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
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


class CaseloadEntry(OfPatient, Model):
    """A patient's line in the caseload: all that the list shows, sorts and filters by, and that no clock changes.

    Days that are not known stand at an end of time, so that they sort last: see `rules.NEVER` and `rules.LONG_AGO`.
    """

    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str | None] = mapped_column(String(200))
    label_key: Mapped[str] = mapped_column(String(200))
    """The name, or the code where no name is kept, folded: what the list is sorted by under "name"."""
    search_key: Mapped[str] = mapped_column(String(300))
    """Code and name, folded: what is searched."""
    alerts: Mapped[int]
    alerted: Mapped[bool]
    condition: Mapped[str | None] = mapped_column(String(40))
    course_state: Mapped[str] = mapped_column(String(20))
    ended_on: Mapped[date | None]
    measure: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(40))
    """The verdict as of the last score or dose; empty where there is none."""
    reason: Mapped[str] = mapped_column(String(40))
    weeks: Mapped[int | None]
    latest: Mapped[float | None]
    latest_on: Mapped[date]
    last_dose_on: Mapped[date]
    stale_on: Mapped[date]
    trend: Mapped[list[Any] | None] = mapped_column(JSON)
    """The drawing of the scores, as `entries` made it: how many, line, bridges, and the place of the latest."""

    __table_args__ = (
        OfPatient.of_patient(),
        UniqueConstraint("patient_id"),
        Index("ix_caseload_entry_state", "clinic_id", "alerted", "state", "stale_on", "code", "patient_id"),
        Index("ix_caseload_entry_stale", "clinic_id", "alerted", "stale_on", "code"),
        Index("ix_caseload_entry_code", "clinic_id", "code", "patient_id"),
        Index("ix_caseload_entry_label", "clinic_id", "label_key", "code"),
        Index("ix_caseload_entry_latest", "clinic_id", "latest_on", "code"),
        Index("ix_caseload_entry_dose", "clinic_id", "last_dose_on", "code"),
        Index("ix_caseload_entry_search", "clinic_id", "search_key", "patient_id"),
        Index(
            "ix_caseload_entry_course",
            "clinic_id",
            "condition",
            "course_state",
            "alerted",
            "state",
            "stale_on",
            "code",
            "patient_id",
        ),
    )


class CaseloadCount(Model):
    """How many entries of a clinic stand alike, so that a list of any length is counted by a few rows.

    One row counts all of a clinic with or without an alert (the state is `rules.ALL`), the others those of one
    state whose verdict goes stale on one day.
    """

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    stale_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(40))
    alerted: Mapped[bool]
    number: Mapped[int]

    __table_args__ = (UniqueConstraint("clinic_id", "stale_on", "state", "alerted"),)
