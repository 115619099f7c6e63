"""Where each role begins, and help in a crisis."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission, granted
from kap.audit.log import AlreadyKept, viewed
from kap.audit.models import Action
from kap.home.day import day_of
from kap.home.due import due_of
from kap.home.forms import HandOverForm, LogForm
from kap.home.log import list_shown, log_page
from kap.home.queries import own_patient
from kap.home.readers import readers_of
from kap.people import actions as people
from kap.people.load import load_own_record
from kap.people.queries import can_treat, patients_by_id, staff_member, treated_by
from kap.treatment.queries import planned_with
from kap.web.errors import long_texts
from kap.web.filters import written
from kap.web.forms import sent_by_script

bp = Blueprint("home", __name__)


@bp.get("/")
def start() -> ResponseReturnValue:
    """Lead each role to the page where its day begins."""
    gate.require(Permission.ACCOUNT_OWN)
    held = granted(current_user.roles)
    if Permission.SESSION_RECORD in held:
        return redirect(url_for(".day"))
    if Permission.CASELOAD_VIEW in held:
        return redirect(url_for("outcomes.caseload"))
    if Permission.OWN_RECORD in held:
        return redirect(url_for("outcomes.my"))
    return redirect(url_for("people.users"))


@bp.route("/users/<uuid:user_id>/hand-over", methods=["GET", "POST"])
def hand_over(user_id: UUID) -> ResponseReturnValue:
    """Put somebody else in one person's place on the care teams of their patients."""
    gate.require(Permission.CASELOAD_HAND_OVER)
    leaver = staff_member(current_user.clinic_id, user_id) or abort(404)
    # Whoever is treated where they work does not hand themselves over.
    own = own_patient(current_user.clinic_id, current_user.id)
    treated = [patient for patient in treated_by(leaver) if patient.id != own]
    planned = [session for session in planned_with(leaver) if session.patient_id != own]
    seen = {str(patient.id) for patient in treated} | {str(session.patient_id) for session in planned}
    viewed(Action.LIST_VIEWED, by=current_user, name="hand-over", patients=sorted(seen))
    takers = [user for user in can_treat(leaver.clinic_id) if user.id != leaver.id]
    form = HandOverForm(takers, treated)
    if form.validate_on_submit() and form.done(
        people.hand_over,
        leaver,
        form.taken_by,
        patients_by_id(leaver.clinic_id, form.patients.data or ()),
        from_day=form.day,
        by=current_user,
    ):
        flash(f"Handed over to {form.taken_by.name}, from {written(form.day)} on.", "success")
        return redirect(url_for(".hand_over", user_id=leaver.id))
    return render_template("home/hand_over.html", form=form, leaver=leaver, treated=treated, planned=planned)


@bp.get("/day")
def day() -> str:
    """What waits today for whoever treats, and for a lead in the whole clinic, with what settles each."""
    gate.require(Permission.CASELOAD_VIEW)
    found = day_of(current_user._get_current_object())
    viewed(Action.LIST_VIEWED, by=current_user, name="day", patients=found.shown)
    return render_template("home/day.html", day=found)


@bp.get("/due")
def due() -> str:
    """What waits for somebody to see to it: how much of each, and where it stands."""
    gate.require(Permission.CASELOAD_VIEW)
    return render_template("home/due.html", pages=due_of(current_user))


@bp.get("/clinic")
def clinic() -> str:
    """How the clinic is set up: the ways to its pages."""
    gate.require(Permission.CLINIC_VIEW)
    return render_template("home/clinic.html")


@bp.get("/crisis")
def crisis() -> str:
    """The numbers to call, for anybody, signed in or not."""
    return render_template("home/crisis.html")


@bp.get("/log")
def log() -> str:
    """Who read and changed what in the clinic."""
    gate.require(Permission.AUDIT_VIEW)
    form = LogForm(current_user)
    page = None
    if form.validate():
        before, after = request.args.get("before", type=UUID), request.args.get("after", type=UUID)
        page = log_page(form.asked, before=before, after=after)
        viewed(Action.AUDIT_VIEWED, by=current_user, patient=form.found)
    return render_template("home/log.html", form=form, page=page)


@bp.get("/log/<uuid:event_id>")
def listed(event_id: UUID) -> str:
    """Whom a list showed to whoever looked at it."""
    gate.require(Permission.AUDIT_VIEW)
    shown = list_shown(current_user, event_id) or abort(404)
    viewed(Action.AUDIT_VIEWED, by=current_user)
    return render_template("home/listed.html", shown=shown)


@bp.get("/my/readers")
def readers() -> str:
    """Who opened the record, for the patient whose it is."""
    patient = load_own_record(Permission.OWN_READERS)
    return render_template("home/readers.html", readers=readers_of(patient, request.args.get("month", "")))


@bp.get("/health")
def health() -> ResponseReturnValue:
    """Alive; it says nothing else."""
    return "alive\n", 200, {"Content-Type": "text/plain"}


@bp.app_errorhandler(AlreadyKept)
def kept_already(kept: AlreadyKept) -> ResponseReturnValue:
    """Lead whoever sent a form twice to where the first one is seen; what they have written is not taken from them."""
    gate.require(Permission.ACCOUNT_OWN)
    if sent_by_script():
        return {"kept": True}
    where = url_for("home.start")
    if kept.patient_id is not None and Permission.PATIENT_VIEW in granted(current_user.roles):
        where = url_for("outcomes.patient", patient_id=kept.patient_id)
    texts = long_texts()
    if texts:
        return render_template("home/kept_already.html", texts=texts, where=where), 409
    flash("This was saved already, as it was sent first. It is in the record once.", "info")
    return redirect(where)
