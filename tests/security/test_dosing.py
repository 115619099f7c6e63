"""Attacks on the record of a dose: by those who may do less, by keys of others, by what no page sends."""

import json
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
from kap.dosing.queries.content import content_of
from kap.dosing.queries.phases import record_of
from kap.dosing.rules.giving import Giving
from kap.dosing.rules.room import OLDEST, moment_of_tap
from kap.people.models import User
from kap.treatment.actions import change_details, mark_session_in_error, plan_session
from kap.treatment.content import canonical, digest_of
from kap.treatment.models import AdverseEvent, Course, DosingSession, Kind, Medicine, Part, Route, Status
from kap.treatment.queries import signatures_of
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage
from tests.security.test_kept import at_once

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


def sending(browser: Browser, url: str, sent: dict[str, list[str]]) -> Callable[[], int]:
    """The act of sending this, which gives the status of its answer."""
    return lambda: browser.client.post(url, data=sent).status_code


@pytest.mark.parametrize("what", ["tap", "sheet", "dose"])
def test_what_comes_while_somebody_signs_is_signed_or_refused(
    stage: Stage, cast: Cast, browser_of: SignIn, what: str
) -> None:
    signer, writer = browser_of("medical"), browser_of("therapist")
    typed: dict[str, dict[str, Any]] = {
        "tap": {"kind": "words", "whose": cast["therapist"], "words": "It is warm."},
        "sheet": {"left_with": "Her sister"},
        "dose": {"route": "sublingual", "amount_mg": "50", "given_by": "self_observed", "reason": "As ordered."},
    }
    for _ in range(4):
        session_id, _row = given_by_staff(stage, cast)
        signer.get(f"/sessions/{session_id}/sign/administration")
        signing, signed = signer.ready()
        path = {"tap": "room", "sheet": "sheets/discharge", "dose": "administration"}[what]
        writer.get(f"/sessions/{session_id}/{path}")
        writing, written = writer.ready(-1 if what == "dose" else 0, **typed[what])
        url = f"/sessions/{session_id}/room" if what == "tap" else writing
        codes = at_once(sending(signer, signing, signed), sending(writer, url, written))
        kept = codes[1] == 302
        assert kept or codes[0] == 302, codes
        with stage.app.app_context():
            session = db.session.get_one(DosingSession, session_id)
            signature = signatures_of(session).get(Part.ADMINISTRATION)
            assert (signature is not None) == (codes[0] == 302)
            if signature is not None:
                record = record_of(session)
                content = json.loads(signature.content)
                assert len(content["observations"]) == len(record.observations)
                assert len(content["administrations"]) == len(record.administrations)
                assert set(content["sheets"]) == set(record.sheets)
                assert digest_of(canonical(content_of(record, Part.ADMINISTRATION))) == signature.digest


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount_mg": "999999.99", "confirmed": "im ketamine 999999.99 mg 70 kg"}, "which is no dose"),
        ({"amount_mg": "", "amount_mg_kg": "999999", "weight_kg": "999"}, "less than 1,000,000 mg"),
        ({"route": "oral", "tablets": "1000", "strength_mg": "0.05"}, "These are too many"),
        ({"at": "1066-10-14T10:00"}, "the earliest date taken here"),
        ({"weight_on": "1066-10-14"}, "the earliest date taken here"),
    ],
)
def test_a_dose_that_no_record_holds_stays_on_the_page(
    cast: Cast, browser_of: SignIn, typed: dict[str, Any], said: str
) -> None:
    browser = browser_of("medical")
    browser.get(f"/sessions/{cast['dosing']}/administration")
    usual = {"route": "im", "amount_mg": "50", "weight_kg": "70", "given_by": "staff", "reason": "As ordered."}
    page = browser.fill(-1, status=200, **usual | typed)
    assert said in page.words
    assert page.response.request.method == "POST", "It was taken."


def test_a_unit_holds_what_the_ledger_can_count(cast: Cast, browser_of: SignIn) -> None:
    for strength, volume in (("0.01", "0.01"), ("999999", "999999")):
        browser = browser_of("medical")
        browser.get("/stock/products/new")
        page = browser.fill(name="Heron", mg_per_ml=strength, volume_ml=volume, status=200)
        assert "what one unit holds" in page.words


@pytest.mark.parametrize(
    "value", ["-1", "9" * 5000, "x", "0001-01-01", "9999-12-31", "%00", "11111111-1111-1111-1111-111111111111"]
)
def test_questions_about_doses_and_drugs(cast: Cast, browser_of: SignIn, value: str) -> None:
    browser = browser_of("medical")
    for path in (
        "/stock/log?since={0}&until={0}&product={0}&place={0}",
        "/stock/receive?lot={0}&place={0}",
        "/stock/waste?lot={0}&place={0}",
        f"/sessions/{cast['dosing']}/room/news?seen={{0}}",
        f"/patients/{cast['patient']}/sessions/new?kind=dosing&status=planned&at={{0}}",
    ):
        assert browser.client.get(path.format(value)).status_code == 200, path
    for at in (value, "dosing.sheet/" + value, "a.b/" + "c" * 300):
        browser.get(f"/sessions/{cast['dosing']}/administration")
        answer = browser.client.post(
            f"/patients/{cast['patient']}/drafts?at={at}", data={"csrf_token": browser.ready(-1)[1]["csrf_token"]}
        )
        assert answer.status_code in (200, 400), at


def test_a_page_of_another_route_has_no_form_to_send(cast: Cast, browser_of: SignIn) -> None:
    """A dose by another route has nothing to do with the REMS; its pages answer all the same."""
    browser = browser_of("therapist")
    browser.get(f"/sessions/{cast['dosing']}/rems")
    answer = browser.client.get(f"/sessions/{cast['dosing']}/rems.pdf")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "canary" not in answer.headers["Content-Disposition"]
