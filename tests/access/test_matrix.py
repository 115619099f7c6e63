"""Every address, asked for by everybody about everything, against an oracle of its own.

What somebody may not see cannot be told from what does not exist, is shown nowhere, and is not changed.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import select
from werkzeug.test import TestResponse

from kap.core import clock
from kap.core.db import db
from tests.access.oracle import (
    COPIED,
    EVERYBODY,
    HIDDEN,
    NOTHING,
    ORACLE,
    STREET,
    Rule,
    Target,
    Whose,
    expected,
)
from tests.browser import Browser, Page, values_of
from tests.cast import NOW, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]

NOT_OF_THE_RECORD = {"audit_event", "sign_in", "submission"}
"""Tables that a refused request may write to."""
SIGNS_IN_OR_OUT = {"security.login", "security.logout"}
"""What ends or begins the sign-in with which the matrix is walked; see test_gate."""
NAMED = {"user", "taker", "chosen", "lot", "place", "supervisor", "target", "witness"}
"""The fields in which the name of one of the cast stands for an id."""
CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
PEOPLE = (STREET, COPIED, *sorted(EVERYBODY))

_forms: dict[int, dict[str, dict[str, list[str]]]] = {}


@dataclass
class Walk:
    """One person going everywhere."""

    app: Flask
    cast: Cast
    client: FlaskClient
    person: str
    wrong: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)

    def address(self, endpoint: str, rule: Rule, target: Target) -> str:
        """The path that names the target."""
        with self.app.test_request_context():
            return url_for(endpoint, **_named(self.cast, target) | dict(rule.query))

    def ask(self, endpoint: str, method: str, path: str, wanted: int, sent: Any = None) -> TestResponse | None:
        """The answer, after noting what is wrong with it; None where there was none."""
        self.asked[f"{method} {wanted}"] += 1
        told = f"{self.person}: {method} {path} ({endpoint})"
        try:
            response = self.client.open(path, method=method, data=sent, buffered=True)
        except Exception as problem:  # noqa: BLE001
            self.wrong.append(f"{told} raised {problem!r}, not {wanted}")
            return None
        to_sign_in = response.status_code == 302 and response.location.startswith("/sign-in")
        got = 401 if to_sign_in else response.status_code
        if got != wanted:
            self.wrong.append(f"{told} answered {response.status_code}, not {wanted}")
        if not response.request.path.startswith("/join/"):
            shown = re.search(HIDDEN[self.person], _without(response.get_data().decode(errors="replace"), sent))
            if shown:
                self.wrong.append(f"{told} shows {shown[0]!r}")
        return response


def _without(text: str, sent: Any) -> str:
    """The page without what its reader has just sent: that is handed back to be copied."""
    for values in (sent or {}).values():
        for value in values if isinstance(values, list) else [values]:
            text = text.replace(f'<dd class="prose">{escape(value)}</dd>', "")
    return text


def _named(cast: Cast, target: Target) -> dict[str, Any]:
    keys: Mapping[str, Any] = {**cast.ids, NOTHING: uuid4()}
    return {
        argument: cast.tokens.get(name, name)
        if argument == "token"
        else keys.get(name, name)
        if argument.endswith("_id")
        else name
        for argument, name in target.arguments.items()
    }


def _sent(cast: Cast, sends: Mapping[str, Any]) -> dict[str, list[str]]:
    """The fields as they are sent, with ids for names."""
    listed = {name: value if isinstance(value, list) else [value] for name, value in sends.items()}
    return {
        name: [str(cast.ids[value]) if name in NAMED else value for value in values] for name, values in listed.items()
    }


def _filled(stage: Stage, cast: Cast, browser_of: SignIn) -> dict[str, dict[str, list[str]]]:
    """For each endpoint that takes a form, the form as it would be sent by whoever may send it."""
    if id(stage) not in _forms:
        browsers: dict[str, Browser] = {}
        filled = {}
        for endpoint, rule in ORACLE.items():
            form: dict[str, list[str]] = {}
            if rule.writer and rule.get and "GET" in _methods(stage.app, endpoint):
                browser = browsers.setdefault(rule.writer, browser_of(rule.writer))
                page = browser.get(Walk(stage.app, cast, browser.client, "").address(endpoint, rule, rule.targets[0]))
                for name, value in values_of(page.forms()[_own_form(page)]):
                    form.setdefault(name, []).append(value)
            form |= _sent(cast, rule.sends)
            filled[endpoint] = {n: v for n, v in form.items() if n not in ("csrf_token", "form_key")}
        _forms[id(stage)] = filled
        stage.restore("cast")
    return _forms[id(stage)]


def _own_form(page: Page) -> int:
    """The number of the form that is sent to the page itself, for there may be others on it."""
    path = page.response.request.path
    return next(
        n
        for n, form in enumerate(page.forms())
        if form.get("method") == "post" and (form.get("action") or "").partition("?")[0] in ("", path)
    )


def _methods(app: Flask, endpoint: str) -> set[str]:
    return set().union(*(rule.methods or () for rule in app.url_map.iter_rules(endpoint))) & {
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
    }


def _record(app: Flask) -> str:
    """A digest of all that stands in the database but its logs."""
    digest = hashlib.sha256()
    with app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            if table.name not in NOT_OF_THE_RECORD:
                digest.update(repr(sorted(map(repr, connection.execute(select(table))))).encode())
    return digest.hexdigest()


def _client_of(person: str, browser_of: SignIn) -> FlaskClient:
    if person == STREET:
        return browser_of(None).client
    if person != COPIED:
        return browser_of(person).client
    owner = browser_of("therapist")
    kept = owner.client.get_cookie("kap")
    assert kept is not None
    owner.get("/patients")
    token = _token(owner.client)
    assert owner.client.post("/sign-out", data={"csrf_token": token}).status_code == 302
    thief = browser_of(None).client
    thief.set_cookie("kap", kept.value)
    return thief


def _token(client: FlaskClient) -> str:
    """A token of this person's own for the forms they send."""
    found = CSRF.search(client.get("/sign-in", follow_redirects=True).get_data(as_text=True))
    assert found is not None
    return found[1]


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_everywhere(person: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW):
        filled = _filled(stage, cast, browser_of)
        walk = Walk(stage.app, cast, _client_of(person, browser_of), person)
        for endpoint, rule in ORACLE.items():
            _read(walk, endpoint, rule)
        _try_to_write(walk, filled)
    assert not walk.wrong, "\n".join(walk.wrong)
    assert walk.asked.total() > 150, "The matrix is smaller than it should be."


def _read(walk: Walk, endpoint: str, rule: Rule) -> None:
    if "GET" not in _methods(walk.app, endpoint):
        return
    unknown = None
    for target in reversed(rule.targets):
        wanted = expected(walk.person, rule, target, rule.get)
        if endpoint == "security.login" and walk.person in EVERYBODY:
            wanted = 302
        path = walk.address(endpoint, rule, target)
        response = walk.ask(endpoint, "GET", path, wanted)
        if response is None:
            continue
        body = CSRF.sub("", response.get_data().decode(errors="replace"))
        if response.status_code == 404:
            unknown = unknown or body
            if body != unknown:
                walk.wrong.append(f"{walk.person}: {path} can be told from what does not exist")
        elif response.status_code == 200 and response.mimetype == "text/html":
            try:
                Page(response)
            except Exception as problem:  # noqa: BLE001
                walk.wrong.append(f"{walk.person}: GET {path} ({endpoint}): {problem!r}")


def _try_to_write(walk: Walk, filled: dict[str, dict[str, list[str]]]) -> None:
    """Send the form of every endpoint that this person may not use, about everything."""
    before = _record(walk.app)
    token = _token(walk.client)
    for endpoint, rule in ORACLE.items():
        for method in _methods(walk.app, endpoint) - {"GET"}:
            tried = False
            for target in rule.targets:
                wanted = expected(walk.person, rule, target, rule.post)
                if wanted not in (401, 403, 404) or endpoint in SIGNS_IN_OR_OUT:
                    continue
                path = walk.address(endpoint, rule, target)
                walk.ask(endpoint, method, path, wanted, {**filled[endpoint], "csrf_token": token})
                tried = True
            if tried and _record(walk.app) != before:
                walk.wrong.append(f"{walk.person}: {method} to {endpoint} changed the record")
                before = _record(walk.app)


def test_what_others_are_refused_would_change_the_record(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """The forms that the matrix sends are good ones: whoever may send them does change something."""
    with clock.at(NOW):
        filled = _filled(stage, cast, browser_of)
        for endpoint, rule in ORACLE.items():
            if rule.writer is None:
                continue
            stage.restore("cast")
            walk = Walk(stage.app, cast, browser_of(rule.writer).client, rule.writer)
            before = _record(stage.app)
            path = walk.address(endpoint, rule, rule.targets[0])
            response = walk.client.post(path, data={**filled[endpoint], "csrf_token": _token(walk.client)})
            assert response.status_code in (200, 302), f"{endpoint} answered {response.status_code}"
            assert _record(stage.app) != before, f"{endpoint}: {response.get_data(as_text=True)}"


FOREIGN_IN_THE_BODY: list[tuple[str, str, dict[str, str]]] = [
    ("therapist", "people.team", {"user": "foreign therapist"}),
    ("therapist", "people.team", {"user": "patient account"}),
    ("lead", "people.new_patient", {"user": "foreign therapist"}),
    ("therapist", "treatment.new_session", {"course_id": "foreign course"}),
    ("therapist", "treatment.new_session", {"team": "foreign therapist"}),
    ("therapist", "treatment.new_session?kind=integration", {"integrates": "foreign dosing"}),
    ("medical", "stock.count", {"lot": "foreign lot"}),
    ("medical", "stock.waste", {"place": "foreign place"}),
    ("medical", "stock.receive", {"chosen": "foreign product"}),
    ("medical", "stock.ask", {"witness": "foreign therapist"}),
    ("medical", "stock.ask", {"witness": "patient account"}),
    ("medical", "stock.ask", {"witness": "medical"}),
]


@pytest.mark.parametrize(("person", "where", "fields"), FOREIGN_IN_THE_BODY)
def test_ids_of_the_other_clinic_in_a_form_of_ones_own(
    person: str, where: str, fields: dict[str, str], stage: Stage, cast: Cast, browser_of: SignIn
) -> None:
    endpoint, _, query = where.partition("?kind=")
    rule = ORACLE[endpoint]
    with clock.at(NOW):
        browser = browser_of(person)
        walk = Walk(stage.app, cast, browser.client, person)
        path = walk.address(endpoint, rule, rule.targets[0])
        page = browser.get(path.replace("preparation", query) if query else path)
        before = _record(stage.app)
        sent: dict[str, Any] = _sent(cast, rule.sends) | {name: str(cast[value]) for name, value in fields.items()}
        page = browser.fill(_own_form(page), **sent)
        assert page.status == 200
        assert not re.search(HIDDEN[person], page.text)
        assert _record(stage.app) == before


def test_the_oracle_knows_every_route(stage: Stage) -> None:
    """A new route, or a new thing that a route can name, is put into the oracle first."""
    for rule in stage.app.url_map.iter_rules():
        assert rule.endpoint in ORACLE, f"{rule} is not in the oracle."
        known = ORACLE[rule.endpoint]
        for target in known.targets:
            assert set(target.arguments) == rule.arguments, f"The oracle does not know what {rule} names."
        assert ("POST" in (rule.methods or ())) <= bool(known.post or known.whose is Whose.OWN), f"{rule} writes."
    assert set(ORACLE) == set(stage.app.view_functions)


NOBODY_WRITES = {"treatment.new_course", "dosing.go_on", "outcomes.practice_later"}
"""What the rules refuse in the cast: a second open course, an injection that goes on. And what the record knows not."""


def test_writers_may_write() -> None:
    for endpoint, rule in ORACLE.items():
        if rule.writer is not None:
            assert rule.writer in rule.post
            assert expected(rule.writer, rule, rule.targets[0], rule.post) == rule.targets[0].status, endpoint
        elif rule.whose is Whose.PATIENT and rule.post:
            assert endpoint in NOBODY_WRITES, f"Nobody tries whether {endpoint} writes."
