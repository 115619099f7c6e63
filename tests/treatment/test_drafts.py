"""Drafts: kept for their author alone, given back, discarded, and gone with the saving of the form."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.people.models import CareTeamMember, Patient, User
from kap.treatment.drafts import keep_draft
from kap.treatment.models import DRAFTS_LIVE, Draft
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]


@pytest.fixture
def therapist(browser_of: BrowserOf) -> Browser:
    """The therapist of the patient, signed in."""
    return browser_of("therapist")


def form_of(browser: Browser) -> int:
    """The number of the form of the page that keeps drafts."""
    assert browser.page is not None
    return next(n for n, form in enumerate(browser.page.forms()) if form.get("data-draft"))


def type_in(browser: Browser, url: str, status: int = 200, **fields: Any) -> dict[str, Any]:
    """Open a form, type, and pause: what the script of the page sends then, and what it is answered."""
    browser.get(url)
    number = form_of(browser)
    assert browser.page is not None
    _, sent = browser.ready(number, **fields)
    return pause(browser, browser.page.forms()[number].get("data-draft") or "", sent, status)


def pause(browser: Browser, href: str, sent: dict[str, list[str]], status: int = 200) -> dict[str, Any]:
    answer = browser.client.post(href, data=sent)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json() if status == 200 else {}


def drafts(stage: Stage, cast: Cast) -> int:
    """How many drafts of the patient there are besides the one that the cast left."""
    with stage.app.app_context():
        kept = select(func.count()).where(Draft.patient_id == cast["patient"], Draft.id != cast["draft"])
        return db.session.scalar(kept) or 0


def new(cast: Cast, kind: str = "preparation") -> str:
    return f"/patients/{cast['patient']}/sessions/new?kind={kind}"


def test_what_was_typed_is_given_back_until_it_is_saved(stage: Stage, therapist: Browser, cast: Cast) -> None:
    told = type_in(therapist, new(cast), narrative="Half a sentence", minutes="so long", team=None)
    assert len(told["saved"]) == len("14:05")
    page = therapist.get(new(cast))
    assert "This is your draft of" in page.words
    assert "not yet saved to the record" in page.words
    _, sent = therapist.ready(form_of(therapist))
    assert (sent["narrative"], sent["minutes"], sent.get("team")) == (["Half a sentence"], ["so long"], None)
    page = therapist.fill(form_of(therapist), minutes="50", starts_at="2026-03-17T10:00", status_reason="")
    assert "Half a sentence" in page.words
    assert drafts(stage, cast) == 0
    page = therapist.get(new(cast))
    assert "This is your draft" not in page.words
    assert "Half a sentence" not in page.text


def test_a_form_that_is_refused_keeps_its_draft(stage: Stage, therapist: Browser, cast: Cast) -> None:
    type_in(therapist, new(cast), narrative="Half a sentence")
    therapist.fill(form_of(therapist), starts_at="2026-03-17T10:00", minutes="x", narrative="A whole one")
    assert drafts(stage, cast) == 1
    therapist.fill(form_of(therapist), starts_at="2126-03-17T10:00", minutes="")
    assert drafts(stage, cast) == 1
    therapist.fill(form_of(therapist), starts_at="2026-03-17T10:00", minutes="10")
    assert drafts(stage, cast) == 0


def test_each_form_has_a_draft_of_its_own(stage: Stage, therapist: Browser, cast: Cast) -> None:
    type_in(therapist, new(cast), narrative="About the preparation")
    type_in(therapist, new(cast, "integration"), narrative="About the integration")
    type_in(therapist, f"/sessions/{cast['preparation']}/edit", narrative="About the dose")
    assert drafts(stage, cast) == 3
    assert "About the dose" in therapist.get(f"/sessions/{cast['preparation']}/edit").text
    assert "About" not in therapist.get(f"/sessions/{cast['integration']}/edit").text.replace("About this", "")


def test_a_draft_is_discarded(stage: Stage, therapist: Browser, cast: Cast) -> None:
    type_in(therapist, new(cast), narrative="Half a sentence")
    therapist.get(new(cast))
    assert "The draft is discarded" in therapist.fill(0, status=200).words
    assert drafts(stage, cast) == 0
    assert "Half a sentence" not in therapist.get(new(cast)).text


def test_nobody_else_is_shown_a_draft(stage: Stage, therapist: Browser, browser_of: BrowserOf, cast: Cast) -> None:
    edit = f"/sessions/{cast['preparation']}/edit"
    type_in(therapist, edit, narrative="For my eyes")
    medical = browser_of("medical")
    for page in (edit, new(cast), f"/patients/{cast['patient']}", f"/sessions/{cast['preparation']}"):
        assert "For my eyes" not in medical.get(page).text
    type_in(medical, edit, narrative="For theirs")
    assert "For my eyes" in therapist.get(edit).text
    assert drafts(stage, cast) == 2
    medical.get(edit)
    medical.fill(form_of(medical), status=200)
    assert drafts(stage, cast) == 1, "What one saves leaves the draft of the other."
    with stage.app.app_context():
        kept = db.session.scalars(select(Draft).where(Draft.user_id == cast["therapist"])).all()
        assert not any(b"my eyes" in (draft.body_sealed or b"") for draft in kept)


def test_whoever_left_the_care_team_neither_keeps_nor_reads_a_draft(
    stage: Stage, therapist: Browser, cast: Cast
) -> None:
    edit = f"/sessions/{cast['preparation']}/edit"
    type_in(therapist, edit, narrative="For my eyes")
    sent = therapist.ready(form_of(therapist))[1]
    href = f"/patients/{cast['patient']}/drafts?at=treatment.edit/{cast['preparation']}"
    with stage.app.app_context():
        member = CareTeamMember.__table__
        with db.engine.connect() as connection:
            connection.execute(
                member.update().where(member.c.user_id == cast["therapist"]).values(until=clock.now())  # type: ignore[attr-defined]
            )
            connection.commit()
    therapist.get(edit, status=404)
    pause(therapist, href, sent, status=404)


def test_a_draft_on_an_old_version_meets_the_page_with_both_texts(
    stage: Stage, therapist: Browser, browser_of: BrowserOf, cast: Cast
) -> None:
    edit = f"/sessions/{cast['integration']}/edit"
    type_in(therapist, edit, narrative="What the therapist wrote")
    medical = browser_of("medical")
    medical.get(edit)
    medical.fill(narrative="What the nurse wrote", status=200)
    therapist.get(edit)
    page = therapist.fill(form_of(therapist), status=409)
    assert "What the therapist wrote" in page.words
    assert "What the nurse wrote" in page.words
    assert drafts(stage, cast) == 1
    assert "What the therapist wrote" in therapist.fill(status=200).words
    assert drafts(stage, cast) == 0


def test_a_draft_of_a_session_that_was_signed_meanwhile_is_still_given_back(
    stage: Stage, therapist: Browser, browser_of: BrowserOf, cast: Cast
) -> None:
    edit = f"/sessions/{cast['integration']}/edit"
    medical = browser_of("medical")
    type_in(medical, edit, narrative="What the nurse wrote")
    therapist.get(f"/sessions/{cast['integration']}/sign")
    therapist.fill(status=200)
    assert "What the nurse wrote" in medical.get(edit).text
    page = medical.fill(form_of(medical), status=200)
    assert "This session is signed, and stays as it is. Please write an addendum." in page.words
    assert "What the nurse wrote" in page.text


def test_a_draft_that_comes_after_its_form_was_saved_is_not_kept(stage: Stage, therapist: Browser, cast: Cast) -> None:
    type_in(therapist, new(cast), narrative="Half a sentence")
    url, sent = therapist.ready(form_of(therapist), starts_at="2026-03-17T10:00")
    therapist.send(url, sent, status=200)
    pause(therapist, f"/patients/{cast['patient']}/drafts?at=treatment.new_session/preparation", sent, status=302)
    assert drafts(stage, cast) == 0


def test_the_log_says_once_that_a_draft_was_begun(stage: Stage, therapist: Browser, cast: Cast) -> None:
    for words in ("Half", "Half a", "Half a sentence"):
        type_in(therapist, new(cast), narrative=words)
    therapist.get(new(cast))
    therapist.fill(0, status=200)
    with stage.app.app_context():
        logged = [
            len(db.session.scalars(select(AuditEvent.id).where(AuditEvent.action == action, mine)).all())
            for mine in [AuditEvent.actor_id == cast["therapist"]]
            for action in (Action.DRAFT_KEPT, Action.DRAFT_DISCARDED, Action.RECORD_VIEWED)
        ]
        # The cast left one; the form was opened four times, the page after it once, and nothing was shown by a pause.
        assert logged == [2, 1, 5]
        details = db.session.scalars(select(AuditEvent.detail).where(AuditEvent.action == Action.DRAFT_KEPT)).all()
        assert set(map(str, details)) == {"{}"}


def test_drafts_are_swept_after_a_month(stage: Stage, therapist: Browser, browser_of: BrowserOf, cast: Cast) -> None:
    type_in(therapist, new(cast), narrative="Half a sentence")
    with clock.at(clock.now() + DRAFTS_LIVE), stage.app.app_context():
        patient, author = db.session.get_one(Patient, cast["patient"]), db.session.get_one(User, cast["therapist"])
        medical = db.session.get_one(User, cast["medical"])
        (draft,) = db.session.scalars(select(Draft).where(Draft.user_id == author.id, Draft.id != cast["draft"]))
        place = draft.place
        assert drafts(stage, cast) == 1
        keep_draft(patient, place=place, form=MultiDict({"narrative": "Another"}), by=medical)
        left = db.session.scalars(select(Draft.user_id).where(Draft.place == place)).all()
        assert left == [medical.id]


@pytest.mark.parametrize("at", ["", "treatment.edit/../..", "x" * 300, "treatment.edit?name=Patient", "edit"])
def test_a_draft_is_of_a_form(therapist: Browser, cast: Cast, at: str) -> None:
    type_in(therapist, new(cast))
    _, sent = therapist.ready(form_of(therapist))
    answer = therapist.client.post(f"/patients/{cast['patient']}/drafts", query_string={"at": at}, data=sent)
    assert answer.status_code == 400


def test_an_addendum_has_a_draft_too(stage: Stage, therapist: Browser, cast: Cast) -> None:
    page = f"/sessions/{cast['signed']}/addendum"
    type_in(therapist, page, text="She also said", kind="correction")
    therapist.get(page)
    _, sent = therapist.ready(form_of(therapist))
    assert (sent["text"], sent["kind"]) == (["She also said"], ["correction"])
    assert "She also said" in therapist.fill(form_of(therapist), reason="Forgotten", status=200).words
    assert drafts(stage, cast) == 0


def test_a_draft_keeps_the_rows_of_a_dose(therapist: Browser, cast: Cast) -> None:
    rows: dict[str, Any] = {"vital_signs-3-at": "10:10", "vital_signs-3-systolic": "128", "dose_mg": "6o"}
    type_in(therapist, new(cast, "dosing"), **rows)
    therapist.get(new(cast, "dosing"))
    _, sent = therapist.ready(form_of(therapist))
    assert "128" in {value for name, values in sent.items() if "systolic" in name for value in values}
    assert sent["dose_mg"] == ["6o"]


def test_old_drafts_are_not_shown(therapist: Browser, cast: Cast) -> None:
    with clock.at(clock.now() - DRAFTS_LIVE + timedelta(hours=1)):
        type_in(therapist, new(cast), narrative="Half a sentence")
    assert "Half a sentence" in therapist.get(new(cast)).text
    with clock.at(clock.now() - DRAFTS_LIVE - timedelta(minutes=1)):
        type_in(therapist, new(cast), narrative="Half a sentence")
    assert "Half a sentence" not in therapist.get(new(cast)).text
