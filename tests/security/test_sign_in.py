"""Attacks on the way in: what signs in, what stays signed in, and what tells a stranger who has an account."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from kap.audit.models import Action, AuditEvent
from kap.core.db import db
from kap.people.actions import deactivate
from kap.people.models import User
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]
PRIVATE = "/patients"


def token_of(client: FlaskClient) -> str:
    """A form token of this browser's own."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in", follow_redirects=True).text)
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, query: str = "", **more: str) -> Any:
    """Send the form of the sign-in page by hand."""
    data = {"email": email, "password": password, "csrf_token": token_of(client), **more}
    return client.post(f"/sign-in{query}", data=data)


def test_json_hands_out_no_key_that_outlives_the_sign_in(stage: Stage, cast: Cast) -> None:
    client = stage.app.test_client()
    token = token_of(client)
    typed = {"email": cast.email("therapist"), "password": PASSWORD, "csrf_token": token}
    wish = {"X-CSRFToken": token, "Accept": "application/json"}
    for answer in (
        client.post("/sign-in?include_auth_token", json=typed, headers=wish),
        client.post("/sign-in?include_auth_token", data=typed, headers=wish),
    ):
        assert "authentication_token" not in answer.text


@pytest.mark.parametrize("way", ["header", "query", "body"])
def test_a_token_opens_nothing(stage: Stage, cast: Cast, way: str) -> None:
    with stage.app.test_request_context():
        user = db.session.get_one(User, cast["therapist"])
        token = user.get_auth_token()
    client = stage.app.test_client()
    if way == "header":
        answer = client.get(PRIVATE, headers={"Authentication-Token": token})
    elif way == "query":
        answer = client.get(PRIVATE, query_string={"auth_token": token})
    else:
        answer = client.get(PRIVATE, json={"auth_token": token})
    assert answer.status_code in (302, 401)
    assert "Patient One" not in answer.text


@pytest.mark.parametrize(
    "json",
    [
        {"email": 7, "password": ["x"]},
        {"email": {"a": 1}, "password": None},
        {"email": "\ud800", "password": "\ud800" * 12},
        {"email": "a\0b@example.org", "password": "\0"},
        ["a", "list"],
        "text",
        None,
    ],
)
def test_odd_json_is_answered_not_failed_on(stage: Stage, cast: Cast, json: Any) -> None:
    client = stage.app.test_client()
    answer = client.post("/sign-in", json=json, headers={"X-CSRFToken": token_of(client)})
    assert answer.status_code < 500


@pytest.mark.parametrize("email", ["a\0b@example.org", "\0", "x" * 10_000, "ü@exämple.org", "'; --@example.org"])
@pytest.mark.parametrize("password", ["wrong", "\0", "p" * 100_000])
def test_odd_sign_ins_look_like_any_other(stage: Stage, cast: Cast, email: str, password: str) -> None:
    answer = sign_in(stage.app.test_client(), email, password)
    assert answer.status_code == 200
    assert "do not belong together" in answer.text


def _body(answer: Any) -> str:
    return re.sub(r'value="[^"]*"', "", answer.text)


def test_nobody_can_ask_who_has_an_account(stage: Stage, cast: Cast) -> None:
    answers = [
        sign_in(stage.app.test_client(), email, "not the password")
        for email in (cast.email("therapist"), "nobody@example.org", cast.email("gone"))
    ]
    answers.append(sign_in(stage.app.test_client(), cast.email("gone"), PASSWORD))
    assert len({(answer.status_code, _body(answer)) for answer in answers}) == 1


def test_an_unknown_address_costs_a_hash_too(stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a sign-in must not tell who has an account."""
    hashed: list[str] = []
    context = stage.app.extensions["security"].pwd_context

    def counting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def count(*args: Any, **kwargs: Any) -> Any:
            hashed.append(name)
            return real(*args, **kwargs)

        return count

    for name in ("hash", "verify", "verify_and_update"):
        monkeypatch.setattr(context, name, counting(name, getattr(context, name)))
    costs = []
    for email in (cast.email("therapist"), "nobody@example.org", cast.email("gone")):
        hashed.clear()
        sign_in(stage.app.test_client(), email, "not the password")
        costs.append(len(hashed))
    assert costs == [1, 1, 1]


def test_an_unknown_address_is_written_down_as_a_known_one_is(stage: Stage, cast: Cast) -> None:
    """A commit takes its time as well."""

    def failures() -> int:
        failed = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == Action.SIGN_IN_FAILED)
        with stage.app.app_context():
            return db.session.scalar(failed) or 0

    for number, email in enumerate((cast.email("therapist"), "nobody@example.org"), start=1):
        sign_in(stage.app.test_client(), email, "not the password")
        assert failures() == number


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:///evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "/%09/evil.example",
    "/..//evil.example",
    "@evil.example",
    ".evil.example",
]


@pytest.mark.parametrize("where", ELSEWHERE)
@pytest.mark.parametrize("how", ["query", "form"])
def test_signing_in_leads_nowhere_else(stage: Stage, cast: Cast, where: str, how: str) -> None:
    client = stage.app.test_client()
    if how == "query":
        data = {"email": cast.email("therapist"), "password": PASSWORD, "csrf_token": token_of(client)}
        answer = client.post("/sign-in", query_string={"next": where}, data=data)
    else:
        answer = sign_in(client, cast.email("therapist"), next=where)
    target = answer.headers.get("Location", "/")
    assert urlsplit(urljoin("http://localhost/sign-in", target)).netloc == "localhost", target
    assert not re.match(r"[/\\\s]{2}|[^/]*:", target.removeprefix("http://localhost")), target


def test_no_cookie_is_left_for_next_time(stage: Stage, cast: Cast) -> None:
    client = stage.app.test_client()
    answer = sign_in(client, cast.email("therapist"), remember="y")
    assert answer.status_code == 302
    cookies = answer.headers.getlist("Set-Cookie")
    assert [cookie.split("=")[0] for cookie in cookies] == ["kap"]
    assert "HttpOnly" in cookies[0]
    assert "SameSite=Lax" in cookies[0]
    assert "Expires" not in cookies[0]


def test_a_planted_cookie_is_not_signed_in_with_the_victim(stage: Stage, cast: Cast) -> None:
    thief, victim = stage.app.test_client(), stage.app.test_client()
    token_of(thief)
    planted = thief.get_cookie("kap")
    assert planted is not None
    victim.set_cookie("kap", planted.value)
    assert sign_in(victim, cast.email("therapist")).status_code == 302
    assert thief.get(PRIVATE).status_code == 302


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nobody_is_signed_out_by_a_link(stage: Stage, browser_of: SignIn, method: str) -> None:
    client = browser_of("therapist").client
    client.open("/sign-out", method=method)
    assert client.get(PRIVATE).status_code == 200


def test_a_copied_cookie_dies_with_its_sign_in(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    owner, thief = browser_of("therapist"), stage.app.test_client()
    kept = owner.client.get_cookie("kap")
    assert kept is not None
    thief.set_cookie("kap", kept.value)
    assert thief.get(PRIVATE).status_code == 200
    owner.get("/account")
    owner.fill(password_current=PASSWORD, password="another long enough one", status=200)
    assert owner.client.get(PRIVATE).status_code == 200
    assert thief.get(PRIVATE).status_code == 302


def test_whoever_is_shut_out_is_out_at_once(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    client = browser_of("therapist").client
    with stage.app.app_context():
        deactivate(db.session.get_one(User, cast["therapist"]), by=db.session.get_one(User, cast["lead"]))
    assert client.get(PRIVATE).status_code == 302


def test_no_other_way_in_exists(stage: Stage) -> None:
    rules = {str(rule) for rule in stage.app.url_map.iter_rules() if rule.endpoint.startswith("security.")}
    assert rules == {"/sign-in", "/sign-out"}
