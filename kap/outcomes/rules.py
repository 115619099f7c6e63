"""Which scores belong to which course, how a stored verdict ages, what is compared round a dose; what is searched for.

Pure.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from kap.durability import Reading, Scale, State, Verdict, assess
from kap.durability.readings import TOLERANCE, one_a_day

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


AFTER_DAYS = 45
"""How long after a dose a score still tells of it."""
SETTLE_DAYS = 7
"""How long after a dose a score begins to tell of it, on a measure that says nothing of how far back it looks."""


class Window(NamedTuple):
    """From one day to another, both included."""

    first: date
    last: date


class Change(StrEnum):
    """A change beside the reliable change of its measure."""

    BETTER = "reliably better"
    WORSE = "reliably worse"
    WITHIN = "within measurement error"


class After(NamedTuple):
    """A score after a dose: how much better it is than the one before, and the days of all doses in between."""

    reading: Reading
    better: float | None
    change: Change | None
    spans: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class AroundDose:
    """One measure before and after the doses of one day. No score is carried into a window that has none.

    `last` is None too where the last score before the next dose is the first one after this. `until` is where it is
    looked for; None where the next dose came before a score could tell of this one.
    """

    before_window: Window
    after_window: Window
    until: Window | None
    before: Reading | None
    first: After | None
    last: After | None


def settle_days(scale: Scale | None, recall_days: int | None) -> int:
    """How many days after a dose a score begins to tell of it: half of the time that the questions look back on."""
    if scale is not None:
        return max(scale.settle_days, 1)
    return -(-recall_days // 2) if recall_days else SETTLE_DAYS


def around_dose(
    on: date,
    doses: Sequence[date],
    readings: Sequence[Reading],
    *,
    scale: Scale | None,
    higher_is_worse: bool,
    settle: int,
) -> AroundDose:
    """Compare what was scored before and after the dose on this day; `doses` are those of all courses.

    Before: the last score of the 28 days up to the dose, its own day included. After: the first score from `settle`
    to 45 days after it, and the last one of that time up to the next dose, the day of that dose included: a score on
    the day of a dose is one before it. Of two scores on one day the later entered counts.
    """
    before_days = scale.baseline_window_days if scale else BASELINE_WINDOW_DAYS
    before_window = Window(on - timedelta(days=before_days), on)
    after_window = Window(on + timedelta(days=settle), on + timedelta(days=AFTER_DAYS))
    following = min((day for day in doses if day > on), default=date.max)
    until = Window(after_window.first, min(after_window.last, following))
    daily = one_a_day(readings, until=date.max)
    before = _within(before_window, daily)[-1:]
    base = before[0] if before else None

    def after(reading: Reading) -> After:
        better = None
        if base is not None:
            better = (base.score - reading.score) * (1 if higher_is_worse else -1)
        since = base.on if base else on
        spans = tuple(sorted({day for day in doses if since <= day < reading.on}))
        return After(reading, better, change_of(better, scale), spans)

    firsts = _within(after_window, daily)[:1]
    lasts = [reading for reading in _within(until, daily)[-1:] if reading not in firsts]
    return AroundDose(
        before_window=before_window,
        after_window=after_window,
        until=until if until.first <= until.last else None,
        before=base,
        first=after(firsts[0]) if firsts else None,
        last=after(lasts[0]) if lasts else None,
    )


class SinceDose(NamedTuple):
    """The last score up to a dose and the last one since, as of a later day; one that is not there is None."""

    before: Reading | None
    latest: Reading | None
    better: float | None
    change: Change | None


def since_dose(
    on: date, until: date, readings: Sequence[Reading], *, scale: Scale | None, higher_is_worse: bool
) -> SinceDose:
    """What became of a measure from the dose of one day to another day, both included.

    A score on the day of the dose is one before it, and of two on one day the later entered counts, as in
    `around_dose`; but a score counts as soon as it is taken, which may be before it can tell of the dose.
    """
    around = around_dose(on, (), readings, scale=scale, higher_is_worse=higher_is_worse, settle=1)
    latest = next(reversed(_within(Window(on + timedelta(days=1), until), one_a_day(readings, until=until))), None)
    better = None
    if around.before is not None and latest is not None:
        better = (around.before.score - latest.score) * (1 if higher_is_worse else -1)
    return SinceDose(around.before, latest, better, change_of(better, scale))


def change_of(better: float | None, scale: Scale | None) -> Change | None:
    """What a change of so many points is; None where nothing says how much is more than measurement error."""
    if better is None or scale is None:
        return None
    if abs(better) < scale.reliable_change - TOLERANCE:
        return Change.WITHIN
    return Change.BETTER if better > 0 else Change.WORSE


def _within(window: Window, readings: Sequence[Reading]) -> list[Reading]:
    return [reading for reading in readings if window.first <= reading.on <= window.last]
