"""Keeping the stored verdicts true: after every change, for every patient that it touched."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from kap.audit.log import recording, touch
from kap.audit.models import Action
from kap.core.db import db
from kap.measures.instruments import Catalogue
from kap.measures.queries import catalogue
from kap.outcomes.entries import Latest, Moves, PatientRow, keep_counts, keep_entries
from kap.outcomes.models import CourseOutcome
from kap.outcomes.queries import (
    BATCH,
    CLINICS,
    PATIENTS,
    CourseHistory,
    patients_without_entry,
    primary_histories,
    scale_of,
)
from kap.outcomes.rules import settled
from kap.people.models import Patient
from kap.treatment.models import Course


def keep_outcomes(patient_ids: frozenset[UUID]) -> None:
    """Work out the verdict of every course of these patients, store it, and renew their lines in the caseload.

    Inside `recording`.
    """
    ids, moves = sorted(patient_ids), Moves()
    for start in range(0, len(ids), BATCH):
        _keep(ids[start : start + BATCH], moves)
    db.session.flush()
    # The rows that everybody shares come last: from here it is but a moment to the commit.
    keep_counts(moves)


def fill_caseload() -> None:
    """Give a line to every patient who has none, as after the upgrade that brought the list."""
    missing = patients_without_entry()
    if missing:
        with recording(Action.CASELOAD_FILLED, by=None) as event:
            event.detail = {"patients": len(missing)}
            touch(*missing)


def _keep(patient_ids: list[UUID], moves: Moves) -> None:
    measures, patients = catalogue(), _held(patient_ids)
    kept = {outcome.course_id: outcome for outcome in db.session.scalars(_OUTCOMES, {"patients": patient_ids})}
    latest: dict[UUID, Latest] = {}
    for found in primary_histories(patient_ids, measures):
        outcome = kept.get(found.course_id)
        if outcome is None:
            outcome = CourseOutcome(clinic_id=found.clinic_id, patient_id=found.patient_id, course_id=found.course_id)
            db.session.add(outcome)
        _write(outcome, found, measures)
        if found.latest:
            latest[found.patient_id] = Latest(found, outcome)
    keep_entries(patients, latest, measures, moves)


def _held(patient_ids: list[UUID]) -> Sequence[PatientRow]:
    """The patients, when others who are changing their records are done: the verdict is to know what they wrote."""
    return [PatientRow._make(row) for row in db.session.execute(_PATIENTS, {"patients": patient_ids})]


_PATIENTS = (
    select(Patient.id, Patient.clinic_id, Patient.code, Patient.name)
    .where(Patient.id.in_(PATIENTS))
    .order_by(Patient.id)
    .with_for_update(key_share=True)
)


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
