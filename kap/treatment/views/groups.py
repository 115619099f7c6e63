"""Pages of group sessions."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.core import clock
from kap.people.load import load_patient
from kap.treatment.forms.groups import GroupForm
from kap.treatment.groups import record_group
from kap.treatment.queries import group_patients
from kap.treatment.views import bp


@bp.route("/groups/new", methods=["GET", "POST"])
def new_group() -> ResponseReturnValue:
    """Log a group session: one session for each who was there."""
    gate.require(Permission.SESSION_RECORD)
    offered = group_patients(current_user)
    form = GroupForm(offered=offered, starts_at=clock.now(), team=[current_user.id])
    # Somebody outside one's care refuses the whole, as if there were nobody.
    chosen = {load_patient(key, Permission.SESSION_RECORD, shown=False).id for key in form.patients.data or ()}
    courses = [row.course for row in offered if row.patient_id in chosen]
    if form.validate_on_submit() and (made := form.attempt(record_group, courses, **form.values(), by=current_user)):
        flash(f"Saved, one session in each record: {len(made)}. Each is completed and signed by itself.", "success")
        return redirect(url_for("outcomes.caseload"))
    viewed(Action.LIST_VIEWED, by=current_user, name="group", patients=[str(row.patient_id) for row in offered])
    return render_template("treatment/group.html", form=form)
