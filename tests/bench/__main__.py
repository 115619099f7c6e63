"""Measure everything, print it beside its goals, and keep it in the instance folder."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from kap.config import instance_folder
from tests.bench.clinic import Clinic, Plan, loaded
from tests.bench.figures import Figure, keep, table
from tests.bench.first_page import first_page
from tests.bench.imports import imported_rows
from tests.bench.pages import CASELOAD, Pace, caseload_growth, page_ratios
from tests.bench.paint import largest_paint
from tests.bench.scene import make_scene
from tests.bench.server import serving
from tests.bench.statements import statements
from tests.bench.submit import submit_ratios
from tests.bench.taps import taps
from tests.bench.verdicts import verdicts
from tests.databases import administer, postgresql_programs, postgresql_server, url_of


class Size(NamedTuple):
    """How much is loaded, and how long is measured."""

    patients: int
    scores: int
    few: int
    many: int
    pace: Pace
    forms: int
    taps: float
    """Seconds."""


WHOLE = Size(patients=10_000, scores=100, few=1_000, many=100_000, pace=Pace(6, 1.0), forms=20, taps=20)
QUICK = Size(patients=500, scores=100, few=200, many=2_000, pace=Pace(3, 0.5), forms=10, taps=6)


def main() -> None:
    """`make bench`: some minutes, most of them for loading; `ARGS=--quick` less than one, with few patients.

    Nothing that it starts outlives it.
    """
    size = QUICK if "--quick" in sys.argv else WHOLE
    kept_in = instance_folder()
    # The clinic of the bench is its own, whatever is set for a real one.
    for name in [name for name in os.environ if name.startswith("KAP_")]:
        del os.environ[name]
    with TemporaryDirectory(prefix="kap-bench-") as folder:
        figures = _figures(Path(folder), size)
    print(table(figures))
    if size is QUICK:
        print("With few patients, and so not kept.")
    else:
        print(f"Kept in {keep(figures, kept_in)}")


def _figures(folder: Path, size: Size) -> list[Figure]:
    figures = [verdicts(), imported_rows(folder / "imports"), statements(make_scene(folder / "scene"))]
    with ExitStack() as stack:
        plans = {"sqlite": Plan(folder / "sqlite", size.patients, size.scores)}
        if postgresql_programs() is None:
            print("PostgreSQL is not installed: its figures are not run.", file=sys.stderr)
        else:
            # With its guards against power cuts, as in a clinic.
            server = stack.enter_context(postgresql_server(durable=True))
            administer(server, "CREATE DATABASE bench")
            plans["postgresql"] = plans["sqlite"]._replace(folder=folder / "postgresql", url=url_of(server, "bench"))
        others = [Plan(folder / f"list-{number}", number, 4, doses=1) for number in (size.few, size.many)]
        *clinics, few, many = loaded([*plans.values(), *others])
        figures += _served(dict(zip(plans, clinics, strict=True)), size)
        figures.append(caseload_growth(few, many, (size.few, size.many), size.pace))
        for clinic in (*clinics, few, many):
            clinic.close()
    return sorted(figures, key=lambda figure: figure.name)


def _served(clinics: dict[str, Clinic], size: Size) -> list[Figure]:
    with ExitStack() as stack:
        servers = {
            database: stack.enter_context(serving(clinic, [CASELOAD, *clinic.pages]))
            for database, clinic in clinics.items()
        }
        return [
            largest_paint(clinics["sqlite"], servers["sqlite"]),
            first_page(clinics["sqlite"], servers["sqlite"]),
            *page_ratios("patient_page_ratio", clinics, servers, size.pace),
            *page_ratios("caseload_page_ratio", clinics, servers, size.pace),
            # Last, for these make some records longer.
            *taps(clinics["sqlite"], servers["sqlite"], size.taps),
            *submit_ratios(clinics, servers, size.pace.rounds, size.forms),
        ]


if __name__ == "__main__":
    main()
