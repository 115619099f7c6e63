"""The forms of the clinic, its people and its patients."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, SelectField, SelectMultipleField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Email, InputRequired, Regexp
from wtforms.widgets import CheckboxInput, EmailInput, ListWidget

from kap.access.roles import STAFF, Role
from kap.people.models import User
from kap.people.rules import zones
from kap.web.forms import Day, EditForm, Form, Line, NotInFuture, NotTooEarly

SHAPE = "This is not an e-mail address. It should look like name@example.org."


class Address(Line):
    """An e-mail address."""

    widget = EmailInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, most=254, also=[Email(message=SHAPE)], **kwargs)


class Password(PasswordField):
    """A password; it is never sent back to the page."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, [InputRequired("Please fill this in.")], **kwargs)


class Roles(SelectMultipleField):
    """The roles of staff, several of which may be ticked."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        choices = [SelectChoice(value=role.value, label=role.label) for role in Role if role in STAFF]
        super().__init__(label, coerce=Role, choices=choices, **kwargs)


class JoinForm(Form):
    """How somebody who was invited wants to be known."""

    name = Line("Your name", required=True)
    email = Address("Your e-mail address", required=True)
    password = Password("A password")


class ForgottenForm(Form):
    """Whose password is lost."""

    email = Address("Your e-mail address", required=True)


class ResetForm(Form):
    """A new password, by a link."""

    password = Password("A new password")


class NameForm(EditForm):
    """How one wants to be known."""

    name = Line("Your name", required=True)


class AddressForm(Form):
    """Another e-mail address; the current password, for whoever has it can take the account away."""

    email = Address("Your new e-mail address", required=True)
    password_current = Password("Your current password")


class PasswordForm(Form):
    """One's current password, and a new one."""

    password_current = Password("Your current password")
    password = Password("A new password")


class InviteForm(Form):
    """Whom to invite to work in the clinic."""

    email = Address("E-mail address")
    roles = Roles("Roles")


class InvitePatientForm(Form):
    """Where to send a patient's invitation."""

    email = Address("E-mail address")


class UserForm(EditForm):
    """The roles of somebody who works in the clinic."""

    roles = Roles("Roles")


class ClinicForm(EditForm):
    """The clinic's name, time zone and country, and whether psychotherapy notes are kept."""

    name = Line("Name", required=True)
    zone = SelectField("Time zone", validators=[InputRequired("Please choose the time zone.")])
    country = Line(
        "Country",
        required=True,
        most=2,
        filters=[lambda text: text.upper() if text else text],
        also=[Regexp("^[A-Z]{2}$", message="Please give two letters, such as US or GB.")],
    )

    psychotherapy_notes = RadioField(
        "Psychotherapy notes",
        [InputRequired("Please choose one.")],
        choices=[
            SelectChoice(value=True, label="Therapists may start them"),
            SelectChoice(value=False, label="None are started"),
        ],
        coerce=lambda value: str(value) == "True",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone.choices = [SelectChoice(value=zone, label=zone) for zone in sorted(zones())]


class _Identity(FlaskForm):
    """What identifies a patient; only the code is needed."""

    code = Line("Code", required=True, most=40)
    name = Line("Name")
    birth_date = Day("Date of birth", also=[NotInFuture(), NotTooEarly()])
    email = Address("E-mail address")


class MemberForm(Form):
    """Whom to put on a care team."""

    user = SelectField("Who", choices=[])

    def __init__(self, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._people = {str(user.id): user for user in people}
        self.user.choices = [
            SelectChoice(value="", label="Please choose"),
            *(SelectChoice(value=key, label=user.name) for key, user in self._people.items()),
        ]

    @property
    def member(self) -> User | None:
        """Who was chosen."""
        return self._people.get(self.data.get("user") or "")


class DaysForm(Form):
    """From when to when somebody is on a care team; days of the clinic, both included."""

    since = Day("From")
    until = Day("Until, the last day")


class AddMemberForm(MemberForm, DaysForm):
    """Whom to put on a care team that exists, and for which days."""

    def validate_user(self, field: Any) -> None:
        """Somebody has to be chosen."""
        if not field.data:
            raise ValidationError("Please choose somebody.")


class NewPatientForm(_Identity, MemberForm):
    """A new patient, and perhaps who treats them first."""

    user = SelectField("Care team", choices=[])

    def __init__(self, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(people, **kwargs)
        if not people:
            del self.user


class PatientForm(_Identity, EditForm):
    """What identifies a patient who is known."""
