"""Playing the stories: each act at its own time, by whoever would do it, through the same actions as the pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.demo.accounts import keep_accounts, new_accounts, new_password
from kap.demo.bedside import ARRIVAL, Bedside, People, Safe, call_after, fill_the_safe, sign_as_shown
from kap.demo.clinic import GONE, LEFT, OPENED, SEED, STAFF, patients
from kap.demo.stories import (
    CLINIC,
    COUNTRY,
    GROUP,
    LEAD,
    MEDICAL,
    ZONE,
    Dose,
    End,
    HandOver,
    Integration,
    Person,
    Planned,
    Preparation,
    Scores,
    Still,
    Story,
    Together,
)
from kap.dosing.actions.rems import mark_sent
from kap.measures.actions import complete, enter_paper, keep_answers, start_questionnaire
from kap.measures.instruments import Instrument, instrument
from kap.measures.models import Source
from kap.people.actions import (
    accept,
    add_patient,
    deactivate,
    invite,
    join_care_team,
    leave_care_team,
    set_up_clinic,
)
from kap.people.models import Clinic, Patient, User
from kap.people.queries import clinics, membership
from kap.psychotherapy.actions import sign_note, start_note, write_note
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
from kap.treatment.booking import add_room
from kap.treatment.content import content_of
from kap.treatment.groups import record_group
from kap.treatment.models import (
    Course,
    DosingSession,
    IntegrationSession,
    Kind,
    Part,
    Practice,
    PreparationSession,
    Protocol,
    Room,
    Route,
    Status,
)
from kap.treatment.practices import Found, say_still, tick
from kap.treatment.protocols import change_protocol, take_over
from kap.treatment.published import published
from kap.treatment.queries import suggested_doses
from kap.treatment.release import hold_back
from kap.treatment.rules import Reading, Unwanted
from kap.treatment.signing import sign_part
from kap.treatment.slots import ends_by_default

PEAK = {
    Route.IV_INFUSION: 40,
    Route.IM: 25,
    Route.ESKETAMINE_NASAL: 40,
    Route.SUBLINGUAL: 50,
    Route.ORAL: 70,
    Route.INTRANASAL_RACEMIC: 20,
    Route.SUBCUTANEOUS: 30,
}
"""Minutes from the dose to the highest blood pressure, roughly."""

HOURS = (9, 10, 11, 13, 14, 15, 16)
"""The hours at which sessions are planned."""

ROOMS = ("Harbour room", "Garden room", "Room with the long table")
"""The rooms of the clinic, those for doses first."""

LATELY = -15
"""From so many days on it is told that the patient was rung after a dose that was logged in one go."""

FORM_AFTER = timedelta(days=3)
"""From a session to its REMS form."""

SATURDAY, SUNDAY = 5, 6

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


class Taken(NamedTuple):
    """That somebody, or a room, is taken."""

    what: User | Room
    starts_at: datetime
    ends_at: datetime


class Stage(NamedTuple):
    """The clinic, its rooms and those who work in it; what people sign in with; patients and their accounts."""

    clinic: Clinic
    staff: dict[Person, User]
    passwords: dict[str, str]
    patients: dict[str, Patient]
    accounts: dict[str, User]
    rooms: list[Room]
    taken: list[Taken]
    """By the sessions that are planned."""
    protocol: Protocol
    """What its courses are made from."""
    safe: Safe


def play(instance: Path, *, seed: str = SEED, stories: Sequence[Story] | None = None) -> None:
    """Fill an empty database with the synthetic clinic, as one transaction, and keep its accounts in the folder.

    The same seed gives the same clinic, counted from today; the passwords are new. `stories` plays these instead of
    all. Refused where there is a clinic.
    """
    today = clock.today(ZoneInfo(ZONE))
    stories = patients(seed) if stories is None else stories
    with recording(Action.DEMO_PLAYED, by=None) as event:
        if clinics():
            raise Refused("The demo is played in an empty database only.")
        accounts = new_accounts(_people(stories))
        with clock.at(_moment(today - timedelta(days=OPENED), time(9))):
            stage = _open_clinic({account["role"]: account["password"] for account in accounts})
            db.session.flush()
        players = [_Player(story, stage, today, seed) for story in stories]
        acts = [act for player in players for act in player.acts()]
        acts.append(_together(GROUP, players, today))
        acts.append(Act(_moment(today - timedelta(days=LEFT), time(18)), partial(_let_go, stage)))
        for act in sorted(acts, key=lambda act: act.at):
            with clock.at(act.at):
                act.do()
                # Rows get their time of making when they are flushed: that must be now, while the clock is set.
                db.session.flush()
        event.about(stage.clinic)
        event.clinic_id = stage.clinic.id
        # Before the commit: accounts of no clinic do no harm, a clinic that nobody can enter does.
        keep_accounts(accounts, instance)


def _people(stories: Sequence[Story]) -> list[Person]:
    """Those who sign in: the first of each role before the others, and nobody who has left."""
    people = [person for person in STAFF if person is not GONE]
    people += [story.account for story in stories if story.account and not story.again]
    return sorted(people, key=lambda person: person.key != person.role)


def _open_clinic(passwords: dict[str, str]) -> Stage:
    clinic = set_up_clinic(name=CLINIC, zone=ZONE, country=COUNTRY, synthetic=True)
    staff: dict[Person, User] = {}
    for person in STAFF:
        roles = frozenset({Role(person.role)})
        _, token = invite(clinic=clinic, roles=roles, email=person.email, by=staff.get(LEAD))
        # Whoever has left needs no password that somebody knows.
        password = passwords.get(person.key) or new_password()
        staff[person] = accept(token, name=person.name, email=person.email, password=password)
    # Its law would have them disclosed like all else; this clinic keeps them all the same, so that they can be seen.
    clinic.psychotherapy_notes = True
    rooms = [add_room(name=name, by=staff[LEAD]) for name in ROOMS]
    protocol, safe = _protocol(staff[LEAD]), fill_the_safe(staff[MEDICAL])
    return Stage(clinic, staff, passwords, {}, {}, rooms, [], protocol, safe)


def _protocol(lead: User) -> Protocol:
    """Two published shapes taken over, one of them made the clinic's own."""
    take_over(published()["field-trip"], by=lead)
    ours = take_over(published()["typical"], by=lead)
    plan = ours.plan._replace(spacing_min=7, spacing_max=14, measures_weekly=["mood"])
    described = {"description": ours.description, "source": ours.source}
    return change_protocol(ours, version=ours.version, name=ours.name, plan=plan, **described, by=lead)


def _together(group: Together, players: Sequence["_Player"], today: date) -> Act:
    """The act of writing a group session up, for those of its patients who are played."""
    there = [player for player in players if player.story.code in group.codes and not player.story.again]
    start = _moment(today - timedelta(days=group.ago), group.hour)
    return Act(start + timedelta(minutes=100), partial(_meet, group.told, there, start))


def _meet(told: Integration, there: Sequence["_Player"], start: datetime) -> None:
    if not there:
        return
    by = there[0].therapist
    made = record_group(
        [player.course for player in there],
        by=by,
        status=told.status,
        starts_at=start,
        ends_at=start + timedelta(minutes=90),
        modalities=[told.modality],
        answers=told.answers,
        narrative=told.narrative,
        themes=told.themes,
        coded_themes=told.coded,
        practices=told.practices,
        team=[by.id],
    )
    for player, session in zip(there, made, strict=True):
        player.sign(session)


def _let_go(stage: Stage) -> None:
    deactivate(stage.staff[GONE], by=stage.staff[LEAD])


class _Player:
    """Plays one story: the patient, the course, and what happens in it."""

    patient: Patient
    course: Course
    given: dict[datetime, Callable[[], DosingSession]]
    agreed: dict[str, UUID]
    """The practices by their words; of those agreed twice the last."""
    meant: dict[str, UUID]
    """The sessions by their intentions; of those meant twice the last."""

    ahead: dict[datetime, Any]
    """The planned sessions, by when they begin."""

    def __init__(self, story: Story, stage: Stage, today: date, seed: str) -> None:
        self.story = story
        self.stage = stage
        self.today = today
        self.given = {}
        self.agreed, self.meant, self.ahead = {}, {}, {}
        self.who = story.therapist
        self.medical = stage.staff[story.medical]
        self.random = Random(f"{seed}:{story.code}:{story.again}")  # noqa: S311 - a story, not a secret
        self.leanings = {scores.measure: self._leanings(instrument(scores.measure)) for scores in story.scores}

    def acts(self) -> Iterator[Act]:
        """Everything that happens in the story, in no order."""
        story = self.story
        yield Act(self._at(story.enrolled, 9), self._enrol)
        if story.account and not story.again:
            yield Act(self._at(story.enrolled, 19), partial(self._join, story.account))
        for session in story.sessions:
            yield from self._session(session)
        for scores in story.scores:
            for day in scores.sums:
                yield from self._answers(scores, day)
        for planned in story.planned:
            yield Act(_moment(self.today - timedelta(days=1), time(17, 30)), partial(self._plan, planned))
            if planned.hour and planned.told:
                yield from self._today(planned.hour, planned.told)
        yield from self._practices()
        if story.handed_over:
            yield Act(self._at(story.handed_over.day, 17), partial(self._hand_over, story.handed_over))
        if story.end:
            yield Act(self._at(story.end.day, 16), partial(self._end, story.end))

    @property
    def therapist(self) -> User:
        """Who writes now."""
        return self.stage.staff[self.who]

    def _day(self, day: int, *, any_day: bool = False) -> date:
        on = self.today - timedelta(days=self.story.began) + timedelta(days=day)
        return on if any_day or not self.story.weekdays else self._weekday(on)

    def _weekday(self, on: date) -> date:
        """Friday for a Saturday; Monday for a Sunday, unless that has not come yet."""
        monday = on + timedelta(days=7 - on.weekday())
        if on.weekday() == SUNDAY and not on < self.today <= monday:
            return monday
        return monday - timedelta(days=3) if on.weekday() >= SATURDAY else on

    def _at(self, day: int, hour: int, *, any_day: bool = False) -> datetime:
        return _moment(self._day(day, any_day=any_day), time(hour, 5 * self.random.randrange(12)))

    def _practices(self) -> Iterator[Act]:
        """What the patient says in the evening of what was agreed."""
        for ticks in self.story.ticks:
            yield from (Act(self._evening(day), partial(self._tick, ticks.practice)) for day in ticks.days)
        for still in self.story.still:
            yield Act(self._evening(still.day), partial(self._say_still, still))

    def _evening(self, day: int) -> datetime:
        return _moment(self._day(day, any_day=True), time(20, 30))

    def _enrol(self) -> None:
        story, by = self.story, self.therapist
        if story.again:
            self.patient = self.stage.patients[story.code]
        else:
            self.patient = add_patient(code=story.code, name=story.name, birth_date=story.born, by=by)
            join_care_team(self.patient, self.medical, by=by)
            if story.second:
                join_care_team(self.patient, self.stage.staff[story.second], by=by)
            self.stage.patients[story.code] = self.patient
        self.course = open_course(
            self.patient,
            condition=story.condition,
            primary_measure=story.measure,
            planned_doses=story.planned_doses,
            protocol=self.stage.protocol.kept,
            opened_on=self._day(story.enrolled),
            by=by,
        )

    def _join(self, person: Person) -> None:
        _, token = invite(
            clinic=self.stage.clinic,
            roles=frozenset({Role.PATIENT}),
            email=person.email,
            patient=self.patient,
            by=self.therapist,
        )
        self.stage.accounts[self.story.code] = accept(
            token, name=person.name, email=person.email, password=self.stage.passwords[person.key]
        )

    def _hand_over(self, change: HandOver) -> None:
        """The lead puts the one on the team and lets the other go; where nobody follows, all go."""
        lead, leaving = self.stage.staff[LEAD], [self.therapist]
        if change.to is None:
            leaving.append(self.medical)
        else:
            self.who = change.to
            join_care_team(self.patient, self.therapist, by=lead)
        members = [membership(self.patient, user) for user in ([] if change.stays else leaving)]
        for member in filter(None, members):
            leave_care_team(member, by=lead)

    def _session(self, session: Preparation | Dose | Integration) -> Iterator[Act]:
        """The notes are written within the half-hour after the session."""
        if isinstance(session, Dose):
            start = self._at(session.day, self.random.choice((9, 10, 13)))
            written = start + timedelta(minutes=PEAK[self.story.route] + 150)
            if self.story.detailed and session.status is not Status.CANCELLED and not session.in_error:
                yield from self._at_length(session, start)
            else:
                yield Act(written, partial(self._dosing, session, start))
                if LATELY <= session.day - self.story.began < -2 and session.status is Status.TOOK_PLACE:
                    yield Act(written + timedelta(hours=23), partial(self._call, start))
            sent = written + FORM_AFTER
            if self.story.route is Route.ESKETAMINE_NASAL and sent.date() < self.today:
                yield Act(sent, partial(self._send_form, start))
        else:
            start = self._at(session.day, self.random.choice((10, 11, 14, 15)))
            written = start + timedelta(minutes=70)
            record = self._preparation if isinstance(session, Preparation) else self._integration
            yield Act(written, partial(record, session, start))  # type: ignore[arg-type]

    def _at_length(self, dose: Dose, start: datetime) -> Iterator[Act]:
        """A dose as it is logged at the bedside, while it happens."""
        readings = self._vital_signs(dose, start + ARRIVAL)
        bedside = Bedside(self.story, dose, start, readings, self.stage.safe, partial(self._people, dose))
        yield from (Act(at, step) for at, step in bedside.acts())
        yield Act(start + ARRIVAL, lambda: self._mean(dose, bedside.session))
        self.given[start] = lambda: bedside.session

    def _mean(self, dose: Dose, session: DosingSession) -> None:
        """Remember the intention; what was entered twice is not looked at again."""
        if not dose.in_error:
            self.meant[dose.intention] = session.id

    def _people(self, dose: Dose) -> People:
        return People(self.patient, self.course, self.therapist, self.medical, self._at_the_bedside(dose))

    def _preparation(self, session: Preparation, start: datetime) -> None:
        made = record_preparation(
            self.course,
            by=self.therapist,
            status=Status.TOOK_PLACE,
            starts_at=start,
            ends_at=start + timedelta(minutes=self.random.choice((45, 50, 60))),
            modalities=[session.modality, *session.also],
            answers=session.answers,
            intention=session.intention,
            narrative=session.narrative,
            team=[self.therapist],
        )
        self.meant[session.intention] = made.id
        self.sign(made)

    def sign(self, talk: PreparationSession | IntegrationSession) -> None:
        """Sign the record of a talk, as whoever writes now."""
        db.session.flush()
        sign_part(talk, Part.THERAPY, content=content_of(talk), version=None, by=self.therapist)

    def _note(self, talk: IntegrationSession, text: str, *, signed: bool) -> None:
        note = start_note(talk, by=self.therapist)
        db.session.flush()
        write_note(note, text=text, version=note.version, by=self.therapist)
        db.session.flush()
        if signed:
            sign_note(note, version=note.version, by=self.therapist)

    def _dosing(self, dose: Dose, start: datetime) -> None:
        story, given = self.story, dose.status is Status.TOOK_PLACE
        dosed = start + ARRIVAL
        end = dosed + timedelta(minutes=PEAK[story.route] + 90)
        session = record_dosing(
            self.course,
            by=self.therapist,
            status=dose.status,
            status_reason=dose.reason,
            starts_at=start,
            ends_at=end if given else None,
            dosed_at=dosed if given else None,
            route=story.route,
            medicine=story.medicine,
            dose_mg=Decimal(dose.mg) if given else None,
            weight_kg=Decimal(story.weight_kg) if given else None,
            team=self._at_the_bedside(dose),
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
        self.given[start] = lambda: session
        self._mean(dose, session)
        if dose.in_error:
            mark_session_in_error(session, reason=dose.in_error, by=self.therapist)
        elif dose.status is not Status.CANCELLED:
            sign_as_shown(session, {Part.ADMINISTRATION: self.medical, Part.THERAPY: self.therapist})

    def _call(self, start: datetime) -> None:
        """Ring the patient on the day after; now and then nobody does."""
        if start.day % 6:
            call_after(self.given[start](), by=self.therapist)

    def _send_form(self, start: datetime) -> None:
        """Send the REMS form; now and then nobody does, so that one is overdue."""
        session = self.given[start]()
        if session.status == Status.TOOK_PLACE and not session.in_error and start.day % 7:
            mark_sent(session, how="online", sent_at=clock.now(), reference=None, version=0, by=self.medical)

    def _at_the_bedside(self, dose: Dose) -> list[User]:
        if dose.status is Status.CANCELLED:
            return []
        second = [self.stage.staff[self.story.second]] if self.story.second else []
        return [self.therapist, self.medical, *second]

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

    def _today(self, hour: time, told: Integration) -> Iterator[Act]:
        """What is written of a session of today that is over by now."""
        start = _moment(self.today, hour)
        written = start + timedelta(minutes=60)
        if written < clock.now():
            yield Act(written, lambda: self._write(told, self.ahead[start], start))

    def _integration(self, session: Integration, start: datetime) -> None:
        made = self._write(session, None, start)
        if session.signed and session.status is Status.TOOK_PLACE:
            self.sign(made)
        if session.note:
            self._note(made, session.note, signed=session.note_signed)
        if session.held_back:
            ground, reason, ahead = session.held_back
            hold_back(made, ground=ground, reason=reason, until=self.today + timedelta(days=ahead), by=self.therapist)

    def _write(self, told: Integration, planned: IntegrationSession | None, start: datetime) -> IntegrationSession:
        held = told.status is Status.TOOK_PLACE
        made = record_integration(
            self.course,
            by=self.therapist,
            session=planned,
            version=planned.version if planned else None,
            status=told.status,
            status_reason=told.reason,
            starts_at=start,
            ends_at=start + timedelta(minutes=self.random.choice((50, 50, 60))) if held else None,
            modalities=[told.modality, *told.also] if held else (),
            answers=told.answers,
            intention=told.intention,
            narrative=told.narrative,
            themes=told.themes,
            coded_themes=told.coded,
            practices=told.practices,
            practice_reviews=_about(told.kept, self.agreed),
            intention_reviews=_about(told.intended, self.meant),
            integrates=suggested_doses(self.patient, start) if held else (),
            team=[self.therapist] if held else (),
        )
        self.agreed |= {practice.words: practice.id for practice in made.practices}
        if told.intention:
            self.meant[told.intention] = made.id
        return made

    def _answers(self, scores: Scores, day: int) -> Iterator[Act]:
        """A questionnaire in the morning, before any session, and what is done about its alert within hours."""
        answered = self._at(day, 8, any_day=self.story.account is not None)
        yield Act(answered, partial(self._answer, scores, day))
        if day in scores.acted_on:
            yield Act(answered + timedelta(minutes=95), partial(self._act_on, scores.acted_on[day]))

    def _answer(self, scores: Scores, day: int) -> None:
        measure, on = scores.measure, self._day(day, any_day=self.story.account is not None)
        answers = self._spread(instrument(measure), scores.sums[day], scores.flags.get(day, 0))
        account = self.stage.accounts.get(self.story.code)
        if account is None:
            enter_paper(self.patient, measure, taken_on=on, answers=answers, by=self.therapist)
            return
        form = start_questionnaire(self.patient, measure, taken_on=on, by=account)
        keep_answers(form, answers, by=account)
        complete(form, by=account, source=Source.PATIENT)

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
        (alert,) = (alert for alert in open_alerts(self.therapist) if alert.patient_id == self.patient.id)
        act_on(alert, action=action, by=self.therapist)

    def _practice(self, words: str) -> Practice:
        return db.session.get_one(Practice, self.agreed[words])

    def _tick(self, words: str) -> None:
        by, on = self.stage.accounts[self.story.code], clock.today(ZoneInfo(ZONE))
        tick(self._practice(words), on=on, by=by)

    def _say_still(self, still: Still) -> None:
        by = self.stage.accounts[self.story.code]
        say_still(self._practice(still.practice), status=still.status, words=still.words, month=still.month, by=by)

    def _plan(self, planned: Planned) -> None:
        team = [self.therapist, self.medical] if planned.kind is Kind.DOSING else [self.therapist]
        start = self._free_hour(planned, team)
        end = ends_by_default(planned.kind, start)
        rooms = self.stage.rooms if planned.kind is Kind.DOSING else self.stage.rooms[::-1]
        room = next((room for room in rooms if self._free(room, start, end)), None)
        self.ahead[start] = plan_session(
            self.course,
            kind=planned.kind,
            starts_at=start,
            ends_at=end,
            room_id=room.id if room else None,
            team=team,
            by=self.therapist,
        )
        self.stage.taken.extend(Taken(what, start, end) for what in (*team, room) if what is not None)

    def _free_hour(self, planned: Planned, team: Sequence[User]) -> datetime:
        """Its hour; or a full hour of that day, of the Monday or the day after, at which those of the team are free."""
        on = self.today + timedelta(days=planned.ahead)
        if planned.hour:
            return _moment(on, planned.hour)
        if self.story.weekdays and planned.ahead and on.weekday() >= SATURDAY:
            on += timedelta(days=SUNDAY + 1 - on.weekday())
        for hour in self.random.sample(HOURS, len(HOURS)):
            start = _moment(on, time(hour))
            if all(self._free(one, start, ends_by_default(planned.kind, start)) for one in team):
                return start
        return self._free_hour(planned._replace(ahead=planned.ahead + 1), team)

    def _free(self, what: User | Room, start: datetime, end: datetime) -> bool:
        taken = (one for one in self.stage.taken if one.what is what)
        return all(one.ends_at <= start or end <= one.starts_at for one in taken)

    def _end(self, end: End) -> None:
        end_course(
            self.course,
            version=self.course.version,
            ended_on=self._day(end.day),
            reason=end.reason,
            by=self.therapist,
        )


def _about(found: Mapping[str, Found], earlier: Mapping[str, UUID]) -> dict[UUID, Found]:
    """What was found, by the ids of what begins with these words; of several the latest."""
    return {
        [id_ for words, id_ in earlier.items() if words.startswith(beginning)][-1]: said
        for beginning, said in found.items()
    }


def _moment(day: date, wall: time) -> datetime:
    return clock.localised(datetime.combine(day, wall), ZoneInfo(ZONE))
