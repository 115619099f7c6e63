"""A psychotherapy note stands apart: a word of it is looked for wherever anything of the record can come out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import url_for
from sqlalchemy import MetaData, inspect, select, text

from kap.audit.models import AuditEvent
from kap.config import DATABASE
from kap.core.db import db
from kap.core.sealed import Ring
from kap.ops.rotation import sealed_columns
from kap.people.actions import join_care_team
from kap.people.models import Patient, User
from kap.psychotherapy.actions import add_to_note
from kap.psychotherapy.models import PsychotherapyNote
from tests.access.oracle import ORACLE
from tests.access.test_matrix import _methods, _named
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]
WORD = "nightingale"
OPEN = 40
"""Of so many pages at least everybody of the clinic's staff sees the inside, or the walk would show nothing."""


@pytest.fixture(autouse=True)
def colleague(stage: Stage, cast: Cast) -> None:
    """A second therapist on the care team; and a signed note that was added to."""
    with stage.app.app_context():
        therapist = db.session.get_one(User, cast["therapist"])
        join_care_team(
            db.session.get_one(Patient, cast["patient"]), db.session.get_one(User, cast["other"]), by=therapist
        )
        note = db.session.get_one(PsychotherapyNote, cast["signed note"])
        add_to_note(note, kind="addendum", reason=f"{WORD} why", text=f"{WORD} more", by=therapist)


@pytest.mark.parametrize("person", ["lead", "medical", "admin", "patient account", "other", "former", "therapist"])
def test_no_page_of_the_product_shows_a_word_of_it(
    stage: Stage, cast: Cast, browser_of: BrowserOf, person: str
) -> None:
    """Every address that there is, about everything that there is; its author finds it on its own pages alone."""
    client, opened, shown = browser_of(person).client, 0, set()
    for endpoint, rule in ORACLE.items():
        if "GET" not in _methods(stage.app, endpoint):
            continue
        for target in rule.targets:
            with stage.app.test_request_context():
                path = url_for(endpoint, **_named(cast, target) | dict(rule.query))
            answer = client.get(path, buffered=True)
            opened += answer.status_code == 200
            if WORD.encode() in answer.data:
                shown.add(endpoint)
    own = {"psychotherapy.show", "psychotherapy.write", "psychotherapy.sign"}
    assert shown == (own if person == "therapist" else set())
    assert opened >= (OPEN if person in ("lead", "medical", "other", "therapist") else 10)


@pytest.mark.parametrize("person", ["therapist", "lead"])
def test_no_search_finds_it(browser_of: BrowserOf, person: str) -> None:
    browser = browser_of(person)
    page = browser.get("/patients")
    (number,) = [n for n, form in enumerate(page.forms()) if form.find(".//input[@type='search']") is not None]
    asked = page.forms()[number].find(".//input[@type='search']")
    assert asked is not None
    name = asked.get("name") or ""
    url, sent = browser.ready(number)
    assert "Patient One" in browser.send(url, {**sent, name: ["P-001"]}).words
    assert "Patient One" not in browser.send(url, {**sent, name: [WORD]}).words


def test_no_command_writes_it(stage: Stage, cast: Cast) -> None:
    runner = stage.app.test_cli_runner()
    for command in (["verdicts", "--measure", "phq-9", "--csv", "--clinic", "Test clinic"], ["keys"]):
        done = runner.invoke(args=command)
        assert done.exit_code == 0, done.output
        assert WORD not in done.output
    assert "P-001" in runner.invoke(args=["verdicts", "--measure", "phq-9", "--clinic", "Test clinic"]).output


def test_no_row_of_the_log_holds_a_word_of_it(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), db.engine.connect() as connection:
        rows = connection.execute(select(AuditEvent.__table__)).all()
    assert [row for row in rows if row.object_type == "psychotherapy_note"]
    assert not [row for row in rows if WORD in repr(row)]


def test_no_column_of_the_database_holds_it_in_the_open_or_under_the_keys_of_the_record(
    stage: Stage, cast: Cast
) -> None:
    """As somebody reads it who took a dump of all tables, and somebody who took the keys of the record too."""
    with stage.app.app_context():
        with db.engine.connect() as connection:
            there = MetaData()
            there.reflect(connection)
            assert {"psychotherapy_note", "psychotherapy_addendum"} <= set(there.tables)
            for table in there.sorted_tables:
                columns = ", ".join(f'"{column.name}"' for column in table.columns)
                for row in connection.execute(text(f'SELECT {columns} FROM "{table.name}"')):
                    assert WORD.encode() not in b"".join(map(_raw, row)), table.name
            assert len(inspect(connection).get_table_names()) > 20
        assert {column.table.name for column in sealed_columns(Ring.PSYCHOTHERAPY)} == {
            "psychotherapy_note",
            "psychotherapy_addendum",
        }
        for column in sealed_columns(Ring.RECORD):
            for row, value in db.session.execute(select(column.kind.id, column.value)):
                assert WORD not in column.sealed.opened(column.kind.__tablename__, row, value), column
        note = db.session.get_one(PsychotherapyNote, cast["signed note"])
        assert WORD in note.text


def _raw(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_the_file_holds_no_word_of_it(stage: Stage, cast: Cast) -> None:
    files = sorted(Path(stage.app.instance_path).glob(f"{DATABASE}*"))
    assert f"{DATABASE}-wal" in [file.name for file in files]
    for file in files:
        assert WORD.encode() not in file.read_bytes()
