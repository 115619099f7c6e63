"""Patients and their care teams: added once, seen by those who treat them, changed without overwriting."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from kap.access.roles import Role
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.actions import add_patient, deactivate, invite, join_care_team, leave_care_team
from kap.people.models import CareTeamMember, Invitation, Patient, User
from kap.people.queries import team_of
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

BrowserOf = Callable[[str | None], Browser]


def count(stage: Stage, what: Any, *conditions: Any) -> int:
    """How many rows there are."""
    with stage.app.app_context():
        return db.session.scalar(select(func.count()).select_from(what).where(*conditions)) or 0


def test_a_therapist_adds_a_patient_and_is_on_the_team(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    page = browser.fill(code="K-12", name="Zoë Ångström 李", birth_date="1975-02-28", status=200)
    assert "Zoë Ångström 李" in page.words
    with stage.app.app_context():
        patient = db.session.scalars(select(Patient).where(Patient.code == "K-12")).one()
        members = db.session.scalars(select(CareTeamMember).where(CareTeamMember.patient_id == patient.id))
        assert [member.user_id for member in members.unique()] == [cast["therapist"]]
        events = db.session.scalars(
            select(AuditEvent).where(AuditEvent.patient_id == patient.id).order_by(AuditEvent.at)
        ).all()
        written = {event.action for event in events if event.action != Action.RECORD_VIEWED}
        assert written == {Action.PATIENT_ADDED, Action.CARE_TEAM_CHANGED}
        assert {event.actor_id for event in events} == {cast["therapist"]}


def test_a_lead_adds_a_patient_with_or_without_somebody_who_treats(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = browser_of("lead")
    browser.get("/patients/new")
    browser.fill(code="L-1", status=200)
    browser.get("/patients/new")
    browser.fill(code="L-2", user=cast["medical"], status=200)
    browser.get("/patients/new")
    assert "L-3" in browser.fill(code="L-3", user=cast["foreign therapist"], status=200).text
    assert count(stage, Patient, Patient.code == "L-1") == 1
    assert count(stage, CareTeamMember, CareTeamMember.user_id == cast["medical"]) == 2
    assert count(stage, Patient, Patient.code == "L-3") == 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("code", "", "fill this in"),
        ("code", "   ", "fill this in"),
        ("code", "P-001", "belongs to another patient"),
        ("code", "c" * 41, "At most 40"),
        ("code", "c" * 100_000, "At most 40"),
        ("name", "n" * 100_000, "At most 200"),
        ("birth_date", "2999-01-01", "in the future"),
        ("birth_date", "1899-12-31", "1 January 1900"),
        ("birth_date", "31.02.1980", "ot a valid date"),
        ("email", "a@b@c", "not an e-mail address"),
    ],
)
def test_what_cannot_be_saved_is_said_and_what_was_typed_stays(
    stage: Stage, browser_of: BrowserOf, field: str, value: str, said: str
) -> None:
    before = count(stage, Patient)
    typed: dict[str, Any] = {
        "code": "N-1",
        "name": "Kept Name",
        "birth_date": "1980-01-01",
        "email": "kept@example.org",
    }
    browser = browser_of("therapist")
    browser.get("/patients/new")
    page = browser.fill(**typed | {field: value}, status=200)
    assert said in page.words
    for name, text in (typed | {field: value}).items():
        kept = page.root.find(f".//input[@name='{name}']")
        assert kept is not None
        assert kept.get("value") == text.strip()
    assert count(stage, Patient) == before


def test_a_zero_byte_is_refused(stage: Stage, browser_of: BrowserOf) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    url, sent = browser.ready(code="Z\0", name="Zero")
    assert "cannot be saved" in browser.client.post(url, data=sent).text
    assert count(stage, Patient, Patient.name == "Zero") == 0


def test_a_double_click_makes_one_patient(stage: Stage, browser_of: BrowserOf) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    url, sent = browser.ready(code="D-1")
    browser.send(url, sent, status=200)
    assert "saved already" in browser.send(url, sent, status=200).words
    assert count(stage, Patient, Patient.code == "D-1") == 1


def test_the_same_code_lives_in_two_clinics(stage: Stage, cast: Cast) -> None:
    assert count(stage, Patient, Patient.code == "P-001") == 2
    with stage.app.app_context(), pytest.raises(Refused) as refused:
        add_patient(code="P-001", by=db.session.get_one(User, cast["medical"]))
    assert refused.value.field == "code"


def test_a_patient_is_changed_and_a_late_form_shows_both(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    late, quick = browser_of("therapist"), browser_of("medical")
    for browser in (late, quick):
        browser.get(f"/patients/{cast['patient']}/edit")
    quick.fill(name="Quick Name", status=200)
    page = late.fill(name="Late Name", status=409)
    assert "Late Name" in page.words
    assert "Quick Name" in page.words
    with stage.app.app_context():
        assert db.session.get_one(Patient, cast["patient"]).name == "Quick Name"
    assert "Late Name" in late.fill(status=200).words


def test_a_patient_does_not_take_the_code_of_another(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("lead")
    browser.get(f"/patients/{cast['patient']}/edit")
    assert "belongs to another patient" in browser.fill(code="P-002", status=200).words
    page = browser.fill(code="P-009", name="", birth_date="", status=200)
    assert "P-009" in page.words
    with stage.app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        assert (patient.code, patient.name, patient.birth_date) == ("P-009", None, None)


def test_the_care_team_decides_who_sees_the_patient(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    other, lead = browser_of("other"), browser_of("lead")
    team = f"/patients/{cast['patient']}/team"
    other.get(team, 404)
    page = lead.get(team)
    number = len(page.forms()) - 1
    page = lead.fill(number, user=cast["other"], status=200)
    assert "The other" in page.words
    assert count(stage, CareTeamMember, CareTeamMember.user_id == cast["other"]) == 1
    page = other.get(team)
    ends = [form.get("action") for form in page.forms()[:-1]]
    assert len(ends) == 3
    with stage.app.app_context():
        own = select(CareTeamMember.id).where(CareTeamMember.user_id == cast["other"])
        member = db.session.scalars(own).one()
    url, sent = other.ready(ends.index(f"{team}/{member}/end"))
    answer = other.client.post(url, data=sent)
    assert answer.location == "/patients"
    other.get(team, 404)
    assert "The other" in lead.get(team).words


def test_a_team_that_alerts_cannot_reach_says_where_they_go(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    said, browser = "alerts go to the clinic leads", browser_of("lead")
    assert said in browser.get(f"/patients/{cast['unseen']}/team").words
    assert said not in browser.get(f"/patients/{cast['patient']}/team").words
    with stage.app.app_context():
        lead, medical = db.session.get_one(User, cast["lead"]), db.session.get_one(User, cast["medical"])
        for member in team_of(db.session.get_one(Patient, cast["patient"])):
            if member.user_id != medical.id:
                leave_care_team(member, by=lead)
    assert said not in browser.get(f"/patients/{cast['patient']}/team").words
    with stage.app.app_context():
        deactivate(db.session.get_one(User, cast["medical"]), by=db.session.get_one(User, cast["lead"]))
    assert said in browser.get(f"/patients/{cast['patient']}/team").words


def test_somebody_is_on_a_team_once_and_only_if_they_treat_here(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        lead = db.session.get_one(User, cast["lead"])
        therapist = db.session.get_one(User, cast["therapist"])
        assert join_care_team(patient, therapist, by=lead).id == join_care_team(patient, therapist, by=lead).id
        for name in ("lead", "admin", "foreign therapist", "patient account"):
            with pytest.raises(Refused):
                join_care_team(patient, db.session.get_one(User, cast[name]), by=lead)
        former = db.session.get_one(User, cast["former"])
        with clock.at(clock.now() + timedelta(days=1)):
            assert join_care_team(patient, former, by=lead).until is None
    assert count(stage, CareTeamMember, CareTeamMember.user_id == cast["therapist"]) == 1
    assert count(stage, CareTeamMember, CareTeamMember.user_id == cast["former"]) == 2


@pytest.mark.parametrize("who", ["other", "former", "admin", "patient account", "foreign lead", "foreign therapist"])
def test_nobody_off_the_team_reaches_a_patient(stage: Stage, cast: Cast, browser_of: BrowserOf, who: str) -> None:
    with stage.app.app_context():
        member = db.session.scalars(
            select(CareTeamMember.id).where(CareTeamMember.user_id == cast["therapist"])
        ).first()
        invitation, _ = invite(
            clinic=db.session.get_one(User, cast["lead"]).clinic,
            roles=frozenset({Role.PATIENT}),
            patient=db.session.get_one(Patient, cast["unseen"]),
            by=db.session.get_one(User, cast["lead"]),
        )
        invitation_id = invitation.id
    browser = browser_of(who)
    browser.get("/account")
    token = {"csrf_token": browser.ready()[1]["csrf_token"][0], "code": "stolen", "version": "1"}
    outside = 403 if who == "patient account" else 404
    for page in ("edit", "team", "invite"):
        browser.get(f"/patients/{cast['patient']}/{page}", outside)
        assert browser.client.post(f"/patients/{cast['patient']}/{page}", data=token).status_code == outside
    for url, status in (
        (f"/patients/{cast['patient']}/team/{member}/end", outside),
        (f"/patients/{cast['unseen']}/invite/{invitation_id}/revoke", 404),
    ):
        assert browser.client.post(url, data=token).status_code == status, url
    assert count(stage, Patient, Patient.code == "stolen") == 0
    with stage.app.app_context():
        assert db.session.get_one(CareTeamMember, member).until is None
        assert db.session.get_one(Invitation, invitation_id).open


def test_a_membership_is_ended_under_its_own_patient_only(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        member = db.session.scalars(select(CareTeamMember.id).where(CareTeamMember.user_id == cast["medical"])).one()
    browser = browser_of("lead")
    browser.get("/account")
    token = {"csrf_token": browser.ready()[1]["csrf_token"][0]}
    answer = browser.client.post(f"/patients/{cast['unseen']}/team/{member}/end", data=token)
    assert answer.status_code == 404
    assert count(stage, CareTeamMember, CareTeamMember.id == member, CareTeamMember.until.is_(None)) == 1
