"""What comes next in the course that is under way, in words: by the protocol that it was made from."""

from calendar import month_name
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kap.outcomes.progress import Record
from kap.outcomes.timeline import MARKS
from kap.treatment.models import Kind
from kap.treatment.plan import INTEGRATION, Plan, Session, Step, next_steps, spacing_told
from kap.web.filters import day, moment

SHOWN = 4
"""How many steps are shown: what lies further ahead stands on the rail, once it is planned."""


class Line(NamedTuple):
    """A step: planned as the session `session_id`, or still to be planned, at `at` on the wall if that is known."""

    kind: Kind
    mark: str
    title: str
    when: str
    measures: Sequence[str]
    windowed: bool
    session_id: UUID | None
    at: str | None


class Ahead(NamedTuple):
    """The steps that come next; none where all that was planned took place."""

    protocol: str
    lines: Sequence[Line]
    weekly: Sequence[str]
    course_id: UUID


def ahead_of(record: Record, now: datetime) -> Ahead | None:
    """What comes next; None without a course under way that was made from a protocol. `now` in the clinic's zone."""
    course = next((course for course in record.courses if course.open), None)
    if course is None or course.protocol is None or course.plan is None:
        return None
    rows = [session.row for session in record.sessions if session.row.course_id == course.id]
    sessions = [Session(row.kind, row.status, row.starts_at.astimezone(now.tzinfo), row.id) for row in rows]
    steps = [step for step in next_steps(course.plan, sessions, now) if step.kind is not None]
    lines = [_line(course.plan, step, now) for step in steps[:SHOWN]]
    return Ahead(course.protocol["name"], lines, course.plan.measures_weekly, course.id)


def _line(plan: Plan, step: Step, now: datetime) -> Line:
    kind = Kind(step.kind or "")
    due = {Kind.DOSING: plan.measures_before_dose, Kind.INTEGRATION: plan.measures_before_integration}
    return Line(
        kind,
        MARKS[kind],
        _title(step),
        _when(plan, step, now),
        due.get(kind, ()),
        kind == Kind.INTEGRATION and step.since is not None,
        step.planned.id if step.planned else None,
        f"{step.suggested:%Y-%m-%dT%H:%M}" if step.suggested else None,
    )


def _title(step: Step) -> str:
    what = {"dosing": "Dose"}.get(step.kind or "", (step.kind or "").capitalize())
    of = f" of {step.total}" if step.total is not None else ""
    after = f", after dose {step.after_dose}" if step.after_dose else ""
    return f"{what} {step.number}{of}{after}"


def _when(plan: Plan, step: Step, now: datetime) -> str:
    if step.planned is not None:
        on = moment(step.planned.at)
        return f"planned for {on}" if step.planned.at > now else f"was planned for {on}: what became of it?"
    if step.since is None:
        return "not planned yet"
    if step.kind == INTEGRATION and step.until is not None:
        late = step.until < now
        return (
            f"was best by {day(step.until)}, and is not too late" if late else f"best {_span(step.since, step.until)}"
        )
    return f"{_span(step.since, step.until)} ({spacing_told(plan)} after the last)"


def _span(since: datetime, until: datetime | None) -> str:
    """ "from 4 March 2026", "on 4 March 2026", "4 to 6 March 2026", "30 March to 2 April 2026"."""
    if until is None:
        return f"from {day(since)}"
    first, last = since.date(), until.date()
    if first == last:
        return f"on {day(until)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(until)}"
    begin = day(since) if first.year != last.year else f"{first.day} {month_name[first.month]}"
    return f"{begin} to {day(until)}"
