"""One patient's progress on one measure: gathered from the record, judged, and laid out for the chart."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from kap.charts.trajectory import Trajectory
from kap.core import clock
from kap.durability import Reading, Verdict, assess
from kap.measures.instruments import Catalogue, Instrument
from kap.measures.queries import ScoreRow, scores_of
from kap.measures.scoring import band, format_score
from kap.outcomes.chart import Drawn, Ground, drawn
from kap.outcomes.rules import CourseDates, History, histories
from kap.outcomes.timeline import Session
from kap.outcomes.wording import evidence, figures, headline, own_evidence, sentence, thresholds
from kap.people.models import Patient
from kap.treatment.models import Course
from kap.treatment.queries import courses_of, session_rows

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


def record_of(patient: Patient, *, zone: ZoneInfo) -> Record:
    """Read the record; three statements."""
    return Record(
        courses=courses_of(patient),
        sessions=[Session(row, row.starts_at.astimezone(zone).date()) for row in session_rows(patient)],
        scores=scores_of(patient),
        today=clock.today(zone),
    )


def marked_in_error(patient: Patient, *, zone: ZoneInfo) -> Record:
    """What was marked as entered in error."""
    rows = session_rows(patient, in_error=True)
    sessions = [Session(row, row.starts_at.astimezone(zone).date()) for row in rows]
    return Record((), sessions, scores_of(patient, in_error=True), clock.today(zone))


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
    dosed: bool


def progress_of(record: Record, catalogue: Catalogue, choice: Choice, *, to_patient: bool) -> Progress | None:
    """The progress that was asked for: by default the latest course on its primary measure; None without either."""
    course = chosen_course(record, choice.course)
    instrument = _chosen_measure(record, catalogue, course, choice)
    if instrument is None:
        return None
    span = choice.span if choice.span in SPANS else "course"
    scores, history, verdict = judged(record, course, instrument)
    own = [s for s in scores if history is None or history.begin <= s.taken_on <= history.end]
    begin, end = days_shown(record, span, history, scores)
    known = scored(record)
    ground = Ground(record.sessions, record.courses, begin, end)
    wide, narrow = drawn(ground, Drawn(instrument, verdict, scores), to_patient=to_patient)
    return Progress(
        course=course,
        instrument=instrument,
        verdict=verdict,
        headline=headline(verdict, to_patient=to_patient) if verdict else "",
        sentence=sentence(verdict, instrument, to_patient=to_patient) if verdict else "",
        figures=figures(instrument, verdict, own, max(history.doses, default=None) if history else None, record.today),
        evidence=(own_evidence if to_patient else evidence)(verdict, instrument) if verdict else (),
        thresholds=thresholds(verdict, instrument) if verdict else (),
        wide=wide,
        narrow=narrow,
        entries=_entries(record, instrument, [s for s in scores if begin <= s.taken_on <= end]),
        measures=[one for one in catalogue if one is instrument or one.id in known],
        span=span,
        dosed=bool(history and history.doses),
    )


class Judged(NamedTuple):
    """The scores on one measure, those that belong to the course, and the verdict where there can be one."""

    scores: Sequence[ScoreRow]
    history: History | None
    verdict: Verdict | None


def judged(record: Record, course: Course | None, instrument: Instrument) -> Judged:
    """The course on this measure as of today."""
    scores = [score for score in record.scores if score.measure == instrument.id]
    history = _history(record, course, scores, instrument)
    verdict = None
    if history is not None and instrument.scale is not None:
        verdict = assess(history.readings, history.doses, as_of=record.today, scale=instrument.scale)
    return Judged(scores, history, verdict)


def chosen_course(record: Record, asked: str | None) -> Course | None:
    """The course that was asked for, else the latest."""
    found = next((course for course in record.courses if str(course.id) == asked), None)
    return found or next(iter(record.courses), None)


def _chosen_measure(record: Record, catalogue: Catalogue, course: Course | None, choice: Choice) -> Instrument | None:
    wanted = [choice.measure, course.primary_measure if course else None]
    wanted += [score.measure for score in reversed(record.scores)]
    return next((catalogue.get(measure) for measure in wanted if measure is not None and measure in catalogue), None)


def scored(record: Record) -> frozenset[str]:
    """The measures of which there are scores."""
    return frozenset(score.measure for score in record.scores)


def doses_given(record: Record) -> list[Session]:
    """The doses of all courses, in order."""
    return [session for session in record.sessions if session.row.number is not None]


def _history(
    record: Record, course: Course | None, scores: Sequence[ScoreRow], instrument: Instrument
) -> History | None:
    """The scores and doses of the course; None where there is no course."""
    if course is None:
        return None
    doses: dict[UUID, list[date]] = defaultdict(list)
    for session in doses_given(record):
        doses[session.row.course_id].append(session.on)
    dates = [CourseDates(row.id, row.opened_on) for row in record.courses]
    # Of two scores on one day the later entered counts, and that is the order in which they come.
    readings = [Reading(score.taken_on, score.value) for score in scores]
    return histories(dates, doses, readings, instrument.scale)[course.id]


def days_shown(record: Record, span: str, history: History | None, scores: Sequence[ScoreRow]) -> tuple[date, date]:
    """The first and last day of the chart."""
    begin, end = date.min, record.today
    if span == "course" and history is not None:
        begin, end = history.begin, min(history.end, record.today)
    elif span not in ("course", "all"):
        begin = end - timedelta(weeks=int(span[:-1]))
    days = [s.taken_on for s in scores] + [s.on for s in record.sessions if s.took_place]
    if span == "all" and len(record.courses) > 1:
        days += [course.opened_on for course in record.courses]
    inside = [day for day in days if begin <= day <= end]
    if not inside:
        return max(record.today - timedelta(weeks=4), begin), record.today
    first, last = (min(inside), max(inside)) if span in ("course", "all") else (begin, end)
    return first, max(last, first + timedelta(days=14))


def _entries(record: Record, instrument: Instrument, scores: Sequence[ScoreRow]) -> list[Entry]:
    """The scores of the chart, the latest first."""
    days = sorted(session.on for session in doses_given(record))
    entries = []
    for score in reversed(scores):
        doses_before = bisect_right(days, score.taken_on)
        found = band(instrument, score.value)
        entries.append(
            Entry(
                score,
                format_score(instrument, score.value),
                found.label if found else "",
                (score.taken_on - days[doses_before - 1]).days if doses_before else None,
            )
        )
    return entries
