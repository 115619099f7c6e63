"""Playing the stories: each act at its own time, by whoever would do it, through the same actions as the pages."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.demo.accounts import keep_accounts, new_accounts
from kap.demo.stories import (
    ADMIN,
    CLINIC,
    COUNTRY,
    LEAD,
    MEDICAL,
    STORIES,
    THERAPIST,
    ZONE,
    Dose,
    End,
    Integration,
    Person,
    Planned,
    Preparation,
    Scores,
    Story,
)
from kap.measures.actions import complete, enter_paper, keep_answers, start_questionnaire
from kap.measures.instruments import Instrument, instrument
from kap.measures.models import Source
from kap.people.actions import accept, add_patient, invite, join_care_team, set_up_clinic
from kap.people.models import Clinic, Patient, User
from kap.people.queries import clinics
from kap.safety.actions import act_on
from kap.safety.queries import open_alerts
from kap.treatment.actions import (
    end_course,
    mark_session_in_error,
    open_course,
    plan_session,
    record_dosing,
    record_integration,
    record_preparation,
)
from kap.treatment.models import Course, Route, Status
from kap.treatment.queries import suggested_doses
from kap.treatment.rules import Reading, Unwanted

SEED = "harbour"
OPENED = 275
"""How many days ago the clinic was set up."""

PEAK = {
    Route.IV_INFUSION: 40,
    Route.IM: 25,
    Route.ESKETAMINE_NASAL: 40,
    Route.SUBLINGUAL: 50,
    Route.ORAL: 70,
}
"""Minutes from the dose to the highest blood pressure, roughly."""

DISCHARGES = (
    "Steady, oriented, blood pressure back to where it began. Written advice given.",
    "Awake and clear, walked the corridor twice. Will not drive until tomorrow.",
    "Ate a little, feels well, tired. Evening kept free.",
    "Oriented and calm. Knows whom to ring tonight.",
)


class Act(NamedTuple):
    """Something that somebody does at a moment."""

    at: datetime
    do: Callable[[], object]


class Staff(NamedTuple):
    """The clinic and those who work in it."""

    clinic: Clinic
    lead: User
    therapist: User
    medical: User
    admin: User


def play(instance: Path, *, seed: str = SEED) -> None:
    """Fill an empty database with the synthetic clinic, as one transaction, and keep its accounts in the folder.

    The same seed gives the same clinic, counted from today; the passwords are new. Refused where there is a clinic.
    """
    today = clock.today(ZoneInfo(ZONE))
    with recording(Action.DEMO_PLAYED, by=None) as event:
        if clinics():
            raise Refused("The demo is played in an empty database only.")
        accounts = new_accounts()
        passwords = {account["role"]: account["password"] for account in accounts}
        with clock.at(_moment(today - timedelta(days=OPENED), time(9))):
            staff = _open_clinic(passwords)
            db.session.flush()
        acts = [act for story in STORIES for act in _Player(story, staff, today, passwords, seed).acts()]
        for act in sorted(acts, key=lambda act: act.at):
            with clock.at(act.at):
                act.do()
                # Rows get their time of making when they are flushed: that must be now, while the clock is set.
                db.session.flush()
        event.about(staff.clinic)
        event.clinic_id = staff.clinic.id
        # Before the commit: accounts of no clinic do no harm, a clinic that nobody can enter does.
        keep_accounts(accounts, instance)


def _open_clinic(passwords: dict[str, str]) -> Staff:
    clinic = set_up_clinic(name=CLINIC, zone=ZONE, country=COUNTRY, synthetic=True)

    def join(person: Person, by: User | None) -> User:
        roles = frozenset({Role(person.role)})
        _, token = invite(clinic=clinic, roles=roles, email=person.email, by=by)
        return accept(token, name=person.name, email=person.email, password=passwords[person.role])

    lead = join(LEAD, None)
    return Staff(clinic, lead, join(THERAPIST, lead), join(MEDICAL, lead), join(ADMIN, lead))


class _Player:
    """Plays one story: the patient, the course, and what happens in it."""

    patient: Patient
    course: Course
    account: User | None = None

    def __init__(self, story: Story, staff: Staff, today: date, passwords: dict[str, str], seed: str) -> None:
        self.story = story
        self.staff = staff
        self.today = today
        self.passwords = passwords
        self.random = Random(f"{seed}:{story.code}")  # noqa: S311 - a story, not a secret
        self.leanings = {scores.measure: self._leanings(instrument(scores.measure)) for scores in story.scores}

    def acts(self) -> Iterator[Act]:
        """Everything that happens in the story, in no order."""
        story = self.story
        yield Act(self._at(story.enrolled, 9), self._enrol)
        if story.account:
            yield Act(self._at(story.enrolled, 19), partial(self._join, story.account))
        for session in story.sessions:
            yield from self._session(session)
        for scores in story.scores:
            for day in scores.sums:
                yield from self._answers(scores, day)
        for planned in story.planned:
            yield Act(_moment(self.today - timedelta(days=1), time(17, 30)), partial(self._plan, planned))
        if story.end:
            yield Act(self._at(story.end.day, 16), partial(self._end, story.end))

    def _day(self, day: int) -> date:
        return self.today - timedelta(days=self.story.began) + timedelta(days=day)

    def _at(self, day: int, hour: int) -> datetime:
        return _moment(self._day(day), time(hour, 5 * self.random.randrange(12)))

    def _enrol(self) -> None:
        story = self.story
        self.patient = add_patient(code=story.code, name=story.name, birth_date=story.born, by=self.staff.therapist)
        join_care_team(self.patient, self.staff.medical, by=self.staff.therapist)
        self.course = open_course(
            self.patient,
            condition=story.condition,
            primary_measure=story.measure,
            planned_doses=story.planned_doses,
            opened_on=self._day(story.enrolled),
            by=self.staff.therapist,
        )

    def _join(self, person: Person) -> None:
        _, token = invite(
            clinic=self.staff.clinic,
            roles=frozenset({Role.PATIENT}),
            email=person.email,
            patient=self.patient,
            by=self.staff.therapist,
        )
        self.account = accept(token, name=person.name, email=person.email, password=self.passwords[person.role])

    def _session(self, session: Preparation | Dose | Integration) -> Iterator[Act]:
        """The notes are written within the half-hour after the session."""
        if isinstance(session, Dose):
            start = self._at(session.day, self.random.choice((9, 10, 13)))
            written = start + timedelta(minutes=PEAK[self.story.route] + 150)
            yield Act(written, partial(self._dosing, session, start))
        else:
            start = self._at(session.day, self.random.choice((10, 11, 14, 15)))
            written = start + timedelta(minutes=70)
            record = self._preparation if isinstance(session, Preparation) else self._integration
            yield Act(written, partial(record, session, start))  # type: ignore[arg-type]

    def _preparation(self, session: Preparation, start: datetime) -> None:
        record_preparation(
            self.course,
            by=self.staff.therapist,
            status=Status.TOOK_PLACE,
            starts_at=start,
            ends_at=start + timedelta(minutes=self.random.choice((45, 50, 60))),
            modality=session.modality,
            intention=session.intention,
            narrative=session.narrative,
            team=[self.staff.therapist],
        )

    def _dosing(self, dose: Dose, start: datetime) -> None:
        story, given = self.story, dose.status is Status.TOOK_PLACE
        dosed = start + timedelta(minutes=20)
        end = dosed + timedelta(minutes=PEAK[story.route] + 90)
        session = record_dosing(
            self.course,
            by=self.staff.therapist,
            status=dose.status,
            status_reason=dose.reason,
            starts_at=start,
            ends_at=end if given else None,
            dosed_at=dosed if given else None,
            route=story.route,
            medicine=story.medicine,
            dose_mg=Decimal(dose.mg) if given else None,
            weight_kg=Decimal(story.weight_kg) if given else None,
            team=[] if dose.status is Status.CANCELLED else [self.staff.therapist, self.staff.medical],
            intention=dose.intention,
            narrative=dose.narrative,
            vital_signs=self._vital_signs(dose, dosed),
            adverse_events=[
                Unwanted(event.term, event.severity, event.words or None, dosed + timedelta(minutes=event.after))
                for event in dose.events
            ],
            discharged_at=end if given else None,
            left_with=story.left_with if given else None,
            discharge=self.random.choice(DISCHARGES) if given else "",
        )
        if dose.in_error:
            mark_session_in_error(session, reason=dose.in_error, by=self.staff.therapist)

    def _vital_signs(self, dose: Dose, dosed: datetime) -> list[Reading]:
        """Readings that rise after the dose and fall again; of a dose that was held, the two that held it."""
        if dose.status is Status.CANCELLED:
            return []
        if dose.pressure:
            upper, lower = dose.pressure
            return [
                Reading(dosed - timedelta(minutes=10), upper, lower, 84, 98),
                Reading(dosed + timedelta(minutes=10), upper - 4, lower - 2, 80, 98),
            ]
        peak = PEAK[self.story.route]
        risen = {-10: 0.0, peak // 2: 0.6, peak: 1.0, 2 * peak: 0.5, peak + 85: 0.1}
        return [self._reading(dosed + timedelta(minutes=after), dose.rise * part) for after, part in risen.items()]

    def _reading(self, at: datetime, rise: float) -> Reading:
        upper, lower = self.story.pressure
        return Reading(
            at=at,
            systolic=round(upper + rise) + self.random.randint(-3, 3),
            diastolic=round(lower + rise * 0.5) + self.random.randint(-2, 2),
            heart_rate=round(70 + rise * 0.5) + self.random.randint(-4, 4),
            spo2=self.random.choice((97, 98, 98, 99)) - (1 if rise > 15 else 0),
        )

    def _integration(self, session: Integration, start: datetime) -> None:
        held = session.status is Status.TOOK_PLACE
        record_integration(
            self.course,
            by=self.staff.therapist,
            status=session.status,
            status_reason=session.reason,
            starts_at=start,
            ends_at=start + timedelta(minutes=self.random.choice((50, 50, 60))) if held else None,
            modality=session.modality if held else None,
            narrative=session.narrative,
            themes=session.themes,
            practices=session.practices,
            integrates=suggested_doses(self.patient, start) if held else (),
            team=[self.staff.therapist] if held else (),
        )

    def _answers(self, scores: Scores, day: int) -> Iterator[Act]:
        """A questionnaire in the morning, before any session, and what is done about its alert within hours."""
        answered = self._at(day, 8)
        yield Act(answered, partial(self._answer, scores, day))
        if day in scores.acted_on:
            yield Act(answered + timedelta(minutes=95), partial(self._act_on, scores.acted_on[day]))

    def _answer(self, scores: Scores, day: int) -> None:
        measure, on = scores.measure, self._day(day)
        answers = self._spread(instrument(measure), scores.sums[day], scores.flags.get(day, 0))
        if self.account is None:
            enter_paper(self.patient, measure, taken_on=on, answers=answers, by=self.staff.therapist)
            return
        form = start_questionnaire(self.patient, measure, taken_on=on, by=self.account)
        keep_answers(form, answers, by=self.account)
        complete(form, by=self.account, source=Source.PATIENT)

    def _leanings(self, asked: Instrument) -> dict[int, float]:
        """Which items this person tends to answer higher than others."""
        return {item.number: self.random.uniform(0.5, 1.5) for item in asked.scored_items}

    def _spread(self, asked: Instrument, total: int, flag: int) -> dict[int, int]:
        """Answers with this sum; those to safety items are `flag`."""
        safety = {item.number for item in asked.safety_items}
        answers = {item.number: flag if item.number in safety else 0 for item in asked.scored_items}
        most = {item.number: max(item.values) for item in asked.scored_items if item.number not in safety}
        for _ in range(total - sum(answers.values())):
            room = [number for number, limit in most.items() if answers[number] < limit]
            weights = [self.leanings[asked.id][number] for number in room]
            answers[self.random.choices(room, weights)[0]] += 1
        return answers

    def _act_on(self, action: str) -> None:
        (alert,) = (alert for alert in open_alerts(self.staff.therapist) if alert.patient_id == self.patient.id)
        act_on(alert, action=action, by=self.staff.therapist)

    def _plan(self, planned: Planned) -> None:
        plan_session(
            self.course,
            kind=planned.kind,
            starts_at=_moment(self.today + timedelta(days=planned.ahead), time(self.random.choice((10, 11, 14)))),
            by=self.staff.therapist,
        )

    def _end(self, end: End) -> None:
        end_course(
            self.course,
            version=self.course.version,
            ended_on=self._day(end.day),
            reason=end.reason,
            by=self.staff.therapist,
        )


def _moment(day: date, wall: time) -> datetime:
    return clock.localised(datetime.combine(day, wall), ZoneInfo(ZONE))
