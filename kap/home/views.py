"""Where each role begins, and help in a crisis."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission, granted
from kap.audit.log import AlreadyKept, viewed
from kap.audit.models import Action
from kap.home.forms import LogForm
from kap.home.log import list_shown, log_page
from kap.home.readers import readers_of
from kap.people.load import load_own_record
from kap.web.errors import long_texts

bp = Blueprint("home", __name__)


@bp.get("/")
def start() -> ResponseReturnValue:
    """Lead each role to the page where its day begins."""
    gate.require(Permission.ACCOUNT_OWN)
    held = granted(current_user.roles)
    if Permission.CASELOAD_VIEW in held:
        return redirect(url_for("outcomes.caseload"))
    if Permission.OWN_RECORD in held:
        return redirect(url_for("outcomes.my"))
    return redirect(url_for("people.users"))


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
    where = url_for("home.start")
    if kept.patient_id is not None and Permission.PATIENT_VIEW in granted(current_user.roles):
        where = url_for("outcomes.patient", patient_id=kept.patient_id)
    texts = long_texts()
    if texts:
        return render_template("home/kept_already.html", texts=texts, where=where), 409
    flash("This was saved already, as it was sent first. It is in the record once.", "info")
    return redirect(where)
