"""A dosing session whole: all that stands in its record, and from it what is missing and what speaks against a dose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, exists, func, not_, or_, select

from kap.core import clock
from kap.core.db import db
from kap.dosing.models import (
    Administration,
    Answer,
    Consent,
    Decision,
    EligibilityAnswer,
    FollowUpCall,
    Observation,
    ObservationKind,
    RemsForm,
    Sheet,
    VitalsAlert,
)
from kap.dosing.queries.limits import limits_numbered, limits_of
from kap.dosing.rules.consents import LABELS, wanted
from kap.dosing.rules.eligibility import CHECKLIST, Item, Level
from kap.dosing.rules.limits import Limits
from kap.dosing.rules.readiness import Readiness, Warned, open_warnings
from kap.dosing.rules.sheets import ESKETAMINE, SHEETS
from kap.dosing.rules.standing import Known, Standing, place_of, shortfalls, standing
from kap.people.load import CLINIC, PATIENT, asking, not_own, of_patient, visible_rows
from kap.people.models import Clinic, Patient, User
from kap.treatment.asked import kept, read
from kap.treatment.models import AdverseEvent, DosingSession, Part, Status, VitalSign
from kap.treatment.queries import SESSION, Signed, signed_state
from kap.treatment.rules import dose_warnings, raised_before_dose


class ItemState(NamedTuple):
    """An item of the checklist as it stands for a session; `here`: its latest answer was given in this session."""

    item: Item
    answer: EligibilityAnswer | None
    here: bool
    cleared: bool

    @property
    def uncleared(self) -> bool:
        """True of a yes that nobody has cleared, or no longer."""
        return self.answer is not None and self.answer.answer == Answer.YES and not self.cleared

    @property
    def ask_again(self) -> bool:
        """True where it has to be asked in this session and was not."""
        return self.item.again and not self.here

    @property
    def settled(self) -> bool:
        """True where an earlier answer stands, and nothing is left to ask or to clear."""
        return self.answer is not None and not self.here and not self.ask_again and not self.uncleared


@dataclass(frozen=True)
class Record:
    """All that stands in the record of a session; of entries also those that were corrected."""

    session: DosingSession
    signed: Signed
    limits: Limits
    sheets: Mapping[str, Sheet]
    eligibility: Sequence[ItemState]
    consents: Sequence[Consent]
    decisions: Sequence[Decision]
    administrations: Sequence[Administration]
    readings: Sequence[VitalSign]
    observations: Sequence[Observation]
    events: Sequence[AdverseEvent]
    alerts: Sequence[VitalsAlert]
    calls: Sequence[FollowUpCall]
    rems: RemsForm | None

    @cached_property
    def answers(self) -> dict[str, dict[str, Any]]:
        """The latest answers of each sheet; what is kept in a column of the session is read from there."""
        return {name: answers for name in SHEETS if (answers := self._answers(name))}

    def _answers(self, name: str) -> dict[str, Any]:
        sheet = self.sheets.get(name)
        answers = dict(sheet.answers) if sheet else {}
        for field in SHEETS[name].fields:
            if field.column:
                answers[field.name] = kept(getattr(self.session, field.name))
        return {field: answer for field, answer in answers.items() if answer is not None}

    @property
    def route(self) -> str | None:
        """By which route it was given, or is going to be."""
        return self.session.route or self.answers.get("before", {}).get("planned_route")

    @property
    def place(self) -> str | None:
        """Where it takes place."""
        return place_of(self.answers)

    @property
    def given(self) -> bool:
        """True once something was given: entry by entry, or as a sum from paper."""
        return any(not row.in_error for row in self.administrations) or self.session.dose_mg is not None

    @property
    def decision(self) -> Decision | None:
        """The one that counts."""
        return self.decisions[-1] if self.decisions else None

    @property
    def doubts(self) -> list[str]:
        """What about the dose and the blood pressure before it is worth a second look, by the limits of the session."""
        session, hold = self.session, self.limits.pre_hold
        given = (session.route, session.medicine, session.dose_mg, session.weight_kg)
        found = [warned.sentence for warned in dose_warnings(*given, self.limits.doses)]
        readings = [sign.reading for sign in self.readings if not sign.in_error]
        raised = raised_before_dose(readings, session.given_at, hold)
        if raised is not None:
            told = f"{raised.systolic or '–'}/{raised.diastolic or '–'}"
            found.append(
                f"The blood pressure before the dose was {told} mmHg. "
                f"From {hold.systolic}/{hold.diastolic} on, the prescriber is asked to weigh the dose."
            )
        return found

    @property
    def observed_minutes(self) -> int | None:
        """From the first giving until the patient left."""
        start, end = self.session.dosed_at, self.session.discharged_at
        return (end - start) // timedelta(minutes=1) if start and end else None

    @property
    def leave_from(self) -> datetime | None:
        """Before this moment the patient stays, by the clinic's own limits."""
        least, start = self.limits.observe(self.route), self.session.dosed_at
        return start + timedelta(minutes=least) if start and least else None

    @property
    def consents_missing(self) -> list[str]:
        """The kinds of consent that this session wants and that were not in force before the dose."""
        until = self.session.dosed_at or clock.now()
        in_force = {
            consent.consent_type
            for consent in self.consents
            if consent.signed_at <= until and (consent.withdrawn_at is None or consent.withdrawn_at > until)
        }
        touch = self.answers.get("setting", {}).get("touch")
        needed = wanted(route=self.route, place=self.place, touch=touch)
        return [LABELS[kind] for kind in needed if kind not in in_force]

    @property
    def last_before(self) -> VitalSign | None:
        """The last blood pressure from before the dose."""
        pressures = [row for row in self._before if row.systolic is not None or row.diastolic is not None]
        return pressures[-1] if pressures else None

    @property
    def _before(self) -> list[VitalSign]:
        dosed = self.session.dosed_at
        return [row for row in self.readings if not row.in_error and (dosed is None or row.at <= dosed)]

    @property
    def call_due(self) -> datetime:
        """When the call on the day after is due."""
        return call_due(self.session, self.limits)

    @cached_property
    def warnings(self) -> list[Warned]:
        """What speaks against a dose now."""
        last = self.last_before
        return open_warnings(
            Readiness(
                answers=self.answers.get("before", {}),
                now=self.session.dosed_at or clock.now(),
                route=self.route,
                uncleared=self._labels(lambda state: state.uncleared and state.item.level is Level.ABSOLUTE),
                unanswered=self._labels(lambda state: state.answer is None),
                ask_again=self._labels(lambda state: state.answer is not None and state.ask_again),
                consents_missing=self.consents_missing,
                last_reading=last.reading if last else None,
                limits=self.limits,
            )
        )

    @property
    def shortfalls(self) -> list[str]:
        """Where the discharge falls short of what is asked."""
        return shortfalls(
            self.answers.get("discharge", {}), observed=self.observed_minutes, least=self.limits.observe(self.route)
        )

    @cached_property
    def phases(self) -> list[Standing]:
        """Where each phase stands."""
        readings = [row for row in self.readings if not row.in_error]
        return standing(
            Known(
                answers=self.answers,
                route=self.route,
                held=self.session.status in (Status.HELD, Status.CANCELLED),
                unanswered=self._labels(lambda state: state.answer is None),
                ask_again=self._labels(lambda state: state.answer is not None and state.ask_again),
                eligibility_begun=any(state.answer for state in self.eligibility),
                consents_missing=self.consents_missing,
                consents_given=bool(self.consents),
                decided=bool(self.decisions),
                readings_before=len(self._before),
                readings_after=len(readings) - len(self._before),
                given=self.given,
                alerts_open=sum(alert.open for alert in self.alerts),
                shortfalls=self.shortfalls,
                reached=any(call.reached for call in self.calls),
                tries=len(self.calls),
                rems_sent=self.rems is not None and self.rems.filed_at is not None,
            )
        )

    def _labels(self, which: Any) -> list[str]:
        return [state.item.label for state in self.eligibility if which(state)]


class Filled:
    """What stands in a form, as the form takes it: an attribute for each field, and what it counts as its version."""

    def __init__(self, version: int, starts_at: datetime, **values: Any) -> None:
        self.version = version
        self.starts_at = starts_at
        self.__dict__.update(values)


def record_of(session: DosingSession) -> Record:
    """Gather it."""
    return Record(
        session=session,
        signed=(signed := signed_state(session)),
        limits=_limits(session, signed),
        sheets=_sheets(session),
        eligibility=eligibility_of(session),
        consents=consents_of(session.patient),
        decisions=_rows(Decision, session, Decision.decided_at),
        administrations=_rows(Administration, session, Administration.at),
        readings=_rows(VitalSign, session, VitalSign.at),
        observations=_rows(Observation, session, Observation.at),
        events=_rows(AdverseEvent, session, AdverseEvent.id),
        alerts=_rows(VitalsAlert, session, VitalsAlert.raised_at),
        calls=_rows(FollowUpCall, session, FollowUpCall.called_at),
        rems=next(iter(_rows(RemsForm, session)), None) if session.route in ESKETAMINE else None,
    )


def _limits(session: DosingSession, signed: Signed) -> Limits:
    """Those in force, or those that were when it was signed."""
    signature = signed.signatures.get(Part.ADMINISTRATION)
    return limits_numbered(session.clinic_id, signature.settings_number if signature else None)


def _rows(kind: Any, session: DosingSession, *order: Any) -> Sequence[Any]:
    return db.session.scalars(_of_session(kind, order), of_patient(session.patient) | {"session": session.id}).all()


@cache
def _of_session(kind: Any, order: tuple[Any, ...]) -> Select[Any]:
    query = select(kind).where(kind.clinic_id == CLINIC, kind.patient_id == PATIENT, kind.session_id == SESSION)
    return query.order_by(*order, kind.id)


def _sheets(session: DosingSession) -> dict[str, Sheet]:
    return {sheet.name: sheet for sheet in _rows(Sheet, session, Sheet.number)}


def latest_number(session: DosingSession, name: str) -> int:
    """The number of the sheet that counts; 0 where none was saved."""
    query = select(func.max(Sheet.number)).where(
        Sheet.clinic_id == session.clinic_id,
        Sheet.patient_id == session.patient_id,
        Sheet.session_id == session.id,
        Sheet.name == name,
    )
    return db.session.scalar(query) or 0


def filled_sheet(record: Record, name: str) -> Filled:
    """What stands in a sheet, for its form."""
    sheet, answers = record.sheets.get(name), record.answers.get(name, {})
    values = {field.name: read(field.kind, answers.get(field.name)) for field in SHEETS[name].fields}
    return Filled(sheet.number if sheet else 0, record.session.starts_at, **values)


def screened_before(session: DosingSession) -> Sheet | None:
    """The last screening sheet of an earlier session of the patient, to be gone through again."""
    query = (
        select(Sheet)
        .where(
            Sheet.clinic_id == session.clinic_id,
            Sheet.patient_id == session.patient_id,
            Sheet.session_id != session.id,
            Sheet.name == "screening",
        )
        .order_by(Sheet.saved_at.desc(), Sheet.number.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


def eligibility_of(session: DosingSession) -> list[ItemState]:
    """Each item of the checklist as it stands for a session: what was answered after its dose counts for later ones."""
    until = session.dosed_at or clock.now()
    query = (
        select(EligibilityAnswer)
        .where(
            EligibilityAnswer.clinic_id == session.clinic_id,
            EligibilityAnswer.patient_id == session.patient_id,
            or_(EligibilityAnswer.answered_at <= until, EligibilityAnswer.session_id == session.id),
        )
        .order_by(EligibilityAnswer.answered_at, EligibilityAnswer.id)
    )
    latest = {row.item: row for row in db.session.scalars(query)}
    day = until.astimezone(db.session.get_one(Clinic, session.clinic_id).zone_info).date()
    return [
        ItemState(
            item,
            answer := latest.get(item.name),
            here=answer is not None and answer.session_id == session.id,
            cleared=answer is not None
            and answer.cleared_by is not None
            and (answer.cleared_until is None or answer.cleared_until >= day),
        )
        for item in CHECKLIST
    ]


def eligibility_count(patient: Patient | DosingSession) -> int:
    """How many answers there are of a patient: the version of their checklist."""
    query = select(func.count(EligibilityAnswer.id)).where(
        EligibilityAnswer.clinic_id == patient.clinic_id, EligibilityAnswer.patient_id == patient.patient_id
    )
    return db.session.scalar(query) or 0


def filled_checklist(session: DosingSession) -> Filled:
    """The checklist for its form: what has to be asked again is blank until it was asked in this session."""
    values: dict[str, Any] = {}
    for state in eligibility_of(session):
        known = state.answer is not None and not state.ask_again
        values[state.item.name] = state.answer.answer if state.answer and known else None
        values[f"{state.item.name}_evidence"] = state.answer.evidence if state.answer else ""
    return Filled(eligibility_count(session), session.starts_at, **values)


def consents_of(patient: Patient) -> Sequence[Consent]:
    """The consents of a patient, the latest first; also those withdrawn."""
    query = select(Consent).where(Consent.clinic_id == patient.clinic_id, Consent.patient_id == patient.id)
    return db.session.scalars(query.order_by(Consent.signed_at.desc(), Consent.id.desc())).all()


def call_due(session: DosingSession, limits: Limits) -> datetime:
    """When the call on the day after a session is due."""
    left = session.discharged_at or session.dosed_at or session.starts_at
    return left + timedelta(hours=limits.call_after_hours)


AROUND = timedelta(hours=12)
"""A session that is planned within this time is the one that starts now."""


def dosing_today(patient: Patient) -> DosingSession | None:
    """The dosing session that is planned for these hours."""
    query = select(DosingSession).where(
        DosingSession.clinic_id == patient.clinic_id,
        DosingSession.patient_id == patient.id,
        DosingSession.status == Status.PLANNED,
        DosingSession.error_at.is_(None),
        DosingSession.starts_at.between(clock.now() - AROUND, clock.now() + AROUND),
    )
    return db.session.scalars(query.order_by(DosingSession.starts_at)).first()


CALLED_WITHIN = timedelta(days=14)
"""After this time nobody is asked to call any more (our own default)."""


class CallDue(NamedTuple):
    """A call that waits to be made: for which session, to whom, since when, and how often it was tried."""

    session_id: UUID
    patient_id: UUID
    label: str
    starts_at: datetime
    due_at: datetime
    tries: int


def calls_due(user: User) -> list[CallDue]:
    """The calls to the patients of `user`, for a lead to all of the clinic; the first due first."""
    tries = select(func.count(FollowUpCall.id)).where(FollowUpCall.session_id == DosingSession.id).scalar_subquery()
    reached = exists().where(FollowUpCall.session_id == DosingSession.id, FollowUpCall.reached)
    query = (
        select(DosingSession, Patient, tries)
        .join(Patient, Patient.id == DosingSession.patient_id)
        .where(
            DosingSession.clinic_id == user.clinic_id,
            visible_rows(user.roles, DosingSession),
            not_own(),
            DosingSession.status == Status.TOOK_PLACE,
            DosingSession.error_at.is_(None),
            DosingSession.starts_at > clock.now() - CALLED_WITHIN,
            not_(reached),
        )
    )
    limits = limits_of(user.clinic_id)
    found = [
        CallDue(session.id, patient.id, patient.label, session.starts_at, call_due(session, limits), tried)
        for session, patient, tried in db.session.execute(query, asking(user))
    ]
    return sorted(found, key=lambda due: due.due_at)


class CameUp(NamedTuple):
    """What came up in a session: what its sheet says, by labels, and what the patient said in the room."""

    texts: Sequence[tuple[str, str]]
    words: Sequence[str]


CAME_UP = ("narrative", "tags", "challenging", "challenging_what", "resolved")
"""What of the sheet on the experience is worth reading before the talk about it."""


def came_up(session: DosingSession) -> CameUp:
    """What is known of the experience; two statements."""
    sheet = next((one for one in reversed(_rows(Sheet, session, Sheet.number)) if one.name == "experience"), None)
    answers = (sheet.answers if sheet else {}) | {"narrative": session.narrative}
    fields = {field.name: field for field in SHEETS["experience"].fields}
    noted = _rows(Observation, session, Observation.at)
    return CameUp(
        texts=[(fields[name].label, fields[name].told(answers[name])) for name in CAME_UP if answers.get(name)],
        words=[one.words for one in noted if one.kind == ObservationKind.WORDS and not one.in_error and one.words],
    )
