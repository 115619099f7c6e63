"""Pages of what was agreed: the patient's own, on which it is ticked and spoken of, and the clinic's."""

from datetime import date
from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access.roles import Permission
from kap.core import clock
from kap.core.refusal import Refused
from kap.outcomes.later import ask_later, asked_later
from kap.outcomes.practices import own_practice, own_practices, said_text, ticked_months
from kap.outcomes.views import bp
from kap.people.load import load, load_own_record, load_patient
from kap.treatment.agreed import practices_of
from kap.treatment.forms.practices import ASKED, SaidForm, TickForm
from kap.treatment.models import Kept, Practice
from kap.treatment.practices import GONE, say_still, tick, untick
from kap.web.forms import clinic_zone


@bp.get("/my/practices")
def my_practices() -> str:
    """What was agreed: tick it, and say how it is."""
    patient = load_own_record(Permission.OWN_PRACTICES)
    today = clock.today(clinic_zone())
    agreed = own_practices(patient, today=today, later=asked_later(today))
    forms = {one.row.id: SaidForm() for one in agreed.open if one.asked}
    return render_template("outcomes/my_practices.html", agreed=agreed, forms=forms, asked=ASKED)


@bp.post("/my/practices/<uuid:practice_id>/tick")
def tick_practice(practice_id: UUID) -> ResponseReturnValue:
    """Tick a day, or take the tick back."""
    practice = load(Practice, practice_id, Permission.OWN_PRACTICES, shown=False)
    form = TickForm()
    on = form.on.data if form.validate_on_submit() else None
    if on is None:
        abort(400)
    if form.today.data and on != clock.today(clinic_zone()):
        flash("A new day has begun since you opened this page, so nothing is ticked yet. Please tap the day you mean.")
    else:
        try:
            (tick if form.ticked.data else untick)(practice, on=on, by=current_user)
        except Refused as refused:
            flash(refused.sentence, "warning")
    return redirect(_place(practice, None if form.today.data else on))


@bp.post("/my/practices/<uuid:practice_id>/later")
def practice_later(practice_id: UUID) -> ResponseReturnValue:
    """Ask another day whether they still do it."""
    practice = load(Practice, practice_id, Permission.OWN_PRACTICES, shown=False)
    ask_later(practice.id, clock.today(clinic_zone()))
    return redirect(_place(practice))


@bp.route("/my/practices/<uuid:practice_id>", methods=["GET", "POST"])
def say_of_practice(practice_id: UUID) -> ResponseReturnValue:
    """Say whether one still does it, that it is done, or that it was let go."""
    practice = load(Practice, practice_id, Permission.OWN_PRACTICES)
    today = clock.today(clinic_zone())
    own = own_practice(practice.patient, practice.id, today=today)
    if own is None:
        flash(GONE, "warning")
        return redirect(url_for(".my_practices"))
    form = SaidForm()
    if form.validate_on_submit() and form.attempt(
        say_still,
        practice,
        status=form.status.data,
        words=form.words.data,
        month=own.row.asks(today),
        by=current_user,
    ):
        let_go = form.status.data == Kept.DROPPED
        flash("Noted. It is fine to let something go." if let_go else "Noted.", "success")
        return redirect(_place(practice))
    return render_template("outcomes/my_practice.html", own=own, form=form)


def _place(practice: Practice, on: date | None = None) -> str:
    """The place of the practice on the patient's page, or one of its earlier days, which the browser unfolds."""
    return url_for(".my_practices", _anchor=f"d-{practice.id}-{on}" if on else f"p-{practice.id}")


@bp.get("/patients/<uuid:patient_id>/practices")
def practices(patient_id: UUID) -> str:
    """All that the patient agreed to, what was said of it, and the days on which it was ticked."""
    patient = load_patient(patient_id, Permission.SESSION_VIEW)
    return render_template(
        "outcomes/practices.html",
        patient=patient,
        practices=practices_of(patient),
        said_text=said_text,
        ticked_months=ticked_months,
    )
