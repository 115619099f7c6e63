"""The demo: it plays through, tells the stories that it means to tell, and can be taken for nothing but a demo."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from kap.audit.models import AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.demo.accounts import FILE, Account, keep_accounts, kept_accounts
from kap.demo.play import play
from kap.demo.stories import STORIES, ZONE
from kap.durability import State, assess
from kap.measures.instruments import instrument
from kap.measures.models import Answer, Score, Source
from kap.measures.queries import catalogue
from kap.outcomes.models import CaseloadEntry
from kap.outcomes.queries import primary_histories
from kap.outcomes.rules import state_on
from kap.people.actions import set_up_clinic
from kap.people.models import Clinic, Patient, User
from kap.safety.models import Alert
from kap.safety.queries import open_alerts
from kap.treatment.models import (
    AdverseEvent,
    DosingSession,
    IntegratedDose,
    IntegrationSession,
    Kind,
    Status,
    TreatmentSession,
    VitalSign,
)
from tests.browser import Browser
from tests.conftest import Stage

TOLD = {
    "H-01": (State.SUSTAINED_RESPONSE, "response"),
    "H-02": (State.SUSTAINED_RESPONSE, "remission"),
    "H-03": (State.WEARING_OFF, "possible_relapse_unconfirmed"),
    "H-04": (State.RELAPSED, "two_consecutive_relapse_level_scores"),
    "H-05": (State.NO_RESPONSE_YET, ""),
    "H-06": (State.WORSENING, "reliably_worse_than_baseline"),
    "H-07": (State.PARTIAL_IMPROVEMENT, "reliable_but_below_response"),
    "H-08": (State.NOT_ENOUGH_DATA, "stale"),
    "H-09": (State.RESPONDING, "gap_too_long"),
    "H-10": (State.WEARING_OFF, "brief_response_not_confirmed"),
    "H-11": (State.NOT_ENOUGH_DATA, "too_early"),
    "H-12": (State.BASELINE_TOO_LOW, "percent_change_not_meaningful"),
}
"""How each story stands today."""

_accounts: dict[int, list[Account]] = {}
"""Those of each stage on which the demo was played."""


@pytest.fixture
def played(stage: Stage) -> Flask:
    """The app with the demo in its database, played a moment ago by the command."""
    if id(stage) not in _accounts:
        stage.restore("empty")
        code, said = _run(stage.app, "demo")
        assert code == 0, said
        stage.keep("demo")
        _accounts[id(stage)] = kept_accounts(_instance(stage.app))
    stage.restore("demo")
    keep_accounts(_accounts[id(stage)], _instance(stage.app))
    return stage.app


@pytest.fixture
def inside(played: Flask) -> Iterator[Flask]:
    """The same, inside an application context."""
    with played.app_context():
        yield played


def _run(app: Flask, *args: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=args)
    return result.exit_code, result.output


def _instance(app: Flask) -> Path:
    folder: Path = app.config["KAP_INSTANCE"]
    return folder


def _today() -> date:
    return clock.today(ZoneInfo(ZONE))


def _codes() -> dict[Any, str]:
    return {patient.id: patient.code for patient in db.session.scalars(select(Patient))}


def _verdicts(today: date) -> dict[str, tuple[State, str]]:
    codes = _codes()
    verdicts = {}
    for found in primary_histories(list(codes), catalogue()):
        scale = instrument(found.measure).scale
        assert scale is not None
        verdict = assess(found.history.readings, found.history.doses, as_of=today, scale=scale)
        verdicts[codes[found.patient_id]] = (verdict.state, verdict.reason)
    return verdicts


def test_each_story_stands_as_it_is_meant_to(inside: Flask) -> None:
    assert _verdicts(_today()) == TOLD
    assert len(STORIES) == len(TOLD) == 12


@pytest.mark.parametrize(
    "moment",
    [datetime(2028, 2, 29, 0, 5, tzinfo=UTC), datetime(2026, 3, 29, 23, 30, tzinfo=UTC)],
    ids=["leap day", "summer time begins"],
)
def test_stories_stand_the_same_whenever_they_are_played(app: Flask, tmp_path: Path, moment: datetime) -> None:
    with app.app_context(), clock.at(moment):
        play(tmp_path)
        assert _verdicts(_today()) == TOLD


def test_the_caseload_shows_every_story(inside: Flask) -> None:
    shown = {
        row.code: state_on(_today(), State(row.state) if row.state else None, row.reason, row.stale_on)
        for row in db.session.scalars(select(CaseloadEntry))
    }
    assert shown == TOLD


def test_one_transaction_leaves_one_event_for_each_act(inside: Flask) -> None:
    counted = dict(
        db.session.execute(select(AuditEvent.action, func.count()).group_by(AuditEvent.action)).tuples().all()
    )
    assert counted["demo:played"] == counted["clinic:set-up"] == 1
    assert counted["patient:added"] == counted["course:opened"] == 12
    assert counted["user:joined"] == 5
    assert counted["session:recorded"] > 80
    assert counted["score:entered"] == db.session.scalar(select(func.count(Score.id)))
    clinic = db.session.scalars(select(Clinic)).one()
    assert db.session.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.clinic_id != clinic.id)) == 0


def test_nine_months_are_lived_through_in_order(inside: Flask) -> None:
    now = clock.now()
    first, last = db.session.execute(select(func.min(AuditEvent.at), func.max(AuditEvent.at))).one()
    assert timedelta(days=270) < now - first < timedelta(days=280)
    assert last <= now
    for session in db.session.scalars(select(TreatmentSession)):
        assert session.created_at < now
        if session.status == Status.PLANNED:
            assert 0 <= (session.starts_at.astimezone(ZoneInfo(ZONE)).date() - _today()).days < 12
        elif session.status == Status.TOOK_PLACE:
            assert session.ends_at is not None
            assert timedelta() <= session.created_at - session.ends_at < timedelta(hours=1), "Notes come soon after."
    for score in db.session.scalars(select(Score)):
        assert score.entered_at.astimezone(ZoneInfo(ZONE)).date() == score.taken_on


def test_everything_that_a_visitor_should_meet_is_there(inside: Flask) -> None:
    doses = db.session.scalars(select(DosingSession)).all()
    given = [dose for dose in doses if dose.status == Status.TOOK_PLACE and not dose.in_error]
    assert {dose.route for dose in given} == {"iv_infusion", "im", "esketamine_nasal", "sublingual", "oral"}
    assert all(dose.narrative and dose.intention and dose.mg_per_kg and dose.left_with for dose in given)
    (held,) = (dose for dose in doses if dose.status == Status.HELD)
    assert (held.vital_signs[0].systolic, held.vital_signs[0].diastolic) == (162, 98)
    assert [session.status_reason != "" for session in doses if session.status == Status.CANCELLED] == [True]
    assert [dose.error_reason != "" for dose in doses if dose.in_error] == [True]

    integrated = set(db.session.scalars(select(IntegratedDose.dosing_id)))
    codes = _codes()
    assert "H-08" in {codes[dose.patient_id] for dose in given if dose.id not in integrated}
    talks = db.session.scalars(select(IntegrationSession).where(IntegrationSession.status == Status.TOOK_PLACE)).all()
    assert all(talk.narrative and talk.themes and talk.practices for talk in talks)
    notes = [session.narrative for session in (*given, *talks)]
    assert len(set(notes)) == len(notes), "No two notes are the same."

    terms = set(db.session.scalars(select(AdverseEvent.term)))
    assert terms == {"dizziness", "nausea", "dissociation", "bp_increased", "other"}
    planned = db.session.scalars(select(TreatmentSession.kind).where(TreatmentSession.status == Status.PLANNED))
    assert set(planned) == {Kind.DOSING, Kind.INTEGRATION}
    measures = set(db.session.scalars(select(Score.measure)))
    assert measures == {"phq-9", "gad-7", "pcl-5", "peg", "ocd", "mood"}


def test_vital_signs_rise_after_the_dose_and_fall_again(inside: Flask) -> None:
    given = select(DosingSession).where(DosingSession.status == Status.TOOK_PLACE)
    for dose in db.session.scalars(given):
        pressure = [sign.systolic or 0 for sign in dose.vital_signs]
        assert max(pressure) in pressure[1:-1]
        assert pressure[0] < max(pressure) > pressure[-1]
    assert all((sign.spo2 or 0) >= 95 for sign in db.session.scalars(select(VitalSign)))


def test_one_alert_is_open_and_the_others_were_acted_on(inside: Flask) -> None:
    therapist = db.session.scalars(select(User).where(User.email == "therapist@example.org")).unique().one()
    (waiting,) = open_alerts(therapist)
    assert waiting.patient.code == "H-06"
    acted = db.session.scalars(select(Alert).where(Alert.acted_at.is_not(None))).all()
    assert acted
    assert all(alert.action and alert.acted_at and alert.acted_at > alert.raised_at for alert in acted)


def test_answers_make_the_scores(inside: Flask) -> None:
    for score in db.session.scalars(select(Score).where(Score.measure == "phq-9")):
        answers = dict(
            db.session.execute(
                select(Answer.item, Answer.value).where(Answer.questionnaire_id == score.questionnaire_id)
            )
            .tuples()
            .all()
        )
        assert sorted(answers) == list(range(1, 10))
        assert sum(answers.values()) == score.value
        assert answers[9] == (score.flag or 0)


def test_patient_with_an_account_answered_themselves_and_may_answer_again(inside: Flask) -> None:
    patient = db.session.scalars(select(Patient).where(Patient.user_id.is_not(None))).one()
    own = db.session.scalars(select(Score).where(Score.patient_id == patient.id)).all()
    assert {score.source for score in own} == {Source.PATIENT}
    last = max(score.taken_on for score in own if score.measure == "phq-9")
    assert timedelta(days=7) <= _today() - last <= timedelta(days=28)


def _contents() -> list[tuple[Any, ...]]:
    """What the clinic holds, without ids."""
    codes = _codes()
    sessions = [
        (codes[row.patient_id], row.kind, row.status, row.starts_at, row.ends_at, row.intention, row.narrative)
        for row in db.session.scalars(select(TreatmentSession))
    ]
    signs = [
        (codes[row.patient_id], "sign", row.at, row.systolic, row.diastolic, row.heart_rate, row.spo2)
        for row in db.session.scalars(select(VitalSign))
    ]
    answers = [
        (codes[score.patient_id], score.measure, score.taken_on, score.entered_at, answer.item, answer.value)
        for score, answer in db.session.execute(
            select(Score, Answer).join(Answer, Answer.questionnaire_id == Score.questionnaire_id)
        )
    ]
    return sorted((*sessions, *signs, *answers), key=repr)


def test_same_seed_makes_the_same_clinic_with_new_passwords(stage: Stage, tmp_path: Path) -> None:
    passwords: list[str] = []

    def contents(seed: str) -> list[tuple[Any, ...]]:
        stage.restore("empty")
        with stage.app.app_context(), clock.at(datetime(2026, 5, 5, 12, tzinfo=UTC)):
            play(tmp_path, seed=seed)
            passwords.extend(account["password"] for account in kept_accounts(tmp_path))
            return _contents()

    first = contents("one")
    assert contents("one") == first
    assert contents("another") != first
    assert len(set(passwords)) == 15


def test_second_start_keeps_the_clinic_and_says_so(played: Flask) -> None:
    with played.app_context():
        before = db.session.scalar(select(func.count(AuditEvent.id)))
    code, said = _run(played, "demo")
    assert code == 0
    assert "kept" in said
    with played.app_context():
        assert db.session.scalar(select(func.count(AuditEvent.id))) == before
    for account in kept_accounts(_instance(played)):
        assert account["email"] in said
        assert account["password"] in said


def test_real_clinic_is_left_alone(app: Flask) -> None:
    (_instance(app) / FILE).unlink(missing_ok=True)
    with app.app_context():
        set_up_clinic(name="A real one", zone="Europe/Berlin", country="DE")
    code, said = _run(app, "demo")
    assert code == 1
    assert "real clinic" in said
    assert not (_instance(app) / FILE).exists()
    with app.app_context():
        assert [clinic.name for clinic in db.session.scalars(select(Clinic))] == ["A real one"]


def test_accounts_are_printed_as_json_and_kept_from_others(played: Flask) -> None:
    code, said = _run(played, "demo-accounts")
    assert code == 0
    accounts = json.loads(said)
    assert {account["role"] for account in accounts} == {"therapist", "medical", "lead", "patient", "admin"}
    assert len({account["password"] for account in accounts}) == 5
    assert all(set(account) == {"role", "email", "password"} for account in accounts)
    assert (_instance(played) / FILE).stat().st_mode & 0o777 == 0o600


def test_accounts_without_a_demo_are_asked_for_in_vain(app: Flask) -> None:
    (_instance(app) / FILE).unlink(missing_ok=True)
    code, said = _run(app, "demo-accounts")
    assert code == 1
    assert FILE in said


@pytest.fixture
def browser_as(played: Flask) -> Callable[[str], Browser]:
    """Signs in with what the command printed for a role."""

    def sign_in(role: str) -> Browser:
        account = next(account for account in kept_accounts(_instance(played)) if account["role"] == role)
        browser = Browser(played)
        browser.sign_in(account["email"], account["password"])
        return browser

    return sign_in


@pytest.mark.parametrize("role", ["therapist", "medical", "lead", "admin", "patient"])
def test_every_role_signs_in_and_reads_that_all_is_synthetic(browser_as: Callable[[str], Browser], role: str) -> None:
    browser = browser_as(role)
    links = {link.get("href") for link in browser.get("/").root.iter("a")}
    pages = sorted(link for link in links if link and link.startswith("/") and not link.startswith("/static"))
    assert pages
    for page in ["/", *pages]:
        assert "Everyone in this clinic is made up" in browser.get(page).text, page
