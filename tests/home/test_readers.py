"""Who opened a patient's record, for the patient: who, when, what, and nothing of what is not theirs to read."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db
from kap.home.readers import Month
from kap.people.models import Patient, User
from tests.browser import Browser, Page
from tests.cast import NOW, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]


def _lines(page: Page) -> list[str]:
    return [" ".join("".join(item.itertext()).split()) for part in page.root.iter("ol") for item in part.iter("li")]


def test_it_is_told_by_whom_when_and_what(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW):
        medical = browser_of("medical")
        medical.get(f"/patients/{cast['patient']}")
        medical.get(f"/sessions/{cast['dosing']}")
        browser_of("lead").get("/alerts")
        page = browser_of("patient account").get("/my/readers")
    assert "March 2026" in page.words
    assert _lines(page) == [
        "The lead, clinic lead saw you on the list of patients twice, 13:00",
        "The medical, prescriber or nurse read your record twice, 13:00",
        "The medical, prescriber or nurse saw you on the list of patients 13:00",
        "The therapist, therapist saw you on the list of patients 12:00",
        "The therapist, therapist wrote in your record 12:00",
        "The therapist, therapist planned a session 12:00",
    ]
    earlier = browser_of("patient account").get("/my/readers?month=2025-12")
    assert any("wrote up a session" in line for line in _lines(earlier))
    assert any("entered a score" in line for line in _lines(earlier))


def test_nothing_stands_there_that_is_not_the_patients_to_read(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """No texts, no other patients, no word of alerts, and not what they did themselves."""
    with clock.at(NOW):
        browser_of("therapist").get(f"/alerts/{cast['alert']}")
        browser_of("therapist").get("/alerts")
        pages = [browser_of("patient account").get(f"/my/readers?month=2026-{month:02}") for month in (1, 2, 3)]
    for page in pages:
        assert not {"alert", "canary", "P-0", "suicid", "harm"} & set(page.words.lower().split())
        assert "alert" not in page.words.lower()
        assert "patient account" not in " ".join(_lines(page)).lower()
    assert any("saw you on the list of patients" in line for line in _lines(pages[2]))


def test_lists_without_the_patient_are_not_told(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW), stage.app.app_context():
        other = db.session.get_one(User, cast["other"])
        with recording(Action.LIST_VIEWED, by=other) as look:
            look.detail = {"name": "caseload", "patients": [str(cast["unseen"])]}
    with clock.at(NOW):
        assert "The other" not in browser_of("patient account").get("/my/readers").words


def test_the_others_clinic_and_its_people_are_not_told(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW):
        page = browser_of("patient account").get("/my/readers")
    assert "foreign" not in page.words


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("2026-02", "February 2026"),
        ("", "March 2026"),
        ("2031-01", "March 2026"),
        ("1999-01", "November 2025"),
        ("0000-00", "March 2026"),
        ("2026-13", "March 2026"),
        ("%00<b>", "March 2026"),
        ("2026-02-01", "March 2026"),
    ],
)
def test_any_month_that_is_asked_for_gives_a_page(
    asked: str, shown: str, stage: Stage, cast: Cast, browser_of: SignIn
) -> None:
    with clock.at(NOW):
        page = browser_of("patient account").get(f"/my/readers?month={asked}")
    assert shown in [h2.text for h2 in page.root.iter("h2")]


def test_a_month_in_which_nobody_looked(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW + timedelta(days=60)):
        page = browser_of("patient account").get("/my/readers")
    assert "Nobody opened your record in May 2026" in page.words
    assert [link.text for link in page.root.iter("a") if link.get("rel") in ("prev", "next")] == ["April 2026"]


def test_what_the_command_line_did(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW), stage.app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        with recording(Action.SCORES_IMPORTED, by=None, patient=patient):
            pass
    with clock.at(NOW):
        lines = _lines(browser_of("patient account").get("/my/readers"))
    assert "The clinic's computer brought scores over from another file 13:00" in lines


def test_somebody_who_was_shut_out_is_still_named(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW), stage.app.app_context():
        gone, patient = (db.session.get_one(kind, cast[name]) for kind, name in ((User, "gone"), (Patient, "patient")))
        with recording(Action.RECORD_VIEWED, by=gone, patient=patient):
            pass
    with clock.at(NOW):
        assert "The gone, therapist read your record 13:00" in _lines(browser_of("patient account").get("/my/readers"))


def test_the_months_go_round_the_year() -> None:
    assert Month(2025, 12).next == Month(2026, 1)
    assert Month(2026, 1).previous == Month(2025, 12)
    assert Month(2026, 1).next.previous == Month(2026, 1)
