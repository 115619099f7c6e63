"""Which scores and doses belong to which course, how a stored verdict ages, and what is searched for. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from kap.durability import Reading, Scale, State, Verdict, assess

BASELINE_WINDOW_DAYS = 28
"""How long before its first dose the scores of a course begin, on a measure that does not say otherwise."""

NEVER = date.max
"""Stands in the caseload for a day that will not come, or is not known: it sorts last."""
LONG_AGO = date.min
"""The same where the latest day stands first."""
ALL = "all"
"""Among the counts of the caseload: every state."""


class CourseState(StrEnum):
    """Where the latest course of a patient stands."""

    UNDER_WAY = "under-way"
    ENDED = "ended"
    NONE = "none"

    @property
    def label(self) -> str:
        """The words on the page."""
        return {"under-way": "Under way", "ended": "Ended", "none": "No course yet"}[self.value]


class CourseDates(NamedTuple):
    """What the rules need of a course."""

    id: UUID
    opened_on: date


@dataclass(frozen=True, slots=True)
class History:
    """One course's scores, in the order of entry, the days of its doses, and between which days its scores lie."""

    readings: tuple[Reading, ...]
    doses: tuple[date, ...]
    begin: date
    end: date

    @property
    def last_score_on(self) -> date | None:
        """The day of the last score."""
        return max((reading.on for reading in self.readings), default=None)


def histories(
    courses: Sequence[CourseDates],
    doses: Mapping[UUID, Sequence[date]],
    readings: Sequence[Reading],
    scale: Scale | None,
) -> dict[UUID, History]:
    """The history of each course of one patient, on one measure.

    Its scores run from 28 days (or what the scale says) before its first dose to the day before the next course's
    first dose; a course that has no dose yet begins when it was opened.
    """
    window = timedelta(days=scale.baseline_window_days if scale else BASELINE_WINDOW_DAYS)
    first_doses = {course.id: min(doses[course.id]) for course in courses if doses.get(course.id)}
    found = {}
    for course in courses:
        first = first_doses.get(course.id, course.opened_on)
        begin = first - window
        end = min((day - timedelta(days=1) for day in first_doses.values() if day > first), default=date.max)
        found[course.id] = History(
            readings=tuple(r for r in readings if begin <= r.on <= end),
            doses=tuple(sorted(doses.get(course.id, ()))),
            begin=begin,
            end=end,
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


def folded(text: str) -> str:
    """The text as it is searched and sorted: small letters without accents, so that "muller" finds "Müller"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))
