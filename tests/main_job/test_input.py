"""What people get wrong, in Chromium: nothing typed is lost, nothing kept twice, nobody overwritten unasked."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from kap.demo.stories import HOLDS, ZONE
from tests.main_job.conftest import OpenWindow
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
    for staff in (therapist, medical):
        open_record(staff)
        staff.page.get_by_role("link", name="Integration session").last.click()
        staff.press("Edit")
    therapist.fill("Summary", "The text of the first.")
    therapist.press("Save")
    medical.fill("Summary", "The text of the second.")
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
    sessions = therapist.page.get_by_role("link", name="Integration session")
    before = sessions.count()
    therapist.press("Log integration")
    therapist.page.get_by_role("button", name="Save").dblclick()
    expect(therapist.page.locator("main")).to_contain_text(re.compile("is saved|saved already"))
    open_record(therapist)
    assert sessions.count() == before + 1


def test_leaving_with_typed_text_asks_first(window: OpenWindow) -> None:
    therapist = window("therapist")
    open_record(therapist)
    therapist.press("Log integration")
    therapist.field("Summary").press_sequentially("Not saved yet")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    therapist.page.once("dialog", stay)
    therapist.page.get_by_role("link", name="Cancel").click()
    expect(therapist.field("Summary")).to_have_value("Not saved yet")
    assert asked == ["beforeunload"]
