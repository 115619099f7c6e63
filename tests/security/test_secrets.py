"""What is kept where others can read it: cookies, logs, addresses, headers."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action
from kap.config import KEYS, CannotStart, Keys
from kap.core import clock
from kap.core.db import db
from kap.people.actions import add_patient
from kap.people.models import RoleHeld, User
from kap.web.headers import HEADERS
from tests.browser import Browser
from tests.cast import NOW, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]


def cookie_text(stage: Stage, browser: Browser) -> str:
    """What anybody reads in the cookie of this browser, which is signed and not sealed."""
    kept = browser.client.get_cookie("kap")
    assert kept is not None
    reader = SecureCookieSessionInterface().get_signing_serializer(stage.app)
    assert isinstance(reader, URLSafeTimedSerializer)
    return json.dumps(reader.loads(kept.value), default=str)


def test_the_cookie_names_no_patient(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    url, sent = browser.ready(code="SECRET-CODE", name="Secret Name")
    assert browser.client.post(url, data=sent).status_code == 302
    assert "SECRET" not in cookie_text(stage, browser).upper()


def test_the_cookie_holds_no_score(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get(f"/patients/{cast['patient']}/measures/phq-9")
    answers = {f"q{number}": "3" for number in range(1, 11)}
    url, sent = browser.ready(taken_on="2026-03-17", **answers)
    assert browser.client.post(url, data=sent).status_code == 302
    assert "PHQ" not in cookie_text(stage, browser)


@pytest.mark.parametrize(
    "path", ["/static/css/app.css", "/sign-in", "/nowhere", "/patients", "/health", "/static/none.css", "/join/x"]
)
def test_headers_stand_on_every_answer(stage: Stage, cast: Cast, path: str) -> None:
    with stage.app.test_client().get(path) as answer:
        for name, value in HEADERS.items():
            assert answer.headers.get(name) == value, name


def test_headers_stand_on_refusals(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    client = browser_of("therapist").client
    answers = [
        client.post("/sign-out"),
        client.get("/patients", headers={"Host": "evil.example"}),
        client.get("/users"),
        client.post("/patients/new", data={"x": "y" * 2_200_000}),
        client.put("/patients"),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 403, 413, 405]
    for answer in answers:
        assert answer.headers.get("Content-Security-Policy") == HEADERS["Content-Security-Policy"]
        assert answer.headers.get("Cache-Control") == "no-store"


def test_a_failure_writes_no_link_that_still_works_into_the_log(
    stage: Stage, cast: Cast, browser_of: SignIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(patients: frozenset[UUID]) -> None:
        raise ValueError("A follower fails.")

    browser, link = browser_of(None), f"/join/{cast.tokens['patient invitation']}"
    with clock.at(NOW):
        browser.get(link)
        url, sent = browser.ready(name="A Patient", email="somebody@example.org", password="a long enough password")
        monkeypatch.setitem(stage.app.extensions, "kap_followers", [fail])
        monkeypatch.setitem(stage.app.config, "PROPAGATE_EXCEPTIONS", False)
        assert browser.client.post(url, data=sent).status_code == 500
        assert "A follower fails." in caplog.text
        assert "people.join" in caplog.text
        assert cast.tokens["patient invitation"] not in caplog.text
        browser.get(link)


def test_a_failing_statement_tells_no_values(app: Flask) -> None:
    """What the log keeps of it is its message."""
    with app.app_context(), pytest.raises(DBAPIError) as failed:
        db.session.execute(text("SELECT :name FROM nowhere"), {"name": "Secret Name"})
    assert "Secret Name" not in str(failed.value)


def test_no_title_names_a_patient(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """Titles stay in the history of the browser, and go wherever that is copied to."""
    browser = browser_of("therapist")
    of = {"p": f"/patients/{cast['patient']}", "d": f"/sessions/{cast['dosing']}", "c": f"/courses/{cast['course']}"}
    for path in (
        "{p}",
        "{p}/edit",
        "{p}/team",
        "{p}/invite",
        "{p}/measures",
        "{p}/measures/phq-9",
        "{p}/courses/new",
        "{p}/sessions/new",
        "{p}/sessions/new?kind=dosing",
        "{d}",
        "{d}/edit",
        "{d}/error",
        "{c}/edit",
        "{c}/end",
        f"/alerts/{cast['alert']}",
        f"/scores/{cast['score']}",
    ):
        page = browser.get(path.format(**of))
        assert "Patient One" not in (page.root.findtext(".//title") or ""), path


def test_no_list_of_staff_tells_who_is_a_patient_too(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with stage.app.app_context():
        colleague = db.session.get_one(User, cast["medical"])
        with recording(Action.USER_CHANGED, by=None, about=colleague):
            db.session.add(RoleHeld(user_id=colleague.id, role=Role.PATIENT))
    for name, path in (("admin", "/users"), ("lead", "/users"), ("therapist", f"/patients/{cast['patient']}/team")):
        page = browser_of(name).get(path)
        assert "Prescriber or nurse" in page.words
        assert [
            "".join(cell.itertext()) for cell in page.root.iter("td") if "Patient" in "".join(cell.itertext())
        ] == []


def test_the_code_of_a_patient_is_no_formula(stage: Stage, cast: Cast) -> None:
    """Whoever opens the list of verdicts in a spreadsheet runs nothing."""
    codes = ["=1+1", "+1", "-1", "@x"]
    with stage.app.app_context():
        lead = db.session.get_one(User, cast["lead"])
        for code in codes:
            add_patient(code=code, by=lead)
    listed = stage.app.test_cli_runner().invoke(
        args=["verdicts", "--measure", "phq-9", "--csv", "--clinic", "Test clinic"]
    )
    assert listed.exit_code == 0, listed.output
    first = [row[0] for row in csv.reader(listed.stdout.splitlines())]
    assert {f"'{code}" for code in codes} <= set(first)
    assert not [cell for cell in first if cell.startswith(("=", "+", "-", "@"))]


def test_damaged_keys_are_told_in_words(tmp_path: Path) -> None:
    for number, damaged in enumerate(("", "{", "{}", "[]", '{"cookies": 1, "sealed": {"keys": {"x": "y"}}}')):
        folder = tmp_path / str(number)
        Keys.make(folder)
        (folder / KEYS).write_text(damaged)
        with pytest.raises(CannotStart) as told:
            Keys.read(folder)
        assert damaged not in told.value.message or not damaged
