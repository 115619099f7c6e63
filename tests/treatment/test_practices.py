"""What was agreed: ticked by the patient, spoken of after one and three months, and let go without a word."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.models import Patient, User
from kap.treatment.actions import end_course, mark_session_in_error, plan_session, record_integration
from kap.treatment.agreed import LISTED, PracticeRow, month_asked, practices_due, practices_of
from kap.treatment.models import (
    Course,
    EndReason,
    IntegrationSession,
    Kept,
    Kind,
    Practice,
    PracticeReview,
    PracticeTick,
    Status,
    TreatmentSession,
)
from kap.treatment.practices import Agreed, Found, say_still, tick, untick
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]

AGREED_ON = date(2025, 12, 21)
"""When the practice of the cast was agreed."""
SOON, MONTH, QUARTER = (datetime(*day, 12, tzinfo=UTC) for day in ((2025, 12, 30), (2026, 1, 21), (2026, 3, 21)))
"""Some days after, one month after, and three."""
QUESTION = "Are you still doing this?"


@pytest.fixture
def phone(browser_of: BrowserOf) -> Browser:
    """The patient's, signed in."""
    return browser_of("patient account")


def user(cast: Cast, name: str) -> User:
    return db.session.get_one(User, cast[name])


def practice_of(cast: Cast) -> Practice:
    return db.session.get_one(Practice, cast["practice"])


def row_of(cast: Cast) -> PracticeRow:
    (found,) = (row for row in practices_of(patient_of(cast)) if row.id == cast["practice"])
    return found


def patient_of(cast: Cast) -> Patient:
    return db.session.get_one(Patient, cast["patient"])


def talk(cast: Cast, **said: Any) -> IntegrationSession:
    """An integration session that has just taken place."""
    course = db.session.get_one(Course, cast["course"])
    by, start = user(cast, "therapist"), clock.now() - timedelta(hours=1)
    return record_integration(course, status=Status.TOOK_PLACE, starts_at=start, narrative="Talk", **said, by=by)


def press(phone: Browser, action: str, number: int = 0, **fields: Any) -> Page:
    """Press a button of the page that stands open: the form of that action."""
    assert phone.page is not None
    forms = [place for place, form in enumerate(phone.page.forms()) if (form.get("action") or "").endswith(action)]
    return say(phone, forms[number], **fields)


def say(phone: Browser, form: int = 0, **fields: Any) -> Page:
    """Send a form of the page that stands open."""
    return phone.send(*phone.ready(form, **fields), status=200)


def ticked(stage: Stage, cast: Cast) -> list[date]:
    with stage.app.app_context():
        return [*row_of(cast).ticked]


def pressed(page: Page) -> list[str]:
    return ["".join(b.itertext()) for b in page.root.iter("button") if b.get("aria-pressed") == "true"]


def test_one_tap_ticks_today_and_the_same_tap_takes_it_back(phone: Browser, stage: Stage, cast: Cast) -> None:
    with clock.at(SOON):
        page = phone.get("/my/practices")
        assert "canary practice" in page.words
        page = press(phone, "/tick")
        assert page.response.request.path == "/my/practices"
        assert [words.split(" :")[0] for words in pressed(page)] == ["I did this today"]
        assert ticked(stage, cast) == [SOON.date()]
        page = press(phone, "/tick")
        assert not pressed(page)
        assert not ticked(stage, cast)
    with stage.app.app_context():
        logged = db.session.scalars(select(AuditEvent.action).where(AuditEvent.object_id == cast["practice"]))
        assert {Action.PRACTICE_TICKED, Action.PRACTICE_UNTICKED} <= set(logged)


def test_the_last_six_days_can_be_ticked_but_none_before_it_was_agreed(
    phone: Browser, stage: Stage, cast: Cast
) -> None:
    with clock.at(datetime(2025, 12, 23, 12, tzinfo=UTC)):
        page = phone.get("/my/practices")
        days = [f.get("value") for f in page.root.iter("input") if f.get("name") == "on"]
        assert days == ["2025-12-23", "2025-12-22", "2025-12-21"]
        press(phone, "/tick", 2)
        page = phone.send(f"/my/practices/{cast['practice']}/tick", sent(phone, on="2025-12-20", ticked="y"))
        assert "Only the last seven days can be ticked" in page.words
    assert ticked(stage, cast) == [AGREED_ON]
    with clock.at(SOON):
        page = phone.get("/my/practices")
    assert len([f for f in page.root.iter("input") if f.get("name") == "on"]) == 7


def sent(phone: Browser, **fields: str) -> dict[str, list[str]]:
    """What a form of the page would send, with these fields instead of its own."""
    page = phone.get("/my/practices")
    (token, *_) = [f.get("value", "") for f in page.root.iter("input") if f.get("name") == "csrf_token"]
    return {"csrf_token": [token]} | {name: [value] for name, value in fields.items()}


def test_a_day_begins_at_midnight_in_the_clinic(phone: Browser, stage: Stage, cast: Cast) -> None:
    """In Berlin it is the 31st at 23:30 UTC of the 30th. A page from before midnight does not tick the day after."""
    with clock.at(datetime(2025, 12, 30, 22, 50, tzinfo=UTC)):
        phone.get("/my/practices")
    with clock.at(datetime(2025, 12, 30, 23, 30, tzinfo=UTC)):
        page = press(phone, "/tick")
        assert "A new day has begun since you opened this page" in page.words
        assert not ticked(stage, cast)
        press(phone, "/tick")
        press(phone, "/tick", 1)
    assert ticked(stage, cast) == [date(2025, 12, 30), date(2025, 12, 31)]


def test_two_devices_that_tick_the_same_day_make_one_record(stage: Stage, cast: Cast) -> None:
    together = Barrier(2, timeout=30)

    def tick_it(_: int) -> None:
        with stage.app.app_context(), clock.at(SOON):
            practice, by = practice_of(cast), user(cast, "patient account")
            together.wait()
            tick(practice, on=SOON.date(), by=by)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tick_it, range(2)))
    with stage.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PracticeTick)) == 1
        events = select(func.count()).where(AuditEvent.action == Action.PRACTICE_TICKED)
        assert db.session.scalar(events) == 1


def test_after_one_and_three_months_the_patient_is_asked_and_answers_by_one_tap(
    phone: Browser, stage: Stage, cast: Cast
) -> None:
    with clock.at(MONTH - timedelta(days=1)):
        assert QUESTION not in phone.get("/my/practices").words
        assert QUESTION not in phone.get("/my").words
    with clock.at(MONTH):
        assert QUESTION in phone.get("/my").words
        assert QUESTION in phone.get("/my/practices").words
        page = press(phone, f"/{cast['practice']}", status="sometimes")
        assert QUESTION not in page.words
        assert "You said on 21 January 2026: sometimes" in page.words
    with clock.at(QUARTER):
        assert QUESTION in phone.get("/my/practices").words
        page = press(phone, f"/{cast['practice']}", status="dropped")
        assert "It is fine to let something go." in page.words
        assert "Done, or let go canary practice" in page.words
    with stage.app.app_context():
        assert [(said.month, said.status) for said in row_of(cast).said] == [(1, Kept.SOMETIMES), (3, Kept.DROPPED)]


def test_not_now_keeps_nothing_and_asks_another_day(phone: Browser, stage: Stage, cast: Cast) -> None:
    with clock.at(MONTH):
        page = phone.get("/my/practices")
        assert QUESTION in page.words
        page = phone.send(f"/my/practices/{cast['practice']}/later", sent(phone), status=200)
        assert QUESTION not in page.words
        assert QUESTION not in phone.get("/my").words
    with stage.app.app_context():
        assert not row_of(cast).said
    with clock.at(MONTH + timedelta(days=1)):
        assert QUESTION in phone.get("/my/practices").words


def test_of_several_one_is_asked_about_at_a_time(phone: Browser, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(SOON):
        talk(cast, practices=[Agreed("Walk"), Agreed("Write")])
    with clock.at(QUARTER):
        assert phone.get("/my/practices").words.count(QUESTION) == 1


def test_what_was_said_in_a_session_since_is_not_asked_again(phone: Browser, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(MONTH + timedelta(days=2)):
        talk(cast, practice_reviews={cast["practice"]: Found(Kept.CHANGED, "staff words")})
    with clock.at(MONTH + timedelta(days=3)):
        page = phone.get("/my/practices")
    assert QUESTION not in page.words
    assert "In your session on 23 January 2026: in another way" in page.words
    assert "staff words" not in page.words, "What staff wrote is read with the session, once it is signed."


def test_it_is_done_changed_or_let_go_in_ones_own_words_and_taken_up_again(
    phone: Browser, stage: Stage, cast: Cast
) -> None:
    address = f"/my/practices/{cast['practice']}"
    with clock.at(SOON):
        phone.get(address)
        page = say(phone, status="", words="kept words")
        assert "Please choose one." in page.words
        assert "kept words" in page.text, "What was typed stands on the form still."
        page = say(phone, status="done", words="It hangs on the wall")
        assert "Done, or let go canary practice" in page.words
        assert "You said on 30 December 2025: done. “It hangs on the wall”" in page.words
        phone.get(address)
        assert "I did this today" in say(phone, status="kept").words
    with stage.app.app_context():
        assert [(said.status, said.month) for said in row_of(cast).said] == [(Kept.DONE, None), (Kept.KEPT, None)]


def test_sent_twice_it_is_said_once(phone: Browser, stage: Stage, cast: Cast) -> None:
    with clock.at(SOON):
        phone.get(f"/my/practices/{cast['practice']}")
        address, form = phone.ready(status="sometimes")
        for _ in range(2):
            phone.send(address, form, status=200)
    with stage.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PracticeReview)) == 1


def test_nobody_but_the_patient_ticks_or_says(browser_of: BrowserOf, stage: Stage, cast: Cast) -> None:
    theirs = f"/my/practices/{cast['foreign practice']}"
    phone = browser_of("patient account")
    form = sent(phone, on="2025-12-30", ticked="y", status="dropped")
    for address in (theirs, f"{theirs}/tick", f"{theirs}/later"):
        phone.send(address, form, status=404)
    therapist = browser_of("therapist")
    therapist.get("/my/practices", status=403)
    therapist.get(f"/my/practices/{cast['practice']}", status=403)


def test_a_session_in_error_takes_what_was_agreed_in_it_off_the_list(phone: Browser, stage: Stage, cast: Cast) -> None:
    with clock.at(SOON):
        phone.get("/my/practices")
        with stage.app.app_context():
            session = db.session.get_one(TreatmentSession, cast["integration"])
            mark_session_in_error(session, reason="Somebody else's", by=user(cast, "therapist"))
        page = press(phone, "/tick")
        assert "no longer on the list" in page.words
        assert "canary practice" not in page.words
        assert "no longer on the list" in phone.get(f"/my/practices/{cast['practice']}").words
    with stage.app.app_context(), clock.at(SOON), pytest.raises(Refused, match="no longer on the list"):
        say_still(practice_of(cast), status=Kept.KEPT, by=user(cast, "patient account"))
    with stage.app.app_context():
        assert not practices_of(patient_of(cast))


def test_a_planned_session_has_agreed_nothing_yet(phone: Browser, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(SOON):
        course, by = db.session.get_one(Course, cast["course"]), user(cast, "therapist")
        plan_session(course, kind=Kind.INTEGRATION, starts_at=clock.now() + timedelta(days=3), by=by)
        assert [row.id for row in practices_of(patient_of(cast))] == [cast["practice"]]


def test_taking_back_what_was_not_ticked_changes_nothing(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(SOON):
        untick(practice_of(cast), on=SOON.date(), by=user(cast, "patient account"))
        events = select(func.count()).where(AuditEvent.action == Action.PRACTICE_UNTICKED)
        assert db.session.scalar(events) == 0


@pytest.mark.parametrize(
    ("today", "month"),
    [(date(2026, 2, 27), None), (date(2026, 2, 28), 1), (date(2026, 4, 29), 1), (date(2026, 4, 30), 3)],
)
def test_months_end_with_the_month(today: date, month: int | None) -> None:
    assert month_asked(date(2026, 1, 31), today) == month


def due_of(stage: Stage, cast: Cast, name: str, at: datetime) -> list[tuple[UUID, date, int | None]]:
    with stage.app.app_context(), clock.at(at):
        return [(due.practice.id, due.since, due.month) for due in practices_due(user(cast, name))]


def test_what_is_due_is_listed_to_those_who_see_the_patient(stage: Stage, cast: Cast) -> None:
    assert not due_of(stage, cast, "therapist", MONTH - timedelta(days=1))
    month, quarter = (cast["practice"], MONTH.date(), 1), (cast["practice"], QUARTER.date(), 3)
    for name in ("therapist", "medical", "lead"):
        assert due_of(stage, cast, name, MONTH) == [month]
    assert due_of(stage, cast, "therapist", QUARTER + LISTED) == [quarter]
    assert not due_of(stage, cast, "therapist", QUARTER + LISTED + timedelta(days=1))
    for name in ("other", "former", "admin", "patient account"):
        assert not due_of(stage, cast, name, MONTH)
    assert [due[0] for due in due_of(stage, cast, "foreign therapist", MONTH)] == [cast["foreign practice"]]


def test_once_it_was_spoken_of_it_is_due_no_more(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(MONTH):
        say_still(practice_of(cast), status=Kept.SOMETIMES, month=1, by=user(cast, "patient account"))
    assert not due_of(stage, cast, "therapist", MONTH)
    assert due_of(stage, cast, "therapist", QUARTER)
    with stage.app.app_context(), clock.at(MONTH):
        say_still(practice_of(cast), status=Kept.DROPPED, by=user(cast, "patient account"))
    assert not due_of(stage, cast, "therapist", QUARTER)


def test_one_whose_day_has_come_is_due_until_it_is_spoken_of(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(SOON):
        (made,) = talk(cast, practices=[Agreed("Ring the brother", due_on=date(2026, 1, 5))]).practices
        made_id = made.id
    came = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert not due_of(stage, cast, "therapist", came - timedelta(days=1))
    assert due_of(stage, cast, "therapist", came) == [(made_id, date(2026, 1, 5), None)]
    with stage.app.app_context(), clock.at(came):
        talk(cast, practice_reviews={made_id: Found(Kept.KEPT)})
    assert not due_of(stage, cast, "therapist", came)


def test_of_a_course_that_has_ended_none_is_due_and_the_patient_is_asked_still(
    phone: Browser, stage: Stage, cast: Cast
) -> None:
    with stage.app.app_context(), clock.at(MONTH):
        course, by = db.session.get_one(Course, cast["course"]), user(cast, "therapist")
        end_course(course, version=course.version, ended_on=MONTH.date(), reason=EndReason.COMPLETED, by=by)
    assert not due_of(stage, cast, "therapist", MONTH)
    with clock.at(MONTH):
        assert QUESTION in phone.get("/my/practices").words


def test_what_is_due_is_one_statement(stage: Stage, cast: Cast) -> None:
    statements: list[str] = []
    with stage.app.app_context(), clock.at(MONTH):
        asking = user(cast, "therapist")
        event.listen(db.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
        assert practices_due(asking)
    assert len(statements) == 1
