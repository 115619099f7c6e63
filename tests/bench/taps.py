"""Taps in the live page: twenty sessions at once, in each somebody writes down a reading every second or so.

What is timed is the whole tap, from the last byte sent to the answer, through gunicorn as it is configured: sign-in,
token, form, rules, alerts, log, one durable commit. Beside it each session's page asks for news, as a page does.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from http.client import HTTPConnection
from itertools import count
from random import Random
from time import perf_counter, sleep
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import select

from kap.access.roles import Role
from kap.core import clock
from kap.core.db import db
from kap.dosing.actions.giving import give
from kap.dosing.models import GivenBy
from kap.dosing.rules.giving import Giving
from kap.people.actions import accept, add_patient, invite
from kap.people.models import Clinic as ClinicRow
from kap.people.models import User
from kap.treatment.actions import open_course, plan_session
from kap.treatment.models import Condition, DosingSession, Kind, Medicine, Route
from tests.bench.clinic import Clinic
from tests.bench.figures import Figure
from tests.bench.scene import AGENT, PASSWORD, cookie_of
from tests.bench.server import HOST, WAITS, Server
from tests.bench.submit import TOKEN

SESSIONS = 20
GOAL_MS = 50
GOAL_RATE = 20
"""Taps a second: one in each room."""
EVERY, NEWS = 1.0, 4.0
"""Seconds from one tap of a room to its next, and from one question for news to the next."""


class Room(NamedTuple):
    """A session under way, and who is in it."""

    path: str
    cookie: str
    token: str
    whose: UUID


def taps(clinic: Clinic, server: Server, seconds: float) -> list[Figure]:
    """How long a tap takes at the pace of twenty rooms, and how many a second there can be."""
    rooms = _rooms(clinic, server)
    _all(server, rooms, 2.0, EVERY)
    waits = sorted(_all(server, rooms, seconds, EVERY))
    began = perf_counter()
    many = len(_all(server, rooms, seconds / 2, 0))
    rate = many / (perf_counter() - began)
    p95, middle = waits[int(len(waits) * 0.95)] * 1000, waits[len(waits) // 2] * 1000
    note = f"{SESSIONS} rooms, a tap a second in each: {len(waits)}, median {middle:.1f}, worst {waits[-1] * 1000:.0f} ms"
    return [
        Figure("tap_p95_ms", round(p95, 1), GOAL_MS, most=True, note=note),
        Figure("taps_per_second", round(rate), GOAL_RATE, note=f"{SESSIONS} rooms, each as fast as it is answered"),
    ]


def _rooms(clinic: Clinic, server: Server) -> list[Room]:
    with clinic.app.app_context():
        row = db.session.scalars(select(ClinicRow)).first()
        assert row is not None
        paths = []
        for number in range(SESSIONS):
            email = f"room-{number}@example.org"
            _, link = invite(clinic=row, roles=frozenset({Role.MEDICAL}), email=email, by=None)
            paths.append((email, *_begun(accept(link, name=f"Nurse {number}", email=email, password=PASSWORD), number)))
    rooms = []
    for email, path, whose in paths:
        cookie = cookie_of(clinic.app, email, PASSWORD)
        found = TOKEN.search(server.get(path, cookie).text)
        assert found is not None
        rooms.append(Room(path, cookie, found[1], whose))
    return rooms


def _begun(nurse: User, number: int) -> tuple[str, UUID]:
    """A session of a patient of theirs, in which a dose was just given."""
    patient = add_patient(code=f"ROOM-{number:02}", by=nurse)
    today = clock.now().date() - timedelta(days=1)
    course = open_course(patient, condition=Condition.DEPRESSION, primary_measure="phq-9", opened_on=today, by=nurse)
    session = plan_session(course, kind=Kind.DOSING, starts_at=clock.now() - timedelta(hours=1), by=nurse)
    assert isinstance(session, DosingSession)
    at = clock.now() - timedelta(minutes=20)
    given = Giving(at, Route.IM, Medicine.KETAMINE, Decimal(50), GivenBy.REPORTED)
    give(session, given, reason="As ordered.", by=nurse)
    return f"/sessions/{session.id}/room", nurse.id


def _all(server: Server, rooms: Sequence[Room], seconds: float, every: float) -> list[float]:
    with ThreadPoolExecutor(len(rooms)) as pool:
        each = pool.map(lambda room: _tapped(server, room, seconds, every), rooms)
        return [wait for waits in each for wait in waits]


def _tapped(server: Server, room: Room, seconds: float, every: float) -> list[float]:
    """How long each tap of a room took."""
    random, waits, began = Random(room.path), [], perf_counter()
    due, news = began + random.random() * every, began + random.random() * NEWS
    connection = HTTPConnection(HOST, server.port, timeout=WAITS)
    for beat in count():
        sleep(max(due - perf_counter(), 0))
        if perf_counter() > began + seconds:
            break
        form = {
            "csrf_token": room.token,
            "form_key": str(uuid4()),
            "whose": str(room.whose),
            "kind": "reading",
            "systolic": str(110 + beat % 20),
            "diastolic": "75",
            "heart_rate": "70",
            "spo2": "98",
        }
        sent = perf_counter()
        status = _ask(server, connection, room, "POST", room.path, urlencode(form))
        waits.append(perf_counter() - sent)
        assert status == 200, status
        if every and perf_counter() > news:
            _ask(server, connection, room, "GET", f"{room.path}/news?seen=")
            news += NEWS
        due += every
    connection.close()
    return waits


def _ask(server: Server, connection: HTTPConnection, room: Room, method: str, path: str, body: str = "") -> int:
    headers = {
        "User-Agent": AGENT,
        "Cookie": f"{server.cookie_name}={room.cookie}",
        "X-Requested-With": "fetch",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request(method, path, body or None, headers)
    response = connection.getresponse()
    response.read()
    return response.status
