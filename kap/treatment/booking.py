"""Booking and moving sessions, and the rooms that they are booked into.

That somebody is taken already is never a reason to refuse: it is told, and booked all the same by whoever has seen it.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused
from kap.people.account import flush_unless
from kap.people.models import User
from kap.treatment.actions import change_details, plan_session
from kap.treatment.models import Course, Room, RoomBooking, Status, TreatmentSession
from kap.treatment.slots import Clash, Slot, clashes, room_of, rooms_of

MEANWHILE = "Somebody booked at this time while you did. Please look at what is told below."


def book(
    course: Course,
    *,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    team: Iterable[UUID],
    room_id: UUID | None,
    seen: Collection[Clash] = (),
    by: User,
) -> TreatmentSession:
    """Plan a session at a time. `seen` are the clashes that it is booked in spite of; any other is refused."""
    slot = Slot(starts_at, ends_at, course.patient_id, frozenset(team), room_id)
    with recording(Action.SESSION_PLANNED, by=by, patient=course.patient) as event:
        # What is planned is noted by the action that plans it; this one holds the time while it does.
        event.passed_over = True
        _refuse_unseen(course.clinic_id, slot, seen)
        return plan_session(
            course, kind=kind, starts_at=starts_at, ends_at=ends_at, team=slot.team, room_id=room_id, by=by
        )


def move(
    session: TreatmentSession,
    *,
    version: int,
    starts_at: datetime,
    ends_at: datetime,
    team: Iterable[UUID],
    room_id: UUID | None,
    seen: Collection[Clash] = (),
    by: User,
) -> TreatmentSession:
    """Move a planned session to another time or room, or to others of the clinic."""
    slot = Slot(starts_at, ends_at, session.patient_id, frozenset(team), room_id)
    with recording(Action.SESSION_CHANGED, by=by, patient=session.patient, about=session) as event:
        event.passed_over = True
        _refuse_unseen(session.clinic_id, slot, seen, but=session.id)
        if session.status != Status.PLANNED:
            raise Refused("Only a planned session can be moved. What became of this one stands on its page.")
        change_details(
            session,
            version=version,
            status=Status.PLANNED,
            status_reason=session.status_reason,
            starts_at=starts_at,
            ends_at=ends_at,
            team=slot.team,
            by=by,
        )
        if (session.room.id if session.room else None) != room_id:
            if session.booking is None:
                session.booking = RoomBooking.of(session.patient, session_id=session.id, room_id=room_id)
            elif room_id is None:
                session.booking = None
            else:
                session.booking.room_id = room_id
    return session


def add_room(*, name: str, by: User) -> Room:
    """A new room of the clinic of `by`."""
    with recording(Action.ROOM_CHANGED, by=by) as event:
        room = Room(clinic_id=by.clinic_id, name=_fit_name(by.clinic_id, name))
        db.session.add(room)
        flush_unless(_name_taken(name))
        event.about(room)
    return room


def rename_room(room: Room, *, name: str, by: User) -> None:
    """Call a room something else, also in what took place there."""
    with recording(Action.ROOM_CHANGED, by=by, about=room):
        hold(room, whole=True)
        room.name = _fit_name(room.clinic_id, name, room)
        flush_unless(_name_taken(name))


def archive_room(room: Room, *, by: User) -> None:
    """Put a room away: nothing new is booked into it."""
    with recording(Action.ROOM_CHANGED, by=by, about=room):
        hold(room)
        room.archived_at = room.archived_at or clock.now()


def restore_room(room: Room, *, by: User) -> None:
    """Take a room into use again that was put away."""
    with recording(Action.ROOM_CHANGED, by=by, about=room):
        hold(room)
        room.archived_at = None


def _refuse_unseen(clinic_id: UUID, slot: Slot, seen: Collection[Clash], but: UUID | None = None) -> None:
    """Look once more, with everybody and everything of the slot held, so that of two at once one is told."""
    people = select(User.id).where(User.clinic_id == clinic_id, User.id.in_(slot.team)).order_by(User.id)
    if set(db.session.scalars(people.with_for_update(key_share=True))) != slot.team:
        raise Refused("Somebody of the team does not work here. Please choose again.", field="team")
    if slot.room_id is not None:
        room = room_of(clinic_id, slot.room_id)
        if room is None:
            raise Refused("There is no such room here. Please choose again.", field="room")
        hold(room)
    if set(clashes(clinic_id, slot, but=but)) - set(seen):
        raise Refused(MEANWHILE)


def _fit_name(clinic_id: UUID, name: str, room: Room | None = None) -> str:
    """The name, where no room is called so, in use or put away."""
    name = name.strip()
    if not name:
        raise Refused("Please fill this in.", field="name")
    there = [*rooms_of(clinic_id), *rooms_of(clinic_id, archived=True)]
    if any(other.name.casefold() == name.casefold() and other is not room for other in there):
        raise _name_taken(name)
    return name


def _name_taken(name: str) -> Refused:
    return Refused(f"There is a room called “{name}” already, in use or put away.", field="name")
