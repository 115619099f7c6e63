"""The form of the limits of a clinic: a field for each value, named after it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from wtforms import IntegerField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from kap.dosing.rules.limits import DEFAULTS, Limits, Row, from_json, problems, rows, to_json, told, value_of
from kap.web.forms import Form, Line
from kap.web.numbers import Amount, Whole

_PARTS = {"low": "Low", "warn": "Show above", "explain": "Reason above", "block": "Confirm from", "high": "High"}
_OF_TIERS = {**_PARTS, "low": "Show below"}


class _LimitsForm(Form):
    seen = IntegerField(widget=HiddenInput(), validators=[InputRequired("The number of the set is missing.")])
    reason = Line("Why are they changed?", required=True, most=1000)

    def limits(self) -> Limits | None:
        """The limits as they were typed; None where they cannot be meant, which then stands on the form."""
        values: dict[str, Any] = to_json(DEFAULTS)
        unreadable = [row for row in _rows() if not self._readable(row)]
        if unreadable:
            return None
        for row in _rows():
            typed = [_kept(field.data) for field in self.fields_of(row)]
            stored: Any = _slots(typed[0]) if _is_schedule(row) else typed if row.parts else typed[0]
            if row.of:
                values[row.field][row.of] = stored
            else:
                values[row.field] = stored
        limits = from_json(values, int(self.seen.data or 0))
        return limits if self._fine(limits) else None

    def _readable(self, row: Row) -> bool:
        """Whether the fields of a setting hold what can be read; only the tiers of a dose may be left empty."""
        fields, problem = self.fields_of(row), None
        if _is_schedule(row):
            slots = _slots(fields[0].data)
            if not all(slot in ("pre", "discharge") or (slot.isdecimal() and len(slot) < 5) for slot in slots):
                problem = "Please give pre, minutes and discharge with commas between, such as: pre, 10, 40, discharge."
        elif "block" not in row.parts and any(field.data is None for field in fields):
            problem = "Please give a number."
        if problem:
            fields[0].errors = [*fields[0].errors, problem]
        return problem is None

    def _fine(self, limits: Limits) -> bool:
        fine = True
        by_key = {row.key: row for row in _rows()}
        for key, problem in problems(limits):
            field = self.fields_of(by_key[key])[0]
            field.errors = [*field.errors, problem]
            fine = False
        return fine

    def fields_of(self, row: Row) -> list[Any]:
        """The fields of one setting."""
        return [self[name] for name in _names(row)]


def _rows() -> Iterator[Row]:
    for _, found in rows():
        yield from found


def _is_schedule(row: Row) -> bool:
    return row.field == "schedules"


def _names(row: Row) -> list[str]:
    base = row.key.replace(".", "_of_")
    return [f"{base}_{part}" for part in row.parts] or [base]


def _kept(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _slots(text: str | None) -> list[Any]:
    """Minutes and words, as they were typed with commas between them; what is none of both stays to be refused."""
    return [slot.strip() for slot in (text or "").split(",") if slot.strip()]


def limits_form(limits: Limits, number: int) -> Any:
    """The form with these limits typed into it."""
    fields: dict[str, Any] = {}
    data: dict[str, Any] = {"seen": number}
    for row in _rows():
        value = value_of(limits, row.field, row.of)
        values = tuple(value) if row.parts else (told(value) if _is_schedule(row) else value,)
        default = value_of(DEFAULTS, row.field, row.of)
        defaults = tuple(default) if row.parts else (default,)
        labels = _OF_TIERS if "block" in row.parts else _PARTS
        for name, part, one, first in zip(_names(row), row.parts or ("",), values, defaults, strict=True):
            label = labels.get(part, part.capitalize() or row.setting.label)
            fields[name] = _field(label, first, schedule=_is_schedule(row), tiers="block" in row.parts)
            data[name] = one
    return type("LimitsForm", (_LimitsForm,), fields)(data=data)


def _field(label: str, like: Any, *, schedule: bool, tiers: bool) -> Any:
    if schedule:
        return Line(label, required=True)
    return Amount(label) if tiers or isinstance(like, Decimal) else Whole(label)
