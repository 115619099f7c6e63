"""One's own account: its name, its address, and where it is signed in."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.people.account import ask_address_change, confirm_address
from kap.people.models import AddressChange, SignIn, User
from kap.people.rules import device
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage
from tests.post import Post

BrowserOf = Callable[[str | None], Browser]
NEXT = "next@example.org"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


def ask(browser: Browser, email: str = NEXT, password: str = PASSWORD) -> Page:
    """Ask for another address on the page for it."""
    browser.get("/account/address")
    return browser.fill(email=email, password_current=password, status=200)


def email_of(stage: Stage, cast: Cast, name: str = "therapist") -> str:
    """The address by which one of the cast signs in now."""
    with stage.app.app_context():
        return db.session.get_one(User, cast[name]).email


def test_an_address_changes_once_both_have_confirmed(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post
) -> None:
    browser, old = browser_of("therapist"), cast.email("therapist")
    assert "Two letters are on their way" in ask(browser).words
    assert f"to become {NEXT}" in browser.get("/account").words
    links = post.link(old), post.link(NEXT)
    for link in links:
        browser_of(None).get(link)
    assert email_of(stage, cast) == old, "Looking confirms nothing."
    first = browser_of(None)
    first.get(links[1])
    assert "Now open the link in the other letter" in first.fill(status=200).words
    assert "Now open the link in the other letter" in first.get(links[1]).words
    assert email_of(stage, cast) == old
    second = browser_of(None)
    second.get(links[0])
    assert "is changed" in second.fill(status=200).words
    assert email_of(stage, cast) == NEXT
    for link in links:
        assert "used already" in browser_of(None).get(link, 410).words
    browser_of(None).sign_in(NEXT, PASSWORD)
    with stage.app.app_context():
        done = db.session.scalars(
            select(AuditEvent.action)
            .where(AuditEvent.actor_id == cast["therapist"], AuditEvent.action.startswith("address:"))
            .order_by(AuditEvent.at, AuditEvent.id)
        ).all()
    assert sorted(done) == sorted(
        [Action.ADDRESS_CHANGE_ASKED, Action.ADDRESS_CONFIRMED, Action.ADDRESS_CONFIRMED, Action.ADDRESS_CHANGED]
    )


def test_an_address_that_is_taken_is_told_to_its_owner_alone(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post
) -> None:
    browser = browser_of("therapist")
    said = {ask(browser, email).words.replace(email, "") for email in ("free@example.org", cast.email("medical"))}
    assert len(said) == 1
    text = post.to(cast.email("medical"))[0]
    assert "belongs to one already" in text
    assert "http" not in text
    old = browser_of(None)
    old.get(post.link(cast.email("therapist"), number=2))
    assert "Now open the link in the other letter" in old.fill(status=200).words
    assert email_of(stage, cast) == cast.email("therapist")


def test_what_is_refused_and_what_ends_a_change(stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post) -> None:
    browser = browser_of("therapist")
    assert "not your current password" in ask(browser, password="not my password").words
    assert "not an e-mail address" in ask(browser, "nonsense").words
    assert "your address already" in ask(browser, cast.email("therapist").upper()).words
    ask(browser)
    link = post.link(NEXT)
    page = browser.get("/account")
    number = [form.get("action") for form in page.forms()].index("/account/address/withdraw")
    assert "stays as it is" in browser.fill(number, status=200).words
    assert "withdrawn" in browser_of(None).get(link, 410).words
    ask(browser)
    link = post.link(NEXT, number=2)
    with clock.at(clock.now() + timedelta(hours=25)):
        assert "expired" in browser_of(None).get(link, 410).words
    browser.get("/account")
    browser.fill(1, password_current=PASSWORD, password="an entirely new one", status=200)
    assert "withdrawn" in browser_of(None).get(link, 410).words
    assert "not known here" in browser_of(None).get("/address/forged", 404).words
    ask(browser, "third@example.org", "an entirely new one")
    assert "within this hour" in ask(browser, "fourth@example.org", "an entirely new one").words


def test_both_links_used_at_once_change_the_address(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        therapist = db.session.get_one(User, cast["therapist"])
        tokens, _ = ask_address_change(therapist, email=NEXT, current=PASSWORD)
    start = Barrier(2)

    def confirm(token: str) -> None:
        with stage.app.app_context():
            start.wait()
            confirm_address(token)

    racers = [Thread(target=confirm, args=(token,)) for token in tokens]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert email_of(stage, cast) == NEXT


def test_an_address_that_is_taken_in_the_meantime_is_not_given_twice(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post
) -> None:
    for name in ("therapist", "medical"):
        ask(browser_of(name))
    links = [post.link(cast.email(name)) for name in ("therapist", "medical")]
    links += [word for text in post.to(NEXT, number=2) for word in text.split() if word.startswith("http")]
    said = []
    for link in links:
        browser = browser_of(None)
        browser.get(link.removeprefix("http://127.0.0.1:8000"))
        said.append(browser.fill(status=200).words)
    assert sum("e-mail address is changed" in words for words in said) == 1
    assert sum("cannot be used here" in words for words in said) == 1


def test_without_mail_the_page_says_that_it_needs_it(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    page = browser_of("therapist").get("/account/address")
    assert "no e-mail is sent from here" in page.words
    assert not page.forms()


def test_a_name_is_changed(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser = browser_of("patient account")
    browser.get("/account/name")
    assert "fill this in" in browser.fill(name="  ", status=200).words
    assert "Renamed Person" in browser.fill(name="Renamed Person", status=200).words


def test_ones_sign_ins_are_listed_and_ended(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    here, there = browser_of("therapist"), browser_of(None)
    there.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    there.sign_in(cast.email("therapist"), PASSWORD)
    copied = there.client.get_cookie("kap")
    assert copied is not None
    page = here.get("/account")
    assert "Firefox on Windows" in page.words
    assert "132" not in page.words
    assert page.words.count("this one") == 1
    ends = [n for n, form in enumerate(page.forms()) if (form.get("action") or "").endswith("/end")]
    assert len(ends) == 1, "The one in hand is left by signing out."
    here.fill(ends[0], status=200)
    assert there.client.get("/patients").status_code == 302
    thief = browser_of(None)
    thief.client.set_cookie("kap", copied.value)
    assert thief.client.get("/patients").status_code == 302
    here.get("/patients")
    others = [browser_of("therapist") for _ in range(2)]
    page = here.get("/account")
    number = [form.get("action") for form in page.forms()].index("/account/sign-ins/end-others")
    assert "signed in only here" in here.fill(number, status=200).words
    assert all(other.client.get("/patients").status_code == 302 for other in others)
    here.get("/patients")
    with stage.app.app_context():
        ended = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == Action.SIGN_IN_ENDED)
        assert db.session.scalar(ended) == 2


def test_nobody_ends_the_sign_in_of_another(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    victim, browser = browser_of("therapist"), browser_of("other")
    browser.get("/account")
    sent = {"csrf_token": browser.ready()[1]["csrf_token"]}
    with stage.app.app_context():
        id_ = db.session.scalars(select(SignIn.id).where(SignIn.user_id == cast["therapist"])).first()
    browser.send(f"/account/sign-ins/{id_}/end", sent, status=404)
    victim.get("/patients")


def test_the_last_use_of_a_sign_in_is_noted_once_in_ten_minutes(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    browser, began = browser_of("therapist"), clock.now()

    def noted() -> list[float]:
        query = select(SignIn.last_used_at).where(SignIn.user_id == cast["therapist"], SignIn.last_used_at.is_not(None))
        with stage.app.app_context():
            return [round((at - began) / timedelta(minutes=1)) for at in db.session.scalars(query) if at is not None]

    for minutes, expected in ((5, []), (11, [11]), (15, [11]), (22, [22])):
        with clock.at(began + timedelta(minutes=minutes)):
            browser.client.get("/patients", buffered=True)
            assert noted() == expected


def test_a_change_of_address_keeps_no_token(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        therapist = db.session.get_one(User, cast["therapist"])
        tokens, taken = ask_address_change(therapist, email=NEXT, current=PASSWORD)
        change = db.session.scalars(select(AddressChange).where(AddressChange.email == NEXT)).one()
        assert not taken
        for token in tokens:
            assert token.encode() not in change.old_digest + change.new_digest


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        (
            "Mozilla/5.0 (Linux; Android 14) SamsungBrowser/25.0 Chrome/121",
            "Samsung Internet on Android",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/131.0 Safari/537.36 Edg/131.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/131.0.0.0 Safari/537.36", "Chrome on Mac"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/131.0 Safari/537.36", "Chrome on ChromeOS"),
        ("<script>alert(1)</script>", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_device_in_words(agent: str, words: str) -> None:
    assert device(agent) == words
