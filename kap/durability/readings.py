"""What a verdict is made from: dated scores, and the thresholds of the measure that they belong to."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

# Scores can be means (PEG is a third of a sum), so equal numbers may differ in the last binary digit.
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Reading:
    """A score, in the measure's own points, and the day that it is about (not the day of entry)."""

    on: date
    score: float


@dataclass(frozen=True, slots=True)
class Scale:
    """The range, direction and thresholds of a measure.

    `minimum` and `maximum` are scores. `case`, `remission`, `reliable_change`, `mcid` and `relapse` are
    points of severity: the score above the minimum where higher is worse, else the score below the maximum.
    `response_fraction` is a part of the baseline severity (0.5 = half of it). The other fields are days.
    """

    minimum: float
    maximum: float
    higher_is_worse: bool
    case: float
    remission: float
    reliable_change: float
    mcid: float
    relapse: float
    response_fraction: float
    settle_days: int
    baseline_window_days: int = 28
    stale_days: int = 45
    max_gap_days: int = 45
    sustain_days: int = 28
    confirm_days: int = 5

    def severity(self, score: float) -> float:
        """How bad a score is: points from the best possible one, 0 or more."""
        return score - self.minimum if self.higher_is_worse else self.maximum - score

    def severities(self, readings: Iterable[Reading]) -> list[float]:
        """The severity of each reading."""
        if self.higher_is_worse:
            return [reading.score - self.minimum for reading in readings]
        return [self.maximum - reading.score for reading in readings]

    def score(self, severity: float) -> float:
        """The score that has this severity, to draw a threshold on the measure's own axis."""
        return self.minimum + severity if self.higher_is_worse else self.maximum - severity

    def response_severity(self, baseline: float) -> float:
        """The worst severity that is response, given the baseline's; negative where no score can be."""
        return baseline - max(self.reliable_change, self.response_fraction * baseline)


def one_a_day(readings: Iterable[Reading], *, until: date) -> list[Reading]:
    """The readings up to and including a day, by date; of two on one day the later entered."""
    by_day = {reading.on: reading for reading in readings if reading.on <= until}
    return [by_day[day] for day in sorted(by_day)]


def between(after: date, until: date, readings: list[Reading]) -> list[Reading]:
    """Those of readings in order of date that are later than `after` and not later than `until`."""
    day = attrgetter("on")
    return readings[bisect_right(readings, after, key=day) : bisect_right(readings, until, key=day)]
