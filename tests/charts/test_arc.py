"""The arc of a course as it is drawn: each session where its day is, and tied to what it leads to."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kap.charts.arc import ARC_NARROW, Arc, Stop, Tie, arc
from kap.charts.history import SessionKind
from tests.charts.histories import DRAWINGS, day, points

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """<script>alert("1")</script> & 'quoted' \u202e"""


def stop(key: Any, on: int, kind: SessionKind, **changes: Any) -> Stop:
    return replace(Stop(key, day(on), kind, key if kind == "dosing" else "", f"{day(on)}: {kind} {key}"), **changes)


STOPS = (
    stop("p", 7, "preparation"),
    stop("1", 14, "dosing"),
    stop("2", 21, "dosing"),
    stop("a", 23, "integration"),
    stop("3", 28, "dosing", open=True),
    stop("b", 40, "integration", planned=True),
)
TIES = (Tie("p", "1"), Tie("1", "a"), Tie("2", "a"), Tie("3", "b"))


def drawn(**changes: Any) -> Arc:
    asked: dict[str, Any] = {
        "points": points((0, 21), (14, 19), (16, 14), (28, 10)),
        "stops": STOPS,
        "ties": TIES,
        "minimum": 0,
        "maximum": 27,
        "start": day(0),
        "end": day(45),
        "today": day(30),
        "title": "The course",
        "description": "Three doses.",
    }
    return arc(**asked | changes)


def svg(**changes: Any) -> ElementTree.Element:
    return ElementTree.fromstring(DRAWINGS.get_template("charts/arc.svg").render(chart=drawn(**changes), prefix="arc"))


@pytest.mark.parametrize(
    "changes",
    [{}, {"points": []}, {"stops": (), "ties": ()}, {"frame": ARC_NARROW}, {"start": day(14), "end": day(14)}],
)
def test_a_drawing_is_well_formed_and_named(changes: dict[str, Any]) -> None:
    root = svg(**changes)
    assert root.tag == f"{SVG}svg"
    assert (root.get("role"), root.get("aria-label")) == ("img", "The course")
    assert root.findtext(f"{SVG}desc") == "Three doses."


def test_every_score_and_session_says_what_it_is() -> None:
    titles = {title.text for title in svg().iter(f"{SVG}title")}
    assert titles == {one.tip for one in STOPS} | {point.tip for point in points((0, 21), (14, 19), (16, 14), (28, 10))}


def test_words_from_outside_stay_words() -> None:
    root = svg(stops=[replace(one, tip=HOSTILE, label=HOSTILE) for one in STOPS], title=HOSTILE, description=HOSTILE)
    assert not [element for element in root.iter() if element.tag == f"{SVG}script"]
    assert root.get("aria-label") == HOSTILE


def test_a_thread_runs_from_one_session_to_the_other() -> None:
    found = drawn()
    first, second = found.doses
    (talk,) = found.integrations
    assert [(mark.x, mark.y) for mark in (first, second)] == [
        tuple(float(n) for n in start) for start in re.findall(r"M([\d.]+) ([\d.]+)C", found.ties)
    ]
    assert found.ties.count(f" {talk.x} {talk.y}") == 2
    assert found.led.count("M") == found.ahead.count("M") == 1


def test_a_dose_that_nothing_followed_hangs_open() -> None:
    found = drawn()
    (open_,) = found.open
    assert found.unanswered.startswith(f"M{open_.x} {open_.y}v")
    assert found.unanswered.count("M") == 1
    assert drawn(stops=STOPS[:4]).unanswered == ""


def test_today_is_marked_where_something_lies_ahead() -> None:
    assert drawn().today is not None
    assert drawn(stops=STOPS[:4]).today is None
    assert drawn(today=day(99)).today is None


@pytest.mark.parametrize("changes", [{"minimum": 27}, {"start": day(46)}])
def test_an_empty_range_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="range"):
        drawn(**changes)


kinds = st.sampled_from(("dosing", "integration", "preparation"))
stops = st.lists(st.tuples(st.integers(-20, 80), kinds, st.booleans()), max_size=40)


@given(stops, st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=40), st.sampled_from((10, 400)))
def test_all_that_is_drawn_lies_inside_and_in_the_order_of_its_days(
    found: list[tuple[int, SessionKind, bool]], ties: list[tuple[int, int]], days: int
) -> None:
    shown = [stop(n, on, kind, label=str(n), planned=planned) for n, (on, kind, planned) in enumerate(found)]
    chart = drawn(stops=shown, ties=[Tie(*tie) for tie in ties], end=day(0) + timedelta(days=days))
    marks = [
        *chart.doses,
        *chart.integrations,
        *chart.preparations,
        *chart.planned_doses,
        *chart.planned_integrations,
        *chart.planned_preparations,
    ]
    assert len(marks) == sum(0 <= on <= days for on, *_ in found)
    assert all(0 <= mark.x <= chart.frame.width and 0 <= mark.y <= chart.frame.height - 5 for mark in marks)
    for row in (chart.doses, chart.integrations, chart.preparations):
        assert [mark.x for mark in row] == sorted(mark.x for mark in row)
    inside = {n for n, (on, *_) in enumerate(found) if 0 <= on <= days}
    assert sum(path.count("M") for path in (chart.led, chart.ties, chart.ahead)) == sum(
        {*tie} <= inside for tie in ties
    )
