"""The log as pages: for the lead the whole clinic's, in words, narrowed down and turned page by page."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select, text

from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent, Kind
from kap.audit.queries import Asked, events
from kap.core import clock
from kap.core.db import db, new_id
from kap.home.forms import KINDS
from kap.home.log import PAGE
from kap.home.wording import TO_PATIENT, WORDS
from kap.people.models import Clinic, Patient, RoleHeld, User
from tests.browser import Browser, Page
from tests.cast import NOW, PASSWORD, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]


@pytest.mark.parametrize("action", Action)
def test_every_act_has_its_words(action: Action) -> None:
    """A new Action gets a line in both tables of kap/home/wording.py."""
    assert action in WORDS, "For the lead: what it says before a name, and where nobody is named."
    assert WORDS[action][1]
    assert action in TO_PATIENT, "For the patient whose record it was: what it says, or None where it is not told."


def test_every_kind_can_be_asked_for() -> None:
    assert sorted(kind for _, kinds in KINDS.values() for kind in kinds) == sorted(Kind)


def _lines(page: Page) -> list[str]:
    """The lines of the log, with single spaces."""
    found = [item for part in page.root.iter("ol") if part.get("class") == "log" for item in part.iter("li")]
    return [" ".join("".join(item.itertext()).split()) for item in found]


def _happen(stage: Stage, cast: Cast, number: int, action: Action = Action.SESSION_CHANGED) -> list[UUID]:
    """So many acts of the therapist on the record of the patient, a minute apart; their ids, the first first."""
    start = datetime(2026, 3, 18, 6, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "clinic_id": cast["clinic"],
            "at": start + timedelta(minutes=place),
            "actor_id": cast["therapist"],
            "action": action,
            "patient_id": cast["patient"],
            "detail": {},
        }
        for place in range(number)
    ]
    with stage.app.app_context(), recording(Action.DEMO_PLAYED, by=None):
        db.session.execute(insert(AuditEvent), rows)
    return [row["id"] for row in rows]


def test_it_is_told_in_words(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW):
        browser_of("medical").get(f"/sessions/{cast['dosing']}")
        page = browser_of("lead").get("/log")
    lines = _lines(page)
    assert "13:00 The medical opened the record of P-001: Dosing session of 20 December 2025" in lines
    assert "13:00 The lead signed in" in lines
    assert any(
        line.endswith("The therapist looked at the list of patients: 1 patient, which The therapist saw at 12:00")
        for line in lines
    )
    assert any("The therapist planned a session with P-001" in line for line in lines)
    assert any("The lead invited P-002" in line for line in lines)
    assert "18 March 2026" in page.words
    assert "Patient One" not in page.text
    assert "canary" not in page.text


def test_a_sign_in_that_failed(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    stranger = browser_of(None)
    for _ in range(3):
        stranger.get("/sign-in")
        stranger.fill(email=cast.email("therapist"), password="not the password")
    lines = _lines(browser_of("lead").get("/log?kind=sign-ins"))
    assert any("Somebody tried to sign in, and failed, as The therapist 3 times since" in line for line in lines)


def test_an_unknown_address_is_told_where_there_is_one_clinic(scratch: Callable[..., object]) -> None:
    """It is nobody's, so with several clinics none is told of it."""
    browser = Browser(scratch())  # type: ignore[arg-type]
    browser.get("/sign-in")
    browser.fill(email="nobody@example.org", password="not the password")
    browser.sign_in("lead@example.org", PASSWORD)
    assert "tried to sign in with an unknown address, and failed" in browser.get("/log").words
    app = browser.client.application
    with app.app_context():
        clinic = Clinic(name="A second clinic", zone="Europe/Berlin", country="DE")
        with recording(Action.CLINIC_SET_UP, by=None, about=clinic):
            db.session.add(clinic)
    assert "unknown address" not in browser.get("/log").words


def test_the_command_line_is_named(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with stage.app.app_context():
        with recording(Action.SCORES_IMPORTED, by=None, patient=db.session.get_one(Patient, cast["patient"])):
            pass
        with recording(Action.LIST_VIEWED, by=None) as look:
            look.clinic_id, look.detail = cast["clinic"], {"name": "verdicts", "patients": 12}
    lines = _lines(browser_of("lead").get("/log"))
    assert any(line.endswith("The command line imported scores of P-001") for line in lines)
    assert any(line.endswith("The command line printed the verdicts of all patients: 12 patients") for line in lines)


@pytest.mark.parametrize(
    ("query", "some", "none"),
    [
        ("kind=reads", "looked at the list", "planned"),
        ("kind=changes", "planned a session", "looked at the list"),
        ("kind=people", "invited", "planned"),
        ("patient=P-002", "invited P-002", "P-001"),
        ("person={lead}", "The lead", "The therapist"),
        ("since=2026-03-18&until=2026-03-18", "18 March 2026", "January 2026"),
        ("until=2025-12-31", "December 2025", "2026"),
        ("person={therapist}&patient=P-001&kind=changes&since=2026-03-01", "planned a session", "The lead"),
    ],
)
def test_it_is_narrowed_down(query: str, some: str, none: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW):
        page = browser_of("lead").get("/log?" + query.format(**cast.ids))
    told = " ".join(_lines(page)) + "".join("".join(h2.itertext()) for h2 in page.root.iter("h2"))
    assert some in told
    assert none not in told


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "until=9999-99-99",
        "since=2026-03-02&until=2026-03-01",
        "since=2026-03-02&until=soon",
        "since=0001-01-01",
        "since=9999-12-31",
        "person=nobody",
        "person={foreign lead}",
        "person={patient account}",
        "kind=everything",
        "patient=P-404",
        "patient=" + "P" * 400,
        "patient=%00",
    ],
)
def test_nonsense_is_met_with_a_clear_page(query: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    page = browser_of("lead").get("/log?" + query.format_map(cast.ids))
    assert "This cannot be looked for yet" in page.words
    assert not _lines(page)


@pytest.mark.parametrize(
    "query", ["until=9999-12-31", "before=nonsense", "before={nothing}", "before={foreign look}", "q=1"]
)
def test_what_says_nothing_is_passed_over(query: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    page = browser_of("lead").get("/log?" + query.format_map({**cast.ids, "nothing": new_id()}))
    assert "This cannot be looked for yet" not in page.words
    assert _lines(page)


def test_a_code_of_the_other_clinic_is_not_known(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """It cannot be told from one that nobody has."""
    with stage.app.app_context(), recording(Action.PATIENT_CHANGED, by=None):
        db.session.get_one(Patient, cast["stranger"]).code = "S-001"
    pages = [browser_of("lead").get(f"/log?patient={code}") for code in ("S-001", "S-002")]
    assert pages[0].words.replace("S-001", "S-002") == pages[1].words


def test_the_pages_hold_everything_once(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """Older to the end and newer back again, also where many acts have the same time."""
    ids = _happen(stage, cast, 2 * PAGE + 50)
    with stage.app.app_context():
        asked = Asked(
            cast["clinic"], kinds=(Kind.CHANGE,), actor_id=cast["therapist"], since=datetime(2026, 3, 18, 6, tzinfo=UTC)
        )
        with recording(Action.DEMO_PLAYED, by=None):
            for found in db.session.scalars(select(AuditEvent).where(AuditEvent.id.in_(ids[50:170]))):
                found.at = datetime(2026, 3, 18, 7, tzinfo=UTC)
        told: list[UUID] = []
        older = None
        while True:
            part = events(asked, most=PAGE, before=older)
            told += [act.id for act in part.events]
            if part.older is None:
                break
            older = part.older
        assert set(ids) <= set(told)
        assert len(told) == len(set(told))
        back: list[UUID] = []
        newer = part.newer
        while newer is not None:
            part = events(asked, most=PAGE, after=newer)
            back = [act.id for act in part.events] + back
            newer = part.newer
        assert back == told[: len(back)]


def test_turning_pages_keeps_what_was_chosen(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    _happen(stage, cast, 2 * PAGE)
    page = browser_of("lead").get("/log?patient=P-001&kind=changes&since=2026-03-01&person=")
    (older,) = [link.get("href", "") for link in page.root.iter("a") if link.get("rel") == "next"]
    asked = parse_qs(urlsplit(older).query)
    assert {name: values for name, values in asked.items() if name != "before"} == {
        "patient": ["P-001"],
        "kind": ["changes"],
        "since": ["2026-03-01"],
    }
    second = browser_of("lead").get(older)
    assert not set(_lines(page)) & set(_lines(second))


def test_the_same_over_and_over_is_one_line(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    _happen(stage, cast, 31, Action.RECORD_VIEWED)
    lines = _lines(browser_of("lead").get(f"/log?patient=P-001&kind=reads&person={cast['therapist']}"))
    assert lines == ["07:30 The therapist opened the record of P-001 31 times since 07:00"]


def test_after_half_an_hour_it_is_another_line(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    _happen(stage, cast, 32, Action.RECORD_VIEWED)
    lines = _lines(browser_of("lead").get(f"/log?patient=P-001&kind=reads&person={cast['therapist']}"))
    assert lines == [
        "07:31 The therapist opened the record of P-001 31 times since 07:01",
        "07:00 The therapist opened the record of P-001",
    ]


def test_whom_a_list_showed(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    page = browser_of("lead").get(f"/log/{cast['look']}")
    assert "The therapist looked at the list of patients on 18 March 2026, 12:00." in page.words
    assert [link.text for link in page.root.iter("a") if f"/patients/{cast['patient']}" == link.get("href")] == [
        "P-001"
    ]


def test_looking_through_the_log_stands_in_it(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("lead")
    for path in ("/log", "/log?patient=P-001", f"/log/{cast['look']}", "/log?since=never"):
        browser.get(path)
    with stage.app.app_context():
        query = select(AuditEvent.actor_id, AuditEvent.patient_id).where(AuditEvent.action == Action.AUDIT_VIEWED)
        told = [tuple(row) for row in db.session.execute(query.order_by(AuditEvent.at))]
    assert told == [(cast["lead"], None), (cast["lead"], cast["patient"]), (cast["lead"], None)]


def test_a_lead_who_is_treated_here_reads_of_it_as_a_patient(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with stage.app.app_context(), recording(Action.USER_CHANGED, by=None):
        unseen, lead = db.session.get_one(Patient, cast["unseen"]), db.session.get_one(User, cast["lead"])
        unseen.user_id = lead.id
        lead.held = [*lead.held, RoleHeld(role="patient")]
    with stage.app.app_context(), recording(Action.LIST_VIEWED, by=db.session.get_one(User, cast["therapist"])) as look:
        look.detail = {"name": "caseload", "patients": [str(cast["patient"]), str(cast["unseen"])]}
        seen = look.id
    browser = browser_of("lead")
    assert "P-002" not in browser.get("/log").words
    assert "No patient has this code" in browser.get("/log?patient=P-002").words
    assert "P-002" not in browser.get(f"/log/{seen}").words
    assert "The therapist, therapist saw you on the list of patients" in browser.get("/my/readers").words


def test_the_record_leads_a_lead_to_its_readers(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    wanted = "/log?patient=P-001"
    for person, there in (("lead", True), ("therapist", False)):
        page = browser_of(person).get(f"/patients/{cast['patient']}")
        assert (wanted in [link.get("href") for link in page.root.iter("a")]) is there


def _heard(stage: Stage, act: Callable[[], object]) -> list[tuple[str, object]]:
    """The statements that go to the database meanwhile."""
    heard: list[tuple[str, object]] = []

    def hear(connection: object, cursor: object, statement: str, given: object, *rest: object) -> None:
        heard.append((statement, given))

    with stage.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    return [(statement, given) for statement, given in heard if not statement.startswith(("BEGIN", "SET"))]


def test_as_many_statements_for_a_hundred_lines_as_for_one(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("lead")
    few = _heard(stage, lambda: browser.get(f"/log?person={cast['other']}"))
    _happen(stage, cast, 3 * PAGE)
    many = _heard(stage, lambda: browser.get("/log"))
    assert len(many) == len(few)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"kinds": (Kind.PEOPLE,)},
        {"actor_id": "therapist"},
        {"actor_id": "therapist", "kinds": (Kind.PEOPLE,)},
        {"patient_id": "patient"},
        {"patient_id": "patient", "actor_id": "therapist"},
        {"since": NOW - timedelta(days=2), "until": NOW},
    ],
)
def test_every_walk_is_along_an_index(asked: dict[str, object], stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """By clinic, what is asked for, kind and time: so a page costs the same in a log of a million."""
    _happen(stage, cast, 3 * PAGE)
    named = {name: cast.ids.get(value, value) if isinstance(value, str) else value for name, value in asked.items()}
    with stage.app.app_context():
        middle = events(Asked(cast["clinic"], **named), most=3).older  # type: ignore[arg-type]
        heard = _heard(stage, lambda: events(Asked(cast["clinic"], **named), most=PAGE, before=middle))  # type: ignore[arg-type]
        walked, given = heard[-1]
        with db.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {walked}", given)]  # type: ignore[arg-type]
            else:
                connection.execute(text("SET LOCAL enable_seqscan = off"))
                connection.execute(text("SET LOCAL enable_bitmapscan = off"))
                plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {walked}", given)]  # type: ignore[arg-type]
            plan = [step for step in plan if re.search("(SEARCH|SCAN|on) audit_event", step)]
    column = next((name for name in ("patient_id", "actor_id") if name in named), "")
    index = f"ix_audit_event_clinic_id_{column}_kind_at" if column else "ix_audit_event_clinic_id_kind_at"
    assert plan
    assert all(index in step for step in plan), plan
