"""`flask verdicts`, on what was imported."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kap.audit.models import Action, AuditEvent
from kap.core.db import db
from kap.measures.models import Score
from kap.people.models import Patient
from kap.treatment.models import TreatmentSession
from tests.exchange.desk import Desk

TRIAL = Path(__file__).parents[3] / "shared" / "data"
FIRST_DOSE = date(2024, 1, 8)


def day(number: int) -> str:
    return (FIRST_DOSE + timedelta(days=number)).isoformat()


def course(desk: Desk, code: str, scores: str, doses: str) -> None:
    """A patient's course in the notation of the rules: `day:score`, counted from the first dose."""
    told = [pair.split(":") for pair in scores.split()]
    desk.import_scores(*(f"{code},phq-9,{day(int(on))},{score}" for on, score in told))
    desk.import_sessions(*(f"{code},dosing,{day(int(on))}T10:00,," for on in doses.split(",")))


@pytest.fixture
def courses(desk: Desk) -> None:
    course(desk, "A", "-1:20 14:12 28:8 42:7 56:6 70:8", "0,14,28")
    course(desk, "B", "-1:20 28:6 42:5 56:11 63:12", "0,14,28")
    course(desk, "C", "-1:14 14:20", "0")


def test_one_line_for_each_patient(desk: Desk, courses: None) -> None:
    listed = desk.run("verdicts", "--measure", "phq-9", "--as-of", day(75), "--csv")
    assert listed.exit_code == 0, listed.output
    assert listed.stdout.splitlines() == [
        "patient,state,reason,weeks,baseline,latest,last_known",
        "A,sustained_response,response,6,20,8,",
        "B,relapsed,two_consecutive_relapse_level_scores,,20,12,",
        "C,not_enough_data,stale,,14,20,worsening",
    ]


def test_the_last_score_of_each_patient_can_be_the_day(desk: Desk, courses: None) -> None:
    listed = desk.run("verdicts", "--measure", "phq-9", "--as-of", "last-score")
    assert [line.split() for line in listed.stdout.splitlines()[1:]] == [
        ["A", "sustained_response", "response", "6", "20", "8"],
        ["B", "relapsed", "two_consecutive_relapse_level_scores", "20", "12"],
        ["C", "worsening", "reliably_worse_than_baseline", "14", "20"],
    ]


def test_today_is_the_day_unless_one_is_given(desk: Desk, courses: None) -> None:
    listed = desk.run("verdicts", "--measure", "phq-9", "--csv")
    assert {row["reason"] for row in csv.DictReader(listed.stdout.splitlines())} == {"stale"}


def test_the_list_is_logged(desk: Desk, courses: None) -> None:
    desk.run("verdicts", "--measure", "phq-9")
    with desk.app.app_context():
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == Action.LIST_VIEWED)).one()
    assert event.detail == {"name": "verdicts", "measure": "phq-9", "patients": 3}


def test_what_cannot_be_answered_is_refused(desk: Desk) -> None:
    cases = [
        (("--measure", "hamd"), "no measure 'hamd'"),
        (("--measure", "mood"), "no thresholds"),
        (("--measure", "phq-9", "--as-of", "soon"), "neither a date"),
        ((), "--measure"),
    ]
    for options, reason in cases:
        refused = desk.run("verdicts", *options)
        assert refused.exit_code != 0
        assert reason in refused.stderr


@pytest.mark.skipif(not TRIAL.is_dir(), reason="the scores of the ENRICHD trial are not beside the repository")
def test_the_scores_of_a_published_trial(desk: Desk) -> None:
    for _ in range(2):
        assert desk.run("import-scores", str(TRIAL / "enrichd-bdi-scores.csv")).exit_code == 0
        assert desk.run("import-sessions", str(TRIAL / "enrichd-bdi-sessions.csv")).exit_code == 0
    assert (desk.count(Patient), desk.count(Score), desk.count(TreatmentSession)) == (557, 7117, 557)
    listed = desk.run("verdicts", "--measure", "bdi", "--as-of", "last-score", "--csv").stdout.splitlines()
    assert len(listed) == 558
    assert listed[1:4] == [
        "E0001,wearing_off,below_response_line,,25,18,",
        "E0002,sustained_response,response,14,36,13,",
        "E0003,wearing_off,brief_response_not_confirmed,,25,23,",
    ]
