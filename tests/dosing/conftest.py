"""A dosing session that is planned and has come, and who goes to it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from kap.core import clock
from kap.core.db import db
from kap.people.models import User
from kap.treatment.actions import plan_session
from kap.treatment.models import Course, DosingSession, Kind
from tests.browser import Browser
from tests.cast import Cast

BrowserOf = Callable[[str], Browser]


@pytest.fixture
def come(app: Flask, cast: Cast) -> UUID:
    """The planned session whose hour has come."""
    with app.app_context():
        course, by = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        session = plan_session(course, kind=Kind.DOSING, starts_at=clock.now() - timedelta(minutes=30), by=by)
        assert isinstance(session, DosingSession)
        return session.id


@pytest.fixture
def medical(browser_of: BrowserOf) -> Browser:
    """A nurse of the care team."""
    return browser_of("medical")


@pytest.fixture
def therapist(browser_of: BrowserOf) -> Browser:
    """A therapist of the care team."""
    return browser_of("therapist")
