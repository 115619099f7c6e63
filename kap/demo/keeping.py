"""How the talks of an invented life were held, and what became of what was meant and agreed in them. Pure.

It is drawn by itself, once all else is, so that nothing else is changed by it. How often is ours: about half of what
was agreed is kept.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import accumulate
from math import inf
from random import Random
from typing import Any, NamedTuple

from kap.demo import phrases
from kap.demo.stories import Dose, Integration, Preparation, Still, Ticks, answered, prepared
from kap.treatment.models import Kept, Modality, Status
from kap.treatment.practices import Found

BECOMES = {Kept.KEPT: 50, Kept.SOMETIMES: 18, Kept.CHANGED: 12, Kept.DONE: 8, Kept.DROPPED: 12}
"""What becomes of a practice by the next talk, in 100."""
MEANT = {Kept.KEPT: 62, Kept.SOMETIMES: 22, Kept.DROPPED: 16}
"""What becomes of an intention by the talk after its dose, in 100."""
OVER = (Kept.DONE, Kept.DROPPED)
SPOKEN_OF = 2
"""How many practices are gone on with; what is older is done or dropped."""
ASKED, ANSWERS = ((1, 31), (3, 92)), 0.7
"""After which month and so many days a patient is asked, and how often they answer."""
TICKED, DAYS = 6, 75
"""How often a practice is ticked at most, and for how many days: most people tire of it."""
BESIDE = (Modality.PSYCHOEDUCATION, Modality.MOTIVATIONAL, Modality.MINDFULNESS, Modality.NARRATIVE)


class Agreement(NamedTuple):
    """A practice from the day on which it was agreed until it is done or dropped."""

    words: str
    day: int
    until: float = inf


class Keeping:
    """Goes through the sessions of a life in their order; `level` tells how much is left of the complaint on a day."""

    def __init__(self, random: Random, level: Callable[[int], float], doses: Collection[int], *, acute: bool) -> None:
        self.random = random
        self.level = level
        self.doses = doses
        self.acute = acute
        self.open: list[Agreement] = []
        self.closed: list[Agreement] = []
        self.meant: dict[str, int] = {}

    def told(self, session: Preparation | Dose | Integration) -> Preparation | Dose | Integration:
        """The session with what is drawn here."""
        if session.status is not Status.TOOK_PLACE:
            return session
        if isinstance(session, Dose):
            self.meant[session.intention] = session.day
            return session
        return self._prepared(session) if isinstance(session, Preparation) else self._integrated(session)

    def _prepared(self, talk: Preparation) -> Preparation:
        random = self.random
        hopes, fears = random.choice(phrases.HOPES), random.choice(phrases.FEARS)
        return replace(talk, answers=prepared(hopes=hopes, fears=fears))

    def _integrated(self, talk: Integration) -> Integration:
        random = self.random
        kept = {one.words: self._becomes(place) for place, one in enumerate(self.open[::-1]) if self._asked(place)}
        over = [one for one in self.open if one.words in kept and kept[one.words].status in OVER]
        self.closed += [one._replace(until=talk.day) for one in over]
        self.open = [one for one in self.open if one not in over]
        going = {one.words for one in self.open}
        practices = tuple(one for one in talk.practices if one.words not in going)
        self.open += [Agreement(one.words, talk.day) for one in practices]
        # One day after a dose may be moved to the day of the dose.
        meant = [words for words, day in self.meant.items() if day < talk.day - 1]
        self.meant = {words: day for words, day in self.meant.items() if words not in meant}
        return replace(
            talk,
            practices=practices,
            kept=kept,
            intended={words: Found(_weighed(random, MEANT)) for words in meant if random.random() < 0.6},
            also=self._beside(talk.modality),
            answers=self._answers(talk),
        )

    def _asked(self, place: int) -> bool:
        return place >= SPOKEN_OF or self.random.random() < 0.88

    def _becomes(self, place: int) -> Found:
        status = _weighed(self.random, BECOMES) if place < SPOKEN_OF else self.random.choice(OVER)
        return Found(status, self.random.choice(phrases.BECAME[status]))

    def _beside(self, modality: Modality) -> tuple[Modality, ...]:
        beside = self.random.choice(BESIDE)
        return (beside,) if self.random.random() < 0.3 and beside is not modality else ()

    def _answers(self, talk: Integration) -> dict[str, Any]:
        random, level = self.random, self.level(talk.day)
        mood = max(0, min(10, round(8 - 4.5 * level + random.gauss(0, 0.8))))
        mode = random.choices(("in_person", "video", "telephone"), (80, 14, 6))[0]
        answers = answered(
            mood,
            random.choices((0, 1, 2, 3), (70, 18, 8, 4))[0],
            mode="video" if "By video" in talk.narrative else "in_person" if "harbour" in talk.narrative else mode,
            next_dose=self._next_dose(talk.day, level),
        )
        if self.acute and level > 0.5:
            answers |= {"suicidality": "passive", "suicidality_done": "Asked about; the safety plan stands as it is."}
        return answers | dict(talk.answers)

    def _next_dose(self, day: int, level: float) -> str:
        if any(dose > day for dose in self.doses):
            return self.random.choices(("go_on", "pause"), (94, 6))[0]
        if level < 0.5:
            return self.random.choices(("stop", "pause", "taper"), (76, 18, 6))[0]
        return self.random.choices(("pause", "stop", "taper"), (50, 40, 10))[0]

    def ticks(self) -> tuple[Ticks, ...]:
        """The days on which the patient ticks what was agreed."""
        return tuple(Ticks(one.words, tuple(self._days(one))) for one in [*self.closed, *self.open])

    def _days(self, one: Agreement) -> Iterator[int]:
        # Not on the day itself: at a weekend its session may be moved to the Monday.
        gaps = (self.random.randint(2, 12) for _ in range(self.random.randint(0, TICKED)))
        return (day for day in accumulate(gaps, initial=one.day + 2) if day < min(one.until, one.day + DAYS))

    def still(self, answers_until: int) -> tuple[Still, ...]:
        """What the patient answers of what is still open after one month and three, as long as they answer at all."""
        return tuple(
            self._says(one, month, day)
            for one in [*self.closed, *self.open]
            for month, days in ASKED
            if (day := one.day + days + self.random.randint(2, 6)) < min(one.until, answers_until)
            and self.random.random() < ANSWERS
        )

    def _says(self, one: Agreement, month: int, day: int) -> Still:
        status = _weighed(self.random, BECOMES)
        return Still(day, one.words, status, self.random.choice(phrases.STILL[status]), month)


def _weighed(random: Random, weights: dict[Kept, int]) -> Kept:
    return random.choices(list(weights), list(weights.values()))[0]
