"""The gate: what it lets through, and how one comes in and is put out."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask_login import current_user

from kap.access.gate import PUBLIC
from kap.audit.log import recording
from kap.audit.models import Action
from kap.core.db import db
from kap.people.actions import deactivate, join_care_team, leave_care_team
from kap.people.models import CareTeamMember, Clinic, Patient, User
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]
Scratch = Callable[..., Flask]
CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def _lead_of(app: Flask) -> Browser:
    browser = Browser(app)
    browser.sign_in("lead@example.org", PASSWORD)
    return browser


def _put_out(browser: Browser, path: str) -> bool:
    response = browser.client.get(path)
    return response.status_code == 302 and (response.location or "").startswith("/sign-in")


def test_a_page_that_asks_for_no_permission_is_not_sent(scratch: Scratch) -> None:
    app = scratch()
    app.add_url_rule("/forgotten", "forgotten", lambda: "all the secrets")
    browser = _lead_of(app)
    page = browser.get("/forgotten", status=403)
    assert "secrets" not in page.text
    assert "Your role does not include this" in page.words


def test_a_change_before_a_permission_was_asked_for_is_refused(scratch: Scratch) -> None:
    app = scratch()

    def hasty() -> str:
        with recording(Action.CLINIC_CHANGED, by=current_user):
            current_user.clinic.name = "Changed by a page that forgot to ask"
        return "done"

    app.add_url_rule("/hasty", "hasty", hasty)
    browser = _lead_of(app)
    with pytest.raises(PermissionError):
        browser.client.get("/hasty")
    with app.app_context():
        assert db.session.query(Clinic).one().name == "Scratch clinic"


def test_an_unknown_page_is_unknown_to_everybody(stage: Stage, browser_of: SignIn) -> None:
    browser_of(None).get("/no-such-page", status=404)
    browser_of("therapist").get("/no-such-page", status=404)


def test_what_is_open_to_the_street() -> None:
    assert {
        "static",
        "home.crisis",
        "home.health",
        "people.confirm_address",
        "people.forgotten",
        "people.join",
        "people.reset",
        "security.login",
        "security.logout",
    } == PUBLIC


def test_a_cookie_dies_with_its_sign_out(stage: Stage, browser_of: SignIn) -> None:
    owner, thief = browser_of("therapist"), browser_of(None)
    kept = owner.client.get_cookie("kap")
    assert kept is not None
    thief.client.set_cookie("kap", kept.value)
    page = thief.get("/patients")
    assert "Patient One" in page.words
    token = CSRF.search(page.text)
    assert token is not None
    owner.client.post("/sign-out", data={"csrf_token": token[1]})
    assert _put_out(thief, "/patients")
    assert _put_out(owner, "/patients")


def test_signing_out_elsewhere_leaves_this_sign_in_open(stage: Stage, browser_of: SignIn) -> None:
    here, elsewhere = browser_of("therapist"), browser_of("therapist")
    token = CSRF.search(elsewhere.get("/patients").text)
    assert token is not None
    elsewhere.client.post("/sign-out", data={"csrf_token": token[1]})
    assert not _put_out(here, "/patients")


def test_signing_out_wants_a_form_of_ones_own(stage: Stage, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    assert browser.client.get("/sign-out").status_code == 405
    assert browser.client.post("/sign-out").status_code == 400
    assert not _put_out(browser, "/patients")


def test_whoever_is_deactivated_is_out_at_once(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("medical")
    assert not _put_out(browser, "/patients")
    with stage.app.app_context():
        deactivate(db.session.get_one(User, cast["medical"]), by=db.session.get_one(User, cast["lead"]))
    assert _put_out(browser, "/patients")


def test_whoever_leaves_the_care_team_no_longer_sees_the_patient(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("medical")
    browser.get(f"/patients/{cast['patient']}")
    with stage.app.app_context():
        member = db.session.get_one(CareTeamMember, cast["membership"])
        leave_care_team(member, by=db.session.get_one(User, cast["therapist"]))
    browser.get(f"/patients/{cast['patient']}", status=404)
    assert "Patient One" not in browser.get("/patients").words


def test_nobody_treats_themselves(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """A therapist who is a patient here has no role towards their own record but that of the patient."""
    with stage.app.app_context():
        patient, therapist = db.session.get_one(Patient, cast["unseen"]), db.session.get_one(User, cast["therapist"])
        join_care_team(patient, therapist, by=db.session.get_one(User, cast["lead"]))
        with recording(Action.PATIENT_CHANGED, by=None):
            patient.user_id = therapist.id
    browser = browser_of("therapist")
    browser.get(f"/patients/{cast['unseen']}", status=403)
    browser.get(f"/patients/{cast['unseen']}/sessions/new", status=403)
    browser.get(f"/patients/{cast['patient']}")


def test_a_form_without_its_token_is_refused_and_its_text_kept(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    typed = "What was typed for half an hour, and must not be lost."
    browser.get(f"/patients/{cast['patient']}/sessions/new?kind=preparation")
    page = browser.fill(csrf_token=None, narrative=typed, status=400)
    assert typed in page.text
    with stage.app.app_context():
        assert db.session.query(Clinic).count() == 2


def test_a_token_of_somebody_else_is_refused(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    token = CSRF.search(browser_of("medical").get("/patients").text)
    assert token is not None
    browser = browser_of("therapist")
    browser.get(f"/patients/{cast['patient']}/edit")
    browser.fill(csrf_token=token[1], name="Another name", status=400)
    with stage.app.app_context():
        assert db.session.get_one(Patient, cast["patient"]).name == "Patient One"


def _refusal(browser: Browser, email: str, password: str) -> str:
    """The page after a failed sign-in, without what differs each time."""
    browser.get("/sign-in")
    page = browser.fill(email=email, password=password, status=200)
    assert page.response.request.path == "/sign-in"
    return CSRF.sub("", page.text).replace(email, "")


def test_a_failed_sign_in_does_not_tell_why(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """Nobody learns which addresses are known, nor that somebody was deactivated."""
    wrong = _refusal(browser_of(None), cast.email("therapist"), "not the password")
    assert "do not belong together" in wrong
    assert _refusal(browser_of(None), "nobody@example.org", PASSWORD) == wrong
    assert _refusal(browser_of(None), cast.email("gone"), PASSWORD) == wrong
    assert _refusal(browser_of(None), cast.email("gone"), "not the password") == wrong


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "/%09/evil.example",
        " //evil.example",
    ],
)
def test_nobody_is_led_elsewhere_after_sign_in(where: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of(None)
    response = browser.client.get("/sign-in", query_string={"next": where})
    token = CSRF.search(response.get_data(as_text=True))
    assert token is not None
    sent = {"email": cast.email("therapist"), "password": PASSWORD, "csrf_token": token[1], "next": where}
    for query in ({"next": where}, {}):
        answer = browser.client.post("/sign-in", data=sent, query_string=query)
        if answer.status_code == 302:
            led = urlsplit(answer.location)
            assert (led.scheme, led.netloc) in (("", ""), ("http", "localhost"))
            assert not led.path.startswith(("//", "/\\"))


def test_one_is_led_to_the_page_that_was_asked_for(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of(None)
    page = browser.get(f"/patients/{cast['patient']}")
    assert page.response.request.path == "/sign-in"
    page = browser.fill(email=cast.email("therapist"), password=PASSWORD)
    assert page.response.request.path == f"/patients/{cast['patient']}"


@pytest.mark.parametrize("path", ["/sign-in", "/crisis", "/patients", "/no-such-page"])
def test_another_host_is_not_answered(path: str, stage: Stage, browser_of: SignIn) -> None:
    answer = browser_of(None).client.get(path, base_url="http://evil.example")
    assert answer.status_code == 400
    assert "evil.example" not in answer.get_data(as_text=True)


def test_a_forwarded_host_is_not_believed(stage: Stage, browser_of: SignIn) -> None:
    answer = browser_of(None).client.get("/patients", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in (answer.location or "")


def test_the_cookie_is_for_this_site_and_no_script(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of(None)
    browser.get("/sign-in")
    url, sent = browser.ready(email=cast.email("therapist"), password=PASSWORD)
    cookie = browser.client.post(url, data=sent).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_over_https_the_cookie_is_secure(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAP_URL", "https://kap.example.org")
    answer = scratch().test_client().get("/sign-in", base_url="https://kap.example.org")
    assert answer.headers["Set-Cookie"].startswith("__Host-kap=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_a_refusal_is_a_whole_page(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    page = browser_of("lead").get(f"/sessions/{cast['dosing']}/edit", status=403)
    assert isinstance(page, Page)
    assert "Your role does not include this" in page.words
