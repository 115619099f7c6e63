"""What can be written into the drug log. It takes what really happened, whatever the balance or the expiry says.

A line is never changed: what was wrong is reversed by other lines, with a reason, and entered anew.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db, hold, new_id
from kap.core.refusal import Refused, Stale
from kap.people.models import Patient, User
from kap.stock import queries, rules
from kap.stock.models import (
    Lot,
    Place,
    Product,
    ProductForm,
    StockEntry,
    Substance,
    WasteMethod,
    WitnessCall,
    WitnessState,
)
from kap.stock.rules import NONE, EntryKind
from kap.web.filters import number, written

LEAST_MG, MOST_MG = Decimal("0.001"), Decimal(1_000_000)
"""The log counts whole micrograms, and a sum of its lines has to stay a number that the databases hold."""


def add_place(*, name: str, by: User) -> Place:
    """A new place where drugs are kept."""
    with recording(Action.STOCK_SET_UP, by=by) as event:
        _refuse_name(by.clinic_id, name)
        place = Place(clinic_id=by.clinic_id, name=name)
        db.session.add(place)
        event.about(place)
    return place


def rename_place(place: Place, *, name: str, version: int, by: User) -> Place:
    """Call a place something else."""
    with recording(Action.STOCK_SET_UP, by=by, about=place):
        _refuse_stale(place, version)
        _refuse_name(place.clinic_id, name, but=place)
        place.name = name
    return place


def _refuse_name(clinic_id: UUID, name: str, *, but: Place | None = None) -> None:
    other = queries.place_named(clinic_id, name)
    if other is not None and other is not but:
        raise Refused("There is a place of this name already.", field="name")


def add_product(
    *,
    substance: str,
    name: str,
    form: str,
    unit_mg: Decimal | None = None,
    mg_per_ml: Decimal | None = None,
    volume_ml: Decimal | None = None,
    code: str | None = None,
    manufacturer: str | None = None,
    by: User,
) -> Product:
    """A new product: its strength as mg in a unit, or as mg/mL and mL in a unit."""
    with recording(Action.STOCK_SET_UP, by=by) as event:
        product = Product(
            clinic_id=by.clinic_id,
            substance=Substance(substance).value,
            name=name,
            form=ProductForm(form).value,
            unit_mg=_strength(unit_mg, mg_per_ml, volume_ml),
            mg_per_ml=mg_per_ml,
            volume_ml=volume_ml,
            code=code or None,
            manufacturer=manufacturer or None,
        )
        db.session.add(product)
        event.about(product)
    return product


def _strength(unit_mg: Decimal | None, mg_per_ml: Decimal | None, volume_ml: Decimal | None) -> Decimal:
    """What a unit holds; Refused where that is not said, or said in two ways that differ."""
    if (mg_per_ml is None) != (volume_ml is None):
        raise Refused("Please give both mg/mL and mL.", field="volume_ml" if volume_ml is None else "mg_per_ml")
    told = unit_mg if mg_per_ml is None or volume_ml is None else mg_per_ml * volume_ml
    if told is None or not LEAST_MG <= told < MOST_MG:
        raise Refused("Please say what one unit holds: in mg, or as mg/mL and mL.", field="unit_mg")
    if unit_mg is not None and unit_mg != told:
        raise Refused(f"By mg/mL and mL it is {number(told)} mg. Which one is right?", field="unit_mg")
    return told


def edit_product(
    product: Product, *, name: str, code: str | None, manufacturer: str | None, version: int, by: User
) -> Product:
    """Correct what a product is called; its strength stays, for the log is reckoned by it."""
    with recording(Action.STOCK_SET_UP, by=by, about=product):
        _refuse_stale(product, version)
        product.name, product.code, product.manufacturer = name, code or None, manufacturer or None
    return product


def edit_lot(lot: Lot, *, number: str, expires_on: date, version: int, by: User) -> Lot:
    """Correct what was misread from the label of a lot."""
    with recording(Action.STOCK_SET_UP, by=by, about=lot):
        _refuse_stale(lot, version)
        other = queries.lot_numbered(lot.product, number)
        if other is not None and other is not lot:
            raise Refused("Another lot of this product has this number.", field="number")
        lot.number, lot.expires_on = number, expires_on
    return lot


def _refuse_stale(row: Place | Product | Lot, version: int) -> None:
    hold(row, whole=True)
    if row.version != version:
        raise Stale(row)


def receive(
    product: Product,
    *,
    number: str,
    expires_on: date,
    place: Place,
    amount_mg: Decimal,
    units: Decimal | None = None,
    supplier: str | None = None,
    document: str | None = None,
    at: datetime,
    by: User,
) -> StockEntry:
    """What came from a supplier, of a lot that is new or known."""
    with recording(Action.STOCK_RECEIVED, by=by) as event:
        # Of two who receive a new lot at once the second finds it.
        hold(product)
        lot = queries.lot_numbered(product, number)
        if lot is None:
            lot = Lot(clinic_id=product.clinic_id, product_id=product.id, number=number, expires_on=expires_on)
            db.session.add(lot)
            db.session.flush()
        elif lot.expires_on != expires_on:
            raise Refused(
                f"This lot is in the log with another date, {written(lot.expires_on)}. Please read the label again; "
                "the date in the log can be corrected under Set-up.",
                field="expires_on",
            )
        act = _Act(event, lot, place, at=at, by=by, supplier=supplier or None, document=document or None)
        return act.line(EntryKind.RECEIVED, amount_mg, units=units)


def move(
    lot: Lot, *, source: Place, target: Place, amount_mg: Decimal, units: Decimal | None = None, at: datetime, by: User
) -> list[StockEntry]:
    """From one place to another."""
    with recording(Action.STOCK_MOVED, by=by) as event:
        if source.id == target.id:
            raise Refused("It is there already. Please choose another place.", field="target")
        act = _Act(event, lot, source, at=at, by=by)
        out = act.line(EntryKind.MOVED_OUT, amount_mg, units=units)
        return [out, act.line(EntryKind.MOVED_IN, amount_mg, units=units, place=target)]


def open_unit(lot: Lot, *, place: Place, units: Decimal | None = None, at: datetime, by: User) -> StockEntry:
    """That a vial or package was opened; what it holds stays on the balance until it is drawn."""
    with recording(Action.STOCK_OPENED, by=by) as event:
        units = Decimal(1) if units is None else units
        return _Act(event, lot, place, at=at, by=by).line(EntryKind.OPENED, lot.product.unit_mg * units, units=units)


def return_stock(
    lot: Lot,
    *,
    place: Place,
    amount_mg: Decimal,
    units: Decimal | None = None,
    supplier: str,
    document: str | None = None,
    reason: str | None = None,
    at: datetime,
    by: User,
) -> StockEntry:
    """Back to a supplier, or to whoever destroys it for the clinic."""
    with recording(Action.STOCK_RETURNED, by=by) as event:
        act = _Act(event, lot, place, at=at, by=by, supplier=supplier, document=document or None, reason=reason)
        return act.line(EntryKind.RETURNED, amount_mg, units=units)


def count(
    lot: Lot,
    *,
    place: Place,
    counted_mg: Decimal,
    units: Decimal | None = None,
    reason: str | None = None,
    at: datetime,
    by: User,
) -> list[StockEntry]:
    """What is really there; where the log says something else, the difference is a line of its own, with a reason."""
    with recording(Action.STOCK_COUNTED, by=by) as event:
        # Two who count at once would both enter the same difference.
        hold(lot)
        act = _Act(event, lot, place, at=at, by=by, reason=reason)
        lines = [act.line(EntryKind.COUNTED, counted_mg, units=units, least=NONE)]
        balance = queries.balance_of(lot, place, at=at)
        if counted_mg != balance:
            if not (reason or "").strip():
                raise Refused(
                    f"The log says {number(balance)} mg, so {_difference(counted_mg - balance)}. "
                    "Please say what may have happened, or that nobody knows.",
                    field="reason",
                )
            lines.append(act.line(EntryKind.DISCREPANCY, counted_mg - balance))
    return lines


def _difference(mg: Decimal) -> str:
    return f"{number(mg)} mg are too many" if mg > 0 else f"{number(-mg)} mg are missing"


def waste(
    lot: Lot,
    *,
    place: Place,
    amount_mg: Decimal,
    units: Decimal | None = None,
    method: str,
    witness: User | None,
    reason: str | None = None,
    at: datetime,
    by: User,
) -> list[StockEntry]:
    """Taken out of its place and destroyed; `witness` is asked to confirm it."""
    with recording(Action.STOCK_WASTED, by=by) as event:
        act = _Act(event, lot, place, at=at, by=by, reason=reason)
        drawn = act.line(EntryKind.DRAWN, amount_mg, units=units)
        return [drawn, _wasted(act, amount_mg, method, witness, units=units)]


def waste_rest(
    administration_id: UUID,
    *,
    amount_mg: Decimal,
    method: str,
    witness: User | None,
    reason: str | None = None,
    at: datetime,
    by: User,
) -> StockEntry:
    """Waste, later, of what was drawn for a dose and not given."""
    with recording(Action.STOCK_WASTED, by=by) as event:
        lines = [line for line in queries.lines_of(administration_id) if line.stands]
        drawn = next((line for line in lines if line.kind == EntryKind.DRAWN), None)
        if drawn is None or drawn.clinic_id != by.clinic_id:
            raise Refused("Nothing was drawn for this dose, or it was taken back.")
        act = _Act(event, drawn.lot, drawn.place, at=at, by=by, reason=reason, **_of_dose(drawn))
        return _wasted(act, amount_mg, method, witness)


def _of_dose(line: StockEntry) -> dict[str, Any]:
    return {name: getattr(line, name) for name in ("patient_id", "session_id", "administration_id")}


def record_given(
    lot: Lot,
    *,
    place: Place,
    patient: Patient,
    session_id: UUID | None,
    administration_id: UUID,
    drawn_mg: Decimal,
    given_mg: Decimal,
    wasted_mg: Decimal | int = 0,
    units: Decimal | int | None = None,
    waste_method: str | None = None,
    witness: User | None = None,
    at: datetime,
    by: User,
) -> list[StockEntry]:
    """What was drawn for a dose, given and wasted; what is left of the drawn shows as not accounted for."""
    with recording(Action.STOCK_GIVEN, by=by, patient=patient) as event:
        act = _Act(
            event,
            lot,
            place,
            at=at,
            by=by,
            patient_id=patient.id,
            session_id=session_id,
            administration_id=administration_id,
        )
        if patient.clinic_id != lot.clinic_id:
            raise Refused("This lot is not of the clinic of the patient.")
        counted = None if units is None else Decimal(units)
        lines = [
            act.line(kind, Decimal(amount), units=counted)
            for kind, amount in ((EntryKind.DRAWN, drawn_mg), (EntryKind.GIVEN, given_mg))
            if amount
        ]
        if wasted_mg:
            method = waste_method or WasteMethod.OTHER.value
            lines.append(_wasted(act, Decimal(wasted_mg), method, witness))
    return lines


def _wasted(
    act: "_Act", amount_mg: Decimal, method: str, witness: User | None, *, units: Decimal | None = None
) -> StockEntry:
    line = act.line(EntryKind.WASTED, amount_mg, units=units, waste_method=WasteMethod(method).value)
    if witness is not None:
        _call(line, witness, by=act.by)
    return line


class _Act:
    """What is entered at once: lines that share their time, their lot and whose hand it was."""

    def __init__(
        self,
        event: AuditEvent,
        lot: Lot,
        place: Place,
        *,
        at: datetime,
        by: User,
        reason: str | None = None,
        **told: Any,
    ) -> None:
        if at > clock.now():
            raise Refused("This lies in the future. Please check the date.", field="at")
        if by.clinic_id != lot.clinic_id:
            raise Refused("This lot is not of your clinic.", field="lot")
        self.id, self.event, self.lot, self.place, self.at, self.by = new_id(), event, lot, place, at, by
        self.reason, self.told, self.lines = (reason or "").strip(), told, 0

    def line(
        self,
        kind: EntryKind,
        amount: Decimal,
        *,
        units: Decimal | None = None,
        place: Place | None = None,
        least: Decimal | None = None,
        **more: Any,
    ) -> StockEntry:
        """One line; an amount of nothing is only taken where `least` says so."""
        if kind is not EntryKind.DISCREPANCY and (amount < 0 or (amount == 0 and least is None)):
            raise Refused("Please give an amount above zero.", field="amount")
        place = place or self.place
        if place.clinic_id != self.lot.clinic_id:
            raise Refused("This place is not of your clinic.", field="place")
        effect, held = rules.effects(kind, amount)
        self.lines += 1
        entry = StockEntry(
            clinic_id=self.lot.clinic_id,
            act_id=self.id,
            position=self.lines,
            lot_id=self.lot.id,
            place_id=place.id,
            kind=kind.value,
            amount_mg=amount,
            effect_mg=effect,
            held_mg=held,
            units=units,
            at=self.at,
            by_id=self.by.id,
            **self.told | more,
        )
        entry.reason = self.reason
        return _add(entry, self.event)


def _add(entry: StockEntry, event: AuditEvent) -> StockEntry:
    db.session.add(entry)
    db.session.flush()
    event.about(entry)
    return entry


def reverse(act: Sequence[StockEntry], *, reason: str, by: User) -> list[StockEntry]:
    """Take back what was entered at once; the lines of a dose follow the dose, and are taken back there."""
    if any(line.kind == EntryKind.GIVEN for line in act):
        raise Refused("This belongs to a dose. Please correct the dose in the session, and the drug log follows.")
    if not reason.strip():
        raise Refused("Please say why.", field="reason")
    with recording(Action.STOCK_REVERSED, by=by, patient=_patient(act)) as event:
        lines = _standing(act, event)
        if not lines:
            raise Refused("This was reversed already. Load the page again to see by whom.")
        return _reversed(lines, reason, event, by)


def reverse_administration(administration_id: UUID, *, reason: str, by: User) -> list[StockEntry]:
    """Take back every line of an administration that still stands; none where there is nothing to take back."""
    act = queries.lines_of(administration_id)
    with recording(Action.STOCK_REVERSED, by=by, patient=_patient(act)) as event:
        return _reversed(_standing(act, event), reason, event, by)


def _patient(lines: Iterable[StockEntry]) -> Patient | None:
    found = next((line.patient_id for line in lines if line.patient_id), None)
    return db.session.get(Patient, found) if found else None


def _standing(act: Sequence[StockEntry], event: AuditEvent) -> list[StockEntry]:
    """Those lines that are neither reversed nor reverse others, read once nobody else can reverse them."""
    for lot in sorted({line.lot for line in act}, key=lambda lot: lot.id):
        hold(lot)
    for line in act:
        db.session.refresh(line, ["reversed_by", "calls"])
        event.about(line)
    return [line for line in act if line.stands]


def _reversed(lines: Sequence[StockEntry], reason: str, event: AuditEvent, by: User) -> list[StockEntry]:
    act_id, at, found = new_id(), clock.now(), []
    for position, line in enumerate(lines, start=1):
        if line.clinic_id != by.clinic_id:
            raise Refused("This is not of your clinic.")
        entry = StockEntry(
            act_id=act_id,
            position=position,
            at=at,
            by_id=by.id,
            reverses_id=line.id,
            amount_mg=-line.amount_mg,
            effect_mg=-line.effect_mg,
            held_mg=-line.held_mg,
            units=None if line.units is None else -line.units,
            **{name: getattr(line, name) for name in ("clinic_id", "lot_id", "place_id", "kind", "waste_method")},
            **_of_dose(line),
        )
        entry.reason = reason.strip()
        found.append(_add(entry, event))
        _withdraw(line)
    return found


def ask_witness(entry: StockEntry, *, witness: User, by: User) -> WitnessCall:
    """Ask somebody, or somebody else, to confirm a waste."""
    with recording(Action.WITNESS_ASKED, by=by, about=entry, patient=_patient([entry])):
        hold(entry.lot)
        db.session.refresh(entry, ["calls", "reversed_by"])
        _withdraw(entry)
        if not entry.unwitnessed:
            raise Refused("This wants no witness: it is confirmed already, reversed, or no waste.")
        db.session.flush()
        return _call(entry, witness, by=by)


def _withdraw(entry: StockEntry) -> None:
    """Ask nobody any more, unless they have answered in the meantime."""
    if entry.call is not None:
        db.session.refresh(entry.call, with_for_update={"of": WitnessCall})
        if entry.call.state == WitnessState.WAITING:
            _answer(entry.call, WitnessState.WITHDRAWN)


def _call(entry: StockEntry, witness: User, *, by: User) -> WitnessCall:
    if witness.id == entry.by_id:
        raise Refused("Whoever wastes it cannot witness it. Please name somebody else.", field="witness")
    if witness.clinic_id != entry.clinic_id or not queries.may_witness(witness):
        raise Refused("This person may not witness here. Please name somebody else.", field="witness")
    call = WitnessCall(clinic_id=entry.clinic_id, entry_id=entry.id, user_id=witness.id, asked_by=by.id)
    db.session.add(call)
    return call


def confirm_waste(call: WitnessCall, *, by: User) -> None:
    """Say, as the one who was asked, that one saw it."""
    with recording(Action.WASTE_WITNESSED, by=by, about=call.entry, patient=_patient([call.entry])):
        _refuse_answer(call, by)
        _answer(call, WitnessState.CONFIRMED)


def decline_waste(call: WitnessCall, *, reason: str, by: User) -> None:
    """Say, as the one who was asked, that one did not see it or saw something else, and why."""
    with recording(Action.WASTE_DECLINED, by=by, about=call.entry, patient=_patient([call.entry])):
        _refuse_answer(call, by)
        if not reason.strip():
            raise Refused("Please say why.", field="reason")
        call.reason = reason.strip()
        _answer(call, WitnessState.DECLINED)


def _refuse_answer(call: WitnessCall, by: User) -> None:
    db.session.refresh(call, with_for_update={"of": WitnessCall})
    if call.user_id != by.id or call.entry.by_id == by.id:
        raise Refused("Only the person who was asked can answer, and nobody for their own waste.")
    if call.state != WitnessState.WAITING:
        raise Refused("This no longer waits for you: it was answered, reversed, or somebody else was asked.")


def _answer(call: WitnessCall, state: WitnessState) -> None:
    call.state, call.answered_at = state.value, clock.now()
