"""What was agreed, as the patient sees it and as the clinic does. Nothing is counted, and no row of days is praised."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from kap.outcomes.own_session import readable
from kap.people.models import Patient
from kap.treatment.agreed import PracticeRow, Said, practices_of
from kap.treatment.models import Kept
from kap.treatment.queries import released_parts, session_rows
from kap.web.filters import day

EARLIER = 6
"""How many days before today the patient can still tick."""
AFTER = {1: "one month", 3: "three months"}
"""After how long the patient was asked, in words."""
OWN_WORDS = {
    Kept.KEPT: "still doing it",
    Kept.SOMETIMES: "sometimes",
    Kept.CHANGED: "in another way",
    Kept.DONE: "done",
    Kept.DROPPED: "let go",
}
"""What was said of a practice, in the words of the one who does it."""


class Day(NamedTuple):
    """A day that can be ticked, and whether it is."""

    on: date
    ticked: bool


class OwnPractice(NamedTuple):
    """A practice as its patient sees it; `asked` if it is the one to answer about, `session_id` if that may be read."""

    row: PracticeRow
    asked: bool
    today: Day
    earlier: Sequence[Day]
    session_id: UUID | None
    last: str
    words: str


class OwnPractices(NamedTuple):
    """What a patient agreed to: what they are at, and what is done or was let go."""

    open: Sequence[OwnPractice]
    over: Sequence[OwnPractice]


def own_practices(patient: Patient, *, today: date, later: Collection[UUID]) -> OwnPractices:
    """All that the patient agreed to; those in `later` are not asked about today."""
    released = released_parts(patient)
    read = {row.id for row in session_rows(patient) if readable(row, released)}
    agreed = practices_of(patient, to_patient=True)
    asked = asked_of(agreed, today=today, later=later)
    # The latest first, for it is what they are most likely at; above it what is asked.
    in_order = sorted(agreed, key=lambda row: (row is asked, row.agreed_on), reverse=True)
    rows = [_own(row, today, row.session_id in read, row is asked) for row in in_order]
    return OwnPractices([one for one in rows if one.row.open], [one for one in rows if not one.row.open])


def asked_of(practices: Sequence[PracticeRow], *, today: date, later: Collection[UUID]) -> PracticeRow | None:
    """The practice that the patient is asked about: one at a time, so that nobody meets a list of questions."""
    return next((row for row in practices if row.id not in later and row.asks(today)), None)


def own_practice(patient: Patient, id: UUID, *, today: date) -> OwnPractice | None:
    """One of them; None where it stands on the list no more."""
    found = own_practices(patient, today=today, later=())
    return next((one for one in (*found.open, *found.over) if one.row.id == id), None)


def _own(row: PracticeRow, today: date, read: bool, asked: bool) -> OwnPractice:
    days = [today - timedelta(days=back) for back in range(EARLIER + 1)]
    this, *earlier = [Day(on, on in row.ticked) for on in days if on >= row.agreed_on] or [Day(today, False)]
    last = row.said[-1] if row.said else None
    return OwnPractice(
        row=row,
        asked=asked,
        today=this,
        earlier=earlier,
        session_id=row.session_id if read else None,
        last=_own_words(last) if last else "",
        # What staff wrote beside it is read with the session, once that is signed.
        words=last.words if last and last.session_id is None else "",
    )


def _own_words(said: Said) -> str:
    """ "You said on 3 June 2026: sometimes"."""
    who = "You said" if said.session_id is None else "In your session"
    return f"{who} on {day(said.on)}: {OWN_WORDS[said.status]}"


CARD = 3
"""How many practices stand on the patient's first page, which has to be light."""


class OwnCard(NamedTuple):
    """What the patient's first page says of practices: the latest they are at, and what is asked."""

    rows: Sequence[PracticeRow]
    more: bool
    asked: PracticeRow | None


def own_card(practices: Sequence[PracticeRow], *, today: date, later: Collection[UUID]) -> OwnCard:
    """The latest practices that the patient is at, and the one to ask about."""
    rows = [row for row in reversed(practices) if row.open]
    return OwnCard(rows[:CARD], len(rows) > CARD, asked_of(practices, today=today, later=later))


def said_text(said: Said) -> str:
    """ "Sometimes: said by the patient after one month, on 3 June 2026"."""
    by = "by the patient" if said.session_id is None else "in a session"
    asked = f" after {AFTER[said.month]}" if said.month in AFTER else ""
    return f"{said.status.label}: said {by}{asked}, on {day(said.on)}"


class TickedMonth(NamedTuple):
    """The days of a month on which it was ticked: "3, 4 and 17"."""

    first: date
    days: str


def ticked_months(row: PracticeRow) -> list[TickedMonth]:
    """The days on which a practice was ticked by month, the latest first."""
    found: dict[date, list[str]] = {}
    for on in row.ticked:
        found.setdefault(on.replace(day=1), []).append(str(on.day))
    return [TickedMonth(first, ", ".join(days)) for first, days in reversed(found.items())]


def by_session(practices: Sequence[PracticeRow]) -> Mapping[UUID, Sequence[PracticeRow]]:
    """What was agreed in each session."""
    found: dict[UUID, list[PracticeRow]] = {}
    for row in practices:
        found.setdefault(row.session_id, []).append(row)
    return found
