"""`flask import-scores`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy import select

from kap.audit.models import Action, AuditEvent
from kap.core.db import db
from kap.exchange.actions import import_scores
from kap.exchange.rows import ScoreRow
from kap.measures.models import Score, Source
from kap.outcomes.queries import latest_histories
from kap.people.actions import add_patient, set_up_clinic
from kap.people.models import Clinic, Patient
from tests.exchange.desk import SCORES, Desk

GOOD = ("E1,phq-9,2024-01-01,18", "E1,phq-9,2024-01-15,7", "E2,bdi,2024-01-01,30.5")


def test_scores_come_in_with_their_patients(desk: Desk) -> None:
    done = desk.import_scores(*GOOD)
    assert done.exit_code == 0, done.output
    assert "3 scores added, 0 were there already, 2 patients added." in done.output
    with desk.app.app_context():
        query = select(Patient.code, Score.measure, Score.taken_on, Score.value, Score.source).join(Score.patient)
        rows = [tuple(row) for row in db.session.execute(query.order_by(Patient.code, Score.taken_on))]
    assert rows == [
        ("E1", "phq-9", date(2024, 1, 1), 18, Source.IMPORT),
        ("E1", "phq-9", date(2024, 1, 15), 7, Source.IMPORT),
        ("E2", "bdi", date(2024, 1, 1), 30.5, Source.IMPORT),
    ]


def test_a_file_that_comes_twice_changes_nothing(desk: Desk) -> None:
    desk.import_scores(*GOOD)
    again = desk.import_scores(*GOOD, "E1,phq-9,2024-01-29,6")
    assert "1 scores added, 3 were there already." in again.output
    assert desk.count(Score) == 4
    assert desk.count(Patient) == 2


def test_the_same_score_twice_on_a_day_is_two_scores_however_often_the_file_comes(desk: Desk) -> None:
    lines = ("E1,phq-9,2024-01-01,18", "E1,phq-9,2024-01-01,12", "E1,phq-9,2024-01-01,18")
    desk.import_scores(*lines)
    desk.import_scores(*lines)
    assert desk.count(Score) == 3


def test_of_two_scores_on_a_day_the_later_line_counts(desk: Desk) -> None:
    many = [f"E1,bdi,2024-01-01,{value}" for value in range(60, 0, -1)]
    desk.import_scores(*many)
    desk.import_sessions("E1,dosing,2024-01-02T10:00,,")
    with desk.app.app_context():
        clinic = db.session.scalars(select(Clinic)).one()
        (found,) = latest_histories(clinic, "bdi", None)
    assert [reading.score for reading in found.readings] == list(range(60, 0, -1))


def test_two_imports_at_once_are_one_after_the_other(desk: Desk) -> None:
    rows = [ScoreRow(2, "E1", "phq-9", date(2024, 1, 1), 18), ScoreRow(3, "E2", "phq-9", date(2024, 1, 1), 18)]
    together = Barrier(2)

    def bring() -> int:
        with desk.app.app_context():
            clinic = db.session.scalars(select(Clinic)).one()
            together.wait(10)
            return import_scores(rows, clinic=clinic, by=None).added

    with ThreadPoolExecutor(2) as pool:
        added = [running.result() for running in [pool.submit(bring) for _ in range(2)]]
    assert sorted(added) == [0, 2]
    assert (desk.count(Score), desk.count(Patient)) == (2, 2)


def test_each_patient_has_it_in_the_log(desk: Desk) -> None:
    desk.import_scores(*GOOD)
    with desk.app.app_context():
        query = select(AuditEvent).where(AuditEvent.action == Action.SCORES_IMPORTED)
        events = db.session.scalars(query.order_by(AuditEvent.at)).all()
        codes = {patient.id: patient.code for patient in db.session.scalars(select(Patient))}
    assert {codes[event.patient_id]: event.detail for event in events if event.patient_id} == {
        "E1": {"added": 2},
        "E2": {"added": 1},
    }
    (whole,) = [event.detail for event in events if event.patient_id is None]
    assert whole == {"added": 3, "there_already": 0, "patients_added": 2, "courses_opened": 0, "faults": 0}


BAD = [
    (",phq-9,2024-01-01,18", "no code"),
    (f"{'x' * 41},phq-9,2024-01-01,18", "41 characters"),
    ("E\0 1,phq-9,2024-01-01,18", "NUL"),
    ("E1,hamd,2024-01-01,18", "no measure 'hamd'"),
    ("E1,,2024-01-01,18", "no measure ''"),
    ("E1,phq-9,01.02.2024,18", "taken_on"),
    ("E1,phq-9,20240101,18", "taken_on"),
    ("E1,phq-9,2024-02-30,18", "no such day"),
    ("E1,phq-9,,18", "taken_on"),
    ("E1,phq-9,2999-01-01,18", "future"),
    ("E1,phq-9,9999-12-31T23:59-12:00,18", "future"),
    ("E1,phq-9,0001-01-01,18", "before 1900"),
    ("E1,phq-9,2024-01-01,28", "28 is outside"),
    ("E1,phq-9,2024-01-01,-1", "-1 is outside"),
    ("E1,phq-9,2024-01-01,7.5", "whole"),
    ("E1,phq-9,2024-01-01,", "no number"),
    ("E1,phq-9,2024-01-01,nan", "no number"),
    ("E1,phq-9,2024-01-01,1e999", "no number"),
    ("E1,phq-9,2024-01-01,1_0", "no number"),
    ("E1,phq-9,2024-01-01,²", "no number"),
    ("E1,phq-9,2024-01-01", "3 columns"),
    ("E1,phq-9,2024-01-01,18,9", "5 columns"),
    ('"E1,phq-9,2024-01-01,18', "quotes"),
    ("KNOWN,phq-9,1979-12-31,18", "before the patient was born"),
]


@pytest.fixture
def known(desk: Desk) -> None:
    """A patient whose birth date is in the record."""
    with desk.app.app_context():
        clinic = db.session.scalars(select(Clinic)).one()
        add_patient(code="KNOWN", birth_date=date(1980, 1, 1), by=None, clinic=clinic)


def test_every_bad_line_is_told_and_nothing_is_changed(desk: Desk, known: None) -> None:
    refused = desk.import_scores(GOOD[0], *(line for line, _ in BAD), GOOD[1])
    assert refused.exit_code == 1
    told = [line for line in refused.stderr.splitlines() if line.startswith("line ")]
    for number, (fault, (line, reason)) in enumerate(zip(told, BAD, strict=True), start=3):
        assert fault.startswith(f"line {number}: "), (fault, line)
        assert reason in fault, (fault, line)
    assert f"Correct these {len(BAD)} lines" in refused.stderr
    assert desk.count(Score) == 0
    assert desk.count(Patient) == 1


def test_bad_lines_can_be_left_out(desk: Desk, known: None) -> None:
    done = desk.import_scores(GOOD[0], *(line for line, _ in BAD), GOOD[1], options=("--skip-bad",))
    assert done.exit_code == 0
    assert f"2 scores added, 0 were there already, 1 patients added, {len(BAD)} bad lines left out." in done.output
    assert "line 3: " in done.stderr
    assert desk.count(Score) == 2


def test_a_line_that_is_not_utf8_is_told_by_its_number(desk: Desk) -> None:
    text = f"{SCORES}\nE1,phq-9,2024-01-01,18\nM\xfcller,phq-9,2024-01-01,18\n".encode("latin-1")
    refused = desk.import_text("import-scores", text)
    assert refused.exit_code == 1
    assert "line 3: the line is not text in UTF-8." in refused.stderr


def test_what_spreadsheets_write_is_read(desk: Desk) -> None:
    one_score = [
        "\ufeff" + SCORES + "\nE1,phq-9,2024-01-01,18\n",
        SCORES + "\r\nE1,phq-9,2024-01-01,18\r\n\r\n",
        SCORES + "\rE1,phq-9,2024-01-01,18",
        "score,taken_on,measure,patient\n18,2024-01-01,phq-9,E1",
        SCORES + '\n"E1", phq-9 ,2024-01-01T23:30,18.0',
        SCORES + "\nE1,phq-9,2023-12-31T23:30Z,+18",
    ]
    for text in one_score:
        done = desk.import_text("import-scores", text)
        assert done.exit_code == 0, done.output
        with desk.app.app_context():
            query = select(Patient.code, Score.taken_on, Score.value).join(Score.patient)
            assert [tuple(row) for row in db.session.execute(query)] == [("E1", date(2024, 1, 1), 18)], text


def test_a_file_that_cannot_be_read_is_refused(desk: Desk) -> None:
    cases: list[tuple[str | bytes, str]] = [
        ("", "The file is empty."),
        ("patient;measure;taken_on;score\nE1;phq-9;2024-01-01;18", "semicolons"),
        ("patient,measure,score\nE1,phq-9,18", "no column taken_on"),
        ("patient,measure,taken_on,score,comment\nE1,phq-9,2024-01-01,18,x", "'comment'"),
        ("patient,measure,taken_on,score,score\nE1,phq-9,2024-01-01,18,18", "columns too many"),
        ("E1,phq-9,2024-01-01,18", "no column patient"),
        (SCORES.encode("utf-16"), "not text in UTF-8"),
    ]
    for text, reason in cases:
        refused = desk.import_text("import-scores", text)
        assert refused.exit_code == 1, text
        assert reason in refused.stderr


def test_a_file_that_is_missing_is_refused(desk: Desk) -> None:
    refused = desk.run("import-scores", str(desk.folder / "none.csv"))
    assert refused.exit_code == 2
    assert "does not exist" in refused.stderr


def test_where_there_are_several_clinics_one_is_named(desk: Desk) -> None:
    with desk.app.app_context():
        set_up_clinic(name="Other clinic", zone="America/New_York", country="US")
    refused = desk.import_scores(*GOOD)
    assert refused.exit_code == 2
    assert "Other clinic, Test clinic" in refused.stderr
    assert desk.import_scores(*GOOD, options=("--clinic", "Third")).exit_code == 2
    assert desk.import_scores(*GOOD, options=("--clinic", "Other clinic")).exit_code == 0
    assert desk.import_scores(*GOOD, options=("--clinic", "Test clinic")).exit_code == 0
    with desk.app.app_context():
        query = select(Clinic.name, Patient.code).join(Clinic, Clinic.id == Patient.clinic_id)
        assert {tuple(row) for row in db.session.execute(query)} == {
            (name, code) for name in ("Other clinic", "Test clinic") for code in ("E1", "E2")
        }
