"""The lines of a file that is imported, read and checked one by one, before the record is asked about them."""

import csv
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from kap.core.clock import localised
from kap.measures.instruments import Catalogue, UnknownInstrument
from kap.measures.scoring import entered_score
from kap.treatment.models import Kind, Route
from kap.web.forms import EARLIEST_YEAR

SCORE_COLUMNS = ("patient", "measure", "taken_on", "score")
SESSION_COLUMNS = ("patient", "kind", "started_at", "route", "dose_mg")
LONGEST_CODE = 40
LARGEST_DOSE_MG = Decimal(1_000_000)

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)

Cells = dict[str, str]


class ScoreRow(NamedTuple):
    """One score: the code of the patient, the id of the measure, the day that it is about."""

    line: int
    patient: str
    measure: str
    day: date
    value: float


class SessionRow(NamedTuple):
    """One session that took place; `starts_at` in UTC, `day` in the zone of the clinic."""

    line: int
    patient: str
    kind: Kind
    starts_at: datetime
    day: date
    route: Route | None
    dose_mg: Decimal | None


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A line that cannot be imported, and why."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class BadFile(ValueError):
    """A file that cannot be read line by line at all."""


class _BadCell(ValueError):
    """Why a cell cannot be imported."""


Row = TypeVar("Row", ScoreRow, SessionRow)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the cells of a line, as the clinic reads them at a moment."""

    zone: ZoneInfo
    now: datetime
    catalogue: Catalogue

    def scores(self, lines: Iterable[str]) -> Iterator[ScoreRow | Fault]:
        """The scores of a file, its heading first; BadFile where it has not these columns."""
        return _rows(lines, SCORE_COLUMNS, self._score)

    def sessions(self, lines: Iterable[str]) -> Iterator[SessionRow | Fault]:
        """The sessions of a file, its heading first; BadFile where it has not these columns."""
        return _rows(lines, SESSION_COLUMNS, self._session)

    def _score(self, line: int, cells: Cells) -> ScoreRow:
        patient = _code(cells["patient"])
        try:
            measure = self.catalogue.get(cells["measure"])
        except UnknownInstrument as unknown:
            raise _BadCell(str(unknown)) from None
        _, day = self._moment(cells["taken_on"], "taken_on")
        try:
            value = entered_score(measure, _number(cells["score"], "score"))
        except _BadCell:
            raise
        except ValueError as fault:
            raise _BadCell(str(fault)) from None
        return ScoreRow(line, patient, measure.id, day, value)

    def _session(self, line: int, cells: Cells) -> SessionRow:
        patient = _code(cells["patient"])
        kind = _word(Kind, cells["kind"], "kind")
        starts_at, day = self._moment(cells["started_at"], "started_at")
        route = _word(Route, cells["route"], "route") if cells["route"] else None
        dose_mg = _dose(cells["dose_mg"]) if cells["dose_mg"] else None
        if kind is not Kind.DOSING and (route or dose_mg):
            raise _BadCell(f"a route and an amount belong to a dosing session, not to one of {kind}.")
        return SessionRow(line, patient, kind, starts_at, day, route, dose_mg)

    def _moment(self, cell: str, column: str) -> tuple[datetime, date]:
        """The moment in UTC and its day here; without a zone it is the clinic's, without a time midnight."""
        if not MOMENT.fullmatch(cell):
            raise _BadCell(f"{column} is {_quoted(cell)}: write it like 2024-01-31 or 2024-01-31T10:00.")
        try:
            told = datetime.fromisoformat(cell)
        except ValueError:
            raise _BadCell(f"{column} is {_quoted(cell)}: there is no such day or time.") from None
        if told.year < EARLIEST_YEAR:
            raise _BadCell(f"{column} is {_quoted(cell)}: this is before {EARLIEST_YEAR}.")
        if told.year > self.now.year + 1:
            raise _BadCell(f"{column} is {_quoted(cell)}: this lies in the future.")
        if len(cell) == len("2024-01-31"):
            moment, day = datetime.combine(told, time.min, self.zone), told.date()
        elif told.tzinfo is None:
            moment, day = self._on_the_wall(told, column), told.date()
        else:
            moment, day = told, told.astimezone(self.zone).date()
        if moment > self.now:
            raise _BadCell(f"{column} is {_quoted(cell)}: this lies in the future.")
        return moment.astimezone(UTC), day

    def _on_the_wall(self, told: datetime, column: str) -> datetime:
        try:
            return localised(told, self.zone)
        except ValueError as fault:
            raise _BadCell(f"{column} is {told:%Y-%m-%dT%H:%M}: {fault}") from None


def _rows(lines: Iterable[str], columns: tuple[str, ...], read: Callable[[int, Cells], Row]) -> Iterator[Row | Fault]:
    numbered = enumerate(lines, start=1)
    heading = _heading(next((line for _, line in numbered), ""), columns)
    for number, line in numbered:
        if not line.strip():
            continue
        try:
            yield read(number, _cells(line, heading))
        except _BadCell as fault:
            yield Fault(number, str(fault))


def _heading(line: str, columns: tuple[str, ...]) -> list[str]:
    """The columns in the order of the file; BadFile unless they are these."""
    wanted = f"The first line must name the columns: {','.join(columns)}"
    if not line.strip():
        raise BadFile(f"The file is empty. {wanted}.")
    if "\0" in line or not _is_utf8(line):
        raise BadFile("The file is not text in UTF-8. Please save it as CSV in UTF-8.")
    if "," not in line and (";" in line or "\t" in line):
        raise BadFile(f"The columns are divided by semicolons or tabs. Please divide them by commas. {wanted}.")
    try:
        heading = _split(line)
    except _BadCell as fault:
        raise BadFile(f"The first line cannot be read: {fault} {wanted}.") from None
    missing = [name for name in columns if name not in heading]
    if missing:
        raise BadFile(f"There is no column {' or '.join(missing)}. {wanted}.")
    unknown = [name for name in heading if name not in columns]
    if unknown or len(heading) > len(columns):
        raise BadFile(f"There are columns too many: {', '.join(map(_quoted, unknown or heading))}. {wanted}.")
    return heading


def _cells(line: str, heading: list[str]) -> Cells:
    if not _is_utf8(line):
        raise _BadCell("the line is not text in UTF-8.")
    cells = _split(line)
    if len(cells) != len(heading):
        raise _BadCell(f"there are {len(cells)} columns, and {len(heading)} in the first line.")
    for cell in cells:
        if not cell.isprintable():
            raise _BadCell(f"{_quoted(cell)} holds a character that cannot be read, such as NUL.")
    return dict(zip(heading, cells, strict=True))


def _split(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error as fault:
        raise _BadCell(f"the quotes or the length of a cell are wrong ({fault}).") from None


def _is_utf8(line: str) -> bool:
    """Whether the line was; what was not is read as halves of characters (PEP 383)."""
    return line.isascii() or not any("\ud800" <= character <= "\udfff" for character in line)


def _code(cell: str) -> str:
    if not cell:
        raise _BadCell("there is no code of a patient.")
    if len(cell) > LONGEST_CODE:
        raise _BadCell(f"the code of the patient has {len(cell)} characters; {LONGEST_CODE} are the most.")
    return cell


def _number(cell: str, column: str) -> float:
    number = float(cell) if NUMBER.fullmatch(cell) else math.nan
    if not math.isfinite(number):
        raise _BadCell(f"{column} is {_quoted(cell)}: this is no number.")
    return number


def _dose(cell: str) -> Decimal:
    _number(cell, "dose_mg")
    dose = Decimal(cell)
    if not 0 < dose < LARGEST_DOSE_MG:
        raise _BadCell(
            f"dose_mg is {cell}: a dose is above 0 mg and below {LARGEST_DOSE_MG:,}; leave it empty if unknown."
        )
    if dose != round(dose, 2):
        raise _BadCell(f"dose_mg is {cell}: two decimals are the most.")
    return round(dose, 2)


Word = TypeVar("Word", Kind, Route)


def _word(words: type[Word], cell: str, column: str) -> Word:
    try:
        return words(cell.lower())
    except ValueError:
        known = ", ".join(words)
        raise _BadCell(f"{column} is {_quoted(cell)}: it is one of {known}.") from None


def _quoted(cell: str) -> str:
    """As it can be shown on any terminal."""
    return repr(cell if len(cell) <= LONGEST_CODE else f"{cell[:LONGEST_CODE]}...")
