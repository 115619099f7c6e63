"""Places for labels in a crowded plot."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from kap.charts.geometry import Box, Spot, tenth, text_width

# What a label lies on, by how badly it is then read: another label, the line, a ruled line, a stem. A later
# place is a little worse than an earlier one, so that a label does not stray far to clear a stem.
_LABEL, _LINE, _RULE, _STEM, _LATER, _OUTSIDE = 500, 10, 3, 1, 0.25, 1000


@dataclass(frozen=True, slots=True)
class Text:
    """A label and its anchor on the base line."""

    x: float
    y: float
    text: str


@dataclass(slots=True)
class Room:
    """What already stands in a plot. A label takes the freest of its places and then stands there."""

    inside: Box
    line: Sequence[Spot]
    rules: Sequence[float]
    stems: Sequence[float]
    clearance: float
    taken: list[Box] = field(default_factory=list)
    _xs: list[float] = field(init=False)
    _segments: list[tuple[Spot, Spot]] = field(init=False)

    def __post_init__(self) -> None:
        self._segments = list(pairwise(self.line)) or [(spot, spot) for spot in self.line]
        self._xs = [b[0] for _, b in self._segments]

    def take(self, places: Iterable[Box]) -> Box:
        """Choose the freest of the places, which stand in order of preference."""
        best, least = self.inside, inf
        for rank, place in enumerate(places):
            badness = rank * _LATER
            if badness >= least:
                break
            badness += self._crowding(place)
            # What crosses the line takes longest to find, and is not looked for where the place has lost already.
            if badness < least:
                badness += self._crossings(place) * _LINE
            if badness < least:
                best, least = place, badness
        self.taken.append(best)
        return best

    def _crowding(self, place: Box) -> int:
        return (
            (not self.inside.holds(place)) * _OUTSIDE
            + sum(place.overlaps(other) for other in self.taken) * _LABEL
            + sum(place.top <= y <= place.bottom for y in self.rules) * _RULE
            + sum(place.left <= x <= place.right for x in self.stems) * _STEM
        )

    def _crossings(self, place: Box) -> int:
        by, count = self.clearance, 0
        place = Box(place.left - by, place.top - by, place.right + by, place.bottom + by)
        for a, b in self._segments[bisect_left(self._xs, place.left) :]:
            if a[0] > place.right:
                break
            count += place.crossed_by(a, b)
        return count


def box_at(x: float, middle: float, text: str, size: float) -> Box:
    """Give the box of a text that begins at x and is centred upright on `middle`."""
    return Box(x, middle - size * 0.5, x + text_width(text, size), middle + size * 0.5)


def centred(box: Box, text: str, size: float) -> Text:
    """Set a text in the middle of its box; the base line lies a third of the size under the centre."""
    return Text(tenth((box.left + box.right) / 2), tenth((box.top + box.bottom) / 2 + size * 0.35), text)


def thinned(spots: Sequence[tuple[float, str]], size: float) -> list[tuple[float, str]]:
    """Keep the labels centred on these places, in order, that stand clear of each other: the ends first."""
    if not spots:
        return []
    last = spots[-1]
    kept: list[tuple[float, str]] = []
    for spot in spots[:-1]:
        if _clear(spot, last, size) and (not kept or _clear(kept[-1], spot, size)):
            kept.append(spot)
    return [*kept, last]


def _clear(a: tuple[float, str], b: tuple[float, str], size: float) -> bool:
    return abs(b[0] - a[0]) >= (text_width(a[1], size) + text_width(b[1], size)) / 2 + size * 0.25
