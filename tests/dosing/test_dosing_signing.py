"""The two parts of a dosing session, signed by two people."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from kap.core import clock
from kap.core.db import db
from kap.dosing.queries.content import LEFT_OUT, OF_THERAPY, content_of
from kap.dosing.queries.phases import record_of
from kap.treatment.content import canonical, digest_of
from kap.treatment.models import DosingSession, Part, Signature
from kap.treatment.queries import intact, signatures_of
from tests.browser import Browser
from tests.cast import Cast

BrowserOf = Callable[[str], Browser]


@pytest.fixture
def here(cast: Cast) -> str:
    """Where the dosing session of the cast stands."""
    return f"/sessions/{cast['dosing']}"


def sign(browser: Browser, here: str, part: str) -> str:
    """Read a part and sign it; the words of the page that follows."""
    browser.get(f"{here}/sign/{part}")
    return browser.fill(status=200).words


def signatures(app: Flask, cast: Cast) -> dict[str, tuple[UUID, str, bool]]:
    """By whom each part is signed, what of, and whether that is what the log says."""
    with app.app_context():
        session = db.session.get_one(DosingSession, cast["dosing"])
        return {part.value: (one.signed_by, one.content, intact(one)) for part, one in signatures_of(session).items()}


def test_two_people_sign_their_parts(app: Flask, browser_of: BrowserOf, here: str, cast: Cast) -> None:
    medical, therapist = browser_of("medical"), browser_of("therapist")
    assert "Draft: not signed" in medical.get(f"{here}/dosing").words
    words = sign(medical, here, "administration")
    assert "Signed by The medical" in words
    assert "Draft: not all signed" in words
    words = sign(therapist, here, "therapy")
    assert "Therapy: Signed by The therapist" in words
    assert "Draft:" not in words
    found = signatures(app, cast)
    assert {part: (by, right) for part, (by, _, right) in found.items()} == {
        "administration": (cast["medical"], True),
        "therapy": (cast["therapist"], True),
    }
    given, told = json.loads(found["administration"][1]), json.loads(found["therapy"][1])
    assert [row["amount_mg"] for row in given["administrations"]] == ["50.00"]
    assert given["eligibility"][0]["evidence"] == "canary evidence"
    assert given["consents"][0]["terms"] == "canary terms"
    assert told["session"]["narrative"] == "canary narrative"
    assert "narrative" not in given["session"]
    assert "administrations" not in told


def test_nobody_signs_the_part_of_the_other(browser_of: BrowserOf, here: str) -> None:
    browser_of("therapist").get(f"{here}/sign/administration", status=403)
    browser_of("medical").get(f"{here}/sign/therapy", status=403)
    browser_of("lead").get(f"{here}/sign/therapy", status=403)


def test_what_was_written_while_somebody_read_is_read_before_it_is_signed(
    app: Flask, browser_of: BrowserOf, here: str, cast: Cast
) -> None:
    medical, therapist = browser_of("medical"), browser_of("therapist")
    medical.get(f"{here}/sign/administration")
    therapist.get(f"{here}/sheets/discharge")
    therapist.fill(status=200, left_with="Her sister")
    page = medical.fill()
    assert "Something was written since this page was opened." in page.words
    assert "Her sister" in page.words
    assert signatures(app, cast) == {}
    medical.fill(status=200)
    assert list(signatures(app, cast)) == ["administration"]


def test_one_part_can_be_written_while_the_other_is_signed(
    app: Flask, browser_of: BrowserOf, here: str, cast: Cast
) -> None:
    medical, therapist = browser_of("medical"), browser_of("therapist")
    sign(medical, here, "administration")
    therapist.get(f"{here}/sheets/experience")
    therapist.fill(status=200, narrative="Saw the sea.", touched="no")
    assert "Saw the sea." in sign(therapist, here, "therapy")
    assert len(signatures(app, cast)) == 2


@pytest.mark.parametrize("page", ["sheets/before", "sheets/discharge", "eligibility", "decision"])
def test_what_is_signed_takes_no_more_and_what_was_typed_is_handed_back(
    app: Flask, browser_of: BrowserOf, here: str, page: str
) -> None:
    medical = browser_of("medical")
    medical.get(f"{here}/{page}")
    field = {"sheets/before": "escort", "eligibility": "stroke_evidence", "decision": "reason"}.get(page, "left_with")
    url, sent = medical.ready(**{field: "Typed too late", "stroke": "yes", "decision": "hold"})
    sign(browser_of("medical"), here, "administration")
    after = medical.send(url, sent)
    assert "The administration part of this session is signed" in after.words
    assert "Typed too late" in after.text
    opened = medical.get(f"{here}/{page}")
    assert opened.response.request.path == f"{here}/dosing"
    assert "You can write an addendum" in opened.words


def test_what_comes_after_a_dose_stays_open(app: Flask, browser_of: BrowserOf, here: str) -> None:
    medical, therapist = browser_of("medical"), browser_of("therapist")
    sign(medical, here, "administration")
    sign(therapist, here, "therapy")
    therapist.get(f"{here}/call")
    assert "Slept well" in therapist.fill(status=200, reached="yes", note="Slept well").words
    therapist.get(f"{here}/sheets/after-care")
    assert "After-care: saved" in therapist.fill(status=200, crisis_card="yes").words
    medical.get(f"{here}/addendum")
    page = medical.fill(status=200, part="administration", reason="Forgotten", text="She had a cold.")
    assert "She had a cold." in page.words


def test_a_signed_session_keeps_its_limits(app: Flask, browser_of: BrowserOf, here: str, cast: Cast) -> None:
    medical = browser_of("medical")
    sign(medical, here, "administration")
    medical.get("/limits")
    medical.fill(status=200, reason="By our own count", call_after_hours="12")
    with app.app_context():
        session = db.session.get_one(DosingSession, cast["dosing"])
        of_session = select(Signature.settings_number).where(Signature.session_id == cast["dosing"])
        assert db.session.scalar(of_session) == 0
        assert record_of(session).limits.call_after_hours == 24


def test_the_content_comes_out_the_same_and_names_every_column(app: Flask, cast: Cast) -> None:
    with app.app_context():
        session = db.session.get_one(DosingSession, cast["dosing"])
        parts = [content_of(record_of(session), part) for part in Part]
        digests = [digest_of(canonical(content)) for content in parts]
    with app.app_context(), clock.at(clock.now() + timedelta(days=3)):
        session = db.session.get_one(DosingSession, cast["dosing"])
        again = [digest_of(canonical(content_of(record_of(session), part))) for part in Part]
    assert digests == again
    told = {name for content in parts for name in content["session"]}
    columns = {column.key.removesuffix("_sealed") for column in DosingSession.__mapper__.column_attrs}
    assert told >= columns - LEFT_OUT
    assert columns >= OF_THERAPY
