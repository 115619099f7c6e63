"""Where the parts of a chart are put."""

import re
from dataclasses import fields, replace
from datetime import date
from itertools import combinations, pairwise
from math import isfinite
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kap.charts.geometry import Box, text_width
from kap.charts.plot import Mark, Tint
from kap.charts.sparkline import sparkline
from kap.charts.trajectory import (
    NARROW,
    WIDE,
    Band,
    Frame,
    Held,
    Line,
    Marker,
    Point,
    Trajectory,
    trajectory,
)
from tests.charts.histories import PHQ_9, course, day, doses, points

# Once the room for the bracket and the sessions is dropped, days and scores are drawn from 10 to 110.
SQUARE = Frame(120, 143, left=5, right=5, top=15, bottom=28, text=5, value_steps=5, names_inside=True)


def square(**changes: Any) -> Trajectory:
    """A plot of 100 by 100 units, ten days long and of scores 0 to 10."""
    plain = {"bands": (), "lines": (), "markers": (), "held": None}
    return trajectory(**course(minimum=0, maximum=10, end=day(10), frame=SQUARE, **plain) | changes)


def test_a_score_stands_at_the_day_that_it_is_about() -> None:
    chart = square(points=points((0, 10), (5, 4), (10, 0)))
    assert [(m.x, m.y) for m in chart.dots] == [(10, 10), (60, 70), (110, 110)]
    assert chart.line == "M10 10L60 70 110 110"
    assert chart.bridges == ""


def test_scores_come_in_any_order() -> None:
    assert square(points=points((10, 0), (0, 10), (5, 4))).line == "M10 10L60 70 110 110"


def test_a_silence_longer_than_the_gap_is_a_bridge() -> None:
    chart = square(points=points((0, 8), (1, 7), (5, 6), (10, 5)), max_gap_days=4)
    assert chart.line == "M10 30L20 40 60 50"
    assert chart.bridges == "M60 50L110 60"


def test_the_later_of_two_on_one_day_carries_the_line_and_the_earlier_stays_as_a_dot() -> None:
    chart = square(points=points((0, 8), (5, 2), (5, 6), (10, 5)))
    assert chart.line == "M10 30L60 50 110 60"
    assert [(m.x, m.y) for m in chart.earlier] == [(60, 90)]


def test_an_answer_above_zero_to_item_9_is_marked_also_when_a_later_score_replaced_it() -> None:
    first, second = points((5, 6), (5, 4))
    chart = square(points=[replace(first, flagged=True), second])
    assert [(m.x, m.y) for m in chart.flagged] == [(60, 50)]
    assert [(m.x, m.y) for m in chart.dots] == [(60, 70)]
    assert chart.earlier == ()


def test_what_lies_outside_the_range_of_days_is_not_drawn() -> None:
    chart = square(points=points((-3, 9), (2, 8), (20, 3)), markers=doses(-2, 3, 30))
    assert len(chart.dots) == len(chart.doses) == 1
    assert (chart.dots[0].x, chart.doses[0].x) == (30, 40)


def test_bands_of_whole_numbers_meet_and_cover_the_range() -> None:
    chart = trajectory(**course())
    plot = chart.frame.plot
    assert [t.tone for t in chart.tints] == [0, 1, 2, 3, 4]
    assert sum(t.height for t in chart.tints) == pytest.approx(plot.bottom - plot.top)
    assert chart.tints[1] == Tint(y=plot.bottom - 10 * 11, height=5 * 11, tone=1)


def test_where_higher_is_better_the_low_band_is_the_severe_one_and_the_highest_score_is_named() -> None:
    bands = [Band(0, 49, "Poor"), Band(50, 100, "Good")]
    chart = trajectory(
        **course(points=points((0, 20), (9, 80), (20, 60)), maximum=100, bands=bands, higher_is_worse=False)
    )
    assert [(t.tone, n.text) for t, n in zip(chart.tints, chart.names, strict=True)] == [(4, "Poor"), (0, "Good")]
    assert {t.text for t in chart.scores} == {"20", "80", "60"}


def test_first_lowest_and_latest_are_written_once_each() -> None:
    assert [t.text for t in trajectory(**course()).scores] == ["12", "21", "5"]
    assert [t.text for t in trajectory(**course(points=points((0, 14)))).scores] == ["14"]
    assert [t.text for t in trajectory(**course(points=points((0, 4.333), (9, 4.25)))).scores] == ["4.2", "4.3"]


def test_the_bracket_spans_the_days_held_and_leaves_the_bands_alone() -> None:
    chart = trajectory(**course())
    assert chart.held is not None
    x = {m.tip: m.x for m in chart.dots}
    start, end = x[f"{day(35)}: PHQ-9 6"], x[f"{day(112)}: PHQ-9 8"]
    assert chart.held.bar == f"M{start} 35V29H{end}v6"
    assert "z" not in chart.held.outline


def test_a_line_beyond_the_scale_is_left_out() -> None:
    assert trajectory(**course(lines=[Line(-3, "Response", "response")])).rules == ()


@pytest.mark.parametrize("frame", [WIDE, NARROW])
def test_twelve_doses_in_four_weeks_over_nine_months(frame: Frame) -> None:
    chart = trajectory(**course(markers=doses(*range(5, 32, 2))[:12], end=day(274), frame=frame))
    labels = chart.dose_labels
    assert len(chart.doses) == 12, "every dose has its diamond"
    assert (labels[0].text, labels[-1].text) == ("1", "12")
    for a, b in combinations(labels, 2):
        assert abs(a.x - b.x) >= (len(a.text) + len(b.text)) / 2 * 6
    stems = [float(x) for x in re.findall(r"M([\d.]+) [\d.]+V", chart.stems)]
    assert all(b - a >= 5.9 for a, b in pairwise(stems))


@pytest.mark.parametrize("frame", [WIDE, NARROW])
def test_the_labels_in_the_plot_do_not_cover_each_other(frame: Frame) -> None:
    chart = trajectory(**course(frame=frame))
    size = frame.text * 0.88
    boxes = [_around(t.x, t.y, t.text, frame.text) for t in chart.scores]
    boxes += [_around(r.label.x, r.label.y, r.label.text, size) for r in chart.rules]
    if frame is NARROW:
        boxes += [_around(t.x - text_width(t.text, size) / 2, t.y, t.text, size) for t in chart.names]
    assert len(boxes) == (10 if frame is NARROW else 5)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    line = [(m.x, m.y) for m in sorted(chart.dots, key=lambda m: m.x)]
    assert not any(b.crossed_by(s, t) for b in boxes for s, t in pairwise(line))


def _around(x: float, y: float, text: str, size: float) -> Box:
    half = text_width(text, size) / 2
    return Box(x - half, y - size * 0.8, x + half, y + size * 0.1)


def test_nothing_to_draw_but_sessions() -> None:
    chart = trajectory(**course(points=[]))
    assert (chart.line, chart.bridges, chart.scores, chart.dots) == ("", "", (), ())
    assert len(chart.doses) == 3


def test_one_day_stands_in_the_middle() -> None:
    chart = trajectory(**course(points=points((0, 8)), start=day(0), end=day(0), held=None, markers=doses(0)))
    plot = chart.frame.plot
    assert chart.dots[0].x == chart.doses[0].x == (plot.left + plot.right) / 2


def test_a_frame_drops_the_room_that_nothing_needs() -> None:
    bare = trajectory(**course(bands=(), markers=(), held=None)).frame
    assert bare.height < WIDE.height
    assert bare.right < WIDE.right
    assert bare.plot.bottom - bare.plot.top == WIDE.plot.bottom - WIDE.plot.top


@pytest.mark.parametrize("wrong", [{"maximum": 0}, {"end": day(-1)}])
def test_an_empty_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="range"):
        trajectory(**course(**wrong))


dates = st.dates(date(2000, 1, 1), date(2040, 1, 1)) | st.dates()
near = st.integers(-40, 400).map(day)
scores = st.floats(-1e6, 1e6)
words = st.text(max_size=20)
histories = st.fixed_dictionaries(
    {
        "points": st.lists(st.builds(Point, near | dates, scores, words, st.booleans()), max_size=40),
        "bands": st.sampled_from([(), PHQ_9, (Band(-5, 400, "x"),), (Band(3, 3, "x"), Band(9, 2, "y"))]),
        "lines": st.lists(st.builds(Line, scores, words, st.sampled_from(["response", "remission"])), max_size=3),
        "markers": st.lists(
            st.builds(Marker, near | dates, st.sampled_from(["dosing", "integration", "preparation"]), words, words),
            max_size=20,
        ),
        "held": st.none() | st.builds(Held, near | dates, near | dates, words),
        "maximum": st.sampled_from([0.5, 10, 21, 27, 63, 80, 100, 1e6]),
        "frame": st.sampled_from([WIDE, NARROW]),
        "max_gap_days": st.integers(0, 60),
        "higher_is_worse": st.booleans(),
    }
)


@settings(max_examples=150, deadline=None)
@given(history=histories, ends=st.tuples(near | dates, near | dates))
def test_whatever_comes_in_every_coordinate_is_finite_and_inside_the_frame(
    history: dict[str, Any], ends: tuple[date, date]
) -> None:
    chart = trajectory(**course(**history, start=min(ends), end=max(ends)))
    plot, frame = chart.frame.plot, chart.frame
    for mark in (*chart.dots, *chart.earlier, *chart.flagged):
        assert _inside(mark, plot.left, plot.top, plot.right, plot.bottom)
    for mark in (*chart.doses, *chart.integrations, *chart.preparations):
        assert _inside(mark, plot.left, plot.bottom, plot.right, frame.height)
    for number in _numbers(chart):
        assert isfinite(number)
        assert -1e-9 <= number <= max(frame.width, frame.height)
        assert number == round(number, 1)


def _inside(mark: Mark, left: float, top: float, right: float, bottom: float) -> bool:
    return left <= mark.x <= right and top <= mark.y <= bottom


def _numbers(chart: Trajectory) -> list[float]:
    texts = [*chart.names, *chart.values, *chart.days, *chart.dose_labels, *chart.scores]
    texts += [rule.label for rule in chart.rules] + ([chart.held.label] if chart.held else [])
    paths = [getattr(chart, f.name) for f in fields(chart) if f.name in ("grid", "ticks", "stems", "line", "bridges")]
    paths += [rule.path for rule in chart.rules] + ([chart.held.bar, chart.held.outline] if chart.held else [])
    absolute = " ".join(re.sub(r"v-?\d+", "", path) for path in paths)
    found = [float(n) for n in re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", absolute)]
    return found + [n for t in texts for n in (t.x, t.y)] + [n for t in chart.tints for n in (t.y, t.height)]


def test_sparkline() -> None:
    spark = sparkline(points((0, 0), (10, 10), (110, 5)), minimum=0, maximum=10, label="From 0 to 5")
    assert (spark.line, spark.bridges, spark.latest) == ("M4 28L14.2 4", "M14.2 4L116 16", (116, 16))


def test_a_sparkline_of_nothing() -> None:
    nothing = sparkline([], minimum=0, maximum=10, label="No score yet")
    assert (nothing.line, nothing.latest) == ("", None)
