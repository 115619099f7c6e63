"""Scales, ticks and places for labels, against values worked out by hand."""

from datetime import date

import pytest

from kap.charts.geometry import Box, Calendar, Linear, date_ticks, polyline, tenth, value_ticks
from kap.charts.labels import Room, box_at, thinned


def test_coordinates_are_short() -> None:
    assert [str(tenth(v)) for v in (12.0, 12.04, 12.06, -0.01)] == ["12", "12", "12.1", "0"]
    assert polyline([(0, 1.0), (2.25, 3.99), (5, 6)]) == "M0 1L2.2 4 5 6"


def test_scales() -> None:
    up = Linear(0, 27, 300, 30)
    assert (up(0), up(27), up(13.5), up(-5), up(99)) == (300, 30, 165, 300, 30)
    week = Calendar(date(2026, 1, 1), date(2026, 1, 8), 10, 80)
    assert (week(date(2026, 1, 1)), week(date(2026, 1, 4)), week(date(2026, 2, 1))) == (10, 40, 80)
    assert Calendar(date(2026, 1, 1), date(2026, 1, 1), 10, 80)(date(2026, 1, 1)) == 45


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 21, [0, 5, 10, 15, 20]),
        (0, 27, [0, 5, 10, 15, 20, 25]),
        (0, 63, [0, 10, 20, 30, 40, 50, 60]),
        (0, 80, [0, 20, 40, 60, 80]),
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (17, 85, [20, 30, 40, 50, 60, 70, 80]),
    ],
)
def test_scores_are_ruled_at_round_values(low: float, high: float, ticks: list[float]) -> None:
    assert value_ticks(low, high, 7) == ticks


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        (date(2026, 3, 5), date(2026, 3, 5), ["5 Mar 2026"]),
        (date(2026, 3, 5), date(2026, 3, 8), ["5 Mar 2026", "6 Mar", "7 Mar", "8 Mar"]),
        (date(2026, 3, 5), date(2026, 4, 1), ["9 Mar 2026", "16 Mar", "23 Mar", "30 Mar"]),
        (date(2025, 11, 20), date(2026, 3, 2), ["Dec 2025", "Jan 2026", "Feb", "Mar"]),
        (date(2025, 11, 20), date(2027, 2, 1), ["Jan 2026", "Mar", "May", "Jul", "Sep", "Nov", "Jan 2027"]),
        (date(2019, 11, 20), date(2024, 2, 1), ["2020", "2021", "2022", "2023", "2024"]),
    ],
)
def test_days_weeks_months_or_years_by_the_span_and_each_year_once(first: date, last: date, labels: list[str]) -> None:
    ticks = date_ticks(first, last, width=330, size=13)
    assert [f"{t.label} {t.year}".strip() for t in ticks] == labels
    assert all(first <= t.on <= last for t in ticks)


def test_labels_too_close_are_left_out_but_the_first_and_last_stay() -> None:
    spots = [(10.0 * n, str(n)) for n in range(1, 13)]
    kept = [label for _, label in thinned(spots, size=20)]
    assert kept == ["1", "3", "5", "7", "9", "12"]
    assert thinned([], size=20) == []


def test_a_label_takes_the_first_place_that_is_free() -> None:
    room = Room(Box(0, 0, 100, 100), line=[(0, 0), (100, 100)], rules=[50], stems=[], clearance=1)
    on_the_line, free = box_at(45, 50, "x", 10), box_at(80, 20, "x", 10)
    assert room.take([on_the_line, free]) == free
    assert room.take([free, on_the_line]) == on_the_line, "the place is taken by the first label now"


def test_a_segment_touches_a_box_only_where_it_runs_through_it() -> None:
    box = Box(40, 40, 60, 60)
    assert box.crossed_by((0, 0), (100, 100))
    assert box.crossed_by((50, 0), (50, 100))
    assert not box.crossed_by((0, 50), (100, 200))
    assert not box.crossed_by((0, 0), (100, 30))
    assert not box.crossed_by((70, 0), (70, 100))
