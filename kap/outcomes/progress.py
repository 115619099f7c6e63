"""One patient's progress on one measure: gathered from the record, judged, and laid out for the chart."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from kap.charts.trajectory import NARROW, WIDE, Frame, Held, Line, Marker, Point, Trajectory, trajectory
from kap.charts.trajectory import Band as ChartBand
from kap.durability import Reading, State, Verdict, assess
from kap.measures.instruments import Catalogue, Instrument
from kap.measures.queries import ScoreRow, scores_of
from kap.measures.scoring import band, format_score
from kap.outcomes.rules import BASELINE_WINDOW, histories
from kap.outcomes.rules import Course as CourseDates
from kap.outcomes.timeline import Session, dose_text
from kap.outcomes.wording import evidence, figures, headline, plural, sentence, thresholds
from kap.people.models import Patient
from kap.treatment.models import Course
from kap.treatment.queries import courses_of, session_rows
from kap.web.filters import written

SPANS = {"course": "This course", "13w": "3 months", "26w": "6 months", "all": "All"}
"""The ranges of the chart, as they stand in the address and on the page."""


class Choice(NamedTuple):
    """What was asked for in the address; anything unknown is as good as nothing."""

    measure: str | None = None
    course: str | None = None
    span: str | None = None


class Entry(NamedTuple):
    """A line of the table of numbers under the chart."""

    score: ScoreRow
    text: str
    band: str
    since_dose: int | None


@dataclass(frozen=True)
class Record:
    """All that the pages about one patient are made from."""

    courses: Sequence[Course]
    sessions: Sequence[Session]
    scores: Sequence[ScoreRow]
    today: date


def record_of(patient: Patient, *, zone: ZoneInfo, today: date) -> Record:
    """Read the record; three statements."""
    return Record(
        courses=courses_of(patient),
        sessions=[Session(row, row.starts_at.astimezone(zone).date()) for row in session_rows(patient)],
        scores=scores_of(patient),
        today=today,
    )


@dataclass(frozen=True)
class Progress:
    """The verdict and the chart of one course on one measure, ready for the page."""

    course: Course | None
    instrument: Instrument
    verdict: Verdict | None
    headline: str
    sentence: str
    figures: Sequence[tuple[str, str, str]]
    evidence: Sequence[tuple[str, str]]
    thresholds: Sequence[tuple[str, str]]
    wide: Trajectory
    narrow: Trajectory
    entries: Sequence[Entry]
    measures: Sequence[Instrument]
    span: str


def progress_of(record: Record, catalogue: Catalogue, choice: Choice, *, to_patient: bool) -> Progress | None:
    """The progress that was asked for: by default the latest course on its primary measure; None without either."""
    course = _chosen_course(record, choice)
    instrument = _chosen_measure(record, catalogue, course, choice)
    if instrument is None:
        return None
    span = choice.span if choice.span in SPANS else "course"
    scores = [score for score in record.scores if score.measure == instrument.id]
    verdict, begin, end = _judged(record, course, scores, instrument)
    begin, end = _shown(record, span, begin, end, scores)
    last_dose = max((s.on for s in _doses(record, course)), default=None)
    wide, narrow = _drawn(record, instrument, verdict, scores, begin, end, to_patient=to_patient)
    return Progress(
        course=course,
        instrument=instrument,
        verdict=verdict,
        headline=headline(verdict, to_patient=to_patient) if verdict else "",
        sentence=sentence(verdict, instrument, to_patient=to_patient) if verdict else "",
        figures=figures(instrument, verdict, scores, last_dose, record.today),
        evidence=evidence(verdict, instrument) if verdict else (),
        thresholds=thresholds(verdict, instrument) if verdict else (),
        wide=wide,
        narrow=narrow,
        entries=_entries(record, instrument, [s for s in scores if begin <= s.taken_on <= end]),
        measures=_measures(record, catalogue, instrument),
        span=span,
    )


def _chosen_course(record: Record, choice: Choice) -> Course | None:
    asked = next((course for course in record.courses if str(course.id) == choice.course), None)
    return asked or next(iter(record.courses), None)


def _chosen_measure(record: Record, catalogue: Catalogue, course: Course | None, choice: Choice) -> Instrument | None:
    wanted = [choice.measure, course.primary_measure if course else None]
    wanted += [score.measure for score in reversed(record.scores)]
    return next((catalogue.get(measure) for measure in wanted if measure is not None and measure in catalogue), None)


def _measures(record: Record, catalogue: Catalogue, shown: Instrument) -> list[Instrument]:
    """The measures that have scores, and the one that is shown."""
    scored = {score.measure for score in record.scores} | {shown.id}
    return [instrument for instrument in catalogue if instrument.id in scored]


def _doses(record: Record, course: Course | None) -> list[Session]:
    return [s for s in record.sessions if s.row.number is not None and (course is None or s.row.course_id == course.id)]


def _judged(
    record: Record, course: Course | None, scores: Sequence[ScoreRow], instrument: Instrument
) -> tuple[Verdict | None, date, date]:
    """The verdict as of today, and the days from which and to which the scores of the course run."""
    if course is None:
        return None, date.min, record.today
    doses: dict[UUID, list[date]] = defaultdict(list)
    for session in _doses(record, None):
        doses[session.row.course_id].append(session.on)
    dates = [CourseDates(row.id, row.opened_on) for row in record.courses]
    # In the order of entry within a day is all that counts, and that is how the scores come.
    history = histories(dates, doses, [Reading(s.taken_on, s.value) for s in scores])[course.id]
    begin = min(history.doses, default=course.opened_on) - BASELINE_WINDOW
    firsts = [min(days) for course_id, days in doses.items() if course_id != course.id]
    end = min((day - timedelta(days=1) for day in firsts if day > begin + BASELINE_WINDOW), default=record.today)
    if instrument.scale is None:
        return None, begin, end
    return assess(history.readings, history.doses, as_of=record.today, scale=instrument.scale), begin, end


def _shown(record: Record, span: str, begin: date, end: date, scores: Sequence[ScoreRow]) -> tuple[date, date]:
    """The first and last day of the chart."""
    if span == "all":
        begin, end = date.min, record.today
    elif span != "course":
        end = record.today
        begin = end - timedelta(weeks=int(span[:-1]))
    days = [s.taken_on for s in scores] + [s.on for s in record.sessions if s.took_place]
    inside = [day for day in days if begin <= day <= end]
    if not inside:
        return max(record.today - timedelta(weeks=4), begin), record.today
    first, last = (min(inside), max(inside)) if span in ("course", "all") else (begin, end)
    return first, max(last, first + timedelta(days=14))


def _drawn(
    record: Record,
    instrument: Instrument,
    verdict: Verdict | None,
    scores: Sequence[ScoreRow],
    begin: date,
    end: date,
    *,
    to_patient: bool,
) -> tuple[Trajectory, Trajectory]:
    points = [_point(score, instrument, to_patient=to_patient) for score in scores]
    markers = [_marker(s, to_patient=to_patient) for s in record.sessions if s.took_place]
    in_range = sum(begin <= p.on <= end for p in points)
    description = (
        f"{in_range} scores of {instrument.name} from {written(begin)} to {written(end)}, "
        f"with {sum(begin <= m.on <= end for m in markers)} sessions. The numbers are in the table below."
    )

    def draw(frame: Frame) -> Trajectory:
        return trajectory(
            points,
            minimum=instrument.minimum,
            maximum=instrument.maximum,
            bands=[ChartBand(b.low, b.high, b.label.capitalize()) for b in instrument.bands],
            lines=_lines(verdict, to_patient=to_patient),
            markers=markers,
            held=_held(verdict, to_patient=to_patient),
            start=begin,
            end=end,
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
    row = session.row
    tip = f"{written(session.on)}: {row.kind} session"
    if session.row.number is not None:
        tip += f" {session.row.number}"
        if not to_patient and dose_text(row):
            tip += f", {dose_text(row)}"
    return Marker(session.on, row.kind.value, str(row.number or ""), tip)


def _lines(verdict: Verdict | None, *, to_patient: bool) -> list[Line]:
    if verdict is None:
        return []
    response, remission = ("Much better", "Mild") if to_patient else ("Response", "Remission")
    lines = []
    if verdict.response_line is not None and State.BASELINE_TOO_LOW not in (verdict.state, verdict.last_known):
        lines.append(Line(verdict.response_line, f"{response} {_shortest(verdict.response_line)}", "response"))
    lines.append(Line(verdict.remission_line, f"{remission} {_shortest(verdict.remission_line)}", "remission"))
    return lines


def _shortest(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _held(verdict: Verdict | None, *, to_patient: bool) -> Held | None:
    if verdict is None or verdict.held_from is None or verdict.held_to is None or verdict.held_to <= verdict.held_from:
        return None
    weeks = plural((verdict.held_to - verdict.held_from).days // 7, "week")
    return Held(verdict.held_from, verdict.held_to, f"{'Better' if to_patient else 'In response'}, {weeks}")


def _entries(record: Record, instrument: Instrument, scores: Sequence[ScoreRow]) -> list[Entry]:
    """The scores of the chart, the latest first."""
    days = sorted(s.on for s in _doses(record, None))
    entries = []
    for score in scores:
        before = [day for day in days if day <= score.taken_on]
        found = band(instrument, score.value)
        entries.append(
            Entry(
                score,
                format_score(instrument, score.value),
                found.label if found else "",
                (score.taken_on - before[-1]).days if before else None,
            )
        )
    return entries[::-1]
