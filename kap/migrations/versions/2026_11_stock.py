"""The drug log: places, products, lots, and a ledger whose lines the database lets nobody change or delete."""

import sqlalchemy as sa
from alembic import op

from kap.core.db import Key, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NEVER = "A line of the drug log is never changed or deleted, only reversed by another."
SQLITE = tuple(
    f"CREATE TRIGGER stock_entry_no_{what} BEFORE {what} ON stock_entry BEGIN SELECT RAISE(ABORT, '{NEVER}'); END"
    for what in ("update", "delete")
)
POSTGRESQL = (
    f"""
    CREATE FUNCTION stock_entry_stands() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{NEVER}'; END $$
    """,
    """
    CREATE TRIGGER stock_entry_stands BEFORE UPDATE OR DELETE ON stock_entry
    FOR EACH ROW EXECUTE FUNCTION stock_entry_stands()
    """,
)
"""A migration that moves the table to another, as SQLite's have to, makes the triggers anew."""


def upgrade() -> None:
    op.create_table(
        "place",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_place_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f("uq_place_clinic_id_id")),
        sa.UniqueConstraint("clinic_id", "name", name=op.f("uq_place_clinic_id_name")),
    )
    op.create_table(
        "product",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("substance", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("unit_mg", sa.BigInteger(), nullable=False),
        sa.Column("mg_per_ml", sa.BigInteger(), nullable=True),
        sa.Column("volume_ml", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("manufacturer", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint("(mg_per_ml IS NULL) = (volume_ml IS NULL)", name=op.f("ck_product_strength_whole")),
        sa.CheckConstraint("unit_mg > 0", name=op.f("ck_product_unit_holds_something")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_product_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f("uq_product_clinic_id_id")),
    )
    op.create_table(
        "lot",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("product_id", Key(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "product_id"], ["product.clinic_id", "product.id"], name=op.f("fk_lot_clinic_id_product_id")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_lot_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f("uq_lot_clinic_id_id")),
        sa.UniqueConstraint("product_id", "number", name=op.f("uq_lot_product_id_number")),
    )
    op.create_table(
        "stock_entry",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("act_id", Key(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("lot_id", Key(), nullable=False),
        sa.Column("place_id", Key(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("amount_mg", sa.BigInteger(), nullable=False),
        sa.Column("effect_mg", sa.BigInteger(), nullable=False),
        sa.Column("held_mg", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=True),
        sa.Column("session_id", Key(), nullable=True),
        sa.Column("administration_id", Key(), nullable=True),
        sa.Column("supplier", sa.String(length=200), nullable=True),
        sa.Column("document", sa.String(length=80), nullable=True),
        sa.Column("waste_method", sa.String(length=20), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reverses_id", Key(), nullable=True),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "amount_mg >= 0 OR reverses_id IS NOT NULL OR kind = 'discrepancy'",
            name=op.f("ck_stock_entry_below_zero_reverses"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "by_id"], ["app_user.clinic_id", "app_user.id"], name=op.f("fk_stock_entry_clinic_id_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "lot_id"], ["lot.clinic_id", "lot.id"], name=op.f("fk_stock_entry_clinic_id_lot_id")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_stock_entry_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "place_id"], ["place.clinic_id", "place.id"], name=op.f("fk_stock_entry_clinic_id_place_id")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_stock_entry_clinic_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["stock_entry.id"], name=op.f("fk_stock_entry_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_entry")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_stock_entry_reverses_id")),
    )
    with op.batch_alter_table("stock_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_entry_act_id"), ["act_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stock_entry_administration_id"), ["administration_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stock_entry_clinic_id_at"), ["clinic_id", "at"], unique=False)
        batch_op.create_index(
            "ix_stock_entry_balance", ["clinic_id", "lot_id", "place_id", "at", "effect_mg"], unique=False
        )

    op.create_table(
        "witness_call",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("entry_id", Key(), nullable=False),
        sa.Column("user_id", Key(), nullable=False),
        sa.Column("asked_by", Key(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_at IS NULL)", name=op.f("ck_witness_call_answered_or_waiting")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "asked_by"],
            ["app_user.clinic_id", "app_user.id"],
            name=op.f("fk_witness_call_clinic_id_asked_by"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "user_id"],
            ["app_user.clinic_id", "app_user.id"],
            name=op.f("fk_witness_call_clinic_id_user_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_witness_call_clinic_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["stock_entry.id"], name=op.f("fk_witness_call_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_witness_call")),
    )
    with op.batch_alter_table("witness_call", schema=None) as batch_op:
        batch_op.create_index(
            "ix_witness_call_entry",
            ["entry_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'confirmed')"),
            postgresql_where=sa.text("state IN ('waiting', 'confirmed')"),
        )
        batch_op.create_index(
            "ix_witness_call_waiting",
            ["user_id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("witness_call", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_witness_call_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_index(
            "ix_witness_call_entry",
            sqlite_where=sa.text("state IN ('waiting', 'confirmed')"),
            postgresql_where=sa.text("state IN ('waiting', 'confirmed')"),
        )

    op.drop_table("witness_call")
    with op.batch_alter_table("stock_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_entry_balance")
        batch_op.drop_index(batch_op.f("ix_stock_entry_clinic_id_at"))
        batch_op.drop_index(batch_op.f("ix_stock_entry_administration_id"))
        batch_op.drop_index(batch_op.f("ix_stock_entry_act_id"))

    op.drop_table("stock_entry")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION stock_entry_stands()")
    op.drop_table("lot")
    op.drop_table("product")
    op.drop_table("place")
