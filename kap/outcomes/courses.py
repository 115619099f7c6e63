"""Every course of a patient in a line: what it treated, what was done, how it stood and how it ended."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from kap.durability import Verdict
from kap.measures.instruments import Catalogue, Instrument
from kap.outcomes.progress import Record, judged
from kap.outcomes.rules import settled
from kap.outcomes.wording import LABELS, headline, last_known
from kap.treatment.models import Condition, Course, EndReason, Kind


class CourseLine(NamedTuple):
    """A course as the page writes it; `number` counts from the first, `stood_on` is the day of the verdict."""

    id: UUID
    number: int
    condition: str
    measure: str
    opened_on: date
    ended_on: date | None
    ended: str
    doses: int
    integrations: int
    standing: str
    tone: str
    note: str
    stood_on: date | None


def course_lines(record: Record, catalogue: Catalogue) -> Sequence[CourseLine]:
    """The courses, the latest first, where there are several: one alone is told by the page itself."""
    if len(record.courses) < 2:
        return ()
    lines = []
    for number, course in zip(range(len(record.courses), 0, -1), record.courses, strict=True):
        instrument = catalogue.get(course.primary_measure) if course.primary_measure in catalogue else None
        verdict = standing(record, course, instrument) if instrument is not None else None
        happened = [s.row.kind for s in record.sessions if s.took_place and s.row.course_id == course.id]
        lines.append(
            CourseLine(
                id=course.id,
                number=number,
                condition=Condition(course.condition).label,
                measure=instrument.name if instrument else course.primary_measure,
                opened_on=course.opened_on,
                ended_on=course.ended_on,
                ended=EndReason(course.end_reason).label if course.end_reason else "",
                doses=happened.count(Kind.DOSING),
                integrations=happened.count(Kind.INTEGRATION),
                standing=headline(verdict, to_patient=False) if verdict else "",
                tone=LABELS[verdict.state][1] if verdict else "",
                note=last_known(verdict) if verdict else "",
                stood_on=verdict.as_of if verdict and verdict.as_of > date.min else None,
            )
        )
    return lines


def standing(record: Record, course: Course, instrument: Instrument) -> Verdict | None:
    """The verdict on a course: as of today while it is under way, else as of its last score or dose.

    What came of a course that has ended does not go stale.
    """
    _, history, verdict = judged(record, course, instrument)
    if history is not None and instrument.scale is not None and not course.open:
        return settled(history, instrument.scale)
    return verdict
