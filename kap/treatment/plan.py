"""What a protocol says, and what by it comes next in a course.

Preparation, doses and integration go on beside each other: a dose does not wait for the integration before it, for in
life it does not either. What was done beyond the plan is fine and counts for nothing; what was held back or cancelled
does not count.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from kap.treatment.window import Window

MOST_SESSIONS, MOST_DAYS, MOST_HOURS = 100, 365, 24 * 28
"""More than these of one kind, between two doses or for a window is a slip of the pen."""

PREPARATION, DOSING, INTEGRATION = "preparation", "dosing", "integration"
TOOK_PLACE, PLANNED = "took_place", "planned"


class Integrate(StrEnum):
    """When integration sessions are due."""

    EACH = "each"
    AFTER = "after"
    EVERY = "every"
    TOTAL = "total"

    @property
    def label(self) -> str:
        """The words on the page."""
        return {
            self.EACH: "After each dose",
            self.AFTER: "After certain doses",
            self.EVERY: "After every so many doses",
            self.TOTAL: "So many in all",
        }[self]


class Plan(NamedTuple):
    """What a protocol plans for a course. Without `doses` it is open how many there are."""

    preparations: int = 0
    doses: int | None = None
    spacing_min: int | None = None
    spacing_max: int | None = None
    integration: str = Integrate.EACH
    number: int | None = 1
    """Sessions after each dose, or doses between two sessions, or sessions in all."""
    after: str = ""
    """The doses with a session after them, such as "1, 2, 4, 6"; one that is named twice has two."""
    window_min: int = Window().first
    window_max: int = Window().last
    route: str | None = None
    schedule: str | None = None
    """The route by whose schedule a dose is monitored."""
    measures_before_dose: Sequence[str] = ()
    measures_weekly: Sequence[str] = ()
    measures_before_integration: Sequence[str] = ()

    @property
    def window(self) -> Window:
        """When after a dose integration is suggested."""
        return Window(self.window_min, self.window_max)

    @property
    def integrations(self) -> int | None:
        """How many integration sessions there are in all; None where that is open."""
        if self.integration == Integrate.TOTAL:
            return self.number or 0
        if self.integration == Integrate.AFTER:
            return sum(self.doses is None or dose <= self.doses for dose in doses_named(self.after))
        return None if self.doses is None else sum(self.due_after(dose) for dose in range(1, self.doses + 1))

    def due_after(self, dose: int) -> int:
        """How many integration sessions become due with this dose; a number in all is spread over the doses."""
        number = self.number or 0
        if self.doses is not None and dose > self.doses:
            return 0
        if self.integration == Integrate.EACH:
            return number
        if self.integration == Integrate.AFTER:
            return doses_named(self.after).count(dose)
        if self.integration == Integrate.EVERY:
            return int(number > 0 and dose % number == 0)
        if self.doses is None:
            return int(dose <= number)
        return number * dose // self.doses - number * (dose - 1) // self.doses

    @property
    def sequence(self) -> Iterator[tuple[str, int]]:
        """The sessions in the order of the plan, each kind counted from 1; three doses stand for an open number."""
        talks = 0
        yield from ((PREPARATION, number) for number in range(1, self.preparations + 1))
        for dose in range(1, (self.doses or 3) + 1):
            yield DOSING, dose
            for _ in range(self.due_after(dose)):
                talks += 1
                yield INTEGRATION, talks


class Session(NamedTuple):
    """A session as far as the plan cares; `at` in the zone of the clinic, whose days it counts."""

    kind: str
    status: str
    at: datetime
    id: Any = None


class Step(NamedTuple):
    """Something that comes next: the `number`th of its kind, of `total` where that is not open.

    Planned already: `planned` is that session. Otherwise `since` and `until` say when it would be by the plan, and
    `suggested` a time for it, as far as there is one. `kind` None: all is done.
    """

    kind: str | None
    number: int = 0
    total: int | None = None
    after_dose: int | None = None
    planned: Session | None = None
    since: datetime | None = None
    until: datetime | None = None
    suggested: datetime | None = None


COMPLETE = Step(None)
"""All that was planned took place: time to look at the whole again."""


def doses_named(text: str) -> tuple[int, ...]:
    """The numbers in "1, 2, 4, 6", in order; ValueError where it says something else."""
    if text.strip() and not re.fullmatch(r"\s*[0-9]{1,3}(\s*[,;\s]\s*[0-9]{1,3})*\s*", text):
        raise ValueError("Please give numbers such as 1, 2, 4, 6.")
    return tuple(sorted(int(found) for found in re.findall(r"[0-9]+", text)))


def told(plan: Plan) -> list[str]:
    """A plan in words, a line for each part."""
    lines = [_counted(plan.preparations, "preparation session") if plan.preparations else "No preparation session"]
    doses = "As many doses as it takes" if plan.doses is None else _counted(plan.doses, "dose")
    apart = spacing_told(plan)
    return [*lines, f"{doses}, {apart} apart" if apart else doses, _integration_told(plan)]


def spacing_told(plan: Plan) -> str:
    """The days between two doses, in words; empty where that is open."""
    least, most = plan.spacing_min, plan.spacing_max
    if least is None:
        return ""
    if most is None:
        return f"at least {_counted(least, 'day')}"
    return _counted(least, "day") if least == most else f"{least} to {_counted(most, 'day')}"


def _integration_told(plan: Plan) -> str:
    number, sum_ = plan.number or 0, plan.integrations
    in_all = f" ({sum_} in all)" if sum_ is not None else ""
    if plan.integration == Integrate.TOTAL:
        return (
            f"{_counted(number, 'integration session')} in all, spread over the doses" if number else "No integration"
        )
    if plan.integration == Integrate.AFTER:
        named = doses_named(plan.after)
        *first, last = [f"{dose}{' (twice)' if named.count(dose) == 2 else ''}" for dose in sorted(set(named))]
        doses = f"doses {', '.join(first)} and {last}" if first else f"dose {last}"
        return f"Integration after {doses}{in_all}"
    if plan.integration == Integrate.EVERY and number > 1:
        return f"Integration after every {number} doses{in_all}"
    return f"{_counted(max(number, 1), 'integration session')} after each dose{in_all}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


def problems(plan: Plan) -> Iterator[tuple[str, str]]:
    """Each field of a plan that cannot be followed, with the reason."""
    if not 0 <= plan.preparations <= MOST_SESSIONS:
        yield "preparations", f"Please give a number up to {MOST_SESSIONS}, or 0."
    if plan.doses is not None and not 1 <= plan.doses <= MOST_SESSIONS:
        yield "doses", f"Please give a number between 1 and {MOST_SESSIONS}, or leave it empty."
    yield from _spacing_problems(plan)
    yield from _integration_problems(plan)
    if not 0 <= plan.window_min <= plan.window_max <= MOST_HOURS:
        yield "window_max", f"Please give hours that follow each other, up to {MOST_HOURS}."


def _spacing_problems(plan: Plan) -> Iterator[tuple[str, str]]:
    given = [days for days in (plan.spacing_min, plan.spacing_max) if days is not None]
    if any(not 1 <= days <= MOST_DAYS for days in given):
        yield "spacing_min", f"Please give days between 1 and {MOST_DAYS}, or leave it empty."
    elif plan.spacing_min is None and given:
        yield "spacing_min", "Please say how many days it is at least."
    elif given != sorted(given):
        yield "spacing_max", "This is less than the fewest days."


def _integration_problems(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.integration == Integrate.AFTER:
        try:
            named = doses_named(plan.after)
        except ValueError as impossible:
            yield "after", str(impossible)
            return
        if not named:
            yield "after", "Please say after which doses."
        elif named[0] < 1 or (plan.doses is not None and named[-1] > plan.doses):
            yield "after", "There is no such dose in this protocol."
        elif len(named) > MOST_SESSIONS:
            yield "after", f"Please name at most {MOST_SESSIONS}."
    else:
        least = 0 if plan.integration == Integrate.TOTAL else 1
        if plan.number is None or not least <= plan.number <= MOST_SESSIONS:
            yield "number", f"Please say how many, between {least} and {MOST_SESSIONS}."


def next_steps(plan: Plan, sessions: Iterable[Session], now: datetime) -> list[Step]:
    """What is planned by the plan and what it still asks for, at most one more of each kind; `now` in their zone."""
    walk = _Walk(plan)
    in_order = sorted(sessions, key=lambda session: session.at)
    for session in in_order:
        if session.status == TOOK_PLACE:
            walk.take(session)
    dosed = walk.doses > 0
    planned = [step for session in in_order if session.status == PLANNED and (step := walk.take(session))]
    steps = sorted([*planned, *walk.asked(dosed, now)], key=lambda step: _when(step, now))
    return steps or [COMPLETE]


def _when(step: Step, now: datetime) -> datetime:
    return step.planned.at if step.planned else max(step.since or now, now)


class _Walk:
    """How far a course is by its plan, session by session."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.preparations = self.doses = self.integrations = 0
        self.due = 0
        """Integration sessions that became due and have not been had."""
        self.last: datetime | None = None
        """When the last dose was given, or will be."""
        self.fresh = False
        """True from a dose to the next integration session: the window is that of the first."""

    def take(self, session: Session) -> Step | None:
        """Count a session; the step that it is, None where it is beyond the plan."""
        if session.kind == PREPARATION:
            return self._prepare(session)
        if session.kind == DOSING:
            return self._dose(session)
        if not self.due or self.last is None or session.at < self.last:
            return None
        self.due, self.integrations, self.fresh = self.due - 1, self.integrations + 1, False
        return Step(INTEGRATION, self.integrations, self.plan.integrations, self.doses, session)

    def _prepare(self, session: Session) -> Step | None:
        if self.doses or self.preparations >= self.plan.preparations:
            return None
        self.preparations += 1
        return Step(PREPARATION, self.preparations, self.plan.preparations, planned=session)

    def _dose(self, session: Session) -> Step | None:
        self.doses, self.last, self.fresh = self.doses + 1, session.at, True
        self.due += self.plan.due_after(self.doses)
        if self.plan.doses is not None and self.doses > self.plan.doses:
            return None
        return Step(DOSING, self.doses, self.plan.doses, planned=session)

    def asked(self, dosed: bool, now: datetime) -> Iterator[Step]:
        """What is neither had nor planned. Once a dose was given no preparation for it is missed."""
        plan = self.plan
        prepared = dosed or self.preparations >= plan.preparations
        if not prepared:
            yield Step(PREPARATION, self.preparations + 1, plan.preparations)
        if (prepared or self.doses) and (plan.doses is None or self.doses < plan.doses):
            yield self._next_dose(now)
        if self.due and self.last is not None:
            yield self._next_integration(self.last, now)

    def _next_dose(self, now: datetime) -> Step:
        step = Step(DOSING, self.doses + 1, self.plan.doses)
        if self.last is None:
            return step
        least, most = self.plan.spacing_min, self.plan.spacing_max
        since = self.last + timedelta(days=least) if least is not None else None
        until = self.last + timedelta(days=most) if most is not None else None
        return step._replace(since=since, until=until, suggested=_same_time(self.last, since or self.last, now))

    def _next_integration(self, last: datetime, now: datetime) -> Step:
        step = Step(INTEGRATION, self.integrations + 1, self.plan.integrations, self.doses)
        if not self.fresh:
            return step._replace(suggested=_same_time(last, last, now))
        since, until = (last + timedelta(hours=hours) for hours in self.plan.window)
        suggested = _same_time(last, since, now)
        return step._replace(since=since, until=until, suggested=suggested if suggested <= max(until, now) else None)


def _same_time(like: datetime, earliest: datetime, now: datetime) -> datetime:
    """The first moment from `earliest` on, still ahead, at which clocks show the time of `like`, to the quarter."""
    from_ = max(earliest, now)
    moment = like.replace(minute=like.minute // 15 * 15, second=0, microsecond=0)
    moment += timedelta(days=max((from_.date() - moment.date()).days, 0))
    return moment if moment >= from_ and moment > now else moment + timedelta(days=1)
