"""What a measurement comes to, how the figures are shown, and where they are kept."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

FILE = "bench.json"


class Figure(NamedTuple):
    """One number with its goal: the least it should be, or with `most` the most. `note` says what else was seen.

    The value is None where it could not be measured on this machine, and the note then says why.
    """

    name: str
    value: float | None
    goal: float
    most: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """True where the goal is reached."""
        if self.value is None:
            return False
        return self.value <= self.goal if self.most else self.value >= self.goal


def table(figures: Sequence[Figure]) -> str:
    """The figures below each other, each beside its goal."""
    rows = [("figure", "value", "goal", "", "")]
    rows += [
        (f.name, _written(f.value), ("≤ " if f.most else "≥ ") + _written(f.goal), _met(f), f.note) for f in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    name, value, goal, met = widths
    return "\n".join(f"{r[0]:<{name}}  {r[1]:>{value}}  {r[2]:>{goal}}  {r[3]:<{met}}  {r[4]}".rstrip() for r in rows)


def keep(figures: Sequence[Figure], instance: Path) -> Path:
    """Write them to the instance folder, beside the figures that are there under other names; gives the file."""
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = instance / FILE
    kept = json.loads(file.read_text()) if file.exists() else {}
    kept |= {figure.name: figure.value for figure in figures}
    file.write_text(json.dumps(kept, indent=1) + "\n")
    return file


def _met(figure: Figure) -> str:
    return "" if figure.met or figure.value is None else "missed"


def _written(value: float | None) -> str:
    if value is None:
        return "not run"
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"
