"""What gunicorn serves for the bench: kap as it is, and beside it the patient's page with literal data.

The literal page is a plain Flask route: the same templates, filled with what the real page was given once. It touches
no database, loads no session and no user, asks nobody for permission and logs nothing; links are made by `url_for`, as
on the real page, for they are part of the template.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from flask import Flask, g, render_template, template_rendered
from flask_wtf.csrf import generate_csrf

from kap.core.db import Base, db
from tests.bench.scene import AGENT
from tests.bench.server import COOKIE, LITERAL, PAGE
from wsgi import app as kap

TEMPLATE = "outcomes/patient.html"
FLASKS = ("request", "session", "g", "config")
"""What Flask gives to every template; the plain app gives its own."""


def _given() -> dict[str, Any]:
    """What the real page gives to its template, with no thread back to the database."""
    given: dict[str, Any] = {}

    def take(sender: Flask, template: Any, context: Mapping[str, Any], **more: Any) -> None:
        given.update({name: _literal(value) for name, value in context.items() if name not in FLASKS})
        given["may"] = frozenset(g.held).__contains__
        given["csrf_token"] = partial(str, generate_csrf())
        given["get_flashed_messages"] = lambda **options: ()

    client = kap.test_client()
    client.environ_base["HTTP_USER_AGENT"] = AGENT
    client.set_cookie(kap.config["SESSION_COOKIE_NAME"], os.environ[COOKIE])
    with template_rendered.connected_to(take, kap):
        response = client.get(os.environ[PAGE])
    assert response.status_code == 200, response.status
    # gunicorn forks after this, and two processes must not talk on one connection.
    with kap.app_context():
        for engine in db.engines.values():
            engine.dispose()
    return given


def _literal(value: Any) -> Any:
    """The same with plain objects in place of rows, and the user in place of the proxy for whoever asks."""
    if hasattr(value, "_get_current_object"):
        value = value._get_current_object()
    if isinstance(value, Base):
        facts = {name: getattr(value, name) for name in dir(type(value)) if not name.startswith("_")}
        return SimpleNamespace(**{name: fact for name, fact in facts.items() if not isinstance(fact, Base)})
    if isinstance(value, list):
        return [_literal(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        facts = {field.name: getattr(value, field.name) for field in fields(value)}
        return replace(value, **{name: _literal(fact) for name, fact in facts.items() if isinstance(fact, Base | list)})
    return value


def _plain(given: dict[str, Any]) -> Flask:
    """An app with one plain route; it knows kap's addresses only to write them."""
    plain = Flask("plain", template_folder=f"{kap.root_path}/{kap.template_folder}", static_folder=None)
    for rule in kap.url_map.iter_rules():
        plain.url_map.add(rule.empty())
    plain.jinja_env.filters.update(kap.jinja_env.filters)
    plain.jinja_env.trim_blocks = plain.jinja_env.lstrip_blocks = True
    for name, value in kap.jinja_env.globals.items():
        plain.jinja_env.globals.setdefault(name, value)
    zone = given["clinic"].zone_info

    @plain.get(LITERAL)
    def literal() -> str:
        g.clinic_zone = zone
        return render_template(TEMPLATE, **given)

    return plain


_page = _plain(_given())


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The literal page under its own address, kap under every other."""
    return (_page if environ["PATH_INFO"] == LITERAL else kap)(environ, start_response)
