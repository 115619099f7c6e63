"""Verdicts a second on one core: `assess` on 60 scores and 12 doses."""

from datetime import date, timedelta
from random import Random
from statistics import median
from time import process_time

from kap.durability import Reading, Scale, assess
from kap.measures.instruments import instrument
from tests.bench.figures import Figure

GOAL = 10_000
SCORES, DOSES = 60, 12
HISTORIES, ROUNDS, TURNS = 40, 5, 50
START = date(2025, 1, 6)

History = tuple[tuple[Reading, ...], tuple[date, ...]]


def verdicts() -> Figure:
    """The median of rounds over histories that hold, fade, come back or never respond."""
    scale = instrument("phq-9").scale
    assert scale is not None
    histories = [_history(Random(seed)) for seed in range(HISTORIES)]
    rates = [_rate(histories, scale) for _ in range(ROUNDS)]
    states = {assess(scores, doses, as_of=scores[-1].on, scale=scale).state for scores, doses in histories}
    return Figure("verdicts_per_second", round(median(rates)), GOAL, note=f"{len(states)} different states among them")


def _history(random: Random) -> History:
    """A score about every week and a dose about every other, round a level that drifts."""
    scores, day, level = [], START, random.uniform(14, 24)
    fall, drift = random.uniform(0, 16), random.uniform(-0.05, 0.25)
    for place in range(SCORES):
        better = fall * min(place / 6, 1) if place else 0
        total = level - better + drift * place + random.gauss(0, 1.5)
        scores.append(Reading(day, float(min(max(round(total), 0), 27))))
        day += timedelta(days=random.randint(5, 9))
    doses = [START + timedelta(days=1 + 14 * place) for place in range(DOSES)]
    return tuple(scores), tuple(doses)


def _rate(histories: list[History], scale: Scale) -> float:
    # Processor time: what one core could do, whatever else the machine does now.
    began = process_time()
    for _ in range(TURNS):
        for scores, doses in histories:
            assess(scores, doses, as_of=scores[-1].on, scale=scale)
    return TURNS * len(histories) / (process_time() - began)
