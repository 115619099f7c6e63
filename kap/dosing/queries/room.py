"""What has been written down in the room so far, in light rows: by columns, and nothing opened that is not shown.

The statements are built once, for to build one costs more than to ask it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, bindparam, func, literal, or_, select
from sqlalchemy.orm import aliased

from kap.audit.models import Action, AuditEvent, Kind
from kap.core import clock
from kap.core.db import Key, UtcDateTime, db
from kap.dosing.models import Administration, Observation, ObservationKind, VitalsAlert
from kap.dosing.rules.limits import Level
from kap.dosing.rules.room import CHOICES, MOAAS, Signs
from kap.people.load import CLINIC, asking, not_own, visible
from kap.people.models import Patient, User
from kap.treatment.models import (
    AdverseEvent,
    DosingSession,
    Medicine,
    Route,
    Severity,
    TreatmentSession,
    VitalSign,
)
from kap.treatment.rules import Reading, plain
from kap.treatment.terms import TERMS

LOOKS_FOR = timedelta(minutes=5)
"""For so long whoever has opened the room counts as looking at it; see `looking`."""


class Entry(NamedTuple):
    """A line of the log of the room. `what` is the sort of row, `kind` what it tells, as a word."""

    id: UUID
    what: str
    kind: str
    at: datetime
    told: str
    words: str
    entered_at: datetime
    who: str | None
    corrects_id: UUID | None
    error_at: datetime | None
    error_by: str | None
    error_reason: str

    def late(self, after: timedelta) -> bool:
        """True where it was written down more than `after` it happened."""
        return self.entered_at - self.at > after


class Alert(NamedTuple):
    """A limit that was crossed: by what, what was done about it by whom, and the reading that was taken after."""

    id: UUID
    level: Level
    sentence: str
    source_id: UUID
    raised_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    action: str
    repeat_id: UUID | None

    @property
    def open(self) -> bool:
        """True while somebody has to say what was done; a notice only tells."""
        return self.answered_at is None and self.level is not Level.NOTICE


class Waiting(NamedTuple):
    """A limit that was crossed and of which nobody has said what was done: in which session, and of whom."""

    id: UUID
    session_id: UUID
    patient_id: UUID
    label: str
    sentence: str
    raised_at: datetime


def waiting_alerts(user: User) -> list[Waiting]:
    """The alerts about vital signs that wait for an answer, of the patients whom `user` may see, the oldest first."""
    query = (
        select(
            VitalsAlert.id,
            VitalsAlert.session_id,
            Patient.id,
            func.coalesce(Patient.name, Patient.code),
            VitalsAlert.sentence,
            VitalsAlert.raised_at,
        )
        .join(Patient, Patient.id == VitalsAlert.patient_id)
        .join(TreatmentSession, TreatmentSession.id == VitalsAlert.session_id)
        .where(
            VitalsAlert.clinic_id == CLINIC,
            visible(user.roles),
            not_own(),
            TreatmentSession.error_at.is_(None),
            VitalsAlert.level != Level.NOTICE,
            VitalsAlert.answered_at.is_(None),
        )
        .order_by(VitalsAlert.raised_at, VitalsAlert.id)
    )
    return [Waiting._make(row) for row in db.session.execute(query, asking(user))]


def entries(session: DosingSession) -> list[Entry]:
    """The log, the latest first; what was corrected stands below what corrects it."""
    asked = {"session": session.id}
    found = [
        *(_reading(row) for row in db.session.execute(_READINGS, asked)),
        *(_observation(row) for row in db.session.execute(_OBSERVATIONS, asked)),
        *(_event(row) for row in db.session.execute(_EVENTS, asked)),
        *(_dose(row) for row in db.session.execute(_DOSES, asked)),
    ]
    return list(_in_order(found))


def _in_order(found: list[Entry]) -> Iterator[Entry]:
    by_id = {entry.id: entry for entry in found}
    corrected = {entry.corrects_id for entry in found}
    for entry in sorted(found, key=lambda one: (one.at, one.id), reverse=True):
        shown: Entry | None = None if entry.id in corrected else entry
        while shown is not None:
            yield shown
            shown = by_id.get(shown.corrects_id) if shown.corrects_id else None


def alerts(session: DosingSession) -> list[Alert]:
    """Every alert of the session, the latest first."""
    return [
        Alert(
            row.id,
            Level(row.level),
            row.sentence,
            row.source_id,
            row.raised_at,
            row.answered_at,
            row.answered_by,
            VitalsAlert.action.opened("vitals_alert", row.id, row.action_sealed),
            row.repeat_id,
        )
        for row in db.session.execute(_ALERTS, {"session": session.id})
    ]


def state_of(session: DosingSession) -> str:
    """A word that changes whenever something is added to the log, corrected, or answered: it tells nothing else.

    It counts rows. The key of the latest would not do: of two kept at once, the earlier may come to be seen last.
    """
    return "-".join(str(number or 0) for number in db.session.execute(_STATE, {"session": session.id}).one())


def looking(session: DosingSession, user: User) -> bool:
    """Whether the log says that `user` looked at this session a moment ago.

    A page that stays open asks every few seconds. What it is shown is one look for so many minutes, however much comes.
    """
    asked = {
        "clinic": user.clinic_id,
        "actor": user.id,
        "patient": session.patient_id,
        "session": session.id,
        "since": clock.now() - LOOKS_FOR,
    }
    return db.session.scalar(_LOOKING, asked) is not None


def readings_of(session: DosingSession) -> list[Reading]:
    """The readings that count, in the order of their times."""
    rows = db.session.execute(_SIGNS, {"session": session.id})
    return sorted((_signs(row).at(row.at) for row in rows), key=lambda reading: reading.at)


def awaiting_repeat(session: DosingSession, corrected: UUID | None) -> Sequence[tuple[VitalsAlert, VitalSign]]:
    """The alerts after whose readings the same was not read again yet, or only by the one that is `corrected` now."""
    asked = {"session": session.id, "corrected": corrected}
    return [(alert, sign) for alert, sign in db.session.execute(_AWAITING, asked)]


def open_alerts_from(source_id: UUID) -> Sequence[VitalsAlert]:
    """The alerts that this reading or score raised and nobody has answered."""
    return db.session.scalars(_FROM, {"source": source_id}).all()


def _signs(row: Any) -> Signs:
    return Signs(*(getattr(row, name) for name in Signs._fields))


def _entry(row: Row[Any], table: Any, what: str, kind: str, at: datetime, told: str, words: str = "") -> Entry:
    return Entry(
        row.id,
        what,
        kind,
        at,
        told,
        words,
        row.entered_at,
        row.who,
        row.corrects_id,
        row.error_at,
        row.error_by,
        table.error_reason.opened(table.__tablename__, row.id, row.error_reason_sealed),
    )


def _reading(row: Row[Any]) -> Entry:
    return _entry(row, VitalSign, "reading", "Vital signs", row.at, _signs(row).told)


def _observation(row: Row[Any]) -> Entry:
    kind = ObservationKind(row.kind)
    told = CHOICES.get(kind, {}).get(row.term, "")
    if kind is ObservationKind.SEDATION:
        told = f"MOAA/S {row.value}: {MOAAS.get(row.value, '')}"
    elif kind is ObservationKind.DISSOCIATION:
        told = f"{row.value} of 10"
    words = Observation.words.opened("observation", row.id, row.words_sealed)
    return _entry(row, Observation, "note", kind.label, row.at, told, words)


def _event(row: Row[Any]) -> Entry:
    told = TERMS[row.term].label
    if row.severity:
        told = f"{told}, {Severity(row.severity).label.lower()}"
    words = AdverseEvent.words.opened("adverse_event", row.id, row.words_sealed)
    return _entry(row, AdverseEvent, "event", "Adverse event", row.onset_at or row.entered_at, told, words)


def _dose(row: Row[Any]) -> Entry:
    given = "Booster" if row.booster else "Given"
    told = f"{Medicine(row.substance).label} {plain(row.amount_mg)} mg, {Route(row.route).label}"
    return _entry(row, Administration, "dose", given, row.at, told)


_WHO, _MARKED_BY = aliased(User), aliased(User)
_SESSION = bindparam("session", type_=Key())


def _lines(table: Any, *columns: Any) -> Any:
    """The rows of a session with who wrote them and who marked them."""
    return (
        select(
            table.id,
            table.entered_at,
            table.corrects_id,
            table.error_at,
            table.error_reason_sealed,
            _WHO.name.label("who"),
            _MARKED_BY.name.label("error_by"),
            *columns,
        )
        .outerjoin(_WHO, _WHO.id == table.entered_by)
        .outerjoin(_MARKED_BY, _MARKED_BY.id == table.error_by)
        .where(table.session_id == _SESSION)
    )


_SIGN_COLUMNS = [getattr(VitalSign, name) for name in Signs._fields]
_READINGS = _lines(VitalSign, VitalSign.at, *_SIGN_COLUMNS)
_OBSERVATIONS = _lines(
    Observation, Observation.kind, Observation.at, Observation.term, Observation.value, Observation.words_sealed
)
_EVENTS = _lines(
    AdverseEvent, AdverseEvent.term, AdverseEvent.words_sealed, AdverseEvent.severity, AdverseEvent.onset_at
)
_DOSES = _lines(
    Administration,
    Administration.at,
    Administration.booster,
    Administration.substance,
    Administration.amount_mg,
    Administration.route,
)
_ALERTS = (
    select(
        VitalsAlert.id,
        VitalsAlert.level,
        VitalsAlert.sentence,
        VitalsAlert.source_id,
        VitalsAlert.raised_at,
        VitalsAlert.answered_at,
        User.name.label("answered_by"),
        VitalsAlert.action_sealed,
        VitalsAlert.repeat_id,
    )
    .outerjoin(User, User.id == VitalsAlert.answered_by)
    .where(VitalsAlert.session_id == _SESSION)
    .order_by(VitalsAlert.raised_at.desc(), VitalsAlert.id.desc())
)
_SIGNS = select(VitalSign.at, *_SIGN_COLUMNS).where(VitalSign.session_id == _SESSION, VitalSign.error_at.is_(None))
_AWAITING = (
    select(VitalsAlert, VitalSign)
    .join(VitalSign, VitalSign.id == VitalsAlert.source_id)
    .where(
        VitalsAlert.session_id == _SESSION,
        or_(VitalsAlert.repeat_id.is_(None), VitalsAlert.repeat_id == bindparam("corrected", type_=Key())),
    )
)
_FROM = select(VitalsAlert).where(
    VitalsAlert.source_id == bindparam("source", type_=Key()), VitalsAlert.answered_at.is_(None)
)
_LOOKING = (
    select(literal(1))
    .where(
        AuditEvent.clinic_id == bindparam("clinic", type_=Key()),
        AuditEvent.actor_id == bindparam("actor", type_=Key()),
        AuditEvent.kind == Kind.READ,
        AuditEvent.at > bindparam("since", type_=UtcDateTime()),
        AuditEvent.patient_id == bindparam("patient", type_=Key()),
        AuditEvent.object_id == _SESSION,
        AuditEvent.action == Action.RECORD_VIEWED,
    )
    .limit(1)
)


def _counts(table: Any, *marks: Any) -> list[Any]:
    return [
        select(count).where(table.session_id == _SESSION).scalar_subquery()
        for count in (func.count(), *(func.count(mark) for mark in marks))
    ]


_STATE = select(
    *_counts(VitalSign, VitalSign.error_at),
    *_counts(Observation, Observation.error_at),
    *_counts(AdverseEvent, AdverseEvent.error_at),
    *_counts(Administration, Administration.error_at, Administration.ended_at),
    *_counts(VitalsAlert, VitalsAlert.answered_at, VitalsAlert.repeat_id),
    select(DosingSession.__table__.c.discharged_at.is_not(None))
    .where(DosingSession.__table__.c.id == _SESSION)
    .scalar_subquery(),
)
