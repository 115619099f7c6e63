"""What is typed: kept whole, refused in words, saved once, and never lost to somebody else's change."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from kap.core.db import db
from kap.people.models import Patient
from kap.treatment.models import PreparationSession
from kap.web.forms import clean
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]

TELLING = {
    "ordinary": "We talked about the week.\n\nShe sleeps better.",
    "markup": "<script>alert(1)</script> & \"quotes\" 'and' {{ 7 * 7 }} </textarea>",
    "many scripts": "Ünïcödé, 日本語, العربية, עברית, 🜁🧑‍🦽👩🏽‍⚕️, e\N{COMBINING ACUTE ACCENT}",
    "long": "x" * 100_000,
    "long and wide": "🜁" * 100_000,
}


def _preparation(browser: Browser, cast: Cast) -> Page:
    return browser.get(f"/sessions/{cast['preparation']}/edit")


def _fill(browser: Browser, **fields: Any) -> Page:
    """Fill the form of the page itself."""
    return browser.fill(_own_form(browser), **fields)


def _own_form(browser: Browser) -> int:
    assert browser.page is not None
    path = browser.page.response.request.path
    forms = enumerate(browser.page.forms())
    return next(n for n, form in forms if (form.get("action") or path).partition("?")[0] == path)


def _narrative(stage: Stage, cast: Cast) -> str:
    with stage.app.app_context():
        return db.session.get_one(PreparationSession, cast["preparation"]).narrative


def _typed(page: Page, name: str) -> str:
    """What stands in a field of the page."""
    field = next(field for field in page.root.iter() if field.get("name") == name)
    return field.get("value") or (field.text or "").removeprefix("\n")


@pytest.mark.parametrize("text", TELLING.values(), ids=TELLING)
def test_a_text_is_kept_as_it_was_typed(text: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    _preparation(browser, cast)
    page = _fill(browser, narrative=text)
    assert page.response.request.path == f"/sessions/{cast['preparation']}"
    assert _narrative(stage, cast) == text
    assert _typed(_preparation(browser, cast), "narrative") == text


def test_a_text_that_is_too_long_is_refused_and_stays(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser, text = browser_of("therapist"), "word " * 20_000 + "x"
    _preparation(browser, cast)
    page = _fill(browser, narrative=text, status=200)
    assert "At most 100,000 characters" in page.words
    assert _typed(page, "narrative") == text
    assert _narrative(stage, cast) == "canary preparation"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85"])
def test_a_character_that_cannot_be_kept_is_shown(character: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    _preparation(browser, cast)
    page = _fill(browser, narrative=f"before{character}after", status=200)
    assert "character that cannot be saved" in page.words
    assert _typed(page, "narrative") == "before\N{REPLACEMENT CHARACTER}after"
    assert _narrative(stage, cast) == "canary preparation"


@pytest.mark.parametrize("where", ["code", "name"])
def test_so_it_is_in_a_line(where: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    page = _fill(browser, **{"code": "P-100", where: "a\x00b"}, status=200)
    assert "character that cannot be saved" in page.words


@given(st.text(st.characters(codec=None)))
def test_what_is_cleaned_can_be_stored_and_read(text: str) -> None:
    """Also half characters, which no browser sends."""
    cleaned = clean(text)
    assert cleaned is not None
    assert cleaned.encode().decode() == cleaned
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("half", ["%ED%A0%80", "%FF%FE", "%C3"])
def test_half_characters_make_no_failure(half: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    url, sent = browser.ready(code="P-100")
    body = "&".join(f"{name}={value[0]}" for name, value in sent.items() if name != "name") + f"&name={half}"
    answer = browser.client.post(url, data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (200, 302, 400)


def test_a_line_that_is_too_long_is_refused_and_stays(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    page = _fill(browser, code="P-100", name="x" * 201, status=200)
    assert "At most 200 characters" in page.words
    assert _typed(page, "name") == "x" * 201
    assert _typed(page, "code") == "P-100"


def test_nothing_but_spaces_is_nothing(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    assert "Please fill this in" in _fill(browser, code="   ", status=200).words


def _patients(stage: Stage, code: str) -> int:
    with stage.app.app_context():
        return db.session.scalar(select(func.count()).where(Patient.code == code)) or 0


def test_a_form_sent_again_makes_no_second_record(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    url, sent = browser.ready(code="P-100")
    browser.send(url, sent, status=200)
    page = browser.send(url, sent, status=200)
    assert "saved already" in page.text
    assert _patients(stage, "P-100") == 1


def test_a_change_sent_again_is_nobody_elses_change(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    _preparation(browser, cast)
    url, sent = browser.ready(_own_form(browser), narrative="Once")
    browser.send(url, sent, status=200)
    page = browser.send(url, sent, status=200)
    assert "saved already" in page.text
    assert _narrative(stage, cast) == "Once"


def test_a_new_form_makes_a_new_record(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    for code in ("P-100", "P-101"):
        browser.get("/patients/new")
        _fill(browser, code=code)
        assert _patients(stage, code) == 1


def test_a_form_that_was_refused_can_be_put_right_and_sent(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    page = _fill(browser, code="P-001", name="Somebody New", status=200)
    assert "The code P-001 belongs to another patient" in page.words
    assert _typed(page, "name") == "Somebody New"
    _fill(browser, code="P-100")
    assert _patients(stage, "P-100") == 1


def test_two_writers_meet_a_page_with_both_texts(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    first, second = browser_of("therapist"), browser_of("medical")
    _preparation(first, cast)
    _preparation(second, cast)
    _fill(first, narrative="The first one's text,\nin two lines.")
    page = _fill(second, narrative="The second one's text,\nin two lines.", status=409)
    assert "The first one's text," in page.words
    assert "The second one's text," in page.words
    assert _narrative(stage, cast) == "The first one's text,\nin two lines."
    page = second.fill(status=200)
    assert page.response.request.path == f"/sessions/{cast['preparation']}"
    assert _narrative(stage, cast) == "The second one's text,\nin two lines."


def test_so_it_is_with_who_a_patient_is(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    first, second = browser_of("therapist"), browser_of("lead")
    for browser in (first, second):
        browser.get(f"/patients/{cast['patient']}/edit")
    _fill(first, name="The first name")
    page = _fill(second, name="The second name", status=409)
    assert "The first name" in page.words
    assert "The second name" in page.words
    second.fill(status=200)
    with stage.app.app_context():
        assert db.session.get_one(Patient, cast["patient"]).name == "The second name"


def test_a_third_writer_in_between_is_not_overwritten(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    first, second = browser_of("therapist"), browser_of("medical")
    _preparation(first, cast)
    _preparation(second, cast)
    _fill(first, narrative="One")
    _fill(second, narrative="Two", status=409)
    _preparation(first, cast)
    _fill(first, narrative="Three")
    page = second.fill(status=409)
    assert "Three" in page.words
    assert _narrative(stage, cast) == "Three"


def test_a_form_without_its_version_is_refused(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    _preparation(browser, cast)
    page = _fill(browser, narrative="Another", version=None, status=200)
    assert "The version is missing" in page.words
    assert _narrative(stage, cast) == "canary preparation"
