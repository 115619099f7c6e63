"""A clinic in a folder of its own, made through the actions: what the pages are measured on."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade

from kap.access.roles import Role
from kap.app import create_app
from kap.config import DATABASE, Keys
from kap.core import clock
from kap.core.db import db
from kap.measures.actions import enter_total
from kap.people.actions import accept, add_patient, invite, set_up_clinic
from kap.people.models import Clinic, Patient, User
from kap.treatment.actions import open_course, record_dosing, record_integration
from kap.treatment.models import Condition, Modality, Route, Status
from tests.browser import Browser

SCORES, SESSIONS = 60, 12
FEW_SCORES = 5
WEEK = timedelta(weeks=1)
PASSWORD = "a long enough password"
AGENT = "kap-bench"
"""Flask-Login ties a sign-in to the browser's name: who signs in and who measures must have the same."""


@dataclass(frozen=True)
class Scene:
    """The app on the clinic, its patients, and the cookies of two people who are signed in."""

    app: Flask
    folder: Path
    patient_id: UUID
    patient_with_few_scores: UUID
    therapist_cookie: str
    patient_cookie: str

    def client(self, cookie: str) -> FlaskClient:
        """A browser that is signed in by `cookie`."""
        client = self.app.test_client()
        client.environ_base["HTTP_USER_AGENT"] = AGENT
        client.set_cookie(self.app.config["SESSION_COOKIE_NAME"], cookie)
        return client


def make_app(folder: Path) -> Flask:
    """An app with keys and an empty embedded database in `folder`."""
    Keys.make(folder)
    app = create_app(KAP_INSTANCE=folder, SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / DATABASE}")
    with app.app_context():
        upgrade()
    return app


def make_scene(folder: Path) -> Scene:
    """A therapist with two patients: one with 60 scores and 12 sessions, who signs in too, and one with 5 scores."""
    app = make_app(folder)
    with app.app_context():
        clinic = set_up_clinic(name="Bench clinic", zone="Europe/Berlin", country="DE")
        therapist = _join(clinic, Role.THERAPIST)
        full = add_patient(code="P-060", name="Sixty Scores", by=therapist)
        few = add_patient(code="P-005", name="Five Scores", by=therapist)
        _join(clinic, Role.PATIENT, full, therapist)
        _record(full, SCORES, therapist)
        _record(few, FEW_SCORES, therapist)
        ids = full.id, few.id
    return Scene(app, folder, *ids, _signed_in(app, Role.THERAPIST), _signed_in(app, Role.PATIENT))


def _address(role: Role) -> str:
    return f"{role}@example.org"


def _join(clinic: Clinic, role: Role, patient: Patient | None = None, by: User | None = None) -> User:
    _, token = invite(clinic=clinic, roles=frozenset({role}), email=_address(role), patient=patient, by=by)
    return accept(token, name=f"The {role}", email=_address(role), password=PASSWORD)


def _record(patient: Patient, scores: int, by: User) -> None:
    """A course of six doses, an integration two days after each, and a score a week up to today."""
    first = clock.now() - WEEK * (scores - 1)
    course = open_course(
        patient, condition=Condition.DEPRESSION, primary_measure="phq-9", opened_on=first.date(), by=by
    )
    for place, total in enumerate(_totals(scores)):
        enter_total(patient, "phq-9", taken_on=(first + WEEK * place).date(), value=total, by=by)
    for place in range(min(SESSIONS, scores - 1) // 2):
        dosed_at = first + WEEK * place + timedelta(days=1)
        dosing = record_dosing(
            course,
            status=Status.TOOK_PLACE,
            starts_at=dosed_at,
            route=Route.IM,
            dose_mg=Decimal(60),
            weight_kg=Decimal(72),
            team=[by],
            narrative="Settled well; came back slowly.",
            by=by,
        )
        record_integration(
            course,
            status=Status.TOOK_PLACE,
            starts_at=dosed_at + timedelta(days=2),
            modality=Modality.ACT,
            integrates=[dosing.id],
            narrative="Spoke about what came up.",
            by=by,
        )
        db.session.flush()


def _totals(number: int) -> list[int]:
    """PHQ-9 totals that begin high, fall within the doses, and then hold."""
    random = Random(number)
    return [max(21 - 3 * week, 5) + random.randint(0, 2) for week in range(number)]


def _signed_in(app: Flask, role: Role) -> str:
    """The cookie of somebody who went through the sign-in page."""
    browser = Browser(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = AGENT
    browser.sign_in(_address(role), PASSWORD)
    cookie = browser.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return cookie.value
