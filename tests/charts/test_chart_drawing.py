"""The drawings as they reach a page: well formed, escaped, small."""

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import html5lib
import pytest

from kap.charts.sparkline import sparkline
from kap.charts.trajectory import NARROW, Band, Held, Line, Marker, Point, trajectory
from tests.charts.histories import DRAWINGS, course, day, doses, figure, points

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """<script>alert("1")</script> & 'quoted' \u202e"""


def svg(**changes: Any) -> ElementTree.Element:
    source = DRAWINGS.get_template("charts/trajectory.svg").render(chart=trajectory(**course(**changes)), prefix="phq")
    return ElementTree.fromstring(source)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"points": []},
        {"points": points((0, 5)), "start": day(0), "end": day(0), "markers": (), "held": None},
        {"points": points((0, 21), (0, 3)), "bands": (), "lines": (), "held": None},
        {"markers": [Marker(day(3), "preparation", "", "Preparation")]},
        {"frame": NARROW},
    ],
)
def test_a_drawing_is_well_formed(changes: dict[str, Any]) -> None:
    assert svg(**changes).tag == f"{SVG}svg"


def test_every_score_and_session_says_what_it_is() -> None:
    chart = course()
    titles = [t.text for t in svg().iter(f"{SVG}title")]
    assert sorted(t for t in titles if t) == sorted(x.tip for x in (*chart["points"], *chart["markers"]))


def test_the_drawing_has_a_name_and_a_description() -> None:
    root = svg()
    about = root.find(f"{SVG}desc")
    assert about is not None
    assert (root.get("role"), root.get("aria-label")) == ("img", "PHQ-9 over time")
    assert (about.get("id"), about.text) == (root.get("aria-describedby"), "From 21 to 12.")


def test_words_from_outside_stay_words() -> None:
    root = svg(
        points=[Point(day(1), 3, HOSTILE), Point(day(1), 5, HOSTILE), Point(day(9), 5, HOSTILE, flagged=True)],
        bands=[Band(0, 27, HOSTILE)],
        lines=[Line(9, HOSTILE, "response")],
        markers=[Marker(day(2), "dosing", HOSTILE, HOSTILE), Marker(day(3), "integration", HOSTILE, HOSTILE)],
        held=Held(day(2), day(9), HOSTILE),
        title=HOSTILE,
        description=HOSTILE,
    )
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "g", "path", "circle", "text", "title", "desc",
    }  # fmt: skip
    words = [element.text for element in root.iter() if element.text and "script" in element.text]
    assert words == [HOSTILE] * len(words)
    assert len(words) == 10
    assert root.get("aria-label") == HOSTILE


def test_the_policy_of_the_site_has_nothing_to_block() -> None:
    source = figure()
    assert " style=" not in source
    assert "<script" not in source
    assert " on" not in source.replace(" one", "")


def test_both_drawings_and_the_key_stand_on_one_page() -> None:
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        f"<!doctype html><title>Chart</title>{figure()}"
    )
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) == 2
    key = ["".join(li.itertext()).strip() for li in page.iter("li")]
    assert key == ["Score", "No score for over 45 days", "Dosing", "Integration"]


def test_the_key_names_item_9_only_where_it_is_marked() -> None:
    assert "Item 9 above zero" not in figure()
    flagged = [replace(p, flagged=p.score > 18) for p in course()["points"]]
    assert "Item 9 above zero" in figure(points=flagged)


def test_a_page_with_sixty_scores_and_twelve_sessions_stays_light() -> None:
    tip = "16 March 2026: PHQ-9 12, moderate"
    history = [Point(day(4 * n), 5 + (n * 7) % 15, tip) for n in range(60)]
    assert len(figure(points=history, markers=doses(*range(0, 240, 20)), end=day(240)).encode()) < 22_500


def test_a_sparkline_is_well_formed_and_says_its_trend() -> None:
    template = DRAWINGS.get_template("charts/sparkline.svg")
    for scores in (points((0, 4), (9, 7)), points((0, 4)), []):
        spark = sparkline(scores, minimum=0, maximum=27, label=HOSTILE)
        root = ElementTree.fromstring(template.render(spark=spark))
        assert root.get("aria-label") == HOSTILE
