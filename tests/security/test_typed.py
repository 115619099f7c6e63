"""What somebody has typed comes back when they may no longer send it, and nothing else does."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from kap.access.roles import Role
from kap.core.db import db
from kap.people.account import end_other_sign_ins
from kap.people.actions import change_roles, deactivate, leave_care_team
from kap.people.models import Patient, User
from kap.people.queries import membership
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str | None], Browser]
NOTE = "Typed for half an hour: she spoke of the lake, and of <b>her sister</b>."


def _take(stage: Stage, cast: Cast, way: str) -> None:
    """Take from the therapist what they need to write, from elsewhere."""
    with stage.app.app_context():
        therapist, lead = db.session.get_one(User, cast["therapist"]), db.session.get_one(User, cast["lead"])
        if way == "team":
            member = membership(db.session.get_one(Patient, cast["patient"]), therapist)
            assert member is not None
            leave_care_team(member, by=lead)
        elif way == "role":
            change_roles(therapist, frozenset({Role.ADMIN}), version=therapist.version, by=lead)
        elif way == "deactivated":
            deactivate(therapist, by=lead)
        else:
            end_other_sign_ins(therapist, but=None)


@pytest.mark.parametrize(("way", "status"), [("team", 404), ("role", 404), ("deactivated", 401), ("sign-in", 401)])
@pytest.mark.parametrize("where", ["/sessions/{planned}/edit", "/patients/{patient}/sessions/new?kind=preparation"])
def test_a_note_comes_back_to_whoever_can_no_longer_save_it(
    way: str, status: int, where: str, stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = browser_of("therapist")
    browser.get(where.format(planned=cast["planned"], patient=cast["patient"]))
    url, sent = browser.ready(narrative=NOTE, intention="")
    _take(stage, cast, way)
    page = browser.send(url, sent, status=status)
    assert NOTE in page.words
    assert "<b>her sister" not in page.text
    assert "to be copied" in page.words
    for known in ("Patient One", "P-001", "canary", str(cast["course"])):
        assert known not in page.text.replace(url, "")
    assert "was not saved" in page.words


def test_it_cannot_be_told_from_what_does_not_exist(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("other")
    browser.get("/account")
    sent = {"csrf_token": browser.ready()[1]["csrf_token"], "narrative": [NOTE]}
    texts = {browser.send(f"/sessions/{id_}/edit", sent, status=404).words for id_ in (cast["dosing"], uuid4())}
    assert len(texts) == 1


def test_a_password_does_not_come_back(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("therapist")
    browser.get("/account")
    url, sent = browser.ready(password_current=PASSWORD, password="something long and new")
    _take(stage, cast, "deactivated")
    page = browser.send(url, sent, status=401)
    assert "no longer signed in" in page.words
    assert PASSWORD not in page.text
    assert "something long and new" not in page.text
    assert "What you wrote" not in page.words


def test_somebody_off_the_street_is_shown_the_way_in(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of(None)
    browser.get("/sign-in")
    sent = {"csrf_token": browser.ready()[1]["csrf_token"]}
    page = browser.send(f"/sessions/{cast['dosing']}/edit", sent, status=401)
    assert "Please sign in" in page.words
