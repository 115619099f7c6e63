"""The REMS form is filled in, and somebody says that they have sent it: nothing is ever sent from here.

Both stay open after a session is signed, for the form is sent within days of it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core.db import db
from kap.core.refusal import Refused, Stale
from kap.dosing.actions.locked import hold_open
from kap.dosing.models import RemsForm
from kap.dosing.queries.phases import record_of
from kap.dosing.queries.rems import Rems, rems_of
from kap.dosing.rules.rems import FIELDS, MONITOR, SETTING
from kap.people.models import User
from kap.treatment.asked import kept
from kap.treatment.models import DosingSession

SENT = "This form was marked as sent, and stays as it was then. If it was not, say so first."


def save_rems(session: DosingSession, *, answers: Mapping[str, Any], version: int, by: User) -> RemsForm:
    """Keep what was typed otherwise than the record says; Stale where somebody saved the form after `version`."""
    with recording(Action.REMS_FORM_SAVED, by=by, patient=session.patient, follow=False) as event:
        form = _held(session, version)
        if form.sent:
            raise Refused(SENT)
        row = _write(form, form.otherwise({name: kept(answer) for name, answer in answers.items()}))
        event.about(row)
    return row


def mark_sent(
    session: DosingSession, *, how: str, sent_at: datetime, reference: str | None, version: int, by: User
) -> RemsForm:
    """Say that the form was sent, with all that stood on it; or how and when it really was."""
    with recording(Action.REMS_FORM_FILED, by=by, patient=session.patient, follow=False) as event:
        form = _held(session, version)
        if sent_at < session.given_at:
            raise Refused("This is before the session.", field="sent_at")
        row = _write(form, {field.name: form.answers.get(field.name) for field in FIELDS})
        row.filed_at, row.filed_by, row.filed_how, row.reference = sent_at, by.id, how, reference or None
        event.about(row)
        event.detail = {"how": how}
    return row


def mark_unsent(session: DosingSession, *, version: int, by: User) -> RemsForm:
    """Say that the form was not sent after all: it is due again, and can be changed."""
    with recording(Action.REMS_FORM_UNFILED, by=by, patient=session.patient, follow=False) as event:
        form = _held(session, version)
        if form.row is None or not form.sent:
            raise Refused("This form was not marked as sent.")
        row = _write(form, form.otherwise(form.answers))
        row.filed_at = row.filed_by = row.filed_how = row.reference = None
        event.about(row)
    return row


def _held(session: DosingSession, version: int) -> Rems:
    """The form as it stands, held so that nobody else changes it meanwhile."""
    hold_open(session, None, alone=True)
    form = rems_of(record_of(session))
    if form.version != version:
        raise Stale(form.filled)
    return form


def _write(form: Rems, typed: dict[str, Any]) -> RemsForm:
    """Write what was typed, and beside it what the next form of the clinic takes over."""
    row = form.row or RemsForm.of(form.session.patient, session_id=form.session.id)
    row.answers = json.dumps(typed, sort_keys=True)
    stands = {name: one.value for name, one in form.known.items()} | typed
    row.setting = {name: stands[name] for name in (*MONITOR, *SETTING) if stands.get(name)} or None
    db.session.add(row)
    return row
