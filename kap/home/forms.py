"""Forms of the pages that gather several features."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from wtforms import SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from kap.core import clock
from kap.people.models import User
from kap.people.queries import Treated
from kap.treatment.fields import Ticks
from kap.web.forms import Day, Form, clinic_zone


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
