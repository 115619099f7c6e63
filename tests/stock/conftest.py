"""A safe, a cart and a vial to draw from, in the clinic of the cast."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from kap.core import clock
from kap.core.db import db, new_id
from kap.people.models import Patient, User
from kap.stock import actions
from kap.stock.models import Lot, Place, Product, StockEntry
from kap.stock.queries import balance_of
from tests.cast import NOW, Cast
from tests.conftest import Stage

EXPIRES = date(2027, 6, 30)


@dataclass
class Store:
    """The clinic's drugs: `lot` of ten vials of 500 mg came into the `safe`; nothing is in the `cart` yet."""

    stage: Stage
    cast: Cast
    safe_id: UUID
    cart_id: UUID
    lot_id: UUID

    @property
    def safe(self) -> Place:
        """The safe."""
        return db.session.get_one(Place, self.safe_id)

    @property
    def cart(self) -> Place:
        """The cart."""
        return db.session.get_one(Place, self.cart_id)

    @property
    def lot(self) -> Lot:
        """The lot."""
        return db.session.get_one(Lot, self.lot_id)

    def user(self, name: str) -> User:
        """One of the cast."""
        return db.session.get_one(User, self.cast[name])

    @property
    def told(self) -> dict[str, Any]:
        """When and by whom."""
        return {"at": clock.now(), "by": self.user("medical")}

    def balance(self, place: Place | None = None) -> Decimal:
        """What lies in a place by the log."""
        return balance_of(self.lot, place or self.safe, at=clock.now())

    def give(self, drawn: int, given: int, wasted: int = 0, *, to: str = "patient", **more: Any) -> list[StockEntry]:
        """A dose out of the safe."""
        told = {"session_id": new_id(), "administration_id": new_id()} | self.told | more
        return actions.record_given(
            self.lot,
            place=self.safe,
            patient=db.session.get_one(Patient, self.cast[to]),
            drawn_mg=Decimal(drawn),
            given_mg=Decimal(given),
            wasted_mg=Decimal(wasted),
            **told,
        )

    def waste(self, mg: int, **more: Any) -> list[StockEntry]:
        """A waste out of the safe."""
        told = {"method": "destroyer", "witness": None} | self.told | more
        return actions.waste(self.lot, place=self.safe, amount_mg=Decimal(mg), **told)


def stock_up(stage: Stage, cast: Cast) -> Store:
    """Ten vials in the safe; needs an application context."""
    by = db.session.get_one(User, cast["medical"])
    safe, cart = (actions.add_place(name=name, by=by) for name in ("Main safe", "Cart"))
    vial = vials(by)
    came = actions.receive(
        vial,
        number="A-17",
        expires_on=EXPIRES,
        place=safe,
        amount_mg=Decimal(5000),
        units=Decimal(10),
        supplier="Supply House",
        document="4711",
        at=clock.now() - timedelta(days=3),
        by=by,
    )
    return Store(stage, cast, safe.id, cart.id, came.lot_id)


def vials(by: User) -> Product:
    """A vial of 10 mL with 50 mg/mL."""
    return actions.add_product(
        substance="ketamine", name="Ketamine HCl", form="vial", mg_per_ml=Decimal(50), volume_ml=Decimal(10), by=by
    )


@pytest.fixture
def store(stage: Stage, cast: Cast) -> Callable[..., Any]:
    """Opens the store: `with store() as s:` gives it inside an application context, at the time of the cast."""
    kept: list[Store] = []

    @contextmanager
    def opened(at: datetime = NOW) -> Iterator[Store]:
        with stage.app.app_context(), clock.at(at):
            if not kept:
                kept.append(stock_up(stage, cast))
            yield kept[0]

    return opened
