"""What is done again and again on the pages."""

from datetime import date, datetime

from playwright.sync_api import expect

from tests.main_job.window import Window

ASKED = 9
"""The questions of a PHQ-9."""


def add_patient(therapist: Window, code: str, opened_on: date) -> str:
    """Add a patient with a course that follows the PHQ-9; gives the address of their page."""
    therapist.open("/patients")
    therapist.press("New patient")
    therapist.fill("Code", code)
    therapist.press("Add the patient")
    therapist.press("Open a course")
    therapist.field("Condition").select_option(label="Treatment-resistant depression")
    therapist.field("Primary measure").select_option(value="phq-9")
    therapist.fill("Opened on", opened_on.isoformat())
    therapist.press("Open the course")
    return therapist.path


def enter_on_paper(therapist: Window, answer: str, taken_on: date) -> None:
    """Enter a PHQ-9 with the same answer to all questions but the last, which is a no."""
    therapist.press("Enter a score")
    therapist.press("Enter PHQ-9")
    therapist.fill("Date of the form", taken_on.isoformat())
    for number in range(1, ASKED):
        therapist.choose(f"{number}. ", answer)
    therapist.choose(f"{ASKED}. ", "Not at all")
    therapist.press("Save")


def answer_phq9(patient: Window, words: str) -> None:
    """Answer a PHQ-9 on the phone, the same to all questions but the last, which is a no."""
    patient.open("/my")
    patient.press("Answer a questionnaire")
    patient.press("Start PHQ-9")
    for numbers, button in (((1, 2, 3), "Next"), ((4, 5, 6), "Next"), ((7, 8, 9), "Finish")):
        for number in numbers:
            patient.choose(f"{number}. ", "Not at all" if number == 9 else words)
            expect(patient.page.locator("#saved")).to_have_text("Saved")
        patient.press(button)


def log_dosing(therapist: Window, start: datetime) -> None:
    """Log an IM dose with its monitoring, an adverse event and a narrative."""
    therapist.press("Log dosing")
    therapist.fill("Start", f"{start:%Y-%m-%dT%H:%M}")
    therapist.choose("Route", "IM injection")
    therapist.fill("Dose", "60")
    therapist.fill("Weight", "80")
    assert "0.75 mg/kg" in therapist.words
    therapist.fill("Time, row 1", f"{start:%H:%M}")
    therapist.fill("Upper BP, row 1", "128")
    therapist.fill("Lower BP, row 1", "82")
    therapist.fill("Heart rate, row 1", "71")
    therapist.field("How bad, Nausea").select_option(label="Mild")
    therapist.fill("Narrative", "The kitchen of her grandmother, and the smell of bread.")
    therapist.press("Save")


def log_integration(therapist: Window, start: datetime) -> None:
    """Log the talk after a dose."""
    therapist.press("Log integration")
    therapist.fill("Start", f"{start:%Y-%m-%dT%H:%M}")
    therapist.fill("Length", "50")
    therapist.fill("Insights, in the patient’s words", "Rest without having earned it")
    therapist.fill("Progress note", "She slept nine hours.")
    therapist.press("Save")
