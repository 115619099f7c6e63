"""Psychotherapy notes, and what was added to them; sealed with keys of their own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kap.core import clock
from kap.core.db import Model, Versioned
from kap.core.sealed import Ring, Sealed
from kap.people.models import OfPatient, User
from kap.treatment.models import AddendumKind, OfSession, TreatmentSession


class PsychotherapyNote(OfSession, Versioned, Model):
    """What a therapist notes about a conversation for themselves: one of each author about each session.

    Its author opens it, and the one supervisor whom they named. Once it is signed, it is only added to.
    """

    author: Mapped[UUID]
    supervisor: Mapped[UUID | None]
    text_sealed: Mapped[bytes | None]
    text = Sealed("text_sealed", Ring.PSYCHOTHERAPY)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    signed_at: Mapped[datetime | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    late: Mapped[bool] = mapped_column(default=False)

    session: Mapped[TreatmentSession] = relationship(
        primaryjoin="foreign(PsychotherapyNote.session_id) == TreatmentSession.id", viewonly=True
    )
    writer: Mapped[User] = relationship(primaryjoin="foreign(PsychotherapyNote.author) == User.id", viewonly=True)
    reader: Mapped[User | None] = relationship(
        primaryjoin="foreign(PsychotherapyNote.supervisor) == User.id", viewonly=True
    )

    __table_args__ = (
        OfSession.of_session(),
        ForeignKeyConstraint(["clinic_id", "author"], ["app_user.clinic_id", "app_user.id"]),
        ForeignKeyConstraint(["clinic_id", "supervisor"], ["app_user.clinic_id", "app_user.id"]),
        UniqueConstraint("session_id", "author"),
        UniqueConstraint("clinic_id", "patient_id", "id"),
        CheckConstraint("(signed_at IS NULL) = (digest IS NULL)", name="signed_with_digest"),
        CheckConstraint("signed_at IS NULL OR text_sealed IS NOT NULL", name="signed_with_text"),
        CheckConstraint("supervisor IS NULL OR supervisor <> author", name="supervised_by_another"),
    )

    @property
    def signed(self) -> bool:
        """True from its signature on."""
        return self.signed_at is not None


class PsychotherapyAddendum(OfPatient, Model):
    """What its author added to a signed note: beside it, never into it, and at the time at which it was."""

    note_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(20))
    reason_sealed: Mapped[bytes]
    reason = Sealed("reason_sealed", Ring.PSYCHOTHERAPY)
    text_sealed: Mapped[bytes]
    text = Sealed("text_sealed", Ring.PSYCHOTHERAPY)
    refers_to: Mapped[date | None]
    author: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    writer: Mapped[User] = relationship(primaryjoin="foreign(PsychotherapyAddendum.author) == User.id", viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["clinic_id", "patient_id", "note_id"],
            ["psychotherapy_note.clinic_id", "psychotherapy_note.patient_id", "psychotherapy_note.id"],
        ),
        ForeignKeyConstraint(["clinic_id", "author"], ["app_user.clinic_id", "app_user.id"]),
        CheckConstraint("kind <> 'late_entry' OR refers_to IS NOT NULL", name="late_entry_of_a_day"),
        Index(None, "note_id"),
    )

    @property
    def label(self) -> str:
        """What it is, in words."""
        return AddendumKind(self.kind).label
