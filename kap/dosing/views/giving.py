"""Pages of what was given."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.dosing.actions import giving as actions
from kap.dosing.forms.giving import REMAINDERS, CorrectForm, GivingForm, GoOnForm, WhyForm
from kap.dosing.models import Administration, DoseForm, GivenBy, Method
from kap.dosing.queries.giving import as_given, shown_warnings
from kap.dosing.queries.phases import record_of
from kap.dosing.rules.giving import total
from kap.dosing.rules.limits import Limits
from kap.dosing.rules.phases import Phase
from kap.dosing.views import bp, load_dosing, render_phase
from kap.people.load import load
from kap.people.queries import staff_of
from kap.treatment.models import DosingSession, Medicine, Route
from kap.treatment.rules import Warned, mg_per_kg
from kap.web.filters import day, number, wall_time


class Shown(NamedTuple):
    """A giving, ready to be written on the page."""

    row: Administration
    title: str
    facts: list[tuple[str, str | None]]
    warned: Sequence[Warned]
    running: bool
    late: bool
    """True where it was written down long after it was given."""
    by: str | None
    marked_by: str | None


@bp.route("/sessions/<uuid:session_id>/administration", methods=["GET", "POST"])
def administration(session_id: UUID) -> ResponseReturnValue:
    """What was given so far, and a form for what is given now."""
    writes = request.method == "POST"
    session = load_dosing(session_id, Permission.SESSION_RECORD if writes else Permission.SESSION_VIEW)
    form = GivingForm(session)
    if form.validate_on_submit() and (
        row := form.attempt(
            actions.give,
            session,
            form.giving(),
            reason=form.reason.data or "",
            confirmed=form.confirmed.checked,
            by_weight=form.by_weight,
            by=current_user,
        )
    ):
        _say(form, row)
        return redirect(url_for(".administration", session_id=session_id))
    record = record_of(session)
    shown = givings_shown(session, record.administrations, record.limits)
    current = [one for one in shown if not one.row.in_error]
    return render_phase(
        "dosing/administration.html",
        session,
        Phase.ADMINISTRATION,
        record,
        form=form,
        shown=current,
        earlier=[one for one in shown if one.row.in_error],
        total=total([as_given(one.row) for one in current]),
    )


@bp.route("/administrations/<uuid:administration_id>/correct", methods=["GET", "POST"])
def correct_administration(administration_id: UUID) -> ResponseReturnValue:
    """Write down what was really given in place of a row that is wrong."""
    row, session = _load(administration_id)
    _refuse_other_hands(row)
    form = CorrectForm(session, row=row)
    if form.validate_on_submit() and form.attempt(
        actions.correct,
        row,
        form.giving(),
        why=form.why.data or "",
        reason=form.reason.data or "",
        confirmed=form.confirmed.checked,
        by_weight=form.by_weight,
        by=current_user,
    ):
        flash("Corrected. What stood there before stays in the record.", "success")
        return redirect(url_for(".administration", session_id=session.id))
    return render_template(
        "dosing/correct_administration.html", form=form, session=session, patient=session.patient, row=row
    )


@bp.route("/administrations/<uuid:administration_id>/withdraw", methods=["GET", "POST"])
def withdraw_administration(administration_id: UUID) -> ResponseReturnValue:
    """Say that something was never given."""
    row, session = _load(administration_id)
    _refuse_other_hands(row)
    form = WhyForm()
    if form.validate_on_submit() and form.attempt(actions.withdraw, row, why=form.why.data or "", by=current_user):
        flash("Taken back. It no longer counts, and stays in the record.", "success")
        return redirect(url_for(".administration", session_id=session.id))
    return render_template(
        "dosing/take_back.html",
        form=form,
        session=session,
        patient=session.patient,
        heading="This was never given",
        what=_title(row),
        back=url_for(".administration", session_id=session.id),
    )


@bp.route("/administrations/<uuid:administration_id>/go-on", methods=["GET", "POST"])
def go_on(administration_id: UUID) -> ResponseReturnValue:
    """Say that the rate of an infusion was changed, that it was paused, or that it ended."""
    row, session = _load(administration_id)
    form = GoOnForm()
    if form.validate_on_submit() and form.attempt(actions.go_on, row, **form.values(), by=current_user):
        flash("Saved.", "success")
        return redirect(url_for(".administration", session_id=session.id))
    return render_template("dosing/go_on.html", form=form, session=session, patient=session.patient, what=_title(row))


def _load(administration_id: UUID) -> tuple[Administration, DosingSession]:
    row = load(Administration, administration_id, Permission.SESSION_RECORD)
    return row, load_dosing(row.session_id, Permission.SESSION_RECORD)


def _refuse_other_hands(row: Administration) -> None:
    """What staff gave is corrected by those who may give."""
    if row.given_by == GivenBy.STAFF:
        gate.answer(Permission.DOSE_GIVE, g.held)


def _say(form: GivingForm, row: Administration) -> None:
    flash(f"Written down: {number(row.amount_mg)} mg at {wall_time(row.at)}.", "success")
    if row.confirmed_by is not None:
        flash("A medication error was opened with it. Please complete it under adverse events.", "warning")


def givings_shown(session: DosingSession, rows: Sequence[Administration], limits: Limits) -> list[Shown]:
    names = {user.id: user.name for user in staff_of(session.clinic_id)}
    late, by_id = timedelta(minutes=limits.late_after_minutes), {row.id: row for row in rows}
    first = min((row.at for row in rows if not row.in_error), default=None)
    return [
        Shown(
            row,
            _title(row),
            _facts(row, first, names),
            [] if row.in_error else shown_warnings(session, row, limits),
            row.route == Route.IV_INFUSION and row.ended_at is None and not row.in_error,
            _first_entered(row, by_id) - row.at > late,
            names.get(row.entered_by) if row.entered_by else None,
            names.get(row.error_by) if row.error_by else None,
        )
        for row in rows
    ]


def _first_entered(row: Administration, by_id: Mapping[UUID, Administration]) -> datetime:
    """When the row that this one corrects in the end was written down: an infusion that ends is no late entry."""
    while row.corrects_id is not None and row.corrects_id in by_id:
        row = by_id[row.corrects_id]
    return row.entered_at


def _title(row: Administration) -> str:
    return f"{number(row.amount_mg)} mg at {wall_time(row.at)}, {Route(row.route).label}"


def _facts(row: Administration, first: datetime | None, names: Mapping[UUID, str]) -> list[tuple[str, str | None]]:
    """What a row says, in pairs of name and words; a pair without words is left out by the page."""
    by_weight = mg_per_kg(row.amount_mg, row.weight_kg)
    after = (row.at - first) // timedelta(minutes=1) if first is not None and row.at > first else None
    weighed = f" of {day(row.weight_on)}" if row.weight_on else ""
    strength = f" of {number(row.strength_mg)} mg" if row.strength_mg else ""
    expires = f", expires {day(row.expires_on)}" if row.expires_on else ""
    people = {name: names.get(getattr(row, name)) for name in ("giver_id", "observed_by", "checked_by")}
    return [
        ("Part", "Booster or later part" if row.booster else None),
        ("After the first", f"{after} minutes" if after else None),
        ("By weight", f"{number(by_weight)} mg/kg at {number(row.weight_kg)} kg{weighed}" if by_weight else None),
        ("Substance", Medicine(row.substance).label),
        ("Product", row.product),
        ("Lot", f"{row.lot}{expires}" if row.lot else None),
        ("Method", Method(row.method).label if row.method else None),
        ("Form", DoseForm(row.dose_form).label if row.dose_form else None),
        ("Site", row.site),
        ("Concentration", f"{number(row.concentration)} mg/mL" if row.concentration else None),
        ("Volume", f"{number(row.volume_ml)} mL" if row.volume_ml else None),
        *_infusion(row),
        ("Devices", _devices(row)),
        ("Tablets", f"{number(row.tablets)}{strength}" if row.tablets else None),
        ("Held in the mouth", f"{row.hold_minutes} minutes" if row.hold_minutes else None),
        ("Left in the mouth", REMAINDERS.get(row.remainder or "")),
        ("Drawn up", f"{number(row.drawn_mg)} mg" if row.drawn_mg else None),
        ("Wasted", _wasted(row, names)),
        ("How", GivenBy(row.given_by).label),
        ("Given by", people["giver_id"]),
        ("Observed by", people["observed_by"]),
        ("Second check", people["checked_by"]),
        ("Why", row.reason),
        ("Confirmed as really given by", names.get(row.confirmed_by) if row.confirmed_by else None),
        ("Note", row.note),
    ]


def _infusion(row: Administration) -> list[tuple[str, str | None]]:
    if row.route != Route.IV_INFUSION:
        return []
    changes = [
        f"{wall_time(datetime.fromisoformat(at))} "
        + ("paused" if float(rate) == 0 else f"{number(float(rate))} mL/h")
        + (f" ({why})" if why else "")
        for at, rate, why in row.rate_changes or ()
    ]
    return [
        ("Planned", f"{row.planned_minutes} minutes" if row.planned_minutes else None),
        ("Rate", f"{number(row.rate_ml_h)} mL/h" if row.rate_ml_h else None),
        ("Rate changed", "; ".join(changes) or None),
        ("Ended", wall_time(row.ended_at) if row.ended_at else None),
    ]


def _devices(row: Administration) -> str | None:
    """The times of the devices, with the rests between them."""
    times = sorted(datetime.fromisoformat(at) for at in row.device_times or ())
    words = [wall_time(at) for at in times[:1]]
    for earlier, later in pairwise(times):
        words.append(f"{wall_time(later)} ({(later - earlier) // timedelta(minutes=1)} min rest)")
    return f"{len(times)}: {', '.join(words)}" if words else None


def _wasted(row: Administration, names: Mapping[UUID, str]) -> str | None:
    if not row.wasted_mg:
        return None
    seen = names.get(row.waste_witness) if row.waste_witness else None
    return f"{number(row.wasted_mg)} mg, {f'seen by {seen}' if seen else 'nobody named who saw it'}"
