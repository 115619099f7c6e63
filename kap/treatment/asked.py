"""What it is to ask something in a form that is made from a table, and how an answer is kept, read and told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any


class Kind(StrEnum):
    """What an answer is. All are kept as JSON holds them: moments, days, amounts and people as text."""

    LINE = "line"
    TEXT = "text"
    YES_NO = "yes_no"
    YES_NO_NA = "yes_no_na"
    CHOICE = "choice"
    TICKS = "ticks"
    SCALE = "scale"
    WHOLE = "whole"
    AMOUNT = "amount"
    MOMENT = "moment"
    CLOCK = "clock"
    DAY = "day"
    MEDICAL = "medical"


class Need(StrEnum):
    """Whether a part can be called complete without an answer."""

    REQUIRED = "required"
    OPTIONAL = "optional"


Choices = tuple[tuple[str, str], ...]
YES_NO: Choices = (("yes", "Yes"), ("no", "No"))
YES_NO_NA: Choices = (*YES_NO, ("na", "Does not apply"))
SCALE: Choices = tuple((str(number), str(number)) for number in range(11))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One field. With `routes`, `places` or `when` it is asked only there: by these routes, in these places, or where
    another field holds one of these values.
    """

    name: str
    label: str
    group: str
    kind: Kind = Kind.LINE
    need: Need = Need.OPTIONAL
    hint: str = ""
    source: str = ""
    unit: str = ""
    choices: Choices = ()
    least: int = 1
    routes: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    when: tuple[str, frozenset[str]] | None = None
    column: bool = False
    """Kept in a column of the session too, for charts and lists."""

    def offered(self, route: str | None, place: str | None) -> bool:
        """Whether it stands on the form; what is not known yet excludes nothing."""
        return _fits(route, self.routes) and _fits(place, self.places)

    def wanted(self, route: str | None, place: str | None) -> bool:
        """Whether it is missed without an answer: what is for one route or place alone only once that is known."""
        known = (not self.routes or route in self.routes) and (not self.places or place in self.places)
        return self.need is Need.REQUIRED and known

    def due(self, answers: Mapping[str, Any]) -> bool:
        """Whether it is asked, given what else was answered."""
        return self.when is None or answers.get(self.when[0]) in self.when[1]

    @property
    def only(self) -> str:
        """For the page, which leaves it out elsewhere: other fields of the form, and the values that call for it."""
        wanted = {"planned_route": self.routes, "place": self.places}
        if self.when is not None:
            wanted[self.when[0]] = self.when[1]
        return " ".join(f"{name}={'|'.join(sorted(values))}" for name, values in wanted.items() if values)

    def told(self, answer: Any) -> str:
        """An answer in words; moments, days and people are for the page to write."""
        words = dict(self.options)
        if isinstance(answer, list):
            return ", ".join(words.get(one, str(one)) for one in answer)
        return words.get(str(answer), f"{answer} {self.unit}".strip())

    @property
    def options(self) -> Choices:
        """What there is to choose."""
        return {Kind.YES_NO: YES_NO, Kind.YES_NO_NA: YES_NO_NA, Kind.SCALE: SCALE}.get(self.kind, self.choices)


def _fits(value: str | None, wanted: frozenset[str]) -> bool:
    return not wanted or value is None or value in wanted


class Look(StrEnum):
    """How wide the control of a field is: those that are alike stand side by side."""

    SHORT = "short"
    PAIRS = "pairs"
    WIDE = "wide"


def look(asked: Asked) -> Look:
    """How a field stands on the page."""
    if asked.kind in (Kind.YES_NO, Kind.YES_NO_NA):
        return Look.PAIRS
    return Look.WIDE if asked.kind in (Kind.TEXT, Kind.CHOICE, Kind.TICKS, Kind.SCALE) else Look.SHORT


def grouped(fields: Sequence[Asked]) -> list[tuple[str, list[tuple[Look, list[Asked]]]]]:
    """The fields under their headings, and there in runs of the same look."""
    return [
        (group, [(which, list(run)) for which, run in groupby(members, key=look)])
        for group, members in groupby(fields, key=lambda field: field.group)
    ]


def kept(answer: Any) -> Any:
    """An answer as JSON holds it; None where there is none."""
    if isinstance(answer, datetime | date):
        return answer.isoformat()
    if isinstance(answer, Decimal):
        return str(answer)
    return answer if answer not in ("", []) else None


def read(kind: Kind, answer: Any) -> Any:
    """An answer as a form takes it, of what JSON holds."""
    if answer is None:
        return None
    if kind in (Kind.MOMENT, Kind.CLOCK):
        return datetime.fromisoformat(answer)
    if kind is Kind.DAY:
        return date.fromisoformat(answer)
    return Decimal(answer) if kind is Kind.AMOUNT else answer
