"""A lost password: a link that works once, for an hour, for nobody else; and the same answer for whoever asks."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.account import ask_reset, make_reset_link, reset_password
from kap.people.actions import deactivate
from kap.people.models import PasswordReset, Patient, RoleHeld, User, digest
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage
from tests.people.conftest import MailBy
from tests.post import Post, silence

BrowserOf = Callable[[str | None], Browser]
NEW = "an entirely new one"


def ask(browser: Browser, email: str) -> Page:
    """Ask for a link on the page for it."""
    browser.get("/sign-in/forgotten")
    return browser.fill(email=email, status=200)


def user(cast: Cast, name: str) -> User:
    """One of the cast; needs an application context."""
    return db.session.get_one(User, cast[name])


def events(stage: Stage, action: Action) -> int:
    """How often it stands in the log."""
    with stage.app.app_context():
        return db.session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.action == action)) or 0


def shown(page: Page) -> str:
    """The path of the link that the page shows."""
    field = page.root.find(".//input[@id='link']")
    assert field is not None
    return field.get("value", "").removeprefix("http://127.0.0.1:8000")


def test_a_lost_password_is_set_anew_by_a_letter(stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post) -> None:
    elsewhere, browser = browser_of("therapist"), browser_of(None)
    assert "Forgot your password?" in browser.get("/sign-in").words
    assert "on its way" in ask(browser, " Therapist@Example.org ").words
    link = post.link(cast.email("therapist"))
    assert link in browser.get(link).response.request.full_path
    assert "at least 12 characters" in browser.fill(password="short", status=200).words
    page = browser.fill(password=NEW, status=200)
    assert "Your password is changed" in page.words
    assert elsewhere.get("/account").response.request.path == "/sign-in"
    browser.sign_in(cast.email("therapist"), NEW)
    assert "the password of your account has been changed" in post.to(cast.email("therapist"), number=2)[1]
    page = browser_of(None).get(link, 410)
    assert "used already" in page.words
    assert events(stage, Action.PASSWORD_RESET) == 1
    with stage.app.app_context(), pytest.raises(Refused, match="used already"):
        reset_password(link.rsplit("/", 1)[1], password="and another long one")


def test_the_answer_does_not_tell_who_has_an_account(
    stage: Stage, cast: Cast, browser_of: BrowserOf, mail_by: MailBy
) -> None:
    """Nor does the time: with a mail server that hangs, a known address is answered before a letter could go."""
    with silence() as silent:
        mail_by(silent)
        stage.app.config["MAIL_TIMEOUT"] = 20
        bodies = []
        for email in (cast.email("therapist"), "nobody@example.org", cast.email("gone"), "ü@exämple.org"):
            before = clock.stamp()
            bodies.append(ask(browser_of(None), email).words)
            assert clock.stamp() - before < 15_000
    assert len(set(bodies)) == 1
    with stage.app.app_context():
        before_cast = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == Action.RESET_ASKED)
        assert db.session.scalar(before_cast) == 4


def test_three_letters_an_hour_and_the_last_link_still_works(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post
) -> None:
    email = cast.email("therapist")
    for number in range(1, 4):
        ask(browser_of(None), email)
        link = post.link(email, number=number)
    assert "on its way" in ask(browser_of(None), email).words
    browser_of(None).get(link)
    browser_of(None).sign_in(email, PASSWORD)
    with clock.at(clock.now() + timedelta(minutes=61)):
        ask(browser_of(None), email)
        assert len(post.to(email, number=4)) == 4


def test_a_link_dies_in_time_and_with_what_makes_it_needless(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    def link() -> str:
        with stage.app.app_context():
            asked = ask_reset(cast.email("therapist"))
            assert asked is not None
            return f"/reset/{asked[1]}"

    first, second = link(), link()
    assert "withdrawn" in browser_of(None).get(first, 410).words
    with clock.at(clock.now() + timedelta(minutes=61)):
        assert "expired" in browser_of(None).get(second, 410).words
    browser = browser_of("therapist")
    browser.get("/account")
    browser.fill(password_current=PASSWORD, password=NEW, status=200)
    assert "withdrawn" in browser_of(None).get(second, 410).words
    third = link()
    with stage.app.app_context():
        deactivate(user(cast, "therapist"), by=user(cast, "lead"))
    assert "withdrawn" in browser_of(None).get(third, 410).words
    assert "not known here" in browser_of(None).get("/reset/forged", 404).words


def test_of_two_who_use_one_link_at_once_one_sets_the_password(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        token = make_reset_link(user(cast, "therapist"), by=None)
    start, outcomes = Barrier(2), []

    def use(password: str) -> None:
        with stage.app.app_context():
            start.wait()
            try:
                reset_password(token, password=password)
                outcomes.append("set")
            except Refused as refused:
                outcomes.append(refused.sentence)

    racers = [Thread(target=use, args=(f"a password of racer {n}",)) for n in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted("used already" in outcome for outcome in outcomes) == [False, True], outcomes


def test_without_mail_the_page_says_whom_to_ask_and_makes_nothing(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = browser_of(None)
    page = browser.get("/sign-in/forgotten")
    assert "ask your clinic" in page.words
    assert not page.forms()


def test_whoever_looks_after_the_users_hands_a_link_on(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    admin = browser_of("admin")
    admin.get(f"/users/{cast['therapist']}")
    page = admin.fill(1, status=200)
    link = shown(page)
    newcomer = browser_of(None)
    newcomer.get(link)
    newcomer.fill(password=NEW, status=200)
    newcomer.sign_in(cast.email("therapist"), NEW)
    admin.get(f"/users/{cast['lead']}")
    assert "by a clinic lead" in admin.fill(1, status=409).words
    with stage.app.app_context():
        event = db.session.scalars(
            select(AuditEvent).where(
                AuditEvent.object_id == cast["therapist"], AuditEvent.action == Action.RESET_LINK_MADE
            )
        ).one()
        assert event.actor_id == cast["admin"]
        kept = db.session.scalars(select(PasswordReset.token_digest)).all()
        assert digest(link.rsplit("/", 1)[1]) in kept


def test_with_mail_the_link_goes_to_its_owner_and_is_shown_to_nobody(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post, mail_by: MailBy
) -> None:
    lead = browser_of("lead")
    lead.get(f"/users/{cast['therapist']}")
    page = lead.fill(1, status=200)
    link = post.link(cast.email("therapist"))
    assert link.rsplit("/", 1)[1] not in page.text
    browser_of(None).get(link)
    with silence() as silent:
        mail_by(silent)
        lead.get(f"/users/{cast['therapist']}")
        page = lead.fill(1, status=200)
    assert "could not be sent" in page.words
    assert "/reset/" not in page.text


def test_those_who_treat_a_patient_make_a_link_for_the_patient_alone(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    therapist = browser_of("therapist")
    page = therapist.get(f"/patients/{cast['patient']}/invite")
    assert "has an account already" in page.words
    link = shown(therapist.fill(0, status=200))
    browser_of(None).get(link)
    with stage.app.app_context():
        event = db.session.scalars(
            select(AuditEvent).where(
                AuditEvent.action == Action.RESET_LINK_MADE, AuditEvent.patient_id == cast["patient"]
            )
        ).one()
        assert event.object_id == cast["patient account"]


def test_a_colleague_who_is_treated_here_is_no_way_to_their_account(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        account = user(cast, "patient account")
        with recording(Action.USER_CHANGED, by=user(cast, "lead"), about=account):
            account.held.append(RoleHeld(role=Role.ADMIN))
        with pytest.raises(Refused, match="works in the clinic"):
            make_reset_link(account, patient=patient, by=user(cast, "therapist"))


def test_the_command_line_makes_a_link_for_the_only_lead(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    runner = stage.app.test_cli_runner()
    done = runner.invoke(args=["reset-link", "LEAD@example.org"])
    assert done.exit_code == 0, done.output
    (link,) = [word for word in done.output.split() if word.startswith("http")]
    browser = browser_of(None)
    browser.get(link.removeprefix("http://127.0.0.1:8000"))
    browser.fill(password=NEW, status=200)
    browser.sign_in(cast.email("lead"), NEW)
    unknown = runner.invoke(args=["reset-link", "nobody@example.org"])
    assert unknown.exit_code == 1
    assert "no account" in unknown.output
