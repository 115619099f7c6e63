"""The drug log: places, products, lots, and the ledger of what became of every milligram."""

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from kap.core import clock
from kap.core.db import Model, Versioned
from kap.core.sealed import Sealed
from kap.stock.rules import EntryKind
from kap.web.filters import number


class Exact(TypeDecorator[Decimal]):
    """A number with three decimals, kept as whole thousandths: fractions SQLite would sum as floats."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        return None if value is None else int((Decimal(value) * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / 1000


class Substance(StrEnum):
    """What is controlled; both are Schedule III in the United States."""

    KETAMINE = "ketamine"
    ESKETAMINE = "esketamine"

    @property
    def label(self) -> str:
        """The word on the page."""
        return self.value.capitalize()


class ProductForm(StrEnum):
    """What one unit of a product is."""

    VIAL = "vial"
    AMPOULE = "ampoule"
    SYRINGE = "syringe"
    DEVICE = "device"
    TABLET = "tablet"
    LOZENGE = "lozenge"
    BOTTLE = "bottle"

    @property
    def label(self) -> str:
        """The words on the page."""
        return {"device": "Nasal spray device", "syringe": "Filled syringe", "lozenge": "Lozenge or troche"}.get(
            self.value, self.value.capitalize()
        )


class WasteMethod(StrEnum):
    """How a drug was made useless."""

    DESTROYER = "destroyer"
    WASTE_BIN = "waste_bin"
    SPILT = "spilt"
    REVERSE_DISTRIBUTOR = "reverse_distributor"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The words on the page."""
        return {
            "destroyer": "In a drug-destroying container",
            "waste_bin": "In the locked pharmaceutical waste",
            "spilt": "Spilt or broken",
            "reverse_distributor": "Handed to a reverse distributor",
            "other": "In another way",
        }[self.value]


class WitnessState(StrEnum):
    """What came of asking somebody to witness."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Place(Versioned, Model):
    """Where drugs are kept: a safe, a cabinet, a cart."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    name: Mapped[str] = mapped_column(String(80))

    __table_args__ = (UniqueConstraint("clinic_id", "name"), UniqueConstraint("clinic_id", "id"))


class Product(Versioned, Model):
    """A finished form in one strength. `unit_mg` is what one unit holds: a vial, a device, a tablet."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    substance: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    form: Mapped[str] = mapped_column(String(20))
    unit_mg: Mapped[Decimal] = mapped_column(Exact)
    mg_per_ml: Mapped[Decimal | None] = mapped_column(Exact)
    volume_ml: Mapped[Decimal | None] = mapped_column(Exact)
    code: Mapped[str | None] = mapped_column(String(40))
    manufacturer: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        UniqueConstraint("clinic_id", "id"),
        CheckConstraint("unit_mg > 0", name="unit_holds_something"),
        CheckConstraint("(mg_per_ml IS NULL) = (volume_ml IS NULL)", name="strength_whole"),
    )

    @property
    def strength(self) -> str:
        """ "50 mg/mL, 10 mL vial" or "28 mg device"."""
        if self.mg_per_ml is not None:
            return f"{number(self.mg_per_ml)} mg/mL, {number(self.volume_ml)} mL {self.form}"
        return f"{number(self.unit_mg)} mg {self.form}"

    @property
    def label(self) -> str:
        """Its name and strength."""
        return f"{self.name} {self.strength}"

    def units(self, mg: Decimal) -> str:
        """What so many mg are in units, where they come out even or to a half: "10 devices"; else empty."""
        count = mg / self.unit_mg
        if count <= 0 or count * 2 % 1:
            return ""
        return f"{number(count)} {self.form}{'' if count == 1 else 's'}"


class Lot(Versioned, Model):
    """What was made at once, with its last day of use."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    product_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(String(80))
    expires_on: Mapped[date]

    product: Mapped[Product] = relationship(
        primaryjoin="foreign(Lot.product_id) == Product.id", viewonly=True, lazy="joined", innerjoin=True
    )

    __table_args__ = (
        UniqueConstraint("clinic_id", "id"),
        UniqueConstraint("product_id", "number"),
        ForeignKeyConstraint(["clinic_id", "product_id"], ["product.clinic_id", "product.id"]),
    )

    def expired(self, on: date) -> bool:
        """True from the day after its last day of use."""
        return on > self.expires_on


class StockEntry(Model):
    """A line of the ledger. It is never changed or deleted (the database refuses), only reversed by another line.

    `amount_mg` is what the line speaks of. `effect_mg` is what it adds to the balance of its lot and place, and
    `held_mg` to what is drawn and not accounted for. Lines entered by one act share `act_id`, each in its
    `position`. A reversing line is of
    the same kind, with everything below zero. The session and the administration lie in a package above.
    """

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    act_id: Mapped[UUID]
    position: Mapped[int]
    lot_id: Mapped[UUID]
    place_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(20))
    amount_mg: Mapped[Decimal] = mapped_column(Exact)
    effect_mg: Mapped[Decimal] = mapped_column(Exact)
    held_mg: Mapped[Decimal] = mapped_column(Exact)
    units: Mapped[Decimal | None] = mapped_column(Exact)
    at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[UUID]
    patient_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    administration_id: Mapped[UUID | None]
    supplier: Mapped[str | None] = mapped_column(String(200))
    document: Mapped[str | None] = mapped_column(String(80))
    waste_method: Mapped[str | None] = mapped_column(String(20))
    reason_sealed: Mapped[bytes | None]
    reason = Sealed("reason_sealed")
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("stock_entry.id"), unique=True)

    lot: Mapped[Lot] = relationship(primaryjoin="foreign(StockEntry.lot_id) == Lot.id", viewonly=True)
    place: Mapped[Place] = relationship(primaryjoin="foreign(StockEntry.place_id) == Place.id", viewonly=True)
    reversed_by: Mapped["StockEntry | None"] = relationship(
        primaryjoin="StockEntry.id == foreign(remote(StockEntry.reverses_id))", viewonly=True, uselist=False
    )
    calls: Mapped[list["WitnessCall"]] = relationship(
        primaryjoin="StockEntry.id == foreign(WitnessCall.entry_id)", viewonly=True, order_by="WitnessCall.id"
    )

    __table_args__ = (
        ForeignKeyConstraint(["clinic_id", "lot_id"], ["lot.clinic_id", "lot.id"]),
        ForeignKeyConstraint(["clinic_id", "place_id"], ["place.clinic_id", "place.id"]),
        ForeignKeyConstraint(["clinic_id", "patient_id"], ["patient.clinic_id", "patient.id"]),
        ForeignKeyConstraint(["clinic_id", "by_id"], ["app_user.clinic_id", "app_user.id"]),
        CheckConstraint(
            "amount_mg >= 0 OR reverses_id IS NOT NULL OR kind = 'discrepancy'", name="below_zero_reverses"
        ),
        Index(None, "clinic_id", "at"),
        # With its effect, so that balances are summed from the index alone.
        Index("ix_stock_entry_balance", "clinic_id", "lot_id", "place_id", "at", "effect_mg"),
        Index(None, "act_id"),
        Index(None, "administration_id"),
    )

    @property
    def call(self) -> "WitnessCall | None":
        """Who was asked last to witness it, if anybody."""
        return self.calls[-1] if self.calls else None

    @property
    def stands(self) -> bool:
        """True for what is neither reversed nor a reversal."""
        return self.reverses_id is None and self.reversed_by is None

    @property
    def unwitnessed(self) -> bool:
        """True for a waste that stands and nobody else has confirmed."""
        confirmed = self.call is not None and self.call.state == WitnessState.CONFIRMED
        return self.kind == EntryKind.WASTED and self.stands and not confirmed


class WitnessCall(Model):
    """Somebody is asked to say that they saw a waste; only they answer, from their own sign-in, and once."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("stock_entry.id"))
    user_id: Mapped[UUID]
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    state: Mapped[str] = mapped_column(String(20), default=WitnessState.WAITING.value)
    answered_at: Mapped[datetime | None]
    reason_sealed: Mapped[bytes | None]
    reason = Sealed("reason_sealed")

    entry: Mapped[StockEntry] = relationship(
        primaryjoin="foreign(WitnessCall.entry_id) == StockEntry.id", viewonly=True, lazy="joined", innerjoin=True
    )

    __table_args__ = (
        ForeignKeyConstraint(["clinic_id", "user_id"], ["app_user.clinic_id", "app_user.id"]),
        ForeignKeyConstraint(["clinic_id", "asked_by"], ["app_user.clinic_id", "app_user.id"]),
        CheckConstraint("(state = 'waiting') = (answered_at IS NULL)", name="answered_or_waiting"),
        # One that waits or has confirmed is enough for each waste.
        Index(
            "ix_witness_call_entry",
            "entry_id",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'confirmed')"),
            postgresql_where=text("state IN ('waiting', 'confirmed')"),
        ),
        # The head of every page counts those that wait.
        Index(
            "ix_witness_call_waiting",
            "user_id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )
