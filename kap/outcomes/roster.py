"""The statements behind the caseload: how many stand where, and the lines of one page, in order, by index.

A list is made of segments. Each is one walk along an index, and how long it is, is known before it is walked: so a page
costs the same whether a hundred patients stand before it or a hundred thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Select,
    bindparam,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)

from kap.access.roles import Role
from kap.core.db import Key, db
from kap.durability import State
from kap.outcomes.models import CaseloadCount, CaseloadEntry
from kap.outcomes.rules import ALL
from kap.people.load import CLINIC, asking, visible_rows
from kap.people.models import CareTeamMember, User
from kap.people.queries import attended, stands
from kap.treatment.models import TreatmentSession
from kap.treatment.queries import planned

STALE = "stale"
"""Where a verdict has gone stale; it reads as not enough data."""
NOBODY = "nobody"
"""In place of a member of the care team."""
TODAY: BindParameter[date] = bindparam("today", type_=Date())

Places = dict[tuple[bool, str], int]
"""How many patients stand where: with an open alert or without, and in which state (or STALE, or in none)."""


class Sort:
    """The orders of the list, as they stand in the address."""

    URGENCY, SCORE, DOSE, NEXT, CODE, NAME = "urgency", "score", "dose", "next", "code", "name"


@dataclass(frozen=True)
class Wanted:
    """Which patients are asked for; what is None, or empty, does not matter."""

    state: str | None = None
    course: str | None = None
    condition: str | None = None
    member: UUID | str | None = None
    text: str = ""
    sort: str = Sort.URGENCY

    @property
    def narrowed(self) -> bool:
        """True where some patients of those in sight are left out, by anything but their state."""
        return bool(self.course or self.condition or self.member or self.text)


class CaseloadRow(NamedTuple):
    """A line as it is stored."""

    patient_id: UUID
    code: str
    name: str | None
    alerts: int
    condition: str | None
    course_state: str
    ended_on: date | None
    measure: str | None
    state: str
    reason: str
    weeks: int | None
    latest: float | None
    latest_on: date
    last_dose_on: date
    stale_on: date
    trend: list[Any] | None


class Segment(NamedTuple):
    """A stretch of the list: so many patients who stand alike."""

    alerted: bool
    place: str
    number: int


_C = CaseloadEntry.__table__.c
_COLUMNS = [_C[name] for name in CaseloadRow._fields]


def places_of(user: User, wanted: Wanted, today: date) -> Places:
    """How many of the patients in sight stand where, whatever state is asked for; one statement."""
    values = _values(user, wanted, today)
    if Role.LEAD in user.roles and not wanted.narrowed:
        return _places(db.session.execute(_STORED, values).tuples().all())
    found = db.session.execute(_counted(user.roles, _shape(wanted)), values)
    return {(bool(alerted), place): number for alerted, place, number in found}


def _places(rows: Sequence[tuple[bool, str, int]]) -> Places:
    """From the counts that are kept: what is in none of those that still hold has gone stale."""
    found = {(alerted, state): int(number) for alerted, state, number in rows}
    for alerted in (True, False):
        everybody = found.pop((alerted, ALL), 0)
        found[alerted, STALE] = everybody - sum(number for (a, _), number in found.items() if a == alerted)
    return found


def lines_of(
    user: User, wanted: Wanted, today: date, segments: Sequence[Segment], *, start: int, most: int
) -> list[CaseloadRow]:
    """The lines from `start` on, in the order asked for; the segments are what the whole list is made of."""
    values = _values(user, wanted, today)
    shape = _shape(wanted)
    if wanted.sort != Sort.URGENCY:
        query = _sorted(user.roles, shape, _of_state(wanted.state), wanted.sort)
        found = db.session.execute(query, values | {"state": wanted.state, "start": start, "most": most})
        return [CaseloadRow._make(row) for row in found]
    stretches: list[str] = []
    for segment in segments:
        if most > 0 and start < segment.number:
            at = len(stretches)
            taken = min(most, segment.number - start)
            values |= {f"alerted{at}": segment.alerted, f"state{at}": segment.place}
            values |= {f"start{at}": start, f"most{at}": taken}
            stretches.append(STALE if segment.place == STALE else "")
            most -= taken
        start = max(0, start - segment.number)
    if not stretches:
        return []
    query = _stretched(user.roles, shape, tuple(stretches))
    return [CaseloadRow._make(row[1:]) for row in sorted(db.session.execute(query, values), key=lambda row: row[0])]


def _values(user: User, wanted: Wanted, today: date) -> dict[str, Any]:
    """What every statement is executed with; more than one needs does no harm."""
    escaped = wanted.text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return asking(user) | {
        "today": today,
        "course": wanted.course,
        "condition": wanted.condition,
        "member": wanted.member if isinstance(wanted.member, UUID) else None,
        "pattern": f"%{escaped}%",
    }


Shape = tuple[str, ...]
"""Which conditions a statement has. One is built for each shape, once, for to build it costs more than to ask."""


def _shape(wanted: Wanted) -> Shape:
    given = (
        ("course", wanted.course),
        ("condition", wanted.condition),
        ("nobody" if wanted.member == NOBODY else "member", wanted.member),
        ("text", wanted.text),
    )
    return tuple(name for name, value in given if value)


def _conditions(roles: frozenset[Role], shape: Shape) -> list[ColumnElement[bool]]:
    """In sight, always, and what else was asked for."""
    ways = {
        "course": _C.course_state == bindparam("course"),
        "condition": _C.condition == bindparam("condition"),
        "member": _C.patient_id.in_(_patients_of_member()),
        "nobody": not_(attended(_C.clinic_id, _C.patient_id)),
        "text": _C.search_key.like(bindparam("pattern"), escape="/"),
    }
    return [visible_rows(roles, CaseloadEntry), *(ways[name] for name in shape)]


def _patients_of_member() -> Select[tuple[UUID]]:
    return select(CareTeamMember.patient_id).where(
        CareTeamMember.clinic_id == CLINIC, CareTeamMember.user_id == bindparam("member", type_=Key()), stands()
    )


@cache
def _counted(roles: frozenset[Role], shape: Shape) -> Select[Any]:
    place = case((_C.stale_on <= TODAY, STALE), else_=_C.state).label("place")
    return (
        select(_C.alerted, place, func.count())
        .where(*_conditions(roles, shape))
        # By its name: on PostgreSQL the same words with other parameters are another expression.
        .group_by(_C.alerted, "place")
    )


_STORED = (
    select(CaseloadCount.alerted, CaseloadCount.state, func.sum(CaseloadCount.number))
    .where(CaseloadCount.clinic_id == CLINIC, CaseloadCount.stale_on > TODAY)
    .group_by(CaseloadCount.alerted, CaseloadCount.state)
)


@cache
def _stretched(roles: frozenset[Role], shape: Shape, stretches: Shape) -> Any:
    """One walk along an index for each stretch, each numbered, for a union promises no order."""
    walks = [_stretch(roles, shape, at, stale == STALE).subquery(f"stretch{at}") for at, stale in enumerate(stretches)]
    return union_all(*(select(walk) for walk in walks))


def _stretch(roles: frozenset[Role], shape: Shape, at: int, stale: bool) -> Select[Any]:
    alerted = _C.alerted == bindparam(f"alerted{at}")
    query = select(literal(at, Integer).label("place"), *_COLUMNS).where(*_conditions(roles, shape), alerted)
    if stale:
        # Who was heard of last stands first: with them it is easiest taken up again.
        query = query.where(_C.stale_on <= TODAY).order_by(_C.stale_on.desc(), _C.code.desc())
    else:
        # Whose last score is oldest stands first.
        query = query.where(_C.state == bindparam(f"state{at}"), _C.stale_on > TODAY).order_by(_C.stale_on, _C.code)
    return query.limit(bindparam(f"most{at}", type_=Integer)).offset(bindparam(f"start{at}", type_=Integer))


def _of_state(state: str | None) -> str:
    if state is None:
        return ""
    return STALE if state == State.NOT_ENOUGH_DATA else "fresh"


@cache
def _sorted(roles: frozenset[Role], shape: Shape, state: str, sort: str) -> Select[Any]:
    query = select(*_COLUMNS).where(*_conditions(roles, shape))
    if state == STALE:
        query = query.where(or_(_C.state == State.NOT_ENOUGH_DATA.value, _C.stale_on <= TODAY))
    elif state:
        query = query.where(_C.state == bindparam("state"), _C.stale_on > TODAY)
    if sort == Sort.NEXT:
        upcoming = _upcoming()
        query = query.outerjoin_from(
            CaseloadEntry.__table__, upcoming, upcoming.c.patient_id == _C.patient_id
        ).order_by(upcoming.c.at.is_(None), upcoming.c.at, _C.code)
    else:
        query = query.order_by(*_ORDERS[sort])
    return query.limit(bindparam("most", type_=Integer)).offset(bindparam("start", type_=Integer))


_ORDERS: dict[str, Sequence[Any]] = {
    Sort.SCORE: (_C.latest_on.desc(), _C.code.desc()),
    Sort.DOSE: (_C.last_dose_on, _C.code),
    Sort.CODE: (_C.code,),
    Sort.NAME: (_C.label_key, _C.code),
}


def _upcoming() -> Any:
    """The next session of each patient who has one."""
    session = TreatmentSession.__table__.c
    return (
        select(session.patient_id, func.min(session.starts_at).label("at"))
        .where(session.clinic_id == CLINIC, planned())
        .group_by(session.patient_id)
        .subquery("upcoming")
    )
