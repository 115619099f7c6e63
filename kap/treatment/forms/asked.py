"""The fields of a form that is made from a table of what is asked."""

from typing import Any
from uuid import UUID

from flask_login import current_user
from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from kap.access.roles import Role
from kap.core.db import db
from kap.people.models import User
from kap.people.queries import can_treat
from kap.treatment.asked import Asked, Kind
from kap.treatment.fields import ClockTime, blank
from kap.web.forms import Day, Line, Moment, NotInFuture, NotTooEarly, Text
from kap.web.numbers import Amount, Whole


class Boxes(SelectMultipleField):
    """Check boxes of words."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Medical(SelectField):
    """Somebody of the clinic who may give a dose, and whoever stands there already."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], filters=[blank], choices=[], **kwargs)

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        people = {str(user.id): user.name for user in can_treat(current_user.clinic_id) if Role.MEDICAL in user.roles}
        stands = str(self.object_data or "")
        if stands and stands not in people and (user := _colleague(stands)):
            people[stands] = user.name
        self.choices = [SelectChoice(value=id_, label=name) for id_, name in {"": "Please choose", **people}.items()]


def _colleague(id: str) -> User | None:
    try:
        user = db.session.get(User, UUID(id))
    except ValueError:
        return None
    return user if user is not None and user.clinic_id == current_user.clinic_id else None


def field_of(asked: Asked) -> Any:
    """The field of the form for one of the table."""
    choices = [SelectChoice(value=value, label=label) for value, label in asked.options]
    match asked.kind:
        case Kind.TEXT:
            return Text(asked.label, filters=[blank])
        case Kind.TICKS:
            return Boxes(asked.label, validators=[Optional()], choices=choices)
        case Kind.YES_NO | Kind.YES_NO_NA | Kind.CHOICE | Kind.SCALE:
            return RadioField(asked.label, [Optional()], choices=choices)
        case Kind.WHOLE:
            return Whole(asked.label)
        case Kind.AMOUNT:
            return Amount(asked.label)
        case Kind.MOMENT:
            return Moment(asked.label, also=[NotInFuture(), NotTooEarly()])
        case Kind.CLOCK:
            return ClockTime(asked.label)
        case Kind.DAY:
            return Day(asked.label, also=[NotTooEarly()])
        case Kind.MEDICAL:
            return Medical(asked.label)
    return Line(asked.label, filters=[blank])
