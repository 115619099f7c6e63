"""What a chart is drawn from: dated scores, sessions, and the lines that mean something for this patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

SessionKind = Literal["dosing", "integration", "preparation"]
LineKind = Literal["response", "remission"]


@dataclass(frozen=True, slots=True)
class Point:
    """A score at the day it is about; flagged where PHQ-9 item 9 was above zero."""

    on: date
    score: float
    tip: str
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """A session; the label (a dose's number) is drawn for dosing alone."""

    on: date
    kind: SessionKind
    label: str
    tip: str


@dataclass(frozen=True, slots=True)
class Begin:
    """The day on which a course begins, where the chart shows more than one."""

    on: date
    label: str
    tip: str


@dataclass(frozen=True, slots=True)
class Band:
    """A range of scores with a name of its own; 5 to 9 and 10 to 14 are drawn as neighbours."""

    low: float
    high: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A score that means something for this patient."""

    score: float
    label: str
    kind: LineKind


@dataclass(frozen=True, slots=True)
class Held:
    """The stretch held in response."""

    start: date
    end: date
    label: str


def by_day(points: Sequence[Point]) -> tuple[list[Point], list[Point]]:
    """Part points ordered by day into those that count, the last of each day, and the earlier ones."""
    last = {p.on: n for n, p in enumerate(points)}
    return (
        [p for n, p in enumerate(points) if last[p.on] == n],
        [p for n, p in enumerate(points) if last[p.on] != n],
    )


def stretches(points: Sequence[Point], max_gap_days: int) -> list[list[Point]]:
    """Part points ordered by day wherever a longer silence lies between them."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and (point.on - runs[-1][-1].on).days <= max_gap_days:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs
