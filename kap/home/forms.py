"""Forms of the pages that gather several features: the search of the log, and the hand-over of a caseload."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from flask import request
from flask_wtf import FlaskForm
from wtforms import SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Optional

from kap.access.roles import Role
from kap.audit.models import Kind
from kap.audit.queries import ALL, Asked
from kap.core import clock
from kap.home.queries import own_patient
from kap.people.models import Patient, User
from kap.people.queries import Treated, patient_by_code, sole_clinic, staff_of
from kap.treatment.fields import Ticks
from kap.web.forms import Day, Form, Line, NotInFuture, NotTooEarly, clinic_zone

KINDS = {
    "reads": ("Reads", (Kind.READ, Kind.LIST)),
    "changes": ("Changes", (Kind.CHANGE,)),
    "sign-ins": ("Sign-ins", (Kind.SIGN_IN,)),
    "people": ("People, settings", (Kind.PEOPLE,)),
    "stock": ("Drug log", (Kind.STOCK,)),
}
"""What the log can be narrowed to."""


class LogForm(FlaskForm):
    """By whom, about whom, what and when; it is read from the address, so that it can be kept and sent on."""

    person = SelectField("Person", [Optional()])
    patient = Line("Patient's code", most=40)
    kind = SelectField("What", [Optional()])
    since = Day("From", also=[NotTooEarly(), NotInFuture()])
    until = Day("To", also=[NotTooEarly()])

    class Meta:
        csrf = False

    def __init__(self, user: User) -> None:
        super().__init__(formdata=request.args)
        self.user = user
        self.found: Patient | None = None
        self.own = own_patient(user.clinic_id, user.id) if Role.PATIENT in user.roles else None
        self.person.choices = _choices("Everybody", ((str(found.id), found.name) for found in staff_of(user.clinic_id)))
        self.kind.choices = _choices("Everything", ((key, name) for key, (name, _) in KINDS.items()))

    def validate_patient(self, field: Any) -> None:
        """A patient of the clinic; whoever is treated where they work reads of their own record as its patient."""
        self.found = patient_by_code(self.user.clinic_id, field.data)
        if self.found is None or self.found.id == self.own:
            self.found = None
            raise ValidationError("No patient has this code. Please give it as it stands on the list of patients.")

    def validate_until(self, field: Any) -> None:
        """Not before the first day."""
        if self.since.data and field.data and field.data < self.since.data:
            raise ValidationError("The last day lies before the first. Please change one of them.")

    @property
    def asked(self) -> Asked:
        """What is looked for; after the form was found valid."""
        until = min(self.until.data, clock.today(clinic_zone())) + timedelta(days=1) if self.until.data else None
        return Asked(
            clinic_id=self.user.clinic_id,
            kinds=KINDS[self.kind.data][1] if self.kind.data else ALL,
            actor_id=UUID(self.person.data) if self.person.data else None,
            patient_id=self.found.id if self.found else None,
            since=_midnight(self.since.data) if self.since.data else None,
            until=_midnight(until) if until else None,
            stray=sole_clinic() is not None,
            but=self.own,
        )

    @property
    def chosen(self) -> dict[str, str]:
        """What stands in the address."""
        return {name: text for name in self._fields if (text := request.args.get(name, "").strip())}


def _choices(all_of_them: str, given: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value=value, label=label) for value, label in (("", all_of_them), *given)]


def _midnight(day: date) -> datetime:
    """The first moment of a day where the clinic is."""
    return datetime.combine(day, time(), clinic_zone()).astimezone(UTC)


class HandOverForm(Form):
    """Which patients go to whom, from which day on; all of them, unless some are left out."""

    taker = SelectField("To")
    since = Day("From", required=True, default=lambda: clock.today(clinic_zone()))
    patients = Ticks("Patients")

    def __init__(self, takers: Sequence[User], treated: Sequence[Treated], **kwargs: Any) -> None:
        super().__init__(patients=[patient.id for patient in treated], **kwargs)
        self._takers = {str(user.id): user for user in takers}
        self.taker.choices = [
            SelectChoice(value="", label="Please choose"),
            *(SelectChoice(value=key, label=user.name) for key, user in self._takers.items()),
        ]
        self.patients.choices = [SelectChoice(value=patient.id, label=_told(patient)) for patient in treated]

    def validate_taker(self, field: Any) -> None:
        """Somebody has to be chosen."""
        if not field.data:
            raise ValidationError("Please choose somebody.")

    @property
    def day(self) -> date:
        """From which day on."""
        return cast("date", self.since.data)

    @property
    def taken_by(self) -> User:
        """Who takes them over."""
        return self._takers[self.taker.data]


def _told(patient: Treated) -> str:
    """The code, and the name where one is kept."""
    return f"{patient.code}, {patient.name}" if patient.name else patient.code
