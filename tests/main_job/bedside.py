"""What is done in every dosing session, page after page, on the phones of those who are there."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import Locator, expect

from tests.main_job.window import Window

ESKETAMINE = "Esketamine nasal spray"
EQUIPMENT = ("Oxygen", "Airway and bag", "AED", "Suction", "Rescue medicines", "Pulse oximeter")
CHECKS = (
    "Alert and oriented",
    "Vital signs stable",
    "Breathing not compromised",
    "Sedation and dissociation resolved",
    "Walks steadily",
    "Nausea under control",
    "A responsible adult",
    "Instructions in writing",
    "Told: no driving",
    "No new or worse suicidal thoughts",
)
SIGNS = ("Upper BP", "Lower BP", "Heart rate", "SpO₂")


def wall(moment: datetime) -> str:
    """A moment as it is typed."""
    return f"{moment:%Y-%m-%dT%H:%M}"


def begin(window: Window, record: str) -> str:
    """Start a dosing session on the page of a patient; gives its address."""
    window.open(record)
    window.press("Start dosing now")
    return window.path.removesuffix("/eligibility")


def check_eligibility(nurse: Window, session: str, route: str, seen: datetime) -> None:
    """Answer the checklist with a no to everything, and the screening."""
    nurse.open(f"{session}/eligibility")
    for button in nurse.page.get_by_role("button", name="No to all others").all():
        nurse.touch(button)
    nurse.press("Save and go on")
    nurse.fill("Indication", "Depression that two medicines did not lift.")
    nurse.fill("History and physical examination of", f"{seen:%Y-%m-%d}")
    nurse.fill("Examined by", "Dr Haddad")
    nurse.choose("Medicines and allergies gone through", "Yes")
    if route == ESKETAMINE:
        nurse.tick("Takes any of these", "None")
        nurse.choose("Enrolled in the REMS", "Yes")
    nurse.choose("Pregnancy", "Cannot be pregnant")
    nurse.fill("Ketamine before, and what came of it", "None.")
    nurse.choose("Eligible", "Yes")
    nurse.pick("Decided by", "Noor")
    nurse.press("Save")
    assert "and complete" in nurse.words, nurse.words


def agree(therapist: Window, session: str, *kinds: str) -> None:
    """Write down the consents, then the intention and the setting."""
    therapist.open(f"{session}/consent")
    for kind in kinds:
        therapist.pick("For", kind)
        therapist.fill("Version of the text", "3")
        therapist.press("Save")
    assert "All that this session wants is in force." in therapist.words
    therapist.open(f"{session}/sheets/setting")
    therapist.fill("Intention", "To put the stone down.")
    therapist.choose("Touch that is agreed", "None")
    therapist.fill("Stop signal", "A raised hand")
    therapist.fill("Who is in the room", "Ada and Noor")
    therapist.press("Save")
    assert "and complete" in therapist.words, therapist.words


def make_ready(nurse: Window, session: str, route: str, mg: str, now: datetime) -> None:
    """Fill in what is asked before the dose."""
    nurse.open(f"{session}/sheets/before")
    fill_readiness(nurse, route, mg, now)
    nurse.press("Save")
    assert "and complete" in nurse.words, nurse.words


def fill_readiness(nurse: Window, route: str, mg: str, now: datetime) -> None:
    """Type it, without saving."""
    nurse.choose("Where it takes place", "Clinic")
    nurse.choose("Planned route", route)
    nurse.fill("Planned dose", mg)
    nurse.tick("Identity checked by", "Full name", "Date of birth")
    nurse.choose("The patient agrees again today", "Yes")
    nurse.fill("Escort", "Her sister")
    nurse.choose("Way home is arranged", "Escort drives")
    nurse.fill("Last solid food", wall(now - timedelta(hours=8)))
    nurse.fill("Last drink", wall(now - timedelta(hours=3)))
    if route == ESKETAMINE:
        nurse.choose("Nasal steroid or decongestant today", "No")
        nurse.choose("Prescriber on site", "Yes")
    nurse.choose("Blood pressure medicine", "Takes none")
    nurse.tick("In the last 24 hours", "None of these")
    nurse.choose("Anything new since the last time", "No")
    nurse.choose("Suicidal thoughts today", "None")
    nurse.choose("Oriented", "Fully")
    nurse.tick("At hand and checked", *EQUIPMENT)


def decide(nurse: Window, decision: str, reason: str = "") -> None:
    """Say go or no-go on the page for it."""
    nurse.choose("Decision", decision)
    nurse.fill("Why", reason)
    nurse.press("Save the decision")


def sheet(window: Window, name: str) -> Locator:
    """Open what is to be tapped in the room."""
    window.touch(window.page.locator(".taps").get_by_role("link", name=name, exact=True))
    return window.page.locator(".sheet:target")


def tap(window: Window, name: str, button: str, *, words: str = "", choice: str = "") -> None:
    """Open a sheet, say what there is to say, tap the button, and wait until it is safe."""
    opened = sheet(window, name)
    if words:
        opened.locator("[name=words]").fill(words)
    if choice:
        window.touch(opened.locator("label", has_text=choice).first)
    window.touch(opened.get_by_role("button", name=button).first)
    safe(window)


def read(window: Window, *values: int) -> None:
    """Write down upper and lower blood pressure, heart rate and oxygen saturation."""
    opened = window.page.locator(".sheet:target")
    if not opened.is_visible():
        opened = sheet(window, "Vital signs")
    for sign, value in zip(SIGNS, values, strict=False):
        opened.get_by_label(sign).fill(str(value))
    window.touch(opened.get_by_role("button", name="Save"))
    safe(window)


def answer(window: Window, *done: str, words: str = "") -> None:
    """Say what was done about the first alert of the room."""
    window.touch(window.page.get_by_role("link", name="What was done?").first)
    opened = window.page.locator(".sheet:target")
    for one in done:
        window.touch(opened.locator("label", has_text=one))
    opened.locator("[name=words]").fill(words)
    window.touch(opened.get_by_role("button", name="Save"))
    safe(window)


def safe(window: Window) -> None:
    """Wait until the page says that all of it is kept, and shows it."""
    expect(window.page.locator("#saved")).to_have_text(re.compile("^Saved"))
    expect(window.page.locator("#unsaved")).to_be_hidden()
    expect(window.page.locator(".sheet:target")).to_have_count(0)


def tell_experience(therapist: Window, session: str) -> None:
    """Write down how it was."""
    therapist.open(f"{session}/sheets/experience")
    therapist.fill("Narrative", "The stone rolled by itself.")
    therapist.choose("Challenging experience", "None")
    therapist.choose("Touch was given", "No")
    therapist.press("Save")
    assert "and complete" in therapist.words, therapist.words


def discharge(nurse: Window, session: str, left: datetime, *, rems: bool = False) -> None:
    """Go through the checklist, and let the patient go home."""
    nurse.open(f"{session}/sheets/discharge")
    for check in CHECKS:
        nurse.choose(check, "Yes")
    nurse.choose("How it ended", "Discharged home")
    nurse.fill("Left at", f"{left:%H:%M}")
    nurse.fill("Went home with", "Her sister")
    if rems:
        nurse.fill("Would have been ready to leave after", "95")
    nurse.pick("Stable and ready to leave, decided by", "Noor")
    nurse.press("Save")
    assert "and complete" in nurse.words, nurse.words


def after_care(therapist: Window, session: str, booked: datetime) -> None:
    """Say what was given along."""
    therapist.open(f"{session}/sheets/after-care")
    therapist.choose("Emergency contact given", "Yes")
    therapist.choose("Crisis card shown", "Yes")
    therapist.fill("Integration booked for", f"{booked:%Y-%m-%d}")
    therapist.press("Save")
    assert "and complete" in therapist.words, therapist.words


def call(therapist: Window, code: str) -> None:
    """Call a patient on the day after, from the list of calls that are due."""
    therapist.open("/calls")
    therapist.press(code)
    therapist.choose("Reached", "Yes")
    therapist.choose("Suicidal thoughts", "None")
    therapist.press("Save the call")
    assert "The call is saved" in therapist.words


def sign(window: Window, part: str) -> None:
    """Read a part and sign it, from the page of the session."""
    window.press(f"Read and sign the {part} part")
    window.touch(window.page.get_by_role("button", name="Sign as "))
    window.page.wait_for_url("**/dosing")
    assert "Signed. It stays as it is" in window.words
