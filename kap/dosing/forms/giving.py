"""The form of what was given. Which fields matter follows from the route; which people may say what, from the gate."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import g
from flask_login import current_user
from wtforms import BooleanField, FormField, RadioField, SelectField
from wtforms import Form as Row
from wtforms.fields import SelectChoice, enum_choices  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional, ValidationError

from kap.access.roles import Permission
from kap.core import clock
from kap.dosing.actions.giving import MOST_MG
from kap.dosing.forms import choices
from kap.dosing.models import Administration, DoseForm, GivenBy, Method
from kap.dosing.queries.giving import administrations_of, as_given, last_weighed, warned
from kap.dosing.queries.limits import limits_of
from kap.dosing.rules.giving import BY_MOUTH, ONLY_BY, SPRAYED, Giving
from kap.people.queries import can_treat, staff_of
from kap.stock.queries import lots_at_hand, witnesses
from kap.treatment import rules
from kap.treatment.fields import ClockTime, Confirmation, Rows, blank
from kap.treatment.models import DosingSession, Medicine, Route
from kap.treatment.queries import last_dosing
from kap.treatment.rules import Tier, Warned, plain
from kap.web.forms import Day, Form, Line, Moment, NotInFuture, NotTooEarly, Text, local_day
from kap.web.numbers import Amount, Whole

DEVICES = ("device_1", "device_2", "device_3", "device_4")
REMAINDERS = {"swallowed": "Swallowed", "spat": "Spat out", "partly": "Partly swallowed"}
"""What became of what was held in the mouth: swallowed, it goes on to act."""


def may_give() -> bool:
    """Whether whoever asks is of the medical staff, towards the patient of the page."""
    return Permission.DOSE_GIVE in g.held


def _usual(kind: Any) -> list[SelectChoice]:
    return [SelectChoice(value="", label="As usual"), *enum_choices(kind, label=lambda one: one.label)]


class RateRow(Row):
    """From when on an infusion ran at another rate."""

    at: Any = ClockTime("From")
    rate = Amount("mL/h")
    why = Line("Why")

    @property
    def blank(self) -> bool:
        """True where nothing was typed."""
        return not any(field.data not in (None, "") or field.process_errors for field in self)

    @property
    def told(self) -> str:
        """The row in words."""
        return f"{self.at.data:%H:%M} {self.rate.data}" if self.at.data else ""

    def validate(self, extra_validators: Any = None) -> bool:
        """A time and a rate."""
        if self.blank:
            return True
        valid = bool(super().validate(extra_validators))
        for field, problem in ((self.at, "When was this?"), (self.rate, "At which rate? 0 is a pause.")):
            if field.data is None and not field.errors:
                field.errors = [problem]
                valid = False
        return valid


class GivingForm(Form):
    """One giving."""

    at = Moment("Given at", required=True, default=clock.now, also=[NotTooEarly(), NotInFuture()])
    route = RadioField(
        "Route", [InputRequired("Please choose one.")], choices=enum_choices(Route, label=lambda r: r.label)
    )
    amount_mg = Amount("Amount")
    amount_mg_kg = Amount("or by weight")
    weight_kg = Amount("Weight")
    weight_on = Day("Weighed on", also=[NotTooEarly(), NotInFuture()])
    booster = BooleanField("This is a booster, or a later part of the dose")
    given_by = RadioField("How it was given", [InputRequired("Please choose one.")])
    giver_id = SelectField("Given by", [Optional()], filters=[blank])
    observed_by = SelectField("Observed by", [Optional()], filters=[blank])
    checked_by = SelectField("Second check by", [Optional()], filters=[blank])

    stock = SelectField("From the drug log", [Optional()], filters=[blank])
    substance = SelectField(
        "Substance",
        [Optional()],
        choices=[SelectChoice(value="", label="As the route tells"), *enum_choices(Medicine, label=lambda m: m.label)],
        filters=[blank],
    )
    product = Line("Product")
    lot = Line("Lot", most=80)
    expires_on = Day("Expires on")
    method = SelectField("Method", [Optional()], choices=_usual(Method), filters=[blank])
    dose_form = SelectField("Form", [Optional()], choices=_usual(DoseForm), filters=[blank])

    site = Line("Site", most=80)
    concentration = Amount("Concentration")
    volume_ml = Amount("Volume")

    planned_minutes = Whole("Planned length")
    rate_ml_h = Amount("Rate at the start")
    ended_at = ClockTime("Infusion ended at")
    rate_changes = Rows(FormField(RateRow), "Changes of the rate", min_entries=1, max_entries=40, spare=1)

    device_1, device_2 = ClockTime("First device"), ClockTime("Second device")
    device_3, device_4 = ClockTime("Third device"), ClockTime("Fourth device")

    tablets = Amount("Tablets or lozenges")
    strength_mg = Amount("Strength of each")
    hold_minutes = Whole("Held in the mouth for")
    remainder = SelectField(
        "What was left in the mouth",
        [Optional()],
        choices=choices(REMAINDERS, "Not recorded"),
        filters=[blank],
    )

    drawn_mg = Amount("Drawn up")
    wasted_mg = Amount("Wasted")
    waste_witness = SelectField("Waste seen by", [Optional()], filters=[blank])
    note = Text("Note")
    reason = Line("Why was it given so?", most=1000)
    confirmed = Confirmation("This was really given")

    warned: Sequence[Warned] = ()
    """What about this giving is worth a second look."""

    def __init__(self, session: DosingSession, *args: Any, row: Administration | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("data", _stored(row) if row is not None else _offered(session))
        super().__init__(*args, **kwargs)
        self.session, self.row = session, row
        clinic_id = session.clinic_id
        people = {str(user.id): user.name for user in can_treat(clinic_id)}
        people |= {str(user.id): user.name for user in staff_of(clinic_id) if self._names(user.id)}
        for field in (self.giver_id, self.observed_by, self.checked_by):
            field.choices = choices(people, "–")
        seers = {str(user.id): user.name for user in witnesses(clinic_id)} | {
            id_: name for id_, name in people.items() if row is not None and id_ == str(row.waste_witness)
        }
        self.waste_witness.choices = choices(seers, "–")
        ways = [way for way in GivenBy if may_give() or way is not GivenBy.STAFF]
        self.given_by.choices = choices({way.value: way.label for way in ways})
        lots = {f"{at.lot.id}:{at.place.id}": at.words for at in lots_at_hand(clinic_id)} if may_give() else {}
        if row is not None and row.lot_id is not None:
            lots.setdefault(f"{row.lot_id}:{row.place_id}", f"{row.product}, lot {row.lot}")
        self.stock.choices = choices(lots, "None: written below")

    def _names(self, user_id: UUID) -> bool:
        """Whether the row that is corrected names somebody, who may be gone by now."""
        row = self.row
        return row is not None and user_id in (row.giver_id, row.observed_by, row.checked_by, row.waste_witness)

    @property
    def asked(self) -> list[str]:
        """What has to be confirmed before this is saved."""
        return [found.sentence for found in self.warned if found.tier is Tier.BLOCK]

    @property
    def to_explain(self) -> list[str]:
        """What wants a reason before this is saved."""
        return [found.sentence for found in self.warned if found.tier is Tier.EXPLAIN]

    @property
    def start(self) -> datetime | None:
        """When it was given, as far as that can be read."""
        return self.at.moment if not self.at.errors else None

    @property
    def by_weight(self) -> bool:
        """True where the dose was ordered in mg/kg."""
        return self.amount_mg_kg.data is not None

    def validate_ended_at(self, field: ClockTime) -> None:
        """Near the start."""
        field.place(self.start)

    validate_device_1 = validate_device_2 = validate_device_3 = validate_device_4 = validate_ended_at

    def validate_rate_changes(self, field: Rows) -> None:
        """Times near the start."""
        field.place("at", self.start)

    def validate_amount_mg_kg(self, field: Amount) -> None:
        """By weight needs the weight."""
        if field.data is not None and not self.weight_kg.data:
            raise ValidationError("For this the weight is needed.")

    def validate_weight_kg(self, field: Amount) -> None:
        """What the record can hold."""
        if field.data is not None and not 0 < field.data < 1000:
            raise ValidationError("This is no weight.")

    def validate_tablets(self, field: Amount) -> None:
        """What can be counted."""
        if field.data is not None and field.data >= 1000:
            raise ValidationError("These are too many.")

    def validate(self, extra_validators: Any = None) -> bool:
        """All of that; then the amount, what belongs to other routes, and what has to be explained or confirmed."""
        valid = super().validate(extra_validators)
        if not self.amount_mg.errors and (problem := self._amount()):
            self.amount_mg.errors = [problem]
            valid = False
        for name, routes in ONLY_BY.items():
            for field in self._fields_of(name):
                if self.route.data and self.route.data not in routes and _filled(field):
                    field.errors = [
                        *field.errors,
                        "This does not belong to the route that is chosen. Please delete it.",
                    ]
                    valid = False
        return valid and self._looked_at()

    def _amount(self) -> str | None:
        """What is wrong about the amount; one that was given by weight is reckoned here."""
        mg, by_weight, kg = self.amount_mg.data, self.amount_mg_kg.data, self.weight_kg.data
        if mg is None and by_weight is not None and kg:
            mg = self.amount_mg.data = (by_weight * kg).quantize(Decimal("0.01"))
        if mg is None:
            return "How much was given?" if by_weight is None else None
        if not 0 < mg < MOST_MG:
            return f"An amount is more than 0 mg, and less than {MOST_MG:,} mg."
        if by_weight is None or not kg:
            return None
        percent = limits_of(self.session.clinic_id).typed_percent
        if abs(mg / kg - by_weight) * 100 <= by_weight * percent:
            return None
        return (
            f"{plain(mg)} mg at {plain(kg)} kg is {plain(mg / kg)} mg/kg, and {plain(by_weight)} mg/kg is typed."
            " Which is right? Please delete the other."
        )

    def _fields_of(self, name: str) -> list[Any]:
        return [self[device] for device in DEVICES] if name == "device_times" else [self[name]]

    def _looked_at(self) -> bool:
        """Whether what is unusual is explained, and what looks like a slip is confirmed by somebody who may."""
        giving = self.giving()
        self.warned = warned(self.session, giving, but=self.row, by_weight=self.by_weight)
        self.confirmed.what = f"{giving.route} {giving.substance} {giving.amount_mg} mg {giving.weight_kg} kg"
        if self.asked and not (self.confirmed.checked and may_give()):
            self.confirmed.errors = [
                "Please check the amount. If it was really given, tick this and save again."
                if may_give()
                else "A prescriber or nurse has to confirm this. All that you typed is still here."
            ]
            return False
        if self.to_explain and not self.reason.data:
            self.reason.errors = ["Please say why."]
            return False
        return True

    def giving(self) -> Giving:
        """What was typed, as the record takes it."""
        lot, _, place = (self.stock.data or "").partition(":")
        amounts = ("weight_kg", "concentration", "volume_ml", "rate_ml_h", "planned_minutes", "tablets", "strength_mg")
        people = ("giver_id", "observed_by", "checked_by", "waste_witness")
        lines = ("product", "lot", "method", "dose_form", "site", "remainder")
        plainly = ("expires_on", "hold_minutes", "drawn_mg", "wasted_mg")
        devices = [self[name].moment.isoformat() for name in DEVICES if self[name].moment]
        changes = [
            [row.at.moment.isoformat(), str(row.rate.data), row.why.data or ""] for row in self.rate_changes.filled
        ]
        route: str = self.route.data
        told: dict[str, Any] = {name: self[name].data for name in (*amounts, *plainly)}
        told |= {name: self[name].data or None for name in lines}
        told |= {name: UUID(self[name].data) if self[name].data else None for name in people}
        if self.given_by.data == GivenBy.SELF_OBSERVED:
            told["giver_id"] = None
        told["weight_on"] = self.weight_on.data or (local_day(self.at.moment) if self.weight_kg.data else None)
        return Giving(
            at=self.at.moment or clock.now(),
            route=route,
            substance=self.substance.data or rules.medicine_for(route) or "",
            amount_mg=self.amount_mg.data,
            given_by=self.given_by.data,
            booster=bool(self.booster.data),
            ended_at=self.ended_at.moment,
            rate_changes=changes or None,
            device_times=devices or None,
            lot_id=UUID(lot) if lot else None,
            place_id=UUID(place) if place else None,
            note=self.note.data or "",
            **told,
        )


class CorrectForm(GivingForm):
    """A giving that was written down wrong."""

    why = Line("What was wrong", required=True, most=1000)


class WhyForm(Form):
    """Why something is taken back."""

    why = Line("Why", required=True, most=1000)


class GoOnForm(Form):
    """How an infusion went on."""

    what = RadioField(
        "What happened",
        [InputRequired("Please choose one.")],
        choices=choices({"rate": "The rate was changed", "pause": "It was paused", "end": "It ended"}),
    )
    at = Moment("At", required=True, default=clock.now, also=[NotTooEarly(), NotInFuture()])
    rate_ml_h = Amount("New rate")
    amount_mg = Amount("Given in all, if it was stopped early")
    why = Line("Why", most=500)

    def validate_rate_ml_h(self, field: Amount) -> None:
        """A change has a rate."""
        if self.what.data == "rate" and field.data is None:
            raise ValidationError("At which rate does it run now?")

    def validate_amount_mg(self, field: Amount) -> None:
        """Something was given."""
        if field.data is not None and field.data <= 0:
            raise ValidationError("An amount is more than 0 mg.")

    def values(self) -> dict[str, Any]:
        """What `go_on` takes."""
        ends = self.what.data == "end"
        return {
            "at": self.at.moment,
            "end": ends,
            "rate_ml_h": Decimal(0) if self.what.data == "pause" else self.rate_ml_h.data,
            "amount_mg": self.amount_mg.data if ends else None,
            "why": self.why.data or "",
        }


def _filled(field: Any) -> bool:
    return bool(field.data) if not isinstance(field, Rows) else bool(field.filled)


def _offered(session: DosingSession) -> dict[str, Any]:
    """What a new giving begins with: as before, and by whoever writes it down."""
    rows = administrations_of(session)
    patient = session.patient
    last = None if rows or session.route else last_dosing(patient, before=clock.now())
    route = rows[-1].route if rows else session.route or (last.route if last else None)
    weighed = last_weighed(patient)
    if (
        weighed is not None
        and (clock.now().date() - (weighed.weight_on or clock.now().date())).days
        > limits_of(session.clinic_id).weight_days
    ):
        weighed = None
    by_hand = may_give() and route not in SPRAYED | BY_MOUTH
    here = str(current_user.id)
    return {
        "at": clock.now(),
        "route": route,
        "booster": bool(rows),
        "weight_kg": weighed.weight_kg if weighed else None,
        "weight_on": weighed.weight_on if weighed else None,
        "given_by": GivenBy.STAFF.value if by_hand else GivenBy.SELF_OBSERVED.value,
        "giver_id": here if by_hand else "",
        "observed_by": here,
    } | (_same_drug(rows[-1]) if rows else {})


def _same_drug(row: Administration) -> dict[str, Any]:
    """What the giving before was taken from: its place in the drug log, or what was written down of it."""
    if row.lot_id is not None and may_give():
        return {"stock": f"{row.lot_id}:{row.place_id}"}
    return {name: getattr(row, name) for name in ("product", "lot", "expires_on")}


def _stored(row: Administration) -> dict[str, Any]:
    """A giving as its form shows it."""
    data = as_given(row)._asdict()
    times = [datetime.fromisoformat(at) for at in row.device_times or ()]
    people = ("giver_id", "observed_by", "checked_by", "waste_witness")
    return (
        data
        | {name: str(data[name]) if data[name] else "" for name in people}
        | dict(zip(DEVICES, times, strict=False))
        | {
            "rate_changes": [
                {"at": datetime.fromisoformat(at), "rate": Decimal(str(rate)), "why": why}
                for at, rate, why in row.rate_changes or ()
            ],
            "stock": f"{row.lot_id}:{row.place_id}" if row.lot_id else "",
            "reason": row.reason,
        }
    )
