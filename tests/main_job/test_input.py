"""What people get wrong, in Chromium: nothing typed is lost, nothing kept twice, nobody overwritten unasked."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from kap.demo.stories import HOLDS, ZONE
from tests.main_job.conftest import OpenWindow
from tests.main_job.steps import log_integration
from tests.main_job.window import Window

pytestmark = pytest.mark.browser
NOW = datetime.now(ZoneInfo(ZONE))
YESTERDAY = f"{NOW - timedelta(days=1):%Y-%m-%dT10:00}"


def open_record(staff: Window) -> None:
    """The page of the demo's patient who has an account."""
    assert HOLDS.name is not None
    staff.open("/patients")
    staff.press(HOLDS.name)


def test_an_impossible_dosing_session_keeps_what_was_typed_and_leads_to_what_is_wrong(window: OpenWindow) -> None:
    therapist = window("therapist")
    open_record(therapist)
    therapist.press("Log dosing")
    therapist.fill("Start", f"{NOW + timedelta(days=2):%Y-%m-%dT10:00}")
    therapist.fill("Dose", "sixty")
    therapist.fill("Weight", "700")
    therapist.fill("Upper BP, row 2", "120")
    therapist.fill("Narrative", "Ünïcode 🌊 and all of it kept.")
    therapist.press("Save")

    summary = therapist.page.get_by_role("alert")
    expect(summary).to_be_focused()
    assert summary.get_by_role("link").all_inner_texts() == ["Start", "Dose", "Weight", "Vital signs, row 2: Time"]
    summary.get_by_role("link", name="Weight").click()
    expect(therapist.field("Weight")).to_be_focused()
    expect(therapist.field("Weight")).to_have_attribute("aria-invalid", "true")
    for label, typed in (
        ("Dose", "sixty"),
        ("Weight", "700"),
        ("Upper BP, row 2", "120"),
        ("Narrative", "Ünïcode 🌊 and all of it kept."),
    ):
        expect(therapist.field(label)).to_have_value(typed)

    therapist.fill("Start", YESTERDAY)
    therapist.fill("Dose", "60")
    therapist.fill("Weight", "70")
    therapist.press("Save")
    assert summary.get_by_role("link").all_inner_texts() == ["Vital signs, row 2: Time"]
    therapist.fill("Time, row 2", "10:20")
    therapist.press("Save")
    assert "Ünïcode 🌊 and all of it kept." in therapist.words
    assert "0.86 mg/kg" in therapist.words


def test_two_who_write_on_one_session_both_see_both_texts(window: OpenWindow) -> None:
    therapist, medical = window("therapist"), window("medical")
    open_record(therapist)
    log_integration(therapist, datetime.now(ZoneInfo(ZONE)) - timedelta(hours=2))
    medical.page.goto(therapist.page.url)
    for staff in (therapist, medical):
        staff.press("Edit")
    therapist.fill("Progress note", "The text of the first.")
    therapist.press("Save")
    medical.fill("Progress note", "The text of the second.")
    medical.press("Save")

    assert medical.refused == 409
    assert "The text of the first." in medical.words
    assert "The text of the second." in medical.words
    medical.press("Save mine instead")
    assert "The text of the second." in medical.words
    therapist.page.reload()
    assert "The text of the second." in therapist.words


@pytest.mark.parametrize("scripts", [True, False])
def test_a_double_click_saves_once(window: OpenWindow, scripts: bool) -> None:
    therapist = window("therapist", scripts=scripts)
    open_record(therapist)
    # The whole of it: the latest part alone may lose as many as it gains.
    whole = f"{therapist.page.url}?whole=1"
    therapist.open(whole)
    sessions = therapist.page.get_by_role("link", name="Integration session")
    before = sessions.count()
    therapist.press("Log integration")
    therapist.page.get_by_role("button", name="Save").dblclick()
    expect(therapist.page.locator("main")).to_contain_text(re.compile("is saved|saved already"))
    therapist.open(whole)
    assert sessions.count() == before + 1


def test_leaving_with_typed_text_asks_first(window: OpenWindow) -> None:
    therapist = window("therapist")
    open_record(therapist)
    therapist.press("Log integration")
    therapist.field("Progress note").press_sequentially("Not saved yet")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    therapist.page.once("dialog", stay)
    therapist.page.get_by_role("link", name="Cancel").click()
    expect(therapist.field("Progress note")).to_have_value("Not saved yet")
    assert asked == ["beforeunload"]


def test_what_is_typed_is_kept_while_it_is_typed_and_given_back_in_another_window(window: OpenWindow) -> None:
    first, second = window("therapist"), window("therapist", phone=True)
    open_record(first)
    first.press("Log preparation")
    form = first.page.locator("form[data-draft]")
    said = form.get_by_role("status")
    first.fill("Start", YESTERDAY)
    first.fill("Progress note", "Half a sentence, and then the door")
    expect(said).to_have_text(re.compile(r"^Draft saved \d\d:\d\d$"))
    address = first.page.url

    second.open(address)
    expect(second.field("Progress note")).to_have_value("Half a sentence, and then the door")
    assert "not yet saved to the record" in second.words
    second.fill("Progress note", "Half a sentence, and then the other half")
    second.press("Save")
    assert "Half a sentence, and then the other half" in second.words

    first.page.goto("about:blank")
    first.open(address)
    expect(first.field("Progress note")).to_have_value("")


def test_what_was_typed_last_is_kept_when_the_page_is_left(window: OpenWindow) -> None:
    therapist = window("therapist")
    open_record(therapist)
    therapist.press("Log integration")
    address = therapist.page.url
    therapist.page.on("dialog", lambda asked: asked.accept())
    therapist.fill("Progress note", "Typed in a hurry")
    therapist.open("/patients")
    # What is sent while a page is left is sent by no page: it is seen only by what it leaves behind.
    for _ in range(100):
        therapist.open(address)
        if therapist.field("Progress note").input_value():
            break
    expect(therapist.field("Progress note")).to_have_value("Typed in a hurry")
    therapist.press("Discard the draft")
    assert "The draft is discarded" in therapist.words
    therapist.open(address)
    expect(therapist.field("Progress note")).to_have_value("")


def test_a_draft_that_cannot_be_kept_says_so_and_blocks_nothing(window: OpenWindow) -> None:
    therapist = window("therapist")
    open_record(therapist)
    therapist.press("Log preparation")
    therapist.page.route(re.compile(r"/drafts\?"), lambda route: route.abort())
    therapist.fill("Start", YESTERDAY)
    therapist.fill("Progress note", "Written in the cellar")
    expect(therapist.page.locator("[data-draft-said]")).to_contain_text("could not be saved yet")
    therapist.press("Save")
    assert "Written in the cellar" in therapist.words
