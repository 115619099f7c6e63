"""What was answered and scored."""

from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app
from sqlalchemy import Select, func, select

from kap.core import clock
from kap.core.db import db
from kap.measures.instruments import Catalogue, Instrument
from kap.measures.models import Answer, Questionnaire, Score
from kap.people.load import CLINIC, PATIENT, of_patient
from kap.people.models import Clinic, Patient
from kap.treatment.queries import open_course_of

LASTS = timedelta(days=1)
"""How long after its day a form can still be finished: later the answers would be about other days than its date."""


class ScoreRow(NamedTuple):
    """One score, as charts, lists and the verdict read it."""

    id: UUID
    measure: str
    taken_on: date
    value: float
    flag: int | None
    source: str


class OpenForm(NamedTuple):
    """A form that the patient has begun and can go on with."""

    id: UUID
    instrument: str
    taken_on: date
    answered: int


def catalogue() -> Catalogue:
    """The measures of this installation."""
    found: Catalogue = current_app.extensions["kap_catalogue"]
    return found


def instrument_of(score: Score) -> Instrument | None:
    """The measure of a score; None where it is declared no longer."""
    return catalogue().get(score.measure) if score.measure in catalogue() else None


def offered(patient: Patient) -> tuple[Instrument | None, list[Instrument]]:
    """The measure that the open course follows, and all the others."""
    course = open_course_of(patient)
    primary = next((measure for measure in catalogue() if course and measure.id == course.primary_measure), None)
    return primary, [measure for measure in catalogue() if measure is not primary]


def clinic_day(patient: Patient) -> date:
    """Today, where the patient is treated."""
    clinic = db.session.get_one(Clinic, patient.clinic_id)
    return clock.today(clinic.zone_info)


def scores_of(patient: Patient, measure: str | None = None, *, in_error: bool = False) -> list[ScoreRow]:
    """The scores that count, of one measure or of all, by date and then in the order in which they were entered.

    `in_error`: only those that were marked as entered in error.
    """
    query = _scores(in_error)
    if measure is not None:
        query = query.where(Score.measure == measure)
    return [ScoreRow._make(row) for row in db.session.execute(query, of_patient(patient))]


@cache
def _scores(in_error: bool) -> Select[Any]:
    return (
        select(Score.id, Score.measure, Score.taken_on, Score.value, Score.flag, Score.source)
        .where(Score.clinic_id == CLINIC, Score.patient_id == PATIENT)
        .where(Score.error_at.is_not(None) if in_error else Score.error_at.is_(None))
        .order_by(Score.taken_on, Score.entered_at, Score.id)
    )


def open_questionnaires(patient: Patient) -> list[OpenForm]:
    """The forms that the patient has begun and may still finish, the latest first."""
    query = (
        select(Questionnaire.id, Questionnaire.instrument, Questionnaire.taken_on, func.count(Answer.id))
        .outerjoin(Answer, Answer.questionnaire_id == Questionnaire.id)
        .where(
            Questionnaire.clinic_id == patient.clinic_id,
            Questionnaire.patient_id == patient.id,
            Questionnaire.started_by == patient.user_id,
            Questionnaire.completed_at.is_(None),
            Questionnaire.taken_on >= clinic_day(patient) - LASTS,
        )
        .group_by(Questionnaire.id, Questionnaire.instrument, Questionnaire.taken_on, Questionnaire.started_at)
        .order_by(Questionnaire.started_at.desc())
    )
    return [OpenForm._make(row) for row in db.session.execute(query)]


def lapsed(questionnaire: Questionnaire) -> bool:
    """True where the day of an unfinished form is too long past to finish it."""
    return questionnaire.taken_on < clinic_day(questionnaire.patient) - LASTS


def score_of(questionnaire: Questionnaire) -> Score | None:
    """The score of a finished form, also if it was marked entered in error."""
    return db.session.scalar(select(Score).where(Score.questionnaire_id == questionnaire.id))


def answers_of(score: Score) -> dict[int, int]:
    """The answers behind a score, by the number of the item; none where only the total was entered."""
    query = select(Answer.item, Answer.value).where(Answer.questionnaire_id == score.questionnaire_id)
    return {row.item: row.value for row in db.session.execute(query)}
