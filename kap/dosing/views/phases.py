"""The session as a whole, and the phases that are forms."""

from uuid import UUID

from kap.access.roles import Permission
from kap.dosing.rules.phases import Phase
from kap.dosing.views import bp, load_dosing, render_phase


@bp.get("/sessions/<uuid:session_id>/dosing")
def show(session_id: UUID) -> str:
    """All that stands in the record of a dosing session, and what is missing."""
    session = load_dosing(session_id, Permission.SESSION_VIEW)
    return render_phase("dosing/show.html", session, Phase.ELIGIBILITY)
