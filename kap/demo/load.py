"""A clinic for load: as many invented patients as asked for, written straight into the tables.

The actions would take hours. What they keep true is kept here by hand (a session is of the patient of its course, an
alert has the answer that raised it), except for what is worked out from the record: that is left to the followers.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from psycopg.types.json import Json
from sqlalchemy import JSON, insert, select

from kap.access.roles import Role
from kap.audit.log import recording, touch
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import Model, db, new_id
from kap.core.refusal import Refused
from kap.demo.accounts import Account, keep_accounts, new_accounts
from kap.demo.stories import ADMIN, COUNTRY, LEAD, MEDICAL, PATIENT, THERAPIST, ZONE
from kap.measures.instruments import Instrument, instrument
from kap.measures.models import Answer, Questionnaire, Score, Source
from kap.people.actions import accept, invite, set_up_clinic
from kap.people.models import CareTeamMember, Clinic, Patient, RoleHeld, User
from kap.people.queries import clinics
from kap.safety.models import Alert, AlertKind
from kap.treatment.agreed import months_after
from kap.treatment.models import (
    KINDS,
    Condition,
    Course,
    DosingSession,
    EndReason,
    IntegratedDose,
    IntegrationSession,
    Kept,
    Kind,
    Medicine,
    Modality,
    Practice,
    PracticeKind,
    PracticeReview,
    Route,
    SessionMember,
    Status,
    TreatmentSession,
)

CLINIC = "Load Clinic (synthetic)"
SEED = "load"
MOST_PATIENTS = 100_000
MOST_DOSES = 6
FEWEST_SCORES = 10
"""Fewer would end before the last of the doses."""

BATCH = 25
"""How many patients are written at a time."""

OF_THERAPIST, OF_MEDICAL = 80, 800
"""How many patients one of them has."""

ONE_IN_ALERTS, ONE_IN_STALE, ONE_IN_ENDED, ONE_IN_PLANNED = 500, 8, 10, 3
"""Of how many patients one has an open alert, has not been heard of for months, has ended, has a session planned."""

TREATED = (
    (30, Condition.DEPRESSION, "phq-9", "gad-7"),
    (10, Condition.ANXIETY, "gad-7", "phq-9"),
    (10, Condition.PTSD, "pcl-5", "phq-9"),
    (5, Condition.CHRONIC_PAIN, "peg", "phq-9"),
)
"""How often each condition comes, its primary measure, and the one that is asked in two weeks of three."""


class Arc(NamedTuple):
    """How a course goes: the severity after the doses and at the end, as parts of the first, and from which week."""

    often: int
    low: float
    fades: int
    late: float


ARCS = (
    Arc(35, 0.35, 999, 0.35),
    Arc(15, 0.12, 999, 0.12),
    Arc(20, 0.4, 9, 1.0),
    Arc(10, 0.7, 999, 0.7),
    Arc(12, 1.0, 999, 1.0),
    Arc(8, 1.0, 3, 1.35),
)
FLAGGING = "phq-9"
"""The measure with a question that raises alerts; everybody is asked it."""

FIRST_NAMES = (
    "Ada",
    "Ben",
    "Cleo",
    "Dov",
    "Esra",
    "Finn",
    "Gita",
    "Hugo",
    "Ines",
    "Jon",
    "Kaja",
    "Liam",
    "Mina",
    "Noa",
)
LAST_NAMES = ("Ash", "Birch", "Cedar", "Elder", "Fir", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Rowan", "Willow")
NOTES = ("Settled well; came back slowly.", "Music helped. Some tears, then quiet.", "Restless at first, calm later.")
TALKS = ("Spoke about what came up.", "Went through the images once more.", "What to keep up until the next dose.")
AGREED = ("A walk before breakfast, without the phone.", "Three lines in the notebook.", "Ring a friend on Sundays.")

TABLES: tuple[type[Model], ...] = (
    User,
    RoleHeld,
    Patient,
    CareTeamMember,
    Course,
    TreatmentSession,
    DosingSession,
    IntegrationSession,
    SessionMember,
    IntegratedDose,
    Practice,
    PracticeReview,
    Questionnaire,
    Answer,
    Score,
    Alert,
)
"""What is written, each after what it points at."""


Asked = tuple[int, str]
"""A week, counted from the first dose, and a measure."""


class Rows:
    """Rows that wait to be written."""

    def __init__(self) -> None:
        self._waiting: dict[type[Model], list[dict[str, Any]]] = {table: [] for table in TABLES}

    def add(self, table: type[Model], **values: Any) -> UUID:
        """One more row of a table, each time with the same columns; gives its id."""
        row_id: UUID = values.setdefault("id", new_id())
        self._waiting[table].append(values)
        return row_id

    def write(self) -> None:
        """Write them all, by one statement for each table."""
        write = _copy if db.engine.dialect.name == "postgresql" else _insert
        for table, rows in self._waiting.items():
            if rows:
                write(table, rows)
                rows.clear()


def _insert(table: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    db.session.execute(insert(table.__table__), rows)  # type: ignore[arg-type]


def _copy(table: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    """By COPY, which PostgreSQL reads several times faster than it takes statements."""
    columns = list(rows[0])
    as_json = {column.name for column in table.__table__.columns if isinstance(column.type, JSON)}
    cursor: Any = db.session.connection().connection.cursor()
    with cursor.copy(f"COPY {table.__tablename__} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([Json(row[column]) if column in as_json else row[column] for column in columns])


class Staff(NamedTuple):
    """Those who treat."""

    therapists: Sequence[UUID]
    medical: Sequence[UUID]


def load(instance: Path, *, patients: int, scores: int, doses: int = MOST_DOSES, seed: str = SEED) -> None:
    """Fill an empty database with a clinic of so many patients, with so many scores and doses each.

    One transaction and one event in the log; accounts are kept in the folder as for the small demo. The same seed gives
    the same clinic, counted from today. Refused where there is a clinic.
    """
    with _uncollected(), recording(Action.DEMO_PLAYED, by=None) as event:
        if clinics():
            raise Refused("A clinic for load is loaded into an empty database only.")
        clinic = set_up_clinic(name=CLINIC, zone=ZONE, country=COUNTRY, synthetic=True)
        accounts = new_accounts((THERAPIST, PATIENT, LEAD, MEDICAL, ADMIN))
        users = [_join(account, clinic) for account in accounts if account["role"] != Role.PATIENT]
        db.session.flush()
        rows, random = Rows(), Random(seed)  # noqa: S311 - a story, not a secret
        staff = Staff(
            _staffed(users, Role.THERAPIST, patients // OF_THERAPIST, clinic, rows, random),
            _staffed(users, Role.MEDICAL, patients // OF_MEDICAL, clinic, rows, random),
        )
        added = []
        for number in range(1, patients + 1):
            added.append(_Life(number, clinic, staff, rows, scores, doses, seed).patient_id)
            if number % BATCH == 0:
                rows.write()
        rows.write()
        _let_in(added, accounts, clinic)
        # Verdicts, and whatever else is worked out from the record, as after every other change.
        touch(*added)
        event.about(clinic)
        event.clinic_id, event.detail = clinic.id, {"patients": patients, "scores": patients * scores}
        # Before the commit, as for the small demo.
        keep_accounts(accounts, instance)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which would look through millions of rows for circles again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _join(account: Account, clinic: Clinic, patient: Patient | None = None) -> User:
    role = Role(account["role"])
    _, token = invite(clinic=clinic, roles=frozenset({role}), email=account["email"], patient=patient, by=None)
    return accept(token, name=f"The {role.label.lower()}", email=account["email"], password=account["password"])


def _staffed(users: Sequence[User], role: Role, number: int, clinic: Clinic, rows: Rows, random: Random) -> list[UUID]:
    """Those of the users who hold the role, and others who never sign in, to make up the number."""
    found = [user.id for user in users if role in user.roles]
    for place in range(len(found), number):
        user_id = rows.add(
            User,
            clinic_id=clinic.id,
            email=f"{role}-{place}@example.org",
            name=_name(random),
            active=True,
            fs_uniquifier=uuid4().hex,
            created_at=clinic.created_at,
            version=1,
        )
        rows.add(RoleHeld, user_id=user_id, role=role)
        found.append(user_id)
    return found


def _let_in(patient_ids: Sequence[UUID], accounts: Sequence[Account], clinic: Clinic) -> None:
    """Give the accounts of patients to the first of them."""
    of_patients = [account for account in accounts if account["role"] == Role.PATIENT]
    for patient_id, account in zip(patient_ids, of_patients, strict=False):
        _join(account, clinic, db.session.scalars(select(Patient).where(Patient.id == patient_id)).one())


def _name(random: Random) -> str:
    return f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"


class _Life:
    """One patient, and all that happened: a course, its sessions, and the scores before, between and after them."""

    def __init__(
        self, number: int, clinic: Clinic, staff: Staff, rows: Rows, scores: int, doses: int, seed: str
    ) -> None:
        self.random = random = Random(f"{seed}:{number}")  # noqa: S311 - a story, not a secret
        self.rows = rows
        self.therapist = staff.therapists[number % len(staff.therapists)]
        (treated,) = random.choices(TREATED, [often for often, *_ in TREATED])
        (self.arc,) = random.choices(ARCS, [arc.often for arc in ARCS])
        _, condition, measure, second = treated
        asked = _asked(measure, second, scores)
        heard_of = clock.today(clinic.zone_info) - timedelta(days=random.randint(1, 12))
        if number % ONE_IN_STALE == 0:
            heard_of -= timedelta(days=random.randint(60, 300))
        weeks = asked[-1][0]
        self.began = heard_of - timedelta(weeks=weeks)
        enrolled = self.began - timedelta(weeks=2)

        self.patient_id = rows.add(
            Patient,
            clinic_id=clinic.id,
            code=f"L-{number:06}",
            name=_name(random),
            birth_date=date(random.randint(1945, 2004), random.randint(1, 12), random.randint(1, 28)),
            created_at=_at(enrolled, 9),
            version=1,
        )
        self.of = {"clinic_id": clinic.id, "patient_id": self.patient_id}
        for user_id in (self.therapist, staff.medical[number % len(staff.medical)]):
            rows.add(CareTeamMember, **self.of, user_id=user_id, since=_at(enrolled, 9))
        ended = number % ONE_IN_ENDED == 0
        self.course_id = rows.add(
            Course,
            **self.of,
            condition=condition,
            primary_measure=measure,
            planned_doses=doses,
            opened_on=enrolled,
            ended_on=heard_of if ended else None,
            end_reason=EndReason.COMPLETED if ended else None,
            created_at=_at(enrolled, 9),
            version=1,
        )
        for day in _dosing_days(weeks * 7)[:doses]:
            self._dose(self.began + timedelta(days=day))
        self._score(asked, alert=number % ONE_IN_ALERTS == 100)
        if number % ONE_IN_PLANNED == 0 and not ended:
            self._plan(clock.today(clinic.zone_info) + timedelta(days=random.randint(1, 14)))

    def _dose(self, day: date) -> None:
        """A dose, and two days later a talk about it."""
        dosing_id = self._session(Kind.DOSING, _at(day, 10), self.random.choice(NOTES))
        self.rows.add(
            DosingSession,
            id=dosing_id,
            route=Route.IM,
            medicine=Medicine.KETAMINE,
            dose_mg=Decimal(60),
            weight_kg=Decimal(72),
            dosed_at=_at(day, 10),
        )
        talk_id = self._session(Kind.INTEGRATION, _at(day + timedelta(days=2), 14), self.random.choice(TALKS))
        self.rows.add(IntegrationSession, id=talk_id, modalities=[Modality.ACT])
        self.rows.add(IntegratedDose, **self.of, integration_id=talk_id, dosing_id=dosing_id)
        self._agree(talk_id, day + timedelta(days=2))

    def _agree(self, talk_id: UUID, day: date) -> None:
        """What was agreed in a talk, and what the patient said of it after a month."""
        practice_id = new_id()
        self.rows.add(
            Practice,
            id=practice_id,
            **self.of,
            session_id=talk_id,
            course_id=self.course_id,
            kind=PracticeKind.OTHER,
            words_sealed=Practice.words.closed(Practice.__tablename__, practice_id, AGREED[day.day % 3]),
            agreed_on=day,
            position=0,
        )
        asked = months_after(day, 1)
        if asked < clock.today(ZoneInfo(ZONE)):
            status = (Kept.KEPT, Kept.SOMETIMES)[day.day % 2]
            self.rows.add(
                PracticeReview, **self.of, practice_id=practice_id, month=1, status=status, reviewed_at=_at(asked, 20)
            )

    def _plan(self, day: date) -> None:
        talk_id = self._session(Kind.INTEGRATION, _at(day, 14))
        self.rows.add(IntegrationSession, id=talk_id, modalities=[])

    def _session(self, kind: Kind, start: datetime, narrative: str = "") -> UUID:
        """One that took place where there is something to tell of it; else a planned one."""
        end = start + timedelta(hours=1) if narrative else None
        session_id = new_id()
        self.rows.add(
            TreatmentSession,
            id=session_id,
            **self.of,
            course_id=self.course_id,
            kind=kind,
            status=Status.TOOK_PLACE if end else Status.PLANNED,
            starts_at=start,
            ends_at=end,
            narrative_sealed=TreatmentSession.narrative.closed(KINDS[kind].__tablename__, session_id, narrative),
            created_at=end or _at(self.began, 9),
            created_by=self.therapist,
            version=1,
        )
        if end:
            self.rows.add(SessionMember, **self.of, session_id=session_id, user_id=self.therapist)
        return session_id

    def _score(self, asked: Sequence[Asked], *, alert: bool) -> None:
        """All scores; of the last PHQ-9 the answers are kept too where it raised an alert."""
        base, known = (
            self.random.uniform(0.5, 0.8),
            {measure: instrument(measure) for measure in {measure for _, measure in asked}},
        )
        raises = max(place for place, (_, measure) in enumerate(asked) if measure == FLAGGING) if alert else None
        for place, (week, measure) in enumerate(asked):
            value = self._value(known[measure], base * self._part(week))
            day = self.began + timedelta(weeks=week)
            flag = min(max(1, value - 24), 3) if place == raises else None
            if flag:
                value = max(value, flag)
            self.rows.add(
                Score,
                **self.of,
                measure=measure,
                taken_on=day,
                value=float(value),
                flag=flag,
                source=Source.PAPER,
                questionnaire_id=self._answers(day, value, flag) if flag else None,
                entered_at=_at(day, 8),
                entered_by=self.therapist,
            )

    def _part(self, week: int) -> float:
        """The severity of a week, as a part of the first."""
        arc = self.arc
        if week >= arc.fades:
            return arc.low + (arc.late - arc.low) * min(week - arc.fades + 1, 4) / 4
        return 1 - (1 - arc.low) * min(max(week, 0), 3) / 3

    def _value(self, asked: Instrument, severity: float) -> int:
        span = asked.maximum - asked.minimum
        return round(asked.minimum + span * min(max(self.random.gauss(severity, 0.03), 0), 1))

    def _answers(self, day: date, total: int, flag: int) -> UUID:
        """A finished PHQ-9 with this total and this answer to its ninth question, and the open alert that it raised."""
        form_id = self.rows.add(
            Questionnaire,
            **self.of,
            instrument=FLAGGING,
            taken_on=day,
            started_at=_at(day, 8),
            started_by=self.therapist,
            completed_at=_at(day, 8),
            version=1,
        )
        whole, rest = divmod(total - flag, 8)
        for item in range(1, 9):
            self.rows.add(Answer, **self.of, questionnaire_id=form_id, item=item, value=whole + (item <= rest))
        self.rows.add(Answer, **self.of, questionnaire_id=form_id, item=9, value=flag)
        self.rows.add(
            Alert,
            **self.of,
            kind=AlertKind.SUICIDAL_THOUGHTS,
            source_id=form_id,
            level=flag,
            raised_at=_at(day, 8),
        )
        return form_id


def _asked(measure: str, second: str, scores: int) -> list[Asked]:
    """Which measure is asked in which week from the first dose on, the first time in the week before it."""
    weeks = ((week, asked) for week in count(-1) for asked in ((measure,) if week % 3 == 1 else (measure, second)))
    return list(islice(weeks, scores))


def _dosing_days(span: int) -> tuple[int, ...]:
    """Four doses in two weeks, and two more to keep what was won."""
    return (0, 4, 7, 14, max(21, span // 3), max(28, 2 * span // 3))


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)
