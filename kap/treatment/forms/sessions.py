"""The forms of courses and sessions. Every field is named as the attribute that it fills."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import current_app, g
from flask_login import current_user
from wtforms import Form as Row
from wtforms import FormField, HiddenField, RadioField, SelectField
from wtforms.fields import SelectChoice, enum_choices  # type: ignore[attr-defined]
from wtforms.utils import unset_value
from wtforms.validators import InputRequired, Optional, ValidationError

from kap.access.roles import Permission
from kap.core import clock
from kap.people.queries import can_treat
from kap.treatment import rules
from kap.treatment.actions import AHEAD, HAPPENED
from kap.treatment.fields import ClockTime, Confirmation, Rows, Ticks, blank, key
from kap.treatment.models import (
    AddendumKind,
    Condition,
    Course,
    EndReason,
    EventTerm,
    Ground,
    Medicine,
    Part,
    Route,
    Severity,
    Status,
)
from kap.treatment.queries import dose_limits, protocols_of
from kap.treatment.rules import Reading, Unwanted
from kap.treatment.terms import MEDICATION_ERROR
from kap.web.filters import written
from kap.web.forms import Day, EditForm, Form, Line, Moment, NotTooEarly, Text, clinic_zone
from kap.web.numbers import Amount, Whole

NAMED = (EventTerm.DIZZINESS, EventTerm.NAUSEA, EventTerm.DISSOCIATION, EventTerm.BP_INCREASED)
MARKED = "Marked. It no longer counts, and stays in the record."
"""What is said once something is marked as entered in error."""


class ReadingRow(Row):
    """Vital signs at one time."""

    at: Any = ClockTime("Time")
    systolic = Whole("Upper BP")
    diastolic = Whole("Lower BP")
    heart_rate = Whole("Heart rate")
    spo2 = Whole("SpO₂ %")

    @property
    def blank(self) -> bool:
        """True where nothing was typed."""
        return all(field.data is None and not field.process_errors for field in self)

    @property
    def told(self) -> str:
        """The row in words."""
        numbers = (self[name] for name in rules.READINGS)
        told = [f"{number.label.text} {number.data}" for number in numbers if number.data is not None]
        return ", ".join([f"{self.at.data:%H:%M}" if self.at.data else "", *told])

    def validate(self, extra_validators: Any = None) -> bool:
        """Range and completeness."""
        if self.blank:
            return True
        valid = bool(super().validate(extra_validators))
        if not valid:
            return False
        values = [self[name].data for name in rules.READINGS]
        if self.at.data is None:
            self.at.errors = ["When was this?"]
            return False
        if not any(value is not None for value in values):
            self.at.errors = ["Please give a reading, or delete the time."]
            return False
        for name, problem in rules.reading_problems(Reading(clock.now(), *values)):
            self[name].errors = [*self[name].errors, problem]
            valid = False
        return valid

    def reading(self) -> Reading:
        """The row as the record takes it."""
        return Reading(self.at.moment, *(self[name].data for name in rules.READINGS))


class UnwantedRow(Row):
    """An adverse event: one of those asked about by name, or one in words."""

    term = HiddenField(default=EventTerm.OTHER.value)
    words = Line("What happened")
    severity = SelectField(
        "How bad",
        [Optional()],
        choices=[SelectChoice(value="", label="No"), *enum_choices(Severity, label=lambda s: s.label)],
        default="",
        filters=[blank],
    )
    onset_at = ClockTime("Since")

    @property
    def blank(self) -> bool:
        """True where nothing was said of it."""
        typed = bool(self.words.data) and self.term.data == EventTerm.OTHER
        return not (self.severity.data or typed or self.onset_at.data or self.onset_at.process_errors)

    @property
    def named(self) -> EventTerm | None:
        """The term, where it is one that is asked about by name."""
        return next((term for term in NAMED if term == self.term.data), None)

    @property
    def told(self) -> str:
        """The row in words."""
        words = [self.named.label if self.named else self.words.data, self.severity.data]
        words.append(f"{self.onset_at.data:%H:%M}" if self.onset_at.data else "")
        return ", ".join(word for word in words if word)

    def validate(self, extra_validators: Any = None) -> bool:
        """Words for what has no name, and how bad it was."""
        if self.blank:
            return True
        valid = bool(super().validate(extra_validators))
        if not self.severity.data:
            self.severity.errors = ["Please say how bad it was."]
            valid = False
        if self.named is None and not self.words.data:
            self.words.errors = ["Please say what happened."]
            valid = False
        return valid

    def unwanted(self) -> Unwanted:
        """The row as the record takes it."""
        words = None if self.named else self.words.data
        return Unwanted(self.named or EventTerm.OTHER, self.severity.data, words, self.onset_at.moment)


class UnwantedRows(Rows):
    """First those that are asked about by name, then all others."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        stored = [] if data is unset_value else list(data or ())
        first: list[Any] = []
        for term in NAMED:
            found = next((row for row in stored if row.term == term), None)
            first.append(found or {"term": term.value})
            stored = [row for row in stored if row is not found]
        super().process(formdata, [*first, *stored], extra_filters)
        # Those asked about by name are shown next time too, and take their room.
        others = sum(form.named is None for form in self.filled)
        self.too_many = self.too_many or others > self.max_entries - len(NAMED)


class CourseForm(Form):
    """A new course."""

    condition = SelectField("Condition", choices=enum_choices(Condition, label=lambda c: c.label))
    primary_measure = SelectField("Primary measure")
    protocol_as = SelectField("Protocol", [Optional()], default="", filters=[blank], validate_choice=False)
    planned_doses = Whole("Planned number of doses")
    opened_on: Any = Day("Opened on", required=True, default=lambda: clock.today(clinic_zone()), also=[NotTooEarly()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        catalogue = current_app.extensions["kap_catalogue"]
        self.primary_measure.choices = [
            SelectChoice(value=measure.id, label=_offered(measure.name, measure.conditions)) for measure in catalogue
        ]
        # In the choices stands which version: a protocol that is changed while this is open is chosen anew.
        self.protocols = {one.as_kept: one.kept for one in protocols_of(current_user.clinic_id)}
        labels = {key: protocol["name"] for key, protocol in self.protocols.items()}
        course = kwargs.get("obj")
        if course is not None and course.protocol is not None and course.protocol_as not in self.protocols:
            self.protocols[course.protocol_as] = course.protocol
            labels[course.protocol_as] = f"{course.protocol['name']}, as this course has it"
        self.protocol_as.choices = [
            SelectChoice(value="", label="No protocol"),
            *(SelectChoice(value=key, label=label) for key, label in labels.items()),
        ]

    def validate_protocol_as(self, field: SelectField) -> None:
        """One that is there, as it is."""
        if field.data not in self.protocols:
            raise ValidationError("This protocol was changed or put away in the meantime. Please choose again.")

    @property
    def protocol(self) -> dict[str, Any] | None:
        """What the course is to keep of the protocol that was chosen."""
        return self.protocols.get(self.protocol_as.data or "")

    def validate_planned_doses(self, field: Whole) -> None:
        """A course has a handful of doses."""
        if field.data is not None and not 1 <= field.data <= 500:
            raise ValidationError("Please give a number between 1 and 500, or leave it empty.")


class CourseEditForm(CourseForm, EditForm):
    """A course that stands."""

    opened_on = None


class CourseEndForm(EditForm):
    """The end of a course."""

    ended_on = Day("Ended on", required=True, default=lambda: clock.today(clinic_zone()), also=[NotTooEarly()])
    end_reason = SelectField("Why", choices=enum_choices(EndReason, label=lambda r: r.label))


class SessionForm(Form):
    """What every session has."""

    course_id: Any = SelectField("Course", coerce=key)
    starts_at = Moment("Start", required=True, also=[NotTooEarly()])
    status = RadioField(
        "Where does it stand?",
        [InputRequired("Please choose one.")],
        choices=enum_choices(Status, label=lambda s: s.label),
        default=Status.TOOK_PLACE.value,
    )
    status_reason = Line("Reason, if it was held or cancelled", most=1000, filters=[blank])
    team = Ticks("Team")

    def __init__(self, *args: Any, courses: Sequence[Course] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.courses = courses
        if self.course_id is not None:
            self.course_id.choices = [SelectChoice(value=course.id, label=_told(course)) for course in courses]
        obj = kwargs.get("obj")
        people = {user.id: user.name for user in can_treat(current_user.clinic_id)}
        people |= {member.user_id: member.user.name for member in (obj.team if obj is not None else ())}
        self.team.choices = [SelectChoice(value=id_, label=name) for id_, name in people.items()]

    def validate_starts_at(self, field: Moment) -> None:
        """What took place has begun: said here together with all else that is wrong."""
        if self.happened and field.moment is not None and field.moment > clock.now():
            raise ValidationError(AHEAD)

    @property
    def happened(self) -> bool:
        """True of a session that is not planned, nor cancelled."""
        return self.status.data in HAPPENED

    @property
    def course(self) -> Course:
        """The course that was chosen."""
        return next(course for course in self.courses if course.id == self.course_id.data)

    @property
    def start(self) -> datetime | None:
        """The start, as far as it can be read."""
        return self.starts_at.moment if not self.starts_at.errors else None

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        names = ("status", "status_reason", "team", "intention", "narrative")
        return {name: self[name].data for name in names} | {"starts_at": self.starts_at.moment}


class DosingForm(SessionForm):
    """A dosing session."""

    dosed_at = ClockTime("Dose given at")
    ends_at = ClockTime("End")
    route = RadioField(
        "Route",
        [Optional()],
        choices=[*enum_choices(Route, label=lambda r: r.label), SelectChoice(value="", label="Not known")],
        filters=[blank],
    )
    medicine = SelectField(
        "Medicine",
        [Optional()],
        choices=[
            SelectChoice(value="", label="As the route tells"),
            *enum_choices(Medicine, label=lambda m: m.label),
        ],
        filters=[blank],
    )
    dose_mg = Amount("Dose")
    weight_kg = Amount("Weight")
    intention = Text("Intention")
    vital_signs = Rows(FormField(ReadingRow), "Vital signs", min_entries=6, max_entries=200)
    adverse_events = UnwantedRows(FormField(UnwantedRow), "Adverse events", max_entries=100)
    narrative = Text("Narrative")
    discharged_at = ClockTime("Discharged at")
    left_with = Line("Went home with", filters=[blank])
    discharge = Text("Note on the discharge")
    explained = Line("Why was it given so?", most=1000)
    confirmed = Confirmation("This is what was really given")

    asked: Sequence[str] = ()
    """What has to be confirmed before this is saved."""
    to_explain: Sequence[str] = ()
    """What wants a reason before this is saved."""

    def validate_dosed_at(self, field: ClockTime) -> None:
        """Near the start."""
        field.place(self.start)

    validate_ends_at = validate_discharged_at = validate_dosed_at

    def validate_vital_signs(self, field: Rows) -> None:
        """Times near the start."""
        field.place("at", self.start)

    def validate_adverse_events(self, field: Rows) -> None:
        """Times near the start."""
        field.place("onset_at", self.start)

    def validate_dose_mg(self, field: Amount) -> None:
        """A dose is more than nothing."""
        if field.data is not None and field.data <= 0:
            raise ValidationError("A dose is more than 0 mg. Leave it empty where it is not known.")

    def validate_weight_kg(self, field: Amount) -> None:
        """A weight that a person can have."""
        problem = rules.weight_problem(field.data)
        if problem:
            raise ValidationError(problem)

    def validate(self, extra_validators: Any = None) -> bool:
        """All of that; and an amount far from usual is kept with its reason."""
        valid = super().validate(extra_validators)
        self.to_explain = self._warned(rules.Tier.EXPLAIN)
        if self.to_explain and not self.explained.data:
            self.explained.errors = ["Please say why."]
            return False
        return valid

    def validate_confirmed(self, field: Confirmation) -> None:
        """An amount that looks like a slip is confirmed by the medical staff, that amount and no other."""
        self.asked = self._warned(rules.Tier.BLOCK)
        field.what = f"{self.route.data} {self._medicine} {self.dose_mg.data} mg {self.weight_kg.data} kg"
        if not self.asked:
            return
        if Permission.DOSE_GIVE not in g.held:
            raise ValidationError("A prescriber or nurse has to confirm this. All that you typed is still here.")
        if not field.checked:
            raise ValidationError("Please check the dose. If it is right, tick this and save again.")

    @property
    def _medicine(self) -> str | None:
        return self.medicine.data or rules.medicine_for(self.route.data or None)

    def _warned(self, tier: rules.Tier) -> list[str]:
        """What is said about the dose at this tier, where one was given."""
        if self.status.data != Status.TOOK_PLACE:
            return []
        limits = dose_limits(current_user.clinic_id)
        route = self.route.data or None
        warned = rules.dose_warnings(route, self._medicine, self.dose_mg.data, self.weight_kg.data, limits)
        return [found.sentence for found in warned if found.tier is tier]

    def values(self) -> dict[str, Any]:
        """What `record_dosing` takes."""
        return (
            super().values()
            | {name: self[name].data for name in ("dose_mg", "weight_kg", "left_with", "discharge")}
            | {name: self[name].data or None for name in ("route", "medicine")}
            | {name: self[name].moment for name in ("dosed_at", "ends_at", "discharged_at")}
            | {
                "vital_signs": [form.reading() for form in self.vital_signs.filled],
                "adverse_events": [*(form.unwanted() for form in self.adverse_events.filled), *self._error()],
                "narrative": "\n\n".join(filter(None, [self.narrative.data, self._why()])),
            }
        )

    def _error(self) -> list[Unwanted]:
        """The medication error that is opened with a dose that had to be confirmed; it is completed later."""
        return [Unwanted(MEDICATION_ERROR, None, onset_at=self.dosed_at.moment)] if self.asked else []

    def _why(self) -> str:
        return f"On the dose: {self.explained.data}" if self.to_explain else ""


class DosingEditForm(DosingForm, EditForm):
    """A dosing session that stands."""

    course_id = None


class StatusForm(EditForm):
    """What became of a planned session."""

    status = RadioField(
        "What became of it?",
        [InputRequired("Please choose one.")],
        choices=[SelectChoice(value=s.value, label=s.label) for s in (Status.HELD, Status.CANCELLED)],
    )
    status_reason = Line("Why", most=1000, filters=[blank])


class ErrorForm(Form):
    """The mark that something was entered in error."""

    reason = Text("Why was it entered in error?", required=True)


class AdditionForm(Form):
    """What is said of something after it was signed."""

    kind = RadioField(
        "What is it?",
        [InputRequired("Please choose one.")],
        choices=enum_choices(AddendumKind, label=lambda k: k.label),
        default=AddendumKind.ADDENDUM.value,
    )
    refers_to = Day("The day that it is about", also=[NotTooEarly()])
    reason = Line("Why it is added now", required=True, most=1000)
    text = Text("Text", required=True)

    def values(self) -> dict[str, Any]:
        """What `add_addendum` takes."""
        return {name: self[name].data for name in ("kind", "refers_to", "reason", "text")}


class AddendumForm(AdditionForm):
    """What is said of a part of a session after it was signed."""

    part: Any = RadioField("To which part?", [InputRequired("Please choose one.")])

    def __init__(self, *args: Any, parts: Sequence[Part], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.part.choices = [SelectChoice(value=part.value, label=part.label) for part in parts]
        if len(parts) == 1:
            self.part.data = parts[0].value


class HoldForm(Form):
    """Why a session is held back from the patient, and until when."""

    ground = RadioField(
        "On what ground?",
        [InputRequired("Please choose one.")],
        choices=enum_choices(Ground, label=lambda ground: ground.label),
    )
    reason = Text("Why", required=True)
    until = Day("Held back until", required=True)

    def values(self) -> dict[str, Any]:
        """What `hold_back` takes."""
        return {name: self[name].data for name in ("ground", "reason", "until")}


def _offered(name: str, conditions: Sequence[str]) -> str:
    """A measure, and what it is made for: "PHQ-9 (for treatment-resistant depression, suicidal ideation)"."""
    labels = [Condition(condition).label for condition in conditions]
    words = [label if label.isupper() else label[0].lower() + label[1:] for label in labels]
    return f"{name} (for {', '.join(words)})" if words else name


def _told(course: Course) -> str:
    condition = Condition(course.condition).label
    if course.ended_on is not None:
        return f"{condition}, {written(course.opened_on)} to {written(course.ended_on)}"
    return f"{condition}, open since {written(course.opened_on)}"
