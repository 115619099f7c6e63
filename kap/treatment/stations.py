"""What stands in the sessions of a course, by column: few statements however many sessions, and only this is opened."""

import json
from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, func, select

from kap.core.db import Key, UtcDateTime, db
from kap.core.sealed import Sealed
from kap.people.load import CLINIC, PATIENT, of_patient
from kap.people.models import Patient
from kap.treatment.models import (
    KINDS,
    Course,
    DosingSession,
    IntegratedDose,
    IntegrationSession,
    IntentionReview,
    Kept,
    Kind,
    PreparationSession,
    SessionTheme,
    Status,
    Theme,
    TreatmentSession,
)

COURSE: BindParameter[UUID] = bindparam("course", type_=Key())


class Written(NamedTuple):
    """What was written in a session: when it began or its dose was given, its intention, and of a talk its answers
    and its themes in words.
    """

    at: datetime
    intention: str
    answers: dict[str, Any]
    themes: str


def written_in(course: Course, patient: Patient) -> dict[UUID, Written]:
    """What was written in the sessions of the course; one statement."""
    asked = of_patient(patient) | {"course": course.id}
    return {row.id: _written(row) for row in db.session.execute(_WRITTEN, asked)}


def _written(row: Any) -> Written:
    def opened(column: str) -> str:
        return Sealed(column).opened(KINDS[Kind(row.kind)].__tablename__, row.id, getattr(row, column))

    answers = json.loads(opened("answers_sealed") or "{}")
    return Written(row.at, opened("intention_sealed"), answers, opened("themes_sealed"))


_SESSION, _PREPARATION = TreatmentSession.__table__.c, PreparationSession.__table__.c
_DOSING, _INTEGRATION = DosingSession.__table__.c, IntegrationSession.__table__.c
_OF_COURSE = (_SESSION.clinic_id == CLINIC, _SESSION.patient_id == PATIENT, _SESSION.course_id == COURSE)
_WRITTEN = (
    select(
        _SESSION.id,
        _SESSION.kind,
        func.coalesce(_DOSING.dosed_at, _SESSION.starts_at, type_=UtcDateTime()).label("at"),
        _SESSION.intention_sealed,
        func.coalesce(_PREPARATION.answers_sealed, _INTEGRATION.answers_sealed).label("answers_sealed"),
        _INTEGRATION.themes_sealed,
    )
    .select_from(TreatmentSession.__table__)
    .outerjoin(DosingSession.__table__, _DOSING.id == _SESSION.id)
    .outerjoin(PreparationSession.__table__, _PREPARATION.id == _SESSION.id)
    .outerjoin(IntegrationSession.__table__, _INTEGRATION.id == _SESSION.id)
    .where(*_OF_COURSE, _SESSION.error_at.is_(None))
)


def themes_in(course: Course, patient: Patient) -> dict[UUID, list[Theme]]:
    """The coded themes of the sessions of the course; one statement."""
    found: dict[UUID, list[Theme]] = defaultdict(list)
    for session_id, theme in db.session.execute(_THEMES, of_patient(patient) | {"course": course.id}):
        found[session_id].append(Theme(theme))
    return found


_THEMES = (
    select(SessionTheme.session_id, SessionTheme.theme)
    .join(TreatmentSession.__table__, _SESSION.id == SessionTheme.session_id)
    .where(*_OF_COURSE)
    .order_by(SessionTheme.session_id, SessionTheme.theme)
)


def doses_named(patient: Patient) -> dict[UUID, list[UUID]]:
    """The doses that each integration session of the patient names; one statement."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for integration_id, dosing_id in db.session.execute(_TIES, of_patient(patient)):
        found[integration_id].append(dosing_id)
    return found


_TIES = (
    select(IntegratedDose.integration_id, IntegratedDose.dosing_id)
    .where(IntegratedDose.clinic_id == CLINIC, IntegratedDose.patient_id == PATIENT)
    .order_by(IntegratedDose.id)
)


def intentions_found(patient: Patient) -> dict[UUID, tuple[str, str]]:
    """What was last found of the intention of each session, and the words in which it was last put anew; one
    statement.
    """
    found: dict[UUID, tuple[str, str]] = {}
    for id_, about_id, status, sealed in db.session.execute(_FOUND, of_patient(patient)):
        words = Sealed("words_sealed").opened(IntentionReview.__tablename__, id_, sealed)
        _, before = found.get(about_id, ("", ""))
        found[about_id] = IntentionReview(status=Kept(status)).label, words or before
    return found


_FOUND = (
    select(IntentionReview.id, IntentionReview.about_id, IntentionReview.status, IntentionReview.words_sealed)
    .join(TreatmentSession.__table__, _SESSION.id == IntentionReview.session_id)
    .where(IntentionReview.clinic_id == CLINIC, IntentionReview.patient_id == PATIENT)
    .where(_SESSION.status == Status.TOOK_PLACE, _SESSION.error_at.is_(None))
    .order_by(_SESSION.starts_at, IntentionReview.id)
)
