"""Sessions found by theme, kind, day and signature: only in sight, and without opening what is sealed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from kap.audit.models import Action, AuditEvent
from kap.core.db import db
from kap.core.sealed import KeyRing
from kap.people.models import User
from kap.treatment.actions import record_integration
from kap.treatment.found import PAGE
from kap.treatment.models import Course, Status, Theme
from tests.browser import Browser, Page
from tests.cast import NOW, Cast
from tests.conftest import Stage

EVERY = ["Integration", "Dosing", "Preparation", "Preparation"]
SignIn = Callable[[str | None], Browser]


@contextmanager
def statements(stage: Stage) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    with stage.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def listed(page: Page) -> list[str]:
    """The sessions of the list, by what leads to them."""
    heads = [head for head in page.root.iter("th") if head.get("scope") == "row"]
    return ["".join(head.itertext()).strip() for head in heads]


def test_all_sessions_that_took_place_stand_there_the_latest_first(browser_of: SignIn, cast: Cast) -> None:
    page = browser_of("therapist").get("/sessions")
    assert listed(page) == [
        "Integration, 21 December 2025",
        "Dosing, 20 December 2025",
        "Preparation, 19 December 2025",
        "Preparation, 18 December 2025",
    ]
    assert "Patient One P-001" in page.words
    assert "Grief and loss" in page.words


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("theme=grief", ["Integration"]),
        ("theme=joy", []),
        ("kind=dosing", ["Dosing"]),
        ("kind=dosing&theme=grief", []),
        ("signed=yes", ["Preparation"]),
        ("signed=no", ["Integration", "Dosing", "Preparation"]),
        ("from=2025-12-20", ["Integration", "Dosing"]),
        ("to=2025-12-19", ["Preparation", "Preparation"]),
        ("from=2025-12-19&to=2025-12-19", ["Preparation"]),
        ("theme=nothing&kind=%3Cscript%3E&from=soon&signed=maybe&page=-1", EVERY),
        ("from=0001-01-01&to=9999-12-31", EVERY),
    ],
)
def test_what_is_asked_for_is_found(browser_of: SignIn, cast: Cast, query: str, kinds: list[str]) -> None:
    page = browser_of("therapist").get(f"/sessions?{query}")
    assert [line.partition(",")[0] for line in listed(page)] == kinds
    assert kinds or "No session is all of this" in page.words


def test_only_sessions_of_patients_in_sight_are_found(browser_of: SignIn, cast: Cast) -> None:
    assert len(listed(browser_of("lead").get("/sessions?theme=grief"))) == 1
    for who in ("other", "former"):
        assert "No sessions yet" in browser_of(who).get("/sessions").words
    foreign = browser_of("foreign therapist").get("/sessions?theme=grief")
    assert "Patient Elsewhere" in foreign.words
    assert "Patient One" not in foreign.words
    for who in ("admin", "patient account"):
        browser_of(who).get("/sessions", 403)


def test_nothing_is_unsealed_to_find_or_to_list(
    browser_of: SignIn, stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browser_of("therapist")
    opened: list[bytes] = []
    unseal = KeyRing.unseal

    def watched(ring: KeyRing, sealed: bytes, bound_to: bytes) -> str:
        opened.append(bound_to)
        return unseal(ring, sealed, bound_to)

    monkeypatch.setattr(KeyRing, "unseal", watched)
    with statements(stage) as asked:
        page = browser.get("/sessions?theme=grief&signed=no")
    assert listed(page)
    assert not [one for one in opened if b"user" not in one]
    of_sessions = [one for one in asked if "treatment_session" in one or "session_theme" in one]
    assert len(of_sessions) == 2
    assert not [one for one in of_sessions if "_sealed" in one]


def test_looking_is_on_the_log_with_whose_sessions_were_shown(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    browser_of("therapist").get("/sessions?theme=grief")
    with stage.app.app_context():
        query = select(AuditEvent.detail).where(
            AuditEvent.actor_id == cast["therapist"], AuditEvent.action == Action.LIST_VIEWED
        )
        detail = db.session.scalars(query.order_by(AuditEvent.at.desc())).first()
    assert detail == {"name": "found", "patients": [str(cast["patient"])], "theme": "grief"}


def test_a_long_list_is_paged_and_keeps_what_was_asked(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        course, by = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        for number in range(PAGE):
            record_integration(
                course,
                by=by,
                status=Status.TOOK_PLACE,
                starts_at=NOW - timedelta(hours=number + 1),
                coded_themes=[Theme.GRIEF],
            )
    browser = browser_of("therapist")
    first = browser.get("/sessions?theme=grief")
    assert len(listed(first)) == PAGE
    assert "/sessions?page=2&amp;theme=grief" in first.text
    assert listed(browser.get("/sessions?theme=grief&page=2")) == ["Integration, 21 December 2025"]


def test_themes_and_the_caseload_lead_to_it(browser_of: SignIn, cast: Cast) -> None:
    browser = browser_of("therapist")
    assert 'href="/sessions"' in browser.get("/patients").text
    assert "/sessions?theme=grief" in browser.get(f"/sessions/{cast['integration']}").text
