"""A clinic in a folder of its own, made through the actions: small, to count the statements of a page."""

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
from kap.treatment.models import Condition, Kept, Modality, Route, Status
from kap.treatment.practices import Agreed, say_still
from tests.browser import Browser

SCORES, SESSIONS = 60, 12
FEW_SCORES = 5
WEEK = timedelta(weeks=1)
PASSWORD = "a long enough password"
AGENT = "kap-bench"
"""Flask-Login ties a sign-in to the browser's name: who signs in and who measures must have the same."""


@dataclass(frozen=True)
class Scene:
    """The app on the clinic, its patients, and the cookie of their therapist, who is signed in."""

    app: Flask
    patient_id: UUID
    patient_with_few_scores: UUID
    therapist_cookie: str

    def client(self, cookie: str) -> FlaskClient:
        """A browser that is signed in by `cookie`."""
        client = self.app.test_client()
        client.environ_base["HTTP_USER_AGENT"] = AGENT
        client.set_cookie(self.app.config["SESSION_COOKIE_NAME"], cookie)
        return client


def of_folder(folder: Path) -> str:
    """The address of the embedded database in `folder`."""
    return f"sqlite:///{folder / DATABASE}"


def make_app(folder: Path, url: str | None = None) -> Flask:
    """An app with keys in `folder` and an empty database, the embedded one unless `url` names another."""
    Keys.make(folder)
    app = create_app(KAP_INSTANCE=folder, SQLALCHEMY_DATABASE_URI=url or of_folder(folder))
    with app.app_context():
        upgrade()
    return app


def make_scene(folder: Path) -> Scene:
    """A therapist with two patients: one with 60 scores and 12 sessions, and one with 5 scores."""
    app = make_app(folder)
    with app.app_context():
        clinic = set_up_clinic(name="Bench clinic", zone="Europe/Berlin", country="DE")
        therapist = _join(clinic, Role.THERAPIST)
        full = add_patient(code="P-060", name="Sixty Scores", by=therapist)
        few = add_patient(code="P-005", name="Five Scores", by=therapist)
        _record(full, SCORES, therapist)
        _record(few, FEW_SCORES, therapist)
        ids = full.id, few.id
    return Scene(app, *ids, cookie_of(app, _address(Role.THERAPIST), PASSWORD))


def _address(role: Role) -> str:
    return f"{role}@example.org"


def _join(clinic: Clinic, role: Role) -> User:
    _, token = invite(clinic=clinic, roles=frozenset({role}), email=_address(role), by=None)
    return accept(token, name=f"The {role}", email=_address(role), password=PASSWORD)


def _record(patient: Patient, scores: int, by: User) -> None:
    """A course of six doses, an integration with a practice two days after each, and a score a week to today."""
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
        talk = record_integration(
            course,
            status=Status.TOOK_PLACE,
            starts_at=dosed_at + timedelta(days=2),
            modalities=[Modality.ACT],
            integrates=[dosing.id],
            narrative="Spoke about what came up.",
            practices=[Agreed("A walk before breakfast, without the phone.")],
            by=by,
        )
        say_still(talk.practices[0], status=Kept.SOMETIMES, month=1, by=by)
        db.session.flush()


def _totals(number: int) -> list[int]:
    """PHQ-9 totals that begin high, fall within the doses, and then hold."""
    random = Random(number)
    return [max(21 - 3 * week, 5) + random.randint(0, 2) for week in range(number)]


def cookie_of(app: Flask, email: str, password: str) -> str:
    """The cookie of somebody who went through the sign-in page."""
    browser = Browser(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = AGENT
    browser.sign_in(email, password)
    cookie = browser.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return cookie.value
