"""Sessions found by what stands in the open: coded themes, kind, day, signed or not. Nothing is unsealed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select

from kap.core.db import db
from kap.people.load import CLINIC, asking, not_own, visible_rows
from kap.people.models import Patient, User
from kap.treatment.models import PARTS, Kind, SessionTheme, Signature, Status, Theme, TreatmentSession, Worded

PAGE = 50
"""How many sessions a page lists."""

SIGNED, UNSIGNED = "yes", "no"
Words = TypeVar("Words", bound=Worded)


class Sought(NamedTuple):
    """What is asked for; what is None does not matter."""

    theme: Theme | None = None
    kind: Kind | None = None
    first: date | None = None
    last: date | None = None
    signed: str | None = None

    @property
    def asked(self) -> dict[str, str]:
        """The same as it stands in an address."""
        named = {"theme": self.theme, "kind": self.kind, "from": self.first, "to": self.last, "signed": self.signed}
        return {name: str(value) for name, value in named.items() if value is not None}


class FoundSession(NamedTuple):
    """A session of the list."""

    id: UUID
    patient_id: UUID
    label: str
    code: str
    kind: Kind
    status: Status
    starts_at: datetime
    signed: bool
    themes: Sequence[Theme]


class Found(NamedTuple):
    """A page of the list, and whether another follows."""

    sessions: Sequence[FoundSession]
    number: int
    more: bool


def sought(asked: Mapping[str, str]) -> Sought:
    """What an address asks for; what is not known here is as good as nothing."""
    signed = asked.get("signed")
    return Sought(
        _word(Theme, asked.get("theme")),
        _word(Kind, asked.get("kind")),
        _day(asked.get("from")),
        _day(asked.get("to")),
        signed if signed in (SIGNED, UNSIGNED) else None,
    )


def _word(kind: type[Words], value: str | None) -> Words | None:
    return kind(value) if value in list(kind) else None


def _day(value: str | None) -> date | None:
    try:
        found = date.fromisoformat(value or "")
    except ValueError:
        return None
    # At the ends of the calendar there is no other zone.
    return found if 1 < found.year < 9999 else None


def found_sessions(user: User, wanted: Sought, *, zone: ZoneInfo, number: int) -> Found:
    """The sessions that took place, of the patients in one's sight, the latest first; two statements."""
    query = (
        select(
            TreatmentSession.id,
            TreatmentSession.patient_id,
            func.coalesce(Patient.name, Patient.code),
            Patient.code,
            TreatmentSession.kind,
            TreatmentSession.status,
            TreatmentSession.starts_at,
            _SIGNED,
        )
        .join(Patient, Patient.id == TreatmentSession.patient_id)
        .where(
            TreatmentSession.clinic_id == CLINIC,
            visible_rows(user.roles, TreatmentSession),
            not_own(),
            TreatmentSession.status.in_((Status.TOOK_PLACE, Status.HELD)),
            TreatmentSession.error_at.is_(None),
            *_conditions(wanted, zone),
        )
        .order_by(TreatmentSession.starts_at.desc(), TreatmentSession.id.desc())
        .limit(PAGE + 1)
        .offset((number - 1) * PAGE)
    )
    rows = db.session.execute(query, asking(user)).all()
    themes = _themes(user, [row.id for row in rows[:PAGE]])
    sessions = [
        FoundSession(id_, patient_id, label, code, Kind(kind), Status(status), starts_at, bool(signed), themes[id_])
        for id_, patient_id, label, code, kind, status, starts_at, signed in rows[:PAGE]
    ]
    return Found(sessions, number, len(rows) > PAGE)


_SIGNED = (
    select(func.count()).where(Signature.session_id == TreatmentSession.id).scalar_subquery()
    == case({kind.value: len(parts) for kind, parts in PARTS.items()}, value=TreatmentSession.kind)
).label("signed")


def _conditions(wanted: Sought, zone: ZoneInfo) -> list[Any]:
    conditions: list[Any] = []
    if wanted.theme is not None:
        named = select(SessionTheme.session_id).where(
            SessionTheme.clinic_id == CLINIC, SessionTheme.theme == wanted.theme
        )
        conditions.append(TreatmentSession.id.in_(named))
    if wanted.kind is not None:
        conditions.append(TreatmentSession.kind == wanted.kind)
    if wanted.first is not None:
        conditions.append(TreatmentSession.starts_at >= datetime.combine(wanted.first, time(), zone))
    if wanted.last is not None:
        conditions.append(TreatmentSession.starts_at < datetime.combine(wanted.last + timedelta(days=1), time(), zone))
    if wanted.signed is not None:
        conditions.append(_SIGNED.element if wanted.signed == SIGNED else ~_SIGNED.element)
    return conditions


def _themes(user: User, ids: Sequence[UUID]) -> Mapping[UUID, list[Theme]]:
    found: dict[UUID, list[Theme]] = defaultdict(list)
    if ids:
        query = (
            select(SessionTheme.session_id, SessionTheme.theme)
            .where(SessionTheme.clinic_id == user.clinic_id, SessionTheme.session_id.in_(ids))
            .order_by(SessionTheme.session_id, SessionTheme.theme)
        )
        for session_id, theme in db.session.execute(query):
            found[session_id].append(Theme(theme))
    return found
