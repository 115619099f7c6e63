"""The database: as it is meant to be opened, with keys and times as they are meant to be kept."""

import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, StatementError

from kap.app import create_app
from kap.audit.log import recording
from kap.audit.models import Action
from kap.config import DATABASE, KEYS, Keys
from kap.core.db import NOTE, WRITE, Key, UtcDateTime, db, new_id
from kap.people.models import Clinic, Patient
from tests.cast import Cast
from tests.conftest import Stage

PRAGMAS = {
    "journal_mode": "wal",
    "foreign_keys": 1,
    "busy_timeout": 10000,
    "trusted_schema": 0,
    "recursive_triggers": 1,
    "secure_delete": 1,
    "cell_size_check": 1,
}
FULL, NORMAL = 2, 1
DIALECTS = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones())  # noqa: DTZ001


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("options", "synchronous"), [({}, FULL), (WRITE, FULL), (NOTE, NORMAL)])
def test_every_connection_has_the_settings_whatever_it_did_before(
    stage: Stage, options: dict[str, bool], synchronous: int
) -> None:
    with stage.app.app_context():
        for before in ({}, WRITE, NOTE):
            with db.engine.connect().execution_options(**before) as used:
                used.execute(text("SELECT 1"))
            with db.engine.connect().execution_options(**options) as connection:
                _check_pragmas(connection, synchronous)


def _check_pragmas(connection: Connection, synchronous: int) -> None:
    for name, value in {**PRAGMAS, "synchronous": synchronous}.items():
        assert connection.execute(text(f"PRAGMA {name}")).scalar() == value, name


@pytest.mark.parametrize("stage", ["postgresql"], indirect=True)
def test_reads_are_logged_without_waiting_for_the_disk(stage: Stage) -> None:
    with stage.app.app_context():
        with db.engine.connect().execution_options(**NOTE) as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "off"
        with db.engine.begin() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_it_opens_with_its_own_key_only(stage: Stage, cast: Cast) -> None:
    file = Path(stage.app.instance_path) / DATABASE
    for key in (None, b"0" * 32):
        connection = sqlcipher.connect(str(file))
        if key is not None:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        with pytest.raises(sqlcipher.DatabaseError, match="not a database"):
            connection.execute("SELECT count(*) FROM patient")
        connection.close()


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_nobody_else_on_the_machine_can_read_the_files(stage: Stage, cast: Cast) -> None:
    instance = Path(stage.app.instance_path)
    assert _mode(instance) == 0o700
    with stage.app.app_context():
        with recording(Action.CLINIC_CHANGED, by=None):
            db.session.get_one(Clinic, cast["clinic"]).name = "A new name"
        for name in (KEYS, DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
            assert _mode(instance / name) == 0o600, name


def test_a_new_database_is_closed_to_others_from_its_first_moment(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    Keys.make(instance)
    app = create_app(KAP_INSTANCE=instance)
    with app.app_context():
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        assert _mode(instance / DATABASE) == 0o600
        db.engine.dispose()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_sqlite_that_can_lose_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Keys.make(tmp_path / "instance")
    monkeypatch.setattr(sqlcipher, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(RuntimeError, match="can lose data"):
        create_app(KAP_INSTANCE=tmp_path / "instance")


def test_rows_of_two_clinics_do_not_mix(stage: Stage, cast: Cast) -> None:
    """The keys of clinic and patient go together: the database itself refuses a row that strays."""
    with stage.app.app_context():
        dosing = db.metadata.tables["treatment_session"]
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.execute(
                dosing.update().where(dosing.c.id == cast["dosing"]).values(clinic_id=cast["other clinic"])
            )


def test_a_time_without_zone_does_not_go_in(stage: Stage, cast: Cast) -> None:
    naive = datetime(2026, 3, 4)  # noqa: DTZ001
    refused = pytest.raises(StatementError, match="without a zone")
    with stage.app.app_context(), refused, recording(Action.PATIENT_CHANGED, by=None):
        db.session.get_one(Patient, cast["patient"]).created_at = naive


def test_a_time_comes_back_in_utc(stage: Stage, cast: Cast) -> None:
    east = datetime(2026, 3, 4, 3, 30, tzinfo=timezone(timedelta(hours=5)))
    with stage.app.app_context():
        with recording(Action.PATIENT_CHANGED, by=None):
            db.session.get_one(Patient, cast["patient"]).created_at = east
        db.session.expire_all()
        found = db.session.get_one(Patient, cast["patient"]).created_at
        assert found == east
        assert found.utcoffset() == timedelta(0)
        assert db.session.scalar(select(Patient.id).where(Patient.created_at == east)) == cast["patient"]


@given(MOMENTS)
def test_any_moment_makes_the_way_through_a_column(moment: datetime) -> None:
    for dialect in DIALECTS:
        sent = UtcDateTime().process_bind_param(moment, dialect)
        assert UtcDateTime().process_result_value(sent, dialect) == moment.astimezone(UTC)


@given(st.uuids())
def test_any_key_makes_the_way_through_a_column(key: UUID) -> None:
    for dialect in DIALECTS:
        sent = Key().process_bind_param(key, dialect)
        read = Key().result_processor(dialect, None)
        assert (read(sent) if read else sent) == key


def test_keys_sort_by_the_time_they_were_made(stage: Stage, cast: Cast) -> None:
    """As numbers, as bytes, and in the database."""
    first = new_id()
    made = sorted(new_id() for _ in range(200))
    assert len(set(made)) == 200
    assert {key.version for key in made} == {7}
    assert {key.variant for key in made} == {"specified in RFC 4122"}
    assert [key.bytes for key in made] == sorted(key.bytes for key in made)
    assert (made[-1].int >> 80) - (first.int >> 80) < 5000
    with stage.app.app_context():
        kept = db.session.scalars(select(Patient.id).order_by(Patient.id)).all()
        assert kept == sorted(kept)


def test_keys_made_later_are_greater(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = iter(range(1_000_000_000, 9_000_000_000, 1_000_000))
    monkeypatch.setattr("kap.core.clock.time_ns", lambda: next(stamps))
    made = [new_id() for _ in range(100)]
    assert made == sorted(made)


def test_a_row_takes_no_value_it_has_no_column_for() -> None:
    with pytest.raises(TypeError, match="has no nickname"):
        Clinic(name="Test clinic", nickname="Test")
