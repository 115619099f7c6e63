"""Forms to answer, to enter from paper, and to correct."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from flask_login import current_user
from wtforms import FloatField, HiddenField, IntegerField, RadioField, SubmitField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from kap.measures.actions import enter_paper, enter_total, keep_and_complete, keep_answers
from kap.measures.instruments import Instrument, Item
from kap.measures.models import Questionnaire, Score, Source
from kap.measures.scoring import safety_flag, unanswered
from kap.people.models import Patient
from kap.web.forms import Day, Form, NotInFuture, NotTooEarly

NOT_AN_ANSWER = "Please choose one of the answers."


class AnswerField(RadioField):
    """The answers to one item; it may be left for later."""

    def __init__(self, item: Item, **kwargs: Any) -> None:
        super().__init__(  # type: ignore[call-arg]
            f"{item.number}. {item.text}",
            [Optional()],
            coerce=int,
            choices=[SelectChoice(value=option.value, label=option.label) for option in item.options],
            invalid_value_message=NOT_AN_ANSWER,
            invalid_choice_message=NOT_AN_ANSWER,
            **kwargs,
        )
        self.item = item


class RepeatableForm(Form):
    """A form without a key, for one that does no more when it is sent again."""

    form_key = HiddenField(default="")


class _Asking(Form):
    """A form with items; `asking` gives it those of an instrument."""

    instrument: Instrument

    @classmethod
    def asking(cls, instrument: Instrument, items: Sequence[Item], **kwargs: Any) -> Self:
        """The form with these items of the instrument."""
        fields = {item.id: AnswerField(item) for item in items}
        form: Self = type(cls.__name__, (cls,), {"instrument": instrument, **fields})(**kwargs)
        return form

    @property
    def asked(self) -> list[AnswerField]:
        """The fields of the items."""
        return [field for field in self if isinstance(field, AnswerField)]

    @property
    def answers(self) -> dict[int, int]:
        """What was chosen, by the number of the item."""
        return {field.item.number: field.data for field in self.asked if field.data is not None}


class AnswerForm(_Asking, RepeatableForm):
    """A few questions for the patient; sent again, it saves the same answers again."""

    helped = IntegerField(widget=HiddenInput(), validators=[Optional()])
    next = SubmitField("Next")
    finish = SubmitField("Finish")
    back = SubmitField("Back")

    @classmethod
    def page(cls, instrument: Instrument, items: Sequence[Item], given: Mapping[int, int]) -> Self:
        """One page of a questionnaire, with what was answered before.

        `helped` tells for which answer the patient has seen the crisis lines by the time this page is shown.
        """
        shown = {item.number: given[item.number] for item in items if item.number in given}
        data: dict[str, int | None] = {f"q{number}": value for number, value in shown.items()}
        return cls.asking(instrument, items, data={**data, "helped": safety_flag(instrument, shown)})

    @property
    def calls_for_help(self) -> bool:
        """True where an answer must show the crisis lines, which were not shown yet for this answer."""
        level = safety_flag(self.instrument, self.answers)
        return level is not None and level != self.helped.data

    def save(self, questionnaire: Questionnaire) -> bool:
        """Keep the answers and, where asked to, finish; False where that is refused, and why stands on the form."""
        if self.finish.data:
            return self.done(keep_and_complete, questionnaire, self.answers, by=current_user, source=Source.PATIENT)
        return self.done(keep_answers, questionnaire, self.answers, by=current_user)


class PaperForm(_Asking):
    """A whole questionnaire that was filled in on paper."""

    taken_on = Day("Date of the form", required=True, also=[NotInFuture(), NotTooEarly()])

    def enter(self, patient: Patient) -> Score | None:
        """The score; None where answers are missing, which are then marked. What was given is kept all the same."""
        score = self.attempt(
            enter_paper,
            patient,
            self.instrument.id,
            taken_on=self.taken_on.data,
            answers=self.answers,
            by=current_user,
        )
        if score is None:
            missing = unanswered(self.instrument, self.answers)
            for field in self.asked:
                if field.item in missing:
                    field.errors = [NOT_AN_ANSWER]
        return score


class Total(FloatField):
    """A number, in words of its own where it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Please give a number, such as 14.") from None


class TotalForm(_Asking):
    """The total of a measure whose questions are not here."""

    taken_on = Day("Date of the form", required=True, also=[NotInFuture(), NotTooEarly()])
    value = Total("Total", validators=[InputRequired("Please give the total.")])

    def enter(self, patient: Patient) -> Score | None:
        """The score; None where it is refused."""
        return self.attempt(
            enter_total,
            patient,
            self.instrument.id,
            taken_on=self.taken_on.data,
            value=self.value.data,
            by=current_user,
        )


def paper_form(instrument: Instrument) -> PaperForm | TotalForm:
    """The form for entering what is on paper: every question, or the total where the questions are not here."""
    if instrument.scores_only:
        return TotalForm.asking(instrument, ())
    return PaperForm.asking(instrument, instrument.items)
