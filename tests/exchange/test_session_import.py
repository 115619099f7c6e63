"""`flask import-sessions`, before and after the scores."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import select

from kap.core.db import db
from kap.outcomes.models import CourseOutcome
from kap.people.actions import add_patient
from kap.people.models import Clinic, Patient
from kap.treatment.actions import end_course, open_course
from kap.treatment.models import Course, DosingSession, EndReason, Status, TreatmentSession
from tests.exchange.desk import Desk

GOOD = (
    "E1,dosing,2024-07-08T10:00,im,50",
    "E1,preparation,2024-07-01T09:30,,",
    "E1,integration,2024-07-09,,",
    "E1,dosing,2024-07-15T10:00+00:00,,",
)
SCORES = ("E1,bdi,2024-07-01,30", "E1,phq-9,2024-07-01,20", "E1,bdi,2024-07-20,10")


def courses(desk: Desk) -> list[Course]:
    with desk.app.app_context():
        return list(db.session.scalars(select(Course).order_by(Course.opened_on)))


def test_sessions_open_a_course(desk: Desk) -> None:
    done = desk.import_sessions(*GOOD)
    assert done.exit_code == 0, done.output
    assert "4 sessions added, 0 were there already, 1 patients added, 1 courses opened." in done.output
    (course,) = courses(desk)
    assert (course.opened_on, course.condition, course.open) == (date(2024, 7, 1), "not_recorded", True)
    with desk.app.app_context():
        sessions = db.session.scalars(select(TreatmentSession).order_by(TreatmentSession.starts_at)).all()
        assert [session.kind for session in sessions] == ["preparation", "dosing", "integration", "dosing"]
        assert {session.status for session in sessions} == {Status.TOOK_PLACE}
        assert sessions[1].starts_at == datetime(2024, 7, 8, 8, 0, tzinfo=UTC), "a naive time is the clinic's"
        assert sessions[2].starts_at == datetime(2024, 7, 8, 22, 0, tzinfo=UTC), "a day begins at its midnight"
        assert sessions[3].starts_at == datetime(2024, 7, 15, 10, 0, tzinfo=UTC)
        doses = [session for session in sessions if isinstance(session, DosingSession)]
        assert [(dose.route, dose.medicine, dose.dose_mg) for dose in doses] == [
            ("im", "ketamine", Decimal(50)),
            (None, None, None),
        ]


def test_a_file_that_comes_twice_changes_nothing(desk: Desk) -> None:
    desk.import_sessions(*GOOD)
    again = desk.import_sessions(*GOOD, GOOD[0])
    assert "0 sessions added, 5 were there already." in again.output
    assert desk.count(TreatmentSession) == 4
    assert desk.count(Course) == 1


def test_a_session_goes_to_the_open_course_and_never_to_one_that_has_ended(desk: Desk) -> None:
    with desk.app.app_context():
        patient = add_patient(code="E1", by=None, clinic=db.session.scalars(select(Clinic)).one())
        past, present = (
            partial(open_course, patient, condition="ptsd", primary_measure="pcl-5", opened_on=day, by=None)
            for day in (date(2024, 1, 1), date(2024, 6, 1))
        )
        ended = past()
        end_course(ended, version=ended.version, ended_on=date(2024, 2, 1), reason=EndReason.COMPLETED, by=None)
        present_id = present().id
    desk.import_sessions(*GOOD)
    assert desk.count(Course) == 2
    with desk.app.app_context():
        assert set(db.session.scalars(select(TreatmentSession.course_id))) == {present_id}


@pytest.mark.parametrize("scores_first", [True, False])
def test_the_course_follows_the_first_measure_that_was_imported(desk: Desk, scores_first: bool) -> None:
    imports = [partial(desk.import_scores, *SCORES), partial(desk.import_sessions, *GOOD)]
    for run in imports if scores_first else reversed(imports):
        assert run().exit_code == 0
    (course,) = courses(desk)
    assert course.primary_measure == "bdi"
    with desk.app.app_context():
        outcome = db.session.scalars(select(CourseOutcome)).one()
    assert (outcome.measure, outcome.state, outcome.latest) == ("bdi", "responding", 10)


def test_a_measure_that_somebody_chose_stays(desk: Desk) -> None:
    with desk.app.app_context():
        patient = add_patient(code="E1", by=None, clinic=db.session.scalars(select(Clinic)).one())
        course = open_course(patient, condition="anxiety", primary_measure="gad-7", opened_on=date(2024, 6, 1), by=None)
        assert course.primary_measure == "gad-7"
    desk.import_scores(*SCORES)
    (course,) = courses(desk)
    assert course.primary_measure == "gad-7"


BAD = [
    (",dosing,2024-07-08T10:00,im,50", "no code"),
    ("E1,trip,2024-07-08T10:00,im,50", "kind is 'trip'"),
    ("E1,dosing,2024-07-08T25:00,im,50", "no such day or time"),
    ("E1,dosing,8 July,im,50", "started_at"),
    ("E1,dosing,2024-03-31T02:30,im,50", "put forward"),
    ("E1,dosing,2999-07-08T10:00,im,50", "future"),
    ("E1,dosing,2024-07-08T10:00,rectal,50", "route is 'rectal'"),
    ("E1,dosing,2024-07-08T10:00,im,-50", "above 0"),
    ("E1,dosing,2024-07-08T10:00,im,0", "above 0"),
    ("E1,dosing,2024-07-08T10:00,im,inf", "no number"),
    ("E1,dosing,2024-07-08T10:00,im,50 mg", "no number"),
    ("E1,dosing,2024-07-08T10:00,im,0.125", "two decimals"),
    ("E1,dosing,2024-07-08T10:00,im,1000000", "above 0 mg and below"),
    ("E1,integration,2024-07-08T10:00,im,", "belong to a dosing session"),
    ("E1,dosing,2024-07-08T10:00,im", "4 columns"),
    ("KNOWN,dosing,1979-12-31,,", "before the patient was born"),
    ("E1,dosing,2024-07-08T10:00,im,60", "line 2 has this session"),
]


def test_every_bad_line_is_told_and_nothing_is_changed(desk: Desk) -> None:
    with desk.app.app_context():
        clinic = db.session.scalars(select(Clinic)).one()
        add_patient(code="KNOWN", birth_date=date(1980, 1, 1), by=None, clinic=clinic)
    refused = desk.import_sessions(GOOD[0], *(line for line, _ in BAD))
    assert refused.exit_code == 1
    told = [line for line in refused.stderr.splitlines() if line.startswith("line ")]
    for number, (fault, (line, reason)) in enumerate(zip(told, BAD, strict=True), start=3):
        assert fault.startswith(f"line {number}: "), (fault, line)
        assert reason in fault, (fault, line)
    assert desk.count(TreatmentSession) == desk.count(Course) == 0
    assert desk.count(Patient) == 1

    done = desk.import_sessions(GOOD[0], *(line for line, _ in BAD), options=("--skip-bad",))
    assert done.exit_code == 0
    assert desk.count(TreatmentSession) == 1
