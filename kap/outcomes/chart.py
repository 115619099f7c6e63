"""The chart of one measure: what the record holds, laid out for the drawing."""

from collections.abc import Sequence
from datetime import date

from kap.charts.trajectory import NARROW, WIDE, Band, Frame, Held, Line, Marker, Point, Trajectory, trajectory
from kap.durability import State, Verdict
from kap.measures.instruments import Instrument
from kap.measures.queries import ScoreRow
from kap.measures.scoring import band, format_score
from kap.outcomes.timeline import Session, dose_text
from kap.outcomes.wording import plural
from kap.web.filters import number, written

MAX_GAP_DAYS = 45
"""The longest time without a score that the line spans, on a measure that does not say otherwise."""


def drawn(
    sessions: Sequence[Session],
    instrument: Instrument,
    verdict: Verdict | None,
    scores: Sequence[ScoreRow],
    begin: date,
    end: date,
    *,
    to_patient: bool,
) -> tuple[Trajectory, Trajectory]:
    """The wide and the narrow drawing of the scores from `begin` to `end`, with the sessions that took place."""
    points = [_point(score, instrument, to_patient=to_patient) for score in scores]
    markers = [_marker(s, to_patient=to_patient) for s in sessions if s.took_place]
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
            start=begin,
            end=end,
            max_gap_days=instrument.scale.max_gap_days if instrument.scale else MAX_GAP_DAYS,
            higher_is_worse=instrument.higher_is_worse,
            frame=frame,
            title=f"{instrument.name} over time",
            description=description,
        )

    return draw(WIDE), draw(NARROW)


def _point(score: ScoreRow, instrument: Instrument, *, to_patient: bool) -> Point:
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
