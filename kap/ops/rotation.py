"""Turning the key rings: a new key, and all that older ones have sealed sealed again with it.

No plain text changes, so no version, digest or verdict does: a value that is sealed again is no change of the record,
and the log has one event for the whole. Batches are transactions of their own, so that work goes on meanwhile and
whoever was interrupted goes on where it ended. A value is replaced only where it is still the one that was read.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from inspect import getmembers_static
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from flask import current_app
from sqlalchemy import ColumnElement, LargeBinary, Table, bindparam, func, literal, select, text, update

from kap.audit.log import recording
from kap.audit.models import Action
from kap.config import KEYS, changing_keys
from kap.core import clock
from kap.core.db import Base, Key, db
from kap.core.refusal import Refused
from kap.core.sealed import KeyRing, Ring, Sealed
from kap.people.queries import clinics

BATCH = 500
SETTLES_IN = timedelta(hours=1)
"""How long a key stays after the keys were changed: what was begun under it may still be saved."""


class SealedColumn(NamedTuple):
    """A column of sealed text, for one kind of row: its values are bound to the name of that kind's table."""

    kind: type[Base]
    sealed: Any
    """Its `Sealed`."""

    @property
    def value(self) -> Any:
        """What a query reads."""
        return getattr(self.kind, self.sealed.column)

    @property
    def table(self) -> Table:
        """Where it lies: of a dose, the narrative lies with those of all sessions."""
        found: Table = self.value.property.columns[0].table
        return found

    @property
    def number(self) -> ColumnElement[bytes]:
        """The number of the key of a value, as one byte."""
        return func.substr(self.value, 2, 1, type_=LargeBinary())


def sealed_columns(ring: Ring) -> list[SealedColumn]:
    """All columns that are sealed with this ring, whichever feature they belong to."""
    return [
        SealedColumn(mapper.class_, sealed)
        for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
        if mapper.polymorphic_on is None or mapper.polymorphic_identity is not None
        for _, sealed in getmembers_static(mapper.class_, lambda member: isinstance(member, Sealed))
        if sealed.ring is ring
    ]


def sealed_with(ring: Ring) -> Counter[int]:
    """How many values each key of the ring has sealed, by its number."""
    found: Counter[int] = Counter()
    for column in sealed_columns(ring):
        number = select(column.number.label("number")).where(column.value.is_not(None)).subquery().c.number
        for key, count in db.session.execute(select(number, func.count()).group_by(number)):
            found[key[0]] += count
    return found


def kept_rings() -> dict[Ring, KeyRing]:
    """The rings as they stand in the file of the keys."""
    with changing_keys(_instance()) as keys:
        return dict(keys.rings)


def rotate(asked: Collection[Ring]) -> dict[Ring, bool]:
    """Finish what an earlier turn has left, or give the ring a new key and seal all anew; whether there is a new one.

    What cannot be opened is left as it is, with its key.
    """
    new = {ring: not _seal_anew(ring) for ring in asked}
    turned = [ring for ring in asked if new[ring]]
    if turned:
        _turn(turned)
    for ring in turned:
        _seal_anew(ring)
    return new


def drop(number: int, asked: Collection[Ring]) -> None:
    """Throw a key away; Refused while anything is sealed with it, or may be in a moment."""
    with changing_keys(_instance()) as keys:
        having = [ring for ring in asked if number in keys.rings[ring].keys]
        if not having:
            raise Refused(f"There is no key {number}.")
        for ring in having:
            if keys.rings[ring].active == number:
                raise Refused(f"Key {number} is the one that seals now. After `flask keys rotate` it can be dropped.")
            if used := sealed_with(ring)[number]:
                raise Refused(f"Key {number} is needed: {used} values are sealed with it. Run `flask keys rotate`.")
        changed = (_instance() / KEYS).stat().st_mtime
        if clock.now().timestamp() - changed < SETTLES_IN.total_seconds():
            raise Refused("The keys were changed less than an hour ago. Work begun before may still need this one.")
        left = {ring: keys.rings[ring].without(number) for ring in having}
        with _told(Action.KEYS_DROPPED, having):
            keys.with_rings(left).swap_in(_instance())


def _instance() -> Path:
    found: Path = current_app.config["KAP_INSTANCE"]
    return found


def _turn(rings: Collection[Ring]) -> None:
    with changing_keys(_instance()) as keys, _told(Action.KEYS_ROTATED, rings):
        try:
            turned = {ring: keys.rings[ring].turned_past(sealed_with(ring)) for ring in rings}
        except StopIteration:
            raise Refused("All numbers are taken: drop the keys that seal nothing.") from None
        keys.with_rings(turned).swap_in(_instance())


@contextmanager
def _told(action: Action, rings: Collection[Ring]) -> Iterator[None]:
    """The event of each clinic, for all of them lie under these keys."""
    there = clinics()
    with recording(action, by=None, follow=False) as event:
        event.passed_over = bool(there)
        for clinic in there:
            with recording(action, by=None, about=clinic, follow=False) as of_clinic:
                of_clinic.clinic_id = clinic.id
                of_clinic.detail = {"rings": [ring.name.lower() for ring in rings]}
        yield


def _seal_anew(ring: Ring) -> int:
    """Seal with the active key what older ones have sealed; how many values there were of it that open."""
    active, done = kept_rings()[ring].active, 0
    for column in sealed_columns(ring):
        last: UUID | None = None
        while batch := _batch(column, active, last):
            last = batch[-1][0]
            changes = [change for row, old in batch if (change := _change(column, row, old))]
            done += len(changes)
            if changes:
                _replace(column.table, column.sealed.column, changes)
    return done


def _batch(column: SealedColumn, active: int, last: UUID | None) -> list[tuple[UUID, bytes]]:
    """The next values that an older key has sealed. Between batches no transaction is left open."""
    other = column.number != literal(bytes([active]), LargeBinary())
    query = select(column.kind.id, column.value).where(column.value.is_not(None), other)
    if last is not None:
        query = query.where(column.kind.id > last)
    found = [(row, value) for row, value in db.session.execute(query.order_by(column.kind.id).limit(BATCH))]
    db.session.rollback()
    return found


def _change(column: SealedColumn, row: UUID, old: bytes) -> dict[str, Any] | None:
    """What replaces a value; None for one that does not open."""
    table = column.kind.__tablename__
    try:
        new = column.sealed.closed(table, row, column.sealed.opened(table, row, old))
    except (InvalidTag, KeyError, ValueError):
        return None
    return {"row": row, "old": old, "new": new}


def _replace(table: Table, name: str, changes: list[dict[str, Any]]) -> None:
    statement = (
        update(table)
        .where(table.c.id == bindparam("row", type_=Key()), table.c[name] == bindparam("old", type_=LargeBinary()))
        .values({name: bindparam("new", type_=LargeBinary())})
    )
    with recording(Action.KEYS_ROTATED, by=None, follow=False) as event, _lifted(table):
        event.passed_over = True
        db.session.execute(statement.execution_options(guarded=True), changes)


@contextmanager
def _lifted(table: Table) -> Iterator[None]:
    """Lift the triggers that keep the rows of the table as they are, inside the transaction that is open.

    Nobody else sees the table without them: it is theirs again when the transaction ends, or where it fails.
    """
    session = db.session()
    if session.get_bind().dialect.name == "postgresql":
        lifted = (
            select(func.count())
            .select_from(text("pg_trigger"))
            .where(text("tgrelid = CAST(:name AS regclass) AND NOT tgisinternal"))
        )
        if not session.scalar(lifted, {"name": table.name}):
            yield
            return
        session.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        yield
        session.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
    else:
        kept = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
        triggers = session.execute(kept, {"name": table.name}).all()
        for trigger in triggers:
            session.execute(text(f"DROP TRIGGER {trigger.name}"))
        yield
        for trigger in triggers:
            session.connection().exec_driver_sql(trigger.sql)
