"""The log is looked through by kind of act: the kind as a column, and the indexes by which a page of it is found."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KIND = """
    UPDATE audit_event SET kind = CASE
        WHEN action = 'list:viewed' THEN 'list'
        WHEN action LIKE '%:viewed' THEN 'read'
        WHEN action LIKE 'account:%' OR action LIKE 'address:%' OR action LIKE 'password:%' OR action LIKE 'sign-in:%'
            THEN 'sign-in'
        WHEN action LIKE 'clinic:%' OR action LIKE 'demo:%' OR action LIKE 'invitation:%' OR action LIKE 'user:%'
            OR action LIKE 'caseload:%'
            THEN 'people'
        ELSE 'change'
    END
"""


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("kind", sa.String(length=8), nullable=True))
    op.execute(sa.text(KIND.replace(":", r"\:")))
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.alter_column("kind", existing_type=sa.String(length=8), nullable=False)
        batch_op.drop_index(batch_op.f("ix_audit_event_clinic_id_actor_id_at"))
        batch_op.drop_index(batch_op.f("ix_audit_event_clinic_id_patient_id_at"))
        batch_op.create_index(batch_op.f("ix_audit_event_clinic_id_kind_at"), ["clinic_id", "kind", "at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_event_clinic_id_actor_id_kind_at"),
            ["clinic_id", "actor_id", "kind", "at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_audit_event_clinic_id_patient_id_kind_at"),
            ["clinic_id", "patient_id", "kind", "at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_clinic_id_patient_id_kind_at"))
        batch_op.drop_index(batch_op.f("ix_audit_event_clinic_id_actor_id_kind_at"))
        batch_op.drop_index(batch_op.f("ix_audit_event_clinic_id_kind_at"))
        batch_op.create_index(
            batch_op.f("ix_audit_event_clinic_id_patient_id_at"), ["clinic_id", "patient_id", "at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_audit_event_clinic_id_actor_id_at"), ["clinic_id", "actor_id", "at"], unique=False
        )
        batch_op.drop_column("kind")
