"""The imports point down, what is pure stays pure, and the oracles of the tests look at nothing that they judge."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT_IMPORTS), "--config", str(folder / "setup.cfg"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_contracts_are_kept() -> None:
    found = _lint(ROOT)
    assert found.returncode == 0, found.stdout
    assert "5 kept, 0 broken" in found.stdout


VIOLATIONS = [
    ("durability/verdict.py", "import flask", "What is pure knows neither web nor database"),
    ("treatment/rules.py", "from sqlalchemy import select", "What is pure knows neither web nor database"),
    ("people/models.py", "from kap.treatment import models", "Imports point down only"),
    ("people/queries.py", "from kap.people import actions", "Inside a feature imports point down only"),
    ("outcomes/queries.py", "from kap.psychotherapy import models", "Nothing but the app reaches psychotherapy notes"),
    (
        "home/log.py",
        "from kap.psychotherapy.queries import own_note",
        "Nothing but the app reaches psychotherapy notes",
    ),
    ("safety/views.py", "from kap.core.db import db", "Views do not speak to the database"),
]


@pytest.mark.parametrize(("module", "statement", "contract"), VIOLATIONS)
def test_a_contract_is_seen_to_break(module: str, statement: str, contract: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "kap", tmp_path / "kap", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    file = tmp_path / "kap" / module
    file.write_text(f"{file.read_text()}\n{statement}\n")
    found = _lint(tmp_path)
    assert found.returncode != 0
    assert f"{contract} BROKEN" in found.stdout


def test_a_new_folder_must_be_given_its_place(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "kap", tmp_path / "kap", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    (tmp_path / "kap" / "helpers").mkdir()
    (tmp_path / "kap" / "helpers" / "__init__.py").write_text('"""Anything."""\n')
    assert _lint(tmp_path).returncode != 0


@pytest.mark.parametrize("package", ["durability", "charts"])
def test_a_pure_package_can_be_used_without_an_app(package: str) -> None:
    names = sorted(f"kap.{package}.{file.stem}" for file in (ROOT / "kap" / package).glob("[!_]*.py"))
    code = f"import sys, {', '.join(names)}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(ran.stdout.split()) & {"flask", "sqlalchemy", "werkzeug", "jinja2", "wtforms"}


@pytest.mark.parametrize(
    ("oracle", "judged"),
    [
        ("tests/access/oracle.py", "kap"),
        ("tests/access/test_matrix.py", "kap.access"),
        ("tests/access/test_matrix.py", "kap.people.load"),
        ("tests/durability/oracle.py", "kap.durability.verdict"),
        ("tests/durability/oracle.py", "kap.durability.response"),
    ],
)
def test_an_oracle_does_not_look_at_what_it_judges(oracle: str, judged: str) -> None:
    imported = set()
    for node in ast.walk(ast.parse((ROOT / oracle).read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    assert not [name for name in imported if name == judged or name.startswith(f"{judged}.")]
