"""Rows imported a second: `flask import-scores` of a clinic's old scores into a new clinic on the embedded database."""

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from kap.people.actions import set_up_clinic
from tests.bench.figures import Figure
from tests.bench.scene import make_app
from tests.measures.declared import BDI

GOAL = 2_000
PATIENTS, ROWS = 550, 7_000
MEASURE = "bdi"


def imported_rows(folder: Path) -> Figure:
    """How fast the whole command is: reading, checking, writing, and the verdicts that follow from the scores.

    Each patient has a course and a dose before, so that there is a verdict to work out.
    """
    measures = folder / "measures"
    measures.mkdir(parents=True)
    (measures / f"{MEASURE}.toml").write_text(BDI)
    app = make_app(folder)
    with app.app_context():
        set_up_clinic(name="Bench clinic", zone="Europe/Berlin", country="DE")
    run = app.test_cli_runner().invoke
    random = Random("imports")
    firsts = {f"E{number:04}": date(2024, 1, 1) + timedelta(days=number) for number in range(PATIENTS)}

    done = run(args=["import-sessions", _sessions(folder, firsts)], catch_exceptions=False)
    assert f"{PATIENTS} sessions added" in done.output, done.output
    scores = _scores(folder, firsts, random)
    began = perf_counter()
    done = run(args=["import-scores", scores], catch_exceptions=False)
    seconds = perf_counter() - began
    assert f"{ROWS} scores added" in done.output, done.output
    return Figure(
        "import_rows_per_second",
        round(ROWS / seconds),
        GOAL,
        note=f"{ROWS:,} rows and {PATIENTS} verdicts in {seconds:.2f} s",
    )


def _scores(folder: Path, firsts: dict[str, date], random: Random) -> str:
    """A file in which each patient has a score on the first day, and all together so many rows."""
    rows = [(code, MEASURE, day, random.randint(14, 45)) for code, day in firsts.items()]
    while len(rows) < ROWS:
        code = random.choice(list(firsts))
        rows.append((code, MEASURE, firsts[code] + timedelta(days=random.randint(1, 250)), random.randint(0, 45)))
    return _file(folder / "scores.csv", ("patient", "measure", "taken_on", "score"), sorted(rows))


def _sessions(folder: Path, firsts: dict[str, date]) -> str:
    rows = [(code, "dosing", f"{day}T10:00", "im", 50) for code, day in firsts.items()]
    return _file(folder / "sessions.csv", ("patient", "kind", "started_at", "route", "dose_mg"), rows)


def _file(path: Path, heading: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
    return str(path)
