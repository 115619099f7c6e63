"""Making an installation ready: its keys, its tables."""

from pathlib import Path

from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import NullPool, create_engine, inspect

from kap.config import KEYS, Keys
from kap.core.db import database_file
from kap.core.refusal import Refused


def prepare_instance() -> None:
    """Keep the keys that this app was started with, where its instance has none, and bring the database up to date.

    Refused where there is a database already: new keys would not open what older ones have sealed in it.
    """
    instance: Path = current_app.config["KAP_INSTANCE"]
    if not (instance / KEYS).exists():
        _refuse_orphan(current_app.config["SQLALCHEMY_DATABASE_URI"], instance)
        keys: Keys = current_app.extensions["kap_keys"]
        try:
            keys.keep(instance)
        except FileExistsError:
            raise Refused("Somebody else is setting up this instance. Please try again.") from None
    upgrade()


def _refuse_orphan(url: str, instance: Path) -> None:
    file = database_file(url)
    if file.exists() if file else _has_tables(url):
        raise Refused(f"There is a database already and no {KEYS} in {instance}. Please bring its keys back.")


def _has_tables(url: str) -> bool:
    """Whether the database on a server holds anything; asked past the app, which opens none without keys."""
    engine = create_engine(url, poolclass=NullPool)
    return bool(inspect(engine).get_table_names())
