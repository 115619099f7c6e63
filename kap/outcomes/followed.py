"""Which doses were followed by an integration session, and when. It describes, and is no evidence of cause. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from kap.treatment.window import SOFT_HOURS, Window


class Follow(StrEnum):
    """When the integration session after a dose was held, beside the clinic's window; or that none was."""

    SOONER = "sooner"
    WITHIN = "within"
    LATER = "later"
    LATE = "late"
    OPEN = "open"
    NONE = "none"


class Dose(NamedTuple):
    """A dose that was given."""

    id: Any
    at: datetime
    window: Window = Window()


class Talk(NamedTuple):
    """An integration session that was held, and the doses that it names; one that names none is about all before it."""

    id: Any
    at: datetime
    doses: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Followed:
    """A dose, the integration session that counts for it, how long after it that was, and what this makes of it."""

    dose: Dose
    talk: Talk | None
    after: timedelta | None
    how: Follow


def followed(doses: Iterable[Dose], talks: Iterable[Talk], now: datetime) -> list[Followed]:
    """Each dose up to `now` with the session that followed it: the first one, unless another lies in the window."""
    held = sorted((talk for talk in talks if talk.at <= now), key=lambda talk: talk.at)
    return [_followed(dose, held, now) for dose in sorted(doses, key=lambda dose: dose.at) if dose.at <= now]


def _followed(dose: Dose, held: Sequence[Talk], now: datetime) -> Followed:
    after = [talk for talk in held if talk.at >= dose.at and (not talk.doses or dose.id in talk.doses)]
    if not after:
        still = now - dose.at <= timedelta(hours=dose.window.soft)
        return Followed(dose, None, None, Follow.OPEN if still else Follow.NONE)
    talk = next((talk for talk in after if _how(dose, talk.at - dose.at) is Follow.WITHIN), after[0])
    return Followed(dose, talk, talk.at - dose.at, _how(dose, talk.at - dose.at))


def _how(dose: Dose, after: timedelta) -> Follow:
    return Follow(dose.window.place(after))


class Coverage(NamedTuple):
    """How many doses were followed by an integration session, and when. What is still open counts for neither side."""

    sooner: int = 0
    within: int = 0
    later: int = 0
    late: int = 0
    open: int = 0
    none: int = 0

    @property
    def settled(self) -> int:
        """The doses of which it can be said: all but those still open."""
        return sum(self) - self.open

    @property
    def share(self) -> float | None:
        """The share of these that were followed within the window; None where there are none."""
        return self.within / self.settled if self.settled else None


def coverage(found: Iterable[Followed]) -> Coverage:
    """The counts of these doses."""
    counts = Counter(one.how for one in found)
    return Coverage(**{how.value: counts[how] for how in Follow})


def told(counts: Coverage, window: Window | None = None) -> tuple[str, str]:
    """The counts in a sentence, and what becomes of the other doses in another; both empty where there is no dose.

    `window` is None where the doses have different windows.
    """
    if not sum(counts):
        return "", ""
    suggested = f"within {window.first}–{window.last} hours" if window else "within the suggested window"
    still = f"{counts.open} still open"
    if not counts.settled:
        return f"No dose to count yet; {still}.", ""
    doses = f"{counts.settled} dose{'s' if counts.settled != 1 else ''}"
    was = "was" if 1 in (counts.within, counts.settled) else "were"
    first = f"{counts.within} of {doses} {was} followed by an integration session {suggested}"
    parts = [
        (counts.sooner, "sooner than that"),
        (counts.later, "later, within 14 days" if window is None or window.last < SOFT_HOURS else "later"),
        (counts.late, "after more than that"),
        (counts.none, "by none"),
    ]
    others = ", ".join(f"{number} {words}" for number, words in parts if number)
    rest = "Of the others" if counts.within else "Of these"
    return f"{first}; {still}." if counts.open else f"{first}.", f"{rest}: {others}." if others else ""
