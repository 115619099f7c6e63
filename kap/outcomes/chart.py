"""The chart of one measure: what the record holds, laid out for the drawing."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kap.charts.trajectory import (
    NARROW,
    NARROW_PANEL,
    WIDE,
    WIDE_PANEL,
    Band,
    Begin,
    Frame,
    Held,
    Line,
    Marker,
    Panel,
    Point,
    Trajectory,
    trajectory,
)
from kap.durability import State, Verdict
from kap.measures.instruments import Instrument
from kap.measures.queries import ScoreRow
from kap.measures.scoring import band, format_score
from kap.outcomes.timeline import Session, dose_text
from kap.outcomes.wording import plural
from kap.treatment.models import Condition, Course
from kap.web.filters import number, written

MAX_GAP_DAYS = 45
"""The longest time without a score that the line spans, on a measure that does not say otherwise."""


class Drawn(NamedTuple):
    """What a chart shows of one measure: its scores, and the lines that its verdict draws."""

    instrument: Instrument
    verdict: Verdict | None
    scores: Sequence[ScoreRow]


class Ground(NamedTuple):
    """What a chart is drawn on: the sessions, the courses, and the first and last day."""

    sessions: Sequence[Session]
    courses: Sequence[Course]
    begin: date
    end: date


def drawn(ground: Ground, shown: Drawn, *, to_patient: bool) -> tuple[Trajectory, Trajectory]:
    """The wide and the narrow drawing of one measure, with the sessions that took place."""
    return _drawings(ground, shown, (WIDE, NARROW), None, to_patient=to_patient)


def stacked(ground: Ground, measures: Sequence[Drawn], *, to_patient: bool) -> list[tuple[Trajectory, Trajectory]]:
    """The same of several measures, one above the other on one axis of days."""
    named = any(shown.instrument.bands for shown in measures)
    return [
        _drawings(ground, shown, (WIDE_PANEL, NARROW_PANEL), Panel(named, shown is measures[-1]), to_patient=to_patient)
        for shown in measures
    ]


def _drawings(
    ground: Ground, shown: Drawn, frames: tuple[Frame, Frame], panel: Panel | None, *, to_patient: bool
) -> tuple[Trajectory, Trajectory]:
    instrument, verdict, scores = shown
    begin, end = ground.begin, ground.end
    points = [point_of(score, instrument, to_patient=to_patient) for score in scores]
    markers = [_marker(s, to_patient=to_patient) for s in ground.sessions if s.took_place]
    begins = _begins(ground.courses, to_patient=to_patient)
    scores_shown = plural(sum(begin <= p.on <= end for p in points), "score")
    sessions_shown = plural(sum(begin <= m.on <= end for m in markers), "session")
    description = (
        f"{scores_shown} of {instrument.name} from {written(begin)} to {written(end)}, with {sessions_shown}. "
        "The numbers are in the table below."
    )

    def draw(frame: Frame) -> Trajectory:
        return trajectory(
            points,
            minimum=instrument.minimum,
            maximum=instrument.maximum,
            bands=[Band(b.low, b.high, b.label.capitalize()) for b in instrument.bands],
            lines=_lines(verdict, to_patient=to_patient),
            markers=markers,
            held=_held(verdict, to_patient=to_patient),
            begins=begins,
            start=begin,
            end=end,
            max_gap_days=instrument.scale.max_gap_days if instrument.scale else MAX_GAP_DAYS,
            higher_is_worse=instrument.higher_is_worse,
            frame=frame,
            panel=panel,
            title=f"{instrument.name} over time",
            description=description,
        )

    wide, narrow = frames
    return draw(wide), draw(narrow)


def point_of(score: ScoreRow, instrument: Instrument, *, to_patient: bool) -> Point:
    found = band(instrument, score.value)
    tip = f"{written(score.taken_on)}: {format_score(instrument, score.value)}"
    if found:
        tip += f", {found.label.lower()}"
    flagged = bool(score.flag) and not to_patient
    return Point(score.taken_on, score.value, tip + (", item 9 above zero" if flagged else ""), flagged)


def _marker(session: Session, *, to_patient: bool) -> Marker:
    """A session; the patient is told its day and kind, and no more until it can be signed."""
    row = session.row
    tip = f"{written(session.on)}: {row.kind} session"
    if to_patient or row.number is None:
        return Marker(session.on, row.kind.value, "", tip)
    details = f", {dose_text(row)}" if dose_text(row) else ""
    return Marker(session.on, row.kind.value, str(row.number), f"{tip} {row.number}{details}")


def _begins(courses: Sequence[Course], *, to_patient: bool) -> list[Begin]:
    """Where each of several courses, the latest first, begins; of a single one it is not said."""
    if len(courses) < 2:
        return []
    begins = []
    for place, course in enumerate(reversed(courses), start=1):
        treated = "" if to_patient else f", {Condition(course.condition).label}"
        tip = f"{written(course.opened_on)}: course {place} begins{treated}"
        begins.append(Begin(course.opened_on, f"Course {place}", tip))
    return begins


def _lines(verdict: Verdict | None, *, to_patient: bool) -> list[Line]:
    if verdict is None:
        return []
    response, remission = ("Much better", "Very low") if to_patient else ("Response", "Remission")
    lines = []
    if verdict.response_line is not None and State.BASELINE_TOO_LOW not in (verdict.state, verdict.last_known):
        lines.append(Line(verdict.response_line, f"{response} {number(round(verdict.response_line, 1))}", "response"))
    lines.append(Line(verdict.remission_line, f"{remission} {number(verdict.remission_line)}", "remission"))
    return lines


def _held(verdict: Verdict | None, *, to_patient: bool) -> Held | None:
    if verdict is None or verdict.held_from is None or verdict.held_to is None or verdict.held_to <= verdict.held_from:
        return None
    weeks = plural((verdict.held_to - verdict.held_from).days // 7, "week")
    return Held(verdict.held_from, verdict.held_to, f"{'Better' if to_patient else 'In response'}, {weeks}")
