"""The frame of a chart with its two scales, and how each part of the drawing is laid on them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from kap.charts.geometry import Box, Calendar, DateTick, Linear, Spot, spread, tenth, text_width
from kap.charts.history import Band, Begin, Held, Line, LineKind, Marker, Point
from kap.charts.labels import Room, Text, box_at, centred, thinned

# The rows under the plot, in font sizes below its lower edge.
_DAY_ROW, _YEAR_ROW, DOSE_ROW, _NUMBER_ROW, TALK_ROW = 1.4, 2.45, 3.4, 4.75, 5.85
_SMALL = 0.88  # of the font size: band names, years, dose numbers


@dataclass(frozen=True, slots=True)
class Frame:
    """A size of drawing: the margins round the plot, the font size, and how finely the scores are ruled."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    text: float
    value_steps: int
    names_inside: bool

    @property
    def plot(self) -> Box:
        """The rectangle in which the line is drawn."""
        return Box(self.left, self.top, self.width - self.right, self.height - self.bottom)


# The plots are 297 and 243 high: a point of the PHQ-9, the usual measure, is 11 and 9, which keeps its paths short.
WIDE = Frame(880, 419, left=38, right=132, top=36, bottom=86, text=13, value_steps=7, names_inside=False)
NARROW = Frame(370, 365, left=32, right=8, top=36, bottom=86, text=13, value_steps=6, names_inside=True)

WIDE_PANEL = Frame(880, 262, left=38, right=132, top=36, bottom=86, text=13, value_steps=4, names_inside=False)
NARROW_PANEL = Frame(370, 284, left=32, right=8, top=36, bottom=86, text=13, value_steps=4, names_inside=True)


def fitted(frame: Frame, *, named: bool, bracketed: bool, visited: bool) -> Frame:
    """Drop the room round the plot that nothing needs: for band names, the bracket, the rows of sessions."""
    top, bottom = (0 if bracketed else frame.text), (0 if visited else frame.text * 3.6)
    return replace(
        frame,
        height=frame.height - top - bottom,
        top=frame.top - top,
        bottom=frame.bottom - bottom,
        right=frame.right if named or frame.names_inside else frame.text,
    )


def cropped(frame: Frame) -> Frame:
    """Cut off the rows under the plot: another panel follows, and the days stand under the last."""
    drop = frame.bottom - frame.text
    return replace(frame, height=frame.height - drop, bottom=frame.text)


class Mark(NamedTuple):
    """A place that can be pointed at, with the words for it."""

    x: float
    y: float
    tip: str


@dataclass(frozen=True, slots=True)
class Tint:
    """A severity band as drawn: tone 0 is the mildest, 4 the most severe."""

    y: float
    height: float
    tone: int


@dataclass(frozen=True, slots=True)
class Rule:
    """The response or the remission line as drawn."""

    path: str
    label: Text
    kind: LineKind


@dataclass(frozen=True, slots=True)
class Start:
    """Where a course begins, as drawn: a line with a flag at its top."""

    path: str
    flag: Mark
    label: Text


@dataclass(frozen=True, slots=True)
class Bracket:
    """The stretch held in response as drawn: a bar over the plot and a soft outline in it."""

    bar: str
    outline: str
    label: Text


def tiers_of(bands: Sequence[Band], minimum: float, maximum: float) -> list[Band]:
    """Close the space between bands of whole numbers, so that 5 to 9 reaches up to where 10 begins."""
    ordered = sorted(bands, key=lambda band: band.low)
    tops = [band.low for band in ordered[1:]] + [maximum] * bool(ordered)
    closed = [
        Band(max(band.low, minimum), min(top if top - band.high <= 1 else band.high, maximum), band.label)
        for band, top in zip(ordered, tops, strict=True)
    ]
    return [band for band in closed if band.low < band.high]


@dataclass(frozen=True, slots=True)
class Plot:
    """A frame with its two scales, and how each part of the drawing is laid on them."""

    frame: Frame
    x: Calendar
    y: Linear

    def spot(self, point: Point) -> Spot:
        return self.x(point.on), self.y(point.score)

    def below(self, rows: float) -> float:
        return tenth(self.frame.plot.bottom + rows * self.frame.text)

    def marks(self, points: Iterable[Point]) -> tuple[Mark, ...]:
        return tuple(Mark(tenth(self.x(p.on)), tenth(self.y(p.score)), p.tip) for p in points)

    def sessions(self, markers: Sequence[Marker], row: float) -> tuple[Mark, ...]:
        return tuple(Mark(tenth(self.x(m.on)), self.below(row), m.tip) for m in markers)

    def radius(self, points: Sequence[Point]) -> float:
        """Shrink the dots where they stand dense: a daily mood over months is read as a line."""
        between = (self.x.stop - self.x.start) / max(len(points), 1)
        return next(radius for radius in (4, 3, 2, 1) if radius == 1 or between >= 2.5 * radius)

    def reach(self, doses: Sequence[Marker]) -> float:
        """Give half the height of a dose's diamond: smaller where doses stand dense."""
        return tenth(min(max(spread([self.x(m.on) for m in doses]) * 0.6, 4), 6.5))

    def grid(self, values: Sequence[float]) -> str:
        left, right = self.frame.plot.left, self.frame.plot.right
        return "".join(f"M{left} {tenth(self.y(v))}H{right}" for v in values)

    def values(self, values: Sequence[float]) -> tuple[Text, ...]:
        x, drop = self.frame.plot.left - 7, self.frame.text * 0.35
        return tuple(Text(x, tenth(self.y(v) + drop), f"{v:g}") for v in values)

    def ticks(self, ticks: Sequence[DateTick]) -> str:
        return "".join(f"M{tenth(self.x(t.on))} {self.frame.plot.bottom}v5" for t in ticks)

    def days(self, ticks: Sequence[DateTick]) -> tuple[Text, ...]:
        """Write the days under their ticks and the years under the days, all within the drawing."""
        size = self.frame.text
        labels = [(self._kept_in(self.x(t.on), t.label), self.below(_DAY_ROW), t.label) for t in ticks]
        years = [(self._kept_in(self.x(t.on), t.year), t.year) for t in ticks if t.year]
        labels += [(x, self.below(_YEAR_ROW), year) for x, year in thinned(years, size * _SMALL)]
        return tuple(Text(tenth(x), y, label) for x, y, label in labels)

    def _kept_in(self, x: float, text: str) -> float:
        half = text_width(text, self.frame.text) / 2
        return max(half, min(x, self.frame.width - half))

    def tints(self, tiers: Sequence[Band], *, higher_is_worse: bool) -> tuple[Tint, ...]:
        tones = [round(n * 4 / max(len(tiers) - 1, 1)) for n in range(len(tiers))]
        if not higher_is_worse:
            tones.reverse()
        return tuple(
            Tint(tenth(self.y(b.high)), tenth(tenth(self.y(b.low)) - tenth(self.y(b.high))), tone)
            for b, tone in zip(tiers, tones, strict=True)
        )

    def names(self, tiers: Sequence[Band], room: Room) -> tuple[Text, ...]:
        """Name the bands in the right margin or, where the frame has none, in the plot clear of the line."""
        return tuple(self._name(band, room) for band in tiers)

    def _name(self, band: Band, room: Room) -> Text:
        size, plot = self.frame.text * _SMALL, self.frame.plot
        top, bottom = self.y(band.high), self.y(band.low)
        middle = (top + bottom) / 2
        if not self.frame.names_inside:
            return Text(plot.right + 9, tenth(middle + size * 0.35), band.label)
        heights = (middle, top + size * 0.8, bottom - size * 0.8)
        width = text_width(band.label, size)
        lefts = [plot.right - 4 - width - shift * 0.2 * (plot.right - plot.left - width - 8) for shift in range(6)]
        box = room.take(box_at(left, height, band.label, size) for left in lefts for height in heights)
        return Text(tenth(box.right), tenth((box.top + box.bottom) / 2 + size * 0.35), band.label)

    def rules(self, lines: Sequence[Line], room: Room) -> tuple[Rule, ...]:
        """Rule the response and remission lines; each label stands on or under its line where it is free."""
        return tuple(self._rule(line, room) for line in lines)

    def _rule(self, line: Line, room: Room) -> Rule:
        size, plot, y = self.frame.text * _SMALL, self.frame.plot, self.y(line.score)
        width = text_width(line.label, size)
        slack = plot.right - plot.left - width - 12
        lefts = [plot.right - 6 - width - shift * 0.125 * slack for shift in (0, 8, 1, 2, 3, 4, 5, 6, 7)]
        near, far = (y - size * 0.75, y + size * 0.85), (y - size * 1.6, y + size * 1.7)
        places = [(left, height) for pair in (near, far) for left in lefts for height in pair]
        box = room.take(box_at(left, height, line.label, size) for left, height in places)
        return Rule(f"M{plot.left} {tenth(y)}H{plot.right}", centred(box, line.label, size), line.kind)

    def bracket(self, held: Held) -> Bracket:
        plot, size = self.frame.plot, self.frame.text
        left, right = tenth(self.x(held.start)), tenth(self.x(held.end))
        bar = plot.top - 7
        label = Text(tenth(self._kept_in((left + right) / 2, held.label)), tenth(bar - size * 0.5), held.label)
        return Bracket(
            bar=f"M{left} {bar + 6}V{bar}H{right}v6",
            outline=f"M{left} {plot.top}V{plot.bottom}M{right} {plot.top}V{plot.bottom}",
            label=label,
        )

    def over(self, bracket: Bracket) -> Box:
        """Give the strip over the plot that the bracket keeps for itself."""
        return Box(0, 0, self.frame.width, self.frame.plot.top)

    def stems(self, doses: Sequence[Marker]) -> list[float]:
        """Choose the doses that get a line through the whole plot, so that dense ones do not wall it off."""
        kept: list[float] = []
        for x in (self.x(m.on) for m in doses):
            if not kept or x - kept[-1] >= 6:
                kept.append(x)
        return kept

    def stem_path(self, doses: Sequence[Marker], stems: Sequence[float]) -> str:
        plot = self.frame.plot
        short = {self.x(m.on) for m in doses} - set(stems)
        return "".join(f"M{tenth(x)} {plot.bottom}V{plot.top}" for x in stems) + "".join(
            f"M{tenth(x)} {plot.bottom}v-8" for x in sorted(short)
        )

    def through(self, markers: Sequence[Marker]) -> str:
        """Lines through the whole plot."""
        return "".join(f"M{tenth(self.x(m.on))} {self.frame.plot.bottom}V{self.frame.plot.top}" for m in markers)

    def starts(self, begins: Sequence[Begin], room: Room) -> tuple[Start, ...]:
        """Flag where courses begin; each label stands beside its flag, or lower where that place is taken."""
        return tuple(self._start(begin, room) for begin in begins)

    def _start(self, begin: Begin, room: Room) -> Start:
        size, plot, x = self.frame.text * _SMALL, self.frame.plot, self.x(begin.on)
        sides = (x + 12, x - 4 - text_width(begin.label, size))
        heights = [plot.top + size * (0.7 + row * 1.3) for row in range(4)]
        box = room.take(box_at(side, height, begin.label, size) for height in heights for side in sides)
        mark = Mark(tenth(x), plot.top, begin.tip)
        return Start(f"M{mark.x} {plot.bottom}V{plot.top}", mark, centred(box, begin.label, size))

    def dose_labels(self, doses: Sequence[Marker]) -> tuple[Text, ...]:
        size = self.frame.text * _SMALL
        spots = thinned([(self._kept_in(self.x(m.on), m.label), m.label) for m in doses], size)
        return tuple(Text(tenth(x), self.below(_NUMBER_ROW), label) for x, label in spots)

    def score_labels(
        self, points: Sequence[Point], radius: float, room: Room, *, higher_is_worse: bool
    ) -> tuple[Text, ...]:
        """Write the latest, the first and the best score beside their dots."""
        if not points:
            return ()
        best = (min if higher_is_worse else max)(points, key=lambda p: p.score)
        chosen = {p.on: p for p in (points[-1], points[0], best)}
        return tuple(self._score_label(p, radius, room) for p in chosen.values())

    def _score_label(self, point: Point, radius: float, room: Room) -> Text:
        size, text = self.frame.text, f"{round(point.score, 1):g}"
        x, y = self.spot(point)
        half = text_width(text, size) / 2
        off = radius + size * 0.5 + (6 if point.flagged else 3)
        aside = half + off - size * 0.25
        places = [(0, -off), (0, off), (aside, 0), (-aside, 0)]
        places += [(dx, dy) for dy in (-off, off, -2 * off, 2 * off) for dx in (aside * 0.7, -aside * 0.7)]
        box = room.take(box_at(x + dx - half, y + dy, text, size) for dx, dy in places)
        return centred(box, text, size)
