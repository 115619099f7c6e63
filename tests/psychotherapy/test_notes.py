"""Psychotherapy notes: started on purpose, written and signed by their author, and read by nobody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.actions import change_clinic, deactivate, join_care_team, leave_care_team, set_up_clinic
from kap.people.models import CareTeamMember, Clinic, Patient, RoleHeld, User
from kap.psychotherapy.actions import add_to_note, name_supervisor, sign_note, start_note, write_note
from kap.psychotherapy.models import PsychotherapyAddendum, PsychotherapyNote
from kap.psychotherapy.queries import intact
from kap.treatment.actions import mark_session_in_error, set_status
from kap.treatment.models import Draft, TreatmentSession
from tests.browser import Browser
from tests.cast import NOW, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]


@pytest.fixture
def therapist(browser_of: BrowserOf) -> Browser:
    """The therapist of the patient, signed in."""
    return browser_of("therapist")


def of(cast: Cast, name: str = "psychotherapy note", page: str = "") -> str:
    return f"/psychotherapy-notes/{cast[name]}{page}"


def note_of(cast: Cast, name: str = "psychotherapy note") -> PsychotherapyNote:
    return db.session.get_one(PsychotherapyNote, cast[name])


def user(cast: Cast, name: str) -> User:
    return db.session.get_one(User, cast[name])


def supervised(stage: Stage, cast: Cast, by: str = "other", note: str = "signed note") -> None:
    with stage.app.app_context():
        found = note_of(cast, note)
        name_supervisor(found, user(cast, by), version=found.version, by=user(cast, "therapist"))


def switch(stage: Stage, cast: Cast, *, on: bool) -> None:
    with stage.app.app_context():
        clinic = db.session.get_one(Clinic, cast["clinic"])
        told: dict[str, Any] = {"name": clinic.name, "zone": clinic.zone, "country": clinic.country}
        change_clinic(clinic, psychotherapy_notes=on, version=clinic.version, by=user(cast, "lead"), **told)


def notes(stage: Stage) -> int:
    with stage.app.app_context():
        return db.session.scalar(select(func.count()).select_from(PsychotherapyNote)) or 0


def test_one_is_started_on_purpose_from_its_session(stage: Stage, therapist: Browser, cast: Cast) -> None:
    """Twice makes one; looking at the page makes none."""
    before = notes(stage)
    page = therapist.get(f"/sessions/{cast['integration']}")
    links = [link.get("href") for link in page.root.iter("a") if link.text == "Psychotherapy note"]
    assert links == [f"/sessions/{cast['integration']}/psychotherapy-note"]
    page = therapist.get(links[0] or "")
    for never in ("prescribed", "started and stopped", "Modalities", "clinical tests", "prognosis", "164.501"):
        assert never in page.words
    assert notes(stage) == before
    url, sent = therapist.ready()
    page = therapist.send(url, sent)
    assert page.response.request.path.endswith("/edit")
    assert "What may never go in" in page.words
    assert notes(stage) == before + 1
    page = therapist.fill(text="What I make of it")
    assert "What I make of it" in page.words
    therapist.get(links[0] or "")
    assert therapist.page is not None
    assert "What I make of it" in therapist.page.words
    with stage.app.app_context():
        session = db.session.get_one(TreatmentSession, cast["integration"])
        start_note(session, by=user(cast, "therapist"))
    assert notes(stage) == before + 1


@pytest.mark.parametrize("session", ["preparation", "dosing"])
def test_the_link_is_the_same_whether_there_is_a_note_or_not(
    browser_of: BrowserOf, cast: Cast, stage: Stage, session: str
) -> None:
    """The dose has one, the preparation has none; nobody but a therapist is offered one."""
    for name, offered in (("therapist", 1), ("medical", 0), ("lead", 0)):
        page = browser_of(name).get(f"/sessions/{cast[session]}")
        assert page.text.count("Psychotherapy note") == offered, name


def test_each_author_has_their_own(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    with stage.app.app_context():
        join_care_team(db.session.get_one(Patient, cast["patient"]), user(cast, "other"), by=user(cast, "therapist"))
    browser = browser_of("other")
    page = browser.get(f"/sessions/{cast['dosing']}/psychotherapy-note")
    assert "Start a psychotherapy note" in page.words
    assert "nightingale" not in page.text
    browser.fill()
    page = browser.fill(text="Mine, not theirs")
    assert "Mine, not theirs" in page.words
    browser.get(of(cast), 404)


@pytest.mark.parametrize(
    "name", ["lead", "medical", "admin", "patient account", "former", "other", "foreign therapist"]
)
def test_for_everybody_else_it_does_not_exist(browser_of: BrowserOf, cast: Cast, name: str) -> None:
    browser = browser_of(name)
    for note in ("psychotherapy note", "signed note"):
        for page in ("", "/edit", "/sign", "/addendum", "/supervisor"):
            assert "nightingale" not in browser.get(of(cast, note, page), 404).text


def test_a_lead_who_is_a_therapist_too_sees_only_their_own(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    with stage.app.app_context(), recording(Action.USER_CHANGED, by=None):
        db.session.add(RoleHeld(user_id=cast["lead"], role="therapist"))
    browser = browser_of("lead")
    browser.get(of(cast), 404)
    browser.get(f"/sessions/{cast['dosing']}/psychotherapy-note", 403)


def test_an_author_who_left_the_care_team_has_no_access(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    """The supervisor whom they named has; and the author again, once they are back."""
    supervised(stage, cast)
    browser = browser_of("therapist")
    with stage.app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        member = db.session.scalars(select(CareTeamMember).where(CareTeamMember.user_id == cast["therapist"])).first()
        assert member is not None
        leave_care_team(member, by=user(cast, "lead"))
    browser.get(of(cast, "signed note"), 404)
    assert "nightingale" in browser_of("other").get(of(cast, "signed note")).words
    with stage.app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        join_care_team(patient, user(cast, "therapist"), by=user(cast, "lead"))
    browser.get(of(cast, "signed note"))


def test_a_supervisor_reads_and_does_not_write(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    supervised(stage, cast, note="psychotherapy note")
    page = browser_of("other").get(of(cast))
    assert "nightingale" in page.words
    assert "named you as supervisor" in page.words
    assert "Patient One" not in page.text
    assert not [link for link in page.root.iter("a") if (link.get("href") or "").startswith(("/psycho", "/sessions"))]
    for way in ("/edit", "/sign", "/addendum", "/supervisor"):
        browser_of("other").get(of(cast, page=way), 404)
    with stage.app.app_context():
        note = note_of(cast)
        for act in (write_note, sign_note):
            more: dict[str, Any] = {"text": "Not mine"} if act is write_note else {}
            with pytest.raises(Refused):
                act(note, version=note.version, by=user(cast, "other"), **more)


def test_a_supervisor_is_named_and_withdrawn(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    browser, reader = browser_of("therapist"), browser_of("other")
    page = browser.get(of(cast, "signed note", "/supervisor"))
    offered = [option.text for option in page.root.iter("option")]
    assert offered == ["Nobody", "The former", "The other"]
    page = browser.fill(supervisor=cast["other"])
    assert "The other can read the note now" in page.words
    assert of(cast, "signed note") in page.text
    reader.get(of(cast, "signed note"))
    reader.get(of(cast), 404)
    browser.get(of(cast, "signed note", "/supervisor"))
    browser.fill(supervisor="")
    reader.get(of(cast, "signed note"), 404)
    with stage.app.app_context():
        note = note_of(cast, "signed note")
        for nobody in ("medical", "lead", "foreign therapist", "therapist", "gone", "patient account"):
            with pytest.raises(Refused, match="another therapist"):
                name_supervisor(note, user(cast, nobody), version=note.version, by=user(cast, "therapist"))


def test_a_supervisor_who_is_no_therapist_any_more_or_is_shut_out(
    stage: Stage, browser_of: BrowserOf, cast: Cast
) -> None:
    supervised(stage, cast)
    reader = browser_of("other")
    reader.get(of(cast, "signed note"))
    with stage.app.app_context():
        deactivate(user(cast, "other"), by=user(cast, "lead"))
    page = reader.client.get(of(cast, "signed note"))
    assert page.status_code == 302
    assert page.location.startswith("/sign-in")


def test_nobody_opens_what_was_written_about_themselves(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    """Also not a colleague who is named, and then treated here."""
    supervised(stage, cast)
    with stage.app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        with recording(Action.PATIENT_CHANGED, by=None, patient=patient):
            patient.user_id = cast["other"]
    browser_of("other").get(of(cast, "signed note"), 404)


def test_what_is_signed_is_locked_and_added_to(stage: Stage, therapist: Browser, cast: Cast) -> None:
    therapist.get(of(cast, page="/edit"))
    therapist.fill(text="As it was signed")
    page = therapist.get(of(cast, page="/sign"))
    assert "As it was signed" in page.words
    page = therapist.fill()
    assert "Signed by The therapist" in page.words
    # It is signed long after its session.
    assert "Signed late" in page.words
    assert therapist.get(of(cast, page="/edit")).response.request.path == of(cast)
    assert therapist.get(of(cast, page="/sign")).response.request.path == of(cast)
    therapist.get(of(cast, page="/addendum"))
    page = therapist.fill(kind="late_entry", reason="Forgotten", text="One more thing")
    assert "Of which day is this late entry?" in page.words
    page = therapist.fill(refers_to="2025-12-20")
    assert "Late entry, about" in page.words
    assert "One more thing" in page.words
    assert "As it was signed" in page.words
    with stage.app.app_context():
        note, by = note_of(cast), user(cast, "therapist")
        assert intact(note)
        for act, more in ((write_note, {"text": "Other"}), (sign_note, {})):
            with pytest.raises(Refused, match="signed"):
                act(note, version=note.version, by=by, **more)
        db.session.rollback()
        with pytest.raises(Refused, match="author"):
            add_to_note(note, kind="addendum", reason="?", text="Not mine", by=user(cast, "other"))
        with recording(Action.NOTE_CHANGED, by=None):
            note.text = "Altered by hand"
        assert not intact(note)
    assert "no longer what was signed" in therapist.get(of(cast)).words


def test_nothing_is_signed_that_is_empty_or_has_not_happened(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        by = user(cast, "therapist")
        empty = start_note(db.session.get_one(TreatmentSession, cast["preparation"]), by=by)
        with pytest.raises(Refused, match="nothing in it"):
            sign_note(empty, version=empty.version, by=by)
        ahead = start_note(db.session.get_one(TreatmentSession, cast["planned"]), by=by)
        write_note(ahead, text="What I expect", version=ahead.version, by=by)
        with pytest.raises(Refused, match="took place"):
            sign_note(ahead, version=ahead.version, by=by)


def test_two_windows_meet_and_neither_text_is_lost(browser_of: BrowserOf, cast: Cast) -> None:
    first, second = browser_of("therapist"), browser_of("therapist")
    first.get(of(cast, page="/edit"))
    second.get(of(cast, page="/edit"))
    first.fill(text="Written in the first window")
    page = second.fill(text="Written in the second window", status=409)
    assert "Written in the first window" in page.words
    assert "Written in the second window" in page.words
    page = second.fill()
    assert "Written in the second window" in page.words


def test_what_is_typed_is_kept_in_no_draft(stage: Stage, therapist: Browser, cast: Cast) -> None:
    """A draft would be sealed with the keys of the record; the page asks before it is left instead."""
    page = therapist.get(of(cast, page="/edit"))
    (form,) = [form for form in page.forms() if form.find(".//textarea") is not None]
    assert form.get("data-draft") is None
    assert form.get("data-guard") is not None
    with stage.app.app_context():
        assert not [draft for draft in db.session.scalars(select(Draft)) if "nightingale" in draft.body]


def test_a_session_entered_in_error_leaves_its_note_to_be_read(stage: Stage, therapist: Browser, cast: Cast) -> None:
    with stage.app.app_context():
        by = user(cast, "therapist")
        for name in ("dosing", "signed", "preparation"):
            mark_session_in_error(db.session.get_one(TreatmentSession, cast[name]), reason="Another patient's", by=by)
        with pytest.raises(Refused, match="entered in error"):
            start_note(db.session.get_one(TreatmentSession, cast["preparation"]), by=by)
        with pytest.raises(Refused, match="entered in error"):
            add_to_note(note_of(cast, "signed note"), kind="addendum", reason="?", text="More", by=by)
    page = therapist.get(of(cast))
    assert "nightingale" in page.words
    assert "entered in error" in page.words
    assert therapist.get(of(cast, page="/edit")).response.request.path == of(cast)
    therapist.get(of(cast, "signed note", "/addendum"), 404)
    page = therapist.get(f"/sessions/{cast['preparation']}/psychotherapy-note")
    assert not [form for form in page.forms() if "Start" in "".join(form.itertext())]


def test_a_cancelled_session_takes_none(stage: Stage, therapist: Browser, cast: Cast) -> None:
    with stage.app.app_context():
        session = db.session.get_one(TreatmentSession, cast["planned"])
        set_status(session, version=session.version, status="cancelled", reason="Ill", by=user(cast, "therapist"))
    page = therapist.get(f"/sessions/{cast['planned']}/psychotherapy-note")
    assert "takes no note" in page.words


def test_a_clinic_switches_the_kind_off(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    admin, therapist = browser_of("admin"), browser_of("therapist")
    page = admin.get("/settings")
    assert "UK and the EU" in page.words
    therapist.get(f"/sessions/{cast['integration']}/psychotherapy-note")
    url, sent = therapist.ready()
    admin.fill(psychotherapy_notes="False")
    page = therapist.send(url, sent)
    assert "switched off in this clinic" in page.words
    page = therapist.get(f"/sessions/{cast['integration']}/psychotherapy-note")
    assert "switched off in this clinic" in page.words
    assert not [form for form in page.forms() if "Start" in "".join(form.itertext())]
    page = therapist.get(of(cast))
    assert "nightingale" in page.words
    assert "switched off in this clinic now" in page.words
    therapist.get(of(cast, page="/edit"))
    assert "Still written" in therapist.fill(text="Still written").words


@pytest.mark.parametrize(("country", "on"), [("US", True), ("GB", False), ("DE", False), ("CA", False)])
def test_it_is_on_from_the_start_only_where_the_law_keeps_notes_apart(stage: Stage, country: str, on: bool) -> None:
    stage.restore("empty")
    with stage.app.app_context():
        clinic = set_up_clinic(name="New", zone="Europe/London", country=country)
        assert clinic.psychotherapy_notes is on


def test_the_log_says_that_it_was_done_and_nothing_of_it(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    therapist = browser_of("therapist")
    with clock.at(NOW + timedelta(days=1)):
        therapist = browser_of("therapist")
        therapist.get(of(cast, page="/edit"))
        therapist.fill(text="A new nightingale")
        therapist.get(of(cast, page="/sign"))
        therapist.fill()
        therapist.get(of(cast, page="/addendum"))
        therapist.fill(reason="A reason for nightingale", text="More of the nightingale")
    with stage.app.app_context():
        events = db.session.scalars(
            select(AuditEvent).where(AuditEvent.object_type == "psychotherapy_note", AuditEvent.at > NOW)
        ).all()
        done = {event.action for event in events}
        assert done >= {Action.NOTE_VIEWED, Action.NOTE_CHANGED, Action.NOTE_SIGNED, Action.NOTE_ADDED_TO}
        for event in events:
            assert (event.actor_id, event.patient_id, event.object_id, event.detail) == (
                cast["therapist"],
                cast["patient"],
                cast["psychotherapy note"],
                {},
            )
        added = db.session.scalars(select(PsychotherapyAddendum)).all()
        assert [addendum.text for addendum in added] == ["More of the nightingale"]
    with clock.at(NOW + timedelta(days=1)):
        log = browser_of("lead").get("/log")
        assert "signed a psychotherapy note about P-001" in log.words
        assert "nightingale" not in log.text
        readers = browser_of("patient account").get("/my/readers?month=2026-03")
        assert "read your record" in readers.words
        assert "psychotherapy" not in readers.text.lower()
