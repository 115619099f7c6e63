"""The forms of the room: what is tapped, and what is put right afterwards."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_login import current_user
from wtforms import HiddenField, IntegerField, RadioField, SelectField, SelectMultipleField
from wtforms.fields import SelectChoice, enum_choices  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional, ValidationError

from kap.core import clock
from kap.dosing.actions import room
from kap.dosing.actions.events import report
from kap.dosing.models import Observation, ObservationKind, VitalsAlert
from kap.dosing.rules.events import Told
from kap.dosing.rules.room import AGO, CHOICES, DONE, Signs, moment_of_tap
from kap.treatment.fields import ClockTime
from kap.treatment.models import DosingSession, Severity, VitalSign
from kap.treatment.terms import TERMS
from kap.web.forms import Form, Line, Text
from kap.web.numbers import Amount, Whole


def _choices(words: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(key, label) for key, label in words.items()]


class Signed:
    """Vital signs."""

    systolic = Whole("Upper BP")
    diastolic = Whole("Lower BP")
    heart_rate = Whole("Heart rate")
    spo2 = Whole("SpO₂")
    respiratory_rate = Whole("Breaths")
    oxygen_lpm = Amount("Oxygen")
    temperature = Amount("Temperature")

    @property
    def signs(self) -> Signs:
        """What was typed."""
        return Signs(*(getattr(self, name).data for name in Signs._fields))


class Tap(Form):
    """One tap. The page says whose it is and when it was tapped, for it may have waited for the server."""

    kind = HiddenField()
    whose = HiddenField()
    tapped = IntegerField(validators=[Optional()])
    ago = Whole("Minutes ago")

    @property
    def at(self) -> datetime:
        """When it was."""
        ago = self.ago.data if self.ago.data in AGO else 0
        return moment_of_tap(self.tapped.data, ago, clock.now())

    @property
    def of_another(self) -> bool:
        """True where the page was opened by somebody else than whoever is signed in now."""
        return self.whose.data != str(current_user.id)

    def validate_whose(self, field: HiddenField) -> None:
        """Nobody writes under the name of somebody else."""
        if self.of_another:
            raise ValidationError(
                f"This page was opened by somebody else. Send it again to sign as {current_user.name}."
            )

    def keep(self, session: DosingSession) -> object:
        """Write it down."""
        raise NotImplementedError

    def problems(self) -> Iterator[str]:
        """What has to be put right, a sentence each."""
        yield from self.form_errors
        for field in self:
            for text in field.errors:
                yield text if isinstance(field, HiddenField) else f"{field.label.text}: {text}"


class ReadingTap(Signed, Tap):
    """Vital signs that were just read."""

    def keep(self, session: DosingSession) -> object:
        """Write them down."""
        return room.take_reading(session, self.signs, at=self.at, by=current_user)


class NoteTap(Tap):
    """What was seen, done, said, scored or given."""

    term = Line("What")
    value = IntegerField("How much", validators=[Optional()])
    words = Text("In words")

    def keep(self, session: DosingSession) -> object:
        """Write it down."""
        return room.note(
            session,
            kind=self.kind.data or "",
            at=self.at,
            term=self.term.data or None,
            value=self.value.data,
            words=self.words.data or "",
            by=current_user,
        )


class EventTap(Tap):
    """Something unwanted that just happened; whatever else is asked about it is added on its own page."""

    term = SelectField(
        "What",
        choices=[SelectChoice(key, term.label) for key, term in TERMS.items()],
        validators=[InputRequired("Please choose one.")],
    )
    severity = RadioField(
        "How bad", choices=enum_choices(Severity), validators=[InputRequired("Please choose how bad it is.")]
    )
    words = Line("In words")

    def keep(self, session: DosingSession) -> object:
        """Write it down."""
        told = Told(self.term.data, self.words.data or None, self.severity.data, self.at)
        return report(session, told, by=current_user)


READING, EVENT = "reading", "event"
"""What is tapped besides the kinds of Observation."""


def tap_form(kind: str | None) -> Tap:
    """The form for a tap of this kind; ValueError where there is none."""
    if kind == READING:
        return ReadingTap()
    if kind == EVENT:
        return EventTap()
    ObservationKind(kind or "")
    return NoteTap()


class AnswerForm(Tap):
    """What was done about an alert."""

    acts = SelectMultipleField("What was done", choices=_choices(DONE), validators=[Optional()])
    words = Text("In words")

    def keep(self, alert: VitalsAlert) -> object:  # type: ignore[override]
        """Write it down."""
        done, words = self.acts.data or (), self.words.data or ""
        return room.answer_alert(alert, done=done, words=words, at=self.at, by=current_user)


class Correction(Form):
    """An entry as it should have been."""

    at: Any = ClockTime("Time")
    reason = Line("Why it is corrected")

    def __init__(self, entry: Any, session: DosingSession) -> None:
        super().__init__(obj=entry)
        self.entry, self.session = entry, session

    def validate_at(self, field: ClockTime) -> None:
        """A time near the session."""
        if field.data is None:
            raise ValidationError("Please give the time.")
        field.place(self.session.starts_at)

    @property
    def when(self) -> datetime:
        """The moment; a time that nobody touched keeps its seconds."""
        placed: datetime = self.at.moment
        was: datetime = self.entry.at
        return was if timedelta() <= was - placed < timedelta(minutes=1) else placed

    def keep(self) -> object:
        """Write it down."""
        raise NotImplementedError


class ReadingCorrection(Signed, Correction):
    """A reading as it was."""

    def keep(self) -> object:
        """Write it down."""
        return room.correct_reading(
            self.entry, self.signs, at=self.when, reason=self.reason.data or "", by=current_user
        )


class NoteCorrection(Correction):
    """What was really seen, done, said, scored or given."""

    term = SelectField("What", validators=[Optional()])
    value = Whole("How much")
    words = Text("In words")

    def __init__(self, entry: Observation, session: DosingSession) -> None:
        super().__init__(entry, session)
        kind = ObservationKind(entry.kind)
        self.term.choices = _choices({"": "In words only"} | CHOICES.get(kind, {}))
        if kind not in CHOICES:
            del self.term
        if kind not in (ObservationKind.SEDATION, ObservationKind.DISSOCIATION):
            del self.value

    def keep(self) -> object:
        """Write it down."""
        return room.correct_note(
            self.entry,
            at=self.when,
            term=self.term.data or None if "term" in self else None,
            value=self.value.data if "value" in self else None,
            words=self.words.data or "",
            reason=self.reason.data or "",
            by=current_user,
        )


class WithdrawForm(Form):
    """That an entry should never have been written."""

    why = Line("Why it should not stand here", required=True)


CORRECTIONS: dict[str, tuple[type[Any], type[Correction]]] = {
    "reading": (VitalSign, ReadingCorrection),
    "note": (Observation, NoteCorrection),
}
"""By the sort of entry: its rows, and the form that corrects one."""
