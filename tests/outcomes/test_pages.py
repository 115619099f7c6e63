"""The caseload, the patient's page, and what the patient sees of the same record."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.measures.actions import mark_score_in_error
from kap.measures.models import Score
from kap.outcomes.models import CourseOutcome
from kap.people.models import Patient, User
from tests.browser import Browser
from tests.cast import NOW, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]


def patient_page(cast: Cast) -> str:
    return f"/patients/{cast['patient']}"


def test_the_verdict_stands_in_one_sentence_with_its_evidence(browser_of: SignIn, cast: Cast) -> None:
    with clock.at(NOW - timedelta(days=40)):
        page = browser_of("therapist").get(patient_page(cast))
    assert "went from 20 to 5 and has stayed in response for 5 weeks after the last dose" in page.words
    assert "A score is a measurement, not a diagnosis." in page.words
    assert "Reliable change6 points" in page.words


def test_therapist_lead_and_patient_see_the_same_chart(browser_of: SignIn, cast: Cast) -> None:
    lines = set()
    for who, url in (("therapist", patient_page(cast)), ("lead", patient_page(cast)), ("patient account", "/my")):
        page = browser_of(who).get(url)
        paths = page.root.iter("{http://www.w3.org/2000/svg}path")
        lines.add(tuple(path.get("d") for path in paths if path.get("class") == "line"))
    assert len(lines) == 1
    assert lines.pop()


def test_the_patient_sees_of_a_session_its_day_its_kind_and_what_they_agreed_to(browser_of: SignIn, cast: Cast) -> None:
    page = browser_of("patient account").get("/my")
    assert "Dosing session" in page.words
    assert "We agreed: canary practice" in page.words
    canaries = ("canary narrative", "canary intention", "canary summary", "canary theme", "canary preparation")
    for hidden in ("50 mg", "IM injection", *canaries, "Item 9", "relapse", str(cast["dosing"])):
        assert hidden not in page.text


def test_measure_and_range_are_links(browser_of: SignIn, cast: Cast) -> None:
    browser = browser_of("therapist")
    page = browser.get(patient_page(cast))
    links = [a.get("href", "") for nav in page.root.iter("nav") for a in nav.iter("a")]
    assert [link for link in links if "span=26w" in link]
    for link in [link for link in links if "span=" in link]:
        browser.get(link)


@pytest.mark.parametrize("query", ["measure=nothing", "span=9w", "course=abc", "measure=%3Cscript%3E&span=&course="])
def test_an_address_that_asks_for_nonsense_shows_the_usual_page(browser_of: SignIn, cast: Cast, query: str) -> None:
    page = browser_of("therapist").get(f"{patient_page(cast)}?{query}")
    assert "PHQ-9 over time" in page.words
    assert "<script>" not in page.text.split("<body>")[1]


def test_the_list_shows_verdict_last_score_and_days_since_the_dose(browser_of: SignIn, cast: Cast) -> None:
    with clock.at(NOW - timedelta(days=40)):
        page = browser_of("lead").get("/patients")
    assert "Lasting 5 weeks" in page.words
    assert "5 PHQ-9" in page.words
    assert "48 days" in page.words
    assert "Open alert" in page.words


def test_the_list_says_stale_once_the_day_has_come(browser_of: SignIn, cast: Cast) -> None:
    page = browser_of("lead").get("/patients")
    assert "Not enough data was: lasting, 5 weeks" in page.words


def test_a_lead_sees_the_clinic_and_a_therapist_the_care_team(browser_of: SignIn, cast: Cast) -> None:
    assert "P-002" in browser_of("lead").get("/patients").words
    assert "P-002" not in browser_of("therapist").get("/patients").words
    assert "No patients yet" in browser_of("former").get("/patients").words


def test_a_score_entered_in_error_leaves_verdict_list_and_chart(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        user = db.session.get_one(User, cast["therapist"])
        mark_score_in_error(db.session.get_one(Score, cast["score"]), reason="Wrong patient", by=user)
        outcome = db.session.scalars(select(CourseOutcome).where(CourseOutcome.patient_id == cast["patient"])).one()
        assert outcome.latest == 7
    browser = browser_of("therapist")
    assert "27 January 2026" not in browser.get(patient_page(cast)).words
    assert "27 January 2026" in browser.get(f"{patient_page(cast)}/in-error").words


def test_what_is_seen_is_in_the_log_before_it_is_sent(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    browser = browser_of("lead")
    browser.get(patient_page(cast))
    browser.get("/patients")
    with stage.app.app_context():
        seen = db.session.execute(
            select(AuditEvent.action, AuditEvent.object_id, AuditEvent.detail)
            .where(AuditEvent.actor_id == cast["lead"])
            .where(AuditEvent.action.in_([Action.RECORD_VIEWED, Action.LIST_VIEWED]))
            .order_by(AuditEvent.at)
        ).all()
    assert (Action.RECORD_VIEWED, cast["patient"]) in [(row.action, row.object_id) for row in seen]
    assert str(cast["unseen"]) in seen[-1].detail["patients"]


@pytest.mark.parametrize("page", ["patient", "caseload", "side-by-side", "doses"])
def test_a_page_asks_few_statements(browser_of: SignIn, stage: Stage, cast: Cast, page: str) -> None:
    browser = browser_of("therapist")
    asked: list[str] = []

    def count(connection: object, cursor: object, statement: str, *more: object) -> None:
        if statement.split()[0] not in ("BEGIN", "SET"):
            asked.append(statement)

    with stage.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    addresses = {"patient": patient_page(cast), "caseload": "/patients"}
    browser.get(addresses.get(page, f"{patient_page(cast)}/{page}"))
    event.remove(engine, "before_cursor_execute", count)
    assert 3 <= len(asked) <= 12, asked


def test_a_measure_without_thresholds_is_charted_and_not_judged(browser_of: SignIn, cast: Cast) -> None:
    browser = browser_of("therapist")
    browser.get(f"{patient_page(cast)}/measures/mood")
    browser.fill(taken_on="2026-02-01", q1="6", status=200)
    page = browser.get(f"{patient_page(cast)}?measure=mood")
    assert "Not validated" in page.words
    assert "there is no verdict" in page.words


def test_a_name_is_text_and_never_markup(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    browser = browser_of("therapist")
    browser.get(f"{patient_page(cast)}/edit")
    browser.fill(name=hostile)
    for who in ("therapist", "lead"):
        for url in (patient_page(cast), "/patients"):
            assert hostile not in browser_of(who).get(url).text
    with stage.app.app_context():
        assert db.session.scalar(select(func.count()).where(Patient.name == hostile)) == 1
