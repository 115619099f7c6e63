"""Raising an alert, and saying what was done about it."""

from typing import Any
from uuid import UUID

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.models import Patient, User
from kap.safety import queries
from kap.safety.models import Alert, AlertKind


def raise_alert(patient: Patient, *, kind: AlertKind, source_id: UUID, level: int, by: Any) -> Alert:
    """The alert about what was answered in `source_id`; call it inside the recording of the answer.

    There is one open alert for a source and kind, at the highest level answered. An alert that somebody acted on
    keeps what they wrote: only a higher answer after that raises another one. A lower answer takes nothing back.
    """
    earlier = queries.alerts_from(patient, source_id, kind)
    highest = max((alert.level for alert in earlier), default=0)
    if level <= highest:
        return next(alert for alert in earlier if alert.level == highest)
    with recording(Action.ALERT_RAISED, by=by, patient=patient) as event:
        alert = next((alert for alert in earlier if alert.open), None)
        if alert is None:
            alert = Alert.of(patient, kind=kind.value, source_id=source_id, level=level)
            db.session.add(alert)
        alert.level = level
        event.about(alert)
        event.detail = {"level": level}
    return alert


def act_on(alert: Alert, *, action: str, by: User) -> None:
    """Close an alert with what was done about it; Refused where somebody has closed it before."""
    with recording(Action.ALERT_ACTED_ON, by=by, patient=alert.patient, about=alert):
        db.session.refresh(alert, with_for_update=True)
        if not alert.open:
            raise Refused("Somebody has written down already what was done. Load the page again to read it.")
        if not action.strip():
            raise Refused("Please say what was done.", field="action")
        alert.action, alert.acted_at, alert.acted_by = action, clock.now(), by.id
