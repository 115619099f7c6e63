"""`flask setup`: a clinic from nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url, select

from kap.config import DATABASE, KEYS
from kap.core.db import db
from kap.people.actions import accept, set_up_clinic
from kap.people.models import Clinic, User
from kap.people.queries import invitation_by_token
from tests.databases import administer, url_of

ROOT = Path(__file__).parents[2]
ANSWERS = {
    "--name": "Test clinic",
    "--timezone": "Europe/Berlin",
    "--country": "DE",
    "--lead-email": "lead@example.org",
}


def options(**other: str) -> list[str]:
    given = ANSWERS | {f"--{name.replace('_', '-')}": value for name, value in other.items()}
    return ["setup", *(part for pair in given.items() for part in pair)]


def flask(instance: Path, *arguments: str, database: str = "") -> subprocess.CompletedProcess[str]:
    """The command as an operator types it, on a machine of its own."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("KAP_", "FLASK_"))}
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env=settings | {"KAP_INSTANCE": str(instance), "KAP_DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_machine_with_nothing_gets_keys_a_database_and_a_clinic(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    before = flask(instance, "--help")
    assert before.returncode == 0
    assert "setup" in before.stdout
    for too_early in (("db", "upgrade"), ("verdicts", "--measure", "phq-9")):
        refused = flask(instance, *too_early)
        assert refused.returncode == 1
        assert "flask setup" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert not instance.exists()

    done = flask(instance, *options())
    assert done.returncode == 0, done.stderr
    assert "http://127.0.0.1:8000/join/" in done.stdout
    assert instance.stat().st_mode & 0o777 == 0o700
    assert (instance / KEYS).stat().st_mode & 0o777 == 0o600
    assert (instance / DATABASE).stat().st_mode & 0o777 == 0o600
    assert not (instance / DATABASE).read_bytes().startswith(b"SQLite format 3")
    assert flask(instance, "verdicts", "--measure", "phq-9").returncode == 0


def test_without_keys_there_is_no_app_to_serve(tmp_path: Path) -> None:
    served = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env=os.environ | {"KAP_INSTANCE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert served.returncode != 0
    assert "flask setup" in served.stderr


def test_keys_are_not_made_anew_beside_a_database(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"sealed under other keys")
    refused = flask(tmp_path, *options())
    assert refused.returncode == 1
    assert "bring its keys back" in refused.stderr
    assert not (tmp_path / KEYS).exists()


@pytest.mark.postgresql
def test_a_database_on_a_server_is_set_up_and_never_under_new_keys(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    app = request.getfixturevalue("_postgresql_stage").app
    server = str(make_url(app.config["SQLALCHEMY_DATABASE_URI"]).query["host"])
    administer(server, "CREATE DATABASE fresh")
    fresh = url_of(server, "fresh").replace("+psycopg", "")
    done = flask(tmp_path / "one", *options(), database=fresh)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "one" / DATABASE).exists()
    refused = flask(tmp_path / "two", *options(), database=fresh)
    assert refused.returncode == 1
    assert "bring its keys back" in refused.stderr


def test_the_link_makes_the_first_lead_and_works_once(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=options(country="gb"))
    assert done.exit_code == 0, done.output
    (link,) = [line.strip() for line in done.output.splitlines() if "/join/" in line]
    token = link.rpartition("/")[2]
    with app.app_context():
        invitation = invitation_by_token(token)
        assert invitation is not None
        assert (invitation.roles, invitation.email) == ("lead", "lead@example.org")
        user = accept(token, name="First Lead", email="lead@example.org", password="a long enough password")
        assert (user.clinic.name, user.clinic.zone, user.clinic.country) == ("Test clinic", "Europe/Berlin", "GB")


def test_there_is_no_account_before_somebody_joins(app: Flask) -> None:
    app.test_cli_runner().invoke(args=options())
    with app.app_context():
        assert db.session.scalars(select(User)).unique().all() == []


def test_a_lost_link_is_replaced_until_somebody_has_joined(app: Flask) -> None:
    runner = app.test_cli_runner()
    first, second = runner.invoke(args=options()), runner.invoke(args=options())
    assert second.exit_code == 0
    assert first.output != second.output
    other = runner.invoke(args=options(timezone="America/New_York"))
    assert other.exit_code == 1
    token = second.output.partition("/join/")[2].split()[0]
    with app.app_context():
        accept(token, name="First Lead", email="lead@example.org", password="a long enough password")
    refused = runner.invoke(args=options())
    assert refused.exit_code == 1
    assert "There is a clinic named Test clinic already." in refused.output
    with app.app_context():
        assert len(db.session.scalars(select(Clinic)).all()) == 1


def test_an_installation_can_hold_a_second_clinic(app: Flask) -> None:
    runner = app.test_cli_runner()
    runner.invoke(args=options())
    assert runner.invoke(args=options(name="Second clinic")).exit_code == 0
    with app.app_context():
        assert set(db.session.scalars(select(Clinic.name))) == {"Test clinic", "Second clinic"}


@pytest.mark.parametrize("name", ["Test clinic", "The demo"])
def test_beside_a_demo_no_clinic_is_made(app: Flask, name: str) -> None:
    with app.app_context():
        set_up_clinic(name="The demo", zone="Europe/Berlin", country="DE", synthetic=True)
    refused = app.test_cli_runner().invoke(args=options(name=name))
    assert refused.exit_code == 1
    assert "another KAP_INSTANCE" in refused.output
    assert "/join/" not in refused.output
    with app.app_context():
        assert db.session.scalars(select(Clinic.name)).all() == ["The demo"]


def test_what_cannot_be_is_refused(app: Flask) -> None:
    cases: list[tuple[dict[str, str], str]] = [
        ({"timezone": "Europe/Berln"}, "Did you mean Europe/Berlin"),
        ({"timezone": "CET+1"}, "no time zone"),
        ({"country": "GBR"}, "two letters"),
        ({"country": "1Ü"}, "two letters"),
        ({"name": "  "}, "a name"),
        ({"name": "A\0clinic"}, "a name"),
        ({"name": "x" * 201}, "a name"),
        ({"lead_email": "nobody"}, "no e-mail address"),
    ]
    for other, reason in cases:
        refused = app.test_cli_runner().invoke(args=options(**other))
        assert refused.exit_code == 2
        assert reason in refused.stderr
    with app.app_context():
        assert db.session.scalars(select(Clinic)).all() == []


def test_it_asks_and_asks_again(app: Flask) -> None:
    typed = "\n".join(("Test clinic", "Berlin", "Europe/Berlin", "Germany", "de", "lead", "lead@example.org", ""))
    done = app.test_cli_runner().invoke(args=["setup"], input=typed)
    assert done.exit_code == 0, done.output
    assert done.output.count("Error: ") == 3
    with app.app_context():
        clinic = db.session.scalars(select(Clinic)).one()
        assert (clinic.zone, clinic.country) == ("Europe/Berlin", "DE")


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    assert flask(tmp_path, *options()).returncode == 0
    keys = json.loads((tmp_path / KEYS).read_text())
    (tmp_path / KEYS).chmod(0o644)
    refused = flask(tmp_path, *options(name="Second clinic"))
    assert refused.returncode == 1
    assert "chmod 600" in refused.stderr
    assert keys["cookies"] not in refused.stderr
