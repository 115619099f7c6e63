"""Fields that the forms of sessions need: times of day, ticks, rows."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from wtforms import FieldList, SelectMultipleField, StringField, TimeField
from wtforms.utils import unset_value
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from kap.treatment import rules
from kap.web.forms import clinic_zone


def blank(value: Any) -> Any:
    """Nothing chosen is an empty text, whether it comes from the page or from the record."""
    return value or ""


class ClockTime(TimeField):
    """A time of day near the start of the session; `moment` is it in UTC once it is placed."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], **kwargs)
        self.moment: datetime | None = None

    def process_data(self, value: datetime | None) -> None:
        self.moment = value
        self.data = value.astimezone(clinic_zone()).time().replace(second=0, microsecond=0) if value else None

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not any(valuelist):
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Please give a time such as 14:05.") from None

    def place(self, start: datetime | None) -> None:
        """Find the moment near `start`; ValidationError where there is none."""
        self.moment = None
        if self.data is not None and start is not None:
            try:
                self.moment = rules.moment_near(start, self.data, clinic_zone())
            except ValueError as impossible:
                raise ValidationError(str(impossible)) from None


class Ticks(SelectMultipleField):
    """Check boxes, in one order however they come."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], coerce=key, filters=[_in_order], choices=[], **kwargs)


class Confirmation(StringField):
    """A check box that stands for one thing, `what`: ticked for another, it counts as not ticked."""

    widget = CheckboxInput()
    what = ""

    @property
    def checked(self) -> bool:
        """True where just this was ticked."""
        return self.data == self.what != ""

    def _value(self) -> str:
        return self.what


def key(value: Any) -> UUID:
    """The key of whom or what a row names, of a text, or a key as it is."""
    named = getattr(value, "user_id", None) or getattr(value, "dosing_id", None) or value
    return named if isinstance(named, UUID) else UUID(named)


def _in_order(ids: Iterable[UUID] | None) -> list[UUID]:
    return sorted(ids or ())


class Rows(FieldList):  # type: ignore[type-arg]
    """Rows of small forms, of which empty ones do not count; some are always left to write in."""

    max_entries: int

    def __init__(self, *args: Any, spare: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spare = spare
        self.too_many = False

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        blank = sum(entry.form.blank for entry in self.entries)
        for _ in range(min(self.spare - blank, self.max_entries - len(self.entries))):
            self.append_entry()

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> set[int]:
        """The rows that were sent, by the numbers that the page gives them; WTForms fails on other digits."""
        numbered = re.compile(f"{re.escape(prefix)}-([0-9]{{1,6}})-")
        sent = {int(found[1]) for name in formdata if (found := numbered.match(name))}
        self.too_many = len(sent) > self.max_entries
        return sent

    @property
    def filled(self) -> list[Any]:
        """The forms of the rows in which something stands."""
        return [entry.form for entry in self.entries if not entry.form.blank]

    @property
    def data(self) -> str:  # type: ignore[override]
        """What the rows say, a line each: so two versions of them can be compared and read."""
        return "\n".join(form.told for form in self.filled)

    def refuse_too_many(self) -> None:
        """ValidationError where more rows were sent than there is room for."""
        if self.too_many:
            raise ValidationError(f"There is room for {self.max_entries} rows; not all of yours are shown here.")

    def place(self, name: str, start: datetime | None) -> None:
        """Place the times called `name`; ValidationError where one cannot be."""
        self.refuse_too_many()
        wrong = False
        for form in self.filled:
            try:
                form[name].place(start)
            except ValidationError as impossible:
                form[name].errors = [*form[name].errors, str(impossible)]
                wrong = True
        if wrong:
            raise ValidationError("Please look at the times.")
