"""An alert: raised by what a patient answered, kept until somebody says what was done."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kap.core import clock
from kap.core.db import Model
from kap.core.sealed import Sealed
from kap.people.models import OfPatient


class AlertKind(StrEnum):
    """What an alert is about."""

    SUICIDAL_THOUGHTS = "suicidal-thoughts"

    @property
    def label(self) -> str:
        """The words in the list."""
        return {"suicidal-thoughts": "Thoughts of being better off dead, or of self-harm"}[self.value]


class Alert(OfPatient, Model):
    """Raised for what a person answered; open until somebody acted on it and said how.

    `level` is the highest answer given while it was open. A higher one after that is an alert of its own.
    """

    kind: Mapped[str] = mapped_column(String(40))
    source_id: Mapped[UUID]
    level: Mapped[int]
    raised_at: Mapped[datetime] = mapped_column(default=clock.now)
    acted_at: Mapped[datetime | None]
    acted_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    action_sealed: Mapped[bytes | None]
    action = Sealed("action_sealed")

    __table_args__ = (
        OfPatient.of_patient(),
        UniqueConstraint("source_id", "kind", "level"),
        CheckConstraint("(acted_at IS NULL) = (acted_by IS NULL)", name="acted_by_somebody"),
        Index(None, "clinic_id", "patient_id", "acted_at"),
        # The head of every page counts those that wait.
        Index(
            "ix_alert_open",
            "clinic_id",
            "patient_id",
            sqlite_where=text("acted_at IS NULL"),
            postgresql_where=text("acted_at IS NULL"),
        ),
    )

    @property
    def open(self) -> bool:
        """True until somebody acted on it."""
        return self.acted_at is None
