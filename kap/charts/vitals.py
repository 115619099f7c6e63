"""Blood pressure and heart rate over the minutes of a session."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

from kap.charts.geometry import Linear, polyline, tenth, text_width, value_ticks
from kap.charts.labels import Text
from kap.charts.plot import Mark

HEIGHT, TOP, BOTTOM, LEFT, RIGHT, SIZE = 230, 14, 178, 40, 14, 13
STEP = 20
"""The scale begins and ends at a multiple of this."""


class Signs(NamedTuple):
    """What was read so many minutes from the first dose; before it, they are negative."""

    minute: float
    systolic: int | None
    diastolic: int | None
    heart_rate: int | None


class Dose(NamedTuple):
    """What was given, in words, so many minutes from the first dose."""

    minute: float
    label: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """A drawing ready for templates/charts/vitals.svg."""

    width: float
    height: float
    left: float
    right: float
    bottom: float
    size: float
    grid: str
    values: tuple[Text, ...]
    minutes: tuple[Text, ...]
    band: str
    pressures: str
    heart: str
    pressure_dots: tuple[Mark, ...]
    heart_dots: tuple[Mark, ...]
    doses: tuple[Mark, ...]
    labels: tuple[Text, ...]


def vitals(signs: Sequence[Signs], doses: Sequence[Dose], *, width: float) -> Vitals | None:
    """Draw them, or None where fewer than two readings give a blood pressure or a heart rate."""
    read = sorted(one for one in signs if any(value is not None for value in one[1:]))
    if len(read) < 2:
        return None
    numbers = [value for one in read for value in one[1:] if value is not None]
    low, high = STEP * floor(min(numbers) / STEP), STEP * ceil((max(numbers) + 1) / STEP)
    moments = [one.minute for one in read] + [one.minute for one in doses]
    x = Linear(min(moments), max(moments), LEFT + 8, width - RIGHT - 8)
    y = Linear(low, high, BOTTOM, TOP)
    scale = value_ticks(low, high, 7)
    upper, lower, heart = (
        [(x(one.minute), y(value)) for one in read if (value := getattr(one, name)) is not None]
        for name in Signs._fields[1:]
    )
    both = [one for one in read if one.systolic is not None and one.diastolic is not None]
    return Vitals(
        width=width,
        height=HEIGHT,
        left=LEFT,
        right=width - RIGHT,
        bottom=BOTTOM,
        size=SIZE,
        grid="".join(f"M{LEFT} {tenth(y(value))}H{width - RIGHT}" for value in scale),
        values=tuple(Text(LEFT - 8, tenth(y(value) + 4), f"{value:g}") for value in scale),
        minutes=tuple(
            Text(tenth(x(value)), BOTTOM + 18, f"{value:g}".replace("-", "−"))
            for value in value_ticks(min(moments), max(moments), int(width // 90))
        ),
        band=_band([(x(one.minute), y(one.systolic or 0), y(one.diastolic or 0)) for one in both]),
        pressures="".join(polyline(line) for line in (upper, lower) if len(line) > 1),
        heart=polyline(heart) if len(heart) > 1 else "",
        pressure_dots=_dots((*upper, *lower)),
        heart_dots=_dots(heart),
        doses=tuple(Mark(tenth(x(one.minute)), HEIGHT - 22, one.label) for one in doses),
        labels=_labels(doses, x, width),
    )


def _dots(spots: Iterable[tuple[float, float]]) -> tuple[Mark, ...]:
    return tuple(Mark(tenth(x), tenth(y), "") for x, y in spots)


def _band(edges: Sequence[tuple[float, float, float]]) -> str:
    """The space between the upper and the lower pressure."""
    if len(edges) < 2:
        return ""
    return polyline([(x, top) for x, top, _ in edges] + [(x, low) for x, _, low in reversed(edges)]) + "z"


def _labels(doses: Sequence[Dose], x: Linear, width: float) -> tuple[Text, ...]:
    """What was given, beside its mark, as long as the next mark leaves room."""
    spots = [(x(one.minute) + 10, one.label) for one in sorted(doses)]
    return tuple(
        Text(tenth(spot), HEIGHT - 17, label)
        for (spot, label), (end, _) in pairwise([*spots, (width, "")])
        if end - spot > text_width(label, SIZE)
    )
