"""Whom to call in a crisis, country by country; the numbers are data, in crisis.toml."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

OTHER = "other"


@dataclass(frozen=True)
class Line:
    """Somebody to reach by telephone (`call`), by text message (`text`) or on the web (`url`)."""

    label: str
    source: str
    call: str | None = None
    text: str | None = None
    url: str | None = None
    hours: str | None = None
    checked_on: date | None = None


@dataclass(frozen=True)
class Country:
    """The emergency numbers and crisis lines of a country."""

    code: str
    name: str
    emergency: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def unconfirmed(self) -> tuple[Line, ...]:
        """The lines that nobody has checked yet."""
        return tuple(line for line in self.lines if line.checked_on is None)


def lines(country: str | None) -> Country:
    """What to show in `country` (two letters); for one that is not listed, how to find help anywhere."""
    return _countries().get(country or OTHER, _countries()[OTHER])


def countries(first: str | None = None) -> Sequence[Country]:
    """All of them by name, `first` before the others; where it is not listed, how to find help anywhere is first."""
    foremost = lines(first).code
    return sorted(_countries().values(), key=lambda found: (found.code != foremost, found.code == OTHER, found.name))


@cache
def _countries() -> dict[str, Country]:
    read = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        code: Country(code, of["name"], tuple(of["emergency"]), tuple(Line(**line) for line in of["lines"]))
        for code, of in read.items()
    }
