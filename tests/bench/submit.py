"""The patient's last answers to a PHQ-9, kept with every guard on, against one bare insert and commit.

What is timed is the form that completes the questionnaire: sign-in, token, form, rules, the alert that it may raise,
answers, score, log, verdict, one durable commit. The other is in `served.py`.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import repeat
from statistics import median
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import insert, select

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, new_id
from kap.measures.models import Answer, Questionnaire
from kap.measures.queries import clinic_day
from kap.people.actions import accept, invite
from kap.people.models import Clinic as ClinicRow
from kap.people.models import Patient
from tests.bench.clinic import Clinic
from tests.bench.figures import Figure
from tests.bench.scene import PASSWORD, cookie_of
from tests.bench.server import BARE, READERS, Server

GOAL = 0.8
PEOPLE = 8
"""Who answers: as many as ask at the same time."""

FIRST_ANSWERS, LAST_ANSWERS = {1: 2, 2: 1, 3: 1, 4: 2, 5: 0, 6: 1}, {"q7": "1", "q8": "0", "q9": "0"}
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Person(NamedTuple):
    """A patient who is signed in."""

    id: UUID
    cookie: str
    token: str


def submit_ratios(clinics: dict[str, Clinic], servers: dict[str, Server], rounds: int, each: int) -> list[Figure]:
    """The ratio on each database for one person and for eight, each answering so many forms in a round."""
    figures = []
    for database, server in servers.items():
        people = _people(clinics[database], server)
        for readers in READERS:
            name = f"submit_ratio_{database}_c{readers}"
            figures.append(_ratio(name, clinics[database], server, people[:readers], rounds, each))
    least = min(figures, key=lambda figure: figure.value or 0)
    return [Figure("submit_ratio", least.value, GOAL, note=f"the least of these: {least.name}"), *figures]


def _ratio(name: str, clinic: Clinic, server: Server, people: Sequence[Person], rounds: int, each: int) -> Figure:
    def inserts() -> list[Iterator[bytes]]:
        return [repeat(server.ask(BARE, form={}), each) for _ in people]

    server.pace([iter(requests) for requests in _forms(clinic, server, people, 2)], status=302)
    rates = []
    for _ in range(rounds):
        forms = _forms(clinic, server, people, each)
        before = server.pace(inserts())
        kept = server.pace([iter(requests) for requests in forms], status=302)
        rates.append((kept, (before + server.pace(inserts())) / 2))
    kept, bare = (median(column) for column in zip(*rates, strict=True))
    note = f"{kept:.0f} forms/s of {bare:.0f} inserts/s"
    return Figure(name, round(median(ours / other for ours, other in rates), 3), GOAL, note=note)


def _people(clinic: Clinic, server: Server) -> list[Person]:
    """Patients who get an account and sign in."""
    people = []
    for number, patient_id in enumerate(clinic.patients[:PEOPLE]):
        email = f"submits-{number}@example.org"
        with clinic.app.app_context():
            patient = db.session.get_one(Patient, patient_id)
            row = db.session.get_one(ClinicRow, patient.clinic_id)
            if patient.user_id is None:
                _, token = invite(clinic=row, roles=frozenset({Role.PATIENT}), email=email, patient=patient, by=None)
                accept(token, name=patient.label, email=email, password=PASSWORD)
        cookie = cookie_of(clinic.app, email, PASSWORD)
        found = TOKEN.search(server.get("/my/measures", cookie).text)
        assert found is not None
        people.append(Person(patient_id, cookie, found[1]))
    return people


def _forms(clinic: Clinic, server: Server, people: Sequence[Person], each: int) -> list[list[bytes]]:
    """For each person the last pages of so many questionnaires of which the others are answered."""
    asked = []
    with clinic.app.app_context():
        for person in people:
            patient = db.session.scalars(select(Patient).where(Patient.id == person.id)).one()
            begun = _begun(patient, each)
            form = {"csrf_token": person.token, "form_key": "", "helped": "", **LAST_ANSWERS, "finish": "Finish"}
            asked.append([server.ask(f"/my/answers/{form_id}?page=3", person.cookie, form) for form_id in begun])
    return asked


def _begun(patient: Patient, each: int) -> list[UUID]:
    ids = [new_id() for _ in range(each)]
    of = {"clinic_id": patient.clinic_id, "patient_id": patient.id}
    with recording(Action.ANSWERS_KEPT, by=None, patient=patient):
        db.session.execute(
            insert(Questionnaire.__table__),  # type: ignore[arg-type]
            [
                {
                    "id": form_id,
                    **of,
                    "instrument": "phq-9",
                    "taken_on": clinic_day(patient),
                    "started_at": clock.now(),
                    "started_by": patient.user_id,
                    "version": 1,
                }
                for form_id in ids
            ],
        )
        db.session.execute(
            insert(Answer.__table__),  # type: ignore[arg-type]
            [
                {"id": new_id(), **of, "questionnaire_id": form_id, "item": item, "value": value}
                for form_id in ids
                for item, value in FIRST_ANSWERS.items()
            ],
        )
    return ids
