"""The page of what is due, and the one of the clinic: each leads to its pages, and counts what stands there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from kap.core import clock
from kap.core.db import db
from kap.people.models import User
from kap.treatment.actions import record_integration
from kap.treatment.models import Course, Part, Status
from kap.treatment.queries import unsigned_sessions
from kap.treatment.signing import sign_part
from tests.browser import Browser
from tests.cast import NOW, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]


@contextmanager
def statements(stage: Stage) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    with stage.app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        yield asked
        event.remove(db.engine, "before_cursor_execute", note)


def held(cast: Cast, days: float) -> Any:
    """An integration session so many days ago."""
    course, by = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
    start = NOW - timedelta(days=days)
    return record_integration(course, by=by, status=Status.TOOK_PLACE, starts_at=start, narrative="canary")


def test_a_session_waits_to_be_signed_from_the_day_after_on(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context(), clock.at(NOW):
        made = [held(cast, days) for days in (0.5, 2, 29, 31)]
        signed = held(cast, 3)
        by = db.session.get_one(User, cast["therapist"])
        sign_part(signed, Part.THERAPY, content={}, version=None, by=by)
        assert [(one.id, one.parts) for one in unsigned_sessions(by)] == [
            (made[2].id, [Part.THERAPY]),
            (made[1].id, [Part.THERAPY]),
        ]
        # A talk session is the therapist's to sign; the lead sees what is left of all.
        assert unsigned_sessions(db.session.get_one(User, cast["medical"])) == []
        assert len(unsigned_sessions(db.session.get_one(User, cast["lead"]))) == 2
        for nobody in ("other", "former", "foreign therapist", "foreign lead"):
            assert unsigned_sessions(db.session.get_one(User, cast[nobody])) == []
    with clock.at(NOW):
        therapist = browser_of("therapist")
        assert "Sessions to sign 2 to do" in therapist.get("/due").words
        assert therapist.get("/unsigned").words.count("Integration,") == 2


def test_what_is_due_is_counted_in_a_few_statements(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with clock.at(NOW):
        lead = browser_of("lead")
        with statements(stage) as few:
            lead.get("/due")
        with stage.app.app_context():
            for days in range(2, 12):
                held(cast, days)
        with statements(stage) as many:
            assert "Sessions to sign 10 to do" in lead.get("/due").words
    assert len(few) == len(many) <= 12


@pytest.mark.parametrize(
    ("who", "ways"),
    [
        ("therapist", ["Today", "Patients", "Alerts (1)", "Clinic"]),
        ("medical", ["Today", "Patients", "Alerts (1)", "Drug log", "Clinic"]),
        ("lead", ["Patients", "Alerts", "Due", "Drug log", "Clinic"]),
        ("admin", ["Clinic"]),
        ("patient account", ["My progress", "Questionnaires", "Agreed"]),
    ],
)
def test_everybody_finds_their_pages(who: str, ways: list[str], cast: Cast, browser_of: BrowserOf) -> None:
    with clock.at(NOW):
        browser = browser_of(who)
        (nav,) = [nav for nav in browser.get("/account").root.iter("nav") if nav.get("aria-label") == "Main"]
        assert ["".join(link.itertext()) for link in nav.iter("a")] == ways
        if "Clinic" in ways:
            main = browser.get("/clinic").root.find(".//main")
            assert main is not None
            for link in main.iter("a"):
                browser.get(link.get("href") or "")
