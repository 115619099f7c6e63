"""The page of parts: there for whoever works on the pages, and nowhere else; and it forgets no part."""

import re
from collections.abc import Callable
from pathlib import Path

from kap.app import create_app
from kap.config import Keys
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]
TEMPLATES = Path(__file__).parents[2] / "templates"
ELSEWHERE = {"in_error": "needs a row of the record", "hidden": "stands in form_post"}


def test_it_is_not_there_in_production(tmp_path: Path) -> None:
    Keys.make(tmp_path / "instance")
    app = create_app(KAP_INSTANCE=tmp_path / "instance")
    assert "parts" not in app.blueprints
    assert not [rule for rule in app.url_map.iter_rules() if "_parts" in rule.rule]


def test_it_shows_every_part(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    shown = (TEMPLATES / "home" / "parts.html").read_text()
    macros = re.findall(
        r"{% macro ([a-z]\w*)\(", "".join(part.read_text() for part in (TEMPLATES / "_parts").iterdir())
    )
    missing = [name for name in macros if not re.search(rf"(?:{{{{|call) *{name}\(", shown) and name not in ELSEWHERE]
    assert not missing
    page = browser_of("lead").get("/_parts")
    for name in set(macros) - set(ELSEWHERE):
        assert name in page.words


def test_its_form_answers_as_forms_do(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("lead")
    browser.get("/_parts")
    assert "Not saved yet" in browser.fill().words
    chosen = {"status": "0", "answer": "1", "mood": "5", "route": "0"}
    url, sent = browser.ready(code="P-100", day="2026-03-04", starts_at="2026-03-04T14:05")
    page = browser.send(url, sent | {name: [value] for name, value in chosen.items()})
    assert "The form was in order" in page.words
