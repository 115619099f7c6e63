"""What is kept where others can read it: cookies, logs, addresses, headers."""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kap.core.db import db
from kap.web.headers import HEADERS
from tests.browser import Browser
from tests.cast import Cast
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


def test_a_failing_statement_tells_no_values(app: Flask) -> None:
    """What the log keeps of it is its message."""
    with app.app_context(), pytest.raises(DBAPIError) as failed:
        db.session.execute(text("SELECT :name FROM nowhere"), {"name": "Secret Name"})
    assert "Secret Name" not in str(failed.value)
