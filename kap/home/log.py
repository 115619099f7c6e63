"""The clinic's log as a page: acts by day, in words. What was done over and over within half an hour is one line."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from kap.audit.models import Action
from kap.audit.queries import Asked, Event, event, events, listed
from kap.home import queries
from kap.home.wording import LISTS, WORDS
from kap.people.models import User
from kap.treatment.models import KINDS
from kap.web.filters import day, wall_time

PAGE = 100
FOLD = timedelta(minutes=30)
OVER_AND_OVER = {
    Action.RECORD_VIEWED,
    Action.NOTE_VIEWED,
    Action.LIST_VIEWED,
    Action.ANSWERS_KEPT,
    Action.SIGN_IN_FAILED,
}
"""Acts that are folded: of one person, about the same one, or a list that showed the same."""
NAMED = 4
"""How many things a folded line names."""
SESSIONS = {model.__tablename__ for model in KINDS.values()} | {"treatment_session"}
THINGS = {"alert": "an alert", "course": "the course", "questionnaire": "a questionnaire"}
"""What is not named one by one."""


class Line(NamedTuple):
    """What somebody did, perhaps several times up to `times`, the latest at `at`."""

    id: UUID
    at: str
    since: str
    who: str
    words: str
    whom: str
    patient_id: UUID | None
    things: str
    times: int
    listed: int | None
    opens: bool


class Day(NamedTuple):
    """The acts of one day."""

    name: str
    lines: Sequence[Line]


class LogPage(NamedTuple):
    """A page of the log, and from where it goes on."""

    days: Sequence[Day]
    newer: UUID | None
    older: UUID | None


class Shown(NamedTuple):
    """Somebody's look at a list, and the codes of those who stood on it."""

    who: str
    words: str
    at: datetime
    codes: Mapping[UUID, str]


def log_page(asked: Asked, *, before: UUID | None = None, after: UUID | None = None) -> LogPage:
    """The acts that are asked for, in as many statements for a hundred as for one."""
    part = events(asked, most=PAGE, before=before, after=after)
    names = _Names(asked.clinic_id, part.events)
    days = groupby(_folded(part.events), key=lambda fold: day(fold[0].at))
    return LogPage([Day(name, [names.line(fold) for fold in folds]) for name, folds in days], part.newer, part.older)


def list_shown(user: User, id: UUID) -> Shown | None:
    """A look at a list in the clinic of `user`; None where the log does not say whom it showed."""
    act = event(user.clinic_id, id)
    patients = set(listed(act)) if act else set()
    if act is None or not patients:
        return None
    line = _Names(user.clinic_id, [act]).line([act])
    codes = queries.codes(user.clinic_id, patients - {queries.own_patient(user.clinic_id, user.id)})
    return Shown(line.who, line.words, act.at, codes)


def _folded(events: Sequence[Event]) -> list[list[Event]]:
    """The acts, the latest first; the same over and over within half an hour stands where the latest of them stands."""
    folds: list[list[Event]] = []
    latest: dict[tuple[object, ...], list[Event]] = {}
    for act in events:
        whom = act.object_id if act.action == Action.SIGN_IN_FAILED else act.patient_id
        key = (act.action, act.actor_id, whom, repr(act.detail))
        fold = latest.get(key)
        if act.action in OVER_AND_OVER and fold and fold[0].at - act.at <= FOLD and day(fold[0].at) == day(act.at):
            fold.append(act)
        else:
            latest[key] = [act]
            folds.append(latest[key])
    return folds


class _Names:
    """What stands on a page of the log, by name."""

    def __init__(self, clinic_id: UUID, events: Sequence[Event]) -> None:
        self.patients = queries.codes(clinic_id, {act.patient_id for act in events if act.patient_id})
        self.people = queries.people(
            clinic_id, {act.actor_id for act in events if act.actor_id} | _objects(events, "app_user")
        )
        self.things = queries.sessions(clinic_id, _objects(events, *SESSIONS)) | queries.scores(
            clinic_id, _objects(events, "score")
        )

    def line(self, fold: Sequence[Event]) -> Line:
        """One line for acts that belong together, the latest first."""
        latest, first = fold[0], fold[-1]
        patients = latest.detail.get("patients")
        whom = self._whom(latest)
        return Line(
            id=latest.id,
            at=wall_time(latest.at),
            since=wall_time(first.at),
            who=self._who(latest),
            words=_words(latest, named=bool(whom)),
            whom=whom,
            patient_id=latest.patient_id if whom and latest.patient_id in self.patients else None,
            things=self._things(fold),
            times=len(fold),
            listed=len(patients) if isinstance(patients, list) else patients,
            opens=bool(listed(latest)),
        )

    def _who(self, act: Event) -> str:
        if act.actor_id is None:
            return "Somebody" if act.action == Action.SIGN_IN_FAILED else "The command line"
        return self.people.get(act.actor_id, "Somebody who is not known any more")

    def _whom(self, act: Event) -> str:
        """Whom it was done to, a patient or a user; nobody where the words name nobody."""
        if not WORDS.get(act.action, ("unknown",))[0]:
            return ""
        if act.patient_id is not None:
            return self.patients.get(act.patient_id, "a patient who is not known any more")
        return self.people.get(act.object_id, "") if act.object_id else ""

    def _things(self, fold: Sequence[Event]) -> str:
        """What of the record it was done to, each once."""
        found = [*dict.fromkeys(filter(None, map(self._thing, fold)))]
        rest = len(found) - NAMED
        return ", ".join(found[:NAMED]) + (f" and {rest} more" if rest > 0 else "")

    def _thing(self, act: Event) -> str:
        named = self.things.get(act.object_id) if act.object_id else None
        return named or THINGS.get(act.object_type or "", "")


def _objects(events: Sequence[Event], *types: str) -> set[UUID]:
    return {act.object_id for act in events if act.object_id and act.object_type in types}


def _words(act: Event, *, named: bool) -> str:
    if act.action == Action.LIST_VIEWED:
        return LISTS.get(act.detail.get("name", ""), WORDS[Action.LIST_VIEWED][1])
    about, alone = WORDS.get(act.action, (act.action, act.action))
    return about if named and about else alone
