"""The record of a dosing session, piece by piece; readings and adverse events are corrected, never changed."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from kap.core.db import Key, UtcDateTime
from kap.core.sealed import Sealed

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WORDS = Sealed("words_sealed")
EVENT = sa.table(
    "adverse_event",
    sa.column("id", Key()),
    sa.column("words", sa.String()),
    sa.column("words_sealed", sa.LargeBinary()),
)


def _filled(column: str) -> list[Any]:
    """The rows in which something stands, and what: an adverse event is told in words that are sealed from now on."""
    query = sa.select(EVENT.c.id, EVENT.c[column]).where(EVENT.c[column].is_not(None))
    return list(op.get_bind().execute(query))


def _set(id_: UUID, **values: Any) -> None:
    op.get_bind().execute(sa.update(EVENT).where(EVENT.c.id == id_).values(**values))


def upgrade() -> None:
    op.create_table(
        "limit_set",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", Key(), nullable=True),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_limit_set_clinic_id")),
        sa.ForeignKeyConstraint(["set_by"], ["app_user.id"], name=op.f("fk_limit_set_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_set")),
        sa.UniqueConstraint("clinic_id", "number", name=op.f("uq_limit_set_clinic_id_number")),
    )
    op.create_table(
        "consent",
        sa.Column("consent_type", sa.String(length=40), nullable=False),
        sa.Column("document_version", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        sa.Column("signer", sa.String(length=20), nullable=False),
        sa.Column("signer_name", sa.String(length=200), nullable=True),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=True),
        sa.Column("capacity_by", Key(), nullable=True),
        sa.Column("terms_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("entered_by", Key(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawal_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("withdrawal_by", Key(), nullable=True),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(["capacity_by"], ["app_user.id"], name=op.f("fk_consent_capacity_by")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_consent_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["app_user.id"], name=op.f("fk_consent_entered_by")),
        sa.ForeignKeyConstraint(["withdrawal_by"], ["app_user.id"], name=op.f("fk_consent_withdrawal_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_clinic_id_patient_id"), ["clinic_id", "patient_id"], unique=False)

    op.create_table(
        "administration",
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("booster", sa.Boolean(), nullable=False),
        sa.Column("substance", sa.String(length=20), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=True),
        sa.Column("lot", sa.String(length=80), nullable=True),
        sa.Column("lot_id", Key(), nullable=True),
        sa.Column("place_id", Key(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("route", sa.String(length=20), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=True),
        sa.Column("dose_form", sa.String(length=40), nullable=True),
        sa.Column("site", sa.String(length=80), nullable=True),
        sa.Column("amount_mg", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("weight_kg", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("weight_on", sa.Date(), nullable=True),
        sa.Column("concentration", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("volume_ml", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("rate_ml_h", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("planned_minutes", sa.Integer(), nullable=True),
        sa.Column("rate_changes", sa.JSON(), nullable=True),
        sa.Column("device_times", sa.JSON(), nullable=True),
        sa.Column("tablets", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("strength_mg", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("hold_minutes", sa.Integer(), nullable=True),
        sa.Column("remainder", sa.String(length=20), nullable=True),
        sa.Column("drawn_mg", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("wasted_mg", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("waste_witness", Key(), nullable=True),
        sa.Column("given_by", sa.String(length=20), nullable=False),
        sa.Column("giver_id", Key(), nullable=True),
        sa.Column("observed_by", Key(), nullable=True),
        sa.Column("checked_by", Key(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_by", Key(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("corrects_id", Key(), nullable=True),
        sa.Column("entered_by", Key(), nullable=True),
        sa.Column("error_at", UtcDateTime(), nullable=True),
        sa.Column("error_reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("error_by", Key(), nullable=True),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "(error_at IS NULL) = (error_reason_sealed IS NULL)", name=op.f("ck_administration_error_with_reason")
        ),
        sa.CheckConstraint("amount_mg > 0", name=op.f("ck_administration_amount_positive")),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= at", name=op.f("ck_administration_ends_after_start")),
        sa.ForeignKeyConstraint(["checked_by"], ["app_user.id"], name=op.f("fk_administration_checked_by")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_administration_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["confirmed_by"], ["app_user.id"], name=op.f("fk_administration_confirmed_by")),
        sa.ForeignKeyConstraint(["entered_by"], ["app_user.id"], name=op.f("fk_administration_entered_by")),
        sa.ForeignKeyConstraint(["error_by"], ["app_user.id"], name=op.f("fk_administration_error_by")),
        sa.ForeignKeyConstraint(["giver_id"], ["app_user.id"], name=op.f("fk_administration_giver_id")),
        sa.ForeignKeyConstraint(["observed_by"], ["app_user.id"], name=op.f("fk_administration_observed_by")),
        sa.ForeignKeyConstraint(["waste_witness"], ["app_user.id"], name=op.f("fk_administration_waste_witness")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administration")),
    )
    with op.batch_alter_table("administration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_administration_session_id"), ["session_id"], unique=False)

    op.create_table(
        "decision",
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("decided_by", Key(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("warned_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("entered_by", Key(), nullable=True),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "decided_by"],
            ["app_user.clinic_id", "app_user.id"],
            name=op.f("fk_decision_clinic_id_decided_by"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_decision_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["app_user.id"], name=op.f("fk_decision_entered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_session_id"), ["session_id"], unique=False)

    op.create_table(
        "eligibility_answer",
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("session_id", Key(), nullable=True),
        sa.Column("evidence_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.Column("answered_by", Key(), nullable=True),
        sa.Column("cleared_by", Key(), nullable=True),
        sa.Column("clearance_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("cleared_until", sa.Date(), nullable=True),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "(cleared_by IS NULL) = (clearance_sealed IS NULL)", name=op.f("ck_eligibility_answer_cleared_with_reason")
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["app_user.id"], name=op.f("fk_eligibility_answer_answered_by")),
        sa.ForeignKeyConstraint(["cleared_by"], ["app_user.id"], name=op.f("fk_eligibility_answer_cleared_by")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_eligibility_answer_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_eligibility_answer_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_answer")),
    )
    with op.batch_alter_table("eligibility_answer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_eligibility_answer_clinic_id_patient_id"), ["clinic_id", "patient_id"], unique=False
        )

    op.create_table(
        "follow_up_call",
        sa.Column("called_at", UtcDateTime(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("called_by", Key(), nullable=True),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(["called_by"], ["app_user.id"], name=op.f("fk_follow_up_call_called_by")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_follow_up_call_clinic_id_patient_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_call")),
    )
    with op.batch_alter_table("follow_up_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_call_session_id"), ["session_id"], unique=False)

    op.create_table(
        "observation",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("term", sa.String(length=40), nullable=True),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("corrects_id", Key(), nullable=True),
        sa.Column("entered_by", Key(), nullable=True),
        sa.Column("error_at", UtcDateTime(), nullable=True),
        sa.Column("error_reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("error_by", Key(), nullable=True),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "(error_at IS NULL) = (error_reason_sealed IS NULL)", name=op.f("ck_observation_error_with_reason")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_observation_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["app_user.id"], name=op.f("fk_observation_entered_by")),
        sa.ForeignKeyConstraint(["error_by"], ["app_user.id"], name=op.f("fk_observation_error_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
    )
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_observation_session_id"), ["session_id"], unique=False)

    op.create_table(
        "rems_form",
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("setting", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("filed_at", UtcDateTime(), nullable=True),
        sa.Column("filed_by", Key(), nullable=True),
        sa.Column("filed_how", sa.String(length=20), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint("(filed_at IS NULL) = (filed_how IS NULL)", name=op.f("ck_rems_form_filed_somehow")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_rems_form_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["filed_by"], ["app_user.id"], name=op.f("fk_rems_form_filed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rems_form")),
        sa.UniqueConstraint("session_id", name=op.f("uq_rems_form_session_id")),
    )
    with op.batch_alter_table("rems_form", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rems_form_clinic_id_patient_id"), ["clinic_id", "patient_id"], unique=False
        )

    op.create_table(
        "sheet",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("saved_by", Key(), nullable=True),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_sheet_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["saved_by"], ["app_user.id"], name=op.f("fk_sheet_saved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet")),
        sa.UniqueConstraint("session_id", "name", "number", name=op.f("uq_sheet_session_id_name_number")),
    )
    op.create_table(
        "vitals_alert",
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("sentence", sa.String(length=200), nullable=False),
        sa.Column("source_id", Key(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", Key(), nullable=True),
        sa.Column("action_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("repeat_id", Key(), nullable=True),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)", name=op.f("ck_vitals_alert_answered_by_somebody")
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["app_user.id"], name=op.f("fk_vitals_alert_answered_by")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_vitals_alert_clinic_id_patient_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vitals_alert")),
        sa.UniqueConstraint("source_id", "rule", name=op.f("uq_vitals_alert_source_id_rule")),
    )
    with op.batch_alter_table("vitals_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vitals_alert_session_id"), ["session_id"], unique=False)

    with op.batch_alter_table("adverse_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("words_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("ctcae_grade", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("serious", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("criteria", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("expected", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("relatedness", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("action_taken", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("treatment_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("outcome", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("reported_to", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("report_reference", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("follow_up_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("administration_id", Key(), nullable=True))
        batch_op.add_column(sa.Column("entered_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("corrects_id", Key(), nullable=True))
        batch_op.add_column(sa.Column("entered_by", Key(), nullable=True))
        batch_op.add_column(sa.Column("error_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("error_reason_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("error_by", Key(), nullable=True))
        batch_op.alter_column("severity", existing_type=sa.VARCHAR(length=20), nullable=True)
        batch_op.create_foreign_key(batch_op.f("fk_adverse_event_error_by"), "app_user", ["error_by"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_adverse_event_entered_by"), "app_user", ["entered_by"], ["id"])

    op.execute(
        "UPDATE adverse_event SET entered_at ="
        " (SELECT created_at FROM treatment_session WHERE treatment_session.id = adverse_event.session_id)"
    )
    for id_, words in _filled("words"):
        _set(id_, words_sealed=WORDS.closed("adverse_event", id_, words))
    with op.batch_alter_table("adverse_event", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_adverse_event_other_in_words"), type_="check")
        batch_op.drop_column("words")
        batch_op.create_check_constraint("other_in_words", "term <> 'other' OR words_sealed IS NOT NULL")
        batch_op.alter_column("entered_at", existing_type=UtcDateTime(), nullable=False)
        batch_op.create_check_constraint("error_with_reason", "(error_at IS NULL) = (error_reason_sealed IS NULL)")

    with op.batch_alter_table("vital_sign", schema=None) as batch_op:
        batch_op.add_column(sa.Column("respiratory_rate", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("oxygen_lpm", sa.Numeric(precision=4, scale=1), nullable=True))
        batch_op.add_column(sa.Column("temperature", sa.Numeric(precision=4, scale=1), nullable=True))
        batch_op.add_column(sa.Column("taken_by", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("entered_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("corrects_id", Key(), nullable=True))
        batch_op.add_column(sa.Column("entered_by", Key(), nullable=True))
        batch_op.add_column(sa.Column("error_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("error_reason_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("error_by", Key(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_vital_sign_entered_by"), "app_user", ["entered_by"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_vital_sign_error_by"), "app_user", ["error_by"], ["id"])

    op.execute(
        "UPDATE vital_sign SET entered_at ="
        " (SELECT created_at FROM treatment_session WHERE treatment_session.id = vital_sign.session_id)"
    )
    with op.batch_alter_table("vital_sign", schema=None) as batch_op:
        batch_op.alter_column("entered_at", existing_type=UtcDateTime(), nullable=False)
        batch_op.create_check_constraint("error_with_reason", "(error_at IS NULL) = (error_reason_sealed IS NULL)")


def downgrade() -> None:
    # What was marked as wrong had no place before, and a row without a severity had none either.
    op.execute("DELETE FROM vital_sign WHERE error_at IS NOT NULL")
    op.execute("DELETE FROM adverse_event WHERE error_at IS NOT NULL OR severity IS NULL")
    for table in ("vital_sign", "adverse_event"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f"ck_{table}_error_with_reason"), type_="check")

    with op.batch_alter_table("adverse_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("words", sa.String(length=200), nullable=True))
    for id_, sealed in _filled("words_sealed"):
        _set(id_, words=WORDS.opened("adverse_event", id_, sealed))
    with op.batch_alter_table("adverse_event", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_adverse_event_other_in_words"), type_="check")
        batch_op.drop_column("words_sealed")
        batch_op.create_check_constraint("other_in_words", "term <> 'other' OR words IS NOT NULL")

    with op.batch_alter_table("vital_sign", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_vital_sign_error_by"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_vital_sign_entered_by"), type_="foreignkey")
        batch_op.drop_column("error_by")
        batch_op.drop_column("error_reason_sealed")
        batch_op.drop_column("error_at")
        batch_op.drop_column("entered_by")
        batch_op.drop_column("corrects_id")
        batch_op.drop_column("entered_at")
        batch_op.drop_column("taken_by")
        batch_op.drop_column("temperature")
        batch_op.drop_column("oxygen_lpm")
        batch_op.drop_column("respiratory_rate")

    with op.batch_alter_table("adverse_event", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_adverse_event_entered_by"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_adverse_event_error_by"), type_="foreignkey")
        batch_op.alter_column("severity", existing_type=sa.VARCHAR(length=20), nullable=False)
        batch_op.drop_column("error_by")
        batch_op.drop_column("error_reason_sealed")
        batch_op.drop_column("error_at")
        batch_op.drop_column("entered_by")
        batch_op.drop_column("corrects_id")
        batch_op.drop_column("entered_at")
        batch_op.drop_column("administration_id")
        batch_op.drop_column("follow_up_on")
        batch_op.drop_column("report_reference")
        batch_op.drop_column("reported_to")
        batch_op.drop_column("outcome")
        batch_op.drop_column("treatment_sealed")
        batch_op.drop_column("action_taken")
        batch_op.drop_column("relatedness")
        batch_op.drop_column("expected")
        batch_op.drop_column("criteria")
        batch_op.drop_column("serious")
        batch_op.drop_column("ctcae_grade")
        batch_op.drop_column("ended_at")

    with op.batch_alter_table("vitals_alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vitals_alert_session_id"))

    op.drop_table("vitals_alert")
    op.drop_table("sheet")
    with op.batch_alter_table("rems_form", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rems_form_clinic_id_patient_id"))

    op.drop_table("rems_form")
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_observation_session_id"))

    op.drop_table("observation")
    with op.batch_alter_table("follow_up_call", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_up_call_session_id"))

    op.drop_table("follow_up_call")
    with op.batch_alter_table("eligibility_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_eligibility_answer_clinic_id_patient_id"))

    op.drop_table("eligibility_answer")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_session_id"))

    op.drop_table("decision")
    with op.batch_alter_table("administration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_administration_session_id"))

    op.drop_table("administration")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_clinic_id_patient_id"))

    op.drop_table("consent")
    op.drop_table("limit_set")
