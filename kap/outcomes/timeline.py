"""Sessions, scores and what was said of practices on one rail, the latest first."""

from collections.abc import Mapping, Sequence
from datetime import date
from textwrap import shorten
from typing import NamedTuple
from uuid import UUID

from kap.core import clock
from kap.measures.instruments import Catalogue
from kap.measures.models import Source
from kap.measures.queries import ScoreRow
from kap.measures.scoring import band, format_score
from kap.outcomes.own_session import readable
from kap.outcomes.practices import AFTER, OWN_WORDS, by_session
from kap.treatment.agreed import PracticeRow, Said
from kap.treatment.models import PARTS, Kind, Part, Route, Status
from kap.treatment.queries import SessionRow, unsigned
from kap.web.filters import day, moment, number

MARKS = {Kind.DOSING: "dose", Kind.INTEGRATION: "integ", Kind.PREPARATION: "prep"}
"""How each kind of session is marked on the rail."""
GLIMPSE = 180
"""How much of a session's text is shown on the rail, in characters."""
SHOWN, OWN_SHOWN = 24, 16
"""How many lines are shown until the whole record is asked for; fewer to the patient, whose page has to be light."""

Signed = Mapping[UUID, frozenset[Part]]
"""Which parts of which sessions are signed."""


class Session(NamedTuple):
    """A session and its day in the clinic's zone."""

    row: SessionRow
    on: date

    @property
    def took_place(self) -> bool:
        """True where it happened."""
        return self.row.status == Status.TOOK_PLACE


class Item(NamedTuple):
    """A line of the rail. The patient's says of a session its day and kind, and leads to more once that is signed."""

    on: date
    mark: str
    title: str
    when: str
    chips: Sequence[tuple[str, str]] = ()
    by: str = ""
    text: str = ""
    agreed: str = ""
    planned: bool = False
    session_id: UUID | None = None
    score_id: UUID | None = None
    practice_id: UUID | None = None


class Answer(NamedTuple):
    """What the patient said of a practice."""

    practice: PracticeRow
    said: Said

    @property
    def on(self) -> date:
        """The day on which they did."""
        return self.said.on


def answers(practices: Sequence[PracticeRow]) -> list[Answer]:
    """What the patient said of practices. What was said in a session stands with it, and ticks would bury the rest."""
    return [Answer(row, said) for row in practices for said in row.said if said.session_id is None]


def listed(scores: Sequence[ScoreRow], catalogue: Catalogue, shown: str | None) -> list[ScoreRow]:
    """The scores that stand on the rail: those with thresholds and those of the measure that is shown.

    A daily mood would bury the sessions; its place is the chart.
    """
    weighty = {measure.id for measure in catalogue if measure.validated} | {shown}
    return [score for score in scores if score.measure in weighty or score.measure not in catalogue]


Event = Session | ScoreRow | Answer
"""What stands on the rail."""


class Rail(NamedTuple):
    """The lines that are shown, and how many earlier ones are not."""

    lines: Sequence[Item]
    earlier: int


def timeline(
    sessions: Sequence[Session],
    scores: Sequence[ScoreRow],
    catalogue: Catalogue,
    *,
    signed: Signed | None,
    practices: Sequence[PracticeRow] = (),
    whole: bool,
    to_patient: bool,
) -> Rail:
    """Sessions, scores and what was said of practices, the latest first: the whole record, or its latest part.

    The patient sees their own scores, and the day and kind of each session that took place or is planned, with what
    was agreed. `signed` is None where it does not matter what is.
    """
    told = [s for s in sessions if not to_patient or s.row.status in (Status.TOOK_PLACE, Status.PLANNED)]
    events: list[Event] = sorted([*told, *scores, *answers(practices)], key=_day, reverse=True)
    shown = events if whole else events[: OWN_SHOWN if to_patient else SHOWN]
    agreed = by_session(practices)

    def item(event: Event) -> Item:
        if isinstance(event, Answer):
            return _answer(event, to_patient=to_patient)
        if isinstance(event, ScoreRow):
            return _score(event, catalogue, to_patient=to_patient)
        made = _own_session(event, signed or {}) if to_patient else _session(event, signed)
        return made._replace(agreed=_glimpse("; ".join(row.words for row in agreed.get(event.row.id, ()))))

    return Rail([item(event) for event in shown], len(events) - len(shown))


def _day(event: Event) -> date:
    return event.taken_on if isinstance(event, ScoreRow) else event.on


def _glimpse(text: str) -> str:
    return shorten(text, GLIMPSE, placeholder=" …")


def _answer(answer: Answer, *, to_patient: bool) -> Item:
    """ "Still doing it? After one month: sometimes"."""
    said = answer.said
    asked = f"After {AFTER[said.month]}: " if said.month in AFTER else ""
    words = OWN_WORDS[said.status] if to_patient else said.status.label.lower()
    return Item(
        on=answer.on,
        mark="said",
        title=f"Still doing it? {asked}{words if asked else words.capitalize()}",
        when=day(answer.on),
        by="" if to_patient else "said by the patient",
        text=_glimpse(answer.practice.words),
        practice_id=answer.practice.id,
    )


def dose_text(row: SessionRow) -> str:
    """ "IM injection, 50 mg", as far as it is known."""
    parts = [Route(row.route).label] if row.route else []
    if row.dose_mg is not None:
        parts.append(f"{number(row.dose_mg)} mg")
    return ", ".join(parts)


def _session(session: Session, signed: Signed | None) -> Item:
    row = session.row
    chips = [] if session.took_place else [(row.status.label, "warn" if row.status is Status.HELD else "")]
    if dose_text(row):
        chips.append((dose_text(row), "dose"))
    return Item(
        on=session.on,
        mark=MARKS[row.kind],
        title=f"Dosing session {row.number}" if row.number else f"{row.kind.label} session",
        when=moment(row.starts_at),
        chips=chips,
        by="" if signed is None else _waits(row, signed),
        text=_glimpse(row.narrative),
        planned=row.status is Status.PLANNED,
        session_id=row.id,
    )


def _waits(row: SessionRow, signed: Signed) -> str:
    """What of a session is not signed, in small words: most often that is only a matter of time."""
    parts = unsigned(row, signed)
    if len(parts) < len(PARTS[row.kind]):
        return "".join(f"{part.label.lower()} not signed" for part in parts)
    return "not signed"


def _own_session(session: Session, signed: Signed) -> Item:
    """One that lies ahead leads to a file for the calendar, one that can be read to its page."""
    row = session.row
    ahead = row.status is Status.PLANNED and row.starts_at > clock.now()
    return Item(
        on=session.on,
        mark=MARKS[row.kind],
        title=f"{row.kind.label} session",
        when=day(session.on),
        chips=[] if session.took_place else [("planned", "")],
        planned=row.status is Status.PLANNED,
        session_id=row.id if ahead or readable(row, signed) else None,
    )


def _score(score: ScoreRow, catalogue: Catalogue, *, to_patient: bool) -> Item:
    instrument = catalogue.get(score.measure) if score.measure in catalogue else None
    found = band(instrument, score.value) if instrument else None
    text = format_score(instrument, score.value) if instrument else f"{score.value:g}"
    chips = [(f"{text}, {found.label.lower()}" if found else text, "meas")]
    if score.flag and not to_patient:
        chips.append((f"Item 9: {score.flag}", "bad"))
    return Item(
        on=score.taken_on,
        mark="meas",
        title=instrument.name if instrument else score.measure,
        when=day(score.taken_on),
        chips=chips,
        by="" if to_patient else Source(score.source).label,
        score_id=score.id,
    )
