"""Courses: opened, changed, ended, through the pages."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.models import Patient
from kap.treatment.actions import open_course
from kap.treatment.models import Condition, Course
from tests.browser import Browser
from tests.cast import Cast

BrowserOf = Callable[[str], Browser]


@pytest.fixture
def therapist(browser_of: BrowserOf) -> Browser:
    """The therapist of the patient, signed in."""
    return browser_of("therapist")


def end(browser: Browser, cast: Cast, day: str = "2026-03-17") -> None:
    """End the course of the patient."""
    browser.get(f"/courses/{cast['course']}/end")
    browser.fill(ended_on=day, end_reason="completed")


def test_a_second_open_course_is_refused(therapist: Browser, cast: Cast) -> None:
    therapist.get(f"/patients/{cast['patient']}/courses/new")
    page = therapist.fill(condition="anxiety", primary_measure="gad-7", opened_on="2026-03-17")
    assert "has an open course" in page.words


def test_of_two_who_open_a_course_at_once_one_is_refused(app: Flask, cast: Cast) -> None:
    together = Barrier(2)

    def try_it(day: date) -> str:
        with app.app_context():
            patient = db.session.get_one(Patient, cast["unseen"])
            together.wait(10)
            try:
                open_course(patient, condition=Condition.PTSD, primary_measure="pcl-5", opened_on=day, by=None)
            except Refused as refused:
                return refused.sentence
            return ""

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(try_it, (date(2026, 3, 1), date(2026, 3, 2))))
    assert said[0] == ""
    assert "has an open course" in said[1]
    with app.app_context():
        open_courses = select(func.count()).where(Course.patient_id == cast["unseen"], Course.ended_on.is_(None))
        assert db.session.scalar(open_courses) == 1


def test_the_database_itself_keeps_no_second_open_course(app: Flask, cast: Cast) -> None:
    with app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        with pytest.raises(IntegrityError), recording(Action.COURSE_OPENED, by=None, patient=patient):
            db.session.add(Course.of(patient, primary_measure="phq-9", opened_on=date(2026, 3, 1)))


def test_a_course_is_changed(therapist: Browser, cast: Cast) -> None:
    therapist.get(f"/courses/{cast['course']}/edit")
    therapist.fill(condition="anxiety", primary_measure="gad-7", planned_doses="8", status=200)
    therapist.get(f"/courses/{cast['course']}/edit")
    sent = therapist.ready()[1]
    assert (sent["condition"], sent["primary_measure"], sent["planned_doses"]) == (["anxiety"], ["gad-7"], ["8"])


def test_a_stale_course_is_not_overwritten(therapist: Browser, browser_of: BrowserOf, cast: Cast) -> None:
    medical = browser_of("medical")
    medical.get(f"/courses/{cast['course']}/edit")
    therapist.get(f"/courses/{cast['course']}/edit")
    therapist.fill(planned_doses="8", status=200)
    medical.fill(planned_doses="9", status=409)


def test_a_measure_says_what_it_is_made_for(therapist: Browser, cast: Cast) -> None:
    page = therapist.get(f"/courses/{cast['course']}/edit")
    assert "PHQ-9 (for treatment-resistant depression, suicidal ideation)" in page.words
    assert "PCL-5 (for PTSD)" in page.words


def test_suicidal_ideation_is_followed_by_the_phq_9(therapist: Browser, cast: Cast) -> None:
    therapist.get(f"/courses/{cast['course']}/edit")
    page = therapist.fill(condition="suicidal_ideation", primary_measure="gad-7")
    assert "follows the PHQ-9" in page.words
    therapist.fill(primary_measure="phq-9", status=200)


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2126-01-01", "lies in the future"),
        ("1950-01-01", "before the patient was born"),
        ("2025-12-01", "opened after this day"),
        ("2025-12-19", "took place after this day"),
        ("", "Please give the date"),
    ],
)
def test_a_course_ends_on_a_day_that_can_be(therapist: Browser, cast: Cast, day: str, message: str) -> None:
    end(therapist, cast, day)
    assert therapist.page is not None
    assert message in therapist.page.words


def test_an_ended_course_takes_late_entries_and_no_later_sessions(therapist: Browser, cast: Cast) -> None:
    end(therapist, cast, "2026-03-10")
    new = f"/patients/{cast['patient']}/sessions/new?kind=dosing"
    assert "needs a new course" in therapist.get(new).words
    page = therapist.fill(starts_at="2026-03-11T10:00", narrative="Kept")
    assert "This course ended on 10 March 2026" in page.words
    assert "Kept" in page.text
    page = therapist.fill(starts_at="2026-03-10T10:00")
    assert "Took place" in page.words


def test_after_one_course_another_can_be_opened_and_the_session_chosen_for_it(therapist: Browser, cast: Cast) -> None:
    end(therapist, cast)
    therapist.get(f"/patients/{cast['patient']}/courses/new")
    therapist.fill(condition="ptsd", primary_measure="pcl-5", opened_on="2026-03-18", status=200)
    therapist.get(f"/patients/{cast['patient']}/sessions/new?kind=dosing")
    page = therapist.fill(starts_at="2026-03-18T09:00")
    assert "Course PTSD" in page.words
    assert "Dose 1" in page.words


def test_without_a_course_the_page_offers_to_open_one(browser_of: BrowserOf, cast: Cast) -> None:
    therapist = browser_of("therapist")
    therapist.get("/patients/new")
    code = f"T-{clock.now() + timedelta(0):%H%M%S}"
    page = therapist.fill(code=code)
    patient = page.response.request.path.rsplit("/", 1)[1]
    page = therapist.get(f"/patients/{patient}/sessions/new?kind=dosing")
    assert "There is no course yet" in page.words
    assert f"/patients/{patient}/courses/new" in page.text
