"""Scales, ticks, boxes and paths, in the units of an SVG drawing (y grows downwards)."""

from calendar import month_abbr
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, floor, log10

Spot = tuple[float, float]

MONTHS = tuple(month_abbr)

# The mean advance of a glyph as a share of the font size, taken from the wider of the common sans faces.
GLYPH = 0.6


def tenth(value: float) -> float:
    """Round to one decimal, a whole number without its ".0", so that paths stay short."""
    rounded = round(value, 1)
    whole = int(rounded)
    return whole if rounded == whole else rounded


def text_width(text: str, size: float) -> float:
    """Estimate how wide a text of this font size will be: there is no browser here to ask."""
    return len(text) * size * GLYPH


@dataclass(frozen=True, slots=True)
class Linear:
    """Map [low, high] onto [start, stop]: beyond it the edge, and the middle where low is high."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        return _between(value, self.low, self.high, self.start, self.stop)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Map the days from first to last onto [start, stop]."""

    first: date
    last: date
    start: float
    stop: float

    def __call__(self, day: date) -> float:
        return _between(day.toordinal(), self.first.toordinal(), self.last.toordinal(), self.start, self.stop)


def _between(value: float, low: float, high: float, start: float, stop: float) -> float:
    if high == low:
        return (start + stop) / 2
    if value <= low:
        return start
    if value >= high:
        return stop
    return start + (value - low) / (high - low) * (stop - start)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Tell whether the two share any area."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: "Box") -> bool:
        """Tell whether the other lies wholly inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )

    def crossed_by(self, a: Spot, b: Spot) -> bool:
        """Tell whether the segment from a to b, a not right of b, touches the box."""
        (ax, ay), (bx, by) = a, b
        if bx < self.left or ax > self.right:
            return False
        slope = (by - ay) / (bx - ax) if bx > ax else 0.0
        if bx > self.right:
            by = ay + (self.right - ax) * slope
        if ax < self.left:
            ay += (self.left - ax) * slope
        return (ay <= self.bottom or by <= self.bottom) and (ay >= self.top or by >= self.top)


def polyline(spots: Iterable[Spot]) -> str:
    """Write an SVG path through the spots."""
    pairs = [f"{tenth(x)} {tenth(y)}" for x, y in spots]
    return f"M{pairs[0]}L{' '.join(pairs[1:])}"


def value_ticks(low: float, high: float, most: int) -> list[float]:
    """Choose round values from low to high: steps of 1, 2 or 5 times a power of ten, at most `most` steps."""
    power = 10.0 ** floor(log10((high - low) / most))
    step = next(power * lead for lead in (1, 2, 5, 10) if (high - low) / (power * lead) <= most + 1e-9)
    return [round(step * n, 9) for n in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True, slots=True)
class DateTick:
    """A day on the axis; the year is given where it is not yet known from the ticks before."""

    on: date
    label: str
    year: str


def _days(first: date, last: date, step: int) -> list[date]:
    # Ordinal 1 is a Monday, so weeks start on Mondays.
    start = first.toordinal() + (1 - first.toordinal()) % step
    return [date.fromordinal(n) for n in range(start, last.toordinal() + 1, step)]


def _months(first: date, last: date, step: int) -> list[date]:
    start = first.year * 12 + first.month - 1 + (first.day > 1)
    start += -start % step
    return [date(n // 12, n % 12 + 1, 1) for n in range(start, last.year * 12 + last.month, step)]


_DAY_STEPS = (1, 2, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000)


def _chosen_days(first: date, last: date, width: float, size: float) -> tuple[list[date], str]:
    span = (last - first).days
    room = width / (text_width("30 Sep", size) + size)
    for step in _DAY_STEPS:
        if span // step + 1 <= room:
            return _days(first, last, step), "day"
    room = width / (text_width("Sep", size) + size)
    for step in _MONTH_STEPS:
        if span / 30.4 / step + 1 <= room:
            break
    return _months(first, last, step), "month" if step < 12 else "year"


def date_ticks(first: date, last: date, width: float, size: float) -> list[DateTick]:
    """Choose days, Mondays, months or years whose labels fit side by side; each year is said once."""
    days, unit = _chosen_days(first, last, width, size)
    days = days or [first]
    ticks: list[DateTick] = []
    for n, day in enumerate(days):
        if unit == "year":
            ticks.append(DateTick(day, str(day.year), ""))
            continue
        month = MONTHS[day.month]
        label = month if unit == "month" else f"{day.day} {month}"
        news = n == 0 or days[n - 1].year != day.year
        ticks.append(DateTick(day, label, str(day.year) if news else ""))
    return ticks


def spread(spots: Sequence[float]) -> float:
    """Give the smallest distance between neighbours, infinity for fewer than two."""
    ordered = sorted(spots)
    return min((b - a for a, b in pairwise(ordered)), default=float("inf"))
