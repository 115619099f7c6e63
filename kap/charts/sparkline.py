"""A small trend for lists: no axis, the latest score as a dot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from kap.charts.geometry import Calendar, Linear, polyline, tenth
from kap.charts.history import Point, by_day, stretches

WIDTH, HEIGHT, MARGIN = 120, 32, 4


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A drawing ready for templates/charts/sparkline.svg; the latest is None where there is no score."""

    width: float
    height: float
    label: str
    line: str
    bridges: str
    latest: tuple[float, float] | None


def sparkline(
    points: Sequence[Point],
    *,
    minimum: float,
    maximum: float,
    start: date | None = None,
    end: date | None = None,
    max_gap_days: int = 45,
    label: str,
) -> Sparkline:
    """Draw the scores from start to end, else from the first to the last; the label says them in words."""
    first = start or min((p.on for p in points), default=date.min)
    last = end or max((p.on for p in points), default=date.max)
    x = Calendar(first, last, MARGIN, WIDTH - MARGIN)
    y = Linear(minimum, maximum, HEIGHT - MARGIN, MARGIN)
    shown, _ = by_day(sorted((p for p in points if first <= p.on <= last), key=lambda p: p.on))
    runs = [[(x(p.on), y(p.score)) for p in run] for run in stretches(shown, max_gap_days)]
    return Sparkline(
        width=WIDTH,
        height=HEIGHT,
        label=label,
        line="".join(polyline(run) for run in runs if len(run) > 1),
        bridges="".join(polyline((a[-1], b[0])) for a, b in pairwise(runs)),
        latest=(tenth(runs[-1][-1][0]), tenth(runs[-1][-1][1])) if runs else None,
    )
