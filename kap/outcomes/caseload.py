"""The caseload: every patient in sight with the verdict of today, those who need somebody first."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from kap.charts.sparkline import Sparkline, sparkline
from kap.charts.trajectory import Point
from kap.durability import Reading, State
from kap.measures.queries import catalogue
from kap.measures.scoring import format_score
from kap.outcomes.queries import CaseloadRow, caseload_of, readings_of
from kap.outcomes.rules import state_on
from kap.outcomes.wording import LABELS, plural
from kap.people.models import User

PAGE = 100
URGENCY = (
    State.WORSENING,
    State.RELAPSED,
    State.WEARING_OFF,
    State.NO_RESPONSE_YET,
    State.PARTIAL_IMPROVEMENT,
    State.NOT_ENOUGH_DATA,
    State.BASELINE_TOO_LOW,
    State.RESPONDING,
    State.SUSTAINED_RESPONSE,
)
"""The order of the list, after open alerts: who is losing ground stands above who holds."""


class Line(NamedTuple):
    """A patient of the list, as the page writes it."""

    row: CaseloadRow
    state: State | None
    label: str
    tone: str
    note: str
    latest: str
    days_since_dose: int | None
    trend: Sparkline | None = None


class Page(NamedTuple):
    """A part of the list, and how many there are in all."""

    lines: Sequence[Line]
    number: int
    pages: int
    total: int
    counts: Sequence[tuple[str, str, int]]


def caseload_page(user: User, *, today: date, number: str | None) -> Page:
    """The page with this number (from 1; anything else is the first)."""
    lines = sorted((_line(row, today) for row in caseload_of(user)), key=_urgency)
    pages = max(1, -(-len(lines) // PAGE))
    shown = int(number) if number and number.isascii() and number.isdigit() and len(number) < 7 else 1
    shown = min(max(shown, 1), pages)
    part = _with_trends(lines[(shown - 1) * PAGE : shown * PAGE])
    return Page(part, shown, pages, len(lines), _counts(lines))


def _with_trends(lines: Sequence[Line]) -> list[Line]:
    """The lines with the scores of each patient drawn small."""
    readings = readings_of([line.row.patient_id for line in lines])
    return [line._replace(trend=_trend(line, readings)) for line in lines]


def _trend(line: Line, found: Mapping[tuple[UUID, str], Sequence[Reading]]) -> Sparkline | None:
    measure = line.row.measure or ""
    readings, known = found.get((line.row.patient_id, measure)), catalogue()
    if not readings or measure not in known:
        return None
    instrument = known.get(measure)
    return sparkline(
        [Point(reading.on, reading.score, "") for reading in readings],
        minimum=instrument.minimum,
        maximum=instrument.maximum,
        label=f"{instrument.name}: {plural(len(readings), 'score')}, the latest {line.latest}",
    )


def _line(row: CaseloadRow, today: date) -> Line:
    known = State(row.state) if row.state else None
    state, reason = state_on(today, known, row.reason or "", row.stale_on)
    label, tone = LABELS[state] if state else ("", "")
    known_measures = catalogue()
    instrument = known_measures.get(row.measure) if row.measure and row.measure in known_measures else None
    return Line(
        row=row,
        state=state,
        label=label,
        tone=tone,
        note=_note(row, known, reason),
        latest=format_score(instrument, row.latest) if instrument and row.latest is not None else "",
        days_since_dose=(today - row.last_dose_on).days if row.last_dose_on else None,
    )


def _note(row: CaseloadRow, known: State | None, reason: str) -> str:
    """What stands beside the state: its weeks, or where it stood when it was last known."""
    weeks = plural(row.weeks, "week") if row.weeks is not None else ""
    if reason == "stale" and known is not None:
        return f"was: {LABELS[known][0].lower()}" + (f", {weeks}" if weeks else "")
    return weeks or _REASONS.get(reason, "")


_REASONS = {
    "no_dose": "no dose yet",
    "no_baseline": "no baseline",
    "no_score_after_first_dose": "no score since the first dose",
    "too_early": "too early",
    "gap_too_long": "with a gap",
    "unstable": "up and down",
    "borderline": "borderline",
}


def _urgency(line: Line) -> tuple[bool, int, str]:
    place = URGENCY.index(line.state) if line.state else len(URGENCY)
    return (line.row.alerts == 0, place, line.row.code)


def _counts(lines: Sequence[Line]) -> list[tuple[str, str, int]]:
    """How many patients are in each state: label, tone and number, in the order of the list."""
    return [(*LABELS[state], number) for state in URGENCY if (number := sum(line.state is state for line in lines))]
