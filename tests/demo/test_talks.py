"""The demo tells of the talks: what was meant, what came up, what was agreed, and what became of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, g
from sqlalchemy import select

from kap.core import clock
from kap.core.db import db
from kap.demo.accounts import kept_accounts
from kap.demo.play import play
from kap.demo.stories import GROUP, STORIES, ZONE
from kap.home.day import day_of
from kap.measures.models import Score, Source
from kap.outcomes.coverage import coverage_in_sight
from kap.people.models import Patient, User
from kap.psychotherapy.models import PsychotherapyNote
from kap.treatment.agreed import PracticeRow, practices_of
from kap.treatment.asked import Asked
from kap.treatment.asked import Kind as Kinds
from kap.treatment.models import (
    DosingSession,
    Ground,
    IntegratedDose,
    IntegrationSession,
    IntentionReview,
    Kept,
    Modality,
    Practice,
    PracticeKind,
    PracticeReview,
    PracticeTick,
    PreparationSession,
    ReleaseHold,
    Room,
    SessionTheme,
    Signature,
    Status,
    Theme,
    TreatmentSession,
)
from kap.treatment.talk import INTEGRATION, PREPARATION
from tests.browser import Browser
from tests.conftest import Stage


@pytest.fixture
def inside(stage: Stage) -> Iterator[Flask]:
    """The app with the demo in its database, inside a context."""
    stage.play_demo()
    with stage.app.test_request_context():
        g.clinic_zone = ZoneInfo(ZONE)
        yield stage.app


def _patient(code: str) -> Patient:
    return db.session.scalars(select(Patient).where(Patient.code == code)).one()


def _user(key: str) -> User:
    return db.session.scalars(select(User).where(User.email == f"{key}@example.org")).unique().one()


def _talks(code: str) -> Sequence[IntegrationSession]:
    query = select(IntegrationSession).where(IntegrationSession.patient_id == _patient(code).id)
    return db.session.scalars(query.order_by(IntegrationSession.starts_at)).all()


def _practice(code: str, begins: str) -> PracticeRow:
    (found,) = [row for row in practices_of(_patient(code)) if row.words.startswith(begins)]
    return found


def _intended(code: str) -> dict[str, Kept]:
    found = db.session.scalars(select(IntentionReview).where(IntentionReview.patient_id == _patient(code).id))
    return {db.session.get_one(TreatmentSession, one.about_id).intention: Kept(one.status) for one in found}


def test_commitments_are_kept_for_three_months_changed_and_let_go(inside: Flask) -> None:
    call = _practice("H-02", "The Sunday call")
    assert [(said.status, said.month) for said in call.said if said.month] == [(Kept.KEPT, 1), (Kept.KEPT, 3)]
    assert call.open
    assert len(call.ticked) > 6
    let_go = _practice("H-07", "Arrive five minutes late")
    assert (let_go.status, let_go.said[-1].words) == (Kept.DROPPED, "It felt like a prank on her mother. It can go")
    changed = _practice("H-12", "The front door")
    assert (changed.status, changed.open) == (Kept.CHANGED, True)


def test_intentions_are_carried_over_and_one_is_dropped(inside: Flask) -> None:
    assert _intended("H-10")["To have that again."] is Kept.DROPPED
    assert _intended("H-02")["To let the list lie in the drawer."] is Kept.KEPT
    assert _intended("H-01")["To be kind to the tired part."] is Kept.KEPT


def test_one_dose_was_never_integrated_and_one_too_late(inside: Flask) -> None:
    tied = set(db.session.scalars(select(IntegratedDose.dosing_id)))
    query = select(DosingSession).where(DosingSession.patient_id == _patient("H-08").id)
    given = [dose for dose in db.session.scalars(query) if dose.status == Status.TOOK_PLACE]
    assert [dose.id in tied for dose in sorted(given, key=lambda dose: dose.starts_at)] == [True, False]
    first = min(_talks("H-02"), key=lambda talk: talk.starts_at)
    doses = select(DosingSession).where(DosingSession.patient_id == first.patient_id)
    assert first.starts_at - min(dose.given_at for dose in db.session.scalars(doses)) > timedelta(hours=72)


def test_talks_are_held_in_every_way(inside: Flask) -> None:
    ways = {
        (talk.patient.code, talk.answers.get("session_kind"), talk.answers.get("mode"))
        for talk in db.session.scalars(select(IntegrationSession))
    }
    assert ("H-03", "combined", "video") in ways
    assert ("H-09", "check_in", "telephone") in ways
    assert ("H-06", "crisis", "telephone") in ways


def test_three_met_as_a_group_and_no_record_says_who_else(inside: Flask) -> None:
    met = [
        talk
        for talk in db.session.scalars(select(IntegrationSession))
        if talk.answers.get("format") == "group" and talk.answers.get("present")
    ]
    assert sorted(talk.patient.code for talk in met) == sorted(GROUP.codes)
    assert len({talk.starts_at for talk in met}) == 1
    assert all(talk.answers["present"] == 3 for talk in met)
    names = {talk.patient.name.split()[0] for talk in met if talk.patient.name}
    assert not any(name in talk.narrative for name in names for talk in met)


def test_rising_craving_is_answered_by_a_pause_and_a_response_by_stopping(inside: Flask) -> None:
    asked = [talk.answers for talk in _talks("H-10") if talk.answers.get("format") == "individual"]
    cravings = [int(answers["craving"]) for answers in asked]
    assert cravings == [2, 5, 8, 4]
    assert [answers["next_dose"] for answers in asked][2:] == ["pause", "pause"]
    assert asked[2]["risk_done"]
    assert "stop" in [talk.answers.get("next_dose") for talk in _talks("H-01")]


def test_one_session_is_held_back_and_soon_is_no_more(inside: Flask) -> None:
    (held,) = db.session.scalars(select(ReleaseHold)).all()
    assert held.ground == Ground.HARM
    assert held.in_force
    assert held.reason
    assert held.until - clock.now() < timedelta(days=3)
    assert db.session.get_one(TreatmentSession, held.session_id).patient.code == "H-06"


def test_two_psychotherapy_notes_are_kept_and_one_is_not_signed(inside: Flask) -> None:
    notes = db.session.scalars(select(PsychotherapyNote)).all()
    assert {(note.session.patient.code, note.signed) for note in notes} == {("H-01", True), ("H-03", False)}
    assert {note.author for note in notes} == {_user("therapist").id}


def test_two_patients_answer_the_reflection_questions_themselves(inside: Flask) -> None:
    found = db.session.scalars(select(Score).where(Score.measure == "reflection")).all()
    codes = {db.session.get_one(Patient, score.patient_id).code for score in found}
    assert codes == {"H-01", "H-11"}
    assert {score.source for score in found} == {Source.PATIENT}


def _played_at(app: Flask, folder: Path, wall: time) -> dict[str, Any]:
    """The day of the therapist, where the demo was played on a Wednesday at this time."""
    with clock.at(datetime.combine(date(2026, 11, 25), wall, ZoneInfo(ZONE))):
        with app.app_context():
            play(folder, stories=STORIES)
        with app.test_request_context():
            g.clinic_zone = ZoneInfo(ZONE)
            return {section.key: section.lines for section in day_of(_user("therapist")).sections}


def test_the_day_of_the_therapist_is_a_day(app: Flask, tmp_path: Path) -> None:
    day = _played_at(app, tmp_path, time(12, 30))
    assert [line.label for line in day["alerts"]] == ["Callum Thorne"]
    assert [(line.at[0], line.label, line.chip and line.chip[0]) for line in day["sessions"]] == [
        ("09:00", "Meera Vasan", "Not signed"),
        ("11:00", "Joan Castellane", None),
        ("14:30", "Elias Haddow", None),
        ("16:00", "Tomasz Bielak", None),
    ]
    assert all("oom" in line.note for line in day["sessions"]), "Each has its room."
    assert [line.label for line in day["integrate"]] == ["Yusuf Karaman"]
    assert [line.label for line in day["write"]] == ["Callum Thorne"]
    assert [line.label for line in day["fading"]] == ["Dara Quinlan"]
    assert "Ruth Ashdown" in [line.label for line in day["due"]]


def test_before_it_begins_nothing_of_the_day_is_written_yet(app: Flask, tmp_path: Path) -> None:
    day = _played_at(app, tmp_path, time(0, 5))
    assert {line.chip for line in day["sessions"]} == {None}


def test_rooms_are_used_by_one_session_at_a_time(inside: Flask) -> None:
    assert len(db.session.scalars(select(Room)).all()) == 3
    planned = db.session.scalars(select(TreatmentSession).where(TreatmentSession.status == Status.PLANNED)).all()
    assert all(session.team for session in planned)
    busy: dict[Any, list[tuple[datetime, datetime]]] = {}
    for session in planned:
        assert session.ends_at
        whose = [member.user_id for member in session.team] + ([session.room.id] if session.room else [])
        for one in whose:
            busy.setdefault(one, []).append((session.starts_at, session.ends_at))
    for spans in busy.values():
        spans.sort()
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_most_doses_are_followed_in_the_window_some_later_and_some_never(inside: Flask) -> None:
    counts = coverage_in_sight(_user("lead"), clock.now(), 1).counts
    over = counts.sooner + counts.within + counts.later + counts.late + counts.none
    assert 0.6 <= counts.within / over <= 0.75, counts
    assert counts.later > 5
    assert counts.none > 3


def test_about_half_of_what_was_agreed_is_kept(inside: Flask) -> None:
    in_sessions = select(PracticeReview.status).where(PracticeReview.session_id.is_not(None))
    became = Counter(db.session.scalars(in_sessions))
    assert set(became) == set(Kept)
    assert 0.35 < became[Kept.KEPT] / became.total() < 0.6
    assert db.session.scalars(select(PracticeTick.id)).first()
    months = set(db.session.scalars(select(PracticeReview.month).where(PracticeReview.session_id.is_(None))))
    assert months == {None, 1, 3}


def test_everything_that_is_coded_is_in_use(inside: Flask) -> None:
    assert set(db.session.scalars(select(SessionTheme.theme))) >= {*Theme} - {Theme.DEATH}
    assert set(db.session.scalars(select(Practice.kind))) == set(PracticeKind)
    talks = db.session.scalars(select(IntegrationSession).where(IntegrationSession.status == Status.TOOK_PLACE)).all()
    used = {modality for talk in talks for modality in talk.modalities}
    assert used >= {Modality.SUPPORTIVE, Modality.ACT, Modality.EMDR, Modality.GROUP, Modality.RELAPSE_PREVENTION}
    assert any(len(talk.modalities) > 1 for talk in talks)
    assert all(talk.answers for talk in talks)


@pytest.mark.parametrize(("kind", "fields"), [(PreparationSession, PREPARATION), (IntegrationSession, INTEGRATION)])
def test_answers_are_those_that_the_form_takes(inside: Flask, kind: Any, fields: tuple[Asked, ...]) -> None:
    asked = {field.name: field for field in fields}
    for talk in db.session.scalars(select(kind)):
        for name, value in talk.answers.items():
            field = asked[name]
            if field.kind in (Kinds.CHOICE, Kinds.TICKS):
                assert {value} if isinstance(value, str) else {*value} <= {key for key, _ in field.choices}, name
            elif field.kind is Kinds.SCALE:
                assert 0 <= int(value) <= 10, name


def test_what_is_signed_is_all_but_what_is_told_as_waiting(inside: Flask) -> None:
    signed = set(db.session.scalars(select(Signature.session_id)))
    query = select(TreatmentSession).where(
        TreatmentSession.status == Status.TOOK_PLACE, TreatmentSession.error_at.is_(None)
    )
    waiting = {session.patient.code for session in db.session.scalars(query) if session.id not in signed}
    assert {"H-06"} <= waiting <= {"H-06", "H-07"}


def _browser(app: Flask, role: str) -> Browser:
    account = next(one for one in kept_accounts(app.config["KAP_INSTANCE"]) if one["role"] == role)
    browser = Browser(app)
    browser.sign_in(account["email"], account["password"])
    return browser


def test_the_therapist_reads_the_arc_and_the_patient_what_they_agreed(stage: Stage) -> None:
    stage.play_demo()
    with stage.app.app_context():
        course = _talks("H-10")[0].course_id
        told = next(talk.narrative for talk in _talks("H-10") if talk.answers.get("craving") == "8")
    arc = _browser(stage.app, "therapist").get(f"/courses/{course}/arc").text
    assert "I miss it like a person. That is not what I came here for." in arc
    mine = _browser(stage.app, "patient-2").get("/my/practices").text
    assert "The Sunday call home" in mine
    assert told not in _browser(stage.app, "patient").get("/my").text
