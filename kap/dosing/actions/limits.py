"""A clinic sets its own limits. Each set stays, with who set it, when and why."""

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core.db import db, hold
from kap.core.refusal import Refused
from kap.dosing.models import LimitSet
from kap.dosing.queries.limits import forget_limits, latest_number
from kap.dosing.rules.limits import Limits, problems, to_json
from kap.people.models import Clinic, User


def set_limits(clinic: Clinic, limits: Limits, *, seen: int, reason: str, by: User) -> LimitSet:
    """Let these be in force from now on; `seen` is the number of those that were changed into them."""
    with recording(Action.LIMITS_SET, by=by) as event:
        hold(clinic)
        latest = latest_number(clinic.id)
        if latest != seen:
            raise Refused("Somebody has set other limits in the meantime. They are shown beside yours.", field="seen")
        for _, problem in problems(limits):
            raise Refused(problem)
        if not reason.strip():
            raise Refused("Please say why.", field="reason")
        row = LimitSet(clinic_id=clinic.id, number=latest + 1, values=to_json(limits), reason=reason, set_by=by.id)
        db.session.add(row)
        db.session.flush()
        event.about(row)
    forget_limits()
    return row
