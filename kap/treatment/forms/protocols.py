"""The form of a protocol. Every field is named as the attribute that it fills."""

from typing import Any

from flask import current_app
from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields import SelectChoice, enum_choices  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from kap.treatment.fields import blank
from kap.treatment.models import Route
from kap.treatment.plan import Integrate, Plan, problems
from kap.treatment.window import Window
from kap.web.forms import EditForm, Form, Line, Text
from kap.web.numbers import Whole


class Measures(SelectMultipleField):
    """The measures that are due at a moment."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], choices=[], **kwargs)


def _route(label: str, none: str) -> SelectField:
    return SelectField(
        label,
        [Optional()],
        choices=[SelectChoice(value="", label=none), *enum_choices(Route, label=lambda r: r.label)],
        default="",
        filters=[blank],
    )


class ProtocolForm(Form):
    """A new protocol."""

    name = Line("Name", required=True, most=120)
    description = Text("In a few words", filters=[blank])
    preparations = Whole("Preparation sessions", required="Please give a number, or 0.", default=1)
    doses = Whole("Doses")
    spacing_min = Whole("Between doses, at least")
    spacing_max = Whole("Between doses, at most")
    integration = RadioField(
        "When is integration due?",
        [InputRequired("Please choose one.")],
        choices=enum_choices(Integrate, label=lambda rule: rule.label),
        default=Integrate.EACH.value,
    )
    number = Whole("How many", default=1)
    after = Line("After which doses", most=400, filters=[blank])
    window_min = Whole("Best from", required="Please give the hours.", default=Window().first)
    window_max = Whole("Best until", required="Please give the hours.", default=Window().last)
    route = _route("Route", "Open")
    schedule = _route("Monitored by the schedule of", "The route that is given")
    measures_before_dose = Measures("Before each dose")
    measures_weekly = Measures("Every week")
    measures_before_integration = Measures("Before integration")
    source = Text("Source", filters=[blank])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        catalogue = current_app.extensions["kap_catalogue"]
        known = {measure.id: measure.name for measure in catalogue}
        for field in (self.measures_before_dose, self.measures_weekly, self.measures_before_integration):
            # One that the clinic no longer declares stays until it is taken off.
            kept = [id_ for id_ in field.object_data or () if id_ not in known]
            field.choices = [SelectChoice(value=id_, label=name) for id_, name in known.items()]
            field.choices += [SelectChoice(value=id_, label=id_) for id_ in kept]

    def validate(self, extra_validators: Any = None) -> bool:
        """Numbers that go together."""
        valid = bool(super().validate(extra_validators))
        if not valid:
            return False
        for name, problem in problems(self.plan):
            self[name].errors = [*self[name].errors, problem]
            valid = False
        return valid

    @property
    def plan(self) -> Plan:
        """What was typed."""
        plan = Plan._make(self[name].data for name in Plan._fields)
        return plan._replace(route=plan.route or None, schedule=plan.schedule or None)

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {name: self[name].data or "" for name in ("name", "description", "source")} | {"plan": self.plan}


class ProtocolEditForm(ProtocolForm, EditForm):
    """A protocol that stands."""
