"""The forms of the phases, made from the table of what is asked: they are saved as incomplete as they are."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from flask_login import current_user
from wtforms import HiddenField, RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional, ValidationError

from kap.access.roles import Role
from kap.core import clock
from kap.dosing.models import Answer, GoNoGo
from kap.dosing.rules.consents import METHODS, SIGNERS, TYPES
from kap.dosing.rules.eligibility import CHECKLIST
from kap.dosing.rules.sheets import CALL
from kap.people.queries import can_treat
from kap.treatment.asked import Asked, Kind
from kap.treatment.fields import blank
from kap.treatment.forms.asked import Medical, field_of
from kap.web.forms import Day, EditForm, Form, Line, Moment, NotInFuture, NotTooEarly, Text


class SheetForm(EditForm):
    """A sheet; its version is the number of the one that is changed."""

    asked: ClassVar[tuple[Asked, ...]] = ()

    def __init__(self, *args: Any, obj: Any, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.start: datetime = obj.starts_at

    def validate(self, extra_validators: Any = None) -> bool:
        """Shape alone, and times of day near the start."""
        valid = bool(super().validate(extra_validators))
        for field in (self[asked.name] for asked in self.asked if asked.kind is Kind.CLOCK):
            try:
                field.place(self.start)
            except ValidationError as impossible:
                field.errors = [*field.errors, str(impossible)]
                valid = False
        return valid

    def answers(self) -> dict[str, Any]:
        """What was answered, by the names of the fields."""
        return {asked.name: self._answer(asked) for asked in self.asked}

    def _answer(self, asked: Asked) -> Any:
        field = self[asked.name]
        return field.moment if asked.kind in (Kind.MOMENT, Kind.CLOCK) else field.data


@cache
def sheet_form(asked: tuple[Asked, ...]) -> type[SheetForm]:
    """The form of these fields."""
    return type("SheetForm", (SheetForm,), {"asked": asked, **{one.name: field_of(one) for one in asked}})


class _Checklist(EditForm):
    """The eligibility checklist."""

    def __init__(self, *args: Any, obj: Any, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)

    def answers(self) -> dict[str, tuple[str | None, str]]:
        """The answer to each item, and the evidence for it."""
        return {
            item.name: (self[item.name].data or None, self[f"{item.name}_evidence"].data or "") for item in CHECKLIST
        }


_ANSWERS = [SelectChoice(value=answer.value, label=answer.label) for answer in Answer]
ChecklistForm: Any = type(
    "ChecklistForm",
    (_Checklist,),
    {
        name: field
        for item in CHECKLIST
        for name, field in (
            (item.name, RadioField(item.label, [Optional()], choices=_ANSWERS)),
            (f"{item.name}_evidence", Line("Evidence", most=1000, filters=[blank])),
        )
    },
)


class ClearForm(Form):
    """That a yes does not speak against the dose."""

    reason = Text("Why it does not speak against the dose", required=True)
    until = Day("Valid until", required=True, also=[NotTooEarly()])


class ConsentForm(Form):
    """A consent that was given."""

    consent_type = SelectField("For", choices=[SelectChoice(value=kind.name, label=kind.label) for kind in TYPES])
    document_version = Line("Version of the text", required=True, most=80)
    language = Line("Language", required=True, most=20, default="English")
    signed_at = Moment("Signed at", required=True, default=clock.now, also=[NotInFuture(), NotTooEarly()])
    signer = RadioField("Signed by", choices=[SelectChoice(value=v, label=w) for v, w in SIGNERS], default="patient")
    signer_name = Line("Guardian’s name", filters=[blank])
    method = RadioField("How", choices=[SelectChoice(value=v, label=w) for v, w in METHODS], default="paper")
    witness = Line("Witness", filters=[blank])
    capacity_by = SelectField("Capacity confirmed by", [Optional()], filters=[blank])
    terms = Text("What was agreed in particular")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(user.id), user.name) for user in can_treat(current_user.clinic_id)]
        self.capacity_by.choices = [SelectChoice(value=v, label=w) for v, w in [("", "Not recorded"), *people]]

    def validate_signer(self, field: RadioField) -> None:
        """A guardian has a name."""
        if field.data == "guardian" and not self.signer_name.data:
            raise ValidationError("Please name the guardian.")

    def validate_method(self, field: RadioField) -> None:
        """What was only spoken needs somebody who heard it."""
        if field.data == "spoken" and not self.witness.data:
            raise ValidationError("Please name who heard it.")

    def values(self) -> dict[str, Any]:
        """What `give_consent` takes."""
        names = ("consent_type", "document_version", "language", "signer", "signer_name", "method", "witness", "terms")
        chosen = self.capacity_by.data
        return {name: self[name].data for name in names} | {
            "signed_at": self.signed_at.moment,
            "capacity_by": UUID(chosen) if chosen else None,
        }


class WithdrawForm(Form):
    """That the patient no longer agrees."""

    reason = Text("In the patient’s words", required=True)


class DecisionForm(Form):
    """Go or no-go. `seen` tells which warnings were on the page."""

    decision = RadioField(
        "Decision",
        [InputRequired("Please choose one.")],
        choices=[
            SelectChoice(value=GoNoGo.GO.value, label="Go"),
            SelectChoice(value=GoNoGo.HOLD.value, label="No-go: hold the dose back"),
        ],
    )
    decided_by = Medical("Decided by")
    reason = Text("Why")
    seen = HiddenField()

    def __init__(self, *args: Any, warnings: Sequence[str], **kwargs: Any) -> None:
        default = str(current_user.id) if Role.MEDICAL in current_user.roles else None
        super().__init__(*args, **{"decided_by": default} | kwargs)
        self.warnings = warnings
        self.now_seen = sha256(json.dumps(warnings).encode()).hexdigest()

    def validate_decided_by(self, field: Medical) -> None:
        """A decision is somebody's."""
        if not field.data:
            raise ValidationError("Please say whose decision it is.")

    def validate_seen(self, field: HiddenField) -> None:
        """What is decided on is what was shown."""
        if field.data != self.now_seen:
            raise ValidationError("What speaks against the dose has changed since. Please look again.")


class SignForm(Form):
    """A signature under what has this digest."""

    digest = HiddenField()


class _Call(Form):
    """A try to reach the patient on the day after."""

    asked: ClassVar[tuple[Asked, ...]] = CALL
    called_at = Moment("Called at", required=True, default=clock.now, also=[NotInFuture(), NotTooEarly()])
    reached = RadioField(
        "Reached",
        [InputRequired("Please choose one.")],
        choices=[SelectChoice(value="yes", label="Yes"), SelectChoice(value="no", label="No")],
    )

    def answers(self) -> dict[str, Any]:
        """What was said."""
        return {asked.name: self[asked.name].data for asked in self.asked}


CallForm: Any = type("CallForm", (_Call,), {asked.name: field_of(asked) for asked in CALL})
