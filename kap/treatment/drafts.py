"""Drafts: what was typed into a long form is kept for its author alone until the form is saved.

A draft is patient data and no part of the record. It is sealed; only its author reads it, on a page that asks the
gate for the patient first. The log says once that it was begun: the pauses of somebody who is typing are no acts, and a
line for each would bury those that are.
"""

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import abort, g, has_request_context, request, url_for
from flask_login import current_user
from sqlalchemy import delete
from werkzeug.datastructures import MultiDict

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db
from kap.people.models import Patient, User
from kap.treatment.models import DRAFTS_LIVE, Draft
from kap.treatment.queries import draft_at

NOT_KEPT = {"csrf_token"}
"""What a form sends that is not typed, and is new each time the form is opened."""


class Drafted(NamedTuple):
    """A form that keeps drafts: where they are sent, and the one that was found when it was opened."""

    href: str
    found: Draft | None

    @property
    def filled(self) -> dict[str, Any]:
        """What the form is made with besides: the draft, where there is one, instead of what stands in the record."""
        return {"formdata": MultiDict(parse_qsl(self.found.body, keep_blank_values=True))} if self.found else {}


def drafted(patient: Patient, *names: object) -> Drafted:
    """The draft of the form that is being opened; where it is being sent, whatever it saves takes the draft with it.

    `names` are what the address of the form names besides its endpoint, such as the key of a session.
    """
    place = "/".join((str(request.endpoint), *map(str, names)))
    if request.method == "POST":
        g.draft_of = patient, place
    found = draft_at(current_user, patient, place) if request.method == "GET" else None
    return Drafted(url_for("treatment.keep_draft", patient_id=patient.id, at=place), found)


def keep_draft(patient: Patient, *, place: str, form: "MultiDict[str, str]", by: User) -> Draft:
    """Keep what the form at `place` holds now."""
    body = urlencode([(name, value) for name, value in form.items(multi=True) if name not in NOT_KEPT])
    with recording(Action.DRAFT_KEPT, by=by, patient=patient, follow=False) as event:
        draft = draft_at(by, patient, place)
        if draft is None:
            _sweep()
            draft = Draft.of(patient, user_id=by.id, place=place)
            db.session.add(draft)
        else:
            event.passed_over = True
        draft.body, draft.saved_at = body, clock.now()
    return draft


def discard_draft(draft: Draft, *, by: User) -> None:
    """Throw a draft away; its author alone does."""
    if draft.user_id != by.id:
        abort(403)
    with recording(Action.DRAFT_DISCARDED, by=by, patient=draft.patient, follow=False):
        db.session.delete(draft)


def forget_draft() -> None:
    """Delete the draft of the form that is being saved, in the same transaction: the log runs it before each commit."""
    patient, place = g.pop("draft_of", (None, "")) if has_request_context() else (None, "")
    found = draft_at(current_user, patient, place) if patient is not None else None
    if found is not None:
        db.session.delete(found)


def _sweep() -> None:
    """Delete what is never shown again, whosever it is. Somebody begins a draft every day, so nothing else has to."""
    old = delete(Draft).where(Draft.saved_at <= clock.now() - DRAFTS_LIVE)
    db.session.execute(old.execution_options(guarded=True, synchronize_session=False))
