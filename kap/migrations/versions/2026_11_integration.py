"""The talk sessions whole: modalities and answers, themes by code, practices and what becomes of them, rooms."""

from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from kap.core.db import Key, UtcDateTime, new_id
from kap.core.sealed import Sealed

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TALKS = ("preparation_session", "integration_session")
PRACTICES = Sealed("practices_sealed")
WORDS = Sealed("words_sealed")

CLINIC = sa.table("clinic", sa.column("id", Key()), sa.column("zone", sa.String()))
SESSION = sa.table(
    "treatment_session",
    *(sa.column(name, Key()) for name in ("id", "clinic_id", "patient_id", "course_id")),
    sa.column("starts_at", UtcDateTime()),
)
PRACTICE = sa.table(
    "practice",
    *(sa.column(name, Key()) for name in ("id", "clinic_id", "patient_id", "course_id", "session_id")),
    sa.column("kind", sa.String()),
    sa.column("words_sealed", sa.LargeBinary()),
    sa.column("agreed_on", sa.Date()),
    sa.column("position", sa.Integer()),
    sa.column("error_at", UtcDateTime()),
)


def _talk(table: str) -> Any:
    return sa.table(
        table,
        sa.column("id", Key()),
        sa.column("modality", sa.String()),
        sa.column("modalities", sa.JSON()),
        sa.column("practices_sealed", sa.LargeBinary()),
    )


def _carry_modalities() -> None:
    """What was one modality is a list of one."""
    for name in TALKS:
        talk, connection = _talk(name), op.get_bind()
        for modality in [
            None,
            *connection.scalars(sa.select(talk.c.modality).where(talk.c.modality.is_not(None)).distinct()),
        ]:
            connection.execute(
                sa.update(talk)
                .where(talk.c.modality.is_(None) if modality is None else talk.c.modality == modality)
                .values(modalities=[] if modality is None else [modality])
            )


def _carry_practices() -> None:
    """Each line of what was agreed becomes a practice of its own."""
    talk, connection = _talk("integration_session"), op.get_bind()
    query = (
        sa.select(SESSION, talk.c.practices_sealed, CLINIC.c.zone)
        .join(talk, talk.c.id == SESSION.c.id)
        .join(CLINIC, CLINIC.c.id == SESSION.c.clinic_id)
        .where(talk.c.practices_sealed.is_not(None))
    )
    for row in list(connection.execute(query)):
        text = PRACTICES.opened("integration_session", row.id, row.practices_sealed)
        for position, line in enumerate(line.strip() for line in text.splitlines() if line.strip()):
            id_ = new_id()
            connection.execute(
                sa.insert(PRACTICE).values(
                    id=id_,
                    clinic_id=row.clinic_id,
                    patient_id=row.patient_id,
                    course_id=row.course_id,
                    session_id=row.id,
                    kind="other",
                    words_sealed=WORDS.closed("practice", id_, line),
                    agreed_on=row.starts_at.astimezone(ZoneInfo(row.zone)).date(),
                    position=position,
                )
            )


def _carry_back() -> None:
    """The first modality, and the words of the practices, one on each line."""
    connection = op.get_bind()
    for name in TALKS:
        talk = _talk(name)
        for id_, modalities in list(connection.execute(sa.select(talk.c.id, talk.c.modalities))):
            if modalities:
                connection.execute(sa.update(talk).where(talk.c.id == id_).values(modality=modalities[0]))
    lines: dict[Any, list[str]] = {}
    query = (
        sa.select(PRACTICE).where(PRACTICE.c.error_at.is_(None)).order_by(PRACTICE.c.session_id, PRACTICE.c.position)
    )
    for row in connection.execute(query):
        lines.setdefault(row.session_id, []).append(WORDS.opened("practice", row.id, row.words_sealed))
    talk = _talk("integration_session")
    for session_id, agreed in lines.items():
        sealed = PRACTICES.closed("integration_session", session_id, "\n".join(agreed))
        connection.execute(sa.update(talk).where(talk.c.id == session_id).values(practices_sealed=sealed))


def upgrade() -> None:
    op.create_table(
        "room",
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_room_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f("uq_room_clinic_id_id")),
        sa.UniqueConstraint("clinic_id", "name", name=op.f("uq_room_clinic_id_name")),
    )
    op.create_table(
        "intention_review",
        sa.Column("about_id", Key(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "about_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_intention_review_clinic_id_patient_id_about_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_intention_review_clinic_id_patient_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intention_review")),
        sa.UniqueConstraint("session_id", "about_id", name=op.f("uq_intention_review_session_id_about_id")),
    )
    op.create_table(
        "practice",
        sa.Column("course_id", Key(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("often_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("error_at", UtcDateTime(), nullable=True),
        sa.Column("error_reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("error_by", Key(), nullable=True),
        sa.Column("id", Key(), nullable=False),
        sa.CheckConstraint(
            "(error_at IS NULL) = (error_reason_sealed IS NULL)", name=op.f("ck_practice_error_with_reason")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "course_id"],
            ["course.clinic_id", "course.patient_id", "course.id"],
            name=op.f("fk_practice_clinic_id_patient_id_course_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_practice_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["error_by"], ["app_user.id"], name=op.f("fk_practice_error_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
        sa.UniqueConstraint("clinic_id", "patient_id", "id", name=op.f("uq_practice_clinic_id_patient_id_id")),
    )
    with op.batch_alter_table("practice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_practice_session_id"), ["session_id"], unique=False)

    op.create_table(
        "room_booking",
        sa.Column("room_id", Key(), nullable=False),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_room_booking_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "room_id"], ["room.clinic_id", "room.id"], name=op.f("fk_room_booking_clinic_id_room_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_booking")),
        sa.UniqueConstraint("session_id", name=op.f("uq_room_booking_session_id")),
    )
    op.create_table(
        "session_theme",
        sa.Column("theme", sa.String(length=20), nullable=False),
        sa.Column("session_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_session_theme_clinic_id_patient_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_theme")),
        sa.UniqueConstraint("session_id", "theme", name=op.f("uq_session_theme_session_id_theme")),
    )
    with op.batch_alter_table("session_theme", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_theme_clinic_id_theme"), ["clinic_id", "theme"], unique=False)

    op.create_table(
        "practice_review",
        sa.Column("session_id", Key(), nullable=True),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reviewed_at", UtcDateTime(), nullable=False),
        sa.Column("reviewed_by", Key(), nullable=True),
        sa.Column("practice_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "practice_id"],
            ["practice.clinic_id", "practice.patient_id", "practice.id"],
            name=op.f("fk_practice_review_clinic_id_patient_id_practice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "session_id"],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
            name=op.f("fk_practice_review_clinic_id_patient_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["reviewed_by"], ["app_user.id"], name=op.f("fk_practice_review_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_review")),
        sa.UniqueConstraint("session_id", "practice_id", name=op.f("uq_practice_review_session_id_practice_id")),
    )
    with op.batch_alter_table("practice_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_practice_review_practice_id"), ["practice_id"], unique=False)

    op.create_table(
        "practice_tick",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("ticked_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("practice_id", Key(), nullable=False),
        sa.Column("clinic_id", Key(), nullable=False),
        sa.Column("patient_id", Key(), nullable=False),
        sa.Column("id", Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id", "practice_id"],
            ["practice.clinic_id", "practice.patient_id", "practice.id"],
            name=op.f("fk_practice_tick_clinic_id_patient_id_practice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_tick")),
        sa.UniqueConstraint("practice_id", "on", name=op.f("uq_practice_tick_practice_id_on")),
    )
    for table in TALKS:
        op.add_column(table, sa.Column("modalities", sa.JSON(), nullable=True))
        op.add_column(table, sa.Column("answers_sealed", sa.LargeBinary(), nullable=True))
    _carry_modalities()
    _carry_practices()
    for table in TALKS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("modalities", existing_type=sa.JSON(), nullable=False)
            batch_op.drop_column("modality")
            if table == "integration_session":
                batch_op.drop_column("practices_sealed")


def downgrade() -> None:
    for table in TALKS:
        op.add_column(table, sa.Column("modality", sa.String(length=20), nullable=True))
    op.add_column("integration_session", sa.Column("practices_sealed", sa.LargeBinary(), nullable=True))
    _carry_back()
    for table in TALKS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("answers_sealed")
            batch_op.drop_column("modalities")

    op.drop_table("practice_tick")
    with op.batch_alter_table("practice_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_practice_review_practice_id"))

    op.drop_table("practice_review")
    with op.batch_alter_table("session_theme", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_theme_clinic_id_theme"))

    op.drop_table("session_theme")
    op.drop_table("room_booking")
    with op.batch_alter_table("practice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_practice_session_id"))

    op.drop_table("practice")
    op.drop_table("intention_review")
    op.drop_table("room")
