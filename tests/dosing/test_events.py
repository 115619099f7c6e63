"""Adverse events: reported, completed, followed; how bad they were and how serious are two things."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from kap.core import clock
from kap.core.db import db
from kap.dosing.rules.events import Told, wanting
from kap.treatment.models import AdverseEvent, EventTerm
from kap.treatment.terms import TERMS
from tests.browser import Browser, Page
from tests.cast import Cast

BrowserOf = Callable[[str], Browser]


def report(browser: Browser, session_id: UUID, **fields: Any) -> Page:
    """Write an event down."""
    page = browser.get(f"/sessions/{session_id}/events")
    return browser.fill(len(page.forms()) - 1, **fields)


def stored(session_id: UUID) -> list[AdverseEvent]:
    """The rows of a session, in order."""
    return list(
        db.session.scalars(select(AdverseEvent).where(AdverseEvent.session_id == session_id).order_by(AdverseEvent.id))
    )


def test_the_terms_of_the_quick_form_are_in_the_vocabulary() -> None:
    assert {term.value: term.label for term in EventTerm} == {term: TERMS[term].label for term in EventTerm}
    assert all(len(key) <= 40 for key in TERMS)
    assert len({term.label for term in TERMS.values()}) == len(TERMS)


def test_an_event_is_reported_and_completed(app: Flask, come: UUID, therapist: Browser, medical: Browser) -> None:
    page = report(therapist, come, term="headache", severity="severe", serious="no", status=200)
    assert "Headache" in page.words
    assert "Severe" in page.words
    with app.app_context():
        (row,) = stored(come)
    medical.get(f"/adverse-events/{row.id}")
    page = medical.fill(
        outcome="recovered",
        ctcae_grade="2",
        relatedness="probable",
        action_taken="none",
        treatment="Water and rest",
        why="She called",
        status=200,
    )
    for words in ("Recovered", "2: Moderate", "Probable", "Water and rest", "What was said before (1)", "She called"):
        assert words in page.words, words
    with app.app_context():
        first, second = stored(come)
        assert (first.in_error, first.outcome, first.severity) == (True, None, "severe")
        assert (second.corrects_id, second.outcome, second.serious) == (first.id, "recovered", False)


def test_mild_can_be_serious_and_waits_until_it_is_reported(
    app: Flask, come: UUID, therapist: Browser, browser_of: BrowserOf
) -> None:
    page = report(therapist, come, term="fall", severity="mild", serious="yes")
    assert "by which criterion" in page.words
    page = report(therapist, come, term="fall", severity="mild", serious="no", criteria=["hospital"])
    assert "By these criteria it was serious" in page.words
    page = therapist.fill(serious="yes", status=200)
    assert "Hospital stay" in page.words
    for reader in ("lead", "medical", "therapist"):
        assert "Serious, and not reported yet" in browser_of(reader).get("/events").words
    assert "Fall" not in browser_of("other").get("/events").words
    with app.app_context():
        (row,) = stored(come)
    medical = browser_of("medical")
    medical.get(f"/adverse-events/{row.id}")
    medical.fill(reported_to="FDA MedWatch", report_reference="77", outcome="recovered", status=200)
    assert "Fall" not in medical.get("/events").words
    assert "FDA MedWatch · 77" in medical.get(f"/sessions/{come}/events").words


def test_a_follow_up_is_due_until_it_is_settled(app: Flask, come: UUID, medical: Browser) -> None:
    later = f"{clock.now() + timedelta(days=3):%Y-%m-%d}"
    report(medical, come, term="dysuria", severity="mild", follow_up_on=later, outcome="recovering", status=200)
    assert "To be followed up" in medical.get("/events").words
    with app.app_context():
        (row,) = stored(come)
    medical.get(f"/adverse-events/{row.id}")
    medical.fill(outcome="recovered", status=200)
    assert "Painful urination" not in medical.get("/events").words


def test_something_else_is_said_in_words(come: UUID, therapist: Browser) -> None:
    assert "say what happened" in report(therapist, come, term="other", severity="mild").words
    page = therapist.fill(words="Hiccups", status=200)
    assert "Hiccups" in page.words


def test_of_two_who_complete_an_event_the_second_is_asked_to_look(
    app: Flask, come: UUID, therapist: Browser, medical: Browser
) -> None:
    report(therapist, come, term="nausea", severity="mild", status=200)
    with app.app_context():
        (row,) = stored(come)
    therapist.get(f"/adverse-events/{row.id}")
    medical.get(f"/adverse-events/{row.id}")
    therapist.fill(outcome="recovered", status=200)
    page = medical.fill(treatment="Ondansetron")
    assert "Somebody has added to this in the meantime" in page.words
    assert "Ondansetron" in page.text


def test_an_event_that_never_was_stays_readable(app: Flask, come: UUID, therapist: Browser) -> None:
    report(therapist, come, term="nausea", severity="mild", status=200)
    with app.app_context():
        (row,) = stored(come)
    therapist.get(f"/adverse-events/{row.id}/withdraw")
    page = therapist.fill(why="Another patient", status=200)
    assert "Another patient" in page.words
    assert "Struck" in therapist.get(f"/sessions/{come}").words


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"term": ""}, "choose what happened"),
        ({"onset_at": "2099-01-01T10:00"}, "in the future"),
        ({"onset_at": "2026-03-17T10:00", "ended_at": "2026-03-17T09:00"}, "ended after it began"),
    ],
)
def test_what_cannot_be_is_asked_for_again(
    app: Flask, come: UUID, therapist: Browser, fields: dict[str, str], message: str
) -> None:
    page = report(therapist, come, **({"term": "nausea", "severity": "mild"} | fields))
    assert message in page.words
    with app.app_context():
        assert stored(come) == []


def test_the_lead_reads_and_does_not_write(come: UUID, cast: Cast, browser_of: BrowserOf) -> None:
    assert not browser_of("lead").get(f"/sessions/{come}/events").forms()
    assert "Headache" in browser_of("lead").get(f"/sessions/{cast['dosing']}/events").words


def test_what_is_wanted_of_an_event() -> None:
    assert wanting(Told("nausea", severity="mild")) == []
    assert wanting(Told("medication_error")) == ["How bad it was is not said yet"]
    assert wanting(Told("fall", severity="mild", serious=True, criteria="hospital", reported_to="FDA")) == [
        "The outcome is not said yet"
    ]
