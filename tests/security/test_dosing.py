"""Attacks on the record of a dose: by those who may do less, by keys of others, by what no page sends."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from kap.core import clock
from kap.core.db import db
from kap.dosing.actions.giving import give, withdraw
from kap.dosing.models import Administration, Decision, GivenBy, Observation
from kap.dosing.rules.giving import Giving
from kap.dosing.rules.room import OLDEST, moment_of_tap
from kap.people.models import User
from kap.treatment.actions import change_details, mark_session_in_error, plan_session
from kap.treatment.models import AdverseEvent, Course, DosingSession, Kind, Medicine, Part, Route, Status
from kap.treatment.queries import signatures_of
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]
INFUSION = Giving(clock.now(), Route.IV_INFUSION, Medicine.KETAMINE, Decimal(40), GivenBy.STAFF, weight_kg=Decimal(80))


def planned_in(cast: Cast, minutes: int = 30) -> tuple[DosingSession, User]:
    """A session of the patient whose hour came so many minutes ago, and the nurse; in an application context."""
    course, by = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["medical"])
    session = plan_session(course, kind=Kind.DOSING, starts_at=clock.now() - timedelta(minutes=minutes), by=by)
    assert isinstance(session, DosingSession)
    return session, by


def given_by_staff(stage: Stage, cast: Cast) -> tuple[UUID, UUID]:
    """An infusion that runs: its session and its row."""
    with stage.app.app_context():
        session, by = planned_in(cast)
        row = give(session, INFUSION._replace(at=clock.now() - timedelta(minutes=5)), reason="As ordered.", by=by)
        return session.id, row.id


@pytest.mark.parametrize("name", ["patient account", "admin", "therapist", "foreign therapist", "gone"])
def test_a_decision_is_only_of_those_who_may_decide(stage: Stage, cast: Cast, browser_of: SignIn, name: str) -> None:
    browser = browser_of("medical")
    browser.get(f"/sessions/{cast['dosing']}/decision")
    page = browser.fill(decision="hold", reason="Not today.", decided_by=cast[name], status=200)
    assert "Not a valid choice" in page.words
    with stage.app.app_context():
        assert db.session.scalars(select(Decision)).all() == []


def test_a_therapist_corrects_and_takes_back_nothing_that_staff_gave(
    stage: Stage, cast: Cast, browser_of: SignIn
) -> None:
    session_id, row_id = given_by_staff(stage, cast)
    therapist = browser_of("therapist")
    page = therapist.get(f"/sessions/{session_id}/administration")
    assert f"/administrations/{row_id}/correct" not in page.text
    assert f"/administrations/{row_id}/correct" not in therapist.get(f"/sessions/{session_id}/room").text
    for what in ("correct", "withdraw"):
        therapist.get(f"/administrations/{row_id}/{what}", status=403)
    browser_of("medical").get(f"/administrations/{row_id}/correct")


def test_an_infusion_does_not_end_with_more_than_was_asked_about(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """Else whoever may not confirm an amount that looks like a slip writes it down all the same."""
    _, row_id = given_by_staff(stage, cast)
    browser = browser_of("therapist")
    browser.get(f"/administrations/{row_id}/go-on")
    assert "more than was to be given" in browser.fill(what="end", amount_mg="4000", status=200).words
    with stage.app.app_context():
        assert not db.session.get_one(Administration, row_id).in_error


def test_only_an_infusion_goes_on(cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("medical")
    browser.get(f"/administrations/{cast['giving']}/go-on")
    assert "Only an infusion goes on" in browser.fill(what="end", status=200).words


def test_what_a_therapist_signed_stays_a_session_that_took_place(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    session_id, row_id = given_by_staff(stage, cast)
    browser = browser_of("therapist")
    browser.get(f"/sessions/{session_id}/sign/therapy")
    browser.fill(status=200)
    with stage.app.app_context():
        by = db.session.get_one(User, cast["medical"])
        withdraw(db.session.get_one(Administration, row_id), why="Never given.", by=by)
        session = db.session.get_one(DosingSession, session_id)
        assert set(signatures_of(session)) == {Part.THERAPY}
        assert (session.status, session.dose_mg) == (Status.TOOK_PLACE, None)


def test_a_plan_for_another_day_is_given_today(stage: Stage, cast: Cast) -> None:
    """Its planned end lies before the dose, and holds nobody up."""
    with stage.app.app_context():
        session, by = planned_in(cast, minutes=60 * 24 * 3)
        session_id = session.id
        change_details(
            session,
            version=None,
            status=Status.PLANNED,
            status_reason="",
            starts_at=session.starts_at,
            ends_at=session.starts_at + timedelta(hours=3),
            team=[],
            by=by,
        )
        give(session, INFUSION._replace(at=clock.now() - timedelta(minutes=5)), reason="As ordered.", by=by)
    with stage.app.app_context():
        session = db.session.get_one(DosingSession, session_id)
        assert (session.status, session.ends_at) == (Status.TOOK_PLACE, None)


def test_an_event_of_a_session_in_error_stays_as_it_is(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with stage.app.app_context():
        session, by = db.session.get_one(DosingSession, cast["dosing"]), db.session.get_one(User, cast["medical"])
        mark_session_in_error(session, reason="Another patient.", by=by)
    browser = browser_of("therapist")
    changes: list[tuple[str, dict[str, Any]]] = [("", {"severity": "severe"}), ("/withdraw", {"why": "No."})]
    for path, typed in changes:
        browser.get(f"/adverse-events/{cast['adverse']}{path}")
        assert "entered in error" in browser.fill(status=200, **typed).words
    with stage.app.app_context():
        assert not db.session.get_one(AdverseEvent, cast["adverse"]).in_error


@pytest.mark.parametrize("kind", ["observation", "words", "medication", "intervention"])
def test_a_tap_with_a_number_that_it_has_not_is_refused(
    stage: Stage, cast: Cast, browser_of: SignIn, kind: str
) -> None:
    browser = browser_of("therapist")
    path = f"/sessions/{cast['dosing']}/room"
    browser.get(path)
    _, sent = browser.ready()
    sent |= {"kind": [kind], "whose": [str(cast["therapist"])], "words": ["said"], "value": ["9" * 30]}
    answer = browser.client.post(path, data=sent, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 422
    with stage.app.app_context():
        assert len(db.session.scalars(select(Observation).where(Observation.session_id == cast["dosing"])).all()) == 2


@pytest.mark.parametrize("tapped", [0, -(10**400), 10**400])
def test_a_tap_is_of_now_or_of_the_last_hours_whatever_it_says(tapped: int) -> None:
    now = clock.now()
    assert now - OLDEST <= moment_of_tap(tapped, 0, now) <= now
