"""The list of sessions, found by what stands in the open."""

from flask import render_template, request
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.treatment.found import found_sessions, sought
from kap.treatment.models import Kind, Theme
from kap.treatment.views import bp
from kap.web.forms import clinic_zone, page_number


@bp.get("/sessions")
def found() -> str:
    """The sessions of one's patients, by theme, kind, day, and whether they are signed."""
    gate.require(Permission.SESSION_VIEW)
    user = current_user._get_current_object()
    wanted, number = sought(request.args), page_number(request.args.get("page"))
    found = found_sessions(user, wanted, zone=clinic_zone(), number=number)
    seen = sorted({str(session.patient_id) for session in found.sessions})
    viewed(Action.LIST_VIEWED, by=user, name="found", patients=seen, **wanted.asked)
    return render_template("treatment/found.html", found=found, wanted=wanted, themes=Theme, kinds=Kind)
