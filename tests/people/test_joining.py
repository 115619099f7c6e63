"""Links by which people join: once, in time, and for nobody else; and the passwords that they choose."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from kap.access.roles import Role
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.actions import accept, invite, revoke_invitation
from kap.people.letters import invitation_link
from kap.people.models import Clinic, Invitation, Patient, User, digest
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str | None], Browser]
NEWCOMER: dict[str, Any] = {"name": "New Comer", "email": "New.Comer@example.org", "password": PASSWORD}


@pytest.fixture
def link(stage: Stage, cast: Cast) -> str:
    """The token of a link for a new therapist."""
    with stage.app.app_context():
        _, token = invite(
            clinic=db.session.get_one(Clinic, cast["clinic"]), roles=frozenset({Role.THERAPIST}), by=lead(cast)
        )
    return token


def lead(cast: Cast) -> User:
    """The lead of the clinic."""
    return db.session.get_one(User, cast["lead"])


def shown_link(page: Page) -> str:
    """The link on the page after an invitation."""
    field = page.root.find(".//input[@id='link']")
    assert field is not None
    return field.get("value", "")


def count(app: Flask, what: Any, *conditions: Any) -> int:
    """How many rows there are."""
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(what).where(*conditions)) or 0


def test_whoever_joins_by_a_link_is_signed_in_and_told_what_is_here_and_what_is_next(
    stage: Stage, cast: Cast, link: str, browser_of: BrowserOf
) -> None:
    browser = browser_of(None)
    page = browser.get(f"/join/{link}")
    assert "Join Test clinic" in page.words
    assert "Therapist" in page.words
    page = browser.fill(**NEWCOMER)
    assert page.response.request.path == "/day"
    assert "Welcome, New Comer. Here is what waits for you today. Next: add a patient" in page.words
    browser_of(None).sign_in("new.comer@example.org", PASSWORD)
    with stage.app.app_context():
        event = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == Action.USER_JOINED).order_by(AuditEvent.at.desc())
        ).first()
        user = db.session.scalars(select(User).where(User.email == "new.comer@example.org")).unique().one()
        assert event is not None
        assert (event.actor_id, event.clinic_id, event.object_id) == (user.id, cast["clinic"], user.id)
        assert user.roles == {Role.THERAPIST}
        assert (user.password or "").startswith("$argon2id$")


def test_whoever_joins_on_the_device_of_another_is_not_taken_for_them(
    stage: Stage, link: str, browser_of: BrowserOf
) -> None:
    browser, copy = browser_of("lead"), browser_of(None)
    kept = browser.client.get_cookie("kap")
    assert kept is not None
    copy.client.set_cookie("kap", kept.value)
    browser.get(f"/join/{link}")
    assert "Welcome, New Comer" in browser.fill(**NEWCOMER).words
    browser.get("/settings", 403)
    assert copy.client.get("/settings").status_code == 302


def test_looking_at_a_link_does_not_use_it_up(link: str, browser_of: BrowserOf) -> None:
    for _ in range(3):
        browser_of(None).get(f"/join/{link}")


def test_a_link_works_once(stage: Stage, link: str, browser_of: BrowserOf) -> None:
    first, second = browser_of(None), browser_of(None)
    first.get(f"/join/{link}")
    second.get(f"/join/{link}")
    first.fill(**NEWCOMER)
    page = second.fill(**NEWCOMER | {"email": "second@example.org"}, status=410)
    assert "used already" in page.words
    assert "used already" in browser_of(None).get(f"/join/{link}", 410).words
    assert count(stage.app, User, User.email == "second@example.org") == 0


def test_of_two_who_accept_at_once_one_joins(stage: Stage, link: str) -> None:
    start, outcomes = Barrier(2), []

    def try_it(email: str) -> None:
        with stage.app.app_context():
            start.wait()
            try:
                outcomes.append(accept(link, name="One of two", email=email, password=PASSWORD).email)
            except Refused as refused:
                outcomes.append(refused.sentence)

    racers = [Thread(target=try_it, args=(f"racer{n}@example.org",)) for n in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted("used already" in outcome for outcome in outcomes) == [False, True], outcomes
    assert count(stage.app, User, User.name == "One of two") == 1


def test_a_link_expires(stage: Stage, link: str, browser_of: BrowserOf) -> None:
    with clock.at(clock.now() + timedelta(hours=71)):
        browser_of(None).get(f"/join/{link}")
    with clock.at(clock.now() + timedelta(hours=73)):
        assert "expired" in browser_of(None).get(f"/join/{link}", 410).words
        with stage.app.app_context(), pytest.raises(Refused, match="expired"):
            accept(link, name="Late", email="late@example.org", password=PASSWORD)


def test_a_link_that_was_withdrawn_no_longer_works(stage: Stage, cast: Cast, link: str, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        invitation = db.session.scalars(select(Invitation).where(Invitation.token_digest == digest(link))).one()
        revoke_invitation(invitation, by=lead(cast))
    assert "withdrawn" in browser_of(None).get(f"/join/{link}", 410).words


@pytest.mark.parametrize("token", ["made-up", "a" * 43, "%00", "..%2f..%2fetc", "x" * 1500])
def test_a_link_that_never_was_is_no_page(token: str, browser_of: BrowserOf) -> None:
    page = browser_of(None).get(f"/join/{token}", 404)
    assert "not known here" in page.words or "no such page" in page.words


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password", "short", "at least 12 characters"),
        ("password", "p" * 1025, "at most 1,024 characters"),
        ("password", "p" * 100_000, "at most 1,024 characters"),
        ("password", "new.comer@example.org", "leave out your e-mail address"),
        ("password", "the test clinic forever", "leave out your e-mail address and the name of the clinic"),
        ("email", "not an address", "not an e-mail address"),
        ("email", "THERAPIST@example.org", "cannot be used here"),
        ("name", "", "fill this in"),
        ("name", "   ", "fill this in"),
        ("name", "n" * 201, "At most 200"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_link_still_works(
    stage: Stage, link: str, browser_of: BrowserOf, field: str, value: str, said: str
) -> None:
    browser = browser_of(None)
    browser.get(f"/join/{link}")
    page = browser.fill(**NEWCOMER | {field: value}, status=200)
    assert said in page.words
    assert 'value="New Comer"' in page.text or field == "name"
    assert PASSWORD not in page.text
    assert count(stage.app, User, User.name == "New Comer") == 0
    browser.fill(**NEWCOMER)
    assert count(stage.app, User, User.name == "New Comer") == 1


@pytest.mark.parametrize("field", ["name", "email"])
def test_a_zero_byte_is_refused(stage: Stage, link: str, browser_of: BrowserOf, field: str) -> None:
    browser = browser_of(None)
    browser.get(f"/join/{link}")
    url, sent = browser.ready(**NEWCOMER | {field: "zero\0@example.org"})
    assert "cannot be saved" in browser.client.post(url, data=sent).text
    assert count(stage.app, User, User.name.startswith("zero")) == 0


def test_a_double_click_makes_one_user(stage: Stage, link: str, browser_of: BrowserOf) -> None:
    browser = browser_of(None)
    browser.get(f"/join/{link}")
    url, sent = browser.ready(**NEWCOMER)
    browser.send(url, sent, status=200)
    assert "saved already" in browser.send(url, sent, status=409).words
    assert count(stage.app, User, User.name == "New Comer") == 1


def test_a_patient_joins_to_their_own_record_and_a_new_link_ends_the_old(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = browser_of("lead")
    browser.get(f"/patients/{cast['unseen']}/invite")
    links = []
    for _ in range(2):
        browser.get(f"/patients/{cast['unseen']}/invite")
        page = browser.fill(email="")
        links.append(shown_link(page))
    old, new = (link.removeprefix("http://127.0.0.1:8000") for link in links)
    assert "withdrawn" in browser_of(None).get(old, 410).words
    newcomer = browser_of(None)
    newcomer.get(new)
    newcomer.fill(**NEWCOMER)
    with stage.app.app_context():
        patient = db.session.get_one(Patient, cast["unseen"])
        user = db.session.get_one(User, patient.user_id)
        assert (user.name, user.roles, user.clinic_id) == ("New Comer", frozenset({Role.PATIENT}), cast["clinic"])
        with pytest.raises(Refused, match="account already"):
            invite(clinic=user.clinic, roles=frozenset({Role.PATIENT}), patient=patient, by=lead(cast))


def test_who_may_give_what(stage: Stage, cast: Cast) -> None:
    def give(roles: set[Role], by: str, patient: str | None = None) -> None:
        clinic = db.session.get_one(Clinic, cast["clinic"])
        who = db.session.get_one(Patient, cast[patient]) if patient else None
        invite(clinic=clinic, roles=frozenset(roles), patient=who, by=db.session.get_one(User, cast[by]))

    with stage.app.app_context():
        give({Role.LEAD, Role.THERAPIST}, "lead")
        give({Role.ADMIN, Role.MEDICAL}, "admin")
        give({Role.PATIENT}, "therapist", "unseen")
        for roles, by, patient in (
            ({Role.LEAD}, "admin", None),
            ({Role.THERAPIST}, "therapist", None),
            ({Role.THERAPIST}, "foreign lead", None),
            ({Role.PATIENT}, "lead", None),
            ({Role.THERAPIST}, "lead", "unseen"),
            ({Role.PATIENT, Role.LEAD}, "lead", "unseen"),
            ({Role.PATIENT}, "admin", "unseen"),
            ({Role.PATIENT}, "lead", "stranger"),
            (set(), "lead", None),
        ):
            with pytest.raises(Refused):
                give(roles, by, patient)


def test_links_are_built_from_the_setting_whatever_host_the_browser_names(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = browser_of("admin")
    browser.get("/users/invite")
    url, sent = browser.ready(roles=["therapist"])
    answer = browser.client.post(url, data=sent, headers={"Host": "localhost:1234"})
    assert 'value="http://127.0.0.1:8000/join/' in answer.text
    with stage.app.app_context():
        assert invitation_link("token") == "http://127.0.0.1:8000/join/token"


def test_the_database_keeps_no_token(stage: Stage, link: str) -> None:
    with stage.app.app_context():
        kept = db.session.scalars(select(Invitation.token_digest)).all()
        assert digest(link) in kept
        assert all(link.encode() not in value for value in kept)
        words = db.session.execute(select(AuditEvent.detail, AuditEvent.object_type)).all()
        assert link not in repr(words)
