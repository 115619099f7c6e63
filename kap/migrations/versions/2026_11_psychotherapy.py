"""Psychotherapy notes, apart from the record, and whether a clinic keeps them."""

import sqlalchemy as sa
from alembic import op

from kap.core.db import Key, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "psychotherapy_note",
        sa.Column("author", Key(), nullable=False),
        sa.Column("supervisor", Key(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "(signed_at IS NULL) = (digest IS NULL)", name=op.f("ck_psychotherapy_note_signed_with_digest")
        ),
        sa.CheckConstraint(
            "signed_at IS NULL OR text_sealed IS NOT NULL", name=op.f("ck_psychotherapy_note_signed_with_text")
        ),
        sa.CheckConstraint(
            "supervisor IS NULL OR supervisor <> author", name=op.f("ck_psychotherapy_note_supervised_by_another")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "author"],
            ["app_user.clinic_id", "app_user.id"],
            name=op.f("fk_psychotherapy_note_clinic_id_author"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_psychotherapy_note_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "supervisor"],
            ["app_user.clinic_id", "app_user.id"],
            name=op.f("fk_psychotherapy_note_clinic_id_supervisor"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_psychotherapy_note")),
        sa.UniqueConstraint(
            "clinic_id", "patient_id", "id", name=op.f("uq_psychotherapy_note_clinic_id_patient_id_id")
        ),
        sa.UniqueConstraint("session_id", "author", name=op.f("uq_psychotherapy_note_session_id_author")),
    )
    op.create_table(
        "psychotherapy_addendum",
        sa.Column("note_id", Key(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("refers_to", sa.Date(), nullable=True),
        sa.Column("author", Key(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'late_entry' OR refers_to IS NOT NULL", name=op.f("ck_psychotherapy_addendum_late_entry_of_a_day")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "author"],
            ["app_user.clinic_id", "app_user.id"],
            name=op.f("fk_psychotherapy_addendum_clinic_id_author"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "note_id"],
            ["psychotherapy_note.clinic_id", "psychotherapy_note.patient_id", "psychotherapy_note.id"],
            name=op.f("fk_psychotherapy_addendum_clinic_id_patient_id_note_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_psychotherapy_addendum")),
    )
    with op.batch_alter_table("psychotherapy_addendum", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_psychotherapy_addendum_note_id"), ["note_id"], unique=False)

    op.add_column("clinic", sa.Column("psychotherapy_notes", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE clinic SET psychotherapy_notes = (country = 'US')")


def downgrade() -> None:
    op.drop_column("clinic", "psychotherapy_notes")
    with op.batch_alter_table("psychotherapy_addendum", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_psychotherapy_addendum_note_id"))

    op.drop_table("psychotherapy_addendum")
    op.drop_table("psychotherapy_note")
