"""The forms of the talk sessions: what the table of `talk` asks, and what was agreed and became of earlier things."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from wtforms import Form as Row
from wtforms import FormField, HiddenField, SelectField
from wtforms.fields import SelectChoice, enum_choices  # type: ignore[attr-defined]
from wtforms.validators import Optional, ValidationError

from kap.core import clock
from kap.treatment.agreed import MOST_ASKED, Earlier, earlier_of
from kap.treatment.asked import Asked, kept, read
from kap.treatment.fields import Rows, Ticks, blank, key
from kap.treatment.forms.asked import Boxes, field_of
from kap.treatment.forms.sessions import SessionForm
from kap.treatment.models import (
    IntegrationSession,
    Kept,
    Modality,
    PracticeKind,
    PreparationSession,
    Route,
    Status,
    Theme,
)
from kap.treatment.practices import Agreed, Found
from kap.treatment.queries import SessionRow, suggested_doses
from kap.treatment.talk import INTEGRATION, PREPARATION
from kap.web.filters import day, number
from kap.web.forms import Day, EditForm, Line, NotTooEarly, Text, form_key
from kap.web.numbers import Whole

SHOWN_DOSES = 12
"""How many of the latest doses an integration session can be tied to, besides those it is tied to already."""
MOST_PRESENT = 100
"""More patients than that in one group are a slip of the pen."""
NOT_ASKED = SelectChoice(value="", label="Not asked about")


class FoundRow(Row):
    """What became of something earlier; blank where nobody asked."""

    about = HiddenField()
    status: Any = SelectField("What became of it", [Optional()], default="", filters=[blank])
    words = Line("In words", most=1000, filters=[blank])

    wants_words: ClassVar[tuple[str, str]] = ("", "")
    told_of = ""
    """What it is about, once the form knows."""

    @property
    def blank(self) -> bool:
        """True where nothing was said of it."""
        return not (self.status.data or self.words.data)

    @property
    def told(self) -> str:
        """The row in words."""
        label = dict(self.status.choices).get(self.status.data, self.status.data)
        return ": ".join(filter(None, [self.told_of, str(label), self.words.data]))

    def validate(self, extra_validators: Any = None) -> bool:
        """What is said is said whole."""
        valid = bool(super().validate(extra_validators))
        changed, sentence = self.wants_words
        if self.words.data and not self.status.data:
            self.status.errors = ["Please choose what became of it."]
            valid = False
        if self.status.data == changed and not self.words.data:
            self.words.errors = [sentence]
            valid = False
        if not self.blank and form_key(self.about.data) is None:
            self.status.errors = ["It cannot be told what this is about. Please open the form again."]
            valid = False
        return valid


class IntentionFound(FoundRow):
    """What became of an earlier intention."""

    status: Any = SelectField(
        "What became of it",
        [Optional()],
        default="",
        filters=[blank],
        choices=[
            NOT_ASKED,
            SelectChoice(value=Kept.KEPT.value, label="Kept"),
            SelectChoice(value=Kept.CHANGED.value, label="Changed"),
            SelectChoice(value=Kept.DROPPED.value, label=Kept.DROPPED.label),
        ],
    )
    words = Line("In other words now", most=1000, filters=[blank])
    wants_words = (Kept.CHANGED.value, "What is it now, in the patient’s words?")


class PracticeFound(FoundRow):
    """What became of a practice."""

    status: Any = SelectField(
        "What became of it",
        [Optional()],
        default="",
        filters=[blank],
        choices=[NOT_ASKED, *enum_choices(Kept, label=lambda kept: kept.label)],
    )
    wants_words = (Kept.CHANGED.value, "What is it now?")


class FoundRows(Rows):
    """One row for each thing from earlier, whatever was sent."""

    def know(self, earlier: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Name what the rows are about, and add those of `rows` that were not sent."""
        sent = {entry.form.about.data for entry in self.entries}
        for row in rows:
            if row["about"] not in sent and len(self.entries) < self.max_entries:
                self.append_entry(row)
        for entry in self.entries:
            entry.form.told_of = earlier.get(entry.form.about.data, "")

    @property
    def found(self) -> dict[UUID, Found]:
        """What was found, as the record takes it."""
        rows = {form_key(form.about.data): Found(form.status.data, form.words.data) for form in self.filled}
        return {about: row for about, row in rows.items() if about is not None}


class AgreedRow(Row):
    """A practice that is agreed; `id` of one that stands already, so that its ticks stay with it."""

    id = HiddenField(default="")
    words = Line("What", most=500, filters=[blank])
    often = Line("How often", filters=[blank])
    kind = SelectField("Kind", choices=enum_choices(PracticeKind, label=lambda kind: kind.label), default="other")
    due_on: Any = Day("Until", also=[NotTooEarly()])

    named = None

    @property
    def blank(self) -> bool:
        """True where nothing is agreed."""
        return not (self.words.data or self.often.data or self.due_on.data or any(self.due_on.raw_data or ()))

    @property
    def told(self) -> str:
        """The row in words."""
        named = self.kind.data in list(PracticeKind) and self.kind.data != PracticeKind.OTHER
        kind = PracticeKind(self.kind.data).label if named else ""
        due = f"until {self.due_on.data:%Y-%m-%d}" if self.due_on.data else ""
        return ", ".join(filter(None, [self.words.data, self.often.data, kind, due]))

    def validate(self, extra_validators: Any = None) -> bool:
        """Something to do."""
        if self.blank:
            return True
        valid = bool(super().validate(extra_validators))
        if not self.words.data:
            self.words.errors = ["What was agreed?"]
            valid = False
        return valid

    def agreed(self) -> Agreed:
        """The row as the record takes it."""
        words, often = self.words.data or "", self.often.data or ""
        return Agreed(words, self.kind.data, often, self.due_on.data, form_key(self.id.data))


class Filled:
    """A talk session as its form takes it: what stands in the session, and its answers by the names of the fields."""

    def __init__(self, session: Any, table: Sequence[Asked]) -> None:
        self._session = session
        for asked in table:
            setattr(self, asked.name, read(asked.kind, session.answers.get(asked.name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class FilledIntegration(Filled):
    """The same of an integration session, with what it found of earlier ones."""

    def __init__(self, session: IntegrationSession) -> None:
        super().__init__(session, INTEGRATION)
        self.agreed = session.practices
        self.coded_themes = [row.theme for row in session.coded_themes]
        self.earlier = earlier_of(session.patient, session.course, before=session.starts_at, session=session)
        self.intention_reviews, self.practice_reviews = self.earlier.intention_rows, self.earlier.practice_rows
        # One that was booked is written up like a new one: it is about the doses since the last.
        booked = session.status == Status.PLANNED and not session.integrates
        self.integrates: Any = suggested_doses(session.patient, session.starts_at) if booked else session.integrates


class TalkForm(SessionForm):
    """What both kinds of talk session ask for."""

    table: ClassVar[tuple[Asked, ...]] = ()

    minutes = Whole("Length")
    modalities = Boxes(
        "Modality",
        validators=[Optional()],
        choices=[*enum_choices(Modality, label=lambda m: m.label)],
    )
    intention = Text("Intention", filters=[blank])
    narrative = Text("Progress note", filters=[blank])

    def validate_minutes(self, field: Whole) -> None:
        """A day at most."""
        if field.data is not None and field.data > 24 * 60:
            raise ValidationError("Please give the minutes, at most 1440.")
        if self.happened and self.end is not None and self.end > clock.now():
            raise ValidationError("So long, it would end in the future. Please leave it empty until then.")

    def validate_present(self, field: Whole) -> None:
        """A group is two and more."""
        if field.data is not None and not 2 <= field.data <= MOST_PRESENT:
            raise ValidationError(f"Please give a number between 2 and {MOST_PRESENT}, or leave it empty.")

    @property
    def end(self) -> datetime | None:
        """The end, as far as start and length can be read."""
        minutes = self.minutes.data
        return self.start + timedelta(minutes=minutes) if self.start is not None and minutes is not None else None

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered, as JSON holds it; what was not has no entry."""
        found = {asked.name: kept(self[asked.name].data) for asked in self.table}
        return {name: answer for name, answer in found.items() if answer is not None}

    def values(self) -> dict[str, Any]:
        """What `record_preparation` takes."""
        return super().values() | {
            "ends_at": self.end,
            "modalities": self.modalities.data or (),
            "answers": self.answers,
        }


class _Integration(TalkForm):
    """What only an integration session asks for."""

    integrates = Ticks("Doses it integrates")
    coded_themes = Boxes(
        "Themes",
        validators=[Optional()],
        choices=[*enum_choices(Theme, label=lambda theme: theme.label)],
    )
    themes = Text("Themes in words", filters=[blank])
    intention_reviews = FoundRows(FormField(IntentionFound), "Earlier intentions", max_entries=MOST_ASKED, spare=0)
    practice_reviews = FoundRows(FormField(PracticeFound), "Practices from earlier", max_entries=MOST_ASKED, spare=0)
    agreed = Rows(FormField(AgreedRow), "Agreed today", max_entries=40, spare=1)
    intention = Text("New intention", filters=[blank])

    def __init__(
        self, *args: Any, doses: Sequence[SessionRow] = (), earlier: Earlier | None = None, **kwargs: Any
    ) -> None:
        obj = kwargs.get("obj")
        self.earlier: Earlier = earlier or obj.earlier  # type: ignore[union-attr]
        super().__init__(*args, **kwargs)
        self.intention_reviews.know(
            {about: row.words for about, row in self.earlier.intentions.items()}, self.earlier.intention_rows
        )
        self.practice_reviews.know(
            {about: row.words for about, row in self.earlier.practices.items()}, self.earlier.practice_rows
        )
        tied = {key(tie) for tie in obj.integrates} if obj is not None else set()
        lost = tied - {row.id for row in doses}
        self.integrates.choices = [
            *(
                SelectChoice(value=row.id, label=_dose_told(row))
                for row in reversed(doses)
                if row in doses[-SHOWN_DOSES:] or row.id in tied
            ),
            *(SelectChoice(value=dosing_id, label="A dose that no longer counts") for dosing_id in sorted(lost)),
        ]

    def validate_agreed(self, field: Rows) -> None:
        """No more than there is room for."""
        field.refuse_too_many()

    def values(self) -> dict[str, Any]:
        """What `record_integration` takes."""
        return super().values() | {
            "integrates": self.integrates.data,
            "themes": self.themes.data,
            "coded_themes": self.coded_themes.data or (),
            "practices": [row.agreed() for row in self.agreed.filled],
            "practice_reviews": self.practice_reviews.found,
            "intention_reviews": self.intention_reviews.found,
        }


def made_of(base: type[TalkForm], table: tuple[Asked, ...], name: str) -> Any:
    """The form with the fields of the table."""
    return type(name, (base,), {"table": table, **{asked.name: field_of(asked) for asked in table}})


PreparationForm: Any = made_of(TalkForm, PREPARATION, "PreparationForm")
IntegrationForm: Any = made_of(_Integration, INTEGRATION, "IntegrationForm")


class PreparationEditForm(PreparationForm, EditForm):
    """A preparation session that stands."""

    course_id = None

    @classmethod
    def taken_from(cls, row: PreparationSession) -> Filled:
        """The session with its answers."""
        return Filled(row, PREPARATION)


class IntegrationEditForm(IntegrationForm, EditForm):
    """An integration session that stands."""

    course_id = None

    @classmethod
    def taken_from(cls, row: IntegrationSession) -> Filled:
        """The session with its answers, and what it found of earlier ones."""
        return FilledIntegration(row)


def _dose_told(row: SessionRow) -> str:
    amount = f", {number(row.dose_mg)} mg" if row.dose_mg is not None else ""
    route = f" {Route(row.route).label}" if row.route else ""
    return f"Dose {row.number}, {day(row.starts_at)}{amount}{route}"
