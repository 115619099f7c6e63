"""Sealed columns: what is written there opens only in its own row, and not without the keys."""

import os
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kap.audit.log import recording
from kap.audit.models import Action
from kap.config import DATABASE
from kap.core.db import db
from kap.core.sealed import KeyRing
from kap.treatment.models import DosingSession, IntegrationSession, TreatmentSession
from tests.cast import Cast
from tests.conftest import Stage

OLD, NEW = os.urandom(32), os.urandom(32)
RING = KeyRing(active=1, keys={1: OLD})


@given(st.text(), st.binary(max_size=40))
def test_a_text_comes_back_as_it_was(text: str, place: bytes) -> None:
    assert RING.unseal(RING.seal(text, place), place) == text


@given(st.text(min_size=4))
def test_the_same_text_never_looks_the_same(text: str) -> None:
    once, again = RING.seal(text, b"row"), RING.seal(text, b"row")
    assert once != again
    assert text.encode() not in once


@given(st.data())
def test_one_altered_bit_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(RING.seal("The text", b"row"))
    sealed[data.draw(st.integers(2, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(InvalidTag):
        RING.unseal(bytes(sealed), b"row")


def test_it_does_not_open_elsewhere_or_with_another_key() -> None:
    sealed = RING.seal("The text", b"row")
    with pytest.raises(InvalidTag):
        RING.unseal(sealed, b"another row")
    with pytest.raises(InvalidTag):
        KeyRing(active=1, keys={1: NEW}).unseal(sealed, b"row")


def test_the_newest_key_seals_and_all_of_them_open() -> None:
    ring = KeyRing(active=2, keys={1: OLD, 2: NEW})
    assert ring.unseal(RING.seal("before", b"row"), b"row") == "before"
    after = ring.seal("after", b"row")
    assert ring.unseal(after, b"row") == "after"
    assert after[1] == 2
    with pytest.raises(KeyError):
        RING.unseal(after, b"row")


def test_what_has_another_form_is_not_read() -> None:
    with pytest.raises(ValueError, match="form"):
        RING.unseal(b"\x02" + RING.seal("The text", b"row")[1:], b"row")


def test_a_text_of_the_record_is_sealed_and_read(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        dosing = db.session.get_one(DosingSession, cast["dosing"])
        assert dosing.narrative == "canary narrative"
        assert b"canary" not in (dosing.narrative_sealed or b"")
        assert dosing.discharge == ""
        assert dosing.discharge_sealed is None


def test_writing_the_same_text_changes_nothing(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        dosing = db.session.get_one(DosingSession, cast["dosing"])
        dosing.narrative = dosing.narrative
        assert not db.session.dirty


@pytest.mark.parametrize(
    ("taken_from", "column"),
    [("foreign dosing", "narrative_sealed"), ("preparation", "narrative_sealed"), ("dosing", "intention_sealed")],
)
def test_a_text_that_was_moved_does_not_open(stage: Stage, cast: Cast, taken_from: str, column: str) -> None:
    """Not in another row, and not in another column of its own."""
    with stage.app.app_context():
        with recording(Action.SESSION_CHANGED, by=None):
            taken = getattr(_session(cast[taken_from]), column)
            _session(cast["dosing"]).narrative_sealed = taken
        with pytest.raises(InvalidTag):
            _ = _session(cast["dosing"]).narrative


def _session(id: UUID) -> TreatmentSession:
    return db.session.get_one(TreatmentSession, id)


def test_no_column_holds_a_text_in_the_open(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                assert "canary" not in repr(row), table.name


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_the_file_gives_nothing_away(stage: Stage, cast: Cast) -> None:
    """Neither the texts nor the codes nor that it is a database, also not in its log."""
    with stage.app.app_context():
        dosing = db.session.get_one(IntegrationSession, cast["integration"])
        with recording(Action.SESSION_CHANGED, by=None):
            dosing.themes = "canary theme, and a walk each day"
        files = sorted(Path(stage.app.instance_path).glob(f"{DATABASE}*"))
        assert f"{DATABASE}-wal" in [file.name for file in files]
        for file in files:
            held = file.read_bytes()
            for word in (b"canary", b"SQLite format 3", b"P-001", b"Test clinic", b"CREATE TABLE"):
                assert word not in held, f"{file.name} holds {word.decode()}"
