"""SQL statements of the patient's page: as many for 60 scores as for 5."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import event

from kap.core.db import db
from tests.bench.figures import Figure
from tests.bench.scene import FEW_SCORES, SCORES, Scene

GOAL = 12


def statements(scene: Scene) -> Figure:
    """The statements for the therapist, the logged read among them; the beginning of a transaction is none."""
    many, few = (_statements(scene, patient) for patient in (scene.patient_id, scene.patient_with_few_scores))
    constant = "the same" if len(many) == len(few) else f"NOT constant: {len(few)}"
    note = f"{constant} with {FEW_SCORES} scores instead of {SCORES}"
    return Figure("patient_page_statements", max(len(many), len(few)), GOAL, most=True, note=note)


def _statements(scene: Scene, patient_id: UUID) -> list[str]:
    client = scene.client(scene.therapist_cookie)
    with _heard(scene) as statements:
        response = client.get(f"/patients/{patient_id}")
    assert response.status_code == 200, response.status
    return [statement for statement in statements if not statement.startswith("BEGIN")]


@contextmanager
def _heard(scene: Scene) -> Iterator[list[str]]:
    """What goes to the database meanwhile: on the engine of the record, and on that of the log of reads."""
    statements: list[str] = []

    def hear(connection: object, cursor: object, statement: str, *rest: Any) -> None:
        statements.append(statement)

    with scene.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", hear)
