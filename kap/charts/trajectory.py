"""One patient's scores on one measure over time, with the sessions on the same axis."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from kap.charts.geometry import Box, Calendar, Linear, date_ticks, tenth, value_ticks
from kap.charts.history import Band, Begin, Held, Line, Marker, Point, by_day, stretches
from kap.charts.labels import Room, Text
from kap.charts.plot import (
    DOSE_ROW,
    NARROW,
    NARROW_PANEL,
    TALK_ROW,
    WIDE,
    WIDE_PANEL,
    Bracket,
    Frame,
    Mark,
    Plot,
    Rule,
    Start,
    Tint,
    cropped,
    fitted,
    tiers_of,
)

__all__ = [
    "NARROW",
    "NARROW_PANEL",
    "WIDE",
    "WIDE_PANEL",
    "Band",
    "Begin",
    "Frame",
    "Held",
    "Line",
    "Marker",
    "Panel",
    "Point",
    "Trajectory",
    "trajectory",
]


@dataclass(frozen=True, slots=True)
class Panel:
    """A place among charts stacked on one axis of days: whether any of them names bands, and whether it is the last."""

    named: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A drawing ready for templates/charts/trajectory.svg."""

    frame: Frame
    title: str
    description: str
    tints: tuple[Tint, ...]
    names: tuple[Text, ...]
    grid: str
    values: tuple[Text, ...]
    ticks: str
    days: tuple[Text, ...]
    rules: tuple[Rule, ...]
    held: Bracket | None
    stems: str
    line: str
    bridges: str
    max_gap_days: int
    radius: float
    dots: tuple[Mark, ...]
    earlier: tuple[Mark, ...]
    flagged: tuple[Mark, ...]
    reach: float
    doses: tuple[Mark, ...]
    integrations: tuple[Mark, ...]
    preparations: tuple[Mark, ...]
    dose_labels: tuple[Text, ...]
    scores: tuple[Text, ...]
    starts: tuple[Start, ...]
    talks: str


def trajectory(
    points: Sequence[Point],
    *,
    minimum: float,
    maximum: float,
    bands: Sequence[Band] = (),
    lines: Sequence[Line] = (),
    markers: Sequence[Marker] = (),
    held: Held | None = None,
    begins: Sequence[Begin] = (),
    start: date,
    end: date,
    max_gap_days: int = 45,
    higher_is_worse: bool = True,
    frame: Frame = WIDE,
    panel: Panel | None = None,
    title: str,
    description: str,
) -> Trajectory:
    """Draw what lies from start to end, both included.

    Points come in the order in which they were entered: of two on one day the line takes the later.
    A longer silence than max_gap_days is bridged with dashes. In a panel the integration sessions, too, get lines
    through the plot, and above the last one nothing is written under it. Raises ValueError for an empty range.
    """
    if minimum >= maximum or start > end:
        raise ValueError("A chart needs a range of scores and of days.")
    named, last = (panel.named, panel.last) if panel else (bool(bands), True)
    frame = fitted(frame, named=named, bracketed=held is not None, visited=bool(markers))
    frame = frame if last else cropped(frame)
    plot = Plot(
        frame,
        Calendar(start, end, frame.plot.left + frame.text, frame.plot.right - frame.text),
        Linear(minimum, maximum, frame.plot.bottom, frame.plot.top),
    )
    shown = sorted((p for p in points if start <= p.on <= end), key=lambda p: p.on)
    counting, earlier = by_day(shown)
    spots = [plot.spot(p) for p in counting]
    # One counts of each day: its place is worked out once.
    placed = {p.on: Mark(tenth(x), tenth(y), p.tip) for p, (x, y) in zip(counting, spots, strict=True)}
    runs = [[placed[p.on] for p in run] for run in stretches(counting, max_gap_days)]
    doses, integrations, preparations = (
        sorted((m for m in markers if m.kind == kind and start <= m.on <= end), key=lambda m: m.on)
        for kind in ("dosing", "integration", "preparation")
    )
    ruled = [line for line in lines if minimum <= line.score <= maximum]
    bracket = plot.bracket(held) if held and held.start <= end and held.end >= start else None
    stems = plot.stems(doses)
    radius = plot.radius(counting)
    room = Room(
        inside=Box(frame.plot.left, 0, frame.plot.right, frame.plot.bottom),
        line=spots,
        rules=[plot.y(line.score) for line in ruled],
        stems=stems,
        clearance=max(radius, 3),
        taken=[plot.over(bracket)] if bracket else [],
    )
    scores = plot.score_labels(counting, radius, room, higher_is_worse=higher_is_worse)
    rules = plot.rules(ruled, room)
    starts = plot.starts([begin for begin in begins if start <= begin.on <= end], room)
    tiers = tiers_of(bands, minimum, maximum)
    ticks = date_ticks(start, end, frame.plot.right - frame.plot.left, frame.text)
    drawing = Trajectory(
        frame=frame,
        title=title,
        description=description,
        tints=plot.tints(tiers, higher_is_worse=higher_is_worse),
        names=plot.names(tiers, room),
        grid=plot.grid(value_ticks(minimum, maximum, frame.value_steps)),
        values=plot.values(value_ticks(minimum, maximum, frame.value_steps)),
        ticks=plot.ticks(ticks),
        days=plot.days(ticks),
        rules=rules,
        held=bracket,
        stems=plot.stem_path(doses, stems),
        line="".join(_through(run) for run in runs if len(run) > 1),
        bridges="".join(_through((a[-1], b[0])) for a, b in pairwise(runs)),
        max_gap_days=max_gap_days,
        radius=radius,
        dots=tuple(placed[p.on] for p in counting if not p.flagged),
        earlier=plot.marks(p for p in earlier if not p.flagged),
        flagged=plot.marks(p for p in shown if p.flagged),
        reach=plot.reach(doses),
        doses=plot.sessions(doses, DOSE_ROW),
        integrations=plot.sessions(integrations, TALK_ROW),
        preparations=plot.sessions(preparations, TALK_ROW),
        dose_labels=plot.dose_labels(doses),
        scores=scores,
        starts=starts,
        talks=plot.through(integrations) if panel else "",
    )
    if last:
        return drawing
    return replace(drawing, days=(), doses=(), integrations=(), preparations=(), dose_labels=())


def _through(marks: Sequence[Mark]) -> str:
    """Write a path through marks, whose places are rounded already."""
    first, *others = [f"{mark.x} {mark.y}" for mark in marks]
    return f"M{first}L{' '.join(others)}"
