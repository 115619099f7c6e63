"""Pages of the drug log."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.core import clock
from kap.stock import actions, ledger, queries
from kap.stock.forms import (
    AskForm,
    CountForm,
    LotForm,
    MoveForm,
    OpenForm,
    PeriodForm,
    PlaceEditForm,
    PlaceForm,
    ProductEditForm,
    ProductNewForm,
    ReasonForm,
    ReceiveForm,
    RestForm,
    ReturnForm,
    WasteForm,
)
from kap.stock.models import Lot, Place, StockEntry, WasteMethod, WitnessCall, WitnessState
from kap.stock.rules import EntryKind
from kap.web.filters import number
from kap.web.forms import Form, clinic_zone

bp = Blueprint("stock", __name__)


def _list_viewed(seen: Sequence[str]) -> None:
    viewed(Action.LIST_VIEWED, by=current_user, name="stock", patients=list(seen))


def _form_page(form: Form, title: str, button: str, **more: Any) -> str:
    return render_template("stock/form.html", form=form, title=title, button=button, **more)


def _kept(sentence: str, lot: Lot, place: Place) -> ResponseReturnValue:
    """Back to the balances, with a loud word where what was entered leaves something wrong."""
    flash(sentence, "success")
    if lot.expired(clock.today(clinic_zone())):
        flash(f"Lot {lot.number} has expired. It is entered all the same.", "warning")
    balance = queries.balance_of(lot, place, at=clock.now())
    if balance < 0:
        flash(
            f"By the log {place.name} now holds {number(balance)} mg of lot {lot.number}. Something was not entered, "
            "or entered wrongly: please look for it, or count and give the reason.",
            "error",
        )
    return redirect(url_for(".show"))


@bp.get("/stock")
def show() -> str:
    """What lies where, and what wants attention."""
    gate.require(Permission.STOCK_VIEW)
    page = ledger.overview(current_user)
    _list_viewed(page.seen)
    return render_template("stock/show.html", page=page)


@bp.get("/stock/log")
def log() -> str:
    """The log by date, to be read and printed."""
    gate.require(Permission.STOCK_VIEW)
    form, page = PeriodForm(current_user), None
    if form.validate():
        since, until = form.moments
        page = ledger.log_page(current_user, since, until, **form.only)
        _list_viewed(page.seen)
    return render_template("stock/log.html", form=form, page=page, printed_at=clock.now())


@bp.route("/stock/receive", methods=["GET", "POST"])
def receive() -> ResponseReturnValue:
    """Enter what came."""
    gate.require(Permission.STOCK_KEEP)
    form = ReceiveForm(current_user)
    if form.validate_on_submit() and (
        line := form.attempt(
            actions.receive,
            form.product,
            number=form.number.data,
            expires_on=form.expires_on.data,
            place=form.place.row,
            amount_mg=form.mg,
            units=form.units,
            supplier=form.supplier.data,
            document=form.document.data,
            at=form.at.moment,
            by=current_user,
        )
    ):
        return _kept("What came is in the drug log.", line.lot, line.place)
    return _form_page(form, "Receive", "Enter what came")


@bp.route("/stock/move", methods=["GET", "POST"])
def move() -> ResponseReturnValue:
    """Enter that something was taken to another place."""
    gate.require(Permission.STOCK_KEEP)
    form = MoveForm(current_user)
    if form.validate_on_submit() and form.attempt(
        actions.move,
        form.lot.row,
        source=form.place.row,
        target=form.target.row,
        amount_mg=form.mg,
        units=form.units,
        at=form.at.moment,
        by=current_user,
    ):
        return _kept("The move is in the drug log.", form.lot.row, form.place.row)
    return _form_page(form, "Move", "Enter the move")


@bp.route("/stock/open", methods=["GET", "POST"])
def open_unit() -> ResponseReturnValue:
    """Enter that something was opened."""
    gate.require(Permission.STOCK_KEEP)
    form = OpenForm(current_user, amount=1)
    if form.validate_on_submit() and form.attempt(
        actions.open_unit,
        form.lot.row,
        place=form.place.row,
        units=form.mg / form.product.unit_mg,
        at=form.at.moment,
        by=current_user,
    ):
        return _kept("That it was opened is in the drug log.", form.lot.row, form.place.row)
    return _form_page(
        form, "Open", "Enter that it was opened", sub="What it holds stays on the balance until it is drawn."
    )


@bp.route("/stock/count", methods=["GET", "POST"])
def count() -> ResponseReturnValue:
    """Enter what is really there."""
    gate.require(Permission.STOCK_KEEP)
    form = CountForm(current_user)
    if form.validate_on_submit() and form.attempt(
        actions.count,
        form.lot.row,
        place=form.place.row,
        counted_mg=form.mg,
        units=form.units,
        reason=form.reason.data,
        at=form.at.moment,
        by=current_user,
    ):
        return _kept("The count is in the drug log, and the balance is what you counted.", form.lot.row, form.place.row)
    return _form_page(form, "Count", "Enter the count", sub="Please count before you look at the balance.")


@bp.route("/stock/waste", methods=["GET", "POST"])
def waste() -> ResponseReturnValue:
    """Enter that something was taken out and destroyed."""
    gate.require(Permission.STOCK_KEEP)
    form = WasteForm(current_user)
    if form.validate_on_submit() and form.attempt(
        actions.waste,
        form.lot.row,
        place=form.place.row,
        amount_mg=form.mg,
        units=form.units,
        method=form.method.data,
        witness=form.witness.row,
        reason=form.reason.data,
        at=form.at.moment,
        by=current_user,
    ):
        return _kept("The waste is in the drug log, and waits for its witness.", form.lot.row, form.place.row)
    return _form_page(form, "Waste", "Enter the waste", sub="What is left of a dose is wasted from the list of doses.")


@bp.route("/stock/return", methods=["GET", "POST"])
def give_back() -> ResponseReturnValue:
    """Enter that something went back."""
    gate.require(Permission.STOCK_KEEP)
    form = ReturnForm(current_user)
    if form.validate_on_submit() and form.attempt(
        actions.return_stock,
        form.lot.row,
        place=form.place.row,
        amount_mg=form.mg,
        units=form.units,
        supplier=form.supplier.data,
        document=form.document.data,
        reason=form.reason.data,
        at=form.at.moment,
        by=current_user,
    ):
        return _kept("What went back is in the drug log.", form.lot.row, form.place.row)
    return _form_page(form, "Return", "Enter the return")


@bp.route("/stock/doses/<uuid:administration_id>/waste", methods=["GET", "POST"])
def waste_rest(administration_id: UUID) -> ResponseReturnValue:
    """Enter that what was left of a dose was destroyed."""
    gate.require(Permission.STOCK_KEEP)
    drawn = _of_dose(administration_id)
    form = RestForm(current_user, amount=max(sum(line.held_mg for line in drawn), 0))
    if form.validate_on_submit() and form.attempt(
        actions.waste_rest,
        administration_id,
        amount_mg=form.amount.data,
        method=form.method.data,
        witness=form.witness.row,
        reason=form.reason.data,
        at=form.at.moment,
        by=current_user,
    ):
        return _kept("The waste is in the drug log, and waits for its witness.", drawn[0].lot, drawn[0].place)
    sub = f"{drawn[0].lot.product.label}, lot {drawn[0].lot.number}, {drawn[0].place.name}"
    return _form_page(form, "Waste what is left of a dose", "Enter the waste", sub=sub)


def _of_dose(administration_id: UUID) -> Sequence[StockEntry]:
    lines = queries.lines_of(administration_id)
    if not lines or lines[0].clinic_id != current_user.clinic_id:
        abort(404)
    return lines


@bp.get("/stock/acts/<uuid:act_id>")
def act(act_id: UUID) -> str:
    """What was entered at once, line by line."""
    gate.require(Permission.STOCK_VIEW)
    entries = queries.act_of(current_user.clinic_id, act_id) or abort(404)
    lines, seen = ledger.act_page(current_user, entries)
    _list_viewed(seen)
    return render_template("stock/act.html", lines=lines, first=entries[0], **_standing(entries))


def _standing(entries: Sequence[StockEntry]) -> dict[str, Any]:
    """What can still be done about an act."""
    stand = all(line.stands for line in entries)
    dose = any(line.kind == EntryKind.GIVEN for line in entries)
    return {"reversible": stand and not dose, "dose": dose, "asks": any(line.unwitnessed for line in entries)}


@bp.route("/stock/acts/<uuid:act_id>/reverse", methods=["GET", "POST"])
def reverse(act_id: UUID) -> ResponseReturnValue:
    """Take back what was entered, by other lines."""
    gate.require(Permission.STOCK_KEEP)
    entries = queries.act_of(current_user.clinic_id, act_id) or abort(404)
    form = ReasonForm()
    if form.validate_on_submit() and form.attempt(
        actions.reverse, entries, reason=form.reason.data or "", by=current_user
    ):
        return _kept("It is reversed. Now enter what is right.", entries[0].lot, entries[0].place)
    lines, seen = ledger.act_page(current_user, entries)
    _list_viewed(seen)
    sub = f"{lines[0].entry.lot.product.label}, lot {entries[0].lot.number}: " + ", ".join(line.what for line in lines)
    return _form_page(form, "Reverse", "Reverse it", sub=sub, tone="danger", back_to=url_for(".act", act_id=act_id))


@bp.route("/stock/acts/<uuid:act_id>/witness", methods=["GET", "POST"])
def ask(act_id: UUID) -> ResponseReturnValue:
    """Ask somebody to witness a waste."""
    gate.require(Permission.STOCK_KEEP)
    entries = queries.act_of(current_user.clinic_id, act_id)
    entry = next((line for line in entries if line.kind == EntryKind.WASTED), None) or abort(404)
    form = AskForm(current_user, entry.by_id)
    if form.validate_on_submit() and form.attempt(
        actions.ask_witness, entry, witness=form.witness.row, by=current_user
    ):
        flash(f"The waste now waits for {form.witness.row.name}.", "success")
        return redirect(url_for(".show"))
    sub = f"{number(entry.amount_mg)} mg of {entry.lot.product.label}, lot {entry.lot.number}"
    return _form_page(form, "Ask a witness", "Ask", sub=sub, back_to=url_for(".act", act_id=act_id))


@bp.get("/stock/witness")
def witness() -> str:
    """What waits for oneself to witness."""
    gate.require(Permission.STOCK_WITNESS)
    wastes, seen = ledger.wastes(current_user, queries.calls_for(current_user))
    _list_viewed(seen)
    return render_template("stock/witness.html", wastes=wastes)


def _load_call(call_id: UUID) -> WitnessCall:
    """What oneself was asked; for anybody else it is not there."""
    call = queries.call_for(current_user, call_id) or abort(404)
    gate.require(Permission.STOCK_WITNESS)
    return call


@bp.post("/stock/witness/<uuid:call_id>/confirm")
def confirm(call_id: UUID) -> ResponseReturnValue:
    """Say that one saw it."""
    actions.confirm_waste(_load_call(call_id), by=current_user)
    flash("Your name stands with the waste as its witness.", "success")
    return redirect(url_for(".witness"))


@bp.route("/stock/witness/<uuid:call_id>/decline", methods=["GET", "POST"])
def decline(call_id: UUID) -> ResponseReturnValue:
    """Say that one did not see it, and why."""
    call = _load_call(call_id)
    form = ReasonForm()
    if form.validate_on_submit() and form.done(
        actions.decline_waste, call, reason=form.reason.data or "", by=current_user
    ):
        flash("You declined. Whoever keeps the drug log sees why, and can ask somebody else.", "success")
        return redirect(url_for(".witness"))
    _list_viewed(ledger.wastes(current_user, [call])[1])
    waits = call.state == WitnessState.WAITING
    sub = f"{number(call.entry.amount_mg)} mg of {call.entry.lot.product.label}, lot {call.entry.lot.number}"
    return _form_page(
        form,
        "Decline to witness" if waits else "This no longer waits for you",
        "Decline",
        sub=sub,
        tone="danger",
        back_to=url_for(".witness"),
    )


@bp.get("/stock/set-up")
def set_up() -> str:
    """Places, products and lots."""
    gate.require(Permission.STOCK_VIEW)
    of = current_user.clinic_id
    return render_template(
        "stock/set_up.html", places=queries.places_of(of), products=queries.products_of(of), lots=queries.lots_of(of)
    )


@bp.route("/stock/places/new", methods=["GET", "POST"])
def new_place() -> ResponseReturnValue:
    """Add a place."""
    gate.require(Permission.STOCK_KEEP)
    form = PlaceForm()
    if form.validate_on_submit() and form.attempt(actions.add_place, name=form.name.data, by=current_user):
        flash("The place is added.", "success")
        return redirect(url_for(".set_up"))
    return _form_page(form, "New place", "Add the place", back_to=url_for(".set_up"))


@bp.route("/stock/places/<uuid:place_id>", methods=["GET", "POST"])
def edit_place(place_id: UUID) -> ResponseReturnValue:
    """Call a place something else."""
    gate.require(Permission.STOCK_KEEP)
    place = queries.place(current_user.clinic_id, place_id) or abort(404)
    form = PlaceEditForm(obj=place)
    if form.validate_on_submit() and form.attempt(
        actions.rename_place, place, name=form.name.data, version=form.version.data, by=current_user
    ):
        flash("The place has its new name, in the lines that are there already too.", "success")
        return redirect(url_for(".set_up"))
    return _form_page(form, "Rename a place", "Save", back_to=url_for(".set_up"))


@bp.route("/stock/products/new", methods=["GET", "POST"])
def new_product() -> ResponseReturnValue:
    """Add a product."""
    gate.require(Permission.STOCK_KEEP)
    form = ProductNewForm()
    if form.validate_on_submit() and form.attempt(
        actions.add_product, **{name: form[name].data for pair in form.shown for name in pair}, by=current_user
    ):
        flash("The product is added. Now its lots can be received.", "success")
        return redirect(url_for(".set_up"))
    return _form_page(form, "New product", "Add the product", back_to=url_for(".set_up"))


@bp.route("/stock/products/<uuid:product_id>", methods=["GET", "POST"])
def edit_product(product_id: UUID) -> ResponseReturnValue:
    """Correct what a product is called."""
    gate.require(Permission.STOCK_KEEP)
    product = queries.product(current_user.clinic_id, product_id) or abort(404)
    form = ProductEditForm(obj=product)
    if form.validate_on_submit() and form.attempt(
        actions.edit_product,
        product,
        **{name: form[name].data for name in form.shown},
        version=form.version.data,
        by=current_user,
    ):
        flash("The product is changed.", "success")
        return redirect(url_for(".set_up"))
    sub = f"{product.strength}. A product of another strength is a new one."
    return _form_page(form, "Edit a product", "Save", sub=sub, back_to=url_for(".set_up"))


@bp.route("/stock/lots/<uuid:lot_id>", methods=["GET", "POST"])
def edit_lot(lot_id: UUID) -> ResponseReturnValue:
    """Correct what was misread from the label of a lot."""
    gate.require(Permission.STOCK_KEEP)
    lot = queries.lot(current_user.clinic_id, lot_id) or abort(404)
    form = LotForm(obj=lot)
    if form.validate_on_submit() and form.attempt(
        actions.edit_lot,
        lot,
        number=form.number.data,
        expires_on=form.expires_on.data,
        version=form.version.data,
        by=current_user,
    ):
        flash("The lot is changed, in the lines that are there already too.", "success")
        return redirect(url_for(".set_up"))
    return _form_page(form, "Correct a lot", "Save", sub=lot.product.label, back_to=url_for(".set_up"))


@bp.app_template_filter("waste_method")
def method_words(method: str) -> str:
    """How it was wasted, in words."""
    return WasteMethod(method).label
