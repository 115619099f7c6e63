"""A clinic in which a dose was just given, served by gunicorn as the repository configures it, and killed at will."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from uuid import UUID

from flask import Flask
from playwright.sync_api import Browser, Locator, Page
from sqlalchemy import select

from kap.access.roles import Role
from kap.core import clock
from kap.core.db import db
from kap.dosing.actions.giving import give
from kap.dosing.models import GivenBy, Observation
from kap.dosing.queries.room import Entry, entries
from kap.dosing.rules.giving import Giving
from kap.people.actions import accept, add_patient, invite, join_care_team, set_up_clinic
from kap.people.models import User
from kap.treatment.actions import open_course, plan_session
from kap.treatment.models import Condition, DosingSession, Kind, Medicine, Route
from tests.bench.scene import make_app
from tests.cast import PASSWORD
from tests.main_job.window import Window
from tests.post import free_port

STARTS_WITHIN = 60
"""Seconds."""


@dataclass
class Clinic:
    """A therapist and a nurse, and two sessions of one patient: one in which a dose was given, one before it."""

    folder: Path
    app: Flask
    live: UUID
    before: UUID

    def path(self, session_id: UUID | None = None) -> str:
        """The live page."""
        return f"/sessions/{session_id or self.live}/room"

    def log(self, session_id: UUID | None = None) -> list[Entry]:
        """What the record holds."""
        with self.app.app_context():
            return entries(db.session.get_one(DosingSession, session_id or self.live))

    def words(self) -> list[str]:
        """The patient's words in the record, in the order in which they were kept."""
        with self.app.app_context():
            return [row.words for row in db.session.scalars(select(Observation).order_by(Observation.id))]


def make_clinic(folder: Path) -> Clinic:
    """The clinic in a folder, on the embedded database."""
    app = make_app(folder)
    with app.app_context():
        clinic = set_up_clinic(name="The clinic", zone="Europe/Berlin", country="DE")
        people = {}
        for role in (Role.THERAPIST, Role.MEDICAL):
            _, token = invite(clinic=clinic, roles=frozenset({role}), email=f"{role}@example.org", by=None)
            people[role] = accept(token, name=f"The {role}", email=f"{role}@example.org", password=PASSWORD)
        therapist: User = people[Role.THERAPIST]
        patient = add_patient(code="P-001", by=therapist)
        join_care_team(patient, people[Role.MEDICAL], by=therapist)
        course = open_course(
            patient,
            condition=Condition.DEPRESSION,
            primary_measure="phq-9",
            opened_on=clock.now().date() - timedelta(days=2),
            by=therapist,
        )
        start = clock.now() - timedelta(hours=1)
        live, before = (plan_session(course, kind=Kind.DOSING, starts_at=start, by=therapist) for _ in range(2))
        assert isinstance(live, DosingSession)
        given = Giving(
            clock.now() - timedelta(minutes=12), Route.IM, Medicine.KETAMINE, Decimal(50), GivenBy.SELF_OBSERVED
        )
        give(live, given, reason="As ordered.", by=therapist)
        return Clinic(folder, app, live.id, before.id)


class Server:
    """gunicorn on a port that stays the same."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin to serve; it takes a moment until it answers."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KAP_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--log-level", "critical", "wsgi:app"],
            cwd=Path(__file__).parents[2],
            env=environment | {"KAP_INSTANCE": str(self.folder), "KAP_PORT": str(self.port)},
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> None:
        """Until it answers."""
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            try:
                with closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
                    connection.request("GET", "/health")
                    connection.getresponse().read()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("gunicorn did not start.")

    def kill(self) -> None:
        """All of its processes at once, in the middle of whatever they do."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server for the block."""
    server = Server(folder)
    server.start()
    try:
        server.wait()
        yield server
    finally:
        server.kill()


def enter(chromium: Browser, server: Server, path: str, role: str = "therapist", **kwargs: bool) -> Window:
    """A window of somebody who is in the room."""
    window = Window(chromium, server.url, **kwargs)
    window.sign_in(f"{role}@example.org", PASSWORD)
    window.open(path)
    return window


def tap(page: Page, sheet: str) -> Locator:
    """Open what is to be tapped."""
    page.locator(f".taps [href='#tap-{sheet}']").click()
    return page.locator(f"#tap-{sheet}")


def say(page: Page, words: str) -> None:
    """Write down what the patient says."""
    sheet = tap(page, "words")
    sheet.locator("textarea").fill(words)
    sheet.get_by_role("button", name="Save").click()


def read(page: Page, systolic: int, diastolic: int) -> None:
    """Write down a blood pressure."""
    sheet = tap(page, "reading")
    sheet.get_by_label("Upper BP").fill(str(systolic))
    sheet.get_by_label("Lower BP").fill(str(diastolic))
    sheet.get_by_role("button", name="Save").click()


def unsaved(page: Page) -> list[str]:
    """What the page says it still holds."""
    return page.locator("#unsaved .told").all_inner_texts()
