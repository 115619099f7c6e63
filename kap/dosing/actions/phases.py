"""What is written on the sheets of a dosing session, and what is asked, agreed and decided round a dose."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused, Stale
from kap.dosing.actions.locked import hold_open
from kap.dosing.models import Answer, Consent, Decision, EligibilityAnswer, FollowUpCall, GoNoGo, Sheet
from kap.dosing.queries.content import content_of
from kap.dosing.queries.limits import limits_of
from kap.dosing.queries.phases import (
    eligibility_count,
    eligibility_of,
    filled_checklist,
    filled_sheet,
    latest_number,
    record_of,
)
from kap.dosing.rules.phases import SheetAsked
from kap.people.models import User
from kap.treatment.actions import change_details, set_status
from kap.treatment.asked import kept
from kap.treatment.content import canonical, digest_of
from kap.treatment.models import DosingSession, Part, Signature, Status
from kap.treatment.signing import sign_part


def save_sheet(
    session: DosingSession, asked: SheetAsked, *, answers: Mapping[str, Any], version: int, by: User | None
) -> Sheet:
    """Save a sheet as it was filled in, however incomplete; Stale where somebody saved it after `version`."""
    with recording(Action.PHASE_SAVED, by=by, patient=session.patient, about=session, follow=False) as event:
        hold_open(session, Part(asked.part) if asked.part else None, alone=True)
        number = latest_number(session, asked.name)
        if number != version:
            raise Stale(filled_sheet(record_of(session), asked.name))
        _refuse_leaving(session, answers.get("discharged_at"))
        for field in asked.fields:
            if field.column and field.name in answers:
                setattr(session, field.name, answers[field.name] or None)
        if session.discharged_at is not None and session.ends_at is None:
            session.ends_at = session.discharged_at
        sheet = Sheet.of(session.patient, session_id=session.id, name=asked.name, number=number + 1, saved_by=_id(by))
        said = {name: kept(answer) for name, answer in answers.items() if kept(answer) is not None}
        sheet.answers = _not_asked(session, asked, answers) | said
        db.session.add(sheet)
        event.detail = {"sheet": asked.name}
    return sheet


def _not_asked(session: DosingSession, asked: SheetAsked, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What stands on the sheet in fields that were not on the form, as they are for another route or place."""
    if all(field.name in answers for field in asked.fields):
        return {}
    last = record_of(session).sheets.get(asked.name)
    return {name: answer for name, answer in last.answers.items() if name not in answers} if last else {}


def _refuse_leaving(session: DosingSession, left: datetime | None) -> None:
    """Refuse a time of leaving that cannot be."""
    if left is None:
        return
    if left < (session.dosed_at or session.starts_at):
        raise Refused("This is before the dose was given.", field="discharged_at")
    if left > clock.now():
        raise Refused("This lies in the future. Please leave it empty until then.", field="discharged_at")


def answer_checklist(
    session: DosingSession, *, answers: Mapping[str, tuple[str | None, str]], version: int, by: User | None
) -> None:
    """Keep what is answered anew: answer and evidence of each item. A clearance holds while both stay as they were."""
    with recording(Action.ELIGIBILITY_ANSWERED, by=by, patient=session.patient, about=session, follow=False):
        hold_open(session)
        # The checklist is the patient's: two sessions may not number it at the same time.
        hold(session.patient)
        if eligibility_count(session) != version:
            raise Stale(filled_checklist(session))
        for state in eligibility_of(session):
            answer, evidence = answers.get(state.item.name, (None, ""))
            last = state.answer
            if answer is None:
                continue
            same = last is not None and (last.answer, last.evidence) == (answer, evidence)
            if same and not state.ask_again:
                continue
            row = _answer(session, state.item.name, answer, evidence, by)
            if last is not None and same and last.cleared_by is not None:
                row.cleared_by, row.cleared_until, row.clearance = last.cleared_by, last.cleared_until, last.clearance


def clear_item(session: DosingSession, item: str, *, reason: str, until: date | None, by: User) -> EligibilityAnswer:
    """Clear a yes, with a reason and until a day: by whoever may give a dose."""
    with recording(Action.ELIGIBILITY_ANSWERED, by=by, patient=session.patient, about=session, follow=False) as event:
        hold_open(session)
        hold(session.patient)
        last = next(state.answer for state in eligibility_of(session) if state.item.name == item)
        if last is None or last.answer != Answer.YES:
            raise Refused("Only a yes is cleared.")
        row = _answer(session, item, last.answer, last.evidence, by)
        row.cleared_by, row.clearance, row.cleared_until = by.id, reason, until
        event.detail = {"cleared": item}
    return row


def _answer(session: DosingSession, item: str, answer: str, evidence: str, by: User | None) -> EligibilityAnswer:
    row = EligibilityAnswer.of(
        session.patient,
        session_id=session.id,
        item=item,
        answer=Answer(answer),
        evidence=evidence,
        answered_by=_id(by),
    )
    db.session.add(row)
    return row


def give_consent(
    session: DosingSession,
    *,
    consent_type: str,
    document_version: str,
    language: str,
    signed_at: datetime,
    signer: str,
    signer_name: str | None = None,
    method: str,
    witness: str | None = None,
    capacity_by: UUID | None = None,
    terms: str = "",
    by: User | None,
) -> Consent:
    """Write down that the patient, or somebody for them, agreed."""
    with recording(Action.CONSENT_GIVEN, by=by, patient=session.patient, follow=False) as event:
        consent = Consent.of(
            session.patient,
            consent_type=consent_type,
            document_version=document_version,
            language=language,
            signed_at=signed_at,
            signer=signer,
            signer_name=signer_name or None,
            method=method,
            witness=witness or None,
            capacity_by=capacity_by,
            terms=terms,
            entered_by=_id(by),
        )
        db.session.add(consent)
        event.about(consent)
    return consent


def withdraw_consent(consent: Consent, *, reason: str, by: User | None) -> Consent:
    """Write down that the patient no longer agrees. Of a dose that was given before, it stays true that they did."""
    with recording(Action.CONSENT_WITHDRAWN, by=by, patient=consent.patient, about=consent, follow=False) as event:
        hold(consent)
        if consent.withdrawn_at is not None:
            raise Refused("This consent was withdrawn already.")
        consent.withdrawn_at, consent.withdrawal_by, consent.withdrawal = event.at, _id(by), reason
    return consent


def decide(
    session: DosingSession,
    *,
    decision: str,
    decided_by: UUID,
    reason: str,
    seen: Iterable[str],
    may_pass: bool,
    by: User | None,
) -> Decision:
    """Say go or no-go, and whose decision it was. `seen` are the warnings that were on the page.

    To go past a warning takes a reason, and somebody who `may_pass` it. A no-go holds the session back.
    """
    with recording(Action.DOSE_DECIDED, by=by, patient=session.patient, about=session) as event:
        hold_open(session, alone=True)
        warned = [warning.sentence for warning in record_of(session).warnings]
        if list(seen) != warned:
            raise Refused("What speaks against the dose has changed while you were reading. Please look again.")
        if decision == GoNoGo.GO and warned and not may_pass:
            raise Refused("To go past a warning takes somebody who may give a dose. They enter it themselves.")
        if not reason and (warned or decision == GoNoGo.HOLD):
            raise Refused("Please say why.", field="reason")
        row = Decision.of(
            session.patient,
            session_id=session.id,
            decision=GoNoGo(decision),
            decided_by=decided_by,
            reason=reason,
            warned=json.dumps(warned) if warned else "",
            entered_by=_id(by),
        )
        db.session.add(row)
        event.detail = {"decision": row.decision}
        _follow_decision(session, GoNoGo(decision), reason, by)
    return row


def _follow_decision(session: DosingSession, decision: GoNoGo, reason: str, by: User | None) -> None:
    """A no-go holds back what was not given yet; a go after it plans it again."""
    if decision is GoNoGo.GO:
        if session.status == Status.HELD:
            _restate(session, Status.PLANNED, "", by)
    elif session.status == Status.PLANNED and session.starts_at <= clock.now():
        set_status(session, version=None, status=Status.HELD, reason=reason, by=by)
    elif session.status == Status.PLANNED:
        _restate(session, Status.HELD, reason, by)


def _restate(session: DosingSession, status: Status, reason: str, by: User | None) -> None:
    """Held before its time, it began now."""
    change_details(
        session,
        version=None,
        status=status,
        status_reason=reason,
        starts_at=min(session.starts_at, clock.now()),
        ends_at=None,
        team=[member.user_id for member in session.team],
        by=by,
    )


def record_call(
    session: DosingSession, *, called_at: datetime, reached: bool, answers: Mapping[str, Any], by: User | None
) -> FollowUpCall:
    """Write down a try to reach the patient; also once the session is signed."""
    with recording(Action.CALL_MADE, by=by, patient=session.patient, about=session, follow=False):
        hold_open(session, None)
        if called_at < session.starts_at:
            raise Refused("This is before the session.", field="called_at")
        said = {name: kept(answer) for name, answer in answers.items() if kept(answer) is not None}
        call = FollowUpCall.of(
            session.patient,
            session_id=session.id,
            called_at=called_at,
            reached=reached,
            called_by=_id(by),
            answers=json.dumps(said, sort_keys=True) if said else "",
        )
        db.session.add(call)
    return call


def sign(session: DosingSession, part: Part, *, digest: str, by: User) -> Signature:
    """Sign a part as it was shown: Refused where what stands in it now has another digest."""

    def as_shown() -> dict[str, Any]:
        content = content_of(record_of(session), part)
        if digest_of(canonical(content)) != digest:
            raise Refused("Something was written since this page was opened. Please read it again, and then sign.")
        return content

    limits = limits_of(session.clinic_id)
    return sign_part(session, part, content=as_shown, version=None, settings_number=limits.number, by=by)


def _id(by: User | None) -> UUID | None:
    return by.id if by else None
