"""The clinic for load: every page of it can be read, and its verdicts are those that its record comes to."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from kap.audit.models import AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.demo.accounts import FILE
from kap.demo.load import load
from kap.durability import State, assess
from kap.measures.instruments import instrument
from kap.measures.models import Answer, Score
from kap.measures.queries import catalogue
from kap.outcomes.models import CourseOutcome
from kap.outcomes.queries import primary_histories
from kap.outcomes.rules import state_on
from kap.people.models import CareTeamMember, Clinic, Patient
from kap.safety.models import Alert
from kap.treatment.models import DosingSession, IntegrationSession, Status, TreatmentSession
from tests.browser import Browser
from tests.conftest import Stage

PATIENTS, SCORES = 100, 40
DOSES = 6
_accounts: dict[int, dict[str, tuple[str, str]]] = {}
"""Those of each stage on which the clinic was loaded."""


@pytest.fixture
def loaded(stage: Stage) -> Flask:
    """The app with the clinic in its database, loaded a moment ago by the command."""
    if id(stage) not in _accounts:
        stage.restore("empty")
        result = stage.app.test_cli_runner().invoke(args=["demo", f"--patients={PATIENTS}", f"--scores={SCORES}"])
        assert result.exit_code == 0, result.output
        kept = json.loads((Path(stage.app.config["KAP_INSTANCE"]) / FILE).read_text())
        _accounts[id(stage)] = {account["role"]: (account["email"], account["password"]) for account in kept}
        stage.keep("load")
    stage.restore("load")
    return stage.app


def _browser(app: Flask, stage: Stage, role: str) -> Browser:
    browser = Browser(app)
    browser.sign_in(*_accounts[id(stage)][role])
    return browser


def test_there_is_as_much_as_was_asked_for(loaded: Flask) -> None:
    with loaded.app_context():
        counted = {
            table: db.session.scalar(select(func.count()).select_from(table))
            for table in (Patient, Score, DosingSession, CareTeamMember)
        }
        assert counted == {
            Patient: PATIENTS,
            Score: PATIENTS * SCORES,
            DosingSession: PATIENTS * DOSES,
            CareTeamMember: PATIENTS * 2,
        }
        planned = select(func.count()).where(TreatmentSession.status == Status.PLANNED)
        assert 0 < (db.session.scalar(planned) or 0) < PATIENTS
        talks = db.session.scalar(select(func.count()).select_from(IntegrationSession))
        assert talks == PATIENTS * DOSES + (db.session.scalar(planned) or 0)
        (event,) = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "demo:played"))
        assert event.detail == {"patients": PATIENTS, "scores": PATIENTS * SCORES}
        assert db.session.scalars(select(Clinic)).one().synthetic


def test_stored_verdicts_are_those_that_the_record_comes_to(loaded: Flask) -> None:
    with loaded.app_context():
        today = clock.today(db.session.scalars(select(Clinic)).one().zone_info)
        stored = {outcome.course_id: outcome for outcome in db.session.scalars(select(CourseOutcome))}
        assert len(stored) == PATIENTS
        states = set()
        for found in primary_histories(list(db.session.scalars(select(Patient.id))), catalogue()):
            scale = instrument(found.measure).scale
            assert scale is not None
            verdict = assess(found.history.readings, found.history.doses, as_of=today, scale=scale)
            kept = stored[found.course_id]
            known = State(kept.state) if kept.state else None
            assert state_on(today, known, kept.reason, kept.stale_on) == (verdict.state, verdict.reason)
            assert kept.latest_on == found.history.last_score_on
            states.add(verdict.state)
        assert len(states) > 5, "A caseload with all kinds of courses."


def test_open_alert_is_what_the_answers_gave(loaded: Flask) -> None:
    with loaded.app_context():
        alert = db.session.scalars(select(Alert)).one()
        score = db.session.scalars(select(Score).where(Score.questionnaire_id == alert.source_id)).one()
        query = select(Answer.item, Answer.value).where(Answer.questionnaire_id == alert.source_id)
        answers = dict(db.session.execute(query).tuples().all())
        assert alert.open
        assert (sorted(answers), sum(answers.values())) == (list(range(1, 10)), score.value)
        assert alert.level == score.flag == answers[9]
        assert all(0 <= value <= 3 for value in answers.values())


def test_nothing_lies_in_the_future_but_what_is_planned(loaded: Flask) -> None:
    with loaded.app_context():
        now = clock.now()
        assert (db.session.scalar(select(func.max(Score.entered_at))) or now) < now
        held = select(func.max(TreatmentSession.ends_at))
        assert (db.session.scalar(held) or now) < now
        planned = select(func.min(TreatmentSession.starts_at)).where(TreatmentSession.status == Status.PLANNED)
        assert (db.session.scalar(planned) or now) > now


@pytest.mark.parametrize("role", ["lead", "therapist", "medical"])
def test_those_who_treat_can_read_it(loaded: Flask, stage: Stage, role: str) -> None:
    with loaded.app_context():
        patient = db.session.scalars(select(Alert)).one().patient
        alerted, name = patient.id, patient.label
        sessions = db.session.scalars(select(TreatmentSession.id).where(TreatmentSession.patient_id == alerted))
        pages = [f"/sessions/{session}" for session in sessions]
    browser = _browser(loaded, stage, role)
    assert "L-000" in browser.get("/patients").text
    for page in ("/alerts", f"/patients/{alerted}", *pages):
        assert name in browser.get(page).text


def test_patient_with_the_account_can_read_their_own(loaded: Flask, stage: Stage) -> None:
    assert "PHQ-9" in _browser(loaded, stage, "patient").get("/my").text


def _contents(folder: Path, **how: Any) -> list[tuple[Any, ...]]:
    load(folder, patients=20, scores=SCORES, **how)
    query = select(Patient.code, Patient.name, Score.measure, Score.taken_on, Score.value).join(
        Patient, Patient.id == Score.patient_id
    )
    return sorted(tuple(row) for row in db.session.execute(query))


def test_same_seed_makes_the_same_clinic(stage: Stage, tmp_path: Path) -> None:
    contents = []
    for seed in ("one", "one", "another"):
        stage.restore("empty")
        with stage.app.app_context():
            contents.append(_contents(tmp_path, seed=seed))
    assert contents[0] == contents[1] != contents[2]


def test_clinic_that_is_there_is_left_alone(loaded: Flask) -> None:
    result = loaded.test_cli_runner().invoke(args=["demo", "--patients=5"])
    assert result.exit_code == 1
    assert "empty database" in result.output
    with loaded.app_context():
        assert db.session.scalar(select(func.count(Patient.id))) == PATIENTS
