"""The forms by which sessions are booked and moved, and rooms are named."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from flask_login import current_user
from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice, enum_choices  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional, ValidationError

from kap.people.models import Patient
from kap.people.queries import can_treat
from kap.treatment.fields import Confirmation, Ticks
from kap.treatment.models import Kind, TreatmentSession
from kap.treatment.slots import MINUTES, Clash, Slot, clashes, last_room, rooms_of
from kap.web.filters import wall_time
from kap.web.forms import EditForm, Form, Line, Moment, NotTooEarly
from kap.web.numbers import Whole

MOST_MINUTES = 24 * 60


class BookingForm(Form):
    """When a session is going to be, how long, with whom, and in which room."""

    kind: Any = RadioField(
        "Kind", [InputRequired("Please choose one.")], choices=enum_choices(Kind, label=lambda k: k.label)
    )
    starts_at = Moment("Start", required=True, also=[NotTooEarly()])
    minutes = Whole("Length")
    room = SelectField("Room", [Optional()], coerce=lambda room: str(getattr(room, "id", room) or ""), default="")
    team = Ticks("Who")
    confirmed = Confirmation("Book it all the same")

    seen: Sequence[Clash] = ()
    """Who and what is taken then, as it was told when this was confirmed."""

    def __init__(self, *args: Any, patient: Patient | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moved: TreatmentSession | None = kwargs.get("obj")
        self.patient = cast("Patient", patient or (self.moved and self.moved.patient))
        self.people = {user.id: user.name for user in can_treat(current_user.clinic_id)}
        self.rooms = {room.id: room.name for room in rooms_of(current_user.clinic_id)}
        if self.moved is not None:
            # Whoever has left, and a room that was put away, stay until they are changed.
            self.people |= {member.user_id: member.user.name for member in self.moved.team}
            self.rooms |= {self.moved.room.id: self.moved.room.name} if self.moved.room else {}
        self.team.choices = [SelectChoice(value=key, label=name) for key, name in self.people.items()]
        self.room.choices = [
            SelectChoice(value="", label="None"),
            *(SelectChoice(value=str(key), label=name) for key, name in self.rooms.items()),
        ]

    def validate_minutes(self, field: Whole) -> None:
        """A day at most."""
        if field.data is not None and not 1 <= field.data <= MOST_MINUTES:
            raise ValidationError(f"Please give the minutes, from 1 to {MOST_MINUTES}, or leave it empty.")

    def validate_confirmed(self, field: Confirmation) -> None:
        """Whoever or whatever is taken then is told of; it is booked once that was seen."""
        self.seen = self.clashes
        field.what = " ".join(map(self._told, self.seen))
        if field.what and not field.checked:
            raise ValidationError("Please look at what is taken at this time. To book all the same, tick this.")

    @property
    def as_kind(self) -> Kind:
        """What is booked."""
        return Kind(self.moved.kind if self.moved is not None else self.kind.data)

    @property
    def room_id(self) -> UUID | None:
        """The room that was chosen."""
        return next((key for key in self.rooms if str(key) == self.room.data), None)

    def slot(self, starts_at: datetime) -> Slot:
        """The time that is asked for, from a moment on."""
        minutes = min(max(self.minutes.data or MINUTES[self.as_kind], 1), MOST_MINUTES)
        ends_at = starts_at + timedelta(minutes=minutes)
        return Slot(starts_at, ends_at, self.patient.id, frozenset(self.team.data or ()), self.room_id)

    @property
    def clashes(self) -> Sequence[Clash]:
        """Who and what is taken then, as things stand; of a time that only stands in the address nobody has asked."""
        start = self.starts_at.moment
        if (
            start is None
            or start.tzinfo is None
            or any(field.errors for field in (self.starts_at, self.minutes, self.team, self.room))
        ):
            return []
        return clashes(self.patient.clinic_id, self.slot(start), but=self.moved.id if self.moved else None)

    @property
    def told(self) -> list[str]:
        """The same in words: the times alone, for whose they are may be none of one's business."""
        return [self._told(clash) for clash in self.clashes]

    def _told(self, clash: Clash) -> str:
        when = f"from {wall_time(clash.starts_at)} to {wall_time(clash.ends_at)}"
        if clash.id == self.patient.id:
            return f"The patient has another session {when}."
        if clash.id in self.rooms:
            return f"{self.rooms[clash.id]} is taken by somebody else {when}."
        if clash.id == current_user.id:
            return f"You have another session {when}."
        return f"{self.people[clash.id]} has another session {when}."

    def values(self) -> dict[str, Any]:
        """What `book` and `move` take; after the form was found valid."""
        slot = self.slot(cast("datetime", self.starts_at.moment))
        return {name: getattr(slot, name) for name in ("starts_at", "ends_at", "team", "room_id")} | {"seen": self.seen}


class MoveForm(BookingForm, EditForm):
    """Another time for a session that is planned."""

    kind = None


class RoomForm(Form):
    """A room."""

    name = Line("Name", required=True, most=80)


def booking_form(patient: Patient, kind: Kind, starts_at: datetime | None) -> BookingForm:
    """A form with what is most likely: this therapist, the room that the patient knows, the usual length."""
    form = BookingForm(patient=patient, kind=kind.value, minutes=MINUTES[kind], starts_at=starts_at)
    if not form.is_submitted():
        form.team.data = [current_user.id] if current_user.id in form.people else []
        room = last_room(patient) or next(iter(form.rooms), None)
        form.room.data = str(room) if room in form.rooms else ""
    return form


def move_form(session: TreatmentSession) -> MoveForm:
    """A form with what a planned session says."""
    form = MoveForm(obj=session)
    if not form.is_submitted() and form.minutes.data is None:
        form.minutes.data = MINUTES[Kind(session.kind)]
    return form
