"""The arc of a course: what was intended, what came up, what was agreed and what became of it, and the scores since."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from kap.core import clock
from kap.core.db import db
from kap.dosing.actions.phases import save_sheet
from kap.dosing.rules.sheets import SHEETS
from kap.durability import Reading
from kap.outcomes.rules import Change, since_dose
from kap.people.models import Patient, User
from kap.treatment.actions import (
    mark_session_in_error,
    open_course,
    record_dosing,
    record_integration,
    record_preparation,
)
from kap.treatment.models import Condition, Course, Kept, Practice, Status, Theme, TreatmentSession
from kap.treatment.practices import Agreed, Found, tick
from tests.browser import Browser
from tests.cast import NOW, Cast
from tests.conftest import Stage
from tests.durability.histories import PHQ9

SignIn = Callable[[str | None], Browser]
DOSED = date(2026, 3, 2)


def arc_page(cast: Cast) -> str:
    return f"/courses/{cast['course']}/arc"


@contextmanager
def statements(stage: Stage) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(*args: Any) -> None:
        if not args[2].startswith(("BEGIN", "SET")):
            asked.append(args[2])

    with stage.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_the_sessions_stand_in_order_with_what_was_written_in_them(browser_of: SignIn, cast: Cast) -> None:
    words = browser_of("therapist").get(arc_page(cast)).words
    told = [
        "Preparation Draft",
        "canary preparation",
        "Preparation What it was about signed words",
        "Dose 1 IM injection, 50 mg, 0.71 mg/kg",
        "canary intention",
        "canary narrative",
        "Integration Draft",
        "26 hours after dose 1 What came up",
        "Grief and loss",
        "canary summary",
        "canary theme",
        "canary practice",
        "Integration Planned",
        "canary plan",
    ]
    places = [words.index(one) for one in told]
    assert places == sorted(places)


def test_the_head_says_where_the_course_stands_as_the_patients_page_does(browser_of: SignIn, cast: Cast) -> None:
    with clock.at(NOW - timedelta(days=40)):
        words = browser_of("therapist").get(arc_page(cast)).words
        other = browser_of("therapist").get(f"/patients/{cast['patient']}").words
    sentence = "The PHQ-9 score went from 20 to 5 and has stayed in response for 5 weeks after the last dose"
    assert sentence in words
    assert sentence in other
    assert "Treatment-resistant depression" in words
    assert "1 of 1 dose was followed by an integration session within 12–72 hours." in words
    assert "not evidence of cause" in words


def test_a_lead_reads_the_same_and_others_do_not(browser_of: SignIn, cast: Cast) -> None:
    assert browser_of("lead").get(arc_page(cast)).words == browser_of("medical").get(arc_page(cast)).words
    browser_of("patient account").get(arc_page(cast), 403)
    for who in ("other", "former", "foreign lead"):
        browser_of(who).get(arc_page(cast), 404)


def test_insights_marks_and_what_became_of_it_are_told(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(NOW):
        course, by = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        dose = record_dosing(
            course, by=by, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(days=3), intention="To look once."
        )
        sheet = {"narrative": "A red door.", "tags": ["peace", "grief", "unheard of"], "challenging": "moderate"}
        save_sheet(dose, SHEETS["experience"], answers=sheet, version=0, by=by)
        talk = record_integration(
            course,
            by=by,
            status=Status.TOOK_PLACE,
            starts_at=NOW - timedelta(days=2),
            answers={"insights": "The door was mine."},
            narrative="Told at length.",
            coded_themes=[Theme.GRIEF],
            practices=[Agreed("Ten minutes of walking", often="daily"), Agreed("A letter")],
            integrates=[dose.id],
        )
        first, second = [practice.id for practice in talk.practices]
        tick(db.session.get_one(Practice, first), on=NOW.date(), by=by)
        record_integration(
            course,
            by=by,
            status=Status.TOOK_PLACE,
            starts_at=NOW - timedelta(hours=1),
            practice_reviews={first: Found(Kept.KEPT), second: Found(Kept.DROPPED)},
            intention_reviews={dose.id: Found(Kept.CHANGED, "To look twice.")},
        )
        page = browser_of("therapist").get(arc_page(cast))
    for told in (
        "Intended changedTo look once.",
        "Peace Grief Challenging: moderate A red door.",
        "The door was mine.",
        "Ten minutes of walking · daily Still doing it last ticked 18 March 2026",
        "A letter Let go",
        "Integration 24 hours later",
    ):
        assert told in page.words
    assert "unheard of" not in page.words
    assert "Told at length." not in page.words
    assert "/sessions?theme=grief" in page.text


def test_a_dose_that_nothing_followed_is_said_and_drawn_open(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(NOW):
        course, by = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        record_dosing(course, by=by, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(hours=20))
        page = browser_of("therapist").get(arc_page(cast))
        later = NOW + timedelta(days=20)
    assert "No integration session yet" in page.words
    assert "1 of 1 dose was followed by an integration session within 12–72 hours; 1 still open." in page.words
    assert "Dose without integration" in page.words
    with clock.at(later):
        words = browser_of("therapist").get(arc_page(cast)).words
    assert "No integration session followed" in words
    assert "1 of 2 doses was followed" in words
    assert "Of the others: 1 by none." in words


def test_what_was_entered_in_error_is_not_on_the_arc(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        session = db.session.get_one(TreatmentSession, cast["integration"])
        mark_session_in_error(session, reason="Another patient", by=db.session.get_one(User, cast["therapist"]))
    words = browser_of("therapist").get(arc_page(cast)).words
    assert "canary summary" not in words
    assert "canary practice" not in words
    assert "0 of 1 dose was followed" in words


def test_a_course_without_sessions_is_told_kindly(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        patient, by = db.session.get_one(Patient, cast["unseen"]), db.session.get_one(User, cast["lead"])
        course = open_course(
            patient,
            condition=Condition.ANXIETY,
            primary_measure="gad-7",
            planned_doses=None,
            opened_on=NOW.date(),
            by=by,
        )
        address = f"/courses/{course.id}/arc"
    assert "The arc begins with a session" in browser_of("lead").get(address).words


def test_forty_sessions_cost_as_many_statements_as_five(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    browser = browser_of("therapist")
    with statements(stage) as few:
        browser.get(arc_page(cast))
    with stage.app.app_context():
        course, by = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        told: dict[str, Any] = {"by": by, "status": Status.TOOK_PLACE}
        for number in range(12):
            at = NOW - timedelta(days=80 - 6 * number)
            record_preparation(course, starts_at=at, narrative=f"before {number}", **told)
            record_dosing(course, starts_at=at + timedelta(days=1), intention=f"intention {number}", **told)
            record_integration(
                course, starts_at=at + timedelta(days=2), practices=[Agreed(f"practice {number}")], **told
            )
    with statements(stage) as many:
        words = browser.get(arc_page(cast)).words
    assert "practice 11" in words
    assert len(many) == len(few) <= 18, many


def since(*scores: tuple[int, float], until: int = 30) -> tuple[float | None, Change | None]:
    readings = [Reading(DOSED + timedelta(days=day), score) for day, score in scores]
    found = since_dose(DOSED, DOSED + timedelta(days=until), readings, scale=PHQ9, higher_is_worse=True)
    return found.better, found.change


def test_the_last_score_up_to_the_dose_is_set_against_the_last_one_since() -> None:
    assert since((-9, 21), (0, 20), (3, 16), (20, 12), (31, 3)) == (8, Change.BETTER)
    assert since((-1, 12), (1, 14)) == (-2, Change.WITHIN)
    assert since((-1, 10), (5, 18)) == (-8, Change.WORSE)


def test_without_a_score_on_either_side_nothing_is_compared() -> None:
    assert since((-40, 21), (3, 16)) == (None, None)
    assert since((-2, 21), (0, 16)) == (None, None)
    assert since() == (None, None)


@given(st.lists(st.tuples(st.integers(-60, 60), st.integers(0, 27)), max_size=12), st.integers(0, 60))
def test_no_score_of_after_the_day_or_before_the_dose_is_one_since(scores: list[tuple[int, int]], until: int) -> None:
    readings = [Reading(DOSED + timedelta(days=day), float(score)) for day, score in scores]
    last = DOSED + timedelta(days=until)
    found = since_dose(DOSED, last, readings, scale=PHQ9, higher_is_worse=True)
    assert found.latest is None or DOSED < found.latest.on <= last
    assert found.before is None or found.before.on <= DOSED
    assert (found.latest is None) == (not any(0 < day <= until for day, _ in scores))


@pytest.mark.parametrize("who", ["therapist", "lead"])
def test_the_pages_lead_to_the_arc(browser_of: SignIn, cast: Cast, who: str) -> None:
    browser = browser_of(who)
    for page in (
        f"/patients/{cast['patient']}",
        f"/sessions/{cast['integration']}",
        f"/sessions/{cast['dosing']}/dosing",
    ):
        assert arc_page(cast) in browser.get(page).text
