"""What was answered, and the totals that are charted."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kap.core import clock
from kap.core.db import Model, Versioned
from kap.people.models import OfPatient
from kap.treatment.models import ErrorMarked


class Source(StrEnum):
    """How a score came into the record."""

    PATIENT = "patient"
    PAPER = "paper"
    IMPORT = "import"

    @property
    def label(self) -> str:
        """The words on the page."""
        return {
            "patient": "answered by the patient",
            "paper": "entered from paper",
            "import": "imported",
        }[self.value]


class Questionnaire(OfPatient, Versioned, Model):
    """A form being answered: kept answer by answer, so that nothing is lost when it is left half-way."""

    instrument: Mapped[str] = mapped_column(String(40))
    taken_on: Mapped[date]
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    completed_at: Mapped[datetime | None]

    answers: Mapped[list["Answer"]] = relationship(cascade="all, delete-orphan", order_by="Answer.item")

    __table_args__ = (
        OfPatient.of_patient(),
        UniqueConstraint("clinic_id", "patient_id", "id"),
        Index(None, "clinic_id", "patient_id", "instrument"),
    )

    @property
    def complete(self) -> bool:
        """True once it has a score."""
        return self.completed_at is not None

    @property
    def given(self) -> dict[int, int]:
        """What was answered so far, by the number of the item."""
        return {answer.item: answer.value for answer in self.answers}


class Answer(OfPatient, Model):
    """The answer to one item."""

    questionnaire_id: Mapped[UUID]
    item: Mapped[int]
    value: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(
            ["clinic_id", "patient_id", "questionnaire_id"],
            ["questionnaire.clinic_id", "questionnaire.patient_id", "questionnaire.id"],
        ),
        UniqueConstraint("questionnaire_id", "item"),
    )


class Score(OfPatient, ErrorMarked, Model):
    """The total of one measure, at the date that it is about. `flag` is the answer to a safety item, if above zero."""

    measure: Mapped[str] = mapped_column(String(40))
    taken_on: Mapped[date]
    value: Mapped[float]
    flag: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(20))
    questionnaire_id: Mapped[UUID | None] = mapped_column(ForeignKey("questionnaire.id"), unique=True)
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    entered_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        OfPatient.of_patient(),
        ErrorMarked.error_whole(),
        CheckConstraint("flag IS NULL OR flag > 0", name="flag_above_zero"),
        Index(None, "clinic_id", "patient_id", "measure", "taken_on"),
    )
