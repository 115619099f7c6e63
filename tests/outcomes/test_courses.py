"""Which scores belong to which course, and how a stored verdict ages."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kap.durability import Reading, State, assess
from kap.outcomes.rules import CourseDates, History, histories, settled, state_on
from tests.durability.histories import PHQ9

DAY_0 = date(2026, 1, 1)


def on(day: int) -> date:
    return DAY_0 + timedelta(days=day)


def course(opened: int) -> CourseDates:
    return CourseDates(uuid4(), on(opened))


def scores_of(found: dict[UUID, History], of: CourseDates) -> list[int]:
    return [(reading.on - DAY_0).days for reading in found[of.id].readings]


def test_a_course_runs_from_28_days_before_its_first_dose_to_the_day_before_the_next_ones_first() -> None:
    first, second = course(-10), course(150)
    readings = [Reading(on(day), 10) for day in (-29, -28, 0, 171, 172, 199, 200, 300)]
    found = histories([first, second], {first.id: [on(7), on(0)], second.id: [on(200)]}, readings, PHQ9)
    assert scores_of(found, first) == [-28, 0, 171, 172, 199]
    assert scores_of(found, second) == [172, 199, 200, 300]
    assert found[first.id].doses == (on(0), on(7))


def test_a_course_without_a_dose_ends_no_other() -> None:
    dosed, waiting = course(0), course(100)
    found = histories([dosed, waiting], {dosed.id: [on(0)]}, [Reading(on(day), 10) for day in (0, 71, 72, 300)], None)
    assert scores_of(found, dosed) == [0, 71, 72, 300]
    assert scores_of(found, waiting) == [72, 300]


def test_scores_keep_the_order_in_which_they_were_entered() -> None:
    only = course(0)
    readings = [Reading(on(14), 9), Reading(on(7), 12), Reading(on(14), 8)]
    assert histories([only], {only.id: [on(0)]}, readings, PHQ9)[only.id].readings == tuple(readings)


days = st.integers(-60, 200)
measured = st.lists(st.builds(Reading, days.map(on), st.integers(0, 27)), max_size=12)
dosed = st.lists(days.map(on), max_size=6)


@given(readings=measured, doses=dosed, later=st.integers(0, 120))
def test_a_stored_verdict_is_that_of_the_page_on_every_day(
    readings: list[Reading], doses: list[date], later: int
) -> None:
    history = History(tuple(readings), tuple(sorted(doses)), date.min, date.max)
    stored = settled(history, PHQ9)
    today = max([reading.on for reading in readings] + doses, default=DAY_0) + timedelta(days=later)
    page = assess(readings, doses, as_of=today, scale=PHQ9)

    known = stored.last_known or stored.state
    reason = stored.last_known_reason if stored.last_known else stored.reason
    assert state_on(today, known, reason, stored.stale_on) == (page.state, page.reason)
    if page.reason == "stale":
        assert (page.last_known, page.last_known_weeks) == (known, stored.last_known_weeks or stored.weeks)
    else:
        assert page.weeks == stored.weeks


@pytest.mark.parametrize(("day", "state"), [(45, State.RESPONDING), (46, State.NOT_ENOUGH_DATA)])
def test_it_goes_stale_on_the_46th_day(day: int, state: State) -> None:
    stored = settled(History((Reading(on(-1), 20), Reading(on(14), 8)), (on(0),), date.min, date.max), PHQ9)
    assert state_on(on(14 + day), stored.state, stored.reason, stored.stale_on)[0] is state
