"""The sessions of a day, of the patients that somebody may see, and those of the days before that nobody settled."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from kap.core import clock
from kap.core.db import db
from kap.people.load import CLINIC, asking, not_own, visible_rows
from kap.people.models import Patient, User
from kap.treatment.models import (
    PARTS,
    DosingSession,
    Kind,
    Part,
    Room,
    RoomBooking,
    SessionMember,
    Signature,
    Status,
    TreatmentSession,
)
from kap.treatment.queries import LISTED
from kap.treatment.slots import ends_by_default, overlapping


class Member(NamedTuple):
    """Somebody who is going to be there."""

    id: UUID
    name: str


class Session(NamedTuple):
    """A session as the day tells it; `parts` are those that wait to be signed once it took place.

    `going_on`: a dose was given or something noted, and nobody has left yet.
    """

    id: UUID
    kind: Kind
    status: Status
    starts_at: datetime
    ends_at: datetime
    patient_id: UUID
    label: str
    room: str | None
    room_id: UUID | None
    parts: Sequence[Part]
    team: Sequence[Member]
    going_on: bool
    overlaps: bool

    @property
    def taken(self) -> frozenset[UUID]:
        """Who and what is taken by it."""
        people = {self.patient_id, *(member.id for member in self.team)}
        return frozenset(people | {self.room_id} if self.room_id else people)


class Agenda(NamedTuple):
    """The sessions of a day in order, without those that were cancelled, and earlier ones that are planned still."""

    today: Sequence[Session]
    before: Sequence[Session]


def agenda_of(user: User, today: date) -> Agenda:
    """The sessions of the patients whom `user` sees, for a lead of all of the clinic; two statements."""
    zone = user.clinic.zone_info
    begin, end = clock.day_start(today, zone), clock.day_start(today + timedelta(days=1), zone)
    found = _sessions(user, begin, end)
    teams = _teams(user, list(found))
    sessions = [session._replace(team=teams[session.id]) for session in found.values()]
    day = [session for session in sessions if session.starts_at >= begin]
    twice = overlapping([(one.starts_at, one.ends_at, one.taken) for one in day])
    return Agenda(
        [session._replace(overlaps=at in twice) for at, session in enumerate(day)],
        [session for session in sessions if session.starts_at < begin],
    )


def _sessions(user: User, begin: datetime, end: datetime) -> dict[UUID, Session]:
    query = (
        select(
            TreatmentSession.id,
            TreatmentSession.kind,
            TreatmentSession.status,
            TreatmentSession.starts_at,
            TreatmentSession.ends_at,
            Patient.id,
            func.coalesce(Patient.name, Patient.code),
            Room.name,
            Room.id,
            _DOSING.discharged_at,
            Signature.part,
        )
        .join(Patient, Patient.id == TreatmentSession.patient_id)
        .outerjoin(RoomBooking, RoomBooking.session_id == TreatmentSession.id)
        .outerjoin(Room, Room.id == RoomBooking.room_id)
        .outerjoin(DosingSession.__table__, _DOSING.id == TreatmentSession.id)
        .outerjoin(Signature, Signature.session_id == TreatmentSession.id)
        .where(
            TreatmentSession.clinic_id == CLINIC,
            visible_rows(user.roles, TreatmentSession),
            not_own(),
            TreatmentSession.error_at.is_(None),
            TreatmentSession.starts_at >= begin - LISTED,
            TreatmentSession.starts_at < end,
            or_(
                TreatmentSession.status == Status.PLANNED,
                and_(TreatmentSession.starts_at >= begin, TreatmentSession.status != Status.CANCELLED),
            ),
        )
        .order_by(TreatmentSession.starts_at, TreatmentSession.id)
    )
    found: dict[UUID, Session] = {}
    for key, kind, status, starts_at, ends_at, *told, left, part in db.session.execute(query, asking(user)):
        ends = ends_at or ends_by_default(Kind(kind), starts_at)
        parts = [] if status == Status.PLANNED else [*PARTS[Kind(kind)]]
        dosed = kind == Kind.DOSING and status == Status.TOOK_PLACE
        going_on = dosed and left is None and ends_at is None
        new = Session._make((key, Kind(kind), Status(status), starts_at, ends, *told, parts, (), going_on, False))
        session = found.setdefault(key, new)
        if part is not None:
            found[key] = session._replace(parts=[one for one in session.parts if one != part])
    return found


_DOSING = DosingSession.__table__.c


def _teams(user: User, sessions: Sequence[UUID]) -> dict[UUID, list[Member]]:
    query = (
        select(SessionMember.session_id, User.id, User.name)
        .join(User, User.id == SessionMember.user_id)
        .where(SessionMember.clinic_id == user.clinic_id, SessionMember.session_id.in_(sessions))
        .order_by(func.lower(User.name), User.id)
    )
    found: dict[UUID, list[Member]] = defaultdict(list)
    for session_id, *member in db.session.execute(query):
        found[session_id].append(Member(*member))
    return found
