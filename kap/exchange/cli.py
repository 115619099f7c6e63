"""`flask import-scores`, `flask import-sessions`, `flask verdicts`."""

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import click
from flask.cli import with_appcontext

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.refusal import Refused
from kap.durability import Reading, Scale, assess
from kap.exchange.actions import BadRows, Done, Imported, import_scores, import_sessions
from kap.exchange.rows import BadFile, Fault, Reader, ScoreRow, SessionRow
from kap.measures.instruments import UnknownInstrument
from kap.measures.queries import catalogue
from kap.outcomes.queries import Dated, latest_histories
from kap.people.models import Clinic, User
from kap.people.queries import clinics

LAST_SCORE = "last-score"
STEP = 64 * 1024
"""After how many bytes the progress is drawn again."""

Row = TypeVar("Row", ScoreRow, SessionRow)


class _Bring(Protocol[Row]):
    """How rows are brought into the record."""

    def __call__(
        self, rows: list[Row], *, clinic: Clinic, faults: list[Fault], skip_bad: bool, done: Done, by: User | None
    ) -> Imported: ...


def _clinic(name: str | None) -> Clinic:
    """The clinic of that name; without one, the only clinic there is."""
    there = clinics()
    if not there:
        raise click.ClickException("There is no clinic yet. Make one with `flask setup`.")
    names = ", ".join(clinic.name for clinic in there)
    if name is None and len(there) > 1:
        raise click.UsageError(f"There are several clinics: name one with --clinic ({names}).")
    for clinic in there:
        if name in (None, clinic.name):
            return clinic
    raise click.UsageError(f"There is no clinic named {name!r}; there are {names}.")


of_clinic = click.option("--clinic", metavar="NAME", help="Which one, where there are several.")
from_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
leave_out = click.option("--skip-bad", is_flag=True, help="Import the good lines, and list the bad ones.")


@click.command("import-scores")
@from_file
@of_clinic
@leave_out
@with_appcontext
def scores(file: Path, clinic: str | None, skip_bad: bool) -> None:
    """Import scores from a CSV FILE with the columns patient,measure,taken_on,score.

    Patients are matched by their code, or added. What is in the record already is not added again.
    """
    of = _clinic(clinic)
    _import(file, of, skip_bad, "scores", _reader(of).scores, import_scores)


@click.command("import-sessions")
@from_file
@of_clinic
@leave_out
@with_appcontext
def sessions(file: Path, clinic: str | None, skip_bad: bool) -> None:
    """Import sessions from a CSV FILE with the columns patient,kind,started_at,route,dose_mg.

    They took place. Route and amount may be empty; a time without a zone is the clinic's. A session goes to the open
    course of the patient, or a course is opened. What is in the record already is not added again.
    """
    of = _clinic(clinic)
    _import(file, of, skip_bad, "sessions", _reader(of).sessions, import_sessions)


def _reader(clinic: Clinic) -> Reader:
    return Reader(clinic.zone_info, clock.now(), catalogue())


def _import(
    file: Path,
    clinic: Clinic,
    skip_bad: bool,
    what: str,
    read: Callable[[Iterator[str]], Iterator[Row | Fault]],
    bring: _Bring[Row],
) -> None:
    rows: list[Row] = []
    faults: list[Fault] = []
    try:
        for row in read(_lines(file)):
            faults.append(row) if isinstance(row, Fault) else rows.append(row)
        with _bar(f"Importing {what}", len(rows)) as bar:
            imported = bring(rows, clinic=clinic, faults=faults, skip_bad=skip_bad, done=bar.update, by=None)
    except BadRows as bad:
        _tell(bad.faults)
        raise click.ClickException(
            f"Nothing was imported. Correct these {len(bad.faults)} lines, or leave them out with --skip-bad."
        ) from None
    except (BadFile, Refused, OSError) as fault:
        raise click.ClickException(str(fault)) from None
    _tell(imported.faults)
    click.echo(_summary(imported, what))


def _lines(file: Path) -> Iterator[str]:
    """The lines of the file; bytes that are not UTF-8 come through as halves of characters, to be told by line."""
    with (
        file.open(encoding="utf-8-sig", errors="surrogateescape") as lines,
        _bar(f"Reading {file.name}", file.stat().st_size, STEP) as bar,
    ):
        for line in lines:
            bar.update(len(line))
            yield line


def _bar(label: str, length: int, step: int = 1) -> AbstractContextManager[Any]:
    """Progress on the error output: moving on a terminal, one line elsewhere."""
    return click.progressbar(length=length, label=label, file=sys.stderr, update_min_steps=step)


def _tell(faults: list[Fault]) -> None:
    for fault in faults:
        click.echo(fault, err=True)


def _summary(imported: Imported, what: str) -> str:
    said = [f"{imported.added} {what} added", f"{imported.there_already} were there already"]
    if imported.patients_added:
        said.append(f"{imported.patients_added} patients added")
    if imported.courses_opened:
        said.append(f"{imported.courses_opened} courses opened")
    if imported.faults:
        said.append(f"{len(imported.faults)} bad lines left out")
    return f"{', '.join(said)}."


class Line(NamedTuple):
    """One patient in the list of verdicts."""

    patient: str
    state: str
    reason: str
    weeks: str
    baseline: str
    latest: str
    last_known: str


def _as_of(context: click.Context, parameter: click.Parameter, value: str | None) -> date | str | None:
    if value is None or value == LAST_SCORE:
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a date like 2024-01-31 nor {LAST_SCORE}.") from None


@click.command("verdicts")
@click.option("--measure", required=True, metavar="ID", help="Such as phq-9, or one declared in measures/ID.toml.")
@click.option("--as-of", callback=_as_of, metavar=f"DATE|{LAST_SCORE}", help="On which day; today unless given.")
@click.option("--csv", "as_csv", is_flag=True, help="Divide the columns by commas.")
@of_clinic
@with_appcontext
def verdicts(measure: str, as_of: date | str | None, as_csv: bool, clinic: str | None) -> None:
    """Say whether the change lasts: one line for each patient, on the latest course."""
    of = _clinic(clinic)
    scale = _scale(measure)
    day = as_of or clock.today(of.zone_info)
    lines = [_line(history, day, scale) for history in latest_histories(of, measure, scale)]
    with recording(Action.LIST_VIEWED, by=None, about=of) as event:
        event.clinic_id = of.id
        event.detail = {"name": "verdicts", "measure": measure, "patients": len(lines)}
    _print(lines, as_csv)


def _scale(measure: str) -> Scale:
    try:
        instrument = catalogue().get(measure)
    except UnknownInstrument as unknown:
        raise click.ClickException(str(unknown)) from None
    if instrument.scale is None:
        raise click.ClickException(f"{instrument.name} has no thresholds (it is not validated), and so no verdict.")
    return instrument.scale


def _line(history: Dated, day: date | str, scale: Scale) -> Line:
    if not isinstance(day, date):
        day = max((reading.on for reading in history.readings), default=max(history.doses, default=date.min))
    verdict = assess(history.readings, history.doses, as_of=day, scale=scale)
    return Line(
        patient=history.code,
        state=verdict.state,
        reason=verdict.reason,
        weeks="" if verdict.weeks is None else str(verdict.weeks),
        baseline=_score(verdict.baseline),
        latest=_score(verdict.latest),
        last_known=verdict.last_known or "",
    )


def _score(reading: Reading | None) -> str:
    return f"{reading.score:g}" if reading else ""


def _print(lines: list[Line], as_csv: bool) -> None:
    rows: list[tuple[str, ...]] = [Line._fields, *lines]
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([_inert(cell) for cell in row] for row in rows)
        return
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: whoever chose the code of a patient commands nobody's machine."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


commands = (scores, sessions, verdicts)
