"""When sessions can be: who is taken when, and which times are suggested.

Of what others have planned only the times are told, never of whom: a slot is taken by somebody.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from kap.core import clock
from kap.core.db import db
from kap.people.models import Patient, User
from kap.treatment.models import (
    Course,
    Kind,
    Room,
    RoomBooking,
    SessionMember,
    Status,
    TreatmentSession,
)
from kap.treatment.plan import Plan
from kap.treatment.queries import doses_of

MINUTES = {Kind.PREPARATION: 50, Kind.DOSING: 150, Kind.INTEGRATION: 50}
"""How long a session is where nobody says (our own defaults)."""
LONGEST = timedelta(hours=24)
"""Nothing that began longer ago is still going on."""
HOURS = (time(10), time(14))
"""The times that are suggested where there is no earlier session to go by (our own default)."""
SHOWN, A_DAY, AHEAD = 6, 2, timedelta(days=21)
"""How many times are suggested, how many of one day, and how far ahead they are looked for (our own defaults)."""
SOON = timedelta(minutes=30)
"""Nothing is suggested that begins sooner."""


class Slot(NamedTuple):
    """A time for a session: by whom, of which patient, and in which room."""

    starts_at: datetime
    ends_at: datetime
    patient_id: UUID
    team: frozenset[UUID]
    room_id: UUID | None

    def at(self, starts_at: datetime) -> "Slot":
        """The same, as long, at another time."""
        return self._replace(starts_at=starts_at, ends_at=starts_at + (self.ends_at - self.starts_at))


class Clash(NamedTuple):
    """That somebody (a user or the patient) or a room, whose id it is, is taken meanwhile."""

    id: UUID
    starts_at: datetime
    ends_at: datetime


class Suggested(NamedTuple):
    """A time that is free; `within`: in the time that the plan of the course suggests."""

    starts_at: datetime
    within: bool


class Span(NamedTuple):
    """From when on a session of a kind would be by the plan of its course, and until when, if that is said."""

    since: datetime | None = None
    until: datetime | None = None


def rooms_of(clinic_id: UUID, *, archived: bool = False) -> Sequence[Room]:
    """The rooms that the clinic uses, or those that it put away, by name."""
    query = select(Room).where(
        Room.clinic_id == clinic_id, Room.archived_at.is_not(None) if archived else Room.archived_at.is_(None)
    )
    return db.session.scalars(query.order_by(Room.name, Room.id)).all()


def room_of(clinic_id: UUID, id: UUID) -> Room | None:
    """One of the clinic's rooms."""
    return db.session.scalar(select(Room).where(Room.clinic_id == clinic_id, Room.id == id))


def last_room(patient: Patient) -> UUID | None:
    """The room in which the patient was last, or is going to be, if the clinic still uses it."""
    query = (
        select(Room.id)
        .join(RoomBooking, RoomBooking.room_id == Room.id)
        .join(TreatmentSession, TreatmentSession.id == RoomBooking.session_id)
        .where(
            RoomBooking.clinic_id == patient.clinic_id,
            RoomBooking.patient_id == patient.id,
            Room.archived_at.is_(None),
        )
        .order_by(TreatmentSession.starts_at.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def clashes(clinic_id: UUID, slot: Slot, *, but: UUID | None = None) -> list[Clash]:
    """Who and what is taken during a slot, the earliest first; `but` is the session that is to be moved there."""
    return list(_clashing(slot, _taken(clinic_id, slot.starts_at, slot.ends_at, slot, but)))


def suggestions(course: Course, kind: Kind, like: Slot, user: User, *, but: UUID | None = None) -> list[Suggested]:
    """Free times on working days for a session of a course, in the time that its plan suggests or soon after.

    They are the times of day at which the patient was last seen by those of the slot `like`.
    """
    zone = user.clinic.zone_info
    span = span_of(course, kind)
    first = max(clock.now() + SOON, span.since or clock.now())
    taken = _taken(course.clinic_id, first, first + AHEAD + LONGEST, like, but)
    hours = _usual_hours(like, kind, user) or list(HOURS)
    found: list[Suggested] = []
    for days in range(AHEAD.days):
        day = first.astimezone(zone).date() + timedelta(days=days)
        free = []
        for hour in hours if day.weekday() < 5 else ():
            try:
                start = clock.localised(datetime.combine(day, hour), zone)
            except ValueError:
                # The clocks are put forward over it.
                continue
            if start >= first and not any(_clashing(like.at(start), taken)):
                free.append(Suggested(start, span.until is not None and start <= span.until))
        found += free[:A_DAY]
    return found[:SHOWN]


def span_of(course: Course, kind: Kind) -> Span:
    """When a session of this kind would be, after the last dose: by the course's plan, or by our own defaults."""
    doses = [row for row in doses_of(course.patient) if row.course_id == course.id]
    if not doses or kind is Kind.PREPARATION:
        return Span()
    last, plan = doses[-1].starts_at, course.plan or Plan()
    if kind is Kind.INTEGRATION:
        return Span(*(last + timedelta(hours=hours) for hours in plan.window))
    least, most = plan.spacing_min, plan.spacing_max
    return Span(
        last + timedelta(days=least) if least is not None else None,
        last + timedelta(days=most) if most is not None else None,
    )


class _Taken(NamedTuple):
    """A session that is planned, or going on."""

    starts_at: datetime
    ends_at: datetime
    ids: frozenset[UUID]
    """Who and what is taken by it: patient, team, room."""


def _taken(clinic_id: UUID, since: datetime, until: datetime, slot: Slot, but: UUID | None) -> list[_Taken]:
    """What takes anybody or anything of the slot between two moments; one statement."""
    involved = [TreatmentSession.patient_id == slot.patient_id, SessionMember.user_id.in_(slot.team)]
    if slot.room_id is not None:
        involved.append(RoomBooking.room_id == slot.room_id)
    query = (
        select(
            TreatmentSession.id,
            TreatmentSession.kind,
            TreatmentSession.starts_at,
            TreatmentSession.ends_at,
            TreatmentSession.patient_id,
            SessionMember.user_id,
            RoomBooking.room_id,
        )
        .outerjoin(SessionMember, SessionMember.session_id == TreatmentSession.id)
        .outerjoin(RoomBooking, RoomBooking.session_id == TreatmentSession.id)
        .where(
            TreatmentSession.clinic_id == clinic_id,
            TreatmentSession.status.in_((Status.PLANNED, Status.TOOK_PLACE)),
            TreatmentSession.error_at.is_(None),
            TreatmentSession.starts_at > since - LONGEST,
            TreatmentSession.starts_at < until,
            or_(*involved),
        )
        .order_by(TreatmentSession.starts_at, TreatmentSession.id)
    )
    if but is not None:
        query = query.where(TreatmentSession.id != but)
    wanted = {slot.patient_id, *slot.team} | ({slot.room_id} if slot.room_id else set())
    found: dict[UUID, _Taken] = {}
    for session_id, kind, starts_at, ends_at, *ids in db.session.execute(query):
        end = ends_at or ends_by_default(Kind(kind), starts_at)
        before = found.get(session_id, _Taken(starts_at, end, frozenset()))
        found[session_id] = before._replace(ids=before.ids | wanted.intersection(ids))
    return list(found.values())


def ends_by_default(kind: Kind, starts_at: datetime) -> datetime:
    """When a session ends where nobody says."""
    return starts_at + timedelta(minutes=MINUTES[kind])


def _clashing(slot: Slot, taken: Collection[_Taken]) -> Iterator[Clash]:
    """What ends as another begins does not clash."""
    for one in taken:
        if one.starts_at < slot.ends_at and slot.starts_at < one.ends_at:
            for whose in sorted(one.ids):
                yield Clash(whose, one.starts_at, one.ends_at)


def _usual_hours(slot: Slot, kind: Kind, user: User) -> list[time]:
    """The times of day at which those of the slot last saw the patient for sessions of this sort."""
    talk = kind is not Kind.DOSING
    kinds = (Kind.PREPARATION, Kind.INTEGRATION) if talk else (Kind.DOSING,)
    query = (
        select(TreatmentSession.starts_at)
        .join(SessionMember, SessionMember.session_id == TreatmentSession.id)
        .where(
            TreatmentSession.clinic_id == user.clinic_id,
            TreatmentSession.patient_id == slot.patient_id,
            TreatmentSession.kind.in_(kinds),
            TreatmentSession.status == Status.TOOK_PLACE,
            TreatmentSession.error_at.is_(None),
            SessionMember.user_id.in_(slot.team),
        )
        .order_by(TreatmentSession.starts_at.desc())
        .limit(12)
    )
    walls = [at.astimezone(user.clinic.zone_info) for at in db.session.scalars(query)]
    # To the quarter: sessions are logged when they began, and nobody books 10:07.
    rounded = dict.fromkeys(time(wall.hour, wall.minute // 15 * 15) for wall in walls)
    return sorted(list(rounded)[: len(HOURS) + 1])


def overlapping(spans: Sequence[tuple[datetime, datetime, frozenset[UUID]]]) -> set[int]:
    """Which of these, by their place, share somebody or something with another at the same time."""
    found: set[int] = set()
    for first, (start, end, ids) in enumerate(spans):
        for second in range(first + 1, len(spans)):
            other = spans[second]
            if start < other[1] and other[0] < end and ids & other[2]:
                found |= {first, second}
    return found
