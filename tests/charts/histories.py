"""Histories to draw, and the templates to draw them with; days count from 16 February 2026."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kap.charts.trajectory import NARROW, WIDE, Band, Held, Line, Marker, Point, trajectory

ROOT = Path(__file__).parents[2]
DRAWINGS = Environment(autoescape=True, undefined=StrictUndefined, loader=FileSystemLoader(ROOT / "templates"))
FIRST = date(2026, 2, 16)
PHQ_9 = (
    Band(0, 4, "Minimal"),
    Band(5, 9, "Mild"),
    Band(10, 14, "Moderate"),
    Band(15, 19, "Moderately severe"),
    Band(20, 27, "Severe"),
)


def day(n: int) -> date:
    return FIRST + timedelta(n)


def points(*scores: tuple[int, float]) -> list[Point]:
    return [Point(day(n), score, f"{day(n)}: PHQ-9 {score:g}") for n, score in scores]


def doses(*days: int) -> list[Marker]:
    return [Marker(day(n), "dosing", str(i), f"{day(n)}: dose {i}") for i, n in enumerate(days, 1)]


def course(**changes: Any) -> dict[str, Any]:
    """A course that responds, is held, and falls silent for seven weeks; for `trajectory(**...)`."""
    return {
        "points": points((0, 21), (14, 19), (16, 14), (28, 10), (35, 6), (42, 5), (98, 8), (112, 8), (126, 12)),
        "minimum": 0,
        "maximum": 27,
        "bands": PHQ_9,
        "lines": [Line(10.5, "Response", "response"), Line(4, "Remission", "remission")],
        "markers": [*doses(14, 21, 28), Marker(day(15), "integration", "", "Integration")],
        "held": Held(day(35), day(112), "Held in response for 11 weeks"),
        "start": day(0),
        "end": day(130),
        "title": "PHQ-9 over time",
        "description": "From 21 to 12.",
    } | changes


def figure(**changes: Any) -> str:
    """Both drawings and the key, as they stand on a page."""
    both = {
        "wide": trajectory(**course(frame=WIDE, **changes)),
        "narrow": trajectory(**course(frame=NARROW, **changes)),
    }
    return DRAWINGS.get_template("charts/trajectory.html").module.trajectory(**both, prefix="phq")  # type: ignore[attr-defined, no-any-return]
