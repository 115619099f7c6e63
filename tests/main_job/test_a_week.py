"""A week in a new clinic, from `flask setup` on an empty database: a lead, two therapists, two patients.

The days go by on the clock of the server; everything else is done on the pages, in Chromium.
"""

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from kap.core import clock
from tests.main_job.days import MONDAY, PASSWORD, ZONE, Week, join, path_of
from tests.main_job.steps import add_patient, answer_phq9, enter_on_paper, log_dosing, log_integration
from tests.main_job.window import Window

pytestmark = pytest.mark.browser

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 6, day) for day in range(9, 13))
NEXT_WEDNESDAY = date(2026, 6, 17)
LEAD, ADA, BEN = "lead@example.org", "ada@example.org", "ben@example.org"
FIRST, SECOND = "w-01@example.org", "w-02@example.org"


def row(window: Window, code: str) -> Any:
    """The line of a patient in the caseload."""
    return window.page.get_by_role("row", name=re.compile(code))


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_a_week_in_a_new_clinic(week: Week) -> None:
    lead = monday(week)
    ada, ben = staff_joins(week, lead)
    records, phones = patients_come(week, ada, ben)
    doses_and_talks(week, ada, ben, records)
    ben_writes_while_he_is_taken_off(week, lead, ben, records)
    caseload_is_handed_over(week, lead, ada, ben, records)
    addresses_and_passwords_change(week, ada, phones)
    next_week_shows_what_came_of_it(week, lead, ada, records, phones)


def monday(week: Week) -> Window:
    """The clinic is set up on the command line, and its lead joins by the printed link."""
    with clock.at(week.on(MONDAY, 8)):
        printed = week.app.test_cli_runner().invoke(
            args=["setup", "--name", "Bay Clinic", "--timezone", ZONE, "--country", "GB", "--lead-email", LEAD]
        )
    assert printed.exit_code == 0, printed.output
    lead = join(week.window(), path_of(printed.output), "Rowan Leigh", LEAD)
    assert "Welcome, Rowan Leigh" in lead.words
    week.picture(lead, "lead-joins")
    other = week.window()
    other.open(path_of(printed.output))
    assert "used" in other.words
    lead.open("/patients")
    assert "No patients yet" in lead.words
    return lead


def staff_joins(week: Week, lead: Window) -> tuple[Window, Window]:
    """One therapist by a letter, the other by a link that is shown; a third link is sent again, and the first dies."""
    week.on(MONDAY, 9)
    for email in (ADA, "", "third@example.org"):
        lead.open("/users/invite")
        if email:
            lead.fill("E-mail address", email)
        lead.page.get_by_label("Therapist", exact=True).check()
        lead.press("Make the link")
        if not email:
            shown = path_of(lead.field("The link").input_value())
    ada = join(week.window(), week.post.link(ADA), "Ada Moss", ADA)
    ben = join(week.window(), shown, "Ben Okoro", BEN)
    assert "Welcome, Ben Okoro" in ben.words
    first = week.post.link("third@example.org")
    lead.open("/users")
    week.picture(lead, "invitations-wait")
    lead.page.get_by_role("row", name=re.compile("third@")).get_by_role("button", name=re.compile("Send again")).click()
    again = week.post.link("third@example.org", number=2)
    late = week.window()
    late.open(first)
    assert "withdrawn" in late.words
    lead.open("/users")
    lead.page.get_by_role("row", name=re.compile("third@")).get_by_role("button", name=re.compile("Withdraw")).click()
    late.open(again)
    assert "withdrawn" in late.words
    week.picture(late, "withdrawn-link")
    return ada, ben


def patients_come(week: Week, ada: Window, ben: Window) -> tuple[dict[str, str], dict[str, Window]]:
    """Each therapist adds a patient, who joins on a phone and answers; the baseline of one is on paper."""
    records, phones = {}, {}
    for therapist, code, email in ((ada, "W-01", FIRST), (ben, "W-02", SECOND)):
        week.on(MONDAY, 11)
        records[code] = add_patient(therapist, code, MONDAY)
        therapist.press("Invite the patient")
        therapist.fill("E-mail address", email)
        therapist.press("Make the link")
        assert "on its way" in therapist.words
        letter = week.post.to(email)[0]
        assert code not in letter
        assert "Bay Clinic" not in letter
        phones[code] = join(week.window(phone=True), week.post.link(email), f"Patient {code}", email)
        assert "Welcome" in phones[code].words
    week.picture(phones["W-01"], "patient-joins")
    answer_phq9(phones["W-01"], "More than half the days")
    ben.open(records["W-02"])
    enter_on_paper(ben, "Nearly every day", MONDAY)
    ada.open(records["W-02"])
    assert ada.refused == 404
    return records, phones


def doses_and_talks(week: Week, ada: Window, ben: Window, records: dict[str, str]) -> None:
    """Tuesday's doses and Wednesday's talks."""
    for therapist, code in ((ada, "W-01"), (ben, "W-02")):
        start = week.on(TUESDAY, 10)
        week.on(TUESDAY, 13)
        therapist.open(records[code])
        log_dosing(therapist, start)
        start = week.on(WEDNESDAY, 10)
        week.on(WEDNESDAY, 12)
        therapist.open(records[code])
        log_integration(therapist, start)
        therapist.open(records[code])
        assert therapist.marks("dosing") == therapist.marks("integration") == 1
    week.picture(ada, "the-week-so-far")


def ben_writes_while_he_is_taken_off(week: Week, lead: Window, ben: Window, records: dict[str, str]) -> None:
    """What he wrote comes back to him, and nothing of the patient with it."""
    start = week.on(THURSDAY, 10)
    week.on(THURSDAY, 12)
    ben.open(records["W-02"])
    ben.press("Log integration")
    ben.fill("Start", f"{start:%Y-%m-%dT%H:%M}")
    ben.fill("Progress note", "A page of notes that took twenty minutes to write.")
    lead.open(records["W-02"])
    lead.press("Care team")
    lead.press("End now for Ben Okoro")
    ben.press("Save")
    assert ben.refused == 404
    assert "took twenty minutes" in ben.page.content()
    assert "W-02" not in ben.words
    week.picture(ben, "taken-off-while-writing")
    lead.open(f"{records['W-02']}/team")
    lead.field("Who").select_option(label="Ben Okoro")
    lead.press("Add to the care team")


def caseload_is_handed_over(week: Week, lead: Window, ada: Window, ben: Window, records: dict[str, str]) -> None:
    """On Friday Ben leaves: his patient goes to Ada, and his window is shut at once."""
    week.on(FRIDAY, 9)
    lead.open("/users")
    lead.press("Ben Okoro")
    assert "hand over first" in lead.words.lower()
    lead.press("Hand over first")
    lead.field("To").select_option(label="Ada Moss")
    week.picture(lead, "hand-over")
    lead.press("Hand over")
    assert "Handed over to Ada Moss" in lead.words
    ben.open(records["W-02"])
    assert ben.refused == 404
    lead.open("/users")
    lead.press("Ben Okoro")
    lead.press("Shut Ben Okoro out")
    ben.open("/patients")
    assert ben.path == "/sign-in"
    ada.open("/patients")
    assert row(ada, "W-01").count() == row(ada, "W-02").count() == 1
    week.picture(ada, "two-patients")
    lead.open("/users")
    with lead.page.expect_navigation():
        lead.page.locator("#staff").get_by_role("link", name="Rowan Leigh").click()
    lead.page.get_by_label("Clinic lead", exact=True).uncheck()
    lead.page.get_by_label("Therapist", exact=True).check()
    lead.press("Save")
    assert "only clinic lead" in lead.words
    week.picture(lead, "last-lead-stays")


def addresses_and_passwords_change(week: Week, ada: Window, phones: dict[str, Window]) -> None:
    """A therapist changes her address, confirmed at both; a patient has forgotten the password."""
    week.on(FRIDAY, 11)
    ada.open("/account/address")
    ada.fill("Your new e-mail address", "ada.moss@example.org")
    ada.fill("Your current password", PASSWORD)
    ada.press("Send the letters")
    for number, address in ((2, ADA), (1, "ada.moss@example.org")):
        ada.open(week.post.link(address, number=number))
        ada.press("Confirm")
    assert "changed" in ada.words
    again = week.window().sign_in("ada.moss@example.org", PASSWORD)
    again.open("/account")
    week.picture(again, "where-signed-in")
    phone = week.window(phone=True)
    phone.open("/sign-in")
    phone.press("Forgot your password?")
    phone.fill("Your e-mail address", FIRST)
    phone.press("Send the link")
    assert "If an account has this address" in phone.words
    phone.open(week.post.link(FIRST, number=2))
    phone.fill("A new password", "another wind over the bay")
    phone.press("Change the password")
    phone.sign_in(FIRST, "another wind over the bay")
    phones["W-01"].open("/my")
    assert phones["W-01"].path == "/sign-in"
    phones["W-01"] = phone


def next_week_shows_what_came_of_it(
    week: Week, lead: Window, ada: Window, records: dict[str, str], phones: dict[str, Window]
) -> None:
    """Both answer again; the lead finds who responded, and the patient who read the record."""
    week.on(NEXT_WEDNESDAY, 9)
    answer_phq9(phones["W-01"], "Not at all")
    answer_phq9(phones["W-02"], "Nearly every day")
    phones["W-01"].open("/my")
    week.picture(phones["W-01"], "my-progress")
    lead.open("/patients")
    expect(row(lead, "W-01")).to_contain_text("Responding")
    expect(row(lead, "W-02")).to_contain_text("No response yet")
    week.picture(lead, "caseload")
    lead.fill("Code or name", "w-02")
    lead.press("Search")
    assert "find=" in lead.page.url
    assert "w-02" not in lead.page.url.lower()
    assert row(lead, "W-01").count() == 0
    lead.open("/patients?state=responding")
    assert row(lead, "W-02").count() == 0
    lead.open(f"{records['W-01']}/doses")
    assert "reliably better" in lead.words
    week.picture(lead, "before-and-after")
    lead.open("/log?patient=W-02")
    assert "Ben Okoro wrote up a session with W-02" in lead.words
    assert "Rowan Leigh handed over W-02" in lead.words
    week.picture(lead, "log")
    phones["W-02"].press("See it on your page")
    phones["W-02"].open("/my/readers")
    assert "Ben Okoro" in phones["W-02"].words
    assert "wrote up a session" in phones["W-02"].words
    week.picture(phones["W-02"], "who-opened-my-record")
