"""What is written down in the room, one tap at a time: each is kept at once, and none is ever written over.

A tap may have waited on the page for a server that was away: `at` is when it happened, `entered_at` when it came.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused
from kap.dosing.actions.locked import hold_open
from kap.dosing.models import Observation, ObservationKind, VitalsAlert
from kap.dosing.queries import room
from kap.dosing.queries.limits import limits_of
from kap.dosing.rules.limits import Alerted, reading_alerts, sedation_alerts
from kap.dosing.rules.room import CHOICES, DISSOCIATION, DONE, MOAAS, Signs, shares_a_sign, signs_problems
from kap.people.models import User
from kap.treatment.models import DosingSession, VitalSign

E = TypeVar("E", VitalSign, Observation)

CORRECTED = "Corrected in the room."
"""The reason for a correction where nobody had time to give one."""


class _Keys(NamedTuple):
    """The keys of a row. To read the row anew after each commit, only to log whose it is, costs a tap a statement."""

    id: UUID
    clinic_id: UUID


def take_reading(session: DosingSession, signs: Signs, *, at: datetime, by: User | None) -> VitalSign:
    """Keep a reading, and raise an alert for each limit of the clinic that it crosses.

    It is the repeat for which earlier alerts about the same signs still wait.
    """
    who, whose = _keys(session, by)
    with recording(Action.READING_TAKEN, by=who, patient=whose, follow=False) as event:
        hold_open(session)
        reading = _take(session, signs, at, who)
        event.about(reading)
    return reading


def note(
    session: DosingSession,
    *,
    kind: str,
    at: datetime,
    by: User | None,
    term: str | None = None,
    value: int | None = None,
    words: str = "",
) -> Observation:
    """Keep what was seen, done, said or scored; a deep sedation raises an alert."""
    who, whose = _keys(session, by)
    with recording(Action.OBSERVATION_NOTED, by=who, patient=whose, follow=False) as event:
        hold_open(session)
        observation = _note(session, ObservationKind(kind), at, term, value, words, who)
        event.about(observation)
    return observation


def correct_reading(reading: VitalSign, signs: Signs, *, at: datetime, reason: str = "", by: User | None) -> VitalSign:
    """Write a reading again as it was; what stood there stays in the record, marked."""
    session = _session(reading)
    who, whose = _keys(session, by)
    with recording(Action.ENTRY_CORRECTED, by=who, patient=whose, about=reading, follow=False):
        _mark(session, reading, reason, who)
        return _take(session, signs, at, who, taken_by=reading.taken_by, corrects_id=reading.id)


def correct_note(
    observation: Observation,
    *,
    at: datetime,
    term: str | None = None,
    value: int | None = None,
    words: str = "",
    reason: str = "",
    by: User | None,
) -> Observation:
    """The same for what was seen, done, said or scored."""
    session = _session(observation)
    who, whose = _keys(session, by)
    with recording(Action.ENTRY_CORRECTED, by=who, patient=whose, about=observation, follow=False):
        _mark(session, observation, reason, who)
        kind = ObservationKind(observation.kind)
        return _note(session, kind, at, term, value, words, who, corrects_id=observation.id)


def withdraw_entry(entry: E, *, reason: str, by: User | None) -> None:
    """Mark what should never have been written down, as on the record of somebody else; nothing comes in its place."""
    session = _session(entry)
    who, whose = _keys(session, by)
    with recording(Action.ENTRY_CORRECTED, by=who, patient=whose, about=entry, follow=False):
        if not reason.strip():
            raise Refused("Please say why it should not stand here.", field="reason")
        _mark(session, entry, reason, who)


def answer_alert(alert: VitalsAlert, *, done: Sequence[str], words: str, at: datetime, by: User) -> VitalsAlert:
    """Say what was done about an alert, and about all that the same entry raised; Refused where somebody has before."""
    session = _session(alert)
    who, whose = _keys(session, by)
    with recording(Action.VITALS_ALERT_ANSWERED, by=who, patient=whose, about=alert, follow=False):
        hold_open(session)
        hold(alert)
        if alert.answered_at is not None:
            raise Refused("Somebody has written down already what was done. It stands in the log below.")
        said = ". ".join(filter(None, (", ".join(DONE[term] for term in done), words.strip())))
        if not said:
            raise Refused("Please say what was done, even if it is that nothing was needed.", field="words")
        for one in room.open_alerts_from(alert.source_id):
            one.action, one.answered_at, one.answered_by = said, max(at, one.raised_at), by.id
    return alert


def _keys(session: DosingSession, by: User | None) -> tuple[_Keys | None, _Keys]:
    """Who writes, and whose record it is."""
    whose = _Keys(session.patient_id, session.clinic_id)
    return _Keys(by.id, by.clinic_id) if by is not None else None, whose


def _session(entry: Any) -> DosingSession:
    return db.session.get_one(DosingSession, entry.session_id)


def _row(session: DosingSession, table: Any, who: _Keys | None, **values: Any) -> Any:
    return table(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        session_id=session.id,
        entered_by=who.id if who else None,
        **values,
    )


def _take(session: DosingSession, signs: Signs, at: datetime, who: _Keys | None, **more: Any) -> VitalSign:
    limits, reading = limits_of(session.clinic_id), signs.at(at)
    for name, problem in signs_problems(signs, at, limits.plausible):
        raise Refused(problem, field=name)
    _refuse_ahead(at)
    earlier, t0 = room.readings_of(session), session.dosed_at
    before = [one for one in earlier if t0 is None or one.at <= t0]
    row: VitalSign = _row(session, VitalSign, who, at=at, **signs._asdict(), **more)
    db.session.add(row)
    for alert, source in room.awaiting_repeat(session, row.corrects_id):
        if source.at < at and source.id != row.corrects_id and shares_a_sign(source.reading, reading):
            alert.repeat_id = row.id
    _raise(
        session,
        row.id,
        reading_alerts(reading, before[-1] if before else None, [one for one in earlier if one.at < at], t0, limits),
        who,
    )
    return row


def _note(
    session: DosingSession,
    kind: ObservationKind,
    at: datetime,
    term: str | None,
    value: int | None,
    words: str,
    who: _Keys | None,
    **more: Any,
) -> Observation:
    scale = {ObservationKind.SEDATION: MOAAS, ObservationKind.DISSOCIATION: DISSOCIATION}.get(kind)
    if value not in (scale or (None,)):
        raise Refused("Please choose a number." if scale else "This has no number.", field="value")
    if term is not None and term not in CHOICES.get(kind, ()):
        raise Refused("This is none of the list.", field="term")
    if scale is None and term is None and not words.strip():
        raise Refused("Please choose one or write it down.", field="words")
    _refuse_ahead(at)
    row: Observation = _row(session, Observation, who, kind=kind, at=at, term=term, value=value, **more)
    row.words = words
    db.session.add(row)
    if kind is ObservationKind.SEDATION and value is not None:
        _raise(session, row.id, sedation_alerts(value, limits_of(session.clinic_id)), who)
    return row


def _raise(session: DosingSession, source_id: UUID, found: Iterable[Alerted], who: _Keys | None) -> None:
    """Keep each limit that was crossed, with the entry that crossed it; inside its recording."""
    for alerted in found:
        patient = _Keys(session.patient_id, session.clinic_id)
        with recording(Action.VITALS_ALERT_RAISED, by=who, patient=patient, follow=False) as event:
            alert = VitalsAlert(
                clinic_id=session.clinic_id,
                patient_id=session.patient_id,
                session_id=session.id,
                rule=alerted.rule,
                level=alerted.level,
                sentence=alerted.sentence,
                source_id=source_id,
            )
            db.session.add(alert)
            event.about(alert)


def _mark(session: DosingSession, entry: E, reason: str, who: _Keys | None) -> None:
    """Mark what was wrong, once; an alert that it raised is answered by that."""
    hold_open(session)
    hold(entry)
    if entry.in_error:
        raise Refused("This was corrected already. Please load the page again to read it.")
    entry.error_at, entry.error_by = clock.now(), who.id if who else None
    entry.error_reason = reason.strip() or CORRECTED
    if who is not None:
        for alert in room.open_alerts_from(entry.id):
            alert.action, alert.answered_at, alert.answered_by = "The entry was corrected.", clock.now(), who.id


def _refuse_ahead(at: datetime) -> None:
    if at > clock.now():
        raise Refused("This lies in the future. Please check the time.", field="at")
