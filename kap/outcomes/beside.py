"""Up to three measures of one patient, one above the other on one axis of days."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kap.charts.trajectory import Trajectory
from kap.measures.instruments import Catalogue, Instrument
from kap.measures.scoring import format_score
from kap.outcomes.chart import Drawn, Ground, stacked
from kap.outcomes.progress import SPANS, Judged, Record, chosen_course, days_shown, judged, scored
from kap.outcomes.wording import LABELS, headline, in_short
from kap.treatment.models import Course

MOST = 3
"""More drawings than this do not stand on one screen."""


class Asked(NamedTuple):
    """What was asked for in the address; anything unknown is as good as nothing."""

    measures: Sequence[str] = ()
    course: str | None = None
    span: str | None = None


class Beside(NamedTuple):
    """One of the measures: where it stands in a few words, and its two drawings."""

    instrument: Instrument
    standing: str
    tone: str
    short: str
    wide: Trajectory
    narrow: Trajectory


class Row(NamedTuple):
    """A day of the table, with what was scored on it on each measure; of two scores the later is the last named."""

    on: date
    cells: Sequence[str]


class SideBySide(NamedTuple):
    """The measures that are shown, those that could be, and what of the question could not be done."""

    course: Course | None
    shown: Sequence[Beside]
    offered: Sequence[Instrument]
    left_out: Sequence[Instrument]
    unknown: int
    rows: Sequence[Row]
    span: str

    @property
    def ids(self) -> frozenset[str]:
        """The measures that are shown."""
        return frozenset(beside.instrument.id for beside in self.shown)


def side_by_side(record: Record, catalogue: Catalogue, asked: Asked, *, to_patient: bool) -> SideBySide:
    """The measures that were asked for, in that order; by default the course's own first, then the validated."""
    course = chosen_course(record, asked.course)
    known = scored(record)
    offered = [instrument for instrument in catalogue if instrument.id in known]
    by_id = {instrument.id: instrument for instrument in offered}
    wanted = list(dict.fromkeys(measure for measure in asked.measures if measure))
    found = [by_id[measure] for measure in wanted if measure in by_id]
    chosen = (found or _usual(offered, course))[:MOST]
    results = [judged(record, course, instrument) for instrument in chosen]
    span = asked.span if asked.span in SPANS else "course"
    begin, end = _days(record, span, results)
    ground = Ground(record.sessions, record.courses, begin, end)
    measures = [Drawn(one, result.verdict, result.scores) for one, result in zip(chosen, results, strict=True)]
    return SideBySide(
        course=course,
        shown=[
            _beside(shown, wide, narrow, to_patient=to_patient)
            for shown, (wide, narrow) in zip(measures, stacked(ground, measures, to_patient=to_patient), strict=True)
        ],
        offered=offered,
        left_out=found[MOST:],
        unknown=len(wanted) - len(found),
        rows=_rows(measures, begin, end),
        span=span,
    )


def _usual(offered: Sequence[Instrument], course: Course | None) -> list[Instrument]:
    primary = course.primary_measure if course else None
    return sorted(offered, key=lambda instrument: (instrument.id != primary, not instrument.validated))


def _days(record: Record, span: str, results: Sequence[Judged]) -> tuple[date, date]:
    """The first and last day, the same for all: those of the scores of all of them."""
    scores = [score for result in results for score in result.scores]
    return days_shown(record, span, next((result.history for result in results), None), scores)


def _beside(shown: Drawn, wide: Trajectory, narrow: Trajectory, *, to_patient: bool) -> Beside:
    verdict = shown.verdict
    return Beside(
        instrument=shown.instrument,
        standing=headline(verdict, to_patient=to_patient) if verdict else "",
        tone=LABELS[verdict.state][1] if verdict else "",
        short=in_short(verdict, shown.instrument, to_patient=to_patient) if verdict else "",
        wide=wide,
        narrow=narrow,
    )


def _rows(measures: Sequence[Drawn], begin: date, end: date) -> list[Row]:
    """One row for each day with a score, the latest first."""
    found: dict[date, list[list[str]]] = defaultdict(lambda: [[] for _ in measures])
    for place, shown in enumerate(measures):
        for score in shown.scores:
            if begin <= score.taken_on <= end:
                found[score.taken_on][place].append(format_score(shown.instrument, score.value))
    return [Row(day, [", then ".join(cell) for cell in found[day]]) for day in sorted(found, reverse=True)]
