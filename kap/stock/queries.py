"""What lies where, what wants attention, and the lines of the log."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from kap.access.roles import GRANTS, Permission, Role
from kap.core.db import db
from kap.people.load import PERSON, asking, visible
from kap.people.models import Patient, User
from kap.people.queries import holds
from kap.stock.models import Lot, Place, Product, StockEntry, WitnessCall, WitnessState
from kap.stock.rules import NONE, EntryKind
from kap.web.filters import number


class AtHand(NamedTuple):
    """What the log says lies in one place of one lot; below zero where more went out than came in."""

    lot: Lot
    product: Product
    place: Place
    expires_on: date
    balance_mg: Decimal

    @property
    def words(self) -> str:
        """All of it in a line."""
        return (
            f"{self.product.label}, lot {self.lot.number}, expires {self.expires_on:%d %b %Y}, "
            f"{self.place.name}: {number(self.balance_mg)} mg"
        )


class Unaccounted(NamedTuple):
    """A dose of which less was given and wasted than was drawn, or more: what is missing, in mg."""

    administration_id: UUID
    lot_id: UUID
    place_id: UUID
    patient_id: UUID | None
    at: datetime
    held_mg: Decimal


def lots_at_hand(clinic_id: UUID) -> Sequence[AtHand]:
    """Every lot in every place where it has been: those with something left first, by product and expiry."""
    balance = func.sum(StockEntry.effect_mg).label("balance")
    sums = (
        select(StockEntry.lot_id, StockEntry.place_id, balance)
        .where(StockEntry.clinic_id == clinic_id)
        .group_by(StockEntry.lot_id, StockEntry.place_id)
        .subquery()
    )
    query = (
        select(Lot, Place, sums.c.balance)
        .select_from(sums)
        .join(Lot, Lot.id == sums.c.lot_id)
        .join(Place, Place.id == sums.c.place_id)
    )
    found = [AtHand(lot, lot.product, place, lot.expires_on, mg) for lot, place, mg in db.session.execute(query)]
    return sorted(
        found,
        key=lambda at: (at.balance_mg <= 0, at.product.label.casefold(), at.expires_on, at.lot.number, at.place.name),
    )


def balance_of(lot: Lot, place: Place, *, at: datetime) -> Decimal:
    """What lay there at a moment, by what is known of it now."""
    query = select(func.sum(StockEntry.effect_mg)).where(
        StockEntry.clinic_id == lot.clinic_id,
        StockEntry.lot_id == lot.id,
        StockEntry.place_id == place.id,
        StockEntry.at <= at,
    )
    return db.session.scalar(query) or NONE


def lines_of(administration_id: UUID) -> Sequence[StockEntry]:
    """All that stands in the log about one administration, reversals too, in the order in which it was written."""
    return _lines(StockEntry.administration_id == administration_id)


def act_of(clinic_id: UUID, act_id: UUID) -> Sequence[StockEntry]:
    """The lines that were entered together; none where the clinic has no such act."""
    return _lines(StockEntry.clinic_id == clinic_id, StockEntry.act_id == act_id)


def _lines(*conditions: Any) -> Sequence[StockEntry]:
    return db.session.scalars(_whole(select(StockEntry).where(*conditions)).order_by(*_WRITTEN)).all()


_WRITTEN = (StockEntry.act_id, StockEntry.position)
"""The order in which lines were written down."""


def _whole(query: Select[tuple[StockEntry]]) -> Select[tuple[StockEntry]]:
    """With all that its words need."""
    return query.options(
        joinedload(StockEntry.lot),
        joinedload(StockEntry.place),
        selectinload(StockEntry.reversed_by),
        selectinload(StockEntry.calls),
    ).execution_options(populate_existing=True)


def lines_between(
    clinic_id: UUID, since: datetime, until: datetime, *, product_id: UUID | None, place_id: UUID | None
) -> Sequence[StockEntry]:
    """The lines of a time, in the order of the log: as things happened, and then as they were written down."""
    query = select(StockEntry).where(StockEntry.clinic_id == clinic_id, *_only(product_id, place_id))
    query = query.where(StockEntry.at >= since, StockEntry.at < until)
    return db.session.scalars(_whole(query).order_by(StockEntry.at, *_WRITTEN)).all()


def opening_balances(
    clinic_id: UUID, since: datetime, *, product_id: UUID | None, place_id: UUID | None
) -> dict[tuple[UUID, UUID], Decimal]:
    """What lay where just before a moment, by lot and place."""
    query = (
        select(StockEntry.lot_id, StockEntry.place_id, func.sum(StockEntry.effect_mg))
        .where(StockEntry.clinic_id == clinic_id, StockEntry.at < since, *_only(product_id, place_id))
        .group_by(StockEntry.lot_id, StockEntry.place_id)
    )
    return {(lot, place): mg for lot, place, mg in db.session.execute(query)}


def _only(product_id: UUID | None, place_id: UUID | None) -> list[Any]:
    found: list[Any] = []
    if product_id is not None:
        found.append(StockEntry.lot_id.in_(select(Lot.id).where(Lot.product_id == product_id)))
    if place_id is not None:
        found.append(StockEntry.place_id == place_id)
    return found


def unaccounted(clinic_id: UUID) -> Sequence[Unaccounted]:
    """The doses of which what was drawn is not what was given and wasted, the oldest first."""
    held, at = func.sum(StockEntry.held_mg), func.min(StockEntry.at)
    of = (StockEntry.administration_id, StockEntry.lot_id, StockEntry.place_id, StockEntry.patient_id)
    query = (
        select(*of, at, held)
        .where(StockEntry.clinic_id == clinic_id, StockEntry.administration_id.is_not(None))
        .group_by(*of)
        .having(held != 0)
        .order_by(at)
    )
    return [Unaccounted._make(row) for row in db.session.execute(query)]


def unwitnessed(clinic_id: UUID) -> Sequence[StockEntry]:
    """The wastes that nobody has confirmed, the oldest first."""
    confirmed = select(WitnessCall.entry_id).where(
        WitnessCall.clinic_id == clinic_id, WitnessCall.state == WitnessState.CONFIRMED
    )
    reversed_ = select(StockEntry.reverses_id).where(
        StockEntry.clinic_id == clinic_id, StockEntry.reverses_id.is_not(None)
    )
    return _lines(
        StockEntry.clinic_id == clinic_id,
        StockEntry.kind == EntryKind.WASTED,
        StockEntry.reverses_id.is_(None),
        StockEntry.id.not_in(confirmed),
        StockEntry.id.not_in(reversed_),
    )


def calls_for(user: User) -> Sequence[WitnessCall]:
    """The wastes that `user` is asked to witness, the oldest first."""
    return db.session.scalars(_CALLS.order_by(WitnessCall.id), {"person": user.id}).all()


def call_count(user: User) -> int:
    """How many wastes `user` is asked to witness."""
    return db.session.scalar(_CALLS.with_only_columns(func.count()), {"person": user.id}) or 0


_CALLS = select(WitnessCall).where(WitnessCall.user_id == PERSON, WitnessCall.state == WitnessState.WAITING.value)


def call_for(user: User, id: UUID) -> WitnessCall | None:
    """One of the wastes that `user` was asked to witness, answered or not."""
    return db.session.scalar(select(WitnessCall).where(WitnessCall.id == id, WitnessCall.user_id == user.id))


def witnesses(clinic_id: UUID) -> Sequence[User]:
    """Those of the clinic who may witness a waste, by name."""
    query = select(User).where(User.clinic_id == clinic_id, User.active, holds(_witnessing()))
    return db.session.scalars(query.order_by(func.lower(User.name), User.id)).unique().all()


@cache
def _witnessing() -> frozenset[Role]:
    return frozenset(role for role, granted in GRANTS.items() if Permission.STOCK_WITNESS in granted)


def may_witness(user: User) -> bool:
    """Whether somebody can sign in and may witness."""
    return user.active and bool(user.roles & _witnessing())


def places_of(clinic_id: UUID) -> Sequence[Place]:
    """The places of the clinic, by name."""
    return db.session.scalars(select(Place).where(Place.clinic_id == clinic_id).order_by(func.lower(Place.name))).all()


def products_of(clinic_id: UUID) -> Sequence[Product]:
    """The products of the clinic, by name."""
    query = select(Product).where(Product.clinic_id == clinic_id)
    return db.session.scalars(query.order_by(func.lower(Product.name), Product.unit_mg, Product.id)).all()


def lots_of(clinic_id: UUID) -> Sequence[Lot]:
    """The lots of the clinic, those that expire last first."""
    query = select(Lot).where(Lot.clinic_id == clinic_id)
    return db.session.scalars(query.order_by(Lot.expires_on.desc(), Lot.number, Lot.id)).all()


def place(clinic_id: UUID, id: UUID) -> Place | None:
    """One place of the clinic."""
    return db.session.scalar(select(Place).where(Place.clinic_id == clinic_id, Place.id == id))


def product(clinic_id: UUID, id: UUID) -> Product | None:
    """One product of the clinic."""
    return db.session.scalar(select(Product).where(Product.clinic_id == clinic_id, Product.id == id))


def lot(clinic_id: UUID, id: UUID) -> Lot | None:
    """One lot of the clinic."""
    return db.session.scalar(select(Lot).where(Lot.clinic_id == clinic_id, Lot.id == id))


def lot_numbered(product: Product, number: str) -> Lot | None:
    """The lot of a product with that number."""
    return db.session.scalar(select(Lot).where(Lot.product_id == product.id, Lot.number == number))


def place_named(clinic_id: UUID, name: str) -> Place | None:
    """The place of the clinic with that name, whatever its capitals."""
    return db.session.scalar(select(Place).where(Place.clinic_id == clinic_id, func.lower(Place.name) == name.lower()))


def codes_in_sight(user: User, ids: Collection[UUID]) -> dict[UUID, str]:
    """The codes of those of these patients of whom `user` may know."""
    if not ids:
        return {}
    query = select(Patient.id, Patient.code).where(Patient.id.in_(ids), visible(user.roles))
    return dict(db.session.execute(query, asking(user)).tuples().all())


def people(clinic_id: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of those who did something, by their keys."""
    query = select(User.id, User.name).where(User.clinic_id == clinic_id, User.id.in_(set(ids)))
    return dict(db.session.execute(query).tuples().all())
