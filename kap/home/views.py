"""Where each role begins, and help in a crisis."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission, granted
from kap.audit.log import AlreadyKept
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
