"""Users and their roles, one's own account, the clinic's settings: what leads and admins do."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from kap.access.roles import GRANTS, Role
from kap.audit.models import Action, AuditEvent
from kap.core.db import db
from kap.core.refusal import Refused
from kap.outcomes.models import CourseOutcome
from kap.people.account import make_reset_link
from kap.people.actions import (
    add_patient,
    change_clinic,
    change_roles,
    deactivate,
    invite,
    note_sent,
    set_up_clinic,
)
from kap.people.models import Clinic, Invitation, Patient, SignIn, User
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str | None], Browser]


def user(cast: Cast, name: str) -> User:
    """One of the cast; needs an application context."""
    return db.session.get_one(User, cast[name])


def test_an_admin_invites_from_the_list_and_withdraws_the_link(browser_of: BrowserOf) -> None:
    browser = browser_of("admin")
    browser.get("/users")
    browser.get("/users/invite")
    page = browser.fill(email="new@example.org", roles=["therapist", "medical"], status=200)
    field = page.root.find(".//input[@id='link']")
    assert field is not None
    link = field.get("value", "")
    path = link.removeprefix("http://127.0.0.1:8000")
    browser_of(None).get(path)
    page = browser.get("/users")
    assert "new@example.org" in page.words
    assert link.rsplit("/", 1)[1] not in page.text
    page = browser.fill(3, status=200)
    assert "The link no longer works" in page.words
    assert "new@example.org" not in page.words
    browser_of(None).get(path, 410)


def test_an_invitation_needs_a_role_and_an_address_that_is_one(browser_of: BrowserOf) -> None:
    browser = browser_of("admin")
    for fields, said in (
        ({"email": "a@example.org"}, "choose at least one role"),
        ({"email": "nonsense", "roles": ["therapist"]}, "not an e-mail address"),
        ({"roles": ["lead"]}, "given by a clinic lead"),
        ({"roles": ["patient"]}, "oles"),
        ({"roles": ["emperor"]}, "oles"),
    ):
        browser.get("/users/invite")
        page = browser.fill(**fields, status=200)
        assert said in page.words
        assert "The invitation is ready" not in page.words


def test_the_last_lead_stays(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("lead")
    browser.get(f"/users/{cast['lead']}")
    assert "only clinic lead" in browser.fill(0, roles=["therapist"], status=200).words
    browser.get(f"/users/{cast['lead']}")
    assert "only clinic lead" in browser.fill(2, status=409).words
    with stage.app.app_context():
        lead, therapist = user(cast, "lead"), user(cast, "therapist")
        change_roles(therapist, frozenset({Role.LEAD}), version=therapist.version, by=lead)
        deactivate(lead, by=therapist)
        with pytest.raises(Refused, match="only clinic lead"):
            deactivate(therapist, by=therapist)


def test_roles_change_at_once_for_whoever_is_signed_in(cast: Cast, browser_of: BrowserOf) -> None:
    other, lead = browser_of("other"), browser_of("lead")
    other.get("/users", 403)
    lead.get(f"/users/{cast['other']}")
    page = lead.fill(0, roles=["therapist", "admin"], status=200)
    assert "The roles of The other are saved" in page.words
    other.get("/users")


def test_an_admin_neither_makes_nor_touches_a_lead(cast: Cast, browser_of: BrowserOf) -> None:
    admin = browser_of("admin")
    admin.get(f"/users/{cast['admin']}")
    assert "by a clinic lead" in admin.fill(0, roles=["admin", "lead"], status=200).words
    admin.get(f"/users/{cast['lead']}")
    assert "by a clinic lead" in admin.fill(2, status=409).words


def test_two_who_change_the_same_user_see_both_versions(cast: Cast, browser_of: BrowserOf) -> None:
    one, two = browser_of("lead"), browser_of("admin")
    for browser in (one, two):
        browser.get(f"/users/{cast['other']}")
    one.fill(0, roles=["medical"], status=200)
    two.fill(0, roles=["admin"], status=409)


def test_shutting_out_ends_what_is_open_and_letting_in_needs_a_new_sign_in(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    therapist, lead = browser_of("therapist"), browser_of("lead")
    lead.get(f"/users/{cast['therapist']}")
    assert "can no longer sign in" in lead.fill(2, status=200).words
    assert therapist.get("/account").response.request.path == "/sign-in"
    therapist.fill(email=cast.email("therapist"), password=PASSWORD)
    assert therapist.get("/account").response.request.path == "/sign-in"
    lead.get(f"/users/{cast['therapist']}")
    lead.fill(1, status=200)
    assert therapist.get("/account").response.request.path == "/sign-in"
    therapist.sign_in(cast.email("therapist"), PASSWORD)
    with stage.app.app_context():
        done = db.session.scalars(
            select(AuditEvent.action).where(AuditEvent.object_id == cast["therapist"]).order_by(AuditEvent.at)
        ).all()
    assert done[-2:] == [Action.USER_DEACTIVATED, Action.USER_REACTIVATED]


def test_whoever_is_shut_out_has_no_link_left_to_the_account_of_a_patient(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    with stage.app.app_context():
        lead, therapist = user(cast, "lead"), user(cast, "therapist")
        account = user(cast, "patient account")
        newcomer = add_patient(code="P-100", by=therapist)
        role = frozenset({Role.PATIENT})
        _, seen = invite(clinic=lead.clinic, roles=role, patient=newcomer, by=therapist)
        written = add_patient(code="P-101", by=therapist)
        sent, letter = invite(clinic=lead.clinic, roles=role, patient=written, email="p@example.org", by=therapist)
        note_sent(sent, by=therapist)
        treated = db.session.get_one(Patient, cast["patient"])
        reset = make_reset_link(account, by=therapist, patient=treated)
        deactivate(therapist, by=lead)
    browser = browser_of(None)
    browser.get(f"/join/{seen}", 410)
    browser.get(f"/reset/{reset}", 410)
    browser.get(f"/join/{letter}")


@pytest.mark.parametrize("way", ["shut out", "demoted"])
def test_whoever_may_no_longer_invite_has_no_link_left_to_come_back_by(
    way: str, stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    with stage.app.app_context():
        lead, other = user(cast, "lead"), user(cast, "other")
        change_roles(other, frozenset({Role.LEAD}), version=other.version, by=lead)
        _, back = invite(clinic=other.clinic, roles=frozenset({Role.LEAD}), by=other)
        _, lesser = invite(clinic=other.clinic, roles=frozenset({Role.MEDICAL}), by=other)
        _, theirs = invite(clinic=lead.clinic, roles=frozenset({Role.LEAD}), by=lead)
        if way == "shut out":
            deactivate(other, by=lead)
        else:
            change_roles(other, frozenset({Role.ADMIN}), version=other.version, by=lead)
    browser = browser_of(None)
    assert "has been withdrawn" in browser.get(f"/join/{back}", 410).words
    browser.get(f"/join/{lesser}", 410 if way == "shut out" else 200)
    browser.get(f"/join/{theirs}")


def test_nobody_reaches_the_users_or_invitations_of_another_clinic(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    with stage.app.app_context():
        there = user(cast, "foreign lead")
        invitation, _ = invite(clinic=there.clinic, roles=frozenset({Role.THERAPIST}), by=there)
        invitation_id = invitation.id
    browser = browser_of("lead")
    assert "The foreign lead" not in browser.get("/users").words
    token = {"csrf_token": browser.get("/users/invite").root.find(".//input[@name='csrf_token']").get("value")}  # type: ignore[union-attr]
    browser.get(f"/users/{cast['foreign lead']}", 404)
    for url in (
        f"/users/{cast['foreign lead']}",
        f"/users/{cast['foreign lead']}/deactivate",
        f"/users/{cast['foreign lead']}/reactivate",
        f"/users/{cast['patient account']}",
        f"/users/invitations/{invitation_id}/revoke",
    ):
        assert browser.client.post(url, data=token).status_code == 404, url
    with stage.app.app_context():
        assert db.session.get_one(Invitation, invitation_id).open


def test_a_new_password_ends_other_sign_ins_and_wants_the_old_one(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    here, elsewhere = browser_of("therapist"), browser_of("therapist")
    here.get("/account")
    page = here.fill(password_current="not my password", password="an entirely new one", status=200)
    assert "not your current password" in page.words
    assert "not my password" not in page.text
    assert "an entirely new one" not in page.text
    page = here.fill(password_current=PASSWORD, password="short", status=200)
    assert "at least 12 characters" in page.words
    elsewhere.get("/account")
    page = here.fill(password_current=PASSWORD, password="an entirely new one", status=200)
    assert "Your password is changed" in page.words
    assert elsewhere.get("/account").response.request.path == "/sign-in"
    assert here.get("/account").response.request.path == "/account"
    browser_of(None).sign_in(cast.email("therapist"), "an entirely new one")
    with stage.app.app_context():
        still_open = select(func.count()).where(SignIn.user_id == cast["therapist"], SignIn.ended_at.is_(None))
        assert db.session.scalar(still_open) == 2


def test_sign_in_says_the_same_of_an_unknown_address_and_a_wrong_password(cast: Cast, browser_of: BrowserOf) -> None:
    said = []
    for email, password in (
        (cast.email("therapist"), "a wrong password"),
        ("nobody@example.org", PASSWORD),
        ("nul\0@example.org", PASSWORD),
    ):
        browser = browser_of(None)
        browser.get("/sign-in")
        url, sent = browser.ready(email=email, password=password)
        answer = browser.client.post(url, data=sent)
        assert answer.status_code == 200
        assert password not in answer.text
        said.append("do not belong together" in answer.text)
    assert said == [True, True, True]


def test_sign_in_tells_a_password_manager_what_is_what_and_shows_the_way_to_help(browser_of: BrowserOf) -> None:
    page = browser_of(None).get("/sign-in")
    kinds = {field.get("name"): field.get("autocomplete") for field in page.root.iter("input")}
    assert (kinds["email"], kinds["password"]) == ("username", "current-password")
    assert 'href="/crisis"' in page.text


def test_the_settings_of_the_clinic(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("admin")
    for field, value, said in (
        ("name", "", "fill this in"),
        ("name", "   ", "fill this in"),
        ("name", "n" * 100_000, "At most 200"),
        ("zone", "Mars/Olympus", "alid choice"),
        ("country", "Germany", "At most 2"),
        ("country", "1!", "two letters"),
    ):
        browser.get("/settings")
        typed: dict[str, Any] = {field: value}
        assert said in browser.fill(status=200, **typed).words
    late = browser_of("lead")
    for each in (browser, late):
        each.get("/settings")
    page = browser.fill(name="A new name", zone="America/New_York", country="us", status=200)
    assert "saved" in page.words
    assert "Too late" in late.fill(name="Too late", status=409).words
    with stage.app.app_context():
        clinic = db.session.get_one(Clinic, cast["clinic"])
        assert (clinic.name, clinic.zone, clinic.country) == ("A new name", "America/New_York", "US")


def test_another_zone_puts_the_doses_on_other_days_in_what_is_kept_of_them(stage: Stage, cast: Cast) -> None:
    def last_dose_on(zone: str) -> str:
        clinic, lead = db.session.get_one(Clinic, cast["clinic"]), user(cast, "lead")
        change_clinic(clinic, name="Test clinic", zone=zone, country="DE", version=clinic.version, by=lead)
        query = select(CourseOutcome.last_dose_on).where(CourseOutcome.course_id == cast["course"])
        return str(db.session.scalar(query))

    with stage.app.app_context():
        zones = ("Europe/Berlin", "Pacific/Honolulu", "Europe/Berlin")
        assert [last_dose_on(zone) for zone in zones] == ["2025-12-20", "2025-12-19", "2025-12-20"]


def test_a_clinic_lies_in_a_zone_and_a_country_that_exist(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        for zone, country in (("Berlin", "DE"), ("../etc/passwd", "DE"), ("Europe/Berlin", "de"), ("", "DE")):
            with pytest.raises(Refused):
                set_up_clinic(name="Nowhere", zone=zone, country=country)
        clinic = db.session.get_one(Clinic, cast["clinic"])
        with pytest.raises(Refused):
            change_clinic(
                clinic, name="x", zone="Europe/Berlin", country="d", version=clinic.version, by=user(cast, "lead")
            )


def test_the_help_page_shows_the_table_of_the_gate(browser_of: BrowserOf) -> None:
    page = browser_of("therapist").get("/roles")
    rows = page.root.findall(".//tbody/tr")
    yes = sum("".join(cell.itertext()) == "yes" for row in rows for cell in row.findall("td"))
    assert yes == sum(len(granted) for granted in GRANTS.values())
