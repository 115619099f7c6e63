"""What is compared before and after a dose, and what is not."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kap.durability import Reading
from kap.outcomes.rules import After, AroundDose, Change, around_dose, change_of, settle_days
from tests.durability.histories import PHQ9, WHO5

DAY_0 = date(2026, 3, 2)


def on(day: int) -> date:
    return DAY_0 + timedelta(days=day)


def around(
    *scores: tuple[int, float], dose: int = 0, doses: tuple[int, ...] = (0,), settle: int = 7, **changes: Any
) -> AroundDose:
    """The comparison round `dose` on the PHQ-9; days count from DAY_0."""
    readings = [Reading(on(day), score) for day, score in scores]
    options: dict[str, Any] = {"scale": PHQ9, "higher_is_worse": True, "settle": settle} | changes
    return around_dose(on(dose), [on(day) for day in doses], readings, **options)


def told(after: After | None) -> tuple[int, float | None, Change | None] | None:
    return ((after.reading.on - DAY_0).days, after.better, after.change) if after else None


def before(found: AroundDose) -> tuple[int, float] | None:
    return ((found.before.on - DAY_0).days, found.before.score) if found.before else None


def test_the_last_before_is_set_against_the_first_after_and_the_last_before_the_next_dose() -> None:
    found = around((-9, 21), (-2, 20), (7, 15), (14, 12), (21, 9), doses=(0, 21))
    assert before(found) == (-2, 20)
    assert told(found.first) == (7, 5, Change.WITHIN)
    assert told(found.last) == (21, 11, Change.BETTER)


@pytest.mark.parametrize(("day", "counts"), [(-29, False), (-28, True), (0, True), (1, False)])
def test_before_is_28_days_up_to_the_dose_its_own_day_included(day: int, counts: bool) -> None:
    assert (around((day, 20)).before is not None) is counts


@pytest.mark.parametrize(("day", "counts"), [(0, False), (6, False), (7, True), (45, True), (46, False)])
def test_after_is_from_when_a_score_can_tell_of_it_to_45_days(day: int, counts: bool) -> None:
    assert (around((-1, 20), (day, 9)).first is not None) is counts


def test_a_score_on_the_day_of_a_dose_is_before_it_and_after_the_one_before() -> None:
    scores = ((-1, 20), (14, 10), (28, 8))
    first = around(*scores, dose=0, doses=(0, 14))
    second = around(*scores, dose=14, doses=(0, 14))
    assert told(first.first) == (14, 10, Change.BETTER)
    assert first.last is None
    assert before(second) == (14, 10)
    assert told(second.first) == (28, 2, Change.WITHIN)


def test_of_two_scores_on_one_day_the_later_entered_counts() -> None:
    found = around((-1, 25), (-1, 20), (8, 3), (8, 12))
    assert before(found) == (-1, 20)
    assert told(found.first) == (8, 8, Change.BETTER)


def test_nothing_is_carried_into_a_window_that_has_no_score() -> None:
    assert around((-40, 20), (7, 9)).before is None
    assert told(around((-40, 20), (7, 9)).first) == (7, None, None)
    assert around((-1, 20), (3, 9)).first is None
    assert around().first is around().last is None


def test_where_the_next_dose_comes_too_soon_the_first_score_says_how_many_doses_it_spans() -> None:
    found = around((-1, 20), (10, 12), doses=(0, 3, 7, 10))
    assert found.until is None
    assert told(found.first) == (10, 8, Change.BETTER)
    assert found.first is not None
    assert found.first.spans == (on(0), on(3), on(7))
    assert found.last is None


def test_doses_between_the_score_before_and_the_dose_are_spanned_too() -> None:
    found = around((-10, 20), (7, 12), doses=(-10, -5, 0))
    assert found.first is not None
    assert found.first.spans == (on(-10), on(-5), on(0))


def test_without_a_score_before_the_doses_count_from_this_one() -> None:
    found = around((40, 12), doses=(-5, 0, 20))
    assert found.first is not None
    assert found.first.spans == (on(0), on(20))


def test_two_doses_on_one_day_are_one_for_the_comparison() -> None:
    found = around((-1, 20), (14, 12), doses=(0, 0))
    assert found.first is not None
    assert found.first.spans == (on(0),)


def test_the_last_before_the_next_dose_is_not_the_first_again() -> None:
    assert around((-1, 20), (10, 12)).last is None
    assert told(around((-1, 20), (10, 12), (44, 11), (46, 2)).last) == (44, 9, Change.BETTER)


@pytest.mark.parametrize(
    ("score", "better", "change"),
    [
        (14, 6, Change.BETTER),
        (15, 5, Change.WITHIN),
        (20, 0, Change.WITHIN),
        (25, -5, Change.WITHIN),
        (26, -6, Change.WORSE),
    ],
)
def test_reliable_is_the_reliable_change_or_more_either_way(score: float, better: float, change: Change) -> None:
    assert told(around((0, 20), (7, score)).first) == (7, better, change)


def test_a_mean_that_differs_in_the_last_binary_digit_is_the_same_change() -> None:
    assert change_of(6 - 1e-12, PHQ9) is Change.BETTER


def test_where_higher_is_better_a_rise_is_better() -> None:
    found = around((0, 24), (7, 44), (14, 10), scale=WHO5, higher_is_worse=False)
    assert told(found.first) == (7, 20, Change.BETTER)
    assert told(found.last) == (14, -14, Change.WORSE)


def test_without_thresholds_the_points_are_told_and_nothing_is_called_reliable() -> None:
    found = around((0, 3), (1, 6), scale=None, higher_is_worse=False, settle=1)
    assert told(found.first) == (1, 3, None)


@pytest.mark.parametrize(("recall", "settle"), [(1, 1), (7, 4), (14, 7), (None, 7), (0, 7)])
def test_without_thresholds_a_score_counts_after_half_of_what_it_looks_back_on(recall: int | None, settle: int) -> None:
    assert settle_days(None, recall) == settle
    assert settle_days(PHQ9, recall) == PHQ9.settle_days


days = st.integers(-60, 90)


@given(
    scores=st.lists(st.tuples(days, st.integers(0, 27)), max_size=12),
    doses=st.lists(days, max_size=8),
    settle=st.integers(1, 15),
)
def test_every_score_lies_in_its_window_and_no_dose_lies_in_the_last_one(
    scores: list[tuple[int, float]], doses: list[int], settle: int
) -> None:
    found = around(*scores, doses=(0, *doses), settle=settle)
    if found.before:
        assert on(-28) <= found.before.on <= on(0)
    for after in (found.first, found.last):
        if after:
            assert on(settle) <= after.reading.on <= on(45)
            assert on(0) in after.spans
    if found.last:
        assert found.first
        assert found.first.reading.on < found.last.reading.on
        assert not [day for day in doses if on(0) < on(day) < found.last.reading.on]
