"""Signatures of the parts of a session, what is added to them afterwards, and drafts of what is not saved yet."""

import sqlalchemy as sa
from alembic import op

from kap.core.db import Key, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("user_id", Key(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"], ["patient.clinic_id", "patient.id"], name=op.f("fk_draft_clinic_id_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "user_id"], ["app_user.clinic_id", "app_user.id"], name=op.f("fk_draft_clinic_id_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("user_id", "patient_id", "place", name=op.f("uq_draft_user_id_patient_id_place")),
    )
    op.create_table(
        "addendum",
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("refers_to", sa.Date(), nullable=True),
        sa.Column("author", Key(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'late_entry' OR refers_to IS NOT NULL", name=op.f("ck_addendum_late_entry_of_a_day")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "author"], ["app_user.clinic_id", "app_user.id"], name=op.f("fk_addendum_clinic_id_author")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_addendum_clinic_id_patient_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addendum")),
    )
    with op.batch_alter_table("addendum", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_addendum_session_id"), ["session_id"], unique=False)

    op.create_table(
        "signature",
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("signed_by", Key(), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("settings_number", sa.Integer(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_signature_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "signed_by"],
            ["app_user.clinic_id", "app_user.id"],
            name=op.f("fk_signature_clinic_id_signed_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sa.UniqueConstraint("session_id", "part", name=op.f("uq_signature_session_id_part")),
    )
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_signature_clinic_id_patient_id"), ["clinic_id", "patient_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signature_clinic_id_patient_id"))

    op.drop_table("signature")
    with op.batch_alter_table("addendum", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_addendum_session_id"))

    op.drop_table("addendum")
    op.drop_table("draft")
