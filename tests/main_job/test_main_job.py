"""The main job as three people do it: sessions are logged, the patient answers, and everybody sees whether it lasts."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from kap.demo.stories import COUNTRY, ZONE
from kap.safety import crisis
from tests.main_job.conftest import OpenWindow
from tests.main_job.steps import add_patient, enter_on_paper, log_dosing, log_integration
from tests.main_job.window import Window

pytestmark = pytest.mark.browser
PASSWORD = "seven quiet harbours"


def days_ago(days: int) -> datetime:
    """That day at ten o'clock, as the clinic's clocks show it."""
    return datetime.now(ZoneInfo(ZONE)).replace(hour=10, minute=0) - timedelta(days=days)


def let_in(therapist: Window, patient: Window, code: str) -> None:
    """Invite the patient, who joins with the link on their own device."""
    therapist.press("Invite the patient")
    therapist.press("Make the link")
    link = therapist.field("The link").input_value()
    patient.open(urlsplit(link).path)
    patient.fill("Your name", f"Patient {code}")
    patient.fill("Your e-mail address", f"{code}@example.org".lower())
    patient.fill("A password", PASSWORD)
    patient.press("Join")
    assert "Welcome" in patient.words


def open_questionnaire(patient: Window) -> None:
    """Begin a PHQ-9."""
    patient.open("/my")
    patient.press("Answer a questionnaire")
    patient.press("Start PHQ-9")


def answer(patient: Window, number: int, words: str) -> None:
    """Tap an answer and wait until it is saved."""
    patient.choose(f"{number}. ", words)
    expect(patient.page.locator("#saved")).to_have_text("Saved")


@pytest.mark.parametrize("demo", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_a_dose_its_integration_and_the_answers_after_it_move_the_verdict_for_everybody(window: OpenWindow) -> None:
    therapist, lead, patient = window("therapist"), window("lead"), window(phone=True)

    record = add_patient(therapist, "C-77", days_ago(30).date())
    enter_on_paper(therapist, "More than half the days", days_ago(25).date())
    assert "PHQ-9 16" in therapist.words
    therapist.press("C-77")
    assert "No dosing session has taken place yet" in therapist.verdict

    log_dosing(therapist, days_ago(20))
    assert "128/82" in therapist.words
    assert "Nausea" in therapist.words
    assert "smell of bread" in therapist.words
    therapist.press("C-77")
    assert therapist.marks("dosing") == 1
    before = therapist.verdict

    therapist.press("Log integration")
    therapist.page.locator("summary", has_text="Doses it integrates").click()
    ticked = therapist.page.get_by_role("group", name="Doses it integrates").get_by_role("checkbox")
    assert [box.is_checked() for box in ticked.all()] == [True]
    therapist.press("Cancel")
    log_integration(therapist, days_ago(18))
    assert "Dose 1" in therapist.words
    therapist.press("C-77")
    assert therapist.marks("integration") == 1

    lead.open(record)
    assert lead.verdict == before
    let_in(therapist, patient, "C-77")

    open_questionnaire(patient)
    for number in (1, 2, 3):
        answer(patient, number, "Several days")
    patient.press("Next")
    answer(patient, 4, "Several days")
    patient.page.reload()
    assert "Answered 4 of 9" in patient.words
    expect(patient.page.locator("#q4-1")).to_be_checked()
    patient.press("Back")
    expect(patient.page.locator("#q1-1")).to_be_checked()
    answer(patient, 1, "Not at all")
    patient.press("Next")
    for number in (5, 6):
        answer(patient, number, "Not at all")
    patient.press("Next")
    for number in (7, 8, 9):
        answer(patient, number, "Not at all")
    patient.press("Finish")
    assert "Your total" in patient.words
    patient.press("See it on your page")

    assert "from 16 to 3" in patient.verdict
    assert patient.marks("dots") == 2
    assert patient.marks("dosing") == 1
    assert "bread" not in patient.words
    for staff in (therapist, lead):
        staff.open(record)
        assert staff.verdict != before
        assert "from 16 to 3" in staff.verdict
        assert staff.marks("dots") == 2
    lead.open("/patients")
    lead.fill("Code or name", "C-77")
    lead.press("Search")
    row = lead.page.get_by_role("row", name=re.compile("C-77"))
    expect(row).to_contain_text("Responding")
    expect(row).to_contain_text("20 days")


def test_thoughts_of_death_show_who_to_call_at_once_and_alert_the_care_team(window: OpenWindow) -> None:
    therapist, lead, patient = window("therapist"), window("lead"), window(phone=True)
    record = add_patient(therapist, "C-78", days_ago(30).date())
    let_in(therapist, patient, "C-78")

    open_questionnaire(patient)
    patient.open(f"{patient.path}?page=3")
    patient.choose("9. ", "Several days")
    patient.page.wait_for_url("**/support*")
    for line in crisis.lines(COUNTRY).lines:
        assert line.label in patient.words
    patient.press("Go on with the questionnaire")
    expect(patient.page.locator("#q9-1")).to_be_checked()

    therapist.open("/alerts")
    mine = therapist.page.get_by_role("region", name="Waiting for you")
    expect(mine).to_contain_text("C-78")
    therapist.open(record)
    assert "raised on" in therapist.words
    lead.open("/alerts")
    expect(lead.page.locator("#others")).to_contain_text("C-78")
    expect(lead.page.locator("#mine")).not_to_contain_text("C-78")

    therapist.press("Care team")
    therapist.press("End now for Ines Calloway")
    lead.open("/alerts")
    expect(lead.page.locator("#mine")).to_contain_text("C-78")


def test_the_main_job_needs_no_script(window: OpenWindow) -> None:
    therapist, patient = window("therapist", scripts=False), window("patient", phone=True, scripts=False)
    therapist.open("/patients")
    therapist.press("Nora Whitfield")
    assert "Is it lasting?" in therapist.words
    assert therapist.page.locator("svg.chart:visible").count() == 1
    therapist.press("Log integration")
    therapist.fill("Start", f"{days_ago(1):%Y-%m-%dT%H:%M}")
    therapist.fill("Progress note", "Written without a script.")
    therapist.press("Save")
    assert "Written without a script." in therapist.words

    open_questionnaire(patient)
    for numbers, button in (((1, 2, 3), "Next"), ((4, 5, 6), "Next"), ((7, 8, 9), "Finish")):
        for number in numbers:
            patient.choose(f"{number}. ", "Not at all")
        patient.press(button)
    patient.press("See it on your page")
    assert "to 0" in patient.verdict
