"""Invented patients from a seed, beside the ones that were written by hand. Pure: the same seed, the same patients.

A life is drawn as a whole, from enrolment to the last questionnaire. Where nothing else is said, a number is our own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import inf
from random import Random
from typing import Generic, NamedTuple, TypeVar

from kap.demo import phrases
from kap.demo.curve import BREAKS_OFF, MAINTAINED, MISSES, Fate, Turn, fate, level_on, noisy, strata
from kap.demo.keeping import Keeping
from kap.demo.stories import (
    MILD,
    MODERATE,
    Adverse,
    Dose,
    End,
    Integration,
    Preparation,
    Scores,
    Still,
    Story,
    Ticks,
)
from kap.measures.instruments import Instrument, instrument
from kap.treatment.models import Condition, EndReason, EventTerm, Medicine, Modality, PracticeKind, Route, Status
from kap.treatment.practices import Agreed

T = TypeVar("T")
Session = Preparation | Dose | Integration

PRONOUNS = {
    "she": {"they": "she", "them": "her", "their": "her"},
    "he": {"they": "he", "them": "him", "their": "his"},
    "they": {"they": "they", "them": "them", "their": "their"},
}


class Way(NamedTuple):
    """How a series of doses is given by a route."""

    route: Route
    days: tuple[int, ...]
    """The days of the doses of induction."""
    doses: tuple[float, ...]
    """How the dose grows, in mg/kg or mg; the last one stays."""
    by_weight: bool = False
    step: int = 1
    """The mg to which a dose is rounded: lozenges come in sizes."""
    maintenance: tuple[int, int] = (21, 35)
    """Between how few and how many days lie between later doses."""
    maintained: float = 0.2
    """The share of those who respond that goes on with doses."""


TWICE_WEEKLY = (0, 3, 7, 10, 14, 17, 21, 24)
IV_FAST = Way(Route.IV_INFUSION, (0, 3, 7, 10, 14, 17), (0.5, 0.5, 0.6), by_weight=True, maintained=0.25)
"""0.5 mg/kg over 40 minutes (Andrade 2017, J Clin Psychiatry 78:e852), six in under three weeks (Wilkinson 2021)."""
IV_SLOW = IV_FAST._replace(days=(0, 4, 7, 11, 14, 20))
IM = Way(Route.IM, (0, 14, 28), (0.75, 0.9, 1.0), by_weight=True)
"""About the exposure of 0.5 to 1 mg/kg IV (ASKP, table of routes)."""
IM_FOUR = IM._replace(days=(0, 7, 14, 28))
SPRAY = Way(Route.ESKETAMINE_NASAL, (*TWICE_WEEKLY, 28, 35, 42, 49), (56, 56, 84), maintenance=(7, 14), maintained=0.55)
"""Twice a week for four weeks, weekly for four, then weekly or every two weeks; 56 mg on day 1 (US label)."""
SPRAY_ACUTE = Way(Route.ESKETAMINE_NASAL, TWICE_WEEKLY, (84,), maintenance=(14, 14), maintained=0.3)
"""84 mg twice a week for four weeks, for depression with acute suicidal thoughts (US label)."""
LOZENGE = Way(Route.SUBLINGUAL, (0, 7, 14, 21), (100, 150, 200))
"""Four in four weeks (Hull 2022, doi:10.1016/j.jad.2022.07.004); 100 to 200 mg (ASKP, table of routes)."""
LOZENGE_SIX = LOZENGE._replace(days=(0, 7, 14, 21, 35, 49))
SWALLOWED = Way(Route.ORAL, (0, 7, 14, 21, 28, 35), (2.0, 2.25, 2.5), by_weight=True, step=25)
"""2.0 to 2.5 mg/kg give about the exposure of 0.5 mg/kg IV (Andrade 2019, J Clin Psychiatry)."""
UNDER_THE_SKIN = Way(Route.SUBCUTANEOUS, TWICE_WEEKLY, (0.5, 0.6, 0.75, 0.9), by_weight=True)
"""Twice a week for four weeks, guided by response (Loo 2023, Br J Psychiatry 223:533)."""
RACEMIC_SPRAY = Way(Route.INTRANASAL_RACEMIC, (0, 7, 14, 21), (75, 100))


class Need(NamedTuple):
    """A condition: how many patients in 48 have it, what it is followed by, how it begins and how it is treated."""

    condition: Condition
    patients: int
    measure: str
    beside: tuple[str, ...]
    start: tuple[float, float]
    """Mean and standard deviation of the score at the start, on the measure."""
    ways: tuple[Way, ...]
    talks: tuple[Modality, ...]


PHQ = (17.2, 3.6)
NEEDS = (
    Need(
        Condition.DEPRESSION,
        22,
        "phq-9",
        ("gad-7",),
        PHQ,
        (IV_FAST, SPRAY, IM, IV_SLOW, LOZENGE, SPRAY, IM_FOUR, SWALLOWED, IV_FAST, UNDER_THE_SKIN, SPRAY),
        (Modality.ACT, Modality.PSYCHODYNAMIC, Modality.IFS, Modality.SUPPORTIVE, Modality.CBT),
    ),
    Need(
        Condition.ANXIETY,
        7,
        "gad-7",
        ("phq-9",),
        (15.0, 2.6),
        (LOZENGE, IV_FAST, IM, LOZENGE_SIX, RACEMIC_SPRAY),
        (Modality.CBT, Modality.MINDFULNESS, Modality.ACT),
    ),
    Need(
        Condition.PTSD,
        7,
        "pcl-5",
        ("phq-9",),
        (51.0, 8.0),
        (IM, IV_SLOW, LOZENGE_SIX, IM_FOUR),
        (Modality.SOMATIC, Modality.EMDR, Modality.IFS),
    ),
    Need(
        Condition.CHRONIC_PAIN,
        4,
        "peg",
        ("phq-9",),
        (6.9, 0.9),
        (IV_SLOW, SWALLOWED, IM, LOZENGE),
        (Modality.MINDFULNESS, Modality.SOMATIC, Modality.ACT),
    ),
    Need(
        Condition.SUICIDAL_IDEATION,
        3,
        "phq-9",
        ("gad-7",),
        (20.5, 2.4),
        (SPRAY_ACUTE, IV_FAST, SPRAY_ACUTE),
        (Modality.SUPPORTIVE, Modality.PSYCHODYNAMIC),
    ),
    Need(Condition.OCD, 3, "ocd", ("phq-9",), (7.6, 0.8), (IV_SLOW, IM_FOUR), (Modality.EXPOSURE, Modality.CBT)),
    Need(
        Condition.NOT_RECORDED,
        2,
        "phq-9",
        (),
        PHQ,
        (LOZENGE, IM),
        (Modality.SUPPORTIVE, Modality.OTHER, Modality.GROUP),
    ),
)

UNWANTED = {
    EventTerm.DIZZINESS: (0.18, (20, 50)),
    EventTerm.NAUSEA: (0.12, (40, 90)),
    EventTerm.DISSOCIATION: (0.09, (15, 35)),
    EventTerm.BP_INCREASED: (0.05, (25, 45)),
    EventTerm.OTHER: (0.05, (30, 100)),
}
"""How often an event comes with a dose, and between which minutes after it."""


SOON_AFTER = 0.6
"""How often a dose is followed by a talk of its own within three days, where a talk every five days leaves it out."""

ENDING = (Agreed("As written on the page", PracticeKind.OTHER),)
"""What is agreed where a course ends from outside."""


class Deck(Generic[T]):
    """Cards that are drawn one after the other, so that none comes again before all have been seen."""

    def __init__(self, random: Random, cards: Sequence[T]) -> None:
        self.random = random
        self.cards = list(cards)
        self.left: list[T] = []

    def draw(self) -> T:
        """The next card."""
        if not self.left:
            self.left = self.random.sample(self.cards, len(self.cards))
        return self.left.pop()


class Drawn(NamedTuple):
    """What tells one patient from another before anything has happened: numbers between 0 and 1, and words."""

    kind: float
    loss: float
    leave: float
    end: float
    need: Need
    way: Way
    name: str | None
    pronoun: str
    body: str
    """The seed of age, weight and blood pressure."""


class Life(NamedTuple):
    """A story as it is once it is over, and what the doses did."""

    drawn: Drawn
    story: Story
    fate: Fate
    induced: int
    """The day of the last dose of induction."""
    maintained: bool


def lives(seed: str, count: int) -> list[Life]:
    """As many lives as are asked for, spread evenly over what can happen."""
    random = Random(f"{seed}:lives")  # noqa: S311 - invented people, not secrets
    needs = [need for need in NEEDS for _ in range(need.patients)]
    names = [*phrases.NAMES, *((None, pronoun) for pronoun in ("she", "he") * (len(phrases.NAMES) // 2))]
    ways = {need.condition: Deck(random, need.ways) for need in NEEDS}
    people = Deck(random, needs), Deck(random, names)
    numbers = zip(*(strata(random, count) for _ in range(4)), strict=True)
    notes: set[str] = set()
    found = []
    for place, (kind, loss, leave, end) in enumerate(numbers):
        need, (name, pronoun) = people[0].draw(), people[1].draw()
        drawn = Drawn(kind, loss, leave, end, need, ways[need.condition].draw(), name, pronoun, f"{seed}:{place}:body")
        found.append(_draft(f"{seed}:{place}", drawn, notes).life())
    return found


def another_course(life: Life, seed: str) -> Life:
    """The same person, treated in another way later on."""
    random = Random(f"{seed}:{life.drawn.end}:again")  # noqa: S311 - invented people, not secrets
    before, ways = life.drawn, [way for way in life.drawn.need.ways if way.route is not life.drawn.way.route]
    drawn = before._replace(kind=random.random(), loss=random.random(), end=1, way=random.choice(ways))
    again = _draft(f"{seed}:{before.end}:again", drawn, set()).life()
    return again._replace(story=replace(again.story, again=True))


def _draft(seed: str, drawn: Drawn, notes: set[str]) -> "_Draft":
    main, words, kept = (Random(f"{seed}{part}") for part in ("", ":words", ":kept"))  # noqa: S311 - not secrets
    return _Draft(main, words, kept, drawn, notes)


@dataclass
class _Draft:
    """One life as it is being written."""

    random: Random
    tongue: Random
    """Draws the words, so that they can be changed without changing what happens."""
    aside: Random
    """Draws what was added later, so that what was there before stays as it was."""
    drawn: Drawn
    notes: set[str]
    """What has been written about others."""
    sessions: list[Session] = field(default_factory=list)
    doses: list[int] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    ticks: tuple[Ticks, ...] = ()
    still: tuple[Still, ...] = ()

    def life(self) -> Life:
        """The whole of it."""
        self._meet()
        way, random = self.drawn.way, self.random
        fate_ = fate(random, kind=self.drawn.kind, loss=self.drawn.loss, leave=self.drawn.leave)
        breaks_off = random.random() < BREAKS_OFF
        forced = self._forced_end()
        self.turns = [Turn(0, fate_.level, fate_.onset)]
        self._induction(stop_after=random.randint(1, len(way.days) - 1) if breaks_off else None)
        induced = self.doses[-1]
        maintained = fate_.responds and not breaks_off and forced is None and random.random() < way.maintained
        if maintained:
            fate_ = fate_._replace(lost=fate_.lost / MAINTAINED, leaves=random.uniform(70, 330))
        if breaks_off or forced is not None:
            fate_ = fate_._replace(leaves=random.choice((3, 6, 9)))
        if fate_.lost < inf:
            self.turns.append(Turn(induced + fate_.lost, random.uniform(0.85, 1.0), random.uniform(2, 5)))
        seen = induced + round(fate_.leaves)
        if maintained:
            self._maintenance(until=seen)
        scores = self._scores(fate_, induced, seen, maintained)
        end = self._end(fate_, induced, breaks_off, maintained, forced)
        self._talks(fate_, induced, min(seen, end.day) if maintained else end.day)
        self._talks_soon_after()
        self._keep(max(scores[0].sums))
        return Life(self.drawn, self._story(scores, end), fate_, induced, maintained)

    # Who it is

    def _meet(self) -> None:
        random, body, need = self.random, Random(self.drawn.body), self.drawn.need  # noqa: S311
        old = need.condition is Condition.CHRONIC_PAIN or self._forced_end() is EndReason.DIED
        age = body.randint(60, 76) if old else body.randint(21, 66)
        self.born = date(2026 - age, body.randint(1, 12), body.randint(1, 28))
        self.weight = body.randint(52, 98)
        self.pressure = (min(137, round(body.gauss(110 + age / 4, 7))), min(88, round(body.gauss(76, 5))))
        self.words = dict(PRONOUNS[self.drawn.pronoun])
        self.words |= {word.capitalize(): said.capitalize() for word, said in self.words.items()}
        self.settling = Deck(self.tongue, phrases.SETTLING)
        self.images = Deck(self.tongue, phrases.IMAGES)
        self.returns = Deck(self.tongue, phrases.RETURNS)
        self.intentions = Deck(self.tongue, phrases.INTENTIONS)
        self.did = Deck(self.tongue, phrases.DID)
        self.hope = Deck(self.tongue, (*phrases.OWN.get(need.condition, ()), *phrases.HOPE))
        self.flat = Deck(self.tongue, phrases.FLAT)
        self.slip = Deck(self.tongue, phrases.SLIP)
        self.cancelled = Deck(self.tongue, phrases.CANCELLED)
        self.modalities = random.sample(need.talks, len(need.talks))
        integrating = random.random()
        # Some are dosed and never integrated: the lead has to find them.
        self.integrates = 0.0 if integrating < 0.1 else 0.88

    def _said(self, text: str) -> str:
        return text.format(**self.words)

    def _fresh(self, compose: Callable[[], str]) -> str:
        """A note that is not in the clinic yet, as long as there are any."""
        tries = 0
        while (note := compose()) in self.notes and tries < 12:
            tries += 1
        self.notes.add(note)
        return note

    def _story(self, scores: tuple[Scores, ...], end: End) -> Story:
        random, drawn = self.random, self.drawn
        return Story(
            detailed=False,
            code="",
            name=drawn.name,
            born=self.born if drawn.name else None,
            began=0,
            enrolled=min(session.day for session in self.sessions) - random.randint(2, 8),
            condition=drawn.need.condition,
            measure=drawn.need.measure,
            planned_doses=len(drawn.way.days),
            route=drawn.way.route,
            medicine=Medicine.ESKETAMINE if drawn.way.route is Route.ESKETAMINE_NASAL else Medicine.KETAMINE,
            weight_kg=self.weight,
            pressure=self.pressure,
            left_with=self._said(self.tongue.choice(phrases.ESCORTS)),
            sessions=tuple(self.sessions),
            scores=scores,
            ticks=self.ticks,
            still=self.still,
            end=end,
        )

    # Doses

    def _induction(self, stop_after: int | None) -> None:
        """The planned doses; one that is cancelled or held back moves the others."""
        random, moved, tries = self.random, 0, 0
        self._prepare()
        for number, day in enumerate(self.drawn.way.days, start=1):
            while number > 1 and random.random() < 0.05 and tries < 2:
                self._not_given(day + moved)
                moved, tries = moved + random.randint(3, 5), tries + 1
            self._give(day + moved)
            if number == stop_after:
                self._stay_away(day + moved + random.randint(4, 8))
                return

    def _prepare(self) -> None:
        random = self.random
        days = [-random.randint(3, 6)]
        if random.random() < 0.45:
            days.insert(0, days[0] - random.randint(4, 7))
        for talk, day in zip((phrases.FIRST_TALKS, phrases.SECOND_TALKS), days, strict=False):
            self.sessions.append(
                Preparation(day, self.intentions.draw(), self._said(self.tongue.choice(talk)), self.modalities[0])
            )

    def _give(self, day: int) -> None:
        random, way = self.random, self.drawn.way
        size = way.doses[min(len(self.doses), len(way.doses) - 1)]
        parts = [self.settling, self.images, self.returns]
        if random.random() < 0.4:
            parts.pop(random.choice((0, 2)))
        # With infusions it rises by 16 mmHg on average, SD 11 (doi:10.1016/j.genhosppsych.2024.07.001).
        rise = min(44, max(12, round(random.gauss(17, 9))))
        self.doses.append(day)
        self.sessions.append(
            Dose(
                day,
                way.step * round(size * (self.weight if way.by_weight else 1) / way.step),
                self.intentions.draw(),
                self._fresh(lambda: " ".join(self._said(part.draw()) for part in parts)),
                tuple(self._unwanted(rise)),
                rise=rise,
            )
        )

    def _unwanted(self, rise: int) -> Iterator[Adverse]:
        random = self.random
        for term, (often, (soon, late)) in UNWANTED.items():
            if random.random() < often + (0.5 if term is EventTerm.BP_INCREASED and rise > 33 else 0):
                words = self.tongue.choice(phrases.OTHER_EVENTS) if term is EventTerm.OTHER else ""
                severity = MILD if random.random() < 0.84 else MODERATE
                yield Adverse(term, severity, random.randrange(soon, late, 5), words)

    def _not_given(self, day: int) -> None:
        random = self.random
        if random.random() < 0.65:
            reason = self.cancelled.draw()
            self.sessions.append(Dose(day, 0, "", status=Status.CANCELLED, reason=reason))
            return
        reason, told, pressure = self.tongue.choice(phrases.HELD)
        upper, lower = pressure or self.pressure
        reason = reason.format(upper=upper, lower=lower)
        self.sessions.append(
            Dose(day, 0, "", self._said(told), status=Status.HELD, reason=reason, pressure=(upper, lower))
        )

    def _stay_away(self, day: int) -> None:
        reason = self.tongue.choice(phrases.NO_SHOW)
        self.sessions.append(Dose(day, 0, "", status=Status.CANCELLED, reason=reason))

    def _maintenance(self, until: int) -> None:
        random, way = self.random, self.drawn.way
        day = self.doses[-1] + random.randint(*way.maintenance)
        while day <= until:
            self._give(day)
            day += random.randint(*way.maintenance)

    # Scores

    def _scores(self, fate_: Fate, induced: int, seen: int, maintained: bool) -> tuple[Scores, ...]:
        """The questionnaires: a week apart at first, then every two, then every four weeks, some forgotten.

        Where a score looks like a relapse the clinic asks again soon; where it has come back, a booster may be given.
        """
        random, need = self.random, self.drawn.need
        asked = instrument(need.measure)
        start = self._start(need)
        sums = {-random.randint(1, 3): _total(asked, start)}
        first = min(session.day for session in self.sessions)
        if first < -7 and random.random() < 0.7:
            sums[first] = _total(asked, noisy(random, asked.id, start, start))
        best, worse, boosted = start, False, False
        day = random.randint(6, 8)
        while day <= seen or day <= induced:
            if random.random() >= MISSES:
                level = start * level_on(day, self.turns)
                sums[day] = _total(asked, noisy(random, asked.id, level, start))
                best = min(best, level)
                relapsing = fate_.responds and best < start / 2 and level > max(0.6 * start, best + 0.25 * start)
                if relapsing and worse and not maintained and not boosted and random.random() < 0.5:
                    boosted = True
                    self._boost(day + random.randint(5, 9), fate_)
                worse = relapsing
            day += self._pause(day, induced, worse)
        return (self._with_flags(need.measure, sums, asked), *self._beside(sums, start))

    def _start(self, need: Need) -> float:
        asked = instrument(need.measure)
        scale = asked.scale
        least = scale.case + 1 if scale else 5
        most = (asked.maximum or 10) * 0.94
        return min(most, max(least, self.random.gauss(*need.start)))

    def _pause(self, day: int, induced: int, worse: bool) -> int:
        random = self.random
        if worse:
            return random.randint(7, 9)
        if day < induced + 7:
            return random.randint(6, 8)
        return random.randint(12, 15) if day < induced + 56 else random.randint(26, 30)

    def _boost(self, day: int, fate_: Fate) -> None:
        self._give(day)
        if self.random.random() < 0.7:
            self.turns.append(Turn(day, fate_.level, 6))
            self.turns.append(Turn(day + self.random.randint(50, 160), 0.95, 6))

    def _with_flags(self, measure: str, sums: dict[int, int], asked: Instrument) -> Scores:
        """The sums, with answers to the safety item where there is one: the more, the worse it is."""
        if not asked.safety_items:
            return Scores(measure, sums)
        acute = self.drawn.need.condition is Condition.SUICIDAL_IDEATION
        inclined = acute or self.random.random() < 0.3
        room = sum(max(item.values) for item in asked.scored_items if item.alert_from is None)
        flags, acted_on = {}, {}
        low, high = Deck(self.tongue, phrases.ACTED_LOW), Deck(self.tongue, phrases.ACTED_HIGH)
        for day in sorted(sums):
            likely = sums[day] / 27 if acute else (sums[day] - 8) / 27
            # The highest sums cannot be reached without it.
            level = max(0, sums[day] - room)
            if inclined and self.random.random() < likely:
                level = max(level, 2 if sums[day] > (15 if acute else 21) else 1)
            if level:
                flags[day] = level
                acted_on[day] = self._said((high if flags[day] > 1 else low).draw())
        return Scores(measure, sums, flags, acted_on)

    def _beside(self, sums: dict[int, int], start: float) -> Iterator[Scores]:
        """What is asked beside it, on some of the same days, going the same way and less far."""
        random, need = self.random, self.drawn.need
        for measure in need.beside:
            if random.random() > 0.55:
                continue
            asked = instrument(measure)
            begins = {"phq-9": random.uniform(8, 15), "gad-7": random.uniform(7, 15)}[measure]
            follows = random.uniform(0.5, 0.9)
            found = {}
            for place, day in enumerate(sorted(sums)):
                if place == 0 or random.random() < 0.6:
                    level = 1 if day <= 0 else 1 - follows * (1 - level_on(day, self.turns))
                    found[day] = _total(asked, noisy(random, measure, begins * level, begins))
            yield self._with_flags(measure, found, asked)
        if self.drawn.name is not None and random.random() < 0.15:
            days = range(1, min(40, max(sums)), random.choice((1, 2)))
            yield Scores("mood", {day: self._mood(day) for day in days if random.random() > 0.15})

    def _mood(self, day: int) -> int:
        level = level_on(day, self.turns)
        return max(1, min(10, round(noisy(self.random, "mood", 8 - 4.5 * level, 8))))

    # Talks and the end

    def _talks(self, fate_: Fate, induced: int, until: int) -> None:
        """After most doses, then every few weeks as long as somebody comes."""
        random = self.random
        days: list[int] = []
        for dose, following in zip(self.doses, [*self.doses[1:], 10_000], strict=True):
            if dose <= induced and following - dose > 2 and (not days or dose + 2 - days[-1] >= 5):
                days.append(dose + 2)
        day = induced + random.randint(12, 18)
        while day <= min(until, induced + fate_.leaves + 30):
            days.append(day)
            day += random.randint(18, 32)
        taken = {session.day + step for session in self.sessions for step in (-1, 0, 1)}
        for day in days:
            if day in taken and day - 1 not in self.doses and day > induced:
                day += 2
            if day > until or random.random() >= self.integrates:
                continue
            if random.random() < 0.05:
                self.sessions.append(Integration(day, status=Status.CANCELLED, reason=self.cancelled.draw()))
            else:
                self.sessions.append(self._talk(day, self.random))

    def _talks_soon_after(self) -> None:
        """Most doses are followed by a talk within three days."""
        taken = {session.day for session in self.sessions if not isinstance(session, Dose)}
        for day in (dose + 2 for dose in self.doses):
            near = {*range(day - 2, day + 3)} & taken or day in self.doses
            if self.integrates and not near and self.aside.random() < SOON_AFTER:
                self.sessions.append(self._talk(day, self.aside))

    def _keep(self, answers_until: int) -> None:
        """Put the sessions in order, with how the talks were held and what became of what was agreed."""
        acute = self.drawn.need.condition is Condition.SUICIDAL_IDEATION
        keeping = Keeping(self.aside, lambda day: level_on(day, self.turns), self.doses, acute=acute)
        self.sessions = [keeping.told(session) for session in sorted(self.sessions, key=lambda session: session.day)]
        if self.drawn.name is not None:
            self.ticks, self.still = keeping.ticks(), keeping.still(answers_until)

    def _talk(self, day: int, random: Random) -> Integration:
        now, before = level_on(day, self.turns), level_on(day - 21, self.turns)
        if now > before + 0.2:
            talk = self.slip.draw()
        elif now < 0.62:
            talk = self.hope.draw()
        else:
            talk = self.flat.draw()
        told = self._fresh(lambda: self._said(f"{talk.told} {self.did.draw()}"))
        modality = random.choice(self.modalities[:2])
        agreed = (talk.practice,) if talk.practice else ()
        said = {"insights": talk.insight}
        return Integration(day, told, talk.themes, agreed, modality, answers=said, coded=talk.coded)

    def _forced_end(self) -> EndReason | None:
        """An end that comes from outside; how often is ours."""
        for part, reason in (
            (0.02, EndReason.DIED),
            (0.05, EndReason.ADVERSE_EVENT),
            (0.09, EndReason.TRANSFERRED),
        ):
            if self.drawn.end < part:
                return reason
        return None

    def _end(self, fate_: Fate, induced: int, breaks_off: bool, maintained: bool, forced: EndReason | None) -> End:
        random = self.random
        last = max(*self.doses, induced + 1)
        if forced is not None:
            return self._end_from_outside(forced, last)
        if breaks_off:
            reason = random.choice((EndReason.STOPPED_BY_PATIENT, EndReason.LOST_TO_FOLLOW_UP))
            return End(last + random.randint(30, 55), reason)
        if maintained:
            reason = random.choice((EndReason.COMPLETED, EndReason.COMPLETED, EndReason.STOPPED_BY_PATIENT))
            return End(max(last, induced + round(fate_.leaves)) + random.randint(10, 30), reason)
        if not fate_.responds:
            reason = random.choice((EndReason.STOPPED_BY_CLINIC, EndReason.STOPPED_BY_PATIENT, EndReason.COMPLETED))
            return End(last + random.randint(32, 60), reason)
        if fate_.leaves < 24:
            return End(last + random.randint(55, 75), EndReason.LOST_TO_FOLLOW_UP)
        return End(last + random.randint(48, 90), EndReason.COMPLETED)

    def _end_from_outside(self, reason: EndReason, last: int) -> End:
        """The session in which it came up, and the end."""
        said = {
            EndReason.DIED: "Died at home of a heart condition that had long been known. The family rang us; we wrote "
            "to them and keep the chair free on Thursday.",
            EndReason.ADVERSE_EVENT: "Burning and urgency when passing water since the last doses, reported to the "
            "prescriber. No further doses; the family doctor takes it on. It is getting better.",
            EndReason.TRANSFERRED: "Moves to another town for work. Papers, scores and the page of early signs go "
            "along; the first date with the new clinic is fixed.",
        }[reason]
        if reason is EndReason.DIED:
            self.sessions.append(Integration(last + 9, status=Status.CANCELLED, reason=said))
        else:
            self.sessions.append(
                Integration(last + 9, said, "Ending here; what goes along", ENDING, self.modalities[0])
            )
        return End(last + 12, reason)


def _total(asked: Instrument, level: float) -> int:
    """The sum of answers nearest to a level of the score."""
    most = sum(max(item.values) for item in asked.scored_items)
    parts = len(asked.scored_items) if asked.scoring == "mean" else 1
    return max(0, min(most, round(level * parts)))
