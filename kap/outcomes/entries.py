"""The lines of the caseload, kept ready: one for each patient, and how many of them stand alike."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, text

from kap.charts.sparkline import sparkline
from kap.charts.trajectory import Point
from kap.core.db import db, new_id
from kap.durability import Reading
from kap.measures.instruments import Catalogue
from kap.outcomes.models import CaseloadCount, CaseloadEntry, CourseOutcome
from kap.outcomes.queries import CourseHistory
from kap.outcomes.rules import ALL, LONG_AGO, NEVER, CourseState, folded
from kap.safety.models import Alert

MOST_DRAWN = 60
"""How many scores the small trend shows; it is too narrow for more."""

Alike = tuple[UUID, date, str, bool]
"""Clinic, day of going stale, state, and whether there is an open alert: what is counted together."""
Moves = Counter[Alike]
"""By how much each count changes."""


class PatientRow(NamedTuple):
    """What a line needs of the patient."""

    id: UUID
    clinic_id: UUID
    code: str
    name: str | None


class Latest(NamedTuple):
    """The latest course of a patient and its verdict."""

    course: CourseHistory
    outcome: CourseOutcome


def keep_entries(
    patients: Sequence[PatientRow], latest: Mapping[UUID, Latest], measures: Catalogue, moves: Moves
) -> None:
    """Renew the lines of these patients, and note in `moves` what that does to the counts."""
    ids = [patient.id for patient in patients]
    query = select(CaseloadEntry).where(CaseloadEntry.patient_id.in_(ids)).execution_options(populate_existing=True)
    kept = {entry.patient_id: entry for entry in db.session.scalars(query)}
    alerts = _open_alerts(ids)
    for patient in patients:
        entry = kept.get(patient.id)
        if entry is None:
            entry = CaseloadEntry(clinic_id=patient.clinic_id, patient_id=patient.id)
            db.session.add(entry)
        else:
            moves.subtract(_counted(entry))
        _name(entry, patient)
        entry.alerts = alerts.get(patient.id, 0)
        entry.alerted = entry.alerts > 0
        _judge(entry, latest.get(patient.id), measures)
        moves.update(_counted(entry))


def _open_alerts(patient_ids: Sequence[UUID]) -> dict[UUID, int]:
    query = (
        select(Alert.patient_id, func.count())
        .where(Alert.patient_id.in_(patient_ids), Alert.acted_at.is_(None))
        .group_by(Alert.patient_id)
    )
    return dict(db.session.execute(query).tuples().all())


def _name(entry: CaseloadEntry, patient: PatientRow) -> None:
    entry.code, entry.name = patient.code, patient.name
    # A letter may come out as several: the keys are cut to what an index can hold.
    entry.label_key = folded(patient.name or patient.code)[:200]
    entry.search_key = folded(f"{patient.code} {patient.name or ''}")[:300]


def _judge(entry: CaseloadEntry, latest: Latest | None, measures: Catalogue) -> None:
    if latest is None:
        entry.condition = entry.ended_on = entry.measure = entry.weeks = entry.latest = entry.trend = None
        entry.course_state, entry.state, entry.reason = CourseState.NONE, "", ""
        entry.latest_on, entry.last_dose_on, entry.stale_on = LONG_AGO, NEVER, NEVER
        return
    course, outcome = latest
    entry.condition, entry.ended_on, entry.measure = course.condition, course.ended_on, course.measure
    entry.course_state = CourseState.ENDED if course.ended_on else CourseState.UNDER_WAY
    entry.state, entry.reason, entry.weeks = outcome.state or "", outcome.reason, outcome.weeks
    entry.latest, entry.latest_on = outcome.latest, outcome.latest_on or LONG_AGO
    entry.last_dose_on, entry.stale_on = outcome.last_dose_on or NEVER, outcome.stale_on or NEVER
    entry.trend = _trend(course.history.readings, course.measure, measures)


def _trend(readings: Sequence[Reading], measure: str, measures: Catalogue) -> list[Any] | None:
    """The scores of the course drawn small, ready to be written."""
    if not readings or measure not in measures:
        return None
    instrument = measures.get(measure)
    points = [Point(reading.on, reading.score, "") for reading in sorted(readings, key=lambda r: r.on)[-MOST_DRAWN:]]
    drawn = sparkline(points, minimum=instrument.minimum, maximum=instrument.maximum, label="")
    return [len(readings), drawn.line, drawn.bridges, *(drawn.latest or ())]


def _counted(entry: CaseloadEntry) -> tuple[Alike, Alike]:
    """The two counts that an entry is in."""
    return (
        (entry.clinic_id, NEVER, ALL, entry.alerted),
        (entry.clinic_id, entry.stale_on, entry.state, entry.alerted),
    )


_COUNT = text(
    "INSERT INTO caseload_count (id, clinic_id, stale_on, state, alerted, number)"
    " VALUES (:id, :clinic_id, :stale_on, :state, :alerted, :number)"
    " ON CONFLICT (clinic_id, stale_on, state, alerted)"
    " DO UPDATE SET number = caseload_count.number + excluded.number"
).bindparams(
    *(
        bindparam(name, type_=CaseloadCount.__table__.c[name].type)
        for name in ("id", "clinic_id", "stale_on", "state", "alerted", "number")
    )
)


def keep_counts(moves: Moves) -> None:
    """Change the counts. In one order, so that no two wait for each other."""
    rows = [
        {"id": new_id(), "clinic_id": clinic_id, "stale_on": stale_on, "state": state, "alerted": alerted, "number": by}
        for (clinic_id, stale_on, state, alerted), by in sorted(moves.items())
        if by
    ]
    if rows:
        db.session.execute(_COUNT, rows)
