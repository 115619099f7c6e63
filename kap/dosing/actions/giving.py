"""What was given is written down, row by row, and the session keeps the sum.

Nothing that was really given is refused for being unusual: see `rules.giving`. A row stays as it was written; what was
wrong in it, or came later, is a row of its own that names it.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from kap.access.roles import Permission, granted
from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused
from kap.dosing.actions.events import open_error
from kap.dosing.actions.locked import hold_open
from kap.dosing.models import Administration, GivenBy, Method
from kap.dosing.queries.giving import administrations_of, as_given, warned
from kap.dosing.rules.giving import EARLY_START, ESKETAMINE, INFUSED, USUAL, Giving, total
from kap.people.models import Patient, User
from kap.stock import actions as stock
from kap.stock import queries as stocked
from kap.treatment.models import DosingSession, Medicine, Route, Status
from kap.treatment.queries import signatures_of
from kap.treatment.rules import Tier, plain

OF_THE_LEDGER = ("at", "lot_id", "place_id", "amount_mg", "drawn_mg", "wasted_mg", "waste_witness")
"""What the drug log holds of a giving: where all of it stays, the log stays."""

MOST_MG = 1_000_000
"""The record holds no such amount; a slip is asked about long before."""

CHANGED = "Somebody has corrected this in the meantime. What you typed is still here; please look at the session first."


def give(
    session: DosingSession,
    giving: Giving,
    *,
    reason: str = "",
    confirmed: bool = False,
    by_weight: bool = False,
    by: User,
) -> Administration:
    """Write down what was given. The first giving makes the session one that took place.

    `reason` explains what is unusual; `confirmed` says that an amount that looks like a slip was really given, and
    opens a medication error.
    """
    with recording(Action.DOSE_GIVEN, by=by, patient=session.patient) as event:
        hold_open(session, alone=True)
        giving = _possible(session, giving)
        doubt = _asked(session, giving, None, reason, confirmed, by_weight, by=by)
        giving = _with_told(session, giving)
        row = _write(session, giving, reason=reason, confirmed=doubt, corrects=None, by=by)
        _file(row, giving, by)
        event.about(row)
    return row


def correct(
    administration: Administration,
    giving: Giving,
    *,
    why: str,
    reason: str = "",
    confirmed: bool = False,
    by_weight: bool = False,
    by: User,
) -> Administration:
    """Write down what was really given in place of a row that was wrong, which stays to be read."""
    session = _session(administration)
    with recording(Action.DOSE_CORRECTED, by=by, patient=session.patient) as event:
        hold_open(session, alone=True)
        _mark(administration, why, by)
        giving = _possible(session, giving)
        # What was confirmed once and stays as it is needs no second confirmation, nor a second event.
        same = administration.confirmed_by is not None and _same_dose(as_given(administration), giving)
        doubt = _asked(session, giving, administration, reason, confirmed, by_weight, by=by, settled=same)
        row = _write(session, giving, reason=reason, confirmed=doubt, corrects=administration, by=by)
        if same:
            row.confirmed_by = administration.confirmed_by
        _refile(administration, row, giving, why, by)
        event.about(row)
    return row


def withdraw(administration: Administration, *, why: str, by: User) -> Administration:
    """Say that this was never given. Without any other row the session is planned again, unless somebody signed it."""
    session = _session(administration)
    with recording(Action.DOSE_CORRECTED, by=by, patient=session.patient, about=administration):
        hold_open(session, alone=True)
        _mark(administration, why, by)
        _take_back(administration, why, by)
        _add_up(session)
    return administration


def go_on(
    administration: Administration,
    *,
    at: datetime,
    rate_ml_h: Decimal | None = None,
    end: bool = False,
    amount_mg: Decimal | None = None,
    why: str = "",
    by: User,
) -> Administration:
    """Say how an infusion went on: at another rate (0 is a pause), or ended, with less given than planned."""
    session = _session(administration)
    with recording(Action.DOSE_GIVEN, by=by, patient=session.patient) as event:
        hold_open(session, alone=True)
        was = as_given(administration)
        if was.route not in INFUSED:
            raise Refused("Only an infusion goes on. Please correct this instead.")
        if amount_mg is not None and amount_mg > was.amount_mg:
            raise Refused("This is more than was to be given. Please correct the amount instead.", field="amount_mg")
        if was.ended_at is not None:
            raise Refused("This infusion has ended. Please correct it instead.")
        giving = was._replace(amount_mg=amount_mg or was.amount_mg)
        if end:
            giving = giving._replace(ended_at=at)
        elif rate_ml_h is not None:
            change = [at.isoformat(), str(rate_ml_h), why]
            giving = giving._replace(rate_changes=[*(was.rate_changes or ()), change])
        if at < was.at:
            raise Refused("This is before the infusion began.", field="at")
        told = "The infusion ended." if end else "The rate changed."
        _mark(administration, " ".join(filter(None, [told, why])), by)
        giving = _possible(session, giving, field="at")
        row = _write(session, giving, reason=administration.reason, confirmed=False, corrects=administration, by=by)
        row.confirmed_by = administration.confirmed_by
        _refile(administration, row, giving, told, by)
        event.about(row)
    return row


def _session(administration: Administration) -> DosingSession:
    return db.session.get_one(DosingSession, administration.session_id)


def _possible(session: DosingSession, giving: Giving, field: str = "ended_at") -> Giving:
    """The giving with what follows from it; Refused where it cannot have been."""
    now = clock.now()
    if giving.amount_mg <= 0:
        raise Refused("An amount is more than 0 mg.", field="amount_mg")
    if giving.at > now:
        raise Refused("This lies in the future.", field="at")
    if giving.ended_at is not None and not giving.at <= giving.ended_at <= now:
        raise Refused("It ended after it began, and not in the future.", field=field)
    if giving.waste_witness is not None and giving.waste_witness == giving.giver_id:
        raise Refused("Somebody else has to witness the waste.", field="waste_witness")
    if giving.lot_id is not None:
        lot = stocked.lot(session.clinic_id, giving.lot_id)
        if lot is None:
            raise Refused("This lot is not of this clinic.", field="stock")
        giving = giving._replace(product=lot.product.label, lot=lot.number, expires_on=lot.expires_on)
    method, dose_form = USUAL[Route(giving.route)]
    return giving._replace(method=giving.method or method, dose_form=giving.dose_form or dose_form)


def _with_told(session: DosingSession, giving: Giving) -> Giving:
    """With a note of what the session, logged in one go, said in all: from now on it says the sum of its rows."""
    if session.dose_mg is None or administrations_of(session):
        return giving
    told = f"Before this was written down, the session said {plain(session.dose_mg)} mg in all."
    return giving._replace(note="\n".join(filter(None, [giving.note, told])))


def _asked(
    session: DosingSession,
    giving: Giving,
    but: Administration | None,
    reason: str,
    confirmed: bool,
    by_weight: bool,
    *,
    by: User,
    settled: bool = False,
) -> bool:
    """Whether something is confirmed with this; Refused where a confirmation or a reason is missing.

    What staff gave, and that what looks like a slip is none, is for those to say who may give. `settled`: it was
    confirmed before, and is the same.
    """
    medical = Permission.DOSE_GIVE in granted(by.roles)
    if giving.given_by == GivenBy.STAFF and not medical:
        raise Refused("What staff gave is written down by a prescriber or nurse.", field="given_by")
    tiers = {found.tier for found in warned(session, giving, but=but, by_weight=by_weight)}
    slip = Tier.BLOCK in tiers and not settled
    if slip and not confirmed:
        raise Refused("Please check the amount. If it was really given, say so.", field="confirmed")
    if slip and not medical:
        raise Refused("A prescriber or nurse has to confirm this.", field="confirmed")
    if Tier.EXPLAIN in tiers and not reason.strip():
        raise Refused("Please say why.", field="reason")
    return slip


def _same_dose(one: Giving, other: Giving) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("route", "substance", "amount_mg", "weight_kg"))


def _mark(administration: Administration, why: str, by: User) -> None:
    """Mark a row as corrected, once."""
    hold(administration)
    if administration.in_error:
        raise Refused(CHANGED)
    if not why.strip():
        raise Refused("Please say what was wrong.", field="why")
    administration.error_at, administration.error_by, administration.error_reason = clock.now(), by.id, why


def _write(
    session: DosingSession,
    giving: Giving,
    *,
    reason: str,
    confirmed: bool,
    corrects: Administration | None,
    by: User,
) -> Administration:
    row = Administration.of(
        session.patient,
        session_id=session.id,
        entered_by=by.id,
        corrects_id=corrects.id if corrects else None,
        confirmed_by=by.id if confirmed else None,
        **giving._asdict(),
    )
    row.reason = reason
    db.session.add(row)
    db.session.flush()
    if confirmed:
        open_error(session, administration_id=row.id, onset_at=giving.at, by=by)
    _add_up(session)
    return row


def _add_up(session: DosingSession) -> None:
    """Keep what lists and charts read: all that was given, when it began, by which route, at which weight."""
    db.session.flush()
    givings = [as_given(row) for row in administrations_of(session)]
    if not givings:
        session.dose_mg = session.dosed_at = None
        # Whoever signed the therapy saw it take place.
        if session.status == Status.TOOK_PLACE and not signatures_of(session):
            session.status = Status.PLANNED
        return
    first = givings[0]
    if total(givings) >= MOST_MG:
        raise Refused(f"All that was given comes to {plain(total(givings))} mg, which is no dose.", field="amount_mg")
    session.dose_mg, session.dosed_at = total(givings), first.at
    session.route, session.medicine = Route(first.route), Medicine(first.substance)
    session.weight_kg = next((giving.weight_kg for giving in givings if giving.weight_kg), session.weight_kg)
    if session.status == Status.PLANNED and session.starts_at < first.at - EARLY_START:
        session.starts_at = first.at
    session.starts_at = min(session.starts_at, first.at)
    if session.ends_at is not None and session.ends_at < session.starts_at:
        session.ends_at = None
    session.status = Status.TOOK_PLACE


def _file(row: Administration, giving: Giving, by: User) -> None:
    """Have the drug log follow, where it came from a lot."""
    lot = stocked.lot(row.clinic_id, giving.lot_id) if giving.lot_id else None
    place = stocked.place(row.clinic_id, giving.place_id) if giving.place_id else None
    if lot is None or place is None:
        return
    wasted = giving.wasted_mg or Decimal(0)
    stock.record_given(
        lot,
        place=place,
        patient=db.session.get_one(Patient, row.patient_id),
        session_id=row.session_id,
        administration_id=row.id,
        drawn_mg=giving.drawn_mg or giving.amount_mg + wasted,
        given_mg=giving.amount_mg,
        wasted_mg=wasted,
        units=_units(giving),
        witness=db.session.get(User, giving.waste_witness) if giving.waste_witness else None,
        at=giving.at,
        by=by,
    )


def _units(giving: Giving) -> Decimal | int | None:
    if giving.route == ESKETAMINE or giving.method == Method.SPRAY:
        return len(giving.device_times) if giving.device_times else None
    return giving.tablets


def _refile(was: Administration, row: Administration, giving: Giving, why: str, by: User) -> None:
    """Have the drug log follow a correction; what it holds of the giving may be the same."""
    if all(getattr(was, name) == getattr(giving, name) for name in OF_THE_LEDGER):
        return
    _take_back(was, why, by)
    _file(row, giving, by)


def _take_back(administration: Administration, why: str, by: User) -> None:
    """Reverse what the drug log holds of a row, or of one that it corrected: a line stays with the row it came with."""
    row: Administration | None = administration
    while row is not None:
        if row.lot_id is not None and stocked.lines_of(row.id):
            stock.reverse_administration(row.id, reason=why, by=by)
        row = db.session.scalar(select(Administration).where(Administration.id == row.corrects_id))
