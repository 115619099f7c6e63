"""Where each role begins, and help in a crisis."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission, granted

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
