"""The form of an adverse event: how bad it was, and apart from that whether it was serious."""

from collections.abc import Mapping
from typing import Any

from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields import SelectChoice, enum_choices  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from kap.dosing.forms import choices
from kap.dosing.rules.events import ACTIONS, CRITERIA, GRADES, OUTCOMES, RELATEDNESS, Told
from kap.treatment.fields import blank
from kap.treatment.models import AdverseEvent, Severity
from kap.treatment.terms import TERMS
from kap.web.forms import Day, Form, Line, Moment, NotInFuture, NotTooEarly, Text

_YES_NO = choices({"yes": "Yes", "no": "No", "": "Not said"})


def _words(label: str, words: Mapping[str, str]) -> SelectField:
    return SelectField(label, [Optional()], choices=choices(words, "Not said"), filters=[blank])


def _terms() -> list[SelectChoice]:
    found = choices({}, "Please choose")
    for key, term in TERMS.items():
        often = f" ({term.frequency})" if term.frequency else ""
        found.append(SelectChoice(value=key, label=f"{term.label}{often}", optgroup=term.group))
    return found


class EventForm(Form):
    """What is known of an event."""

    term = SelectField("What happened", [InputRequired("Please choose what happened.")], choices=_terms())
    words = Line("In words")
    onset_at = Moment("Since", also=[NotTooEarly(), NotInFuture()])
    ended_at = Moment("Until", also=[NotTooEarly(), NotInFuture()])
    severity = RadioField(
        "How bad",
        [Optional()],
        choices=[*enum_choices(Severity, label=lambda s: s.label), SelectChoice(value="", label="Not said yet")],
        default="",
        filters=[blank],
    )
    ctcae_grade = _words("CTCAE grade", {str(grade): f"{grade}: {said}" for grade, said in GRADES.items()})
    serious = RadioField("Was it serious?", [Optional()], choices=_YES_NO, default="")
    criteria = SelectMultipleField(
        "It was serious because of",
        [Optional()],
        choices=choices(CRITERIA),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    expected = RadioField("Was it to be expected?", [Optional()], choices=_YES_NO, default="")
    relatedness = _words("Related to the drug", RELATEDNESS)
    action_taken = _words("What was done with the drug", ACTIONS)
    treatment = Text("Treatment given")
    outcome = _words("Outcome", OUTCOMES)
    follow_up_on = Day("Follow up on", also=[NotTooEarly()])
    reported_to = Line("Reported to")
    report_reference = Line("Number of the report")

    def told(self) -> Told:
        """What was typed, as the record takes it."""
        plainly = ("words", "severity", "relatedness", "action_taken", "outcome", "reported_to", "report_reference")
        said: dict[str, Any] = {name: self[name].data or None for name in plainly}
        return Told(
            term=self.term.data,
            onset_at=self.onset_at.moment,
            ended_at=self.ended_at.moment,
            ctcae_grade=int(self.ctcae_grade.data) if self.ctcae_grade.data else None,
            serious={"yes": True, "no": False}.get(self.serious.data),
            expected={"yes": True, "no": False}.get(self.expected.data),
            criteria=",".join(self.criteria.data or ()) or None,
            treatment=self.treatment.data or "",
            follow_up_on=self.follow_up_on.data,
            **said,
        )


class EventChangeForm(EventForm):
    """An event that is written down already."""

    why = Line("What is new, or was wrong", most=1000)


def stored(event: AdverseEvent) -> dict[str, Any]:
    """An event as its form shows it."""
    said = {True: "yes", False: "no", None: ""}
    data = {name: getattr(event, name) for name in Told._fields}
    return data | {
        "serious": said[event.serious],
        "expected": said[event.expected],
        "criteria": (event.criteria or "").split(",") if event.criteria else [],
        "ctcae_grade": str(event.ctcae_grade or ""),
    }
