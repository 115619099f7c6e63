"""The day of whoever treats: what waits for them, a line each, and each with the act that settles it.

A few statements for each kind of line, whatever the caseload. What is settled is not told of any more; that something
is due is said by the clock and the record alone, and never counted up against anybody.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from flask import url_for

from kap.access.roles import Permission, granted
from kap.core import clock
from kap.dosing.queries.events import waiting_events
from kap.dosing.queries.phases import calls_due
from kap.dosing.queries.rems import rems_due
from kap.dosing.queries.room import waiting_alerts
from kap.durability import State
from kap.measures.queries import catalogue
from kap.outcomes.coverage import unintegrated
from kap.outcomes.fading import fading, unmeasured
from kap.outcomes.wording import LABELS, plural
from kap.people.models import User
from kap.people.queries import treated_ids
from kap.safety.models import AlertKind
from kap.safety.queries import open_alerts
from kap.stock.queries import call_count
from kap.treatment.agenda import Agenda, Session, agenda_of
from kap.treatment.agreed import practices_due
from kap.treatment.models import PARTS, Kind, Part, Status
from kap.treatment.queries import Unsigned, next_sessions, unsigned_sessions
from kap.treatment.terms import TERMS
from kap.treatment.window import WINDOW_EVIDENCE, Place
from kap.web.filters import near, wall_time, weekday
from kap.web.forms import clinic_zone

FIRST, MOST = 6, 50
"""How many lines of one kind are shown at once, and how many at most; who waits longest stands first."""
BEFORE = timedelta(hours=1)
"""From so long before its start on a session is opened to be logged rather than looked at."""


class _OfPatient(Protocol):
    @property
    def patient_id(self) -> UUID: ...


Row = TypeVar("Row", bound=_OfPatient)


class Act(NamedTuple):
    """What settles a line: its word, and where it is done."""

    label: str
    href: str


class Line(NamedTuple):
    """Something to be done about a patient; `at` are start and end of a session, `href` where it can be looked at."""

    patient_id: UUID | None
    label: str
    href: str
    note: str
    act: Act | None = None
    at: Sequence[str] = ()
    chip: tuple[str, str] | None = None


class Section(NamedTuple):
    """Lines of one kind, those that are folded away, and how many more there are than that."""

    key: str
    title: str
    lines: Sequence[Line]
    folded: Sequence[Line] = ()
    more: int = 0
    note: str = ""


class Day(NamedTuple):
    """What waits, by kind; nothing where nothing does."""

    title: str
    sections: Sequence[Section]

    @property
    def shown(self) -> list[str]:
        """The patients who stand on the page, for the log."""
        lines = [line for section in self.sections for line in (*section.lines, *section.folded)]
        return sorted({str(line.patient_id) for line in lines if line.patient_id})


def day_of(user: User) -> Day:
    """The day of `user`: their care teams', for a lead the clinic's."""
    now, zone = clock.now(), user.clinic.zone_info
    gathered = _Day(user, now, now.astimezone(zone).date())
    return Day(weekday(now), [_folded(section) for section in gathered.sections() if section.lines])


def _folded(section: Section) -> Section:
    """All alerts and sessions stay in sight; of anything else the first, and the others folded."""
    first = len(section.lines) if section.key in ("alerts", "sessions") else FIRST
    lines, rest = section.lines[:first], section.lines[first:]
    return section._replace(lines=lines, folded=rest[: MOST - FIRST], more=max(len(rest) - (MOST - FIRST), 0))


class _Day:
    """Gathers the sections."""

    def __init__(self, user: User, now: datetime, today: date) -> None:
        self.user, self.now, self.today = user, now, today
        held = granted(user.roles)
        self.signs = {
            part
            for part, permission in (
                (Part.ADMINISTRATION, Permission.DOSE_SIGN),
                (Part.THERAPY, Permission.THERAPY_SIGN),
            )
            if permission in held
        }
        # A lead sees the whole clinic, and acts for those whom they treat themselves, if they treat.
        self.treated = treated_ids(user) if Permission.SESSION_RECORD in held else frozenset()

    def sections(self) -> Iterator[Section]:
        """All of them, in the order in which somebody looks between two patients."""
        agenda = agenda_of(self.user, self.today)
        yield Section("alerts", "Alerts", [*self._alerts(), *self._vitals()])
        yield Section("sessions", "Sessions today", [self._session(one) for one in agenda.today])
        yield Section("integrate", "Dosed, and no integration booked", [*self._unintegrated()], note=WINDOW_EVIDENCE)
        yield Section("write", "To write up and sign", [*self._unwritten(agenda)])
        yield Section("calls", "Follow-up calls", [*self._calls()])
        yield Section("fading", "Wearing off, and nothing planned", [*self._fading()])
        yield Section("due", "Check-ins and practices", [*self._unmeasured(), *self._practices()])
        yield Section("reports", "Adverse events and REMS forms", [*self._events(), *self._rems()])
        yield Section("witness", "Drug log", [*self._witness()])

    def _for(self, whose: UUID, label: str, endpoint: str, **of: Any) -> Act | None:
        """An act for whoever treats the patient."""
        return Act(label, url_for(endpoint, **of)) if whose in self.treated else None

    def _book(self, patient_id: UUID, kind: Kind = Kind.INTEGRATION) -> Act | None:
        return self._for(patient_id, "Book", "treatment.book", patient_id=patient_id, kind=kind.value, back="day")

    def _alerts(self) -> Iterator[Line]:
        for one in open_alerts(self.user):
            href = url_for("safety.alert", alert_id=one.id)
            note = f"{AlertKind(one.kind).label}, {near(one.raised_at)}"
            yield Line(one.patient_id, one.patient.label, href, note, Act("Act", href))

    def _vitals(self) -> Iterator[Line]:
        for one in waiting_alerts(self.user):
            href = url_for("dosing.room", session_id=one.session_id)
            answer = self._for(
                one.patient_id, "Answer", "dosing.room_alert", session_id=one.session_id, alert_id=one.id
            )
            yield Line(one.patient_id, one.label, href, f"{one.sentence} {near(one.raised_at)}", answer)

    def _session(self, one: Session) -> Line:
        others = ", ".join(member.name for member in one.team if member.id != self.user.id)
        note = ", ".join(filter(None, [one.kind.label, one.room, f"with {others}" if others else ""]))
        return Line(
            one.patient_id,
            one.label,
            _session_href(one.id),
            note,
            self._settles(one),
            (wall_time(one.starts_at), wall_time(one.ends_at)),
            self._standing(one),
        )

    def _standing(self, one: Session) -> tuple[str, str] | None:
        if one.status is Status.PLANNED:
            return ("Overlaps", "warn") if one.overlaps else None
        if not one.parts:
            return "Signed", "good"
        if one.going_on:
            return "Under way", "dose"
        return (one.status.label, "warn") if one.status is Status.HELD else ("Not signed", "info")

    def _settles(self, one: Session) -> Act | None:
        if one.status is Status.PLANNED:
            if one.kind is Kind.DOSING or one.starts_at > self.now + BEFORE:
                return self._for(one.patient_id, "Open", "treatment.show", session_id=one.id)
            return self._for(one.patient_id, "Log", "treatment.edit", session_id=one.id, status=Status.TOOK_PLACE.value)
        if one.going_on and one.parts:
            return self._for(one.patient_id, "Open", "dosing.room", session_id=one.id)
        return self._sign(one.patient_id, one.id, one.kind, one.parts)

    def _sign(self, patient_id: UUID, session_id: UUID, kind: Kind, parts: Sequence[Part]) -> Act | None:
        part = next((part for part in parts if part in self.signs), None)
        if part is None:
            return None
        if kind is Kind.DOSING:
            return self._for(patient_id, "Sign", "dosing.sign", session_id=session_id, part=part.value)
        return self._for(patient_id, "Sign", "treatment.sign", session_id=session_id)

    def _unintegrated(self) -> Iterator[Line]:
        open_ = [one for one in unintegrated(self.user, self.now) if not one.planned and one.place is not Place.LATE]
        for *earlier, one in _by_patient(open_[::-1]):
            hours = f"custom here: {one.window.first} to {one.window.last} hours after"
            note = f"{_doses(len(earlier))}{_ago(one.given_at, self.today)} ({hours})"
            yield Line(one.patient_id, one.label, _patient_href(one.patient_id), note, self._book(one.patient_id))

    def _unwritten(self, agenda: Agenda) -> Iterator[Line]:
        for one in agenda.before:
            note = f"{one.kind.label} planned for {near(one.starts_at)}: what became of it?"
            yield Line(one.patient_id, one.label, _session_href(one.id), note, self._settles(one))
        begin = clock.day_start(self.today, self.user.clinic.zone_info)
        for two in unsigned_sessions(self.user, before=begin):
            yield Line(two.patient_id, two.label, _session_href(two.id), _to_sign(two), self._signs(two))

    def _signs(self, one: Unsigned) -> Act | None:
        return self._sign(one.patient_id, one.id, one.kind, one.parts)

    def _calls(self) -> Iterator[Line]:
        end = clock.day_start(self.today + timedelta(days=1), self.user.clinic.zone_info)
        due = [call for call in calls_due(self.user) if call.due_at < end]
        for *earlier, one in _by_patient(due):
            tries = f", tried {plural(one.tries, 'time')}" if one.tries else ""
            note = f"{_doses(len(earlier))}{_ago(one.starts_at, self.today)}{tries}"
            act = self._for(one.patient_id, "Call", "dosing.call", session_id=one.session_id)
            yield Line(one.patient_id, one.label, _session_href(one.session_id), note, act)

    def _fading(self) -> Iterator[Line]:
        for one in fading(self.user):
            seen = f"last seen {_ago(one.contact, self.today)}" if one.contact else "not seen yet"
            act = self._book(one.patient_id) if one.open else None
            chip = LABELS[State(one.state)]
            yield Line(one.patient_id, one.label, _patient_href(one.patient_id), seen, act, chip=chip)

    def _unmeasured(self) -> Iterator[Line]:
        names = {measure.id: measure.name for measure in catalogue()}
        for one in unmeasured(self.user):
            was = f"; then: {LABELS[State(one.state)][0].lower()}" if one.state else ""
            note = f"no {names.get(one.measure or '', 'score')} since {near(one.latest_on)}{was}"
            act = self._for(one.patient_id, "Enter", "measures.choose", patient_id=one.patient_id)
            yield Line(one.patient_id, one.label, _patient_href(one.patient_id), note, act)

    def _practices(self) -> Iterator[Line]:
        """Whoever has a session ahead is asked in it."""
        due = practices_due(self.user)
        ahead = next_sessions(self.user.clinic_id, [one.patient_id for one in due]) if due else {}
        for one, *others in _by_patient(one for one in due if one.patient_id not in ahead):
            asked = f"still doing it, after {plural(one.month, 'month')}?" if one.month else "its day has come."
            more = f" And {len(others)} more." if others else ""
            note = f"Practice of {near(one.practice.agreed_on)}: {asked}{more}"
            href = url_for("outcomes.practices", patient_id=one.patient_id)
            yield Line(one.patient_id, one.label, href, note, self._book(one.patient_id))

    def _events(self) -> Iterator[Line]:
        for one in waiting_events(self.user):
            note = f"{TERMS[one.term].label}{f', follow up on {near(one.follow_up_on)}' if one.follow_up_on else ''}"
            act = self._for(one.patient_id, "Complete", "dosing.change_event", event_id=one.id)
            href = url_for("dosing.events", session_id=one.session_id)
            yield Line(one.patient_id, one.patient.label, href, note, act)

    def _rems(self) -> Iterator[Line]:
        for one in rems_due(self.user)[0]:
            href = url_for("dosing.rems", session_id=one.session_id)
            note = f"REMS form, by {near(one.due_on)}"
            act = Act("Fill in", href) if one.patient_id in self.treated else None
            yield Line(one.patient_id, one.label, href, note, act)

    def _witness(self) -> Iterator[Line]:
        number, href = call_count(self.user), url_for("stock.witness")
        if number:
            yield Line(None, plural(number, "waste"), href, "Somebody says that you saw it", Act("Look", href))


def _by_patient(rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of each patient, in the order in which these first come."""
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row.patient_id, []).append(row)
    return list(found.values())


def _doses(earlier: int) -> str:
    """ "dose ", "3 doses, the last "."""
    return f"{earlier + 1} doses, the last " if earlier else "dose "


def _to_sign(one: Unsigned) -> str:
    left = f", {one.parts[0].label.lower()} part" if len(one.parts) < len(PARTS[one.kind]) else ""
    return f"{one.kind.label} of {near(one.starts_at)}{left}"


def _ago(at: datetime, today: date) -> str:
    """ "today", "yesterday", "3 days ago", by the days of the clinic."""
    days = (today - at.astimezone(clinic_zone()).date()).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def _patient_href(patient_id: UUID) -> str:
    return url_for("outcomes.patient", patient_id=patient_id)


def _session_href(session_id: UUID) -> str:
    return url_for("treatment.show", session_id=session_id)
