"""The limits and schedules of the clinic."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.dosing.actions.limits import set_limits
from kap.dosing.forms.limits import limits_form
from kap.dosing.queries.limits import latest_number, limit_sets, limits_of
from kap.dosing.rules.limits import DEFAULTS, differences, from_json, rows, told, value_of
from kap.dosing.views import bp
from kap.people.queries import staff_of
from kap.treatment.models import Route


@bp.route("/limits", methods=["GET", "POST"])
def limits() -> ResponseReturnValue:
    """All limits, where each comes from, and for those who may a form to set others."""
    gate.require(Permission.LIMITS_SET if request.method == "POST" else Permission.LIMITS_VIEW)
    clinic_id = current_user.clinic_id
    now = limits_of(clinic_id)
    form = limits_form(now, now.number)
    if form.validate_on_submit() and (wanted := form.limits()) is not None:
        if form.attempt(
            set_limits,
            current_user.clinic,
            wanted,
            seen=form.seen.data,
            reason=form.reason.data,
            by=current_user,
        ):
            flash("The limits are in force from now on. Sessions signed earlier keep theirs.", "success")
            return redirect(url_for(".limits"))
        now = limits_of(clinic_id)
        # They are shown beside what was typed: whoever saves again has seen them.
        form.seen.raw_data, form.seen.data = None, latest_number(clinic_id)
    return render_template(
        "dosing/limits.html",
        form=form,
        groups=list(rows()),
        open=_wrong(form),
        in_force=lambda row: told(value_of(now, row.field, row.of)),
        default=lambda row: told(value_of(DEFAULTS, row.field, row.of)),
        number=now.number,
        history=_history(),
        routes=set(Route),
    )


def _wrong(form: Any) -> set[str]:
    """The headings under which something has to be put right."""
    return {group.value for group, found in rows() if any(f.errors for row in found for f in form.fields_of(row))}


def _history() -> list[tuple[object, str | None, list[tuple[object, str, str]]]]:
    """Every set with who set it and what it changed, the latest first."""
    sets = limit_sets(current_user.clinic_id)
    names = {user.id: user.name for user in staff_of(current_user.clinic_id)}
    known = [from_json(one.values, one.number) for one in sets]
    return [
        (one, names.get(one.set_by) if one.set_by else None, list(differences(before, later)))
        for one, later, before in zip(sets, known, [*known[1:], DEFAULTS], strict=False)
    ]
