"""The pages of the drug log, ready to be written: what lies where, what wants attention, and the log by date."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from kap.core import clock
from kap.people.models import User
from kap.stock import queries
from kap.stock.models import StockEntry, WasteMethod, WitnessCall, WitnessState
from kap.stock.queries import AtHand
from kap.stock.rules import NONE, EntryKind, Line, Row, rows
from kap.web.filters import number
from kap.web.forms import clinic_zone, local_day

OUTSIDE = "a patient outside your care"
SOON = timedelta(days=30)
"""How long before its expiry a lot is pointed out (our default)."""

Chip = tuple[str, str]

CHIPS = {
    WitnessState.WAITING: ("Waits for witness", "warn"),
    WitnessState.CONFIRMED: ("Witnessed", "good"),
    WitnessState.DECLINED: ("Witness declined", "bad"),
}
NOBODY = ("No witness named", "bad")


class Shelf(NamedTuple):
    """A lot in a place, with what is wrong about it."""

    at: AtHand
    mg: str
    units: str
    chips: Sequence[Chip]


class Waste(NamedTuple):
    """A waste, and where it stands with its witness."""

    entry: StockEntry
    patient: str
    by: str
    chip: Chip
    asked: str


class Rest(NamedTuple):
    """A dose of which something drawn is not accounted for."""

    administration_id: UUID
    at: datetime
    patient: str
    words: str
    missing: bool


class Overview(NamedTuple):
    """What lies where, and what wants attention; `seen` are the patients who stand on it."""

    shelves: Sequence[Shelf]
    empty: Sequence[Shelf]
    wastes: Sequence[Waste]
    rests: Sequence[Rest]
    seen: Sequence[str]

    @property
    def wrong(self) -> Sequence[Shelf]:
        """The lots that are below zero or expired, in this order."""
        found = [shelf for shelf in self.shelves if any(tone == "bad" for _, tone in shelf.chips)]
        return sorted(found, key=lambda shelf: shelf.at.balance_mg >= 0)


class LogLine(NamedTuple):
    """A row of the log, its amounts in words."""

    act_id: UUID
    at: datetime
    late: bool
    what: str
    patient: str
    entry: StockEntry
    amounts: Sequence[str]
    by: str
    witness: str


class Sum(NamedTuple):
    """A lot in a place over the whole time."""

    entry: AtHand
    amounts: Sequence[str]


class LogPage(NamedTuple):
    """The log of a time, and what became of each lot in it."""

    lines: Sequence[LogLine]
    sums: Sequence[Sum]
    seen: Sequence[str]


def overview(user: User) -> Overview:
    """The page of the drug log, for somebody who may see it."""
    at_hand = sorted(queries.lots_at_hand(user.clinic_id), key=lambda at: (at.product.label.casefold(), at.expires_on))
    shelves = [_shelf(at) for at in at_hand]
    wastes, rests = queries.unwitnessed(user.clinic_id), queries.unaccounted(user.clinic_id)
    names = _Names(user, wastes, {rest.patient_id for rest in rests if rest.patient_id})
    lots = {(shelf.at.lot.id, shelf.at.place.id): shelf.at for shelf in shelves}
    return Overview(
        shelves=[shelf for shelf in shelves if shelf.at.balance_mg],
        empty=[shelf for shelf in shelves if not shelf.at.balance_mg],
        wastes=[names.waste(entry) for entry in wastes],
        rests=[
            Rest(
                rest.administration_id,
                rest.at,
                names.patient(rest.patient_id),
                _rest(lots[rest.lot_id, rest.place_id], rest),
                rest.held_mg > 0,
            )
            for rest in rests
        ],
        seen=names.seen,
    )


def _shelf(at: AtHand) -> Shelf:
    chips: list[Chip] = []
    today = clock.today(clinic_zone())
    if at.balance_mg < 0:
        chips.append(("Below zero", "bad"))
    if at.balance_mg > 0 and at.lot.expired(today):
        chips.append(("Expired", "bad"))
    elif at.balance_mg > 0 and at.lot.expired(today + SOON):
        chips.append(("Expires soon", "warn"))
    return Shelf(at, number(at.balance_mg), at.product.units(at.balance_mg), chips)


def _rest(at: AtHand, rest: queries.Unaccounted) -> str:
    drug = f"{at.product.label}, lot {at.lot.number}"
    if rest.held_mg > 0:
        return f"{number(rest.held_mg)} mg drawn and neither given nor wasted: {drug}"
    return f"{number(-rest.held_mg)} mg more given and wasted than drawn: {drug}"


def wastes(user: User, calls: Sequence[WitnessCall]) -> tuple[Sequence[tuple[WitnessCall, Waste]], Sequence[str]]:
    """What somebody is asked to witness, and the patients who stand on it."""
    names = _Names(user, [call.entry for call in calls])
    return [(call, names.waste(call.entry)) for call in calls], names.seen


def log_page(
    user: User, since: datetime, until: datetime, *, product_id: UUID | None, place_id: UUID | None
) -> LogPage:
    """The log from a moment until before another, for somebody who may see it."""
    only = {"product_id": product_id, "place_id": place_id}
    lines = queries.lines_between(user.clinic_id, since, until, **only)
    opening = queries.opening_balances(user.clinic_id, since, **only)
    found = rows(map(_light, lines), opening)
    names = _Names(user, lines)
    return LogPage([names.line(row) for row in found], _sums(user, found, opening), names.seen)


def act_page(user: User, act: Sequence[StockEntry]) -> tuple[Sequence[LogLine], Sequence[str]]:
    """The lines of an act one by one, and the patients who stand on them."""
    names = _Names(user, act)
    return [names.line(Row([_light(line)], NONE)) for line in act], names.seen


def _light(entry: StockEntry) -> Line:
    return Line(entry.act_id, entry.lot_id, entry.place_id, entry.kind, entry.amount_mg, entry.effect_mg, entry)


def _sums(user: User, found: Sequence[Row], opening: Mapping[tuple[UUID, UUID], Decimal]) -> Sequence[Sum]:
    """One row for each lot and place that had something or to which something happened."""
    of: dict[Any, list[Line]] = {key: [] for key, mg in opening.items() if mg}
    for row in found:
        of.setdefault((row.lines[0].lot, row.lines[0].place), []).extend(row.lines)
    at_hand = {(at.lot.id, at.place.id): at for at in queries.lots_at_hand(user.clinic_id)}
    sums = [(at_hand[key], Row(lines, opening.get(key, NONE))) for key, lines in of.items()]
    sums.sort(key=lambda one: (one[0].product.label.casefold(), one[0].lot.number, one[0].place.name))
    return [Sum(at, _amounts(row)) for at, row in sums]


def _amounts(row: Row) -> list[str]:
    between = (row.received, row.drawn, row.given, row.wasted, row.other)
    return [number(row.opening), *(number(mg) if mg else "" for mg in between), number(row.closing)]


class _Names:
    """Who and what stands on a page of the drug log; patients by their code, to whoever may know of them."""

    def __init__(self, user: User, entries: Iterable[StockEntry], patients: set[UUID] | None = None) -> None:
        found = list(entries)
        people = {entry.by_id for entry in found} | {call.user_id for entry in found for call in entry.calls}
        self.people = queries.people(user.clinic_id, people)
        whom = {entry.patient_id for entry in found if entry.patient_id} | (patients or set())
        self.codes = queries.codes_in_sight(user, whom)

    @property
    def seen(self) -> Sequence[str]:
        """The patients whose codes are shown."""
        return sorted(map(str, self.codes))

    def patient(self, id: UUID | None) -> str:
        """The code, where it may be known; nothing where there is no patient."""
        return self.codes.get(id, OUTSIDE) if id else ""

    def waste(self, entry: StockEntry) -> Waste:
        """A waste, and where it stands with its witness."""
        state, asked = _state(entry), entry.call
        name = self.people.get(asked.user_id, "–") if asked and state != WitnessState.WITHDRAWN else ""
        chip = CHIPS.get(state, NOBODY) if state else NOBODY
        return Waste(entry, self.patient(entry.patient_id), self.people.get(entry.by_id, "–"), chip, name)

    def witness(self, entry: StockEntry) -> str:
        """The same in a few words; nothing of a waste that was reversed before anybody confirmed it."""
        if not entry.unwitnessed and _state(entry) != WitnessState.CONFIRMED:
            return ""
        waste = self.waste(entry)
        if waste.chip == CHIPS[WitnessState.CONFIRMED]:
            return waste.asked
        return f"{waste.chip[0]}: {waste.asked}" if waste.asked else waste.chip[0]

    def line(self, row: Row) -> LogLine:
        """A row of the log."""
        entries = [line.entry for line in row.lines]
        entry: StockEntry = entries[0]
        wasted = next((line for line in entries if line.kind == EntryKind.WASTED and line.reverses_id is None), None)
        return LogLine(
            act_id=entry.act_id,
            at=entry.at,
            late=(local_day(entry.recorded_at) or entry.at.date()) > (local_day(entry.at) or entry.at.date()),
            what=_what(entries),
            patient=self.patient(entry.patient_id),
            entry=entry,
            amounts=_amounts(row),
            by=self.people.get(entry.by_id, "–"),
            witness=self.witness(wasted) if wasted else "",
        )


def _state(entry: StockEntry) -> WitnessState | None:
    return WitnessState(entry.call.state) if entry.call else None


def _what(entries: Sequence[StockEntry]) -> str:
    """What happened, in a line that begins with a capital; that it was drawn goes without saying."""
    told = [line for line in entries if line.kind != EntryKind.DRAWN] or entries
    words = ", ".join(dict.fromkeys(_told(line) for line in told))
    if entries[0].reverses_id is not None:
        return f"Reversed: {words}"
    if any(line.reversed_by for line in entries):
        words = f"{words} (reversed later)"
    return f"{words[0].upper()}{words[1:]}"


def _told(line: StockEntry) -> str:
    kind, mg = EntryKind(line.kind), number(abs(line.amount_mg))
    method = WasteMethod(line.waste_method).label if line.waste_method else ""
    return {
        EntryKind.RECEIVED: " ".join(filter(None, ("received from", line.supplier or "nobody named", line.document))),
        EntryKind.RETURNED: f"returned to {line.supplier}",
        EntryKind.COUNTED: f"counted {mg} mg",
        EntryKind.DISCREPANCY: f"{mg} mg {'too many' if line.effect_mg > 0 else 'missing'}",
        EntryKind.WASTED: f"wasted ({method[:1].lower()}{method[1:]})",
    }.get(kind, kind.label.lower())
