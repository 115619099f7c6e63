"""What every answer says to the browser: nothing from elsewhere, nothing kept, nothing framed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ONLY_OURS = {"'none'", "'self'"}

ANSWERS = [
    pytest.param(None, "/sign-in", 200, id="sign-in"),
    pytest.param(None, "/crisis", 200, id="crisis"),
    pytest.param(None, "/health", 200, id="health"),
    pytest.param(None, "/patients", 302, id="redirect"),
    pytest.param(None, "/no-such-page", 404, id="404"),
    pytest.param("therapist", "/patients", 200, id="list"),
    pytest.param("therapist", "/patients/{patient}", 200, id="patient"),
    pytest.param("lead", "/sessions/{dosing}/edit", 403, id="403"),
    pytest.param("therapist", "/sign-out", 405, id="405"),
]


def _check(answer: TestResponse) -> None:
    for name, value in ALWAYS.items():
        assert answer.headers.get(name) == value, name
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == policy["script-src"] == "'self'"
    assert {source for sources in policy.values() for source in sources.split()} <= ONLY_OURS
    assert "camera=()" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize(("person", "path", "status"), ANSWERS)
def test_a_page(person: str | None, path: str, status: int, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    answer = browser_of(person).client.get(path.format(**cast.ids))
    assert answer.status_code == status
    _check(answer)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_refused_form(stage: Stage, browser_of: SignIn) -> None:
    answer = browser_of(None).client.post("/sign-in", data={"email": "a@example.org"})
    assert answer.status_code == 400
    _check(answer)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("file", ["css/app.css", "js/app.js", "icons/favicon.svg"])
def test_a_static_file(file: str, stage: Stage, browser_of: SignIn) -> None:
    """They hold nothing of anybody, and may be kept a while."""
    answer = browser_of(None).client.get(f"/static/{file}", buffered=True)
    assert answer.status_code == 200
    assert answer.data == (Path(stage.app.static_folder or "") / file).read_bytes()
    _check(answer)
    assert "max-age=" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/favicon.ico", "image/x-icon"), ("/favicon.svg", "image/svg+xml"), ("/apple-touch-icon.png", "image/png")],
)
def test_icons_that_browsers_ask_for_unasked(path: str, kind: str, stage: Stage, browser_of: SignIn) -> None:
    answer = browser_of(None).client.get(path, buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == kind
    assert len(answer.data) < 2_000
    _check(answer)


@pytest.mark.parametrize(
    "path", ["/static/../setup.cfg", "/static/%2e%2e/setup.cfg", "/static/no-such.css", "/static/"]
)
def test_nothing_but_the_static_files_is_served(path: str, stage: Stage, browser_of: SignIn) -> None:
    answer = browser_of(None).client.get(path)
    assert answer.status_code == 404
    assert "install_requires" not in answer.get_data(as_text=True)
