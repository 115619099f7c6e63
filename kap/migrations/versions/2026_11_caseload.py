"""One line for each patient in the caseload and the counts of them, and indexes for what the list asks."""

import sqlalchemy as sa
from alembic import op

from kap.core.db import Key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "caseload_count",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("stale_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("alerted", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_caseload_count_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caseload_count")),
        sa.UniqueConstraint(
            "clinic_id", "stale_on", "state", "alerted", name=op.f("uq_caseload_count_clinic_id_stale_on_state_alerted")
        ),
    )
    op.create_table(
        "caseload_entry",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("label_key", sa.String(length=200), nullable=False),
        sa.Column("search_key", sa.String(length=300), nullable=False),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.Column("alerted", sa.Boolean(), nullable=False),
        sa.Column("condition", sa.String(length=40), nullable=True),
        sa.Column("course_state", sa.String(length=20), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("measure", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=True),
        sa.Column("latest", sa.Float(), nullable=True),
        sa.Column("latest_on", sa.Date(), nullable=False),
        sa.Column("last_dose_on", sa.Date(), nullable=False),
        sa.Column("stale_on", sa.Date(), nullable=False),
        sa.Column("trend", sa.JSON(), nullable=True),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_caseload_entry_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caseload_entry")),
        sa.UniqueConstraint("patient_id", name=op.f("uq_caseload_entry_patient_id")),
    )
    with op.batch_alter_table("caseload_entry", schema=None) as batch_op:
        batch_op.create_index("ix_caseload_entry_code", ["clinic_id", "code", "patient_id"], unique=False)
        batch_op.create_index(
            "ix_caseload_entry_course",
            ["clinic_id", "condition", "course_state", "alerted", "state", "stale_on", "code", "patient_id"],
            unique=False,
        )
        batch_op.create_index("ix_caseload_entry_dose", ["clinic_id", "last_dose_on", "code"], unique=False)
        batch_op.create_index("ix_caseload_entry_label", ["clinic_id", "label_key", "code"], unique=False)
        batch_op.create_index("ix_caseload_entry_latest", ["clinic_id", "latest_on", "code"], unique=False)
        batch_op.create_index("ix_caseload_entry_search", ["clinic_id", "search_key", "patient_id"], unique=False)
        batch_op.create_index("ix_caseload_entry_stale", ["clinic_id", "alerted", "stale_on", "code"], unique=False)
        batch_op.create_index(
            "ix_caseload_entry_state", ["clinic_id", "alerted", "state", "stale_on", "code", "patient_id"], unique=False
        )

    with op.batch_alter_table("care_team_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_team_member_clinic_id_user_id_patient_id"))
        batch_op.create_index(
            "ix_care_team_member_user", ["clinic_id", "user_id", "patient_id", "since", "until"], unique=False
        )

    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alert_open",
            ["clinic_id", "patient_id"],
            unique=False,
            sqlite_where=sa.text("acted_at IS NULL"),
            postgresql_where=sa.text("acted_at IS NULL"),
        )

    with op.batch_alter_table("treatment_session", schema=None) as batch_op:
        batch_op.create_index(
            "ix_treatment_session_planned",
            ["clinic_id", "starts_at", "patient_id"],
            unique=False,
            sqlite_where=sa.text("status = 'planned' AND error_at IS NULL"),
            postgresql_where=sa.text("status = 'planned' AND error_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_alert_open",
            sqlite_where=sa.text("acted_at IS NULL"),
            postgresql_where=sa.text("acted_at IS NULL"),
        )

    with op.batch_alter_table("treatment_session", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_treatment_session_planned",
            sqlite_where=sa.text("status = 'planned' AND error_at IS NULL"),
            postgresql_where=sa.text("status = 'planned' AND error_at IS NULL"),
        )

    with op.batch_alter_table("care_team_member", schema=None) as batch_op:
        batch_op.drop_index("ix_care_team_member_user")
        batch_op.create_index(
            batch_op.f("ix_care_team_member_clinic_id_user_id_patient_id"),
            ["clinic_id", "user_id", "patient_id"],
            unique=False,
        )

    with op.batch_alter_table("caseload_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_caseload_entry_state")
        batch_op.drop_index("ix_caseload_entry_stale")
        batch_op.drop_index("ix_caseload_entry_search")
        batch_op.drop_index("ix_caseload_entry_latest")
        batch_op.drop_index("ix_caseload_entry_label")
        batch_op.drop_index("ix_caseload_entry_dose")
        batch_op.drop_index("ix_caseload_entry_course")
        batch_op.drop_index("ix_caseload_entry_code")

    op.drop_table("caseload_entry")
    op.drop_table("caseload_count")
