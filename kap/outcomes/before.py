"""What is worth reading before somebody sits down for integration: the dose before it, what came up, what was agreed,
and where the scores stand. All of it as of the moment at which the session begins.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from kap.charts.history import Point
from kap.charts.sparkline import Sparkline, sparkline
from kap.dosing.queries.phases import came_up
from kap.measures.instruments import Instrument
from kap.measures.queries import ScoreRow, catalogue, scores_of
from kap.measures.scoring import band, format_score
from kap.outcomes.timeline import dose_text
from kap.outcomes.wording import change_words
from kap.people.models import Patient
from kap.treatment.agreed import OVER, IntentionRow, PracticeRow, intentions_of, practices_before
from kap.treatment.models import Course
from kap.treatment.queries import AfterDose, SessionRow, after_dose, session_rows
from kap.web.filters import written
from kap.web.forms import local_day


class Trend(NamedTuple):
    """The last score of the course's measure, what changed since the dose, and the drawing."""

    name: str
    score: str
    on: date
    change: str
    spark: Sparkline


class Before(NamedTuple):
    """The page before the page: with a dose, its row, what came up in it; without, whatever there is."""

    after: AfterDose | None
    row: SessionRow | None
    given: str
    texts: Sequence[tuple[str, str]]
    words: Sequence[str]
    practices: Sequence[PracticeRow]
    intentions: Sequence[IntentionRow]
    trend: Trend | None

    @property
    def came_up(self) -> str:
        """The first that is known of what came up: what was said in the room, or what was written about it."""
        said = [f"“{words}”" for words in self.words[:1]]
        return next(iter([*said, *(text for _, text in self.texts)]), "")


def before(patient: Patient, course: Course, at: datetime) -> Before:
    """Gather it; some ten statements."""
    after = after_dose(patient, course, at)
    rows = {row.id: row for row in session_rows(patient)}
    row = rows.get(after.dose.id) if after else None
    experience = came_up(after.dose) if after else None
    return Before(
        after=after,
        row=row,
        given=dose_text(row) if row else "",
        texts=experience.texts if experience else (),
        words=experience.words if experience else (),
        practices=[practice for practice in practices_before(patient, at) if practice.open],
        intentions=[one for one in intentions_of(patient, course, before=at) if one.status not in OVER],
        trend=_trend(patient, course, after, local_day(at)),
    )


def _trend(patient: Patient, course: Course, after: AfterDose | None, today: date | None) -> Trend | None:
    measures = catalogue()
    if course.primary_measure not in measures:
        return None
    instrument = measures.get(course.primary_measure)
    scores = [
        one for one in scores_of(patient) if one.measure == instrument.id and (not today or one.taken_on <= today)
    ]
    if not scores:
        return None
    latest = scores[-1]
    text, found = format_score(instrument, latest.value), band(instrument, latest.value)
    return Trend(
        name=instrument.name,
        score=f"{text}, {found.label.lower()}" if found else text,
        on=latest.taken_on,
        change=_change(instrument, scores, local_day(after.dose.given_at)) if after else "",
        spark=sparkline(
            [Point(score.taken_on, score.value, "") for score in scores],
            minimum=instrument.minimum,
            maximum=instrument.maximum,
            label=f"{instrument.name}: {', '.join(format_score(instrument, score.value) for score in scores[-5:])}",
        ),
    )


def _change(instrument: Instrument, scores: Sequence[ScoreRow], dose_on: date | None) -> str:
    """ "5 points better than on 2 March 2026, before the dose"; a score of the day itself was taken before it."""
    earlier = [score for score in scores if dose_on and score.taken_on <= dose_on]
    latest = scores[-1]
    if earlier and latest is earlier[-1]:
        return "no score since the dose"
    if not earlier:
        return "no score from before the dose"
    better = (earlier[-1].value - latest.value) * (1 if instrument.higher_is_worse else -1)
    return f"{change_words(instrument, better)} than on {written(earlier[-1].taken_on)}, before the dose"
