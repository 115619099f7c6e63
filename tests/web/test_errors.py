"""What a person sees when something cannot be done: a page in the same look, signed in or not."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from kap.access import gate
from kap.access.roles import Permission
from kap.core.refusal import Refused
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]
Scratch = Callable[..., Flask]


@pytest.mark.parametrize("person", [None, "therapist", "patient account"])
def test_what_does_not_exist(person: str | None, stage: Stage, browser_of: SignIn) -> None:
    page = browser_of(person).get("/no-such-page", status=404)
    assert "There is no such page here" in page.words


def test_what_ones_role_does_not_include(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    assert "Your role does not include this" in browser_of("therapist").get("/users", status=403).words


@pytest.mark.parametrize(("person", "path"), [(None, "/sign-in"), ("therapist", "/patients/new")])
def test_what_is_too_large(person: str | None, path: str, stage: Stage, browser_of: SignIn) -> None:
    browser = browser_of(person)
    browser.get(path)
    url, sent = browser.ready()
    page = browser.send(url, {**sent, "name": ["x" * (2 * 1024 * 1024)]}, status=413)
    assert "too much at once" in page.words


@pytest.mark.parametrize("person", [None, "therapist"])
def test_what_has_another_method(person: str | None, stage: Stage, browser_of: SignIn) -> None:
    page = Page(browser_of(person).client.delete("/crisis"))
    assert page.status == 405


def test_a_form_whose_token_is_missing(stage: Stage, browser_of: SignIn) -> None:
    browser = browser_of(None)
    browser.get("/sign-in")
    page = browser.fill(csrf_token=None, email="somebody@example.org", password=PASSWORD, status=400)
    assert "Nothing was changed" in page.words
    assert PASSWORD not in page.text


def _broken(scratch: Scratch, failure: Exception) -> Flask:
    """An app with a page that fails so, which answers as it does for a clinic."""
    app = scratch()

    def fail() -> str:
        gate.require(Permission.ACCOUNT_OWN)
        raise failure

    app.add_url_rule("/broken", "broken", fail, methods=["GET", "POST"])
    app.testing = False
    return app


def _lead_of(app: Flask) -> Browser:
    browser = Browser(app)
    browser.sign_in("lead@example.org", PASSWORD)
    return browser


FAILURES: list[Any] = [
    (RuntimeError("a secret of the inside"), 500, "Something went wrong on our side"),
    (OperationalError("SELECT", {}, Exception("a secret of the inside")), 503, "Not available for a moment"),
    (Refused("The course has ended. Please open another."), 409, "The course has ended. Please open another."),
]


@pytest.mark.parametrize(("failure", "status", "words"), FAILURES)
def test_what_fails_inside(failure: Exception, status: int, words: str, scratch: Scratch) -> None:
    page = _lead_of(_broken(scratch, failure)).get("/broken", status=status)
    assert words in page.words
    assert "a secret of the inside" not in page.text
    assert page.response.headers["X-Content-Type-Options"] == "nosniff"
    assert page.response.headers["Cache-Control"] == "no-store"


def test_what_fails_for_somebody_off_the_street(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    app = scratch()
    app.testing = False
    monkeypatch.setitem(app.view_functions, "home.crisis", lambda: 1 // 0)
    page = Browser(app).get("/crisis", status=500)
    assert "Something went wrong on our side" in page.words


def test_a_database_that_is_gone_says_so(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is signed in cannot be told either: the page must not ask."""
    app = scratch()
    app.testing = False
    browser = _lead_of(app)

    def gone(*anything: object, **more: object) -> None:
        raise OperationalError("SELECT", {}, Exception("unable to open database file"))

    monkeypatch.setattr("sqlalchemy.orm.Session.execute", gone)
    monkeypatch.setattr("sqlalchemy.orm.Session.scalars", gone)
    answer = browser.client.get("/users")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Not available for a moment" in Page(answer).words


@pytest.mark.parametrize(("method", "status"), [("scalars", 503), ("flush", 500)])
def test_what_could_not_be_saved_is_sent_again_from_the_page(
    method: str, status: int, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = scratch()
    app.testing = False
    browser = _lead_of(app)
    browser.get("/patients/new")
    url, sent = browser.ready(code="P-900", name="Typed with care", birth_date="1980-05-17")
    failure = OperationalError("SELECT", {}, Exception("gone")) if status == 503 else RuntimeError("broken")

    def gone(*anything: object, **more: object) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(f"sqlalchemy.orm.Session.{method}", gone)
        page = browser.send(url, sent, status=status)
    assert "send it again" in page.words
    browser.fill()
    assert "P-900" in browser.get("/patients").words
