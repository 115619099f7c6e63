"""Which scores and doses belong to which course, and how a stored verdict ages. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from kap.durability import Reading, Scale, State, Verdict, assess

BASELINE_WINDOW = timedelta(days=28)
"""How long before its first dose the scores of a course begin."""


class Course(NamedTuple):
    """What the rules need of a course."""

    id: UUID
    opened_on: date


@dataclass(frozen=True, slots=True)
class History:
    """One course's scores, in the order of entry, and the days of its doses."""

    readings: tuple[Reading, ...]
    doses: tuple[date, ...]

    @property
    def last_score_on(self) -> date | None:
        """The day of the last score."""
        return max((reading.on for reading in self.readings), default=None)


def histories(
    courses: Sequence[Course], doses: Mapping[UUID, Sequence[date]], readings: Sequence[Reading]
) -> dict[UUID, History]:
    """The history of each course of one patient, on one measure.

    Its scores run from 28 days before its first dose to the day before the next course's first dose; a course
    that has no dose yet begins when it was opened.
    """
    first_doses = {course.id: min(doses[course.id]) for course in courses if doses.get(course.id)}
    found = {}
    for course in courses:
        begin = first_doses.get(course.id, course.opened_on)
        end = min((day for day in first_doses.values() if day > begin), default=date.max)
        found[course.id] = History(
            readings=tuple(r for r in readings if begin - BASELINE_WINDOW <= r.on < end),
            doses=tuple(sorted(doses.get(course.id, ()))),
        )
    return found


def settled(history: History, scale: Scale) -> Verdict:
    """The verdict that holds until the next score, the next dose, or the day on which it goes stale."""
    days = [day for day in (history.last_score_on, max(history.doses, default=None)) if day is not None]
    return assess(history.readings, history.doses, as_of=max(days, default=date.min), scale=scale)


def state_on(today: date, state: State | None, reason: str, stale_on: date | None) -> tuple[State | None, str]:
    """The state and reason that a stored verdict has `today`."""
    if stale_on is not None and today >= stale_on:
        return State.NOT_ENOUGH_DATA, "stale"
    return state, reason
