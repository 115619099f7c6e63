"""The arc of a course: scores over one axis of days, under them the doses, and tied to these what was talked about."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from kap.charts.geometry import Box, Calendar, Linear, date_ticks, polyline, spread, tenth, value_ticks
from kap.charts.history import Point, SessionKind, by_day, stretches
from kap.charts.labels import Room, Text, thinned
from kap.charts.plot import Frame, Mark, Plot

# The rows under the plot, in font sizes below its lower edge; the days stand above them.
_NUMBER_ROW, _DOSE_ROW, _TALK_ROW = 4, 5.1, 8.4
_SMALL, _UNANSWERED = 0.88, 1.5

ARC_WIDE = Frame(880, 334, left=38, right=26, top=20, bottom=122, text=13, value_steps=4, names_inside=True)
ARC_NARROW = Frame(370, 334, left=32, right=12, top=20, bottom=122, text=13, value_steps=4, names_inside=True)


@dataclass(frozen=True, slots=True)
class Stop:
    """A session on the arc; the label (a dose's number) is drawn for doses. Open: a dose that no talk has followed."""

    key: Hashable
    on: date
    kind: SessionKind
    label: str
    tip: str
    planned: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """That one session leads to another: a preparation to its dose, a dose to the talk about it."""

    start: Hashable
    end: Hashable


@dataclass(frozen=True, slots=True)
class Arc:
    """A drawing ready for templates/charts/arc.svg."""

    frame: Frame
    title: str
    description: str
    grid: str
    values: tuple[Text, ...]
    ticks: str
    days: tuple[Text, ...]
    stems: str
    line: str
    bridges: str
    radius: float
    dots: tuple[Mark, ...]
    flagged: tuple[Mark, ...]
    scores: tuple[Text, ...]
    led: str
    ties: str
    ahead: str
    unanswered: str
    reach: float
    size: float
    doses: tuple[Mark, ...]
    open: tuple[Mark, ...]
    integrations: tuple[Mark, ...]
    preparations: tuple[Mark, ...]
    planned_doses: tuple[Mark, ...]
    planned_integrations: tuple[Mark, ...]
    planned_preparations: tuple[Mark, ...]
    numbers: tuple[Text, ...]
    today: Mark | None


def arc(
    points: Sequence[Point],
    stops: Sequence[Stop],
    ties: Sequence[Tie],
    *,
    minimum: float,
    maximum: float,
    start: date,
    end: date,
    today: date,
    max_gap_days: int = 45,
    higher_is_worse: bool = True,
    frame: Frame = ARC_WIDE,
    title: str,
    description: str,
) -> Arc:
    """Draw what lies from start to end, both included; a tie to what lies outside is left out.

    Points come in the order in which they were entered: of two on one day the later counts. Raises ValueError for an
    empty range.
    """
    if minimum >= maximum or start > end:
        raise ValueError("A chart needs a range of scores and of days.")
    plot = Plot(
        frame,
        Calendar(start, end, frame.plot.left + frame.text, frame.plot.right - frame.text),
        Linear(minimum, maximum, frame.plot.bottom, frame.plot.top),
    )
    counting, _ = by_day(sorted((p for p in points if start <= p.on <= end), key=lambda p: p.on))
    shown = sorted((stop for stop in stops if start <= stop.on <= end), key=lambda stop: stop.on)
    given = [stop for stop in shown if stop.kind == "dosing" and not stop.planned]
    row = {"dosing": plot.below(_DOSE_ROW)}
    at = {stop.key: (tenth(plot.x(stop.on)), row.get(stop.kind, plot.below(_TALK_ROW))) for stop in shown}
    leading = {stop.key for stop in shown if stop.kind == "preparation"}
    coming = {stop.key for stop in shown if stop.planned}
    drawn = [tie for tie in ties if tie.start in at and tie.end in at]
    radius = plot.radius(counting)
    spots = [plot.spot(point) for point in counting]
    xs = [plot.x(stop.on) for stop in given]
    runs = [[plot.spot(point) for point in run] for run in stretches(counting, max_gap_days)]
    room = Room(
        inside=Box(frame.plot.left, 0, frame.plot.right, frame.plot.bottom),
        line=spots,
        rules=(),
        stems=xs,
        clearance=max(radius, 3),
    )
    days = date_ticks(start, end, frame.plot.right - frame.plot.left, frame.text)
    steps = value_ticks(minimum, maximum, frame.value_steps)

    def marks(kind: SessionKind, *, planned: bool = False, open: bool = False) -> tuple[Mark, ...]:
        return tuple(
            Mark(*at[stop.key], stop.tip)
            for stop in shown
            if (stop.kind, stop.planned, stop.open) == (kind, planned, open)
        )

    def threads(wanted: Callable[[Tie], bool]) -> str:
        return "".join(_thread(at[tie.start], at[tie.end]) for tie in drawn if wanted(tie))

    return Arc(
        frame=frame,
        title=title,
        description=description,
        grid=plot.grid(steps),
        values=plot.values(steps),
        ticks=plot.ticks(days),
        days=plot.days(days),
        stems="".join(f"M{tenth(x)} {frame.plot.bottom}V{frame.plot.top}" for x in xs),
        line="".join(polyline(run) for run in runs if len(run) > 1),
        bridges="".join(polyline((a[-1], b[0])) for a, b in pairwise(runs)),
        radius=radius,
        dots=plot.marks(p for p in counting if not p.flagged),
        flagged=plot.marks(p for p in counting if p.flagged),
        scores=plot.score_labels(counting, radius, room, higher_is_worse=higher_is_worse),
        led=threads(lambda tie: tie.start in leading and not coming & {tie.start, tie.end}),
        ties=threads(lambda tie: not (tie.start in leading or coming & {tie.start, tie.end})),
        ahead=threads(lambda tie: bool(coming & {tie.start, tie.end})),
        unanswered="".join(
            f"M{at[stop.key][0]} {at[stop.key][1]}v{tenth(_UNANSWERED * frame.text)}" for stop in given if stop.open
        ),
        reach=tenth(min(max(spread(xs) * 0.6, 4), 7)),
        size=tenth(min(max(spread([plot.x(s.on) for s in shown if s.kind != "dosing"]) * 0.5, 3), 5)),
        doses=marks("dosing"),
        open=marks("dosing", open=True),
        integrations=marks("integration"),
        preparations=marks("preparation"),
        planned_doses=marks("dosing", planned=True),
        planned_integrations=marks("integration", planned=True),
        planned_preparations=marks("preparation", planned=True),
        numbers=tuple(
            Text(tenth(x), plot.below(_NUMBER_ROW), label)
            for x, label in thinned([(plot.x(s.on), s.label) for s in given], frame.text * _SMALL)
        ),
        today=Mark(tenth(plot.x(today)), plot.below(_TALK_ROW), "Today") if coming and start <= today <= end else None,
    )


def _thread(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A curve that leaves one mark and comes to the other upright, so that threads near each other stay apart."""
    (x, y), (to_x, to_y) = start, end
    middle = tenth((y + to_y) / 2)
    return f"M{x} {y}C{x} {middle} {to_x} {middle} {to_x} {to_y}"
