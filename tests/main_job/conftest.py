"""The demo clinic served to Chromium: a real server on a real database, and windows of the people in it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from kap.config import mail_settings
from kap.demo.accounts import Account, kept_accounts
from tests.conftest import Stage
from tests.main_job.days import Week
from tests.main_job.window import Window
from tests.post import post_office

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
OpenWindow = Callable[..., Window]


class _Silent(WSGIRequestHandler):
    def log_request(self, *args: Any) -> None:
        """Say nothing: the windows watch the answers."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The hour of what is served, where it has a clock of its own: the live page goes by it."""
        now = getattr(self.server.app, "now", None)
        return super().date_time_string(now.timestamp() if now else timestamp)


@contextmanager
def served(app: "WSGIApplication") -> Iterator[str]:
    """The app behind a server of several threads on a free port; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; one for the tests of a module."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(request: pytest.FixtureRequest) -> Flask:
    """The app on a database in which the demo has been played: SQLite, or the one that a test asks for."""
    stage: Stage = request.getfixturevalue(f"_{getattr(request, 'param', 'sqlite')}_stage")
    stage.play_demo()
    return stage.app


@pytest.fixture(scope="module")
def site(demo: Flask) -> Iterator[str]:
    """The address of the clinic."""
    with served(demo) as address:
        yield address


@pytest.fixture(scope="module")
def accounts(demo: Flask) -> dict[str, Account]:
    """How each of the demo's roles signs in."""
    return {account["role"]: account for account in kept_accounts(demo.config["KAP_INSTANCE"])}


@pytest.fixture
def window(chromium: Browser, site: str, accounts: dict[str, Account]) -> Iterator[OpenWindow]:
    """Opens a window, signed in as one of the demo's roles or not at all; at the end none may have complained."""
    opened: list[Window] = []

    def open_window(role: str | None = None, **kwargs: bool) -> Window:
        shown = Window(chromium, site, **kwargs)
        opened.append(shown)
        if role is not None:
            shown.sign_in(accounts[role]["email"], accounts[role]["password"])
        return shown

    yield open_window
    for shown in opened:
        shown.close()


@pytest.fixture
def week(stage: Stage, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Week]:
    """An empty database, a mail server that takes letters, and Chromium."""
    stage.restore("empty")
    with post_office() as (post, mail):
        for name, value in mail_settings(mail).items():
            monkeypatch.setitem(stage.app.config, name, value)
        played = Week(stage.app, chromium, post)
        with served(played) as site:
            played.site = site
            yield played
        for window in played.windows:
            window.close()
