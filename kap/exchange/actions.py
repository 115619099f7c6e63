"""Bringing a file into the record: everything or nothing, and nothing twice."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from kap.audit.log import recording, touch
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import Model, db, new_id
from kap.core.refusal import Refused
from kap.exchange import queries
from kap.exchange.queries import KnownPatient
from kap.exchange.rows import Fault, ScoreRow, SessionRow
from kap.measures.models import Score, Source
from kap.people.models import Clinic, Patient, User
from kap.treatment.models import KINDS, Condition, Course, Kind, Status, TreatmentSession
from kap.treatment.rules import medicine_for

BATCH = 1000
"""How many rows are written by one statement."""

UNCHOSEN = "phq-9"
"""The primary measure of a course that an import opens before any score is known."""

Row = TypeVar("Row", ScoreRow, SessionRow)
Done = Callable[[int], object]
Values = dict[str, Any]


def _unwatched(rows: int) -> None:
    """Nobody waits for the progress."""


class BadRows(Exception):
    """Lines that cannot be imported, all of them; nothing was."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} lines cannot be imported.")
        self.faults = faults


@dataclass
class Imported:
    """What an import came to, in rows; `faults` are those that were skipped."""

    faults: list[Fault] = field(default_factory=list)
    added: int = 0
    there_already: int = 0
    patients_added: int = 0
    courses_opened: int = 0


def import_scores(
    rows: Sequence[ScoreRow],
    *,
    clinic: Clinic,
    faults: Sequence[Fault] = (),
    skip_bad: bool = False,
    done: Done = _unwatched,
    by: User | None,
) -> Imported:
    """Add the scores that are not in the record yet, in the order of the file, and the patients that are not.

    BadRows where any line is at fault, unless `skip_bad`. `done` is told how many rows are dealt with.
    """
    with _importing(Action.SCORES_IMPORTED, clinic, by, done) as at_work:
        new = _new_scores(at_work.checked(rows, faults, skip_bad), at_work)
        at_work.add_patients(new)
        unscored = {at_work.id_of(row) for row in new} - queries.scored_patients(clinic)
        # A microsecond apart, so that the order of entry is the order of the file.
        first, ids = clock.now() - timedelta(microseconds=len(new)), _ids(len(new))
        values = [
            {
                **at_work.place(row),
                "id": row_id,
                "measure": row.measure,
                "taken_on": row.day,
                "value": row.value,
                "source": Source.IMPORT,
                "entered_at": first + timedelta(microseconds=place),
                "entered_by": by.id if by else None,
            }
            for place, (row_id, row) in enumerate(zip(ids, new, strict=True))
        ]
        _write(Score, values, done)
        _choose_measures(unscored, at_work)
        at_work.log(Counter(at_work.id_of(row) for row in new))
    return at_work.imported


def import_sessions(
    rows: Sequence[SessionRow],
    *,
    clinic: Clinic,
    faults: Sequence[Fault] = (),
    skip_bad: bool = False,
    done: Done = _unwatched,
    by: User | None,
) -> Imported:
    """Add the sessions that are not in the record yet, as ones that took place, to the open course or to a new one.

    A session is known by patient, kind and start; one that is in the record stays as it is.
    BadRows where any line is at fault, unless `skip_bad`. `done` is told how many rows are dealt with.
    """
    with _importing(Action.SESSIONS_IMPORTED, clinic, by, done) as at_work:
        new = _new_sessions(at_work.checked(rows, [*faults, *_contradictions(rows)], skip_bad), at_work)
        at_work.add_patients(new)
        courses = _courses(new, at_work)
        ids = _ids(len(new))
        values = [
            {
                **at_work.place(row),
                "id": row_id,
                "course_id": courses[at_work.id_of(row)],
                "kind": row.kind,
                "status": Status.TOOK_PLACE,
                "starts_at": row.starts_at,
                "created_by": by.id if by else None,
            }
            for row_id, row in zip(ids, new, strict=True)
        ]
        _write(TreatmentSession, values, done)
        for kind, model in KINDS.items():
            of_kind = [(row_id, row) for row_id, row in zip(ids, new, strict=True) if row.kind is kind]
            _write(model, [{"id": row_id, **_detail(row)} for row_id, row in of_kind])
        at_work.log(Counter(at_work.id_of(row) for row in new))
    return at_work.imported


@dataclass
class _Import:
    """An import under way: what it knows of the record, and the account of what it does."""

    action: Action
    clinic: Clinic
    by: User | None
    done: Done
    patients: dict[str, KnownPatient]
    imported: Imported = field(default_factory=Imported)

    def id_of(self, row: ScoreRow | SessionRow) -> UUID:
        """The patient of a row; one who is known by now."""
        return self.patients[row.patient].id

    def place(self, row: ScoreRow | SessionRow) -> Values:
        """Whose record a row belongs to."""
        return {"clinic_id": self.clinic.id, "patient_id": self.id_of(row)}

    def checked(self, rows: Sequence[Row], faults: Iterable[Fault], skip_bad: bool) -> list[Row]:
        """The rows that can be imported."""
        found = {fault.line: fault for fault in faults}
        for row in rows:
            born = self.patients[row.patient].birth_date if row.patient in self.patients else None
            if born is not None and row.day < born:
                found[row.line] = Fault(row.line, f"{row.day} is before the patient was born ({born}).")
        self.imported.faults = sorted(found.values())
        if found and not skip_bad:
            raise BadRows(self.imported.faults)
        good = [row for row in rows if row.line not in found]
        self.done(len(rows) - len(good))
        return good

    def account(self, rows: Sequence[Row], new: list[Row]) -> list[Row]:
        """The new ones of the rows, when they have been counted."""
        self.imported.added, self.imported.there_already = len(new), len(rows) - len(new)
        self.done(self.imported.there_already)
        return new

    def add_patients(self, rows: Sequence[ScoreRow | SessionRow]) -> None:
        """Make the patients of the rows whose codes are not known."""
        codes = [code for code in dict.fromkeys(row.patient for row in rows) if code not in self.patients]
        added = {code: KnownPatient(key, None) for code, key in zip(codes, _ids(len(codes)), strict=True)}
        _write(
            Patient,
            [{"id": known.id, "clinic_id": self.clinic.id, "code": code} for code, known in added.items()],
        )
        self.patients |= added
        self.imported.patients_added = len(added)
        events = [self.event(Action.PATIENT_ADDED, known.id, Patient, known.id) for known in added.values()]
        _write(AuditEvent, events)

    def event(
        self,
        action: Action,
        patient_id: UUID,
        kind: type[Model] | None = None,
        row_id: UUID | None = None,
        **detail: int,
    ) -> Values:
        """What stands in the log of one patient, about one of their rows or with a number."""
        return {
            "id": new_id(),
            "clinic_id": self.clinic.id,
            "actor_id": self.by.id if self.by else None,
            "action": action,
            "patient_id": patient_id,
            "object_type": kind.__tablename__ if kind else None,
            "object_id": row_id,
            "detail": detail,
        }

    def log(self, rows_of: Counter[UUID]) -> None:
        """Say in the log of each patient how many rows came, and have what follows from them worked out."""
        _write(
            AuditEvent, [self.event(self.action, patient_id, added=number) for patient_id, number in rows_of.items()]
        )
        touch(*rows_of)


@contextmanager
def _importing(action: Action, clinic: Clinic, by: User | None, done: Done) -> Iterator[_Import]:
    """One transaction; two imports into one clinic wait for each other, so that neither doubles the other's rows."""
    try:
        with recording(action, by=by, about=clinic) as event:
            db.session.refresh(clinic, with_for_update={"key_share": True})
            at_work = _Import(action, clinic, by, done, queries.patients_by_code(clinic))
            yield at_work
            imported = at_work.imported
            event.clinic_id = clinic.id
            event.detail = {**asdict(imported), "faults": len(imported.faults)}
    except IntegrityError:
        raise Refused("The record was changed at the same time, and nothing was imported. Please try again.") from None


def _contradictions(rows: Sequence[SessionRow]) -> Iterator[Fault]:
    """Lines that tell of the session of an earlier line, and tell it otherwise."""
    told: dict[tuple[object, ...], SessionRow] = {}
    for row in rows:
        first = told.setdefault((row.patient, row.kind, row.starts_at), row)
        if (first.route, first.dose_mg) != (row.route, row.dose_mg):
            yield Fault(row.line, f"line {first.line} has this session with another route or amount.")


def _new_scores(rows: Sequence[ScoreRow], at_work: _Import) -> list[ScoreRow]:
    """The scores beyond those that the record has: the same one twice on a day counts twice."""
    there = queries.score_counts(at_work.clinic, {row.measure for row in rows})
    new = []
    for row in rows:
        patient = at_work.patients.get(row.patient)
        key = (patient.id, row.measure, row.day, row.value) if patient else None
        if key is not None and there[key] > 0:
            there[key] -= 1
        else:
            new.append(row)
    return at_work.account(rows, new)


def _new_sessions(rows: Sequence[SessionRow], at_work: _Import) -> list[SessionRow]:
    """The sessions that the record does not have, each once."""
    there = queries.session_keys(at_work.clinic)
    unknown: dict[tuple[object, ...], SessionRow] = {}
    for row in rows:
        patient = at_work.patients.get(row.patient)
        if patient is None or (patient.id, row.kind, row.starts_at) not in there:
            unknown.setdefault((row.patient, row.kind, row.starts_at), row)
    return at_work.account(rows, list(unknown.values()))


def _courses(rows: Sequence[SessionRow], at_work: _Import) -> dict[UUID, UUID]:
    """The open course of each patient of the rows, opened where there is none."""
    courses = queries.open_courses(at_work.clinic)
    measures = queries.first_imported_measures(at_work.clinic)
    first_days: dict[UUID, date] = {}
    for row in rows:
        patient_id = at_work.id_of(row)
        if patient_id not in courses:
            first_days[patient_id] = min(row.day, first_days.get(patient_id, row.day))
    opened = dict(zip(first_days, _ids(len(first_days)), strict=True))
    values = [
        {
            "id": opened[patient_id],
            "clinic_id": at_work.clinic.id,
            "patient_id": patient_id,
            "condition": Condition.NOT_RECORDED,
            "primary_measure": measures.get(patient_id, UNCHOSEN),
            "opened_on": day,
        }
        for patient_id, day in first_days.items()
    ]
    _write(Course, values)
    events = [
        at_work.event(Action.COURSE_OPENED, patient_id, Course, course_id, imported=True)
        for patient_id, course_id in opened.items()
    ]
    _write(AuditEvent, events)
    at_work.imported.courses_opened = len(opened)
    return courses | opened


def _choose_measures(unscored: set[UUID], at_work: _Import) -> None:
    """Let courses that an import opened before there was any score follow the first measure that came."""
    measures = queries.first_imported_measures(at_work.clinic)
    events = []
    for course in queries.courses_without_a_choice(at_work.clinic, unscored):
        measure = measures[course.patient_id]
        if course.primary_measure != measure:
            course.primary_measure = measure
            events.append(at_work.event(Action.COURSE_CHANGED, course.patient_id, Course, course.id))
    _write(AuditEvent, events)


def _detail(row: SessionRow) -> Values:
    if row.kind is not Kind.DOSING:
        return {}
    return {"route": row.route, "medicine": medicine_for(row.route), "dose_mg": row.dose_mg}


def _ids(number: int) -> list[UUID]:
    """New ids that sort as they stand."""
    return sorted(new_id() for _ in range(number))


def _write(model: type[Model], rows: Sequence[Values], done: Done = _unwatched) -> None:
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        db.session.execute(insert(model.__table__), batch)  # type: ignore[arg-type]
        done(len(batch))
