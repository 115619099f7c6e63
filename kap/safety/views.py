"""The alerts that wait for somebody, and the crisis lines that other pages show."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.people.load import load
from kap.people.queries import sole_clinic
from kap.safety import crisis
from kap.safety.actions import act_on
from kap.safety.forms import ActForm
from kap.safety.models import Alert
from kap.safety.queries import alerts_with_others, open_alerts
from kap.safety.rules import words

bp = Blueprint("safety", __name__)


@bp.get("/alerts")
def alerts() -> str:
    """The open alerts: one's own first, then those that others look after."""
    gate.require(Permission.ALERT_VIEW)
    mine, others = open_alerts(current_user), alerts_with_others(current_user)
    patients = sorted({str(alert.patient_id) for alert in (*mine, *others)})
    viewed(Action.LIST_VIEWED, by=current_user, name="alerts", patients=patients)
    return render_template("safety/alerts.html", mine=mine, others=others)


@bp.get("/alerts/<uuid:alert_id>")
def alert(alert_id: UUID) -> str:
    """One alert, and what was done about it."""
    found = load(Alert, alert_id, Permission.ALERT_VIEW)
    return render_template("safety/alert.html", alert=found, form=ActForm())


@bp.post("/alerts/<uuid:alert_id>")
def act(alert_id: UUID) -> ResponseReturnValue:
    """Say what was done about an alert."""
    found = load(Alert, alert_id, Permission.ALERT_ACT)
    form = ActForm()
    if form.validate_on_submit() and form.done(act_on, found, action=form.action.data or "", by=current_user):
        flash("The alert is closed. What you wrote stands with it.", "success")
        return redirect(url_for(".alerts"))
    return render_template("safety/alert.html", alert=found, form=form)


@bp.app_template_global()
def crisis_countries() -> Sequence[crisis.Country]:
    """All crisis lines, the country of the clinic first where it is known."""
    clinic = current_user.clinic if current_user.is_authenticated else sole_clinic()
    return crisis.countries(clinic.country if clinic else None)


bp.add_app_template_global(crisis.lines, "crisis_lines")
bp.add_app_template_filter(words, "alert_words")
