"""`flask keys`: a new key, everything sealed anew, and old keys that go only when nothing needs them."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from sqlalchemy import LargeBinary, func, select, text, update
from sqlalchemy.exc import DatabaseError

from kap.app import create_app
from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.config import KEYS, Keys, changing_keys
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.core.sealed import KeyRing, Ring
from kap.ops import rotation
from kap.ops.rotation import drop, kept_rings, rotate, sealed_columns, sealed_with
from kap.stock.models import StockEntry
from kap.treatment.models import DosingSession, IntegrationSession, Signature
from kap.treatment.queries import intact
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage


@pytest.fixture(autouse=True)
def keys_of_before(stage: Stage) -> Iterator[None]:
    """The stage is played on by others: it gets its keys back."""
    file = Path(stage.app.instance_path) / KEYS
    before = file.read_bytes()
    yield
    again = file.with_suffix(".again")
    again.touch(0o600)
    again.write_bytes(before)
    again.rename(file)
    stage.app.extensions["kap_rings"]._known = Keys.read(file.parent).rings


def file_of(stage: Stage) -> Path:
    return Path(stage.app.instance_path) / KEYS


def texts() -> dict[tuple[str, str, UUID], str]:
    """All that is sealed, opened."""
    return {
        (column.kind.__tablename__, column.sealed.column, row): column.sealed.opened(
            column.kind.__tablename__, row, value
        )
        for ring in Ring
        for column in sealed_columns(ring)
        for row, value in db.session.execute(select(column.kind.id, column.value))
        if value
    }


def rest(stage: Stage) -> dict[str, list[object]]:
    """All that is not sealed, but the log."""
    with db.engine.connect() as connection:
        return {
            table.name: sorted(
                connection.execute(
                    select(*(column for column in table.columns if not isinstance(column.type, LargeBinary)))
                ),
                key=repr,
            )
            for table in db.metadata.sorted_tables
            if table.name != "audit_event"
        }


def test_every_sealed_column_of_every_table_is_known(app: Flask) -> None:
    with app.app_context():
        found = {(column.table.name, column.sealed.column) for ring in Ring for column in sealed_columns(ring)}
        there = {
            (table.name, column.name)
            for table in db.metadata.sorted_tables
            for column in table.columns
            if column.name.endswith("_sealed")
        }
    assert found == there
    assert ("stock_entry", "reason_sealed") in found
    assert ("signature", "content_sealed") in found


def test_a_turned_ring_reads_everything_and_changes_nothing_else(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        before, plain = texts(), rest(stage)
        assert set(sealed_with(Ring.RECORD)) == {1}
        assert rotate(list(Ring)) == dict.fromkeys(Ring, True)
        assert set(sealed_with(Ring.RECORD)) == {2}
        assert texts() == before
        assert len(before) > 20
        assert rest(stage) == plain
        signatures = db.session.scalars(select(Signature)).all()
        assert signatures
        assert all(map(intact, signatures))
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == Action.KEYS_ROTATED)).all()
        assert {event.clinic_id for event in events} == {cast["clinic"], cast["other clinic"]}
        assert len(events) == 2
        assert all(event.actor_id is None for event in events)
    assert file_of(stage).stat().st_mode & 0o777 == 0o600
    assert not file_of(stage).with_name(f"{KEYS}.new").exists()


def test_the_ledger_still_refuses_to_be_changed(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        rotate([Ring.RECORD])
        entry = select(StockEntry.id).where(StockEntry.reason_sealed.is_not(None))
        assert db.session.scalar(entry) is not None
        db.session.rollback()
        for statement in ("UPDATE stock_entry SET position = position", "DELETE FROM stock_entry"):
            with pytest.raises(DatabaseError), db.engine.begin() as connection:
                connection.execute(text(statement))


def test_a_failure_while_the_ledger_is_sealed_anew_leaves_its_triggers(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        entry = db.session.scalars(select(StockEntry).where(StockEntry.reason_sealed.is_not(None))).first()
        assert entry is not None
        table, lifted = db.metadata.tables["stock_entry"], []

        def fails() -> None:
            with recording(Action.KEYS_ROTATED, by=None), rotation._lifted(table):
                moved = update(table).where(table.c.id == entry.id).values(position=table.c.position)
                lifted.append(db.session.execute(moved.execution_options(guarded=True)).rowcount)  # type: ignore[attr-defined]
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fails()
        assert lifted == [1]
        with pytest.raises(DatabaseError), db.engine.begin() as connection:
            connection.execute(text("UPDATE stock_entry SET position = position"))


def test_what_was_interrupted_goes_on_without_another_key(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rotation._replace
    done: list[object] = []

    def breaks(*arguments: object) -> None:
        if len(done) == 5:
            raise KeyboardInterrupt
        done.append(whole(*arguments))  # type: ignore[arg-type]

    with stage.app.app_context():
        before = texts()
        monkeypatch.setattr(rotation, "BATCH", 2)
        monkeypatch.setattr(rotation, "_replace", breaks)
        with pytest.raises(KeyboardInterrupt):
            rotate([Ring.RECORD])
        db.session.remove()
        half = sealed_with(Ring.RECORD)
        assert half[1]
        assert half[2]
        assert texts() == before
        with pytest.raises(Refused, match=f"{half[1]} values"):
            drop(1, [Ring.RECORD])
        monkeypatch.undo()
        assert rotate([Ring.RECORD]) == {Ring.RECORD: False}
        assert set(sealed_with(Ring.RECORD)) == {2}
        assert set(kept_rings()[Ring.RECORD].keys) == {1, 2}
        assert texts() == before
        assert rotate([Ring.RECORD]) == {Ring.RECORD: True}
        assert set(sealed_with(Ring.RECORD)) == {3}


def test_a_worker_that_runs_already_learns_the_new_key(stage: Stage, cast: Cast) -> None:
    """It reads what is sealed with it, and seals with it: a second app, which was there before."""
    url = stage.app.config["SQLALCHEMY_DATABASE_URI"]
    hashes = stage.app.config["SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS"]
    worker = create_app(
        KAP_INSTANCE=file_of(stage).parent,
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=url,
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=hashes,
    )
    browser = Browser(worker)
    browser.sign_in(cast.email("therapist"), PASSWORD)
    session = f"/sessions/{cast['integration']}"
    assert "canary summary" in browser.get(session).words
    with stage.app.app_context():
        rotate(list(Ring))
    assert "canary summary" in browser.get(session).words
    browser.get(f"{session}/edit")
    assert browser.page is not None
    form = next(n for n, form in enumerate(browser.page.forms()) if form.get("data-draft"))
    assert "Edited after the keys turned" in browser.fill(form, narrative="Edited after the keys turned").words
    with stage.app.app_context():
        db.session.remove()
        edited = db.session.get_one(IntegrationSession, cast["integration"])
        assert edited.narrative == "Edited after the keys turned"
        assert (edited.narrative_sealed or b"")[1] == 2
        assert set(sealed_with(Ring.RECORD)) == {2}
        drop_later(1)
    assert "Edited after" in browser.get(session).words
    with worker.app_context():
        db.session.remove()
        db.engine.dispose()


def drop_later(number: int) -> None:
    with clock.at(datetime.now(UTC) + timedelta(hours=2)):
        drop(number, [Ring.RECORD])


def test_what_a_worker_saved_meanwhile_is_not_overwritten(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rotation._change

    def meanwhile(column: rotation.SealedColumn, row: UUID, old: bytes) -> object:
        """Somebody saves another text between the reading of a value and its replacing."""
        if (row, column.sealed.column) == (cast["dosing"], "narrative_sealed"):
            with recording(Action.SESSION_CHANGED, by=None):
                db.session.get_one(DosingSession, row).narrative = "A newer text"
        return whole(column, row, old)

    monkeypatch.setattr(rotation, "_change", meanwhile)
    with stage.app.app_context():
        rotate([Ring.RECORD])
        db.session.remove()
        assert db.session.get_one(DosingSession, cast["dosing"]).narrative == "A newer text"


def test_a_value_that_does_not_open_stays_and_keeps_its_key(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        with recording(Action.SESSION_CHANGED, by=None):
            broken = db.session.get_one(DosingSession, cast["dosing"])
            value = bytes(broken.narrative_sealed or b"")
            broken.narrative_sealed = value[:-1] + bytes([value[-1] ^ 1])
        rotate([Ring.RECORD])
        used = sealed_with(Ring.RECORD)
        assert used[1] == 1
        assert set(used) == {1, 2}
        with pytest.raises(Refused, match="1 values"):
            drop(1, [Ring.RECORD])
        assert rotate([Ring.RECORD]) == {Ring.RECORD: True}
        assert set(sealed_with(Ring.RECORD)) == {1, 3}


def test_the_number_of_a_key_that_is_lost_is_not_given_away(stage: Stage, cast: Cast) -> None:
    """Keys from before a turn were brought back, and turned again: the right file still opens all that it did."""
    file = file_of(stage)
    with stage.app.app_context():
        before = file.read_bytes()
        rotate([Ring.RECORD])
        lost = kept_rings()[Ring.RECORD].keys[2]
        replace_file(file, before)
        # As in a process that is started now: it never knew the lost key.
        stage.app.extensions["kap_rings"]._look()
        rotate([Ring.RECORD])
        ring = kept_rings()[Ring.RECORD]
        assert set(ring.keys) == {1, 3}
        assert set(sealed_with(Ring.RECORD)) == {2}
        with changing_keys(file.parent) as keys:
            keys.with_rings({Ring.RECORD: KeyRing(ring.active, {**ring.keys, 2: lost})}).swap_in(file.parent)
        db.session.remove()
        assert db.session.get_one(DosingSession, cast["dosing"]).narrative == "canary narrative"


def replace_file(file: Path, content: bytes) -> None:
    beside = file.with_suffix(".back")
    beside.write_bytes(content)
    beside.chmod(0o600)
    beside.rename(file)


def test_a_key_is_dropped_once_nothing_needs_it(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        with pytest.raises(Refused, match="seals now"):
            drop(1, [Ring.RECORD])
        with pytest.raises(Refused, match="no key 7"):
            drop(7, list(Ring))
        rotate([Ring.RECORD])
        with pytest.raises(Refused, match="less than an hour"):
            drop(1, [Ring.RECORD])
        assert set(kept_rings()[Ring.RECORD].keys) == {1, 2}
        before = texts()
        drop_later(1)
        assert set(kept_rings()[Ring.RECORD].keys) == {2}
        assert texts() == before
        assert db.session.scalar(select(func.count()).where(AuditEvent.action == Action.KEYS_DROPPED)) == 2


def test_the_commands_say_what_they_do(stage: Stage, cast: Cast) -> None:
    def flask(*arguments: str) -> str:
        done = stage.app.test_cli_runner().invoke(args=["keys", *arguments])
        return f"{done.exit_code} {done.output}"

    with stage.app.app_context():
        number = sum(sealed_with(Ring.RECORD).values())
    assert f"record key 1: {number} values sealed, seals now" in flask()
    assert flask("drop", "1").startswith("1 Error: Key 1 is the one that seals now.")
    turned = flask("rotate", "--ring", "record")
    assert f"record key 2: {number} values sealed, seals now" in turned
    assert "record key 1: 0 values sealed, not needed" in turned
    assert "keep a new copy of keys.json" in turned
    assert "psychotherapy key 1" not in turned
    assert "psychotherapy key 1" in flask()
    keys = json.loads(file_of(stage).read_text())
    assert not [key for key in keys["sealed"]["keys"].values() if key in turned]


def test_an_older_installation_gets_the_ring_it_lacks(tmp_path: Path) -> None:
    """When it is started for the first time after: nothing else in its file changes, and it happens once."""
    Keys.make(tmp_path)
    file = tmp_path / KEYS
    older = json.loads(file.read_text())
    del older["psychotherapy"]
    file.write_text(json.dumps(older))
    create_app(KAP_INSTANCE=tmp_path, TESTING=True)
    newer = json.loads(file.read_text())
    assert {name: newer[name] for name in older} == older
    assert newer["psychotherapy"]["keys"]["1"] != newer["sealed"]["keys"]["1"]
    assert file.stat().st_mode & 0o777 == 0o600
    inode = file.stat().st_ino
    create_app(KAP_INSTANCE=tmp_path, TESTING=True)
    assert file.stat().st_ino == inode


def test_a_write_that_breaks_off_leaves_the_keys_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Keys.make(tmp_path)
    before = (tmp_path / KEYS).read_bytes()
    keys = Keys.read(tmp_path)
    turned = keys.with_rings({ring: keys.rings[ring].turned for ring in Ring})

    def full(handle: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        turned.swap_in(tmp_path)
    assert (tmp_path / KEYS).read_bytes() == before
    monkeypatch.undo()
    turned.swap_in(tmp_path)
    assert Keys.read(tmp_path) == turned


def test_a_database_is_not_opened_under_the_keys_of_another(scratch: Callable[..., Flask]) -> None:
    app = scratch()
    instance = Path(app.instance_path)
    kept = Keys.read(instance)
    with app.app_context():
        db.engine.dispose()
        other = Keys.new()
        kept.with_rings(other.rings).swap_in(instance)
        with pytest.raises(Exception, match=KEYS):
            db.session.execute(select(1))
        turned = kept.with_rings({Ring.RECORD: kept.rings[Ring.RECORD].turned})
        turned.swap_in(instance)
        assert db.session.scalar(select(1)) == 1


def test_one_ring_does_not_open_what_another_has_sealed() -> None:
    rings = Keys.new().rings
    sealed = rings[Ring.PSYCHOTHERAPY].seal("canary", b"row")
    with pytest.raises(InvalidTag):
        rings[Ring.RECORD].unseal(sealed, b"row")
