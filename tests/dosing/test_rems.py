"""The record for the REMS form: all that is known stands on the page, and what is not is left to be filled in."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date

import pytest

from kap.dosing.rems import DUE_DAYS, Paper, Pressure, RemsForm, rems_pdf

WHOLE = RemsForm(
    first_name="Nora",
    middle_initial="E",
    last_name="Quill",
    birth_date=date(1984, 3, 2),
    sex="Female",
    first_treatment=False,
    enrolled=True,
    benzodiazepines=False,
    other_sedatives=False,
    opioids=False,
    psychostimulants=True,
    maois=False,
    monitored_by="Dr Helen Marsh",
    monitor_phone="+1 555 0100",
    monitor_email="medical@example.org",
    setting_name="Harbour Clinic",
    setting_address="1 Quay Street",
    setting_city="Portland",
    setting_state="Maine",
    setting_zip="04101",
    treated_on=date(2026, 11, 27),
    dose_mg=84,
    lots="22AB123, 22AB124",
    total_minutes=128,
    ready_after_minutes=95,
    vitals_acceptable_before=True,
    vitals_acceptable_at_end=True,
    pressure_before=Pressure(124, 78, "10:02"),
    pressure_at_40=Pressure(148, 92, "10:45"),
    pressure_at_end=Pressure(126, 80, "12:09"),
    sedation=True,
    sedation_told="Drowsy until 70 minutes; answered when spoken to.",
    dissociation=True,
    dissociation_told="Felt far away for half an hour.",
    respiratory_depression=True,
    respiratory_depression_told="Breathing slowed for a minute.",
    serious_event=True,
    serious_event_told="None of the listed; observed overnight.",
    reference="H-06",
)


def words(form: RemsForm, paper: Paper = "us-letter") -> str:
    """The text of the page as it is laid out, with single spaces."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (Debian: poppler-utils)")
    pdf = rems_pdf(form, paper=paper)
    read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(read.stdout.decode().split())


def test_all_that_is_known_stands_on_the_page() -> None:
    assert WHOLE.missing == []
    page = words(WHOLE)
    for value in (
        "Nora",
        "Quill",
        "2 March 1984",
        "Female",
        "Dr Helen Marsh",
        "+1 555 0100",
        "medical@example.org",
        "Harbour Clinic",
        "1 Quay Street",
        "Portland",
        "Maine",
        "04101",
        "27 November 2026",
        "56 mg X 84 mg Other",
        "22AB123, 22AB124",
        "128",
        "95",
        "124 / 78",
        "148 / 92",
        "126 / 80",
        "at 10:45",
        "Drowsy until 70 minutes",
        "Felt far away",
        "Breathing slowed",
        "observed overnight",
        "Session H-06",
        "Page 1 of 1",
    ):
        assert value in page


def test_yes_and_no_are_told_apart() -> None:
    page = words(WHOLE)
    assert "First treatment with Spravato? Yes X No" in page
    assert "If so: enrolled in the REMS? X Yes No" in page
    assert "Psychostimulants X Yes No" in page
    assert "Opioids Yes X No" in page
    assert "Was there a serious adverse event? X Yes No" in page


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_what_is_not_known_is_left_blank_on_one_page(paper: Paper) -> None:
    page = words(RemsForm(), paper)
    assert "X" not in page.replace("X-", "")
    assert "None" not in page
    assert "Other: ______ mg" in page
    assert page.count("____ / ____ mmHg") == 3
    assert len(re.findall("Yes No", page)) == 13
    assert "by 1" not in page
    assert "Page 1 of 1" in page


def test_it_says_that_nothing_was_submitted_and_by_when_it_is_due() -> None:
    page = words(WHOLE)
    assert "Nothing was submitted. The software never submits for the clinic." in page
    assert WHOLE.due_on == date(2026, 12, 4)
    assert f"within {DUE_DAYS} days: by 4 December 2026" in page
    assert "not the form of the REMS" in page


def test_another_dose_is_written_out() -> None:
    assert "X Other: 28 mg" in words(replace(WHOLE, dose_mg=28))


@pytest.mark.parametrize(
    "typed",
    [
        '#sys.inputs *bold* _it_ $x^2$ @ref <label> // no comment `raw` = heading \\ #import "x.typ"',
        '"}], "sex": "forged',
        '#read("/etc/passwd")',
        "Zoë Łukaszewicz Ὀδυσσεύς Достоевский",
    ],
)
def test_what_was_typed_is_text_whatever_stands_in_it(typed: str) -> None:
    page = words(replace(WHOLE, sedation_told=typed))
    assert typed in page
    assert "Female" in page


def test_long_texts_go_on_to_another_page_and_nothing_is_cut_off() -> None:
    told = " ".join(f"Sentence {number} of a long account." for number in range(300))
    page = words(replace(WHOLE, serious_event_told=told))
    assert "Sentence 0 of" in page
    assert "Sentence 299 of" in page
    assert "Page 3 of 3" in page


def test_the_same_form_gives_the_same_bytes() -> None:
    assert rems_pdf(WHOLE) == rems_pdf(replace(WHOLE))
    assert rems_pdf(WHOLE) != rems_pdf(replace(WHOLE, dose_mg=56))


def test_what_is_missing_is_named() -> None:
    assert replace(WHOLE, lots=None, pressure_at_40=Pressure()).missing == ["lots", "pressure_at_40"]
    assert replace(WHOLE, first_treatment=True, enrolled=None).missing == ["enrolled"]
    assert replace(WHOLE, first_treatment=False, enrolled=None).missing == []
    assert replace(WHOLE, maois=False, total_minutes=0).missing == []
