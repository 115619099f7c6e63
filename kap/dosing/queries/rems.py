"""The REMS form of a session: what of it is known from the record, what was typed, and which forms are due.

A form is due for every session in which esketamine nasal spray was given. So what is due is asked of the sessions, and
not of rows that each way of writing a session would have to make: those that were imported, logged from paper or played
by the demo are due like any other, and one that turns out to be entered in error is due no longer.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from kap.core import clock
from kap.core.db import db
from kap.dosing import rems
from kap.dosing.models import ObservationKind, RemsForm
from kap.dosing.queries.phases import Filled, Record
from kap.dosing.rules.events import CRITERIA, OUTCOMES
from kap.dosing.rules.rems import FIELDS, LABELS, MONITOR, SETTING
from kap.people.load import asking, not_own, visible_rows
from kap.people.models import Clinic, Patient, User
from kap.treatment.asked import kept, read
from kap.treatment.models import AdverseEvent, DosingSession, Route, Severity, Status, VitalSign
from kap.web.filters import number


class Known(NamedTuple):
    """What the record says of a field, as JSON holds it, and where it says so."""

    value: Any
    source: str


@dataclass(frozen=True)
class Rems:
    """The form of a session: what was typed goes before what is known. One that was sent stays as it was then."""

    session: DosingSession
    row: RemsForm | None
    known: Mapping[str, Known]

    @cached_property
    def typed(self) -> dict[str, Any]:
        """What was typed otherwise than it is known; of a form that was sent, all that stood on it."""
        return json.loads(self.row.answers) if self.row and self.row.answers else {}

    @cached_property
    def answers(self) -> dict[str, Any]:
        """All that stands on the form, by the names of its fields."""
        return {name: one.value for name, one in self.known.items()} | self.typed

    @property
    def version(self) -> int:
        """Of the row; 0 where there is none yet."""
        return self.row.version if self.row else 0

    @property
    def sent(self) -> bool:
        """True once somebody has sent it, or said that it does not have to be."""
        return self.row is not None and self.row.filed_at is not None

    @property
    def filled(self) -> Filled:
        """The same for the form of the page."""
        values = {field.name: read(field.kind, self.answers.get(field.name)) for field in FIELDS}
        return Filled(self.version, self.session.starts_at, **values)

    def source(self, name: str) -> str:
        """Where a field comes from, in words."""
        found = self.known.get(name)
        if name in self.typed:
            return "Typed here; the record says otherwise" if found and self.typed[name] != found.value else ""
        return found.source if found else ""

    @property
    def paper(self) -> rems.RemsForm:
        """The form as it is printed."""
        return _paper(self.answers, self.session)

    @property
    def missing(self) -> list[str]:
        """The parts that are still blank, in words."""
        return [LABELS[name] for name in self.paper.missing]

    @property
    def due_on(self) -> date:
        """The last day on which it is to be sent."""
        return due_on(self.session.given_at, _zone(self.session))

    def otherwise(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """What of these answers is to be kept: what the record does not say. A sex it says nowhere else."""
        return {
            field.name: answer
            for field in FIELDS
            if (answer := answers.get(field.name)) != self._value(field.name) or (field.name == "sex" and answer)
        }

    def _value(self, name: str) -> Any:
        return self.known[name].value if name in self.known else None


def rems_of(record: Record) -> Rems:
    """The form of a session."""
    session = record.session
    query = select(RemsForm).where(RemsForm.clinic_id == session.clinic_id, RemsForm.patient_id == session.patient_id)
    rows = db.session.scalars(query.order_by(RemsForm.id.desc()).execution_options(populate_existing=True)).all()
    own = next((row for row in rows if row.session_id == session.id), None)
    earlier = [Rems(session, row, {}) for row in rows if row is not own]
    known = {name: Known(kept(value), source) for name, value, source in _known(record, earlier)}
    return Rems(session, own, {name: one for name, one in known.items() if one.value is not None})


def due_on(given_at: datetime, zone: Any) -> date:
    """The last day on which the form of a session is to be sent."""
    return given_at.astimezone(zone).date() + timedelta(days=rems.DUE_DAYS)


def _zone(session: DosingSession) -> Any:
    return db.session.get_one(Clinic, session.clinic_id).zone_info


Found = Iterator[tuple[str, Any, str]]
"""Name, value and source of what is known."""


def _known(record: Record, earlier: Sequence[Rems]) -> Found:
    yield from _of_patient(record, earlier)
    yield from _of_medicines(record)
    yield from _of_clinic(record)
    yield from _of_treatment(record)
    yield from _of_vitals(record)
    yield from _of_effects(record)
    yield from _of_serious(record)


def _of_patient(record: Record, earlier: Sequence[Rems]) -> Found:
    patient, screening = record.session.patient, record.answers.get("screening", {})
    first, middle, last = split(patient.name)
    yield "first_name", first, "From the patient’s name"
    yield "middle_initial", middle, "From the patient’s name"
    yield "last_name", last, "From the patient’s name"
    yield "birth_date", patient.birth_date, "The patient’s details"
    sex = next((one.typed["sex"] for one in earlier if one.typed.get("sex")), None)
    yield "sex", sex, "As on the patient’s last form"
    yield "first_treatment", "no" if _had_before(record.session) else "yes", "By the sessions in this record"
    yield "enrolled", screening.get("rems_enrolled"), "Screening"


def split(name: str | None) -> tuple[str | None, str | None, str | None]:
    """First name, middle initial and last name. Only a single letter is taken for an initial."""
    first, _, rest = (name or "").strip().partition(" ")
    initial, _, last = rest.strip().partition(" ")
    if last and len(initial.rstrip(".")) == 1:
        return first, initial.rstrip("."), last.strip()
    return first or None, None, rest.strip() or None


def _had_before(session: DosingSession) -> bool:
    given_at = func.coalesce(DosingSession.dosed_at, DosingSession.starts_at)
    query = select(DosingSession.id).where(
        DosingSession.clinic_id == session.clinic_id,
        DosingSession.patient_id == session.patient_id,
        DosingSession.id != session.id,
        given_at < session.given_at,
        *_GIVEN,
    )
    return db.session.scalars(query.limit(1)).first() is not None


_CLASSES = {
    "benzodiazepines": "benzodiazepine",
    "other_sedatives": "sedative",
    "opioids": "opioid",
    "psychostimulants": "psychostimulant",
    "maois": "maoi",
}


def _of_medicines(record: Record) -> Found:
    taken = record.answers.get("screening", {}).get("concomitant")
    for name, tick in _CLASSES.items():
        yield name, _yes(tick in taken) if taken else None, "Screening"


def _of_clinic(record: Record) -> Found:
    """Who monitored: by whom the patient was found ready to leave. Where: as on the clinic's last form."""
    session = record.session
    query = select(RemsForm.setting).where(
        RemsForm.clinic_id == session.clinic_id, RemsForm.session_id != session.id, RemsForm.setting.is_not(None)
    )
    last: dict[str, Any] = db.session.scalars(query.order_by(RemsForm.id.desc()).limit(1)).first() or {}
    found = record.answers.get("discharge", {}).get("stable_by")
    user = db.session.get(User, UUID(found)) if found else None
    if user is not None:
        yield "monitored_by", user.name, "Who decided on the discharge"
        yield "monitor_email", user.email, "Their account"
    if user is None or user.name == last.get("monitored_by"):
        for name in MONITOR:
            if user is None or name == "monitor_phone":
                yield name, last.get(name), "As on the last form"
    yield "setting_name", db.session.get_one(Clinic, session.clinic_id).name, "The clinic’s name"
    for name in SETTING:
        if name in last:
            yield name, last[name], "As on the last form"


def _of_treatment(record: Record) -> Found:
    session, zone = record.session, _zone(record.session)
    given = [row for row in record.administrations if not row.in_error]
    devices = [datetime.fromisoformat(at) for row in given for at in row.device_times or ()]
    first = min(devices, default=session.dosed_at)
    yield "treated_on", session.given_at.astimezone(zone).date(), "The session"
    yield "dose_mg", number(session.dose_mg) if session.dose_mg is not None else None, "What was given"
    yield "lots", ", ".join(dict.fromkeys(row.lot for row in given if row.lot)) or None, "What was given"
    if first and session.discharged_at:
        times = ", ".join(_wall(at, zone) for at in sorted(devices or [first]))
        minutes = (session.discharged_at - first) // timedelta(minutes=1)
        source = f"{'Devices' if devices else 'Given'} at {times}; left at {_wall(session.discharged_at, zone)}"
        yield "total_minutes", minutes, source
    yield "ready_after_minutes", record.answers.get("discharge", {}).get("ready_after"), "Discharge"


ABOUT_40 = timedelta(minutes=15)
"""How far from 40 minutes after the dose a reading may lie to be the one of then (our own default)."""


def _of_vitals(record: Record) -> Found:
    checked = record.answers.get("discharge", {}).get("vitals")
    yield "vitals_acceptable_at_end", checked if checked in ("yes", "no") else None, "Discharge"
    dosed, left = record.session.dosed_at, record.session.discharged_at
    yield from _of_reading("before", record.last_before, "The last reading before the dose")
    if dosed is None:
        return
    after = [
        row
        for row in record.readings
        if not row.in_error and row.systolic is not None and row.at > dosed and (left is None or row.at <= left)
    ]
    forty = min(after, key=lambda row: abs(row.at - dosed - timedelta(minutes=40)), default=None)
    if forty is not None and abs(forty.at - dosed - timedelta(minutes=40)) > ABOUT_40:
        forty = None
    yield from _of_reading("at_40", forty, "The reading nearest to 40 minutes")
    if after and after[-1] is not forty:
        yield from _of_reading("at_end", after[-1], "The last reading")


def _of_reading(when: str, row: VitalSign | None, source: str) -> Found:
    if row is not None:
        yield f"systolic_{when}", row.systolic, source
        yield f"diastolic_{when}", row.diastolic, source
        yield f"at_{when}", row.at.replace(second=0, microsecond=0), source


ALERT = 5
"""MOAA/S of somebody who is awake."""
_EFFECTS = {
    "sedation": (ObservationKind.SEDATION, {"somnolence"}, "MOAA/S"),
    "dissociation": (ObservationKind.DISSOCIATION, {"dissociation"}, "of 10"),
    "respiratory_depression": (None, {"respiratory_depression"}, ""),
}


def _of_effects(record: Record) -> Found:
    """What was noted in the room. That nothing was noted does not say that there was nothing: this is left open."""
    zone = _zone(record.session)
    for name, (kind, terms, scale) in _EFFECTS.items():
        scored = [one for one in record.observations if not one.in_error and one.kind == kind and one.value is not None]
        calm = ALERT if kind is ObservationKind.SEDATION else 0
        felt = [one for one in scored if one.value != calm]
        events = [one for one in record.events if not one.in_error and one.term in terms]
        words = [
            f"{_wall(one.at, zone)} {f'{scale} {one.value}' if calm else f'{one.value} {scale}'}"
            + (f", {one.words}" if one.words else "")
            for one in felt
        ]
        words += [_event(one) for one in events]
        if words or scored:
            yield name, _yes(bool(words)), "Noted in the room"
        yield f"{name}_told", "; ".join(words) or None, "Noted in the room"


def _of_serious(record: Record) -> Found:
    """Yes where an event was serious; no where all of them were said not to be, or there was none until the end."""
    events = [one for one in record.events if not one.in_error]
    serious = [one for one in events if one.serious]
    if serious:
        yield "serious_event", "yes", "Adverse events"
        yield "serious_event_told", "\n".join(_event(one) for one in serious), "Adverse events"
    elif events and all(one.serious is False for one in events):
        yield "serious_event", "no", "Adverse events: none of them was serious"
    elif not events and record.session.discharged_at:
        yield "serious_event", "no", "No adverse event was written down"


def _event(event: AdverseEvent) -> str:
    criteria = [CRITERIA[name] for name in (event.criteria or "").split(",") if name in CRITERIA]
    parts = [
        event.label,
        Severity(event.severity).label.lower() if event.severity else None,
        event.words if event.words != event.label else None,
        *criteria,
        OUTCOMES.get(event.outcome or ""),
    ]
    return ", ".join(filter(None, parts))


def _wall(at: datetime, zone: Any) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def _paper(answers: Mapping[str, Any], session: DosingSession) -> rems.RemsForm:
    plain: dict[str, Any] = {
        field.name: _plain(read(field.kind, answers.get(field.name)))
        for field in FIELDS
        if field.name in rems.RemsForm.__dataclass_fields__
    }
    for when in ("before", "at_40", "at_end"):
        plain[f"pressure_{when}"] = _pressure(answers, when, session)
    return rems.RemsForm(**plain, reference=session.patient.code)


def _plain(answer: Any) -> Any:
    if answer in ("yes", "no"):
        return answer == "yes"
    if isinstance(answer, Decimal):
        return int(answer) if answer == int(answer) else float(answer)
    return answer


def _pressure(answers: Mapping[str, Any], when: str, session: DosingSession) -> rems.Pressure:
    at = answers.get(f"at_{when}")
    return rems.Pressure(
        answers.get(f"systolic_{when}"),
        answers.get(f"diastolic_{when}"),
        _wall(datetime.fromisoformat(at), _zone(session)) if at else None,
    )


_GIVEN = (
    DosingSession.route == Route.ESKETAMINE_NASAL,
    DosingSession.status == Status.TOOK_PLACE,
    DosingSession.error_at.is_(None),
)

LISTED = timedelta(days=90)
"""A form that was due longer ago is not listed any more (our own default): it stands with its session."""
RECENT = timedelta(days=30)
"""How long a form is listed that was sent."""


class RemsDue(NamedTuple):
    """A form that is to be sent, or was: of which session, of whom, by when, and how it was sent."""

    session_id: UUID
    patient_id: UUID
    label: str
    given_at: datetime
    due_on: date
    filed_at: datetime | None
    filed_how: str | None
    reference: str | None


def rems_due(user: User) -> tuple[list[RemsDue], list[RemsDue]]:
    """The forms that the patients of `user` wait for, for a lead all of the clinic, those due longest first; and those
    that were sent of late, the latest first.
    """
    now, given_at = clock.now(), func.coalesce(DosingSession.dosed_at, DosingSession.starts_at)
    query = (
        select(
            DosingSession.id,
            Patient.id,
            func.coalesce(Patient.name, Patient.code),
            DosingSession.dosed_at,
            DosingSession.starts_at,
            RemsForm.filed_at,
            RemsForm.filed_how,
            RemsForm.reference,
        )
        .join(Patient, Patient.id == DosingSession.patient_id)
        .outerjoin(RemsForm, RemsForm.session_id == DosingSession.id)
        .where(
            DosingSession.clinic_id == user.clinic_id,
            visible_rows(user.roles, DosingSession),
            not_own(),
            *_GIVEN,
            or_(
                and_(RemsForm.filed_at.is_(None), given_at > now - LISTED - timedelta(days=rems.DUE_DAYS)),
                RemsForm.filed_at > now - RECENT,
            ),
        )
    )
    zone = user.clinic.zone_info
    found = [
        RemsDue(session, patient, label, dosed or starts, due_on(dosed or starts, zone), *filed)
        for session, patient, label, dosed, starts, *filed in db.session.execute(query, asking(user))
    ]
    waiting = sorted((one for one in found if one.filed_at is None), key=lambda one: (one.due_on, one.given_at))
    sent = [one for one in found if one.filed_at is not None]
    return waiting, sorted(sent, key=lambda one: one.filed_at or now, reverse=True)
