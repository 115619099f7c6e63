"""A clinic of therapists that several people live in for half a year: real workers, the command line, and windows."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from datetime import time as wall
from http.client import HTTPConnection
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from playwright.sync_api import Browser

from kap.access.roles import Role
from kap.core import clock
from kap.people.actions import accept, add_patient, invite, join_care_team, set_up_clinic
from kap.people.models import Clinic, Patient, User
from kap.people.queries import user_by_email
from kap.treatment.actions import open_course
from kap.treatment.models import Condition
from tests.main_job.days import ALBUM, PASSWORD, Week
from tests.main_job.window import DESK, PHONE, Window
from tests.post import Post, free_port

ZONE = ZoneInfo("America/New_York")
"""In a country in which psychotherapy notes are kept from the start."""
NAME = "Harbor Clinic"
STARTS_WITHIN = 60
"""Seconds."""


class Practice(Week):
    """Served by gunicorn as the repository configures it; what is done in this process is done beside it."""

    def __init__(self, app: Flask, chromium: Browser, folder: Path) -> None:
        super().__init__(app, chromium, Post())
        self.folder, self.hour, self.port = folder, folder.parent / "hour", free_port()
        self.site = f"http://127.0.0.1:{self.port}"

    def on(self, day: date, hour: int, minute: int = 0) -> datetime:
        """Let it be that day and hour, for all workers."""
        return self.at(datetime.combine(day, wall(hour, minute), ZONE))

    def at(self, moment: datetime) -> datetime:
        """Let it be that moment."""
        self.now = moment.astimezone(ZONE)
        fresh = self.hour.with_suffix(".new")
        fresh.write_text(self.now.astimezone(UTC).isoformat())
        fresh.replace(self.hour)
        return self.now

    def staff(self, who: str, *, phone: bool = False) -> Window:
        """The window of somebody, signed in: on a desk, or on the phone."""
        return self.window(phone=phone).sign_in(f"{who}@example.org", PASSWORD)

    def patient(self, code: str) -> Window:
        """The phone of a patient, signed in."""
        return self.staff(code.lower(), phone=True)

    def flask(self, *words: str, at: datetime | None = None) -> str:
        """What a command of `flask` prints, in a process beside the server's."""
        with clock.at(at or self.now):
            done = self.app.test_cli_runner().invoke(args=list(words))
        assert done.exit_code == 0, done.output
        return str(done.output)

    def admit(self, code: str, day: date, *team: str) -> str:
        """A patient of Ada's in a course, with a phone; gives the address of their page."""
        with self.app.app_context(), clock.at(self.on(day, 8)):
            ada, *others = (_user(who) for who in ("ada", *team))
            patient = add_patient(code=code, by=ada)
            for other in others:
                join_care_team(patient, other, by=ada)
            _joins(ada.clinic, f"Patient {code}", code.lower(), Role.PATIENT, patient, ada)
            open_course(patient, condition=Condition.DEPRESSION, primary_measure="phq-9", opened_on=day, by=ada)
            return f"/patients/{patient.id}"

    def looks(self, window: Window, name: str) -> None:
        """Pictures of a window on a desk and on a phone, in light and dark, where pictures are wanted."""
        if not ALBUM:
            return
        before = window.page.viewport_size
        for size in (DESK, PHONE):
            window.page.set_viewport_size(size)  # type: ignore[arg-type]
            for scheme in ("light", "dark"):
                window.page.emulate_media(color_scheme=scheme)
                self.picture(window, f"{name}-{size['width']}-{scheme}")
        window.page.emulate_media(color_scheme="light")
        window.page.set_viewport_size(before)  # type: ignore[arg-type]

    def close(self) -> None:
        """Shut the windows of a course, which may not have complained of anything."""
        while self.windows:
            self.windows.pop().close()


def _user(who: str) -> User:
    found = user_by_email(f"{who}@example.org")
    assert found is not None
    return found


def _joins(
    clinic: Clinic, name: str, who: str, role: Role, patient: Patient | None = None, by: User | None = None
) -> User:
    email = f"{who}@example.org"
    _, token = invite(clinic=clinic, roles=frozenset({role}), email=email, patient=patient, by=by)
    return accept(token, name=name, email=email, password=PASSWORD)


@contextmanager
def practising(app: Flask, chromium: Browser, folder: Path, opened_on: date) -> Iterator[Practice]:
    """The practice with its people, in a folder, while it is served."""
    practice = Practice(app, chromium, folder)
    with app.app_context(), clock.at(practice.on(opened_on, 7)):
        clinic = set_up_clinic(name=NAME, zone=str(ZONE), country="US")
        for name, who, role in (
            ("Rowan Leigh", "lead", Role.LEAD),
            ("Ada Moss", "ada", Role.THERAPIST),
            ("Ben Okoro", "ben", Role.THERAPIST),
            ("Sol Reyes", "sol", Role.THERAPIST),
            ("Noor Haddad", "noor", Role.MEDICAL),
        ):
            _joins(clinic, name, who, role)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KAP_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--log-level", "critical", "tests.main_job.clockwork:app"],
        cwd=Path(__file__).parents[2],
        env=environment
        | {"KAP_INSTANCE": str(folder), "KAP_PORT": str(practice.port), "KAP_TEST_HOUR": str(practice.hour)},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(practice.port)
        yield practice
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/health")
                connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("gunicorn did not start.")
