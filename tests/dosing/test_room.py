"""The live page without script: what is tapped is kept and corrected without loss, and alerts are answered."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from kap.audit.models import Action, AuditEvent, Kind
from kap.core import clock
from kap.core.db import db
from kap.dosing.actions.giving import give
from kap.dosing.models import GivenBy, Observation, VitalsAlert
from kap.dosing.queries.room import Entry, entries
from kap.dosing.rules.giving import Giving
from kap.dosing.rules.room import OLDEST, moment_of_tap
from kap.people.models import User
from kap.treatment.actions import mark_session_in_error, plan_session
from kap.treatment.models import Course, DosingSession, Medicine, Route, VitalSign
from kap.treatment.models import Kind as SessionKind
from tests.browser import Browser
from tests.cast import Cast
from tests.dosing.conftest import BrowserOf

SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def live(app: Flask, cast: Cast) -> UUID:
    """A session in which a dose was given twelve minutes ago."""
    with app.app_context():
        course, by = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        start = clock.now() - timedelta(minutes=30)
        session = plan_session(course, kind=SessionKind.DOSING, starts_at=start, by=by)
        assert isinstance(session, DosingSession)
        at = clock.now() - timedelta(minutes=12)
        give(session, Giving(at, Route.IM, Medicine.KETAMINE, Decimal(50), GivenBy.REPORTED), reason="As ordered.", by=by)
        return session.id


@pytest.fixture
def therapist(browser_of: BrowserOf, live: UUID) -> Browser:
    """A therapist in the room."""
    browser = browser_of("therapist")
    browser.get(f"/sessions/{live}/room")
    return browser


def log(app: Flask, live: UUID) -> list[Entry]:
    """What the record holds, without the dose."""
    with app.app_context():
        return [entry for entry in entries(db.session.get_one(DosingSession, live)) if entry.what != "dose"]


def number(browser: Browser, kind: str) -> int:
    """The place of the form for what is tapped."""
    assert browser.page is not None
    for place, form in enumerate(browser.page.forms()):
        if any(field.get("name") == "kind" and field.get("value") == kind for field in form.iter("input")):
            return place
    raise AssertionError(kind)


def tap(browser: Browser, kind: str, **fields: Any) -> None:
    """Send the form for what is tapped, as a browser without script does."""
    browser.fill(number(browser, kind), **fields)


def by_script(browser: Browser, live: UUID, kind: str, **fields: Any) -> Any:
    """Send a tap as the script does."""
    _, sent = browser.ready(number(browser, kind), **({"form_key": uuid4()} | fields))
    return browser.client.post(f"/sessions/{live}/room", data=sent, headers=SCRIPT)


def test_each_tap_stands_in_the_log_with_who_and_when(app: Flask, live: UUID, therapist: Browser) -> None:
    tap(therapist, "reading", systolic="128", diastolic="84", heart_rate="72", spo2="98", oxygen_lpm="2")
    tap(therapist, "words", words="It is all blue.")
    tap(therapist, "observation", term="calm")
    tap(therapist, "intervention", term="reassured", words="hand on the shoulder", ago="5")
    tap(therapist, "event", term="nausea", severity="mild")
    tap(therapist, "sedation", value="4")
    tap(therapist, "dissociation", value="7")
    tap(therapist, "medication", term="ondansetron", words="4 mg")
    found = log(app, live)
    assert [(entry.kind, entry.told, entry.words) for entry in found] == [
        ("Medication", "Ondansetron", "4 mg"),
        ("Dissociation", "7 of 10", ""),
        ("Sedation", "MOAA/S 4: Lethargic response to name, in a normal tone", ""),
        ("Adverse event", "Nausea, mild", ""),
        ("Observation", "Calm", ""),
        ("Words", "", "It is all blue."),
        ("Vital signs", "BP 128/84 · HR 72 · SpO₂ 98 % · O₂ 2 L/min", ""),
        ("Intervention", "Reassured", "hand on the shoulder"),
    ]
    assert {entry.who for entry in found} == {"The therapist"}
    assert timedelta(minutes=5) <= found[-1].entered_at - found[-1].at < timedelta(minutes=6)
    assert therapist.page is not None
    assert "“It is all blue.”" in therapist.page.words


def test_what_cannot_be_is_refused_and_stays_on_the_page(app: Flask, live: UUID, therapist: Browser) -> None:
    for wrong in ({"systolic": "80", "diastolic": "120"}, {"spo2": "101"}, {"heart_rate": "7O"}, {}):
        tap(therapist, "reading", **wrong)
        assert therapist.page is not None
        open_sheet = next(e for e in therapist.page.root.iter("section") if e.get("id") == "tap-reading")
        assert "open" in (open_sheet.get("class") or "").split()
        typed = {e.get("name"): e.get("value") for e in open_sheet.iter("input")}
        assert wrong.items() <= typed.items()
    assert log(app, live) == []


def test_a_tap_that_is_sent_twice_is_kept_once(app: Flask, live: UUID, therapist: Browser) -> None:
    key = uuid4()
    answers = [by_script(therapist, live, "words", words="Once.", form_key=key) for _ in range(3)]
    assert [(answer.status_code, answer.json) for answer in answers] == [(200, {"kept": True})] * 3
    assert len(log(app, live)) == 1


def test_the_script_is_told_what_has_to_be_put_right(app: Flask, live: UUID, therapist: Browser) -> None:
    answer = by_script(therapist, live, "reading", systolic="80", diastolic="120")
    assert (answer.status_code, list(answer.json)) == (422, ["problems"])
    assert "swapped" in answer.json["problems"][0]


def test_nobody_writes_under_the_name_of_somebody_else(app: Flask, cast: Cast, live: UUID, therapist: Browser) -> None:
    assert by_script(therapist, live, "words", words="Mine.", whose=cast["medical"]).status_code == 409
    assert log(app, live) == []
    tap(therapist, "words", words="Mine.", whose=str(cast["medical"]))
    assert therapist.page is not None
    assert "Somebody else opened this page" in therapist.page.words


def test_a_tap_that_waited_keeps_its_time_and_says_that_it_is_late(app: Flask, live: UUID, therapist: Browser) -> None:
    tapped = int((clock.now() - timedelta(minutes=50)).timestamp() * 1000)
    by_script(therapist, live, "words", words="Long ago.", tapped=tapped)
    by_script(therapist, live, "words", words="From a clock that is ahead.", tapped=tapped + 10**9)
    first, second = log(app, live)
    assert first.entered_at - first.at < timedelta(seconds=1)
    assert abs((second.entered_at - second.at) - timedelta(minutes=50)) < timedelta(seconds=10)
    assert therapist.get(f"/sessions/{live}/room").words.count("entered late") == 1


@pytest.mark.parametrize("tapped", [None, -1, 0, 10**30, -(10**30)])
def test_no_clock_can_move_a_tap_out_of_reason(tapped: int | None) -> None:
    now = clock.now()
    assert now - OLDEST - timedelta(minutes=5) <= moment_of_tap(tapped, 5, now) <= now - timedelta(minutes=5)


def test_a_correction_keeps_the_original(app: Flask, live: UUID, therapist: Browser, browser_of: BrowserOf) -> None:
    tap(therapist, "reading", systolic="182", diastolic="84")
    (wrong,) = log(app, live)
    other = browser_of("medical")
    for browser in (therapist, other):
        browser.get(f"/sessions/{live}/room/reading/{wrong.id}")
    other.fill(systolic="128", reason="Misread")
    right, struck = log(app, live)
    assert (right.told, right.corrects_id, right.who) == ("BP 128/84", wrong.id, "The medical")
    assert (struck.told, struck.error_by, struck.error_reason) == ("BP 182/84", "The medical", "Misread")
    assert right.at == struck.at
    with app.app_context():
        # The alert of what was never so is answered by the correction, and stays.
        assert {alert.action for alert in db.session.scalars(select(VitalsAlert))} >= {"The entry was corrected."}
    therapist.fill(systolic="129")
    assert therapist.page is not None
    assert "corrected already" in therapist.page.words
    assert len(log(app, live)) == 2


def test_the_time_of_an_entry_is_put_right_and_an_entry_taken_out(app: Flask, live: UUID, therapist: Browser) -> None:
    tap(therapist, "dissociation", value="3")
    (entry,) = log(app, live)
    earlier = clock.now() - timedelta(minutes=10)
    therapist.get(f"/sessions/{live}/room/note/{entry.id}")
    therapist.fill(at=f"{earlier.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}")
    right, _ = log(app, live)
    assert timedelta() <= earlier - right.at < timedelta(minutes=1)
    therapist.get(f"/sessions/{live}/room/note/{right.id}")
    therapist.fill(1, why="Of another patient")
    assert all(entry.error_at for entry in log(app, live))
    assert therapist.page is not None
    assert "Taken out" in therapist.page.words


def test_a_limit_that_is_crossed_stands_on_top_until_somebody_says_what_was_done(
    app: Flask, live: UUID, therapist: Browser, browser_of: BrowserOf
) -> None:
    tap(therapist, "reading", systolic="186", diastolic="104", ago="2")
    assert therapist.page is not None
    assert "is high. Please repeat after 5 minutes" in therapist.page.words
    other = browser_of("medical")
    page = other.get(f"/sessions/{live}/room")
    assert "What was done?" in page.words
    assert "Reading to repeat the last" in page.words
    (place,) = [n for n, form in enumerate(page.forms()) if "/alerts/" in (form.get("action") or "")]
    other.fill(place, words="")
    assert other.page is not None
    assert "Please say what was done" in other.page.words
    other.fill(acts=["oxygen", "prescriber_called"], words="She comes.")
    assert "What was done?" not in other.page.words
    assert "The medical: Oxygen, Prescriber called. She comes." in other.page.words
    # Who had it open meanwhile is told so.
    answered = therapist.fill(place, acts=["reassured"])
    assert "written down already" in answered.words or "The medical" in answered.words
    # The next reading of the same signs is its repeat.
    therapist.get(f"/sessions/{live}/room")
    tap(therapist, "reading", systolic="150", diastolic="90")
    assert "Repeated" in therapist.page.words
    with app.app_context():
        (alert,) = db.session.scalars(select(VitalsAlert).where(VitalsAlert.session_id == live))
        repeat = db.session.get_one(VitalSign, alert.repeat_id)
        assert (alert.level, repeat.systolic, alert.open) == ("alert", 150, False)
        raised = select(func.count()).where(AuditEvent.action == Action.VITALS_ALERT_RAISED)
        assert db.session.scalar(raised.where(AuditEvent.object_id == alert.id)) == 1


def test_a_deep_sedation_raises_an_alert(app: Flask, live: UUID, therapist: Browser) -> None:
    tap(therapist, "sedation", value="1")
    assert therapist.page is not None
    assert "Urgent" in therapist.page.words
    assert "MOAA/S 1: hardly or not to be woken." in therapist.page.words


def test_what_is_due_is_said_in_words(app: Flask, live: UUID, therapist: Browser) -> None:
    assert therapist.page is not None
    assert "Reading 10 minutes Due now" in therapist.page.words
    with clock.at(clock.now() + timedelta(minutes=3)):
        assert "Reading 10 minutes Overdue by 5 min" in therapist.get(f"/sessions/{live}/room").words
    tap(therapist, "reading", systolic="128", diastolic="84")
    assert "Reading 20 minutes In 7 min" in therapist.page.words
    assert "at least In 47 min" in therapist.page.words


def test_two_see_the_same_and_a_look_that_shows_nothing_new_is_not_logged(
    app: Flask, live: UUID, therapist: Browser, browser_of: BrowserOf
) -> None:
    other = browser_of("medical")
    page = other.get(f"/sessions/{live}/room")

    def looks() -> int:
        with app.app_context():
            seen = select(func.count()).where(AuditEvent.kind == Kind.READ, AuditEvent.object_id == live)
            return db.session.scalar(seen) or 0

    state = next(e.get("data-state") for e in page.root.iter("div") if e.get("data-state"))
    before = looks()
    ask = f"/sessions/{live}/room/news?seen="
    for _ in range(3):
        answer = other.client.get(ask + str(state), headers=SCRIPT)
        assert (answer.status_code, answer.data) == (204, b"")
    assert by_script(therapist, live, "words", words="For both.").status_code == 200
    answer = other.client.get(ask + str(state), headers=SCRIPT)
    assert "“For both.”" in answer.json["html"]
    # They are looking: the log says so once for some minutes.
    assert looks() == before
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert other.client.get(ask, headers=SCRIPT).status_code == 200
    assert looks() == before + 1


def test_news_ends_with_the_care(app: Flask, live: UUID, browser_of: BrowserOf) -> None:
    outsider = browser_of("other")
    assert outsider.client.get(f"/sessions/{live}/room/news", headers=SCRIPT).status_code == 404


def test_an_entry_is_reached_only_through_its_own_session(
    app: Flask, cast: Cast, live: UUID, therapist: Browser
) -> None:
    tap(therapist, "words", words="Here.")
    (entry,) = log(app, live)
    therapist.get(f"/sessions/{cast['dosing']}/room/note/{entry.id}", status=404)


def test_a_session_entered_in_error_takes_nothing(app: Flask, cast: Cast, live: UUID, therapist: Browser) -> None:
    with app.app_context():
        by = db.session.get_one(User, cast["therapist"])
        mark_session_in_error(db.session.get_one(DosingSession, live), reason="Twice", by=by)
    answer = by_script(therapist, live, "words", words="Too late.")
    assert answer.status_code == 422
    assert "entered in error" in answer.json["problems"][0]
    with app.app_context():
        assert (
            db.session.scalar(select(func.count()).select_from(Observation).where(Observation.session_id == live)) == 0
        )


def test_a_tap_of_no_kind_is_no_request(live: UUID, therapist: Browser) -> None:
    url, sent = therapist.ready(number(therapist, "words"), kind="nothing")
    assert therapist.client.post(url, data=sent).status_code == 400
