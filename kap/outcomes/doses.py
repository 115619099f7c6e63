"""Before and after each dose: the scores on every measure, with what was given and talked about meanwhile."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from kap.charts.change import ChangeDrawing, change_drawing
from kap.durability import Reading
from kap.measures.instruments import Catalogue, Instrument
from kap.measures.scoring import format_score
from kap.outcomes.progress import Record, chosen_course, doses_given
from kap.outcomes.rules import (
    AFTER_DAYS,
    BASELINE_WINDOW_DAYS,
    After,
    AroundDose,
    Change,
    Window,
    around_dose,
    settle_days,
)
from kap.outcomes.timeline import Session, dose_text
from kap.outcomes.wording import change_words, plural
from kap.treatment.models import Course, Kind
from kap.treatment.rules import mg_per_kg
from kap.web.filters import number, written

Measured = tuple[Instrument, Sequence[Reading]]
"""A measure and its scores, in the order in which they were entered."""


class Cell(NamedTuple):
    """A score as the table writes it, or why there is none; the chip is for a change beyond measurement error."""

    score: str = ""
    on: date | None = None
    note: str = ""
    change: str = ""
    chip: tuple[str, str] | None = None


TONES = {Change.BETTER: "good", Change.WORSE: "bad"}


class MeasureLine(NamedTuple):
    """One measure before and after one dose."""

    instrument: Instrument
    about: str
    before: Cell
    first: Cell
    last: Cell
    drawing: ChangeDrawing | None


class DoseDay(NamedTuple):
    """The dose, or doses, of one day."""

    title: str
    number: int
    on: date
    given: Sequence[tuple[str, str, UUID]]
    next_on: date | None
    integrations: Sequence[Session]
    lines: Sequence[MeasureLine]


class DoseDays(NamedTuple):
    """The doses of one course, the latest first, and from which day after a dose each measure counts."""

    course: Course | None
    days: Sequence[DoseDay]
    settling: Sequence[tuple[str, int]]
    before_days: int = BASELINE_WINDOW_DAYS
    after_days: int = AFTER_DAYS


def dose_days(record: Record, catalogue: Catalogue, course_asked: str | None) -> DoseDays:
    """Each dose of the course that was asked for, set beside the doses of all courses."""
    course = chosen_course(record, course_asked)
    readings: dict[str, list[Reading]] = defaultdict(list)
    for score in record.scores:
        if score.taken_on <= record.today:
            readings[score.measure].append(Reading(score.taken_on, score.value))
    measures = [(instrument, readings[instrument.id]) for instrument in catalogue if instrument.id in readings]
    given = doses_given(record)
    of_course = [dose for dose in given if course is not None and dose.row.course_id == course.id]
    days = [_day(record, list(doses), given, measures) for _, doses in groupby(of_course, key=lambda dose: dose.on)]
    return DoseDays(course, days[::-1], [(measure.name, _settle(measure)) for measure, _ in measures])


def _settle(instrument: Instrument) -> int:
    return settle_days(instrument.scale, instrument.recall_days)


def _day(record: Record, doses: Sequence[Session], given: Sequence[Session], measures: Sequence[Measured]) -> DoseDay:
    first = doses[0]
    later = [dose for dose in given if dose.on > first.on]
    numbers = " and ".join(str(dose.row.number) for dose in doses)
    days = [dose.on for dose in given]
    return DoseDay(
        title=f"Dose{'s' if len(doses) > 1 else ''} {numbers}",
        number=first.row.number or 0,
        on=first.on,
        given=[(f"Dosing session {dose.row.number}", given_text(dose), dose.row.id) for dose in doses],
        next_on=later[0].on if later else None,
        integrations=_integrations(record, first, later[0] if later else None),
        lines=[_line(first.on, days, measured, record.today) for measured in measures],
    )


def given_text(dose: Session) -> str:
    """ "IM injection, 50 mg, 0.71 mg/kg", as far as it is known."""
    by_weight = mg_per_kg(dose.row.dose_mg, dose.row.weight_kg)
    parts = [dose_text(dose.row), f"{number(by_weight)} mg/kg" if by_weight is not None else ""]
    return ", ".join(part for part in parts if part) or "route and amount not recorded"


def _integrations(record: Record, dose: Session, following: Session | None) -> list[Session]:
    """The integration sessions from this dose to the next one, or to the last day on which a score tells of it."""
    until = dose.on + timedelta(days=AFTER_DAYS)
    return [
        session
        for session in record.sessions
        if session.took_place
        and session.row.kind == Kind.INTEGRATION
        and session.row.starts_at >= dose.row.starts_at
        and (following is None or session.row.starts_at < following.row.starts_at)
        and session.on <= until
    ]


def _line(on: date, doses: Sequence[date], measured: Measured, today: date) -> MeasureLine:
    instrument, readings = measured
    around = around_dose(
        on,
        doses,
        readings,
        scale=instrument.scale,
        higher_is_worse=instrument.higher_is_worse,
        settle=_settle(instrument),
    )
    reliable = instrument.scale and format_score(instrument, instrument.scale.reliable_change)
    return MeasureLine(
        instrument=instrument,
        about=f"reliable change: {reliable} points" if reliable else "no thresholds",
        before=_before(around, instrument),
        first=_cell(around.first, on, instrument) if around.first else Cell(note=_no_first(around, today)),
        last=_cell(around.last, on, instrument) if around.last else Cell(note=_no_last(around, today)),
        drawing=_drawing(around, instrument),
    )


def _before(around: AroundDose, instrument: Instrument) -> Cell:
    if around.before is None:
        return Cell(note=_none(around.before_window))
    dose_on, on = around.before_window.last, around.before.on
    note = f"{plural((dose_on - on).days, 'day')} before" if on < dose_on else "the day of the dose"
    return Cell(format_score(instrument, around.before.score), on, note)


def _cell(after: After, dose_on: date, instrument: Instrument) -> Cell:
    note = f"{plural((after.reading.on - dose_on).days, 'day')} after"
    if len(after.spans) > 1:
        note += f"; {len(after.spans)} doses {'by then' if after.better is None else 'between the two scores'}"
    change = change_words(instrument, after.better) if after.better is not None else "nothing to compare it with"
    if after.change is Change.WITHIN:
        change += f", {after.change}"
    return Cell(
        score=format_score(instrument, after.reading.score),
        on=after.reading.on,
        note=note,
        change=change,
        chip=(after.change, TONES[after.change]) if after.change in TONES else None,
    )


def _none(window: Window) -> str:
    return f"No score from {written(window.first)} to {written(window.last)}."


def _no_first(around: AroundDose, today: date) -> str:
    window = around.after_window
    if today < window.first:
        return f"Not yet: a score counts from {written(window.first)}."
    if today <= window.last:
        return f"No score yet; one counts to {written(window.last)}."
    return _none(window)


def _no_last(around: AroundDose, today: date) -> str:
    """Why there is no second score: none was taken, or the next dose came."""
    if around.until is None:
        return "The next dose came before a score could tell of this one."
    if around.first is None:
        return "–"
    if around.first.reading.on > around.until.last:
        return _none(around.until)
    if today < around.until.last:
        return "No later score yet."
    return f"No later score up to {written(around.until.last)}."


def _drawing(around: AroundDose, instrument: Instrument) -> ChangeDrawing | None:
    if around.before is None or around.first is None:
        return None
    scores = [around.before.score, around.first.reading.score]
    last = around.last.reading.score if around.last else None
    said = [format_score(instrument, score) for score in [*scores, *([] if last is None else [last])]]
    return change_drawing(
        scores[0],
        scores[1],
        last,
        minimum=instrument.minimum,
        maximum=instrument.maximum,
        label=f"{instrument.name}: {said[0]} before, then {' and '.join(said[1:])}",
    )
