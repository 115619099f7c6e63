"""Sessions that are held back from the patient for a while."""

import sqlalchemy as sa
from alembic import op

from kap.core.db import Key, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release_hold",
        sa.Column("ground", sa.String(length=20), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("held_by", Key(), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("lifted_by", Key(), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint("until > held_at", name=op.f("ck_release_hold_until_after_held")),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_release_hold_lifted_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_release_hold_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "held_by"],
            ["app_user.clinic_id", "app_user.id"],
            name=op.f("fk_release_hold_clinic_id_held_by"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "lifted_by"],
            ["app_user.clinic_id", "app_user.id"],
            name=op.f("fk_release_hold_clinic_id_lifted_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_hold")),
    )
    with op.batch_alter_table("release_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_hold_session_id"), ["session_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("release_hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_release_hold_session_id"))

    op.drop_table("release_hold")
