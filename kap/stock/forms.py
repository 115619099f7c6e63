"""The forms of the drug log. A field is called what the action calls it, so that a refusal finds its place."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import request
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice, enum_choices  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional, ValidationError

from kap.core import clock
from kap.people.models import User
from kap.stock import queries
from kap.stock.models import Lot, Place, Product, ProductForm, Substance, WasteMethod
from kap.web.forms import Day, EditForm, Form, Line, Moment, NotInFuture, NotTooEarly, Text, clinic_zone
from kap.web.numbers import Amount

UNITS, MG = "units", "mg"
CHOOSE = "Please choose"
CONFIRMS = "They confirm it from their own sign-in; until then it waits for them."
SHOWN = timedelta(days=30)
"""How far back the log goes unless somebody asks for more."""


def _choices(first: str, rows: Iterable[tuple[UUID, str]]) -> list[SelectChoice]:
    return [SelectChoice(value="", label=first), *(SelectChoice(value=str(key), label=label) for key, label in rows)]


class _Chosen(SelectField):
    """One of some rows, which `offer` gives; `row` is the one that was chosen."""

    def __init__(self, label: str, *, required: bool = True, **kwargs: Any) -> None:
        demand = InputRequired("Please choose.") if required else Optional()
        super().__init__(label, [demand], choices=[], **kwargs)
        self._rows: dict[str, Any] = {}

    def offer(self, rows: Iterable[Any], label: Any, *, first: str = CHOOSE) -> None:
        """Give the rows to choose from, and how each is called."""
        found = list(rows)
        self._rows = {str(row.id): row for row in found}
        self.choices = _choices(first, ((row.id, label(row)) for row in found))

    @property
    def row(self) -> Any:
        """The row that was chosen; None for none."""
        return self._rows.get(self.data or "")


class _Measured(Form):
    """A form that wants an amount, which its optional field does not ask for by itself."""

    amount = Amount("Amount")
    at = Moment("When", required=True, also=[NotInFuture(), NotTooEarly()], default=clock.now)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.amount.flags.required = True

    def validate(self, extra_validators: Any = None) -> bool:
        """Also that there is an amount."""
        valid = super().validate(extra_validators)
        if self.amount.data is None and not self.amount.errors:
            self.amount.errors = ["Please give an amount."]
            valid = False
        return valid


class _Quantity(_Measured):
    """An amount in units of the product or in mg."""

    measure = RadioField(
        "The amount is in",
        choices=[SelectChoice(value=UNITS, label="Vials, devices, tablets …"), SelectChoice(value=MG, label="mg")],
        default=UNITS,
    )

    @property
    def product(self) -> Product:
        """Of what it is an amount."""
        raise NotImplementedError

    @property
    def units(self) -> Decimal | None:
        """The amount, where it was given in units."""
        return self.amount.data if self.measure.data == UNITS else None

    @property
    def mg(self) -> Decimal:
        """The amount in mg."""
        amount: Decimal = self.amount.data
        return amount if self.measure.data == MG else amount * self.product.unit_mg


class ReceiveForm(_Quantity):
    """What came from a supplier."""

    chosen = _Chosen("Product")
    number = Line("Lot number", required=True, most=80, description="As it stands on the label.")
    expires_on = Day(
        "Expires on", required=True, also=[NotTooEarly()], description="Where the label gives a month, its last day."
    )
    place = _Chosen("Into")
    supplier = Line("Supplier", description="Name, address and registration number, as your records want them.")
    document = Line("Document", most=80, description="The number of the invoice or order form.")
    shown = (
        ("chosen", "place"),
        ("number", "expires_on"),
        ("amount", "measure"),
        ("supplier", "document"),
        "at",
    )

    def __init__(self, user: User, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chosen.offer(queries.products_of(user.clinic_id), lambda product: product.label)
        self.place.offer(queries.places_of(user.clinic_id), lambda place: place.name)

    @property
    def product(self) -> Product:
        """The one that was chosen."""
        product: Product = self.chosen.row
        return product


class _OfLot(_Quantity):
    """An amount of a lot in a place, which a link may name already."""

    lot = _Chosen("Lot")
    place = _Chosen("Place")

    def __init__(self, user: User, **kwargs: Any) -> None:
        super().__init__(**{"lot": request.args.get("lot"), "place": request.args.get("place")} | kwargs)
        self.lot.offer(queries.lots_of(user.clinic_id), _named)
        self.place.offer(queries.places_of(user.clinic_id), lambda place: place.name)

    @property
    def product(self) -> Product:
        """That of the lot."""
        product: Product = self.lot.row.product
        return product


def _named(lot: Lot) -> str:
    expires = "expired" if lot.expired(clock.today(clinic_zone())) else "expires"
    return f"{lot.product.label}, lot {lot.number}, {expires} {lot.expires_on:%d %b %Y}"


class MoveForm(_OfLot):
    """From one place to another."""

    target = _Chosen("Into")
    shown = ("lot", ("place", "target"), ("amount", "measure"), "at")

    def __init__(self, user: User, **kwargs: Any) -> None:
        super().__init__(user, **kwargs)
        self.place.label.text = "Out of"
        self.target.offer(queries.places_of(user.clinic_id), lambda place: place.name)


class OpenForm(_OfLot):
    """That something was opened."""

    shown = (("lot", "place"), ("amount", "measure"), "at")


class ReturnForm(_OfLot):
    """Back to a supplier, or to whoever destroys it."""

    supplier = Line("Returned to", required=True, description="Name, address and registration number.")
    document = Line("Document", most=80)
    reason = Text("Why")
    shown = (("lot", "place"), ("amount", "measure"), ("supplier", "document"), "reason", "at")


class CountForm(_OfLot):
    """What is really there."""

    reason = Text(
        "Why it differs from the log",
        description="Only where it does. Say what may have happened, or that nobody knows.",
    )
    shown = (("lot", "place"), ("amount", "measure"), "reason", "at")

    def __init__(self, user: User, **kwargs: Any) -> None:
        super().__init__(user, **kwargs)
        self.amount.label.text = "Counted"


class _Witnessed(Form):
    """Who is asked to say that they saw it."""

    witness = _Chosen("Witness", required=False, description=CONFIRMS)

    def ask(self, user: User, waster: UUID) -> None:
        """Offer everybody who may witness, but for whoever wasted it."""
        able = [found for found in queries.witnesses(user.clinic_id) if found.id != waster]
        self.witness.offer(able, lambda found: found.name, first="Nobody yet")


class WasteForm(_OfLot, _Witnessed):
    """Something is destroyed."""

    method = SelectField("How it was wasted", choices=enum_choices(WasteMethod, label=lambda method: method.label))
    reason = Text("Why")
    shown = (("lot", "place"), ("amount", "measure"), ("method", "witness"), "reason", "at")

    def __init__(self, user: User, **kwargs: Any) -> None:
        super().__init__(user, **kwargs)
        self.ask(user, user.id)


class RestForm(_Measured, _Witnessed):
    """What was drawn for a dose and not given is destroyed."""

    method = SelectField("How it was wasted", choices=enum_choices(WasteMethod, label=lambda method: method.label))
    reason = Text("Remark")
    shown = ("amount", ("method", "witness"), "reason", "at")

    def __init__(self, user: User, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.amount.label.text = "Wasted, in mg"
        self.ask(user, user.id)


class AskForm(_Witnessed):
    """Somebody, or somebody else, is asked."""

    witness = _Chosen("Witness", description=CONFIRMS)
    shown = ("witness",)

    def __init__(self, user: User, waster: UUID) -> None:
        super().__init__()
        self.ask(user, waster)


class ReasonForm(Form):
    """Why a line is taken back, or a waste not witnessed."""

    reason = Text("Why", required=True)
    shown = ("reason",)


class PlaceForm(Form):
    """A new place."""

    name = Line("Name", required=True, most=80, description="Such as Main safe, or Cabinet in room 2.")
    shown = ("name",)


class PlaceEditForm(EditForm):
    """Another name for a place."""

    name = Line("Name", required=True, most=80)
    shown = ("name",)


class ProductNewForm(Form):
    """A new product."""

    substance = SelectField("Substance", choices=enum_choices(Substance, label=lambda one: one.label))
    name = Line("Name", required=True, description="As it stands on the package.")
    form = SelectField("One unit is a", choices=enum_choices(ProductForm, label=lambda one: one.label))
    unit_mg = Amount("One unit holds, in mg", description="Empty where you give mg/mL and mL.")
    mg_per_ml = Amount("mg/mL")
    volume_ml = Amount("mL in one unit")
    code = Line("NDC, DIN or PL number", most=40)
    manufacturer = Line("Manufacturer")
    shown = (("name", "substance"), ("form", "unit_mg"), ("mg_per_ml", "volume_ml"), ("code", "manufacturer"))


class ProductEditForm(EditForm):
    """What a product is called."""

    name = Line("Name", required=True)
    code = Line("NDC, DIN or PL number", most=40)
    manufacturer = Line("Manufacturer")
    shown = ("name", "code", "manufacturer")


class LotForm(EditForm):
    """What stands on the label of a lot."""

    number = Line("Lot number", required=True, most=80)
    expires_on = Day("Expires on", required=True, also=[NotTooEarly()])
    shown = ("number", "expires_on")


class PeriodForm(FlaskForm):
    """Which part of the log; it is read from the address, so that it can be kept and sent on."""

    since = Day("From", also=[NotTooEarly(), NotInFuture()])
    until = Day("To", also=[NotTooEarly()])
    product = _Chosen("Product", required=False)
    place = _Chosen("Place", required=False)

    class Meta:
        csrf = False

    def __init__(self, user: User) -> None:
        today = clock.today(clinic_zone())
        super().__init__(formdata=request.args or None, since=today - SHOWN, until=today)
        self.product.offer(queries.products_of(user.clinic_id), lambda product: product.label, first="All")
        self.place.offer(queries.places_of(user.clinic_id), lambda place: place.name, first="All")

    def validate_until(self, field: Any) -> None:
        """Not before the first day."""
        if self.since.data and field.data and field.data < self.since.data:
            raise ValidationError("The last day lies before the first. Please change one of them.")

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of it, after the form was found valid."""
        today = clock.today(clinic_zone())
        last = min(self.until.data or today, today)
        return self.since.data or last - SHOWN, last

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The first moment of it, and the first one after it."""
        first, last = self.days
        return clock.day_start(first, clinic_zone()), clock.day_start(last + timedelta(days=1), clinic_zone())

    @property
    def only(self) -> dict[str, UUID | None]:
        """The product and the place that are asked for."""
        chosen: tuple[Product | None, Place | None] = (self.product.row, self.place.row)
        return {
            "product_id": chosen[0].id if chosen[0] else None,
            "place_id": chosen[1].id if chosen[1] else None,
        }
