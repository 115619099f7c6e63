"""Who opened a patient's record, for the patient: a month at a time, by day and person, in kind words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import NamedTuple, Self
from uuid import UUID

from kap.audit.queries import Event, acts_of_others, lists_with
from kap.core import clock
from kap.home import queries
from kap.home.wording import TO_PATIENT
from kap.people.models import Patient
from kap.web.filters import day, month, wall_time
from kap.web.forms import clinic_zone


@dataclass(frozen=True, order=True)
class Month:
    """A month of the calendar."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        """The one in which a day lies."""
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str, *, first: Self, last: Self) -> Self:
        """From "2026-03"; the nearest between `first` and `last`, and `last` for anything that is no month."""
        try:
            return min(max(cls.of(date.fromisoformat(f"{text}-01")), first), last)
        except ValueError:
            return last

    @property
    def next(self) -> "Month":
        """The month after."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def previous(self) -> "Month":
        """The month before."""
        return Month(self.year - (self.number == 1), (self.number - 2) % 12 + 1)

    @property
    def name(self) -> str:
        """ "March 2026"."""
        return month(date(self.year, self.number, 1))

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    def begins(self) -> datetime:
        """Its first moment where the clinic is."""
        return datetime.combine(date(self.year, self.number, 1), time(), clinic_zone()).astimezone(UTC)


class Line(NamedTuple):
    """What somebody did on a day, and when: "14:05", or "3 times, 9:10 to 14:05"."""

    who: str
    words: str
    when: str


class Day(NamedTuple):
    """What was done on one day."""

    name: str
    lines: Sequence[Line]


class Readers(NamedTuple):
    """A month, and those before and after it where the record goes that far."""

    month: Month
    days: Sequence[Day]
    earlier: Month | None
    later: Month | None


def readers_of(patient: Patient, asked: str) -> Readers:
    """What others did with the record in the month that is asked for ("2026-03"); this month for anything else."""
    first, last = Month.of(patient.created_at.astimezone(clinic_zone()).date()), Month.of(clock.today(clinic_zone()))
    shown = Month.read(asked, first=first, last=last)
    since, until = shown.begins(), shown.next.begins()
    acts = acts_of_others(patient.clinic_id, patient.id, patient.user_id, since, until)
    acts += lists_with(patient.clinic_id, patient.id, since, until)
    return Readers(
        shown,
        _days(patient, [act for act in acts if TO_PATIENT.get(act.action)]),
        shown.previous if shown > first else None,
        shown.next if shown < last else None,
    )


def _days(patient: Patient, acts: Sequence[Event]) -> list[Day]:
    names = queries.readers(patient.clinic_id, {act.actor_id for act in acts if act.actor_id})
    latest_first = sorted(acts, key=lambda act: (act.at, act.id), reverse=True)
    return [Day(name, _lines(of_day, names)) for name, of_day in groupby(latest_first, key=lambda act: day(act.at))]


def _lines(acts: Iterable[Event], names: Mapping[UUID, str]) -> list[Line]:
    """What each did on that day, each thing once."""
    folds: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for act in acts:
        who = names.get(act.actor_id, "Somebody at the clinic") if act.actor_id else "The clinic's computer"
        folds[who, TO_PATIENT[act.action] or ""].append(act)
    return [Line(who, words, _when(fold)) for (who, words), fold in folds.items()]


def _when(fold: Sequence[Event]) -> str:
    first, last = wall_time(fold[-1].at), wall_time(fold[0].at)
    if len(fold) == 1:
        return last
    times = "twice" if len(fold) == 2 else f"{len(fold)} times"
    return f"{times}, {first} to {last}" if first != last else f"{times}, {last}"
