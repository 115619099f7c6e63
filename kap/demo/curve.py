"""How the scores of an invented patient go, fitted to what has been published. Pure.

A level is a severity as a part of the one at the start: 1 is how it was, 0 is nothing left of it. It follows its
targets: one when the doses work, another when the response is lost, another when a booster brings it back.
"""

from itertools import pairwise
from math import exp, inf, log
from random import Random
from typing import NamedTuple

Curve = tuple[tuple[float, float], ...]

RESPONDS, IMPROVES, STAYS = 0.70, 0.13, 0.13
"""The shares of those who respond, improve by less, and stay as they are; the others get worse.

Chosen so that of those who answer a PHQ-9 14 to 31 days after induction about 53.6 % are in response, 28.9 % in
remission and 8.4 % worse than at the start (McInnes 2022, J Affect Disord, doi:10.1016/j.jad.2021.12.097; n 537).
"""

LOSES: Curve = ((0, 1.0), (21, 0.69), (49, 0.45), (105, 0.28), (224, 0.20))
"""The part of those who respond that truly still does so many days after the last dose of induction, undosed.

Chosen so that of those whose scores confirm a response about 80 % hold it at 4 weeks and 60 % at 8, by Kaplan-Meier
(McInnes 2022). That is more than here, for who loses it early has no second score to confirm it, and who loses it
later is seen to have lost it when the next questionnaire is answered. What comes after 8 weeks is ours.
"""

ANSWERS: Curve = ((0, 1.0), (28, 0.94), (91, 0.23), (182, 0.065), (364, 0.02))
"""The part of those treated to the end that still answers so many days after treatment.

Chosen so that with those who break off 82 % are lost to follow-up 3 months after treatment and 95 % at 6 (Yermus 2024,
Psychedelic Medicine, doi:10.1089/psymed.2023.0021; 11 clinics). Doses that go on keep people in touch.
"""

MAINTAINED = 0.49
"""How much of the hazard of losing the response is left while doses go on: the hazard ratio of stable remitters in
SUSTAIN-1 (Daly 2019, PMC6551577)."""

BREAKS_OFF = 0.06
"""The share of those who stop before the planned doses have been given: ours."""

MISSES = 0.1
"""The share of questionnaires that are forgotten by somebody who still answers: ours."""

NOISE = {"phq-9": 2.0, "gad-7": 2.0, "pcl-5": 5.0, "peg": 0.8, "ocd": 0.8, "mood": 0.9}
"""Standard errors of measurement, in points: those from which the reliable changes of PHQ-9 (2.005), GAD-7 (2.02)
and PCL-5 (4.96) follow, PEG in the middle of 0.78 to 1.22; those of our own questions are ours."""


class Turn(NamedTuple):
    """From a day on the level goes towards a target, two thirds of the way in `days`."""

    day: float
    target: float
    days: float


class Fate(NamedTuple):
    """What is drawn for one patient."""

    responds: bool
    level: float
    """Where the doses take the level."""
    onset: float
    """How many days it takes to get two thirds of the way there."""
    lost: float
    """How many days after the last dose of induction the response is lost; inf where it never is."""
    leaves: float
    """How many days after treatment the last questionnaire is answered."""


def level_on(day: float, turns: list[Turn]) -> float:
    """The level on a day, counted from the first dose; `turns` in order."""
    level = 1.0
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        if day <= turn.day:
            break
        until = day if following is None else min(day, following.day)
        level = turn.target + (level - turn.target) * exp(-(until - turn.day) / turn.days)
    return level


def day_at(curve: Curve, part: float) -> float:
    """The day on which `part` is left; inf where the curve ends above it. Between its points the hazard is constant."""
    for (start, high), (end, low) in pairwise(curve):
        if part >= low:
            return start + (end - start) * log(part / high) / log(low / high)
    return inf


def noisy(random: Random, measure: str, level: float, start: float) -> float:
    """A score round a level: with little left there is also less to be noisy about."""
    return level + random.gauss(0, NOISE[measure] * (0.5 + 0.5 * min(1, level / start)))


def strata(random: Random, count: int) -> list[float]:
    """As many numbers between 0 and 1, one in each part of equal width, in no order: a draw with no bad luck."""
    numbers = [(place + random.random()) / count for place in range(count)]
    random.shuffle(numbers)
    return numbers


def fate(random: Random, *, kind: float, loss: float, leave: float) -> Fate:
    """A fate from three numbers between 0 and 1, which say how far down each curve it lies."""
    responds = kind < RESPONDS
    if responds:
        # The lower the number the better: about half of those who respond go into remission.
        level = 0.11 + 0.29 * kind / RESPONDS + random.uniform(-0.04, 0.04)
    elif kind < RESPONDS + IMPROVES:
        level = random.uniform(0.58, 0.74)
    elif kind < RESPONDS + IMPROVES + STAYS:
        level = random.uniform(0.82, 1.02)
    else:
        level = random.uniform(1.18, 1.4)
    return Fate(
        responds=responds,
        level=level,
        onset=random.uniform(4, 11),
        lost=day_at(LOSES, loss) if responds else inf,
        leaves=min(day_at(ANSWERS, leave), 400),
    )
