"""Booking and moving: free times, who is taken meanwhile, the rooms of the clinic, and the file for a calendar."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.actions import add_patient, join_care_team
from kap.people.models import Patient, User
from kap.treatment.actions import open_course, plan_session, record_dosing, record_integration, set_status
from kap.treatment.booking import MEANWHILE, add_room, archive_room, book, restore_room
from kap.treatment.models import Condition, Course, Kind, Room, Status, TreatmentSession
from kap.treatment.slots import Slot, clashes, suggestions
from tests.browser import Browser, Page
from tests.cast import NOW, Cast
from tests.conftest import Stage

BERLIN = ZoneInfo("Europe/Berlin")
BrowserOf = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def _then() -> Iterator[None]:
    with clock.at(NOW):
        yield


def wall(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of March 2026 on the clinic's wall; the 18th, a Wednesday, is today."""
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN)


def user(cast: Cast, name: str) -> User:
    return db.session.get_one(User, cast[name])


def other_course(cast: Cast, by: str = "other", code: str = "P-050") -> Course:
    """The course of a patient of somebody else."""
    owner = user(cast, by)
    patient = add_patient(code=code, name="Somebody Hidden", by=owner)
    return open_course(
        patient,
        condition=Condition.ANXIETY,
        primary_measure="gad-7",
        opened_on=NOW.date() - timedelta(days=9),
        by=owner,
    )


def planned(cast: Cast, start: datetime, minutes: int | None, team: list[str], room: str | None = None) -> UUID:
    """A session of a patient whom the therapist does not see."""
    found = db.session.scalar(
        select(Course).join(Patient, Patient.id == Course.patient_id).where(Patient.code == "P-050")
    )
    course = found or other_course(cast)
    return plan_session(
        course,
        kind=Kind.INTEGRATION,
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes) if minutes else None,
        room_id=cast[room] if room else None,
        team=[cast[name] for name in team],
        by=user(cast, "other"),
    ).id


def sessions(stage: Stage, start: datetime) -> int:
    with stage.app.app_context():
        query = select(func.count()).select_from(TreatmentSession).where(TreatmentSession.starts_at == start)
        return db.session.scalar(query) or 0


def times(page: Page) -> list[str]:
    """The times that are offered with one tap."""
    return [button.get("value") or "" for button in page.root.iter("button") if button.get("name") == "starts_at"]


def dosed(stage: Stage, cast: Cast, start: datetime) -> None:
    with stage.app.app_context():
        course = db.session.get_one(Course, cast["course"])
        record_dosing(course, by=user(cast, "therapist"), status=Status.TOOK_PLACE, starts_at=start)


def test_a_session_is_booked_in_two_taps_from_the_day(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        session = db.session.get_one(TreatmentSession, cast["planned"])
        set_status(session, version=session.version, status="cancelled", reason="Ill", by=user(cast, "therapist"))
    dosed(stage, cast, NOW - timedelta(days=1))
    therapist = browser_of("therapist")
    day = therapist.get("/day")
    assert (
        "Dosed, and no integration booked Patient One dose yesterday (custom here: 12 to 72 hours after)" in day.words
    )
    assert "the evidence for any particular window is limited" in day.words
    (first,) = [a.get("href") or "" for a in day.root.iter("a") if (a.get("href") or "").endswith("back=day")][:1]
    offered = times(therapist.get(first))
    # 18 March is a Wednesday: the hours are those at which the therapist saw the patient, nothing lies at a weekend.
    assert offered[0].startswith("2026-03-18T")
    assert all(datetime.fromisoformat(time).weekday() < 5 for time in offered)
    page = therapist.fill(starts_at=offered[1], status=200)
    assert page.response.request.path == "/day"
    assert "Booked: integration session on" in page.words
    assert "no integration booked" not in page.words
    assert sessions(stage, datetime.fromisoformat(offered[1]).replace(tzinfo=BERLIN)) == 1


def test_times_are_those_at_which_the_patient_was_seen_by_the_therapist(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        course, by = db.session.get_one(Course, cast["course"]), user(cast, "therapist")
        for day in (2, 9, 16):
            record_integration(
                course, by=by, status=Status.TOOK_PLACE, starts_at=wall(day, 15, 7), team=[cast["therapist"]]
            )
        record_dosing(course, by=by, status=Status.TOOK_PLACE, starts_at=wall(17, 9))
        like = Slot(NOW, NOW + timedelta(minutes=50), cast["patient"], frozenset({cast["therapist"]}), None)
        found = suggestions(course, Kind.INTEGRATION, like, by)
        walls = [one.starts_at.astimezone(BERLIN) for one in found]
        assert {f"{at:%H:%M}" for at in walls} == {"15:00"}
        # 12 to 72 hours after the dose of the 17th at 9; the 21st and 22nd are a weekend.
        assert [at.day for at in walls] == [18, 19, 20, 23, 24, 25]
        assert [one.within for one in found] == [True, True, False, False, False, False]
        # What is taken is not offered: the cast's own plan for the 25th at 12 does not touch it, this does.
        planned(cast, wall(19, 15, 30), 10, ["therapist"])
        assert wall(19, 15) not in [one.starts_at for one in suggestions(course, Kind.INTEGRATION, like, by)]


@pytest.mark.parametrize(
    ("start", "minutes", "clash"),
    [
        pytest.param(wall(20, 9, 10), 50, False, id="ends as it begins"),
        pytest.param(wall(20, 9, 11), 50, True, id="ends a minute in"),
        pytest.param(wall(20, 10, 50), 50, False, id="begins as it ends"),
        pytest.param(wall(20, 10, 49), 50, True, id="begins a minute before the end"),
        pytest.param(wall(20, 10, 10), 5, True, id="within it"),
        pytest.param(wall(20, 8), 300, True, id="round it"),
        pytest.param(wall(19, 22), 13 * 60, True, id="from the evening before"),
        pytest.param(wall(20, 10), None, True, id="of the usual length"),
    ],
)
def test_times_that_touch_do_not_clash(stage: Stage, cast: Cast, start: datetime, minutes: Any, clash: bool) -> None:
    with stage.app.app_context():
        planned(cast, start, minutes, ["therapist"])
        slot = Slot(wall(20, 10), wall(20, 10, 50), cast["patient"], frozenset({cast["therapist"]}), None)
        found = clashes(cast["clinic"], slot)
        assert bool(found) == clash
        assert clashes(cast["other clinic"], slot) == []


def test_who_and_what_is_taken_is_told_without_of_whom(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        planned(cast, wall(20, 10), 50, ["therapist", "medical"], "room")
        plan_session(
            db.session.get_one(Course, cast["course"]),
            kind=Kind.DOSING,
            starts_at=wall(20, 9),
            by=user(cast, "therapist"),
        )
    therapist = browser_of("therapist")
    therapist.get(f"/patients/{cast['patient']}/book")
    wanted: dict[str, Any] = {"starts_at": "2026-03-20T10:30", "team": [str(cast["therapist"]), str(cast["medical"])]}
    page = therapist.fill(1, **wanted, room=str(cast["room"]), status=200)
    for told in (
        "You have another session from 10:00 to 10:50.",
        "The medical has another session from 10:00 to 10:50.",
        "heron room is taken by somebody else from 10:00 to 10:50.",
        "The patient has another session from 09:00 to 11:30.",
        "To book all the same, tick this.",
    ):
        assert told in page.words
    assert "P-050" not in page.text
    assert "Hidden" not in page.text
    assert sessions(stage, wall(20, 10, 30)) == 0
    assert "Booked: integration session" in therapist.fill(0, confirmed=therapist.box("confirmed"), status=200).words
    assert sessions(stage, wall(20, 10, 30)) == 1
    # Both are told: the day shows whoever is in two places at once.
    with clock.at(wall(20, 7)):
        assert therapist.get("/day").words.count("Overlaps") == 2


def test_a_tick_holds_for_what_was_told(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        planned(cast, wall(20, 10), 50, ["therapist"])
    therapist = browser_of("therapist")
    therapist.get(f"/patients/{cast['patient']}/book")
    therapist.fill(1, starts_at="2026-03-20T10:00", status=200)
    tick = therapist.box("confirmed")
    with stage.app.app_context():
        planned(cast, wall(20, 10, 10), 20, ["therapist"])
    page = therapist.fill(0, confirmed=tick, status=200)
    assert "You have another session from 10:10 to 10:30." in page.words
    assert sessions(stage, wall(20, 10)) == 1


def test_of_two_who_book_at_once_one_is_told(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        others = other_course(cast).id
    ready, kept, told = Barrier(2), [], []

    def try_it(course_id: UUID, name: str) -> None:
        with stage.app.app_context(), clock.at(NOW):
            course, by = db.session.get_one(Course, course_id), user(cast, name)
            ready.wait()
            times: dict[str, Any] = {"starts_at": wall(20, 10), "ends_at": wall(20, 10, 50)}
            try:
                kept.append(book(course, kind="integration", **times, team=[], room_id=cast["room"], by=by).id)
            except Refused as refused:
                told.append(refused.sentence)

    threads = [Thread(target=try_it, args=one) for one in ((cast["course"], "therapist"), (others, "other"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(kept), told) == (1, [MEANWHILE])


def test_a_session_is_moved_and_told_of_in_the_log(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    therapist = browser_of("therapist")
    page = therapist.get(f"/sessions/{cast['planned']}/move")
    offered = times(page)
    stale = therapist.ready(1, starts_at="2026-03-27T09:00")
    assert "Moved: integration session on" in therapist.fill(starts_at=offered[0], status=200).words
    moved = datetime.fromisoformat(offered[0]).replace(tzinfo=BERLIN)
    assert sessions(stage, moved) == 1
    with stage.app.app_context():
        session = db.session.get_one(TreatmentSession, cast["planned"])
        assert (session.minutes, session.intention) == (50, "canary plan")
    # It does not clash with itself, and an old page does not move it back.
    assert therapist.send(*stale).status == 409
    therapist.get(f"/sessions/{cast['planned']}/move")
    later = f"{moved + timedelta(minutes=10):%Y-%m-%dT%H:%M}"
    assert "Moved" in therapist.fill(1, starts_at=later, room=str(cast["room"]), status=200).words
    assert "heron room" in therapist.get(f"/sessions/{cast['planned']}").words
    assert "changed a session of P-001" in browser_of("lead").get("/log").words


def test_what_took_place_is_not_moved(cast: Cast, browser_of: BrowserOf) -> None:
    page = browser_of("therapist").get(f"/sessions/{cast['integration']}/move")
    assert "Only a planned session can be moved." in page.words


def test_what_the_clocks_skip_is_neither_offered_nor_booked(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context(), clock.at(wall(27, 23)):
        course, by = db.session.get_one(Course, cast["course"]), user(cast, "therapist")
        like = Slot(NOW, NOW + timedelta(minutes=50), cast["patient"], frozenset({cast["therapist"]}), None)
        offered = [one.starts_at for one in suggestions(course, Kind.PREPARATION, like, by)]
        # The clocks go forward on Sunday 29 March: Monday's times are an hour sooner by the sun, the same on the wall.
        assert {at.astimezone(BERLIN).hour for at in offered} == {
            at.astimezone(BERLIN).hour for at in suggestions_before(course, like, by)
        }
    therapist = browser_of("therapist")
    therapist.get(f"/patients/{cast['patient']}/book")
    page = therapist.fill(1, starts_at="2026-03-29T02:30", status=200)
    assert "The clocks are put forward over this time" in page.words


def suggestions_before(course: Course, like: Slot, by: User) -> list[datetime]:
    with clock.at(wall(18, 7)):
        return [one.starts_at for one in suggestions(course, Kind.PREPARATION, like, by)]


def test_a_session_across_the_change_of_clocks_lasts_as_long(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        # From 1:30 to 3:20 on the wall there are fifty minutes in that night.
        planned(cast, datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 50, ["therapist"])
        team = frozenset({cast["therapist"]})
        at = datetime(2026, 3, 29, 1, 20, tzinfo=UTC)
        assert not clashes(cast["clinic"], Slot(at, at + timedelta(minutes=50), cast["patient"], team, None))
        at -= timedelta(minutes=1)
        (clash,) = clashes(cast["clinic"], Slot(at, at + timedelta(minutes=50), cast["patient"], team, None))
        assert f"{clash.ends_at.astimezone(BERLIN):%H:%M}" == "03:20"


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": "0"},
        {"minutes": "1441"},
        {"minutes": "-5"},
        {"minutes": "9" * 30},
        {"team": "nobody"},
        {"team": "foreign therapist"},
        {"room": "foreign room"},
        {"room": "nonsense"},
        {"starts_at": "2026-13-01T10:00"},
        {"starts_at": "9999-12-31T23:59"},
        {"starts_at": "0001-01-01T00:00"},
        {"starts_at": "2029-01-01T10:00"},
        {"kind": "walk"},
        {"starts_at": ""},
    ],
)
def test_what_cannot_be_booked_is_said(wrong: dict[str, str], stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    therapist = browser_of("therapist")
    therapist.get(f"/patients/{cast['patient']}/book")
    sent = {name: str(cast.ids.get(value, value)) for name, value in wrong.items()}
    page = therapist.send(*therapist.ready(1, **{"starts_at": "2026-04-01T10:00"} | sent), status=200)
    assert "Not booked yet" in page.words
    assert sessions(stage, datetime(2026, 4, 1, 10, tzinfo=BERLIN)) == 0


def test_a_patient_outside_care_is_not_booked(cast: Cast, browser_of: BrowserOf) -> None:
    browser_of("therapist").get(f"/patients/{cast['unseen']}/book", status=404)
    browser_of("therapist").get(f"/sessions/{cast['foreign planned']}/move", status=404)
    browser_of("therapist").get(f"/sessions/{cast['foreign planned']}/appointment.ics", status=404)


def test_the_lead_keeps_the_rooms(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    lead, therapist = browser_of("lead"), browser_of("therapist")
    lead.get("/rooms")
    assert "The room is added" in lead.fill(1, name="Garden", status=200).words
    assert "There is a room called “garden” already" in lead.fill(2, name="garden", status=200).words
    assert "Garden" in therapist.get(f"/patients/{cast['patient']}/book").words
    lead.get(f"/rooms/{cast['room']}")
    assert "heron room" not in lead.fill(name="Attic", status=200).words
    lead.get(f"/rooms/{cast['foreign room']}", status=404)
    with stage.app.app_context():
        archive_room(db.session.get_one(Room, cast["room"]), by=user(cast, "lead"))
    assert "Attic" not in therapist.get(f"/patients/{cast['patient']}/book").words
    assert "Attic since 18 March 2026" in lead.get("/rooms").words
    with stage.app.app_context():
        restore_room(db.session.get_one(Room, cast["room"]), by=user(cast, "lead"))
        with pytest.raises(Refused):
            add_room(name=" attic ", by=user(cast, "lead"))
    assert "Attic" in therapist.get(f"/patients/{cast['patient']}/book").words


def test_without_rooms_nothing_is_said_of_them(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        archive_room(db.session.get_one(Room, cast["room"]), by=user(cast, "lead"))
    therapist = browser_of("therapist")
    for page in (f"/patients/{cast['patient']}/book", f"/sessions/{cast['planned']}", "/day"):
        assert "Room" not in therapist.get(page).words


def calendar(app: Flask, browser: Browser, address: str) -> dict[str, str]:
    """The event in a file, read strictly: RFC 5545, 3.1 and 3.6.1."""
    response = browser.client.get(address)
    assert response.status_code == 200
    assert response.content_type == "text/calendar; charset=utf-8"
    text = response.get_data(as_text=True)
    assert text.endswith("\r\n")
    lines = text.split("\r\n")[:-1]
    assert not [line for line in lines if "\n" in line or "\r" in line or len(line.encode()) > 75 or not line.isascii()]
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[-2:] == ["END:VEVENT", "END:VCALENDAR"]
    event = dict(line.split(":", 1) for line in lines[lines.index("BEGIN:VEVENT") + 1 : -2])
    assert set(event) == {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS"}
    assert all(re.fullmatch(r"\d{8}T\d{6}Z", event[name]) for name in ("DTSTAMP", "DTSTART", "DTEND"))
    return event


def test_a_calendar_is_told_of_an_appointment_and_nothing_else(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    patient, therapist = browser_of("patient account"), browser_of("therapist")
    address = f"/my/appointments/{cast['planned']}.ics"
    assert address in {a.get("href") for a in patient.get("/my").root.iter("a")}
    own = calendar(stage.app, patient, address)
    assert own["SUMMARY"] == "Appointment"
    assert (own["DTSTART"], own["DTEND"], own["STATUS"]) == ("20260325T110000Z", "20260325T115000Z", "CONFIRMED")
    assert calendar(stage.app, therapist, f"/sessions/{cast['planned']}/appointment.ics") == own
    told = "".join(own.values()) + patient.client.get(address).get_data(as_text=True)
    for word in ("integration", "ketamine", "kap", "clinic", "Patient", "P-001", "canary", str(cast["planned"])):
        assert word.lower() not in told.lower()
    therapist.get(f"/sessions/{cast['planned']}/move")
    therapist.fill(1, starts_at="2026-03-30T09:00", status=200)
    moved = calendar(stage.app, patient, address)
    assert (moved["UID"], moved["DTSTART"]) == (own["UID"], "20260330T070000Z")
    assert int(moved["SEQUENCE"]) > int(own["SEQUENCE"])
    therapist.get(f"/sessions/{cast['planned']}/status")
    therapist.send(*therapist.ready(status="cancelled", status_reason="Ill"))
    gone = calendar(stage.app, patient, address)
    assert (gone["UID"], gone["STATUS"]) == (own["UID"], "CANCELLED")
    assert int(gone["SEQUENCE"]) > int(moved["SEQUENCE"])
    patient.get(f"/my/appointments/{cast['foreign planned']}.ics", status=404)
    patient.get(f"/my/appointments/{cast['integration']}.ics", status=404)


def test_two_lines_of_one_team_are_joined(stage: Stage, cast: Cast) -> None:
    """A patient of one's own may be on another's team too; only whom the slot names counts."""
    with stage.app.app_context():
        course = other_course(cast)
        join_care_team(course.patient, user(cast, "therapist"), by=user(cast, "other"))
        planned(cast, wall(20, 10), 50, ["other", "medical"])
        slot = Slot(wall(20, 10), wall(20, 11), cast["patient"], frozenset({cast["therapist"]}), None)
        assert clashes(cast["clinic"], slot) == []
        both = slot._replace(team=frozenset({cast["other"], cast["medical"]}))
        assert {clash.id for clash in clashes(cast["clinic"], both)} == {cast["other"], cast["medical"]}
