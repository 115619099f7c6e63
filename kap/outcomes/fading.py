"""Whose change is wearing off, and of whom there is no score of late, by the lines that the caseload keeps."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, func, select

from kap.core import clock
from kap.core.db import UtcDateTime, db
from kap.durability import State
from kap.outcomes.models import CaseloadEntry
from kap.outcomes.rules import CourseState
from kap.people.load import PERSON, asking, visible_rows
from kap.people.models import Patient, User
from kap.treatment.models import Status, TreatmentSession
from kap.treatment.queries import planned

FADING = (State.WORSENING, State.RELAPSED, State.WEARING_OFF)
"""What is told of as wearing off: the states in which somebody is losing ground."""
ASKED_FOR = timedelta(days=30)
"""How long a score is asked for once the verdict has gone stale (our own default)."""


class Fading(NamedTuple):
    """A patient who is losing ground, with nothing planned; `contact` is when they were last seen, if ever."""

    patient_id: UUID
    label: str
    state: str
    weeks: int | None
    open: bool
    contact: datetime | None


class Unmeasured(NamedTuple):
    """A patient under treatment whose last score is so old that nothing can be said; `state` is how it was then."""

    patient_id: UUID
    label: str
    state: str
    measure: str | None
    latest_on: date


def fading(user: User) -> list[Fading]:
    """The patients in sight who are losing ground and have no session planned, those not seen for longest first."""
    now = clock.now()
    values = asking(user) | {"now": now, "today": now.astimezone(user.clinic.zone_info).date()}
    rows = [Fading._make(row) for row in db.session.execute(_fading(user.roles), values)]
    return sorted(rows, key=lambda row: (row.contact is not None, row.contact, row.label))


def unmeasured(user: User) -> list[Unmeasured]:
    """The patients in sight whose verdict has gone stale of late, the longest ago first."""
    today = clock.today(user.clinic.zone_info)
    values = asking(user) | {"today": today, "since": today - ASKED_FOR}
    return [Unmeasured._make(row) for row in db.session.execute(_unmeasured(user.roles), values)]


_C = CaseloadEntry.__table__.c
_LABEL = func.coalesce(_C.name, _C.code)


@cache
def _fading(roles: Any) -> Select[Any]:
    session = TreatmentSession.__table__.c
    contact = (
        select(func.max(session.starts_at, type_=UtcDateTime()))
        .where(
            session.clinic_id == _C.clinic_id,
            session.patient_id == _C.patient_id,
            session.status == Status.TOOK_PLACE.value,
            session.error_at.is_(None),
            session.starts_at <= bindparam("now", type_=UtcDateTime()),
        )
        .scalar_subquery()
    )
    ahead = exists().where(session.clinic_id == _C.clinic_id, session.patient_id == _C.patient_id, planned())
    under_way = _C.course_state == CourseState.UNDER_WAY.value
    return select(_C.patient_id, _LABEL, _C.state, _C.weeks, under_way, contact).where(
        visible_rows(roles, CaseloadEntry),
        _C.patient_id.not_in(_own()),
        _C.state.in_([state.value for state in FADING]),
        _C.stale_on > bindparam("today"),
        ~ahead,
    )


@cache
def _unmeasured(roles: Any) -> Select[Any]:
    return (
        select(_C.patient_id, _LABEL, _C.state, _C.measure, _C.latest_on)
        .where(
            visible_rows(roles, CaseloadEntry),
            _C.patient_id.not_in(_own()),
            _C.course_state == CourseState.UNDER_WAY.value,
            _C.stale_on > bindparam("since"),
            _C.stale_on <= bindparam("today"),
        )
        .order_by(_C.stale_on, _C.code)
    )


def _own() -> Select[tuple[UUID]]:
    """The record of whoever asks, if they are treated here."""
    return select(Patient.id).where(Patient.user_id == PERSON)
