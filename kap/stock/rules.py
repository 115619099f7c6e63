"""What a line of the drug log does to the balance, and how its lines make the rows of the page."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

NONE = Decimal(0)


class EntryKind(StrEnum):
    """What a line says happened."""

    RECEIVED = "received"
    MOVED_OUT = "moved_out"
    MOVED_IN = "moved_in"
    OPENED = "opened"
    DRAWN = "drawn"
    GIVEN = "given"
    WASTED = "wasted"
    RETURNED = "returned"
    COUNTED = "counted"
    DISCREPANCY = "discrepancy"

    @property
    def label(self) -> str:
        """The words on the page."""
        return self.value.replace("_", " ").capitalize()


_EFFECTS = {
    EntryKind.RECEIVED: (1, 0),
    EntryKind.MOVED_IN: (1, 0),
    EntryKind.MOVED_OUT: (-1, 0),
    EntryKind.RETURNED: (-1, 0),
    EntryKind.DISCREPANCY: (1, 0),
    EntryKind.DRAWN: (-1, 1),
    EntryKind.GIVEN: (0, -1),
    EntryKind.WASTED: (0, -1),
    EntryKind.OPENED: (0, 0),
    EntryKind.COUNTED: (0, 0),
}


def effects(kind: EntryKind, amount: Decimal) -> tuple[Decimal, Decimal]:
    """What `amount` mg of this kind add to the balance of the place, and to what is drawn and not accounted for."""
    balance, drawn = _EFFECTS[kind]
    return balance * amount, drawn * amount


class Line(NamedTuple):
    """A line of the log, as its rows need it; `entry` is the line itself."""

    act: Hashable
    lot: Hashable
    place: Hashable
    kind: str
    amount: Decimal
    effect: Decimal
    entry: Any = None


@dataclass(frozen=True)
class Row:
    """What one act did to one lot at one place: opening + received - drawn + other = closing, in mg.

    What was given and wasted came out of what was drawn, so it moves no balance. A reversal counts below zero.
    """

    lines: Sequence[Line]
    opening: Decimal

    def _of(self, kind: EntryKind) -> Decimal:
        return sum((line.amount for line in self.lines if line.kind == kind), NONE)

    @property
    def received(self) -> Decimal:
        """What came from a supplier."""
        return self._of(EntryKind.RECEIVED)

    @property
    def drawn(self) -> Decimal:
        """What was taken out to be given or wasted."""
        return self._of(EntryKind.DRAWN)

    @property
    def given(self) -> Decimal:
        """What the patient got."""
        return self._of(EntryKind.GIVEN)

    @property
    def wasted(self) -> Decimal:
        """What was destroyed."""
        return self._of(EntryKind.WASTED)

    @property
    def other(self) -> Decimal:
        """What came or went otherwise: moved, returned, found or missing in a count."""
        apart = (EntryKind.RECEIVED, EntryKind.DRAWN)
        return sum((line.effect for line in self.lines if line.kind not in apart), NONE)

    @property
    def closing(self) -> Decimal:
        """The balance after it."""
        return self.opening + sum((line.effect for line in self.lines), NONE)


def rows(lines: Iterable[Line], opening: Mapping[Any, Decimal]) -> list[Row]:
    """The rows of `lines`, which come in the order of the log, after `opening` balances by lot and place."""
    acts: dict[Any, list[Line]] = {}
    for line in lines:
        acts.setdefault((line.act, line.lot, line.place), []).append(line)
    balances, found = dict(opening), []
    for (_, lot, place), of_act in acts.items():
        row = Row(of_act, balances.get((lot, place), NONE))
        balances[lot, place] = row.closing
        found.append(row)
    return found
