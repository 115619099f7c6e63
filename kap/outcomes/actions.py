"""Keeping the stored verdicts true: after every change, for every patient that it touched."""

from uuid import UUID

from sqlalchemy import select

from kap.core.db import db
from kap.measures.instruments import Catalogue
from kap.measures.queries import catalogue
from kap.outcomes.models import CourseOutcome
from kap.outcomes.queries import BATCH, CLINICS, PATIENTS, CourseHistory, primary_histories, scale_of
from kap.outcomes.rules import settled
from kap.people.models import Patient
from kap.treatment.models import Course


def keep_outcomes(patient_ids: frozenset[UUID]) -> None:
    """Work out the verdict of every course of these patients and store it; inside `recording`."""
    measures = catalogue()
    _hold(sorted(patient_ids))
    kept = _kept(list(patient_ids))
    for found in primary_histories(patient_ids, measures):
        outcome = kept.get(found.course_id)
        if outcome is None:
            outcome = CourseOutcome(clinic_id=found.clinic_id, patient_id=found.patient_id, course_id=found.course_id)
            db.session.add(outcome)
        _write(outcome, found, measures)


def _hold(patient_ids: list[UUID]) -> None:
    """Wait for others who are changing these records: the verdict is to know what they have written."""
    for start in range(0, len(patient_ids), BATCH):
        db.session.execute(_PATIENTS, {"patients": patient_ids[start : start + BATCH]})


_PATIENTS = select(Patient.id).where(Patient.id.in_(PATIENTS)).order_by(Patient.id).with_for_update(key_share=True)


def _kept(patient_ids: list[UUID]) -> dict[UUID, CourseOutcome]:
    kept: dict[UUID, CourseOutcome] = {}
    for start in range(0, len(patient_ids), BATCH):
        found = db.session.scalars(_OUTCOMES, {"patients": patient_ids[start : start + BATCH]})
        kept |= {outcome.course_id: outcome for outcome in found}
    return kept


_OUTCOMES = select(CourseOutcome).where(
    CourseOutcome.course_id.in_(select(Course.id).where(Course.clinic_id.in_(CLINICS), Course.patient_id.in_(PATIENTS)))
)


def _write(outcome: CourseOutcome, found: CourseHistory, catalogue: Catalogue) -> None:
    history = found.history
    latest = max(enumerate(history.readings), key=lambda pair: (pair[1].on, pair[0]), default=None)
    outcome.measure = found.measure
    outcome.latest = latest[1].score if latest else None
    outcome.latest_on = latest[1].on if latest else None
    outcome.last_dose_on = max(history.doses, default=None)
    scale = scale_of(found.measure, catalogue)
    if scale is None:
        outcome.state, outcome.reason, outcome.weeks, outcome.baseline, outcome.stale_on = None, "", None, None, None
        return
    verdict = settled(history, scale)
    stale = verdict.last_known is not None
    outcome.state = verdict.last_known if stale else verdict.state
    outcome.reason = verdict.last_known_reason if stale else verdict.reason
    outcome.weeks = verdict.last_known_weeks if stale else verdict.weeks
    outcome.baseline = verdict.baseline.score if verdict.baseline else None
    outcome.stale_on = verdict.stale_on
