"""What stands in the log: a page of it, the latest first, found as fast among a million acts as among ten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, literal, or_, select, tuple_, union_all

from kap.audit.models import Action, AuditEvent, Kind
from kap.core.db import Key, UtcDateTime, db

ALL = tuple(Kind)
COLUMNS = (
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.actor_id,
    AuditEvent.action,
    AuditEvent.patient_id,
    AuditEvent.object_type,
    AuditEvent.object_id,
    AuditEvent.detail,
)


class Event(NamedTuple):
    """An act, as a page reads it."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    action: str
    patient_id: UUID | None
    object_type: str | None
    object_id: UUID | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """Which acts are looked for: of which kinds, by whom, about whom, from when until before when.

    `stray`: also those of no clinic, such as a sign-in with an address that nobody has. `but`: a patient left out.
    """

    clinic_id: UUID
    kinds: Sequence[Kind] = ALL
    actor_id: UUID | None = None
    patient_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    stray: bool = False
    but: UUID | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """All but clinic and kind."""
        found: list[ColumnElement[bool]] = []
        if self.actor_id:
            found.append(AuditEvent.actor_id == self.actor_id)
        if self.patient_id:
            found.append(AuditEvent.patient_id == self.patient_id)
        if self.since:
            found.append(AuditEvent.at >= self.since)
        if self.until:
            found.append(AuditEvent.at < self.until)
        if self.but:
            found.append(or_(AuditEvent.patient_id.is_(None), AuditEvent.patient_id != self.but))
        return found


class Part(NamedTuple):
    """A page of the log, the latest first, and from where those before and after it go on."""

    events: Sequence[Event]
    newer: UUID | None
    older: UUID | None


def events(asked: Asked, *, most: int, before: UUID | None = None, after: UUID | None = None) -> Part:
    """The `most` latest acts; those `before` an act, or the next `after` it. An act that is not there is no bound."""
    bound = event(asked.clinic_id, before or after) if before or after else None
    forwards = bound is not None and before is None
    query = _page(asked, bound, forwards=forwards, most=most + 1)
    found = [Event._make(row) for row in db.session.execute(query)]
    more, shown = len(found) > most, found[:most]
    if forwards:
        shown.reverse()
    newer = more if forwards else bound is not None
    older = bound is not None if forwards else more
    return Part(shown, shown[0].id if shown and newer else None, shown[-1].id if shown and older else None)


def _page(asked: Asked, bound: Event | None, *, forwards: bool, most: int) -> Select[Any]:
    """One short walk along an index for each kind, and the first of all of them: no walk past what is not asked for."""
    conditions = asked.conditions()
    place = tuple_(AuditEvent.at, AuditEvent.id)
    if bound is not None:
        there = tuple_(literal(bound.at, UtcDateTime()), literal(bound.id, Key()))
        conditions.append(place > there if forwards else place < there)
    wheres = [(AuditEvent.clinic_id == asked.clinic_id, AuditEvent.kind == kind) for kind in asked.kinds]
    if asked.stray and Kind.SIGN_IN in asked.kinds:
        wheres.append((AuditEvent.clinic_id.is_(None), AuditEvent.kind == Kind.SIGN_IN))
    walks = [
        select(*COLUMNS).where(*where, *conditions).order_by(*_order(AuditEvent, forwards)).limit(most).subquery()
        for where in wheres
    ]
    found = union_all(*(select(walk) for walk in walks)).subquery()
    return select(found).order_by(*_order(found.c, forwards)).limit(most)


def _order(columns: Any, forwards: bool) -> tuple[Any, Any]:
    return (columns.at, columns.id) if forwards else (columns.at.desc(), columns.id.desc())


def event(clinic_id: UUID, id: UUID | None) -> Event | None:
    """One act of the clinic, or of none."""
    query = select(*COLUMNS).where(
        AuditEvent.id == id, or_(AuditEvent.clinic_id == clinic_id, AuditEvent.clinic_id.is_(None))
    )
    row = db.session.execute(query).first()
    return Event._make(row) if row else None


def acts_of_others(
    clinic_id: UUID, patient_id: UUID, own: UUID | None, since: datetime, until: datetime
) -> list[Event]:
    """What others than the user `own` did with a patient's record, the latest first; for weeks, not for years."""
    return _since(
        since,
        until,
        AuditEvent.clinic_id == clinic_id,
        AuditEvent.patient_id == patient_id,
        AuditEvent.kind.in_(ALL),
        or_(AuditEvent.actor_id.is_(None), AuditEvent.actor_id != own),
    )


def lists_with(clinic_id: UUID, patient_id: UUID, since: datetime, until: datetime) -> list[Event]:
    """The lists of patients on which the patient stood when somebody looked; for weeks, not for years.

    Who stood on a list is a part of its event: a row for each would make the log a hundred times as long.
    """
    return _since(
        since,
        until,
        AuditEvent.clinic_id == clinic_id,
        AuditEvent.kind == Kind.LIST,
        cast(AuditEvent.detail, Text).contains(str(patient_id)),
    )


def _since(since: datetime, until: datetime, *conditions: ColumnElement[bool]) -> list[Event]:
    query = select(*COLUMNS).where(*conditions, AuditEvent.at >= since, AuditEvent.at < until)
    rows = db.session.execute(query.order_by(*_order(AuditEvent, forwards=False)))
    return [Event._make(row) for row in rows]


def listed(event: Event) -> list[UUID]:
    """The patients of a list, where the log says who they were and not only how many."""
    patients = event.detail.get("patients") if event.action == Action.LIST_VIEWED else None
    return [UUID(patient) for patient in patients] if isinstance(patients, list) else []
