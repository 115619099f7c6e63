"""The database: SQLCipher where it is embedded, PostgreSQL where the clinic runs one.

Everything else reaches it through `db`. Times are UTC and carry their zone; keys are time-ordered UUIDs.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import sqlcipher3.dbapi2 as sqlcipher
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, LargeBinary, MetaData, Uuid, event, make_url
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry
from sqlalchemy.types import TypeDecorator, TypeEngine

from kap.core import clock

WAL_RESET_FIXED = (3, 51, 3)
"""From here on SQLite does not corrupt a database when two processes reset its log at once (sqlite.org/changes)."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: UTC in the database, with its zone in Python; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone does not go into the database.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Key(TypeDecorator[UUID]):
    """A UUID, 16 bytes on both databases."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(LargeBinary(16) if dialect.name == "sqlite" else Uuid())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        return value.bytes if value is not None and dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], UUID | None] | None:
        """None for PostgreSQL, whose driver gives UUIDs: lists have thousands of keys."""
        return _uuid if dialect.name == "sqlite" else None


def _uuid(value: bytes | None) -> UUID | None:
    return None if value is None else UUID(int=int.from_bytes(value))


def new_id() -> UUID:
    """A key that sorts by the time it was made (RFC 9562, version 7)."""
    rest = int.from_bytes(os.urandom(10))
    return UUID(int=clock.stamp() << 80 | 7 << 76 | (rest >> 68) << 64 | 2 << 62 | rest & ((1 << 62) - 1))


PrimaryKey = Annotated[UUID, mapped_column(primary_key=True)]


class Base(DeclarativeBase):
    """What every table has: a key that is known before the row is written, and the naming of its constraints."""

    registry = registry(
        type_annotation_map={datetime: UtcDateTime, UUID: Key},
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )

    id: Mapped[PrimaryKey]

    def __init__(self, **values: Any) -> None:
        self.id = values.pop("id", None) or new_id()
        for name, value in values.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no {name}.")
            setattr(self, name, value)


class Versioned:
    """A row that two people may edit: its version travels in the form, and a write on an old one fails."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


db = SQLAlchemy(model_class=Base)
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

WRITE = {"kap_write": True}
"""Execution option of a connection that is going to write: SQLite then begins IMMEDIATE."""

NOTE = {"kap_note": True}
"""Execution option for one statement that notes what was read: it is kept at once, and need not have reached the disk
when the page is sent. On SQLite it is a transaction by itself.
"""


def database_options(url: str) -> dict[str, Any]:
    """The engine options for `url`. Values of a statement that fails stay out of its message, and so of the logs."""
    if make_url(url).get_backend_name() == "sqlite":
        return {"module": sqlcipher, "hide_parameters": True}
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "connect_args": {"connect_timeout": 3},
    }


def start_database(app: Flask, key: bytes | None, before_opening: Callable[[], None]) -> None:
    """Bind `db` to the app; `before_opening` raises where no connection may be made yet."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = database_options(url)
    if make_url(url).get_backend_name() == "sqlite" and sqlcipher.sqlite_version_info < WAL_RESET_FIXED:
        raise RuntimeError(f"SQLite {sqlcipher.sqlite_version} can lose data: {WAL_RESET_FIXED} is needed.")
    db.init_app(app)
    with app.app_context():
        event.listen(db.engine, "do_connect", lambda *_: before_opening())
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "do_connect", _sqlcipher_open(key))
            event.listen(db.engine, "connect", _set_pragmas)
            event.listen(db.engine, "begin", _sqlite_begin)
        else:
            event.listen(db.engine, "begin", _postgresql_begin)


def _sqlcipher_open(key: bytes | None) -> Any:
    def connect(dialect: Dialect, record: object, arguments: Any, options: object) -> Any:
        _keep_private(Path(arguments[0]))
        connection = sqlcipher.connect(*arguments, check_same_thread=False, isolation_level=None, timeout=10)
        if key is not None:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        return connection

    return connect


def _keep_private(file: Path) -> None:
    """Make the file of a new database before SQLite does, closed to others; what SQLite puts beside it is too."""
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        pass


PRAGMAS = {
    "journal_mode": "WAL",
    "foreign_keys": "ON",
    "busy_timeout": "10000",
    "trusted_schema": "OFF",
    "recursive_triggers": "ON",
    "secure_delete": "ON",
    "cell_size_check": "ON",
}


def _set_pragmas(connection: Any, record: object) -> None:
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}").close()


def _sqlite_begin(connection: Connection) -> None:
    options, raw = connection.get_execution_options(), connection.connection.dbapi_connection
    note = options.get("kap_note")
    raw.execute(f"PRAGMA synchronous = {'NORMAL' if note else 'FULL'}").close()  # type: ignore[union-attr]
    # A lock that is held while this thread waits for its turn keeps every other writer waiting too.
    if not note:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("kap_write") else "BEGIN")


def _postgresql_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("kap_note"):
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")


def hold(row: Base, *, whole: bool = False) -> None:
    """Read a row anew, and keep others from changing it until this transaction ends.

    On PostgreSQL two can read the same version before either writes. Rows that point at this one may still come, unless
    it is held `whole`: as it has to be before a column changes that is unique, or both would wait for each other.
    """
    db.session.refresh(row, with_for_update={"of": type(row), "key_share": not whole})


def database_file(url: str) -> Path | None:
    """Where the embedded database lies; None for a server."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
