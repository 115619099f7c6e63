"""Several measures one above the other on one axis, and where courses begin."""

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

from kap.charts.change import HEIGHT, MARGIN, WIDTH, change_drawing
from kap.charts.geometry import Box, text_width
from kap.charts.trajectory import (
    NARROW_PANEL,
    WIDE_PANEL,
    Begin,
    Frame,
    Marker,
    Panel,
    Trajectory,
    trajectory,
)
from tests.charts.histories import DRAWINGS, course, day, doses, points

PLAIN: dict[str, Any] = {"bands": (), "lines": (), "held": None}
BEGINS = [Begin(day(2), "Course 1", "Course 1 begins"), Begin(day(60), "Course 2", "Course 2 begins")]


def stack(frame: Frame = WIDE_PANEL, markers: Sequence[Marker] | None = None) -> tuple[Trajectory, Trajectory]:
    """A measure with bands and a stretch in response over one that has neither."""
    shared: dict[str, Any] = {"frame": frame} | ({} if markers is None else {"markers": markers})
    upper = trajectory(**course(panel=Panel(named=True, last=False), **shared))
    lower = trajectory(
        **course(panel=Panel(named=True, last=True), points=points((0, 60), (98, 58)), **PLAIN, **shared)
    )
    return upper, lower


@pytest.mark.parametrize("frame", [WIDE_PANEL, NARROW_PANEL])
def test_a_day_stands_at_the_same_place_in_every_panel(frame: Frame) -> None:
    upper, lower = stack(frame)
    assert (upper.frame.left, upper.frame.right, upper.frame.width) == (
        lower.frame.left,
        lower.frame.right,
        lower.frame.width,
    )
    assert [dot.x for dot in upper.dots if dot.tip.startswith(str(day(98)))] == [lower.dots[-1].x]
    assert upper.ticks.count("M") == lower.ticks.count("M")


def test_sessions_run_through_all_panels_and_are_named_under_the_last() -> None:
    upper, lower = stack()
    assert upper.stems.count("M") == lower.stems.count("M") == 3
    assert upper.talks.count("M") == lower.talks.count("M") == 1
    assert (upper.doses, upper.integrations, upper.dose_labels, upper.days) == ((), (), (), ())
    assert [mark.tip for mark in lower.doses] == [marker.tip for marker in doses(14, 21, 28)]
    assert lower.integrations
    assert lower.days


@pytest.mark.parametrize("markers", [None, []])
def test_an_upper_panel_ends_just_under_its_plot(markers: list[Marker] | None) -> None:
    upper, lower = stack(markers=markers)
    assert upper.frame.height - upper.frame.plot.bottom == upper.frame.text
    assert lower.frame.height - lower.frame.plot.bottom > upper.frame.text


def test_a_chart_by_itself_draws_no_line_for_a_talk_and_no_flag() -> None:
    alone = trajectory(**course())
    assert (alone.talks, alone.starts) == ("", ())


@pytest.mark.parametrize("frame", [WIDE_PANEL, NARROW_PANEL])
def test_a_course_is_flagged_where_it_begins_clear_of_the_other_labels(frame: Frame) -> None:
    chart = trajectory(**course(begins=[*BEGINS, Begin(day(300), "Course 3", "Later than the chart")], frame=frame))
    assert [start.label.text for start in chart.starts] == ["Course 1", "Course 2"]
    size = frame.text * 0.88
    boxes = [
        Box(t.x - text_width(t.text, size) / 2, t.y - size, t.x + text_width(t.text, size) / 2, t.y)
        for t in (*(start.label for start in chart.starts), *chart.scores)
    ]
    assert not [(a, b) for n, a in enumerate(boxes) for b in boxes[:n] if a.overlaps(b)]


def test_a_flag_says_what_begins_there() -> None:
    source = DRAWINGS.get_template("charts/trajectory.svg").render(
        chart=trajectory(**course(begins=BEGINS)), prefix="p"
    )
    titles = [title.text for title in ElementTree.fromstring(source).iter("{http://www.w3.org/2000/svg}title")]
    assert titles.count("Course 1 begins") == titles.count("Course 2 begins") == 1


def test_the_way_from_before_to_after() -> None:
    drawing = change_drawing(27, 0, None, minimum=0, maximum=27, label="PHQ-9: 27 before, then 0")
    assert (drawing.before, drawing.first, drawing.last) == (WIDTH - MARGIN, MARGIN, None)
    assert drawing.way == f"M{WIDTH - MARGIN} {HEIGHT // 2}H{MARGIN}"
    assert change_drawing(5, 9, 5, minimum=0, maximum=27, label="").way == ""


@pytest.mark.parametrize("last", [None, 4.0])
def test_before_and_after_is_well_formed_and_says_its_numbers(last: float | None) -> None:
    hostile = """<b>"&'"""
    drawing = change_drawing(20, 9, last, minimum=0, maximum=27, label=hostile)
    root = ElementTree.fromstring(DRAWINGS.get_template("charts/change.svg").render(change=drawing))
    assert root.get("aria-label") == hostile
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 2
