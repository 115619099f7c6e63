"""Signing a part of a session, and what can still be said of it afterwards.

A signature locks the part and every row below it. What was signed stays as it is: it is added to by addenda, which
carry the time at which they were written and never an earlier one.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core.db import db, hold
from kap.core.refusal import Refused, Stale
from kap.people.actions import refuse_day
from kap.people.models import Patient, User
from kap.treatment.content import canonical, digest_of
from kap.treatment.models import PARTS, Addendum, AddendumKind, Kind, Part, Signature, Status, TreatmentSession
from kap.treatment.queries import signatures_of

LATE_AFTER = timedelta(hours=72)
"""A signature later than this after the end of the session is called late (our own default, no guideline)."""


def sign_part(
    session: TreatmentSession,
    part: Part,
    *,
    content: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    version: int | None,
    settings_number: int | None = None,
    by: User,
) -> Signature:
    """Sign a part with its content, as it was shown at `version`; Stale where the session has changed since.

    Content that can be asked for is asked for once nobody else can write into the session.
    The session keeps its version, so that whoever signs the other part has seen what they sign.
    """
    with recording(Action.SESSION_SIGNED, by=by, patient=_patient(session), about=session, follow=False) as event:
        hold(session)
        if version is not None and session.version != version:
            raise Stale(session)
        _refuse_unsignable(session, part)
        text = canonical(content() if callable(content) else content)
        signature = Signature.of(
            _patient(session),
            session_id=session.id,
            part=part,
            signed_by=by.id,
            signed_at=event.at,
            content=text,
            digest=digest_of(text),
            settings_number=settings_number,
            late=signed_late(session, event.at),
        )
        db.session.add(signature)
        # The log is kept apart from the record: whoever changes the one has to change the other too.
        event.detail = {"part": part.value, "digest": signature.digest}
    return signature


def add_addendum(
    session: TreatmentSession,
    part: Part,
    *,
    kind: str,
    reason: str,
    text: str,
    refers_to: date | None = None,
    by: User,
) -> Addendum:
    """Add to a part that is signed, with a reason and at this moment; `refers_to` is the day that it is about."""
    with recording(Action.ADDENDUM_WRITTEN, by=by, patient=_patient(session), about=session, follow=False) as event:
        if session.in_error:
            raise Refused("This session was marked as entered in error. It stays as it is.")
        if part not in signatures_of(session):
            raise Refused("This is not signed yet, so it can simply be edited.")
        refuse_undated(_patient(session), kind, refers_to)
        addendum = Addendum.of(
            _patient(session),
            session_id=session.id,
            part=part,
            kind=AddendumKind(kind),
            reason=reason,
            text=text,
            refers_to=refers_to,
            author=by.id,
            created_at=event.at,
        )
        db.session.add(addendum)
        event.detail = {"part": part.value, "kind": addendum.kind}
    return addendum


def signed_late(session: TreatmentSession, at: datetime) -> bool:
    """Whether a signature at this moment comes late after the session."""
    return at - (session.ends_at or session.starts_at) > LATE_AFTER


def refuse_undated(patient: Patient, kind: str, refers_to: date | None) -> None:
    """Refuse a late entry without its day, and any addition about a day that cannot be."""
    if refers_to is not None:
        refuse_day(patient, refers_to, field="refers_to")
    elif kind == AddendumKind.LATE_ENTRY:
        raise Refused("Of which day is this late entry?", field="refers_to")


def refuse_signed(session: TreatmentSession, part: Part) -> None:
    """Refuse to change what is signed; inside `recording`, once the session is held."""
    if part in signatures_of(session):
        raise Refused(f"{signed_words(session, part)}, and stays as it is. Please write an addendum.")


def signed_words(session: TreatmentSession, part: Part) -> str:
    """What is signed, as the beginning of a sentence."""
    what = "This session" if len(PARTS[Kind(session.kind)]) == 1 else f"The {part.label.lower()} part of this session"
    return f"{what} is signed"


def _refuse_unsignable(session: TreatmentSession, part: Part) -> None:
    if part not in PARTS[Kind(session.kind)]:
        raise Refused(f"A session of this kind has no {part.label.lower()} part.")
    if session.in_error:
        raise Refused("This session was marked as entered in error. It is not signed.")
    if session.status not in (Status.TOOK_PLACE, Status.HELD):
        raise Refused("Only a session that took place, or was held back, is signed.")
    if part in signatures_of(session):
        raise Refused(f"{signed_words(session, part)} already.")


def _patient(session: TreatmentSession) -> Patient:
    return db.session.get_one(Patient, session.patient_id)
