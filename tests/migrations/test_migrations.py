"""The migrations: from an empty database to what the models say, and back."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Column, Connection, LargeBinary, MetaData, Table, inspect, select, text

from kap.core.db import Key, db
from kap.core.sealed import Sealed
from kap.treatment.models import AdverseEvent, IntegrationSession, PreparationSession
from tests.cast import Cast
from tests.conftest import Stage


def _differences(connection: Connection) -> list[object]:
    """What the database lacks or has too much, beside the models."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return [*compare_metadata(context, db.metadata), *_other_checks(connection)]


def _other_checks(connection: Connection) -> list[object]:
    """The CHECK constraints that only one side has, which Alembic does not compare."""
    inspector = inspect(connection)
    return [
        (table.name, name)
        for table in db.metadata.sorted_tables
        for name in {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        ^ {str(found["name"]) for found in inspector.get_check_constraints(table.name)}
    ]


def test_from_empty_to_head_equals_the_models(stage: Stage) -> None:
    stage.restore("empty")
    with stage.app.app_context(), db.engine.connect() as connection:
        assert _differences(connection) == []


def test_a_difference_would_be_seen(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.restore("empty")
    patient = db.metadata.tables["patient"]
    added = CheckConstraint("code <> ''", name="code_given")
    patient.append_constraint(added)
    try:
        with stage.app.app_context(), db.engine.connect() as connection:
            assert _differences(connection) == [("patient", "ck_patient_code_given")]
    finally:
        patient.constraints.remove(added)


def test_down_and_up_again(stage: Stage, cast: Cast) -> None:
    """From a database with a record in it: all tables go, and come back as they were, empty."""
    with stage.app.app_context():
        downgrade(revision="base")
        with db.engine.connect() as connection:
            assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        upgrade()
        with db.engine.connect() as connection:
            assert _differences(connection) == []
            for table in db.metadata.sorted_tables:
                assert connection.execute(table.select()).first() is None
    stage.restore("empty")


def test_what_an_adverse_event_was_called_is_sealed_on_the_way_up(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        downgrade(revision="0004")
        with db.engine.connect() as connection:
            assert "canary event" in connection.execute(text("SELECT words FROM adverse_event")).scalars().all()
        upgrade()
        assert "canary event" in {event.words for event in db.session.scalars(select(AdverseEvent))}
    stage.restore("empty")


def test_practices_and_modalities_come_over_and_go_back(stage: Stage, cast: Cast) -> None:
    """What was a text with a practice on each line is a row for each, and one modality a list of one."""
    with stage.app.app_context():
        downgrade(revision="0008")
        with db.engine.connect() as connection:
            modality = connection.execute(text("SELECT modality FROM integration_session")).scalars().all()
            kept = connection.execute(text("SELECT practices_sealed FROM integration_session")).scalars().all()
        assert "act" in modality
        assert not any(b"canary" in bytes(sealed or b"") for sealed in kept)
        upgrade(revision="0009")
        talk = db.session.get_one(IntegrationSession, cast["integration"])
        assert talk.modalities == ["act"]
        assert [(row.words, row.kind) for row in talk.practices] == [("canary practice", "other")]
        assert talk.practices[0].agreed_on == talk.starts_at.date()
        assert db.session.get_one(PreparationSession, cast["preparation"]).modalities == []
        upgrade()
    stage.restore("empty")


def test_two_lines_of_practices_are_two_practices(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        downgrade(revision="0008")
        lines = Sealed("practices_sealed").closed("integration_session", cast["integration"], "Walk\n\n Write ")
        table = Table("integration_session", MetaData(), Column("id", Key()), Column("practices_sealed", LargeBinary))
        with db.engine.begin() as connection:
            connection.execute(table.update().where(table.c.id == cast["integration"]).values(practices_sealed=lines))
        upgrade()
        talk = db.session.get_one(IntegrationSession, cast["integration"])
        assert [row.words for row in talk.practices] == ["Walk", "Write"]
    stage.restore("empty")


def test_going_up_twice_changes_nothing(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            patients = connection.execute(db.metadata.tables["patient"].select()).all()
    assert len(patients) == 3
