"""Protocols: templates of a course, and what a course keeps of the one that it was made from."""

import sqlalchemy as sa
from alembic import op

from kap.core.db import Key, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "protocol",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("preparations", sa.Integer(), nullable=False),
        sa.Column("doses", sa.Integer(), nullable=True),
        sa.Column("spacing_min", sa.Integer(), nullable=True),
        sa.Column("spacing_max", sa.Integer(), nullable=True),
        sa.Column("integration", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("after", sa.String(length=400), nullable=False),
        sa.Column("window_min", sa.Integer(), nullable=False),
        sa.Column("window_max", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(length=20), nullable=True),
        sa.Column("schedule", sa.String(length=20), nullable=True),
        sa.Column("measures_before_dose", sa.JSON(), nullable=False),
        sa.Column("measures_weekly", sa.JSON(), nullable=False),
        sa.Column("measures_before_integration", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("seeded_from", sa.String(length=40), nullable=True),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_protocol_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocol")),
    )
    with op.batch_alter_table("protocol", schema=None) as batch_op:
        batch_op.create_index(
            "uq_protocol_in_use",
            ["clinic_id", "name"],
            unique=True,
            sqlite_where=sa.text("archived_at IS NULL"),
            postgresql_where=sa.text("archived_at IS NULL"),
        )
    # Not in a batch, which on SQLite would build the table anew, and all that points at it with it.
    op.add_column("course", sa.Column("protocol", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("course", "protocol")
    op.drop_table("protocol")
