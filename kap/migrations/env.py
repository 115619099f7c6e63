"""Alembic's way to the database: the app's own engine; SQLite moves whole tables where it cannot alter them."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import inspect

from kap.core.db import WRITE, Key, UtcDateTime, db
from kap.outcomes.actions import fill_caseload
from kap.outcomes.models import CaseloadEntry

config = context.config


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types by their names, with the import that they need."""
    if kind == "type" and isinstance(item, Key | UtcDateTime):
        autogen.imports.add("from kap.core.db import Key, UtcDateTime")
        return f"{type(item).__name__}()"
    return False


def run() -> None:
    """Bring the database to the revision that was asked for, in one transaction."""
    with db.engine.connect().execution_options(**WRITE) as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            process_revision_directives=_drop_empty,
        )
        with context.begin_transaction():
            context.run_migrations()
        at_head = context.get_context().get_current_heads() == (context.script.get_current_head(),)
        arrived = at_head and inspect(connection).has_table(CaseloadEntry.__tablename__)
    if arrived:
        # What is worked out of the record is worked out by the code of today, not written down in a migration.
        fill_caseload()


def _drop_empty(migration: Any, revision: Any, directives: list[Any]) -> None:
    if getattr(config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []
        current_app.logger.info("The models and the migrations agree.")


run()
