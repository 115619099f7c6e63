"""A dosing session through its pages: prepared, agreed to, decided, discharged and called after."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from kap.core import clock
from kap.core.db import db
from kap.dosing.models import Consent, Decision, EligibilityAnswer, FollowUpCall, Sheet
from kap.dosing.rules.eligibility import CHECKLIST
from kap.treatment.actions import record_dosing
from kap.treatment.models import Course, DosingSession, Route, Status
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]


@pytest.fixture
def therapist(browser_of: BrowserOf) -> Browser:
    """The therapist of the patient, signed in."""
    return browser_of("therapist")


@pytest.fixture
def medical(browser_of: BrowserOf) -> Browser:
    """The prescriber of the patient, signed in."""
    return browser_of("medical")


@pytest.fixture
def here(medical: Browser, cast: Cast) -> str:
    """Where a session that has just been started stands."""
    medical.get(f"/patients/{cast['patient']}/sessions/new")
    page = medical.fill(status=200)
    assert page.response.request.path.endswith("/eligibility")
    return page.response.request.path.removesuffix("/eligibility")


@pytest.fixture
def given(stage: Stage, cast: Cast) -> str:
    """Where a session of this morning stands, of which only the sum is written down."""
    with stage.app.app_context():
        session = record_dosing(
            db.session.get_one(Course, cast["course"]),
            by=None,
            status=Status.TOOK_PLACE,
            starts_at=clock.now() - timedelta(hours=3),
            dosed_at=clock.now() - timedelta(minutes=60),
            route=Route.ESKETAMINE_NASAL,
        )
        return f"/sessions/{session.id}"


def rows(app: Flask, kind: Any, here: str) -> list[Any]:
    """The rows of a kind that a session has, in order."""
    with app.app_context():
        query = select(kind).where(kind.session_id == UUID(here.rsplit("/", 1)[1]))
        return list(db.session.scalars(query.order_by(kind.id)))


def session_of(app: Flask, here: str) -> SimpleNamespace:
    """What the session says."""
    names = ("status", "status_reason", "starts_at", "intention", "narrative", "discharged_at", "left_with")
    with app.app_context():
        found = db.session.get_one(DosingSession, UUID(here.rsplit("/", 1)[1]))
        return SimpleNamespace(**{name: getattr(found, name) for name in names})


def local(minutes: int) -> str:
    """The time on the clinic's wall so many minutes from now, as a field for a date and a time takes it."""
    return f"{(clock.now() + timedelta(minutes=minutes)).astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%dT%H:%M}"


def ready(browser: Browser, here: str, **changes: Any) -> Page:
    """Save a sheet of readiness that leaves nothing open."""
    browser.get(f"{here}/sheets/before")
    answers: dict[str, Any] = {
        "place": "clinic",
        "planned_route": "im",
        "planned_mg": "35,5",
        "identity": ["name", "birth_date"],
        "consent_again": "yes",
        "escort": "His brother",
        "ride": "escort_drives",
        "last_food": local(-600),
        "last_drink": local(-240),
        "bp_medicine": "none",
        "substances": ["none"],
        "interval": "no",
        "suicide_risk": "none",
        "orientation": "fully",
        "equipment": ["oxygen", "airway"],
    }
    return browser.fill(status=200, **answers | changes)


def test_a_session_is_started_now_and_the_one_of_these_hours_is_opened_again(
    app: Flask, here: str, therapist: Browser, cast: Cast
) -> None:
    session = session_of(app, here)
    assert session.status == Status.PLANNED
    assert clock.now() - session.starts_at < timedelta(minutes=2)
    therapist.get(f"/patients/{cast['patient']}/sessions/new")
    page = therapist.fill(status=200)
    assert page.response.request.path == f"{here}/eligibility", "Two people start the same session."


@pytest.mark.parametrize(
    "page",
    ["eligibility", "consent", "sheets/setting", "sheets/experience", "sheets/discharge", "sheets/after-care", "call"],
)
def test_every_phase_opens_at_any_time_and_the_rail_says_where_it_stands(
    therapist: Browser, here: str, page: str
) -> None:
    words = therapist.get(f"{here}/{page}").words
    assert "Eligibility Next · " in words
    assert "Recovery and discharge To do" in words


def test_a_sheet_is_saved_as_incomplete_as_it_is_and_taken_up_by_somebody_else(
    app: Flask, therapist: Browser, medical: Browser, here: str
) -> None:
    medical.get(f"{here}/sheets/before")
    page = medical.fill(status=200, planned_mg="35,5", escort="His brother")
    assert "Readiness: saved; still missing: " in page.words
    therapist.get(f"{here}/sheets/before")
    _, sent = therapist.ready()
    assert (sent["planned_mg"], sent["escort"], sent["version"]) == (["35.5"], ["His brother"], ["1"])
    therapist.fill(status=200, ride="taxi")
    first, second = rows(app, Sheet, here)
    assert (first.number, second.number) == (1, 2)
    with app.app_context():
        assert "ride" not in first.answers, "What was saved first is not touched."
        assert second.answers["ride"] == "taxi"


def test_nothing_at_all_can_be_saved_too(therapist: Browser, here: str) -> None:
    therapist.get(f"{here}/sheets/experience")
    assert "Experience: saved; still missing" in therapist.fill(status=200).words


def test_what_cannot_be_read_is_asked_again_and_nothing_typed_is_lost(
    app: Flask, therapist: Browser, here: str
) -> None:
    therapist.get(f"{here}/sheets/before")
    page = therapist.fill(planned_mg="1,000", mental_state="Calm 🌊", last_food=local(60))
    assert "Is the comma a decimal point?" in page.words
    assert "lies in the future" in page.words
    assert "Calm 🌊" in page.text
    assert rows(app, Sheet, here) == []


def test_two_people_on_one_sheet_meet_both_texts(app: Flask, therapist: Browser, medical: Browser, here: str) -> None:
    therapist.get(f"{here}/sheets/setting")
    medical.get(f"{here}/sheets/setting")
    medical.fill(status=200, intention="To grieve.", stop_signal="Stop")
    page = therapist.fill(status=409, intention="To rest.")
    assert "To rest." in page.words
    assert "To grieve." in page.words
    therapist.fill(status=200)
    assert session_of(app, here).intention == "To rest."
    assert len(rows(app, Sheet, here)) == 2


def test_the_same_form_twice_is_one_change(app: Flask, therapist: Browser, here: str) -> None:
    therapist.get(f"{here}/sheets/setting")
    url, sent = therapist.ready(intention="To rest.")
    therapist.send(url, sent, status=200)
    page = therapist.send(url, sent, status=200)
    assert "This was saved already" in page.words
    assert len(rows(app, Sheet, here)) == 1


def test_the_experience_is_the_narrative_that_charts_and_timeline_show(
    app: Flask, therapist: Browser, given: str, cast: Cast
) -> None:
    therapist.get(f"{given}/sheets/experience")
    therapist.fill(
        status=200, narrative="Saw the sea.", peak="25", depth="8", tags=["peace", "visual"], challenging="none"
    )
    assert session_of(app, given).narrative == "Saw the sea."
    assert "Saw the sea." in therapist.get(f"/patients/{cast['patient']}").words
    words = therapist.get(f"{given}/dosing").words
    for said in ("Saw the sea.", "25 min after the dose", "Peace, Visions"):
        assert said in words


def test_save_and_go_on_leads_through_the_phases(therapist: Browser, here: str) -> None:
    therapist.get(f"{here}/sheets/before")
    page = therapist.fill(status=200, on="1")
    assert page.response.request.path == f"{here}/sheets/setting"
    page = therapist.fill(status=200, on="1")
    assert page.response.request.path == f"{here}/decision"


def answered(browser: Browser, here: str, **answers: Any) -> Page:
    """Say no to the whole checklist, but for what is given."""
    browser.get(f"{here}/eligibility")
    return browser.fill(status=200, **{item.name: "no" for item in CHECKLIST} | answers)


def test_the_checklist_keeps_who_when_and_evidence(app: Flask, medical: Browser, here: str) -> None:
    page = answered(medical, here, liver="unknown", liver_evidence="Tests are under way")
    assert "The checklist is saved, and complete." in page.words
    assert "Tests are under way" in page.text
    assert "Unknown on" in page.words
    assert len(rows(app, EligibilityAnswer, here)) == len(CHECKLIST)
    medical.fill(status=200)
    assert len(rows(app, EligibilityAnswer, here)) == len(CHECKLIST), "What stays as it was is not written again."


def test_an_absolute_yes_is_loud_until_it_is_cleared_and_again_once_that_has_run_out(
    medical: Browser, therapist: Browser, here: str
) -> None:
    page = answered(medical, here, aneurysm="yes", aneurysm_evidence="Aorta 4.1 cm")
    assert "Contraindicated on a label, and not cleared" in page.words
    assert "Contraindicated and not cleared: Aneurysm" in medical.get(f"{here}/decision").words
    assert "Clear" not in therapist.get(f"{here}/eligibility").words.replace("Cleared", "")
    therapist.get(f"{here}/eligibility/aneurysm/clear", status=403)
    medical.get(f"{here}/eligibility/aneurysm/clear")
    page = medical.fill(
        status=200, reason="Vascular surgeon agrees", until=f"{clock.now() + timedelta(days=30):%Y-%m-%d}"
    )
    assert "Contraindicated on a label" not in page.words
    assert "Vascular surgeon agrees" in page.words
    assert "not cleared" not in medical.get(f"{here}/decision").words
    with clock.at(clock.now() + timedelta(days=32)):
        assert "Clearance has run out" in medical.get(f"{here}/eligibility").words


def test_some_items_are_asked_again_in_each_session(medical: Browser, here: str, cast: Cast) -> None:
    answered(medical, here)
    medical.get(f"{here}/decision")
    medical.fill(status=200, decision="hold", reason="Fever")
    medical.get(f"/patients/{cast['patient']}/sessions/new")
    later = medical.fill(status=200).response.request.path.removesuffix("/eligibility")
    assert later != here
    assert medical.page is not None
    assert "Ask again today" in medical.page.words
    _, sent = medical.ready()
    assert "pregnant" not in sent
    assert sent["aneurysm"] == ["no"]
    assert "Not asked again today: " in medical.get(f"{later}/decision").words


def test_two_people_on_the_checklist_meet_both_answers(medical: Browser, therapist: Browser, here: str) -> None:
    therapist.get(f"{here}/eligibility")
    answered(medical, here, stroke="yes", stroke_evidence="TIA 2019")
    page = therapist.fill(status=409, stroke="no")
    assert "Stroke or cerebrovascular disease" in page.words


def test_a_consent_is_kept_with_its_version_and_can_be_withdrawn(
    app: Flask, medical: Browser, here: str, cast: Cast
) -> None:
    page = medical.get(f"{here}/consent")
    assert "This session also wants consent to: Psychotherapy." in page.words, "The one to the treatment is on file."
    page = medical.fill(
        0,
        status=200,
        consent_type="psychotherapy",
        document_version="2026-01",
        signed_at=local(-60),
        language="Deutsch",
    )
    assert "All that this session wants is in force." in page.words
    assert "2026-01, Deutsch" in page.words
    with app.app_context():
        query = select(Consent.id).where(Consent.consent_type == "psychotherapy")
        consent = db.session.scalar(query)
    medical.get(f"{here}/consent/{consent}/withdraw")
    page = medical.fill(status=200, reason="I have changed my mind")
    assert "This session also wants consent to: Psychotherapy." in page.words
    assert "I have changed my mind" in page.words
    medical.get(f"{here}/consent/{cast['foreign consent']}/withdraw", status=404)


def test_what_was_spoken_needs_a_witness_and_a_guardian_a_name(therapist: Browser, here: str) -> None:
    therapist.get(f"{here}/consent")
    page = therapist.fill(document_version="1", signer="guardian", method="spoken", terms="Kept words")
    assert "Please name the guardian." in page.words
    assert "Please name who heard it." in page.words
    assert "Kept words" in page.text


def test_touch_and_esketamine_want_consents_of_their_own(therapist: Browser, here: str) -> None:
    therapist.get(f"{here}/sheets/setting")
    therapist.fill(status=200, touch="hand_or_shoulder")
    ready(therapist, here, planned_route="esketamine_nasal")
    words = therapist.get(f"{here}/consent").words
    assert "Psychotherapy, REMS enrolment, Touch" in words


def test_to_go_past_a_warning_takes_a_prescriber_and_a_reason(
    app: Flask, therapist: Browser, medical: Browser, here: str, cast: Cast
) -> None:
    therapist.get(f"{here}/decision")
    page = therapist.fill(decision="go", decided_by=cast["medical"], reason="She says so")
    assert "takes somebody who may give a dose" in page.words
    medical.get(f"{here}/decision")
    page = medical.fill(decision="go")
    assert "Please say why." in page.words
    assert rows(app, Decision, here) == []
    medical.fill(status=200, reason="Seen in person; escort is on the way")
    (decision,) = rows(app, Decision, here)
    assert (decision.decision, decision.decided_by) == ("go", cast["medical"])
    words = medical.get(f"{here}/decision").words
    assert "Go The medical" in words
    assert "There is no escort." in words


def test_nobody_goes_past_a_warning_that_came_up_while_they_read(
    app: Flask, medical: Browser, therapist: Browser, here: str
) -> None:
    ready(medical, here)
    medical.get(f"{here}/decision")
    ready(therapist, here, substances=["alcohol"])
    page = medical.fill(decision="go", reason="All is well")
    assert "has changed since" in page.words
    assert "Alcohol" in page.words
    assert rows(app, Decision, here) == []


def test_a_no_go_holds_the_session_back_says_what_to_arrange_and_can_be_followed_by_a_go(
    app: Flask, medical: Browser, here: str
) -> None:
    ready(medical, here, escort="none")
    medical.get(f"{here}/decision")
    page = medical.fill(status=200, decision="hold", reason="Nobody to go home with")
    assert "Arrange an escort" in page.words
    session = session_of(app, here)
    assert (session.status, session.status_reason) == (Status.HELD, "Nobody to go home with")
    assert "Administration Not asked" in page.words
    ready(medical, here)
    medical.get(f"{here}/decision")
    medical.fill(status=200, decision="go", reason="His brother came")
    assert session_of(app, here).status == Status.PLANNED


def test_a_session_is_held_back_before_its_time(app: Flask, medical: Browser, therapist: Browser, cast: Cast) -> None:
    url = f"/patients/{cast['patient']}/sessions/new?kind=dosing&status=planned"
    therapist.get(url)
    therapist.fill(starts_at=local(120))
    assert therapist.page is not None
    here = therapist.page.response.request.path.removesuffix("/dosing")
    medical.get(f"{here}/decision")
    medical.fill(status=200, decision="hold", reason="Ill")
    assert session_of(app, here).status == Status.HELD


def test_a_discharge_that_falls_short_is_saved_and_asks_why(app: Flask, medical: Browser, given: str) -> None:
    left = f"{(clock.now() - timedelta(minutes=5)).astimezone(ZoneInfo('Europe/Berlin')):%H:%M}"
    medical.get(f"{given}/sheets/discharge")
    page = medical.fill(status=200, discharged_at=left, outcome="against_advice", adult="no", left_with="Nobody")
    assert "Observed for 55 minutes of 120." in page.words.replace("54 minutes", "55 minutes").replace(
        "56 minutes", "55 minutes"
    )
    assert "please say why below" in page.words
    session = session_of(app, given)
    assert session.left_with == "Nobody"
    assert session.discharged_at is not None
    page = medical.fill(status=200, shortfall_reason="Would not stay; risk explained")
    assert "and a reason stands below" in page.words
    words = medical.get(f"{given}/dosing").words
    for said in ("Left against advice", "Would not stay; risk explained", "Went home with Nobody"):
        assert said in words


def test_a_transfer_to_emergency_care_wants_to_know_where_to(medical: Browser, given: str) -> None:
    medical.get(f"{given}/sheets/discharge")
    page = medical.fill(status=200, outcome="transferred")
    assert "Handed over to" in page.words
    page = medical.fill(status=200, transferred_to="City hospital", handover="Chest pain")
    assert "Chest pain" in page.text
    assert "Transferred to emergency care" in medical.get(f"{given}/dosing").words


@pytest.mark.parametrize(("minutes", "said"), [(30, "in the future"), (-90, "before the dose was given")])
def test_nobody_leaves_before_the_dose_or_later_than_now(
    app: Flask, medical: Browser, given: str, minutes: int, said: str
) -> None:
    at = (clock.now() + timedelta(minutes=minutes)).astimezone(ZoneInfo("Europe/Berlin"))
    medical.get(f"{given}/sheets/discharge")
    page = medical.fill(discharged_at=f"{at:%H:%M}", handover="Kept words")
    assert said in page.words
    assert "Kept words" in page.text
    assert rows(app, Sheet, given) == []


def test_a_call_waits_until_somebody_was_reached(
    app: Flask, therapist: Browser, browser_of: BrowserOf, given: str
) -> None:
    assert "Patient One" in therapist.get("/calls").words
    assert "Patient One" in browser_of("lead").get("/calls").words
    assert "Patient One" not in browser_of("other").get("/calls").words
    therapist.get(f"{given}/call")
    therapist.fill(status=200, reached="no")
    assert "Patient One" in therapist.get("/calls").words
    therapist.get(f"{given}/call")
    page = therapist.fill(
        status=200, reached="yes", mood="7", suicidal="none", sleep="good", after_effects="A headache"
    )
    assert "A headache" in page.words
    assert "Patient One" not in therapist.get("/calls").words
    assert len(rows(app, FollowUpCall, given)) == 2


def test_a_session_logged_from_paper_reads_well(therapist: Browser, cast: Cast) -> None:
    page = therapist.get(f"/sessions/{cast['dosing']}")
    assert page.response.request.path == f"/sessions/{cast['dosing']}/dosing"
    for said in ("canary intention", "canary narrative", "IM injection", "Took place"):
        assert said in page.words


def test_the_lead_reads_and_does_not_write(browser_of: BrowserOf, here: str) -> None:
    lead = browser_of("lead")
    page = lead.get(f"{here}/dosing")
    assert "Begin" not in page.words
    lead.get(f"{here}/sheets/before", status=403)


def test_a_session_in_error_takes_no_more(medical: Browser, here: str) -> None:
    medical.get(f"{here}/sheets/before")
    url, sent = medical.ready(escort="Typed")
    medical.get(f"{here}/error")
    medical.fill(status=200, reason="Another patient")
    page = medical.send(url, sent)
    assert "entered in error" in page.words
    assert "Typed" in page.text
