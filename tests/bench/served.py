"""What gunicorn serves for the bench: kap as it is, and beside it what its pages are measured against.

A literal page is a plain Flask route: the same template, filled with what the real page was given once. It touches no
database, loads no session and no user, asks nobody for permission and logs nothing; links are made by `url_for`, as on
the real page, for they are part of the template.

The bare insert is a plain Flask route too: one score by a statement that is built beforehand, and a durable commit on
the engine that kap writes with. It asks nobody who they are and knows of no rule.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from flask import Flask, g, render_template, template_rendered
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy import insert, select

from kap.access.roles import granted
from kap.core import clock
from kap.core.db import WRITE, Model, db, new_id
from kap.measures.models import Score, Source
from kap.people.models import Patient
from tests.bench.scene import AGENT
from tests.bench.server import BARE, LITERAL, SERVE
from wsgi import app as kap

FLASKS = ("request", "session", "g", "config")
"""What Flask gives to every template; the plain app gives its own."""

Given = tuple[str, dict[str, Any]]
"""The name of a template, and what it is filled with."""


def _given(page: str, cookie: str) -> Given:
    """What the real page gives to its template, with no thread back to the database."""
    name, given = "", {}

    def take(sender: Flask, template: Any, context: Mapping[str, Any], **more: Any) -> None:
        nonlocal name
        name = template.name
        given.update({name: _literal(value) for name, value in context.items() if name not in FLASKS})
        given["may"] = frozenset(g.get("held") or granted(current_user.roles)).__contains__
        given["csrf_token"] = partial(str, generate_csrf())
        given["get_flashed_messages"] = lambda **options: ()

    client = kap.test_client()
    client.environ_base["HTTP_USER_AGENT"] = AGENT
    client.set_cookie(kap.config["SESSION_COOKIE_NAME"], cookie)
    with template_rendered.connected_to(take, kap):
        response = client.get(page)
    assert response.status_code == 200, response.status
    return name, given


def _literal(value: Any) -> Any:
    """The same with plain objects in place of rows, and the user in place of the proxy for whoever asks."""
    if hasattr(value, "_get_current_object"):
        value = value._get_current_object()
    if isinstance(value, Model):
        facts = {name: getattr(value, name) for name in dir(type(value)) if not name.startswith("_")}
        return SimpleNamespace(**{name: fact for name, fact in facts.items() if not isinstance(fact, Model)})
    if isinstance(value, list):
        return [_literal(one) for one in value]
    if hasattr(value, "_fields"):
        if any(name.endswith("_sealed") for name in value._fields):
            # What opens its texts when it is asked for them has them open.
            return SimpleNamespace(
                **{name: _literal(getattr(value, name)) for name in dir(type(value)) if not name.startswith("_")}
            )
        return value._make(map(_literal, value))
    if is_dataclass(value) and not isinstance(value, type):
        facts = {field.name: getattr(value, field.name) for field in fields(value)}
        return replace(
            value, **{name: _literal(fact) for name, fact in facts.items() if isinstance(fact, Model | list)}
        )
    return value


def _plain(given: Mapping[str, Given]) -> Flask:
    """An app with plain routes; it knows kap's addresses only to write them."""
    plain = Flask("plain", template_folder=f"{kap.root_path}/{kap.template_folder}", static_folder=None)
    for rule in kap.url_map.iter_rules():
        plain.url_map.add(rule.empty())
    plain.jinja_env.filters.update(kap.jinja_env.filters)
    plain.jinja_env.trim_blocks = plain.jinja_env.lstrip_blocks = True
    for name, value in kap.jinja_env.globals.items():
        plain.jinja_env.globals.setdefault(name, value)
    # Parts that are imported into a template know the global one alone.
    for _, context in given.values():
        plain.jinja_env.globals["csrf_token"] = context["csrf_token"]

    @plain.get(f"{LITERAL}/<path:page>")
    def literal(page: str) -> str:
        template, context = given[page]
        g.clinic_zone = context["clinic"].zone_info
        return render_template(template, **context)

    plain.post(BARE)(_bare())
    return plain


def _bare() -> Callable[[], str]:
    """The view that inserts one score of the clinic's last patient and commits it."""
    with kap.app_context():
        engine = db.engine.execution_options(**WRITE)
        query = select(Patient.clinic_id, Patient.id).order_by(Patient.code.desc()).limit(1)
        clinic_id, patient_id = db.session.execute(query).one()
    statement = insert(Score.__table__)  # type: ignore[arg-type]

    def bare() -> str:
        now = clock.now()
        with engine.begin() as connection:
            connection.execute(
                statement,
                {
                    "id": new_id(),
                    "clinic_id": clinic_id,
                    "patient_id": patient_id,
                    "measure": "phq-9",
                    "taken_on": now.date(),
                    "value": 9.0,
                    "flag": None,
                    "source": Source.PATIENT,
                    "entered_at": now,
                },
            )
        return "kept"

    return bare


def _served() -> Flask:
    """The plain app on what the environment asks for."""
    asked = json.loads(os.environ[SERVE])
    given = {page.removeprefix("/"): _given(page, asked["cookie"]) for page in asked["pages"]}
    plain = _plain(given)
    # gunicorn forks after this, and two processes must not talk on one connection.
    with kap.app_context():
        db.engine.dispose()
    return plain


_beside = _served()


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """What is measured against under its own addresses, kap under every other."""
    ours = not environ["PATH_INFO"].startswith((LITERAL, BARE))
    return (kap if ours else _beside)(environ, start_response)
