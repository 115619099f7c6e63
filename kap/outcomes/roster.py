"""The statements behind the caseload: how many stand where, and the lines of one page, in order, by index.

A list is made of segments. Each is one walk along an index, and how long it is, is known before it is walked: so a page
costs the same whether a hundred patients stand before it or a hundred thousand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Select,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from kap.access.roles import Role
from kap.core.db import Key, db
from kap.durability import State
from kap.outcomes.models import CaseloadCount, CaseloadEntry
from kap.outcomes.rules import ALL
from kap.people.load import CLINIC, PERSON, asking, visible_rows
from kap.people.models import CareTeamMember, Patient, User
from kap.people.queries import attended_patients, stands
from kap.treatment.models import TreatmentSession
from kap.treatment.queries import planned

URGENCY = (
    State.WORSENING,
    State.RELAPSED,
    State.WEARING_OFF,
    State.NO_RESPONSE_YET,
    State.PARTIAL_IMPROVEMENT,
    State.NOT_ENOUGH_DATA,
    State.BASELINE_TOO_LOW,
    State.RESPONDING,
    State.SUSTAINED_RESPONSE,
)
"""The order of the list, after open alerts: who is losing ground stands above who holds."""
STALE = "stale"
"""Where a verdict has gone stale; it reads as not enough data, and stands after those who never had enough."""
ORDER = [place for state in URGENCY for place in (state.value, STALE)[: 1 + (state is State.NOT_ENOUGH_DATA)]] + [""]
"""Where a patient can stand; the last has no verdict."""
COMMON = 2000
"""From how many patients on they are found by walking along the whole list, rather than gathered and sorted."""
TODAY: BindParameter[date] = bindparam("today", type_=Date())

Places = dict[tuple[bool, str], int]
"""How many patients stand where: with an open alert or without, and in which state (or STALE, or in none)."""


Shape = tuple[str, ...]


class Sort:
    """The orders of the list, as they stand in the address; by urgency unless it says otherwise."""

    URGENCY, SCORE, DOSE, NEXT, CODE, NAME = "", "score", "dose", "next", "code", "name"


@dataclass(frozen=True)
class Wanted:
    """Which patients are asked for; what is None does not matter."""

    state: str | None = None
    """A State; "" for those of whom there is no verdict."""
    course: str | None = None
    condition: str | None = None
    members: Sequence[UUID] | None = None
    """On whose care team they are; of several, on anybody's."""
    unattended: bool = False
    """Those on whose care team nobody is who can sign in and treat."""
    found: Sequence[UUID] | None = None
    """Those that a search found."""
    sort: str = Sort.URGENCY

    @property
    def shape(self) -> Shape:
        """Which conditions a statement has. One is built for each shape, once, for to build costs more than to ask."""
        given = {
            "course": self.course is not None,
            "condition": self.condition is not None,
            "members": self.members is not None,
            "unattended": self.unattended,
            "found": self.found is not None,
        }
        return tuple(name for name, matters in given.items() if matters)


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
    # The counts that are kept have everybody in them, also whoever asks.
    if Role.LEAD in user.roles and Role.PATIENT not in user.roles and not wanted.shape:
        return _places(db.session.execute(_STORED, values).tuples().all())
    found = db.session.execute(_counted(user.roles, wanted.shape), values)
    return {(bool(alerted), place): number for place, alerted, number in found}


def _places(rows: Sequence[tuple[bool, str, int]]) -> Places:
    """From the counts that are kept: what is in none of those that still hold has gone stale."""
    found = {(alerted, state): int(number) for alerted, state, number in rows}
    for alerted in (True, False):
        everybody = found.pop((alerted, ALL), 0)
        found[alerted, STALE] = everybody - sum(number for (a, _), number in found.items() if a == alerted)
    return found


def found_by(user: User, text: str, most: int) -> list[UUID]:
    """The patients in sight whose code or name has the text, folded; not more than `most`."""
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    values = asking(user) | {"pattern": f"%{escaped}%", "most": most}
    return list(db.session.scalars(_search(user.roles), values))


@cache
def _search(roles: frozenset[Role]) -> Select[tuple[UUID]]:
    has_text = _C.search_key.like(bindparam("pattern"), escape="/")
    query = select(_C.patient_id).where(visible_rows(roles, CaseloadEntry), has_text)
    return query.limit(bindparam("most", type_=Integer))


def lines_of(
    user: User, wanted: Wanted, today: date, segments: Sequence[Segment], *, start: int, most: int
) -> list[CaseloadRow]:
    """The lines from `start` on, in the order asked for; the segments are what the whole list is made of."""
    values = _values(user, wanted, today) | {"state": wanted.state, "start": start, "most": most}
    total = sum(segment.number for segment in segments)
    if total <= start:
        return []
    if wanted.sort == Sort.URGENCY and Role.LEAD in user.roles and _common(wanted.shape, total):
        walks = list(_walks(segments, start, most))
        for at, (walk, begin, length) in enumerate(walks):
            values |= {f"alerted{at}": walk.alerted, f"state{at}": walk.place, f"start{at}": begin, f"most{at}": length}
        found = db.session.execute(
            _walked(user.roles, wanted.shape, tuple(walk.place == STALE for walk, *_ in walks)), values
        )
        # Each walk has its number, for a union promises no order.
        return [CaseloadRow._make(row[1:]) for row in sorted(found, key=itemgetter(0))]
    query = _sorted(user.roles, wanted.shape, _kind(wanted.state), wanted.sort)
    return [CaseloadRow._make(row) for row in db.session.execute(query, values)]


def _common(shape: Shape, total: int) -> bool:
    """Whether a walk along the index soon meets those who are asked for; else they are gathered and sorted."""
    return not shape or (total >= COMMON and not set(shape) - {"course", "condition"})


def _walks(segments: Sequence[Segment], start: int, most: int) -> Iterator[tuple[Segment, int, int]]:
    """Which segments have the lines from `start` on: where to begin in each, and how many to take."""
    for segment in segments:
        taken = min(most, segment.number - start)
        if taken > 0:
            yield segment, start, taken
            most -= taken
        start = max(0, start - segment.number)


def _values(user: User, wanted: Wanted, today: date) -> dict[str, Any]:
    """What every statement is executed with; more than one needs does no harm."""
    return asking(user) | {
        "today": today,
        "course": wanted.course,
        "condition": wanted.condition,
        "members": wanted.members,
        "found": wanted.found,
    }


def _conditions(roles: frozenset[Role], shape: Shape) -> list[ColumnElement[bool]]:
    """In sight, always, and what else was asked for; never whoever asks, who reads of themselves as a patient."""
    members = select(CareTeamMember.patient_id).where(
        CareTeamMember.clinic_id == CLINIC,
        CareTeamMember.user_id.in_(bindparam("members", type_=Key(), expanding=True)),
        stands(),
    )
    ways = {
        "course": _C.course_state == bindparam("course"),
        "condition": _C.condition == bindparam("condition"),
        "members": _C.patient_id.in_(members),
        "unattended": _C.patient_id.not_in(attended_patients()),
        "found": _C.patient_id.in_(bindparam("found", type_=Key(), expanding=True)),
    }
    few = "members" in shape or "found" in shape
    conditions = [visible_rows(roles, CaseloadEntry, by_patient=few), *(ways[name] for name in shape)]
    if Role.PATIENT in roles:
        own = select(Patient.id).where(Patient.clinic_id == CLINIC, Patient.user_id == PERSON)
        conditions.append(_C.patient_id.not_in(own))
    return conditions


@cache
def _counted(roles: frozenset[Role], shape: Shape) -> Select[Any]:
    place = case((_C.stale_on <= TODAY, STALE), else_=_C.state).label("place")
    query = select(place, _C.alerted, func.count()).where(*_conditions(roles, shape))
    # By its name: on PostgreSQL the same words with other parameters are another expression.
    return query.group_by("place", _C.alerted)


_STORED = (
    select(CaseloadCount.alerted, CaseloadCount.state, func.sum(CaseloadCount.number))
    .where(CaseloadCount.clinic_id == CLINIC, CaseloadCount.stale_on > TODAY)
    .group_by(CaseloadCount.alerted, CaseloadCount.state)
)


@cache
def _walked(roles: frozenset[Role], shape: Shape, stale: tuple[bool, ...]) -> CompoundSelect[Any]:
    """The clinic's list by urgency: one walk along an index for each segment, a stale one or another."""
    walks = [_walk(at, one).where(*_conditions(roles, shape)) for at, one in enumerate(stale)]
    return union_all(*(select(walk.subquery(f"walk{at}")) for at, walk in enumerate(walks)))


def _walk(at: int, stale: bool) -> Select[Any]:
    query = select(literal(at, Integer).label("at"), *_COLUMNS).where(_C.alerted == bindparam(f"alerted{at}"))
    if stale:
        # Who was heard of last stands first: with them it is easiest taken up again.
        query = query.where(_C.stale_on <= TODAY).order_by(_C.stale_on.desc(), _C.code.desc())
    else:
        # Whose last score is oldest stands first.
        query = query.where(_C.state == bindparam(f"state{at}"), _C.stale_on > TODAY).order_by(_C.stale_on, _C.code)
    return query.limit(bindparam(f"most{at}", type_=Integer)).offset(bindparam(f"start{at}", type_=Integer))


def _kind(state: str | None) -> str:
    """How a state is asked for: those whose verdict has gone stale are among those with not enough data."""
    if state is None:
        return ""
    return STALE if state == State.NOT_ENOUGH_DATA else "fresh"


@cache
def _sorted(roles: frozenset[Role], shape: Shape, kind: str, sort: str) -> Select[Any]:
    conditions = _conditions(roles, shape)
    if kind == STALE:
        conditions.append(or_(_C.state == State.NOT_ENOUGH_DATA.value, _C.stale_on <= TODAY))
    elif kind:
        conditions += [_C.state == bindparam("state"), _C.stale_on > TODAY]
    page = bindparam("most", type_=Integer), bindparam("start", type_=Integer)
    if sort not in (Sort.URGENCY, Sort.NEXT):
        return select(*_COLUMNS).where(*conditions).order_by(*_ORDERS[sort]).limit(page[0]).offset(page[1])
    # No index has this order: what is sorted is but the keys, and the lines are looked up for one page of them.
    keys, order = select(_C.patient_id), _ORDERS.get(sort, ())
    if sort == Sort.NEXT:
        upcoming = _upcoming()
        keys = keys.add_columns(upcoming.c.at)
        keys = keys.outerjoin_from(CaseloadEntry.__table__, upcoming, upcoming.c.patient_id == _C.patient_id)
        order = (upcoming.c.at.is_(None), upcoming.c.at, _C.code)
    found = keys.where(*conditions).order_by(*order).limit(page[0]).offset(page[1]).subquery("found")
    if sort == Sort.NEXT:
        order = (found.c.at.is_(None), found.c.at, _C.code)
    return (
        select(*_COLUMNS)
        .join_from(found, CaseloadEntry.__table__, found.c.patient_id == _C.patient_id)
        .order_by(*order)
    )


_STALE_ON = case((_C.stale_on <= TODAY, _C.stale_on))
_ORDERS: dict[str, Sequence[Any]] = {
    # As the walks go: the stale in the reverse of the others.
    Sort.URGENCY: (
        _C.alerted.desc(),
        case((_C.stale_on <= TODAY, ORDER.index(STALE)), *((_C.state == one, at) for at, one in enumerate(ORDER))),
        _STALE_ON.desc(),
        case((_C.stale_on <= TODAY, _C.code)).desc(),
        _C.stale_on,
        _C.code,
    ),
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
