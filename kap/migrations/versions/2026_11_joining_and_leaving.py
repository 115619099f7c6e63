"""joining and leaving: links to a new password and to another address, letters sent, devices of sign-ins."""

import sqlalchemy as sa
from alembic import op

from kap.core.db import Key, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_change",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("user_id", Key(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("old_digest", sa.LargeBinary(), nullable=False),
        sa.Column("new_digest", sa.LargeBinary(), nullable=False),
        sa.Column("old_confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("new_confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_address_change_clinic_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_address_change_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("new_digest", name=op.f("uq_address_change_new_digest")),
        sa.UniqueConstraint("old_digest", name=op.f("uq_address_change_old_digest")),
    )
    with op.batch_alter_table("address_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_address_change_user_id_created_at"), ["user_id", "created_at"], unique=False
        )

    op.create_table(
        "password_reset",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("user_id", Key(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", Key(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_password_reset_clinic_id")),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_password_reset_created_by")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_password_reset_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_password_reset_token_digest")),
    )
    with op.batch_alter_table("password_reset", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_password_reset_user_id_created_at"), ["user_id", "created_at"], unique=False
        )

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sent_at", UtcDateTime(), nullable=True))

    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_used_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("device", sa.String(length=60), nullable=True))
        batch_op.create_index(batch_op.f("ix_sign_in_user_id_ended_at"), ["user_id", "ended_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_user_id_ended_at"))
        batch_op.drop_column("device")
        batch_op.drop_column("last_used_at")

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_column("sent_at")

    with op.batch_alter_table("password_reset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_reset_user_id_created_at"))

    op.drop_table("password_reset")
    with op.batch_alter_table("address_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_change_user_id_created_at"))

    op.drop_table("address_change")
