"""A score before and after something, on the range of its measure."""

from dataclasses import dataclass

from kap.charts.geometry import Linear, tenth

WIDTH, HEIGHT, MARGIN = 180, 30, 8


@dataclass(frozen=True, slots=True)
class ChangeDrawing:
    """A drawing ready for templates/charts/change.svg; `last` is None where there is only one score after."""

    width: float
    height: float
    label: str
    track: str
    way: str
    before: float
    first: float
    last: float | None


def change_drawing(
    before: float, first: float, last: float | None, *, minimum: float, maximum: float, label: str
) -> ChangeDrawing:
    """Draw the way from the score before to the last one after; the label says it in words."""
    x, middle = Linear(minimum, maximum, MARGIN, WIDTH - MARGIN), HEIGHT / 2
    start, end = tenth(x(before)), tenth(x(first if last is None else last))
    return ChangeDrawing(
        width=WIDTH,
        height=HEIGHT,
        label=label,
        track=f"M{MARGIN} {middle:g}H{WIDTH - MARGIN}M{MARGIN} {middle - 4:g}v8M{WIDTH - MARGIN} {middle - 4:g}v8",
        way=f"M{start} {middle:g}H{end}" if start != end else "",
        before=start,
        first=tenth(x(first)),
        last=None if last is None else end,
    )
