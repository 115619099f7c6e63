"""Alerts: raised once, never lost, shown to those who should act, closed with what was done."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.core.db import db, new_id
from kap.core.refusal import Refused
from kap.people.actions import deactivate, join_care_team
from kap.people.models import Patient, User
from kap.safety.actions import act_on, raise_alert
from kap.safety.models import Alert, AlertKind
from kap.safety.queries import alerts_with_others, open_alert_count, open_alerts
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

BrowserOf = Callable[[str | None], Browser]
THOUGHTS = AlertKind.SUICIDAL_THOUGHTS


def user(cast: Cast, name: str) -> User:
    """One of the cast; needs an application context."""
    return db.session.get_one(User, cast[name])


def patient(cast: Cast, name: str) -> Patient:
    """A patient of the cast; needs an application context."""
    return db.session.get_one(Patient, cast[name])


def test_one_source_raises_one_alert_whose_level_rises_and_never_falls(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        source, of, by = new_id(), patient(cast, "patient"), user(cast, "patient account")
        alerts = [raise_alert(of, kind=THOUGHTS, source_id=source, level=n, by=by) for n in (1, 3, 2, 3)]
        assert len({alert.id for alert in alerts}) == 1
        assert alerts[0].level == 3
        raised = select(func.count()).where(AuditEvent.action == Action.ALERT_RAISED)
        assert db.session.scalar(raised.where(AuditEvent.object_id == alerts[0].id)) == 2


def test_a_closed_alert_keeps_what_was_done_and_a_higher_answer_raises_another(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        source, of, by = new_id(), patient(cast, "patient"), user(cast, "therapist")
        first = raise_alert(of, kind=THOUGHTS, source_id=source, level=1, by=by)
        act_on(first, action="Called, safe for now", by=by)
        assert raise_alert(of, kind=THOUGHTS, source_id=source, level=1, by=by) is first
        second = raise_alert(of, kind=THOUGHTS, source_id=source, level=3, by=by)
        assert second.id != first.id
        assert second.open
        assert (first.action, first.acted_by, first.level) == ("Called, safe for now", by.id, 1)


def test_an_alert_and_the_answer_that_raised_it_are_written_together_or_not_at_all(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        before = db.session.scalar(select(func.count()).select_from(Alert))
        by, of = user(cast, "patient account"), patient(cast, "patient")

        def fail_after_raising() -> None:
            with recording(Action.ANSWERS_KEPT, by=by, patient=of):
                raise_alert(of, kind=THOUGHTS, source_id=new_id(), level=1, by=by)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_after_raising()
        assert db.session.scalar(select(func.count()).select_from(Alert)) == before


def test_alerts_reach_the_team_or_the_lead_where_there_is_none(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        alone = raise_alert(patient(cast, "unseen"), kind=THOUGHTS, source_id=new_id(), level=2, by=None).id
        of_team = cast["alert"]

        def seen(name: str) -> tuple[set[object], set[object], int]:
            who = user(cast, name)
            mine, others = open_alerts(who), alerts_with_others(who)
            return {a.id for a in mine}, {a.id for a in others}, open_alert_count(who)

        assert seen("therapist") == seen("medical") == ({of_team}, set(), 1)
        assert seen("lead") == ({alone}, {of_team}, 1)
        for name in ("former", "other", "admin", "patient account"):
            assert seen(name) == (set(), set(), 0), name
        assert seen("foreign lead") == (set(), {cast["foreign alert"]}, 0)

        join_care_team(patient(cast, "unseen"), user(cast, "other"), by=user(cast, "lead"))
        assert seen("other")[0] == {alone}
        assert seen("lead")[0] == set()
        deactivate(user(cast, "other"), by=user(cast, "lead"))
        assert seen("lead")[0] == {alone}


def test_nobody_is_shown_alerts_about_themselves(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        of, lead = patient(cast, "unseen"), user(cast, "lead")
        raise_alert(of, kind=THOUGHTS, source_id=new_id(), level=2, by=None)
        with recording(Action.PATIENT_CHANGED, by=lead, patient=of):
            of.user_id = lead.id
        assert open_alerts(lead) == []
        assert {alert.patient_id for alert in alerts_with_others(lead)} == {cast["patient"]}


def test_the_list_says_what_was_answered_and_is_logged(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    page = browser_of("therapist").get("/alerts")
    assert "Patient One" in page.words
    assert "“Several days”" in page.words
    assert "no risk" not in page.words.lower()
    with stage.app.app_context():
        seen = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == Action.LIST_VIEWED).order_by(AuditEvent.at.desc())
        ).first()
        assert seen is not None
        assert seen.actor_id == cast["therapist"]
        assert seen.detail == {"name": "alerts", "patients": [str(cast["patient"])]}


def test_acting_closes_the_alert_with_what_was_done(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("therapist")
    page = browser.get(f"/alerts/{cast['alert']}")
    assert "A score is not an assessment: talk with the person." in page.words
    assert "Not saved yet" in browser.fill(action="  \n ", status=200).words
    url, sent = browser.ready(action="Called at noon; <b>sees</b> us tomorrow.")
    page = browser.send(url, sent, status=200)
    assert "Nothing is waiting for you" in page.words
    page = browser.get(f"/alerts/{cast['alert']}")
    assert "<b>sees</b> us tomorrow." in page.words
    assert page.forms() == []
    with stage.app.app_context():
        alert = db.session.get_one(Alert, cast["alert"])
        assert (alert.acted_by, alert.open) == (cast["therapist"], False)
        assert b"Called" not in (alert.action_sealed or b"")
        with pytest.raises(Refused, match="already"):
            act_on(alert, action="Again", by=user(cast, "medical"))
        assert alert.action.startswith("Called at noon")
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == Action.ALERT_ACTED_ON)).one()
        assert (event.actor_id, event.patient_id, event.object_id) == (
            cast["therapist"],
            cast["patient"],
            cast["alert"],
        )


def test_a_colleague_who_comes_second_keeps_their_text(cast: Cast, browser_of: BrowserOf) -> None:
    first, second = browser_of("therapist"), browser_of("medical")
    for browser in (first, second):
        browser.get(f"/alerts/{cast['alert']}")
    first.fill(action="Called.", status=200)
    page = second.fill(action="I called as well, and agreed on Friday.", status=200)
    assert "Somebody has written down already" in page.words


def test_a_long_text_is_taken_whole_and_a_longer_one_refused(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("therapist")
    browser.get(f"/alerts/{cast['alert']}")
    assert "At most 100,000" in browser.fill(action="ä" * 100_001, status=200).words
    browser.fill(action="ä" * 100_000, status=200)
    with stage.app.app_context():
        assert db.session.get_one(Alert, cast["alert"]).action == "ä" * 100_000


def test_a_zero_byte_is_refused(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("therapist")
    browser.get(f"/alerts/{cast['alert']}")
    url, sent = browser.ready(action="zero\0")
    assert "cannot be saved" in browser.client.post(url, data=sent).text
    with stage.app.app_context():
        assert db.session.get_one(Alert, cast["alert"]).open


@pytest.mark.parametrize("who", ["other", "former", "admin", "foreign lead", "foreign therapist", "patient account"])
def test_nobody_else_sees_or_closes_an_alert(stage: Stage, cast: Cast, browser_of: BrowserOf, who: str) -> None:
    browser = browser_of(who)
    outside = 403 if who == "patient account" else 404
    browser.get(f"/alerts/{cast['alert']}", outside)
    browser.get("/account")
    token = {"csrf_token": browser.ready()[1]["csrf_token"][0], "action": "Nothing"}
    assert browser.client.post(f"/alerts/{cast['alert']}", data=token).status_code == outside
    with stage.app.app_context():
        assert db.session.get_one(Alert, cast["alert"]).open
