"""Clinics for load, each in a database of its own: made side by side, then asked for as their people would."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import NamedTuple
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from kap.access.roles import Role
from kap.app import create_app
from kap.core.db import db
from kap.demo.accounts import kept_accounts
from kap.demo.load import load
from kap.people.models import Patient
from tests.bench.scene import cookie_of, make_app, of_folder

ASKED = 100
"""Of how many patients, chosen at random, the pages are asked for in turn."""


class Plan(NamedTuple):
    """A clinic to be loaded; `url` where it is not the embedded database."""

    folder: Path
    patients: int
    scores: int
    doses: int = 6
    url: str | None = None


@dataclass(frozen=True)
class Clinic:
    """A clinic that was loaded, and the cookies of two people who are signed in."""

    app: Flask
    folder: Path
    url: str
    patients: Sequence[UUID]
    lead_cookie: str
    patient_cookie: str

    @property
    def pages(self) -> list[str]:
        """The pages of the patients that are asked for."""
        return [f"/patients/{patient_id}" for patient_id in self.patients]

    def close(self) -> None:
        """Let go of the database."""
        with self.app.app_context():
            db.engine.dispose()


def loaded(plans: Sequence[Plan]) -> list[Clinic]:
    """The clinics, loaded side by side on what processors there are."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        list(pool.map(_load, plans))
    return [_opened(plan) for plan in plans]


def _load(plan: Plan) -> None:
    with make_app(plan.folder, plan.url).app_context():
        load(plan.folder, patients=plan.patients, scores=plan.scores, doses=plan.doses)


def _opened(plan: Plan) -> Clinic:
    url = plan.url or of_folder(plan.folder)
    app = create_app(KAP_INSTANCE=plan.folder, SQLALCHEMY_DATABASE_URI=url)
    accounts = {account["role"]: account for account in kept_accounts(plan.folder)}
    lead, patient = (
        cookie_of(app, accounts[role]["email"], accounts[role]["password"]) for role in (Role.LEAD, Role.PATIENT)
    )
    with app.app_context():
        everybody = db.session.scalars(select(Patient.id).order_by(Patient.code)).all()
    asked = Random("asked").sample(everybody, min(ASKED, len(everybody)))
    return Clinic(app, plan.folder, url, asked, lead, patient)
