"""Measure everything, print it beside its goals, and keep it in the instance folder."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from kap.config import instance_folder
from tests.bench.figures import Figure, keep, table
from tests.bench.first_page import first_page
from tests.bench.imports import imported_rows
from tests.bench.patient_page import patient_page
from tests.bench.scene import make_scene
from tests.bench.server import serving
from tests.bench.statements import statements
from tests.bench.verdicts import verdicts


def main() -> None:
    """`make bench`: about a minute; nothing that it starts outlives it."""
    kept_in = instance_folder()
    # The clinic of the bench is its own, whatever is set for a real one.
    for name in [name for name in os.environ if name.startswith("KAP_")]:
        del os.environ[name]
    with TemporaryDirectory(prefix="kap-bench-") as folder:
        figures = _figures(Path(folder))
    print(table(figures))
    print(f"Kept in {keep(figures, kept_in)}")


def _figures(folder: Path) -> list[Figure]:
    scene = make_scene(folder / "scene")
    figures = [verdicts(), imported_rows(folder / "imports"), statements(scene)]
    with serving(scene) as server:
        return [patient_page(scene, server), first_page(scene, server), *figures]


if __name__ == "__main__":
    main()
