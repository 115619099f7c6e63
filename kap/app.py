"""The application: settings, kernel, features, in reading order."""

from functools import partial
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers
from zoneinfo import ZoneInfo

import click
from flask import Flask, g
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from kap.access import gate
from kap.audit import log
from kap.config import KEYS, Keys, NotSetUp, instance_folder, refuse_unsafe, settings
from kap.core.db import db, start_database
from kap.core.sealed import Rings
from kap.demo import cli as demo
from kap.dosing import views as dosing
from kap.dosing.queries.limits import limits_of
from kap.exchange import cli as exchange
from kap.home import parts
from kap.home import views as home
from kap.home.context import start_context
from kap.measures import views as measures
from kap.measures.instruments import Catalogue
from kap.ops import cli as ops
from kap.outcomes import views as outcomes
from kap.outcomes.actions import keep_outcomes
from kap.outcomes.before import before
from kap.people import views as people
from kap.people.sign_in import start_sign_in
from kap.psychotherapy import views as psychotherapy
from kap.safety import views as safety
from kap.stock import views as stock
from kap.treatment import views as treatment
from kap.treatment.drafts import forget_draft
from kap.web import errors, filters, forms, headers


def create_app(**overrides: Any) -> Flask:
    """The app on its instance folder (KAP_INSTANCE); CannotStart where it would be unsafe or is not set up."""
    instance = overrides.pop("KAP_INSTANCE", None) or instance_folder()
    keys = _keys(instance)
    app = Flask("kap", static_folder="../static", template_folder="../templates", instance_path=str(instance))
    app.config.update(settings(instance, keys))
    app.config.update(overrides)
    if not app.debug:
        refuse_unsafe(app.config)
    app.extensions["kap_keys"] = keys
    app.extensions["kap_rings"] = Rings(keys.rings, instance / KEYS, lambda: Keys.read(instance).rings)
    app.extensions["kap_catalogue"] = Catalogue.read(instance)

    start_database(app, keys.database, before_opening=partial(_refuse_without_keys, instance, keys))
    Migrate(app, db, directory=f"{app.root_path}/migrations")
    CSRFProtect(app)
    app.before_request(_place)
    headers.start_headers(app)
    forms.start_forms(app)
    errors.start_errors(app)
    filters.start_filters(app)
    gate.start_gate(app)
    log.start_audit(app)
    _add_features(app)
    start_context(app)
    _serve(app)
    return app


def _keys(instance: Path) -> Keys:
    """The keys of the instance; on the command line of one that has none, such as `flask setup` may keep there."""
    try:
        return Keys.read_whole(instance)
    except FileNotFoundError:
        if click.get_current_context(silent=True) is None:
            raise NotSetUp(instance) from None
        return Keys.new()


def _refuse_without_keys(instance: Path, keys: Keys) -> None:
    """Open no database under keys that are not those of the instance: what it held would be lost with them."""
    if not (instance / KEYS).exists() or not Keys.read(instance).opens_what(keys):
        raise NotSetUp(instance)


def _add_features(app: Flask) -> None:
    start_sign_in(app)
    log.following(app, keep_outcomes)
    log.finishing(app, forget_draft)
    app.extensions["kap_dose_limits"] = lambda clinic_id: limits_of(clinic_id).doses
    app.extensions["kap_before"] = before
    for feature in (people, safety, stock, treatment, dosing, measures, psychotherapy, outcomes, home):
        app.register_blueprint(feature.bp)
    if app.debug or app.testing:
        app.register_blueprint(parts.bp)
    for command in (*demo.commands, *ops.commands, *exchange.commands):
        app.cli.add_command(command)


def _place() -> ResponseReturnValue | None:
    """The zone in which dates are read and written for whoever is asking, and whether their clinic is made up."""
    clinic = current_user.clinic if current_user.is_authenticated else None
    g.clinic_zone = clinic.zone_info if clinic else ZoneInfo("UTC")
    g.synthetic = clinic is not None and clinic.synthetic
    return None


def _say(said: dict[str, str], static: Headers, path: str, url: str) -> None:
    for name, value in said.items():
        static[name] = value


def _serve(app: Flask) -> None:
    """Static files by WhiteNoise, the icons also where browsers look unasked; as many proxies believed as there are."""
    wsgi: Any = WhiteNoise(
        app.wsgi_app,
        root=app.static_folder,
        prefix="static/",
        max_age=3600,
        allow_all_origins=False,
        add_headers_function=partial(_say, headers.said(app)),
    )
    wsgi.add_files(f"{app.static_folder}/icons", prefix="")
    if app.config["KAP_PROXIES"]:
        hops = app.config["KAP_PROXIES"]
        wsgi = ProxyFix(wsgi, x_for=hops, x_proto=hops, x_host=0)
    app.wsgi_app = wsgi  # type: ignore[method-assign]
