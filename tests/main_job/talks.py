"""What is done again and again around the talks before and after a dose, on the pages."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Locator, expect

from tests.main_job.practice import ZONE
from tests.main_job.window import Window


def wall(moment: datetime) -> str:
    """A moment as it is typed."""
    return f"{moment:%Y-%m-%dT%H:%M}"


def unfold(window: Window, *titles: str) -> None:
    """Open groups of a form that are folded up."""
    for title in titles:
        fold = window.page.locator(f"//details[summary/h2[normalize-space()='{title}']]")
        if fold.get_attribute("open") is None:
            window.touch(fold.locator("summary").first)


def prepare(therapist: Window, record: str, start: datetime, intention: str) -> str:
    """Log a preparation with what matters in it; gives the address of the session."""
    therapist.open(record)
    therapist.press("Log preparation")
    therapist.fill("Start", wall(start))
    therapist.fill("Length", "50")
    unfold(therapist, "How and with whom", "What was explained")
    therapist.choose("Individual or group", "Individual")
    therapist.choose("Held", "In person")
    therapist.tick("Modality", "ACT", "Somatic")
    therapist.fill("How safe they feel here", "Safe, with the door in sight.")
    therapist.fill("Hopes", "To sleep through.")
    therapist.fill("Fears", "To lose hold of herself.")
    therapist.fill("Stop signal", "A raised hand")
    therapist.choose("Suicidal thoughts", "None")
    therapist.tick("Gone through", "What it can feel like", "What integration is for")
    therapist.fill("Intention", intention)
    therapist.fill("Progress note", "We went through the day of the dose.")
    therapist.press("Save")
    return saved(therapist)


def dose(therapist: Window, record: str, start: datetime, intention: str, narrative: str) -> str:
    """Log a dose; gives the address of the session."""
    therapist.open(record)
    therapist.press("Log dosing")
    therapist.fill("Start", wall(start))
    therapist.choose("Route", "IM injection")
    therapist.fill("Dose", "60")
    therapist.fill("Weight", "80")
    therapist.fill("Intention", intention)
    therapist.fill("Narrative", narrative)
    therapist.press("Save")
    return saved(therapist)


def saved(therapist: Window) -> str:
    """The address of the session that was just saved."""
    assert re.fullmatch(r"/sessions/[0-9a-f-]+(/dosing)?", therapist.path), therapist.words
    return therapist.path.removesuffix("/dosing")


def begin_integration(therapist: Window, record: str, start: datetime) -> None:
    """Open the form of an integration session that nobody had booked."""
    therapist.open(record)
    therapist.press("Log integration")
    therapist.fill("Start", wall(start))
    therapist.fill("Length", "50")


def agree(therapist: Window, *practices: tuple[str, str]) -> None:
    """Write down what is agreed, a row for each: what, and how often."""
    for number, (words, often) in enumerate(practices, 1):
        if therapist.field(f"What, row {number}").count() == 0:
            therapist.touch(therapist.page.get_by_role("button", name="Another one"))
        therapist.fill(f"What, row {number}", words)
        therapist.fill(f"How often, row {number}", often)


def found(therapist: Window, about: str, status: str, words: str = "") -> None:
    """Say what became of something from earlier."""
    row = therapist.page.locator("fieldset.found", has=therapist.page.locator("legend", has_text=about)).first
    row.get_by_label("What became of it").select_option(label=status)
    if words:
        row.get_by_label("In").fill(words)


def sign(therapist: Window, session: str) -> None:
    """Read a talk session and sign it."""
    therapist.open(session)
    therapist.press("Read and sign")
    with therapist.page.expect_navigation():
        therapist.touch(therapist.page.get_by_role("button", name="Sign as "))
    assert "Signed by" in therapist.words, therapist.words


def line(window: Window, section: str, code: str) -> Locator:
    """The line about a patient in a section of the day."""
    return window.page.locator(f"#{section} li", has_text=code)


def book_in_two_taps(therapist: Window, code: str) -> None:
    """From the day: open the line's own act, and touch the first time that is free."""
    therapist.open("/day")
    taps = 0
    for target in (
        line(therapist, "integrate", code).get_by_role("link", name=re.compile("^Book")),
        therapist.page.locator(".times button").first,
    ):
        with therapist.page.expect_navigation():
            therapist.touch(target)
        taps += 1
    assert taps == 2
    assert therapist.path == "/day"
    assert "Booked: integration session on" in therapist.page.inner_text("body")
    expect(line(therapist, "integrate", code)).to_have_count(0)


def appointment(patient: Window) -> tuple[str, datetime]:
    """The file for the calendar that a patient downloads, and when it says that the appointment begins."""
    patient.open("/my")
    with patient.page.expect_download() as download:
        patient.touch(patient.page.get_by_role("link", name="Add to calendar").first)
    text = download.value.path().read_text()
    (start,) = re.findall(r"DTSTART:(\d+T\d+)Z", text)
    return text, datetime.strptime(start, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).astimezone(ZONE)


def practice(patient: Window, words: str) -> Locator:
    """What was agreed, as it stands on the patient's page for it."""
    return patient.page.locator("section.card", has=patient.page.get_by_role("heading", name=words))


def tick(patient: Window, words: str, *, done: bool = True) -> None:
    """Tick the day of today, or take it back."""
    patient.open("/my/practices")
    button = practice(patient, words).get_by_role("button", name=re.compile("^I did this today"))
    expect(button).to_have_attribute("aria-pressed", "false" if done else "true")
    with patient.page.expect_navigation():
        patient.touch(button)
    expect(button).to_have_attribute("aria-pressed", "true" if done else "false")
