"""Letters, by a real mail server: what they hold, and what is left when it is down, says no, or says nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.people.actions import add_patient
from kap.people.models import Invitation, User
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.conftest import Stage
from tests.people.conftest import MailBy
from tests.post import Post, free_port, impostor, silence

BrowserOf = Callable[[str | None], Browser]
NEW = "new@example.org"


def _invited(browser: Browser, email: str = NEW) -> Page:
    browser.get("/users/invite")
    return browser.fill(email=email, roles=["therapist"], status=200)


def _row(page: Page, email: str = NEW) -> str:
    rows = [" ".join("".join(row.itertext()).split()) for row in page.root.iter("tr")]
    (row,) = [row for row in rows if email in row]
    return row


def _path(page: Page) -> str:
    field = page.root.find(".//input[@id='link']")
    assert field is not None
    return field.get("value", "").removeprefix("http://127.0.0.1:8000")


def _newest(stage: Stage) -> Invitation:
    query = select(Invitation).where(Invitation.email == NEW).order_by(Invitation.id.desc())
    found = db.session.scalars(query).first()
    assert found is not None
    return found


def test_an_invitation_goes_out_by_mail_and_the_list_says_so(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post
) -> None:
    browser = browser_of("admin")
    page = _invited(browser)
    assert f"on its way to {NEW}" in page.words
    assert "/join/" not in page.text
    row = _row(browser.get("/users"))
    assert "sent" in row
    assert "not sent yet" not in row
    assert "The admin" in row
    assert "for 3 days" in post.to(NEW)[0]
    browser_of(None).get(post.link(NEW))
    with stage.app.app_context():
        assert _newest(stage).sent_at is not None
        actions = db.session.scalars(
            select(AuditEvent.action).where(AuditEvent.object_id == _newest(stage).id).order_by(AuditEvent.at)
        ).all()
    assert actions == [Action.USER_INVITED, Action.INVITATION_SENT]


def test_a_letter_is_plain_neutral_and_by_a_machine(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post
) -> None:
    with stage.app.app_context():
        therapist = db.session.get_one(User, cast["therapist"])
        patient = add_patient(code="P-mail", name="Quentin Unusual", by=therapist).id
    browser = browser_of("therapist")
    browser.get(f"/patients/{patient}/invite")
    browser.fill(email="somebody@example.org")
    post.to("somebody@example.org")
    ((_, letter),) = post.letters
    assert letter["To"] == "somebody@example.org"
    assert letter["From"] == "no-reply@127.0.0.1"
    assert abs(letter["Date"].datetime - clock.now()) < timedelta(minutes=1)
    assert letter["Message-ID"].endswith("@127.0.0.1>")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert "for 14 days" in letter.get_content()
    told = str(letter).lower()
    for word in ("ketamine", "clinic", "therap", "patient", "session", "quentin", "p-mail"):
        assert word not in told


@pytest.mark.parametrize("fault", ["down", "hangs", "refuses"])
def test_a_server_that_fails_loses_no_invitation(
    fault: str,
    stage: Stage,
    cast: Cast,
    browser_of: BrowserOf,
    mail_by: MailBy,
    post: Post,
    caplog: pytest.LogCaptureFixture,
) -> None:
    browser, working = browser_of("admin"), stage.app.config["KAP_MAIL_URL"]
    email = "refused@example.org" if fault == "refuses" else NEW
    with silence() as silent:
        if fault != "refuses":
            mail_by(silent if fault == "hangs" else f"smtp://127.0.0.1:{free_port()}")
        page = _invited(browser, email)
    assert "could not be sent" in page.words
    assert "listed as not sent yet" in page.words
    path = _path(page)
    browser_of(None).get(path)
    assert "could not be sent" in caplog.text
    assert path.rsplit("/", 1)[1] not in caplog.text
    assert email not in caplog.text
    page = browser.get("/users")
    assert "not sent yet" in _row(page, email)
    if fault == "refuses":
        return
    mail_by(working)
    with stage.app.app_context():
        renew = f"/users/invitations/{_newest(stage).id}/renew"
    page = browser.fill([form.get("action") for form in page.forms()].index(renew), status=200)
    assert f"on its way to {NEW}" in page.words
    assert "not sent yet" not in _row(browser.get("/users"))
    assert "withdrawn" in browser_of(None).get(path, 410).words
    browser_of(None).get(post.link(NEW))


def test_a_link_is_made_anew_and_keeps_all_but_its_time(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post
) -> None:
    browser = browser_of("admin")
    _invited(browser)
    first = post.link(NEW)
    with clock.at(clock.now() + timedelta(days=4)):
        assert "expired" in browser_of(None).get(first, 410).words
        page = browser.get("/users")
        assert "expired" in _row(page)
        with stage.app.app_context():
            url = f"/users/invitations/{_newest(stage).id}/renew"
        number = [form.get("action") for form in page.forms()].index(url)
        page = browser.fill(number, show="1", status=200)
        assert "No e-mail was sent" in page.words
        second = _path(page)
        assert "withdrawn" in browser_of(None).get(first, 410).words
        assert "Therapist" in browser_of(None).get(second).words
        assert len(post.letters) == 1
        with stage.app.app_context():
            new = _newest(stage)
            assert (new.roles, new.sent_at, new.open) == ("therapist", None, True)
            assert new.created_by == cast["admin"]
            assert db.session.scalar(select(AuditEvent.id).where(AuditEvent.action == Action.INVITATION_RENEWED))
        browser.get("/users/invite")
        sent = {"csrf_token": browser.ready(0)[1]["csrf_token"]}
        assert "withdrawn" in browser.send(url, sent, status=409).words


def test_an_admin_does_not_renew_the_invitation_of_a_lead(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post
) -> None:
    lead, admin = browser_of("lead"), browser_of("admin")
    lead.get("/users/invite")
    lead.fill(email="boss@example.org", roles=["lead"], status=200)
    link = post.link("boss@example.org")
    with stage.app.app_context():
        id_ = db.session.scalars(select(Invitation.id).where(Invitation.email == "boss@example.org")).one()
    admin.get("/users/invite")
    sent = {"csrf_token": admin.ready()[1]["csrf_token"]}
    assert "by a clinic lead" in admin.send(f"/users/invitations/{id_}/renew", sent, status=409).words
    browser_of(None).get(link)


def test_no_letter_goes_out_while_a_change_is_being_written(
    stage: Stage, cast: Cast, browser_of: BrowserOf, post: Post
) -> None:
    """Else a slow mail server would keep everybody else from writing."""

    def write() -> None:
        with stage.app.app_context():
            add_patient(code="MEANWHILE", by=db.session.get_one(User, cast["lead"]))

    post.meanwhile = write
    assert f"on its way to {NEW}" in _invited(browser_of("admin")).words


def test_a_server_whose_certificate_does_not_hold_is_handed_nothing(
    cast: Cast, browser_of: BrowserOf, mail_by: MailBy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    browser = browser_of("admin")
    with impostor(tmp_path) as url:
        mail_by(url)
        assert "could not be sent" in _invited(browser).words
    assert "SSLCertVerificationError" in caplog.text
