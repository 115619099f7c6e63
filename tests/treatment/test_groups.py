"""Group sessions: one session for each, each private, and nothing of one patient in the record of another."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from kap.audit.models import Action, AuditEvent
from kap.core.db import db
from kap.people.actions import add_patient, leave_care_team
from kap.people.models import Patient, User
from kap.people.queries import membership
from kap.treatment.actions import open_course
from kap.treatment.content import canonical, content_of
from kap.treatment.models import IntegrationSession
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]
HELD = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
"""Ten o'clock on the clinic's wall."""


@pytest.fixture
def second(stage: Stage, cast: Cast) -> UUID:
    """Another patient of the therapist, in a course."""
    with stage.app.app_context():
        by = db.session.get_one(User, cast["therapist"])
        patient = add_patient(code="P-777", name="Second One", birth_date=date(1980, 1, 1), by=by)
        open_course(patient, condition="anxiety", primary_measure="gad-7", opened_on=date(2026, 1, 2), by=by)
        return patient.id


@pytest.fixture
def therapist(browser_of: BrowserOf) -> Browser:
    """The therapist of both."""
    return browser_of("therapist")


def sessions_at(stage: Stage) -> dict[UUID, str]:
    """What is signed of the sessions of that hour, by patient."""
    with stage.app.app_context():
        rows = db.session.scalars(select(IntegrationSession).where(IntegrationSession.starts_at == HELD)).all()
        return {row.patient_id: canonical(content_of(row)) for row in rows}


def send(browser: Browser, *patients: UUID) -> Page:
    """Log the group for these patients."""
    browser.get("/groups/new")
    shared: dict[str, Any] = {"modalities": ["group", "mindfulness"], "coded_themes": ["grief"], "mode": "video"}
    chosen = [str(one) for one in patients]
    return browser.fill(patients=chosen, starts_at="2026-03-12T10:00", narrative="We sat with loss", **shared)


def test_each_who_was_there_has_a_session_of_their_own(
    stage: Stage, therapist: Browser, cast: Cast, second: UUID
) -> None:
    therapist.get("/patients")
    assert "Log a group session" in therapist.page.words  # type: ignore[union-attr]
    page = send(therapist, cast["patient"], second)
    assert "one session in each record: 2." in page.words
    made = sessions_at(stage)
    assert set(made) == {cast["patient"], second}
    for patient, content in made.items():
        (other,) = set(made) - {patient}
        assert "We sat with loss" in content
        assert '"format":"group"' in content
        assert '"present":2' in content
        assert str(other) not in content
    with stage.app.app_context():
        events = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action.in_([Action.SESSION_RECORDED, Action.GROUP_RECORDED]))
        ).all()
        for event in events:
            assert str(second) not in str(event.detail)
            assert str(cast["patient"]) not in str(event.detail)
        assert [event.patient_id for event in events if event.action == Action.GROUP_RECORDED] == [None]


def test_one_who_is_not_in_ones_care_refuses_the_whole(
    stage: Stage, therapist: Browser, cast: Cast, second: UUID
) -> None:
    for other in (cast["stranger"], cast["unseen"], UUID(int=7)):
        page = send(therapist, second, other)
        assert page.status == 404
        assert sessions_at(stage) == {}


def test_nobody_chosen_and_one_alone(stage: Stage, therapist: Browser, cast: Cast) -> None:
    page = send(therapist)
    assert "Please choose who was there." in page.words
    assert "We sat with loss" in page.text
    send(therapist, cast["patient"])
    (content,) = sessions_at(stage).values()
    assert '"present"' not in content, "Of the others it is not known how many there were."


def test_sent_twice_it_is_there_once(stage: Stage, therapist: Browser, cast: Cast, second: UUID) -> None:
    therapist.get("/groups/new")
    url, sent = therapist.ready(patients=[str(cast["patient"]), str(second)], starts_at="2026-03-12T10:00")
    therapist.send(url, sent)
    therapist.send(url, sent)
    assert len(sessions_at(stage)) == 2
    with stage.app.app_context():
        query = select(IntegrationSession).where(IntegrationSession.starts_at == HELD)
        assert len(db.session.scalars(query).all()) == 2


def test_whoever_left_the_team_is_not_offered_the_patient(
    stage: Stage, therapist: Browser, cast: Cast, second: UUID
) -> None:
    assert "Second One" in therapist.get("/groups/new").words
    with stage.app.app_context():
        by = db.session.get_one(User, cast["lead"])
        member = membership(db.session.get_one(Patient, second), db.session.get_one(User, cast["therapist"]))
        assert member is not None
        leave_care_team(member, by=by)
    assert "Second One" not in therapist.get("/groups/new").words
