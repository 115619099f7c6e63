"""Protocols: the published shapes followed step by step, and through the pages from a shape to what comes next.

The cases follow the shapes as published.toml gives them, each with its source; what that leaves open is our default.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from kap.core import clock
from kap.core.db import db
from kap.outcomes.ahead import ahead_of
from kap.outcomes.progress import record_of
from kap.people.models import Patient, User
from kap.treatment.actions import record_dosing, set_status
from kap.treatment.models import Course, Protocol, Status, TreatmentSession
from kap.treatment.plan import (
    COMPLETE,
    DOSING,
    INTEGRATION,
    PLANNED,
    PREPARATION,
    TOOK_PLACE,
    Integrate,
    Plan,
    Session,
    Step,
    doses_named,
    next_steps,
    problems,
    told,
)
from kap.treatment.protocols import take_over
from kap.treatment.published import published
from kap.treatment.window import Window
from tests.browser import Browser
from tests.cast import NOW, Cast

BrowserOf = Callable[[str], Browser]

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 2, 2, 10, 0, tzinfo=BERLIN)
LETTERS = {"P": PREPARATION, "D": DOSING, "I": INTEGRATION}


def had(letters: str, status: str = TOOK_PLACE, begin: int = 0) -> list[Session]:
    """A session for each letter, one a day from the day `begin`: "PD" is a preparation and a dose the day after."""
    return [Session(LETTERS[letter], status, MONDAY + timedelta(days=begin + n), n) for n, letter in enumerate(letters)]


def after(plan: Plan, letters: str) -> set[str]:
    """What comes next once that was had, in short: {"dosing 2/6", "integration 1/4 after 1"}."""
    return short(next_steps(plan, had(letters), MONDAY + timedelta(days=len(letters))))


def short(steps: Sequence[Step]) -> set[str]:
    return {
        "complete"
        if step == COMPLETE
        else f"{step.kind} {step.number}/{step.total}" + (f" after {step.after_dose}" if step.after_dose else "")
        for step in steps
    }


# Worked cases: each published shape


def test_field_trip_talks_after_the_first_two_doses_and_then_after_every_second() -> None:
    """Field Trip: 4–6 doses, therapy alone after dose 1, after dose 2, then after every two (digest of the trial)."""
    plan = published()["field-trip"].plan
    assert after(plan, "") == {"preparation 1/1"}
    assert after(plan, "P") == {"dosing 1/6"}
    assert after(plan, "PD") == {"dosing 2/6", "integration 1/4 after 1"}
    assert after(plan, "PDID") == {"dosing 3/6", "integration 2/4 after 2"}
    assert after(plan, "PDIDID") == {"dosing 4/6"}
    assert after(plan, "PDIDIDD") == {"dosing 5/6", "integration 3/4 after 4"}
    assert after(plan, "PDIDIDDIDD") == {"integration 4/4 after 6"}
    assert after(plan, "PDIDIDDIDDI") == {"complete"}


def test_sage_prepares_three_times_and_talks_twice_after_the_first_dose() -> None:
    """Sage: at least three preparations, three doses, two integration sessions after the first."""
    plan = published()["sage"].plan
    assert after(plan, "PP") == {"preparation 3/3"}
    assert after(plan, "PPPD") == {"dosing 2/3", "integration 1/2 after 1"}
    assert after(plan, "PPPDI") == {"dosing 2/3", "integration 2/2 after 1"}
    assert after(plan, "PPPDII") == {"dosing 2/3"}
    assert after(plan, "PPPDIIDD") == {"complete"}


def test_hanya_house_gives_six_doses_in_three_weeks_and_talks_once() -> None:
    """Hanya House: two preparations, six doses in three weeks, one integration session."""
    plan = published()["hanya-house"].plan
    assert after(plan, "PPDDDDD") == {"dosing 6/6"}
    assert after(plan, "PPDDDDDD") == {"integration 1/1 after 6"}
    (dose,) = next_steps(plan, had("PPD"), MONDAY + timedelta(days=3))
    assert (dose.since, dose.until) == (MONDAY + timedelta(days=5), MONDAY + timedelta(days=6))
    assert (plan.doses or 0) * (plan.spacing_max or 0) <= 24


def test_kare_has_three_weekly_infusions_and_seven_talks_in_all() -> None:
    """KARE (Grabski and others): three weekly infusions; seven sessions of therapy in all, one of them before."""
    plan = published()["kare"].plan
    assert plan.preparations + (plan.integrations or 0) == 7
    dose, *_ = [s for s in next_steps(plan, had("PD"), MONDAY + timedelta(days=2)) if s.kind == DOSING]
    assert dose.since == dose.until == dose.suggested == MONDAY + timedelta(days=8)
    assert after(plan, "PDII") == {"dosing 2/3"}
    assert after(plan, "PDIIDIID") == {"integration 5/6 after 3"}
    assert after(plan, "PDIIDIIDII") == {"complete"}


def test_cbt_goes_on_after_the_last_infusion() -> None:
    """Wilkinson 2021: six infusions in three weeks, sixteen sessions of CBT in all over fourteen weeks."""
    plan = published()["cbt-after-ketamine"].plan
    assert after(plan, "") == {"dosing 1/6"}
    assert after(plan, "DDDDDD") == {"integration 1/16 after 6"}
    assert after(plan, "DDDDDD" + 15 * "I") == {"integration 16/16 after 6"}
    assert after(plan, "DDDDDD" + 16 * "I") == {"complete"}


def test_one_infusion_stands_in_five_weeks_of_talks() -> None:
    """Dakwar 2020: five weeks of motivational enhancement, the one infusion in the second."""
    plan = published()["alcohol-met"].plan
    assert after(plan, "P") == {"dosing 1/1"}
    assert after(plan, "PD") == {"integration 1/4 after 1"}
    assert after(plan, "PDIIII") == {"complete"}


def test_four_weeks_at_home_have_a_dose_a_week() -> None:
    """Mindbloom: a course of four weeks; how many doses is our default."""
    plan = published()["at-home"].plan
    dose, *_ = [s for s in next_steps(plan, had("PD"), MONDAY + timedelta(days=2)) if s.kind == DOSING]
    assert dose.since == MONDAY + timedelta(days=8)
    assert after(plan, "PDIDIDID") == {"integration 4/4 after 4"}


def test_an_open_number_of_doses_is_never_complete() -> None:
    """Journey Clinical: as many doses as the patient needs."""
    plan = published()["shared-care"].plan
    assert after(plan, "P" + 10 * "DI") == {"dosing 11/None"}
    assert after(plan, "PD") == {"dosing 2/None", "integration 1/None after 1"}


def test_the_typical_course_prepares_doses_and_integrates() -> None:
    """Our own summary: one integration session after each dose."""
    plan = published()["typical"].plan
    assert after(plan, "PP" + 5 * "DI") == {"dosing 6/6"}
    assert after(plan, "PP" + 6 * "DI") == {"complete"}
    assert "".join(kind[0] for kind, _ in plan.sequence) == "pp" + 6 * "di"


@pytest.mark.parametrize("key", published())
def test_a_published_shape_can_be_followed_and_says_what_is_ours(key: str) -> None:
    shape = published()[key]
    assert list(problems(shape.plan)) == []
    assert shape.source
    assert shape.own
    assert "not a guideline" in shape.whole_source
    assert shape.plan.window == Window()
    assert len(told(shape.plan)) == 3


def test_every_k_doses() -> None:
    plan = Plan(doses=6, integration=Integrate.EVERY, number=2)
    assert after(plan, "D") == {"dosing 2/6"}
    assert after(plan, "DD") == {"dosing 3/6", "integration 1/3 after 2"}
    assert told(plan)[2] == "Integration after every 2 doses (3 in all)"


# What counts, and when

TYPICAL = published()["typical"].plan


@pytest.mark.parametrize("status", ["held", "cancelled"])
def test_what_was_held_back_or_cancelled_does_not_count(status: str) -> None:
    sessions = [*had("PP"), *had("D", status, begin=3)]
    assert short(next_steps(TYPICAL, sessions, MONDAY + timedelta(days=5))) == {"dosing 1/6"}


def test_more_than_the_plan_asks_for_is_fine_and_counts_for_nothing() -> None:
    assert after(TYPICAL, "PPPP") == {"dosing 1/6"}
    assert after(TYPICAL, "PPIDII") == {"dosing 2/6"}
    assert after(TYPICAL, "PPDIID") == {"dosing 3/6", "integration 2/6 after 2"}
    assert after(TYPICAL, "PP" + 8 * "DI") == {"complete"}


def test_preparation_is_not_missed_once_a_dose_was_given() -> None:
    assert after(TYPICAL, "PD") == {"dosing 2/6", "integration 1/6 after 1"}


def test_a_planned_session_is_the_step_and_the_one_after_it_is_asked_for() -> None:
    plan = TYPICAL._replace(spacing_min=7, spacing_max=14)
    sessions = [*had("PPDI"), *had("D", PLANNED, begin=9)]
    steps = next_steps(plan, sessions, MONDAY + timedelta(days=5))
    planned, integration, dose = steps
    assert planned.planned == sessions[-1]
    assert (planned.kind, planned.number) == (DOSING, 2)
    assert integration.since == MONDAY + timedelta(days=9, hours=12)
    assert (dose.number, dose.since) == (3, MONDAY + timedelta(days=16))


def test_a_planned_session_that_is_overdue_is_still_the_step() -> None:
    (step, *_) = next_steps(TYPICAL, [*had("PP"), *had("D", PLANNED, begin=3)], MONDAY + timedelta(days=30))
    assert step.planned is not None
    assert (step.kind, step.number) == (DOSING, 1)


def test_the_window_is_that_of_the_first_talk_after_a_dose() -> None:
    plan = TYPICAL._replace(number=2)
    now = MONDAY + timedelta(days=2, hours=3)
    first = next(s for s in next_steps(plan, had("PPD"), now) if s.kind == INTEGRATION)
    dosed = MONDAY + timedelta(days=2)
    assert (first.since, first.until) == (dosed + timedelta(hours=12), dosed + timedelta(hours=72))
    assert first.suggested == dosed + timedelta(days=1)
    second = next(s for s in next_steps(plan, had("PPDI"), now + timedelta(days=2)) if s.kind == INTEGRATION)
    assert (second.since, second.until) == (None, None)


def test_a_day_is_a_day_of_the_clinic_also_when_the_clocks_change() -> None:
    """On 29 March 2026 clocks in Berlin are put forward: a week later is the same time on the wall."""
    given = datetime(2026, 3, 26, 10, 0, tzinfo=BERLIN)
    plan = Plan(doses=3, spacing_min=7, spacing_max=7)
    dose = next_steps(plan, [Session(DOSING, TOOK_PLACE, given)], given + timedelta(days=1))[-1]
    assert dose.suggested == datetime(2026, 4, 2, 10, 0, tzinfo=BERLIN)
    assert dose.suggested - given.astimezone(UTC) == timedelta(days=7) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"preparations": 101}, "preparations"),
        ({"doses": 0}, "doses"),
        ({"spacing_min": 0}, "spacing_min"),
        ({"spacing_max": 3}, "spacing_min"),
        ({"spacing_min": 4, "spacing_max": 3}, "spacing_max"),
        ({"number": None}, "number"),
        ({"number": 0}, "number"),
        ({"integration": "after", "after": ""}, "after"),
        ({"integration": "after", "after": "1, two"}, "after"),
        ({"integration": "after", "after": "7", "doses": 6}, "after"),
        ({"integration": "after", "after": "0"}, "after"),
        ({"integration": "after", "after": "1 " * 101}, "after"),
        ({"window_min": 80}, "window_max"),
        ({"window_max": 10_000}, "window_max"),
    ],
)
def test_a_plan_that_cannot_be_followed(changes: dict[str, object], field: str) -> None:
    assert [name for name, _ in problems(Plan(**changes))] == [field]  # type: ignore[arg-type]


def test_doses_are_named_as_people_write_them() -> None:
    assert doses_named(" 2,1;4  6 ") == (1, 2, 4, 6)
    assert doses_named("") == ()


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans that can be followed, with a known end."""
    doses = draw(st.integers(1, 8))
    rule = draw(st.sampled_from(list(Integrate)))
    least = draw(st.none() | st.integers(1, 30))
    return Plan(
        preparations=draw(st.integers(0, 4)),
        doses=doses,
        spacing_min=least,
        spacing_max=least + draw(st.integers(0, 10)) if least else None,
        integration=rule,
        number=draw(st.integers(0 if rule == Integrate.TOTAL else 1, 12)),
        after=" ".join(map(str, draw(st.lists(st.integers(1, doses), min_size=1, max_size=10)))),
        window_min=draw(st.integers(0, 48)),
        window_max=draw(st.integers(48, 200)),
    )


@settings(max_examples=300, deadline=None)
@given(plans(), st.data())
def test_whoever_follows_the_steps_in_any_order_does_just_what_was_planned(plan: Plan, data: st.DataObject) -> None:
    assert list(problems(plan)) == []
    now, sessions = MONDAY, list[Session]()
    for _ in range(200):
        steps = next_steps(plan, sessions, now)
        if steps == [COMPLETE]:
            break
        assert len({step.kind for step in steps}) == len(steps)
        step = data.draw(st.sampled_from(steps))
        at = max(step.since or now, now)
        assert step.suggested is None or step.suggested > now
        sessions.append(Session(step.kind or "", TOOK_PLACE, at))
        now = at + timedelta(hours=data.draw(st.integers(1, 60)))
    counts = Counter(session.kind for session in sessions)
    assert counts == +Counter(
        {PREPARATION: plan.preparations, DOSING: plan.doses or 0, INTEGRATION: plan.integrations or 0}
    )
    assert Counter(kind for kind, _ in plan.sequence) == counts


@settings(max_examples=200, deadline=None)
@given(plans(), st.lists(st.tuples(st.sampled_from("PDI"), st.sampled_from(list(Status)), st.integers(0, 60))))
def test_whatever_was_recorded_there_is_a_next_step_or_an_end(plan: Plan, rows: list[tuple[str, Status, int]]) -> None:
    sessions = [Session(LETTERS[kind], status, MONDAY + timedelta(days=days)) for kind, status, days in rows]
    steps = next_steps(plan, sessions, MONDAY + timedelta(days=30))
    assert steps
    assert COMPLETE not in steps or steps == [COMPLETE]
    for step in steps:
        assert step.total is None or 1 <= step.number <= step.total


# Through the pages


@pytest.fixture(autouse=True)
def _then() -> Iterator[None]:
    with clock.at(NOW):
        yield


def take(browser: Browser, key: str) -> None:
    """Take a published shape over, by its button."""
    browser.get("/protocols")
    assert browser.page is not None
    number = [form.get("action") for form in browser.page.forms()].index(f"/protocols/published/{key}")
    browser.fill(number, status=200)


def open_with(browser: Browser, cast: Cast, name: str, *, planned_doses: str = "") -> None:
    """End the course of the patient, and open one with the protocol of this name."""
    browser.get(f"/courses/{cast['course']}/end")
    browser.fill(ended_on="2026-03-17", end_reason="completed", status=200)
    browser.get(f"/patients/{cast['patient']}/courses/new")
    protocol = choice(browser, name)
    browser.fill(protocol_as=protocol, planned_doses=planned_doses, opened_on="2026-03-18", status=200)


def choice(browser: Browser, label: str) -> str:
    """What the page sends for the protocol of this name."""
    assert browser.page is not None
    (value,) = [o.get("value") or "" for o in browser.page.root.iter("option") if (o.text or "").strip() == label]
    return value


def open_course(cast: Cast) -> Course:
    """The course that is under way; needs an application context."""
    query = db.select(Course).where(Course.patient_id == cast["patient"], Course.ended_on.is_(None))
    course: Course = db.session.scalars(query).one()
    return course


def test_a_shape_is_taken_over_and_made_ones_own(browser_of: BrowserOf, cast: Cast) -> None:
    lead = browser_of("lead")
    take(lead, "field-trip")
    page = lead.fill(name="Our way", doses="4", after="1, 2, 4", measures_weekly=["phq-9"], status=200)
    assert "Our way" in page.words
    assert "4 doses" in page.words
    assert "Integration after doses 1, 2 and 4 (3 in all)" in page.words
    assert "Every week: PHQ-9" in page.words
    assert "Field Trip Health" in page.words
    assert "taken over" in page.words


def test_a_protocol_says_how_well_its_source_is_known(browser_of: BrowserOf) -> None:
    page = browser_of("therapist").get("/protocols")
    for mark in ("Published source", "Second-hand source", "Our own default", "None of them is a guideline"):
        assert mark in page.words
    assert "evidence for any particular window is limited" in page.words
    assert "/protocols/new" not in page.text


def test_a_shape_taken_over_twice_is_refused_in_words(browser_of: BrowserOf, cast: Cast) -> None:
    lead, medical = browser_of("lead"), browser_of("medical")
    lead.get("/protocols")
    medical.get("/protocols")
    assert lead.page is not None
    number = [form.get("action") for form in lead.page.forms()].index("/protocols/published/sage")
    medical.fill(number, status=200)
    page = lead.fill(number, status=409)
    assert "There is a protocol called “Three preparations, three doses” in use already" in page.words


def test_a_new_protocol_that_cannot_be_followed_says_why(browser_of: BrowserOf) -> None:
    medical = browser_of("medical")
    medical.get("/protocols/new")
    page = medical.fill(name="Ours", preparations="", status=200)
    assert "Please give a number, or 0." in page.words
    page = medical.fill(name="Ours", preparations="1", doses="2", integration="after", after="3")
    assert "There is no such dose in this protocol." in page.words
    page = medical.fill(after="1, 2")
    assert "The protocol is added." in page.words


def test_two_who_change_a_protocol_at_once_see_both(browser_of: BrowserOf, cast: Cast) -> None:
    lead, medical = browser_of("lead"), browser_of("medical")
    address = f"/protocols/{cast['protocol']}"
    lead.get(address)
    medical.get(address)
    medical.fill(doses="8", integration="every", number="2", status=200)
    page = lead.fill(doses="4", status=409)
    assert "Yours, not saved yet 4 Stored now 8" in page.words
    assert "Yours, not saved yet After each dose Stored now After every so many doses" in page.words
    lead.fill(status=200)
    lead.get(address)
    assert lead.ready()[1]["doses"] == ["4"]


@pytest.mark.parametrize("act", ["", "/archive", "/restore"])
def test_another_clinics_protocol_is_not_there(browser_of: BrowserOf, cast: Cast, act: str) -> None:
    lead = browser_of("lead")
    address = f"/protocols/{cast['foreign protocol']}{act}"
    if not act:
        lead.get(address, status=404)
    page = lead.get("/protocols")
    token = lead.ready()[1]["csrf_token"]
    lead.send(address, {"csrf_token": token}, status=404)
    assert str(cast["foreign protocol"]) not in page.text


def test_another_clinics_protocol_makes_no_course(app: Flask, browser_of: BrowserOf, cast: Cast) -> None:
    therapist = browser_of("therapist")
    with app.app_context():
        foreign = db.session.get_one(Protocol, cast["foreign protocol"]).as_kept
    therapist.get(f"/courses/{cast['course']}/edit")
    page = therapist.fill(protocol_as=foreign)
    assert "This protocol was changed or put away in the meantime." in page.words


def test_a_protocol_put_away_makes_no_new_course_and_can_be_used_again(browser_of: BrowserOf, cast: Cast) -> None:
    lead, therapist = browser_of("lead"), browser_of("therapist")
    lead.get("/protocols")
    page = lead.fill(0, status=200)
    assert "is put away" in page.words
    page = therapist.get(f"/courses/{cast['course']}/edit")
    assert "Prepare, dose, integrate" not in page.words
    page = lead.get("/protocols")
    number = [form.get("action") for form in page.forms()].index(f"/protocols/{cast['protocol']}/restore")
    lead.fill(number, status=200)
    page = therapist.get(f"/courses/{cast['course']}/edit")
    assert "Prepare, dose, integrate" in page.words


def test_a_course_made_from_a_protocol_knows_what_comes_next(app: Flask, browser_of: BrowserOf, cast: Cast) -> None:
    therapist = browser_of("therapist")
    open_with(therapist, cast, "Prepare, dose, integrate")
    assert therapist.page is not None
    assert "Next in “Prepare, dose, integrate” Preparation 1 of 2 not planned yet" in therapist.page.words
    with app.app_context():
        assert open_course(cast).planned_doses == 6
        course = open_course(cast)
        by = db.session.get_one(User, cast["therapist"])
        record_dosing(course, by=by, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(hours=2))
    page = therapist.get(f"/patients/{cast['patient']}")
    assert "Preparation 1 of 2" not in page.words
    assert "Dose 2 of 6" in page.words
    assert "Integration 1 of 6, after dose 1 best 18 to 21 March 2026" in page.words


def test_the_next_step_is_booked_with_what_is_suggested(app: Flask, browser_of: BrowserOf, cast: Cast) -> None:
    therapist = browser_of("therapist")
    open_with(therapist, cast, "Prepare, dose, integrate")
    with app.app_context():
        by = db.session.get_one(User, cast["therapist"])
        record_dosing(open_course(cast), by=by, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(hours=2))
    page = therapist.get(f"/patients/{cast['patient']}")
    (link,) = [a.get("href") or "" for a in page.root.iter("a") if "Book it: Integration" in "".join(a.itertext())]
    therapist.get(link)
    sent = therapist.ready(1)[1]
    assert (sent["kind"], sent["starts_at"]) == (["integration"], ["2026-03-19T11:00"])
    therapist.fill(1, status=200)
    page = therapist.get(f"/patients/{cast['patient']}")
    assert "Integration 1 of 6, after dose 1 planned for 19 March 2026, 11:00" in page.words
    with app.app_context():
        planned = db.session.scalars(
            db.select(TreatmentSession).where(TreatmentSession.course_id == open_course(cast).id)
        ).all()[-1]
        by = db.session.get_one(User, cast["therapist"])
        set_status(planned, version=planned.version, status=Status.CANCELLED, reason="Ill", by=by)
    page = therapist.get(f"/patients/{cast['patient']}")
    assert "Integration 1 of 6, after dose 1 best 18 to 21 March 2026" in page.words


@pytest.mark.parametrize("at", ["", "nonsense", "2026-13-01T10:00", "9999-12-31T23:59", "<b>"])
def test_a_time_in_the_address_that_is_none_is_left_out(browser_of: BrowserOf, cast: Cast, at: str) -> None:
    therapist = browser_of("therapist")
    therapist.get(f"/patients/{cast['patient']}/sessions/new?kind=dosing&status=planned&at={at}")
    expected = [at] if at.startswith("9999") else [""]
    assert therapist.ready()[1]["starts_at"] == expected


def test_a_course_keeps_what_it_was_made_from(app: Flask, browser_of: BrowserOf, cast: Cast) -> None:
    lead, therapist = browser_of("lead"), browser_of("therapist")
    open_with(therapist, cast, "Prepare, dose, integrate")
    lead.get(f"/protocols/{cast['protocol']}")
    lead.fill(name="Short", preparations="5", doses="2", status=200)
    page = therapist.get(f"/patients/{cast['patient']}")
    assert "Next in “Prepare, dose, integrate” Preparation 1 of 2" in page.words
    with app.app_context():
        course = open_course(cast)
        assert course.protocol is not None
        assert course.protocol["version"] == 1
        therapist.get(f"/courses/{course.id}/edit")
    kept = choice(therapist, "Prepare, dose, integrate, as this course has it")
    assert therapist.ready()[1]["protocol_as"] == [kept]
    page = therapist.fill(protocol_as=choice(therapist, "Short"), status=200)
    assert "Next in “Short” Preparation 1 of 5" in page.words
    with app.app_context():
        assert open_course(cast).planned_doses == 2


def test_a_protocol_is_taken_off_a_course_and_the_number_of_doses_stays(
    app: Flask, browser_of: BrowserOf, cast: Cast
) -> None:
    therapist = browser_of("therapist")
    open_with(therapist, cast, "Prepare, dose, integrate", planned_doses="4")
    assert therapist.page is not None
    with app.app_context():
        course = open_course(cast)
        assert course.planned_doses == 4
        assert course.plan is not None
        assert course.plan.doses == 4
        edit = f"/courses/{course.id}/edit"
    therapist.get(edit)
    page = therapist.fill(protocol_as="", status=200)
    assert "Next in" not in page.words
    with app.app_context():
        assert open_course(cast).planned_doses == 4
        assert open_course(cast).protocol is None


def test_a_course_that_is_done_asks_to_look_at_the_whole(app: Flask, cast: Cast) -> None:
    with app.app_context():
        patient, lead = db.session.get_one(Patient, cast["patient"]), db.session.get_one(User, cast["lead"])
        protocol = take_over(published()["alcohol-met"], by=lead)
        course = db.session.get_one(Course, cast["course"])
        record = record_of(patient, zone=BERLIN)
        assert ahead_of(record, NOW.astimezone(BERLIN)) is None
        plan = protocol.plan._replace(number=1)
        course.protocol = protocol.kept | {"plan": plan._asdict()}
        course.planned_doses = None
        with db.session.no_autoflush:
            record = record_of(patient, zone=BERLIN)
        ahead = ahead_of(record, NOW.astimezone(BERLIN))
        assert ahead is not None
        assert ahead.lines == []
        db.session.rollback()


def test_a_lead_sees_what_comes_next_and_is_not_asked_to_book_it(browser_of: BrowserOf, cast: Cast) -> None:
    therapist, lead = browser_of("therapist"), browser_of("lead")
    open_with(therapist, cast, "Prepare, dose, integrate")
    page = lead.get(f"/patients/{cast['patient']}")
    assert "Preparation 1 of 2" in page.words
    assert "Book it" not in page.words
    assert date(2026, 3, 18) == clock.today(BERLIN)
