"""The databases, the app, the cast and the browsers of the tests.

A test that asks for `app` runs twice, on both databases. Each starts from a copy of a database that the migrations
built; with `cast` from one in which the cast already lives. No fixture holds an application context open: with one
held, Flask-Login would serve the second browser as the first one's user.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade

from kap.access.roles import Role
from kap.app import create_app
from kap.config import DATABASE, Keys
from kap.core.db import db
from kap.demo.accounts import Account, keep_accounts, kept_accounts
from kap.demo.play import play
from kap.people.actions import accept, invite, set_up_clinic
from tests.browser import Browser
from tests.cast import PASSWORD, Cast, gather
from tests.databases import administer, postgresql_programs, postgresql_server, url_of

CHEAP_HASHES = {
    "argon2__type": "id",
    "argon2__memory_cost": 8,
    "argon2__time_cost": 1,
    "argon2__parallelism": 1,
}


@dataclass
class Stage:
    """One database in which tests play: how to keep its state under a name, and to go back to it."""

    app: Flask
    keep: Callable[[str], None]
    restore: Callable[[str], None]
    cast: Cast | None = None
    demo: list[Account] | None = None
    """The accounts of the demo, once it has been played."""

    def play_demo(self) -> None:
        """Go back to the demo of a moment after it was played, once for each stage, and to its accounts."""
        instance: Path = self.app.config["KAP_INSTANCE"]
        if self.demo is None:
            self.restore("empty")
            with self.app.app_context():
                play(instance)
            self.keep("demo")
            self.demo = kept_accounts(instance)
        self.restore("demo")
        keep_accounts(self.demo, instance)


def _make_app(instance: Path, **overrides: Any) -> Flask:
    Keys.make(instance)
    return create_app(
        KAP_INSTANCE=instance,
        TESTING=True,
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=CHEAP_HASHES,
        **overrides,
    )


def _forget_connections(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def _sqlite_stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    instance = tmp_path_factory.mktemp("sqlite") / "instance"
    app = _make_app(instance)
    file = instance / DATABASE

    def keep(name: str) -> None:
        _forget_connections(app)
        shutil.copy(file, file.with_suffix(f".{name}"))

    def restore(name: str) -> None:
        _forget_connections(app)
        for leftover in (f"{file}-wal", f"{file}-shm"):
            Path(leftover).unlink(missing_ok=True)
        shutil.copy(file.with_suffix(f".{name}"), file)

    return _built(Stage(app, keep, restore))


@pytest.fixture(scope="session")
def _postgresql_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if postgresql_programs() is None:
        pytest.skip("PostgreSQL's server programs are not installed (Debian: postgresql)")
    with postgresql_server() as server:
        administer(server, "CREATE DATABASE play")
        app = _make_app(
            tmp_path_factory.mktemp("postgresql") / "instance", SQLALCHEMY_DATABASE_URI=url_of(server, "play")
        )

        def keep(name: str) -> None:
            _forget_connections(app)
            administer(server, f"CREATE DATABASE kept_{name} TEMPLATE play")

        def restore(name: str) -> None:
            _forget_connections(app)
            administer(server, "DROP DATABASE play WITH (FORCE)", f"CREATE DATABASE play TEMPLATE kept_{name}")

        yield _built(Stage(app, keep, restore))
        _forget_connections(app)


def _built(stage: Stage) -> Stage:
    with stage.app.app_context():
        upgrade()
    stage.keep("empty")
    return stage


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def stage(request: pytest.FixtureRequest) -> Stage:
    """The stage of the database that this run of the test plays on."""
    found: Stage = request.getfixturevalue(f"_{request.param}_stage")
    return found


@pytest.fixture
def app(stage: Stage) -> Flask:
    """The app on a database that the migrations built and nobody has used."""
    stage.restore("empty")
    return stage.app


@pytest.fixture
def cast(stage: Stage) -> Cast:
    """The cast, on a fresh copy of the clinic in which it lives."""
    if stage.cast is None:
        stage.restore("empty")
        with stage.app.app_context():
            stage.cast = gather()
        stage.keep("cast")
    stage.restore("cast")
    return stage.cast


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Makes apps of one's own, to add pages to or to break: embedded, with a clinic whose lead is lead@example.org."""
    made: list[Flask] = []

    def make(**overrides: Any) -> Flask:
        app = _make_app(tmp_path / f"instance-{len(made)}", **overrides)
        made.append(app)
        with app.app_context():
            upgrade()
            clinic = set_up_clinic(name="Scratch clinic", zone="Europe/Berlin", country="DE")
            _, token = invite(clinic=clinic, roles=frozenset({Role.LEAD}), by=None)
            accept(token, name="The lead", email="lead@example.org", password=PASSWORD)
        return app

    yield make
    for app in made:
        _forget_connections(app)


@pytest.fixture
def browser_of(stage: Stage, cast: Cast) -> Callable[[str], Browser]:
    """Signs one of the cast in, by name, through the sign-in page; None is somebody off the street."""

    def sign_in(name: str | None) -> Browser:
        browser = Browser(stage.app)
        if name is not None:
            browser.sign_in(cast.email(name), PASSWORD)
        return browser

    return sign_in
