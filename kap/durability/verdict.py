"""The verdict: which of nine states the scores of one course are in, and the evidence for it."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from operator import attrgetter

from kap.durability.readings import TOLERANCE, Reading, Scale, one_a_day
from kap.durability.response import (
    EXCURSIONS_ALLOWED,
    RESPONSES_TO_CONFIRM,
    Response,
    Stretch,
    follow,
    stretch_after,
)


class State(StrEnum):
    """The nine answers, in the order in which they are decided."""

    NOT_ENOUGH_DATA = "not_enough_data"
    WORSENING = "worsening"
    BASELINE_TOO_LOW = "baseline_too_low"
    RELAPSED = "relapsed"
    WEARING_OFF = "wearing_off"
    SUSTAINED_RESPONSE = "sustained_response"
    RESPONDING = "responding"
    PARTIAL_IMPROVEMENT = "partial_improvement"
    NO_RESPONSE_YET = "no_response_yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A state and its evidence.

    Scores are in the measure's own direction, changes and rises in points of severity. A counted score is one
    from `settle_days` after the first dose on; earlier ones decide nothing but worsening. A field is None (a
    tuple is empty) where there is no such thing, or where the state was decided before it was looked at.
    """

    as_of: date
    scale: Scale
    state: State
    reason: str
    """Why this state and no other, in one_word; "" where there is nothing to add."""
    weeks: int | None = None
    """Whole weeks of sustained response, from `held_from` to `held_to`; None in every other state."""
    early: bool = False
    """Whether the state rests on a single score, so that another should confirm it."""

    last_known: State | None = None
    """Where the verdict is stale: the state at the last score, its weeks and its reason."""
    last_known_weeks: int | None = None
    last_known_reason: str = ""

    baseline: Reading | None = None
    latest: Reading | None = None
    """The last score up to `as_of`, be it before or after the first dose."""
    first_dose: date | None = None
    last_dose: date | None = None
    doses: int = 0

    readings_after: tuple[Reading, ...] = ()
    """The counted scores after the last dose."""
    held_from: date | None = None
    """The stretch in response since the last dose, up to the last such score before any gap.

    None where there is no such score, or more than one excursion on the way to it."""
    held_to: date | None = None
    excursions: tuple[Reading, ...] = ()
    """Counted scores between the last dose and any gap, out of response and well above the usual level."""
    gap: tuple[date, date] | None = None
    """The first time after the last dose that is too long without a counted score: the days at its ends."""
    usual_level: float | None = None
    """The score that the latest is compared with: the median of the scores in response before it."""
    rise: float | None = None
    """How much worse the latest score is than the usual level; negative where it is better."""

    possible_relapse_on: date | None = None
    """The first day of scores at relapse level that no other score has confirmed yet."""
    relapse_pair: tuple[Reading, Reading] | None = None
    """The first score of the latest relapse and the one that confirmed it."""
    relapsed_on: date | None = None
    """The first day of the latest relapse, also of one that a later response has ended."""

    @property
    def change(self) -> float | None:
        """How much better the latest score is than the baseline; None where either is missing."""
        follow_up = self._follow_up
        if self.baseline is None or follow_up is None:
            return None
        return self.scale.severity(self.baseline.score) - self.scale.severity(follow_up.score)

    @property
    def percent(self) -> float | None:
        """The change in percent of the baseline severity; None also where that is 0."""
        change = self.change
        if self.baseline is None or change is None:
            return None
        severity = self.scale.severity(self.baseline.score)
        return 100 * change / severity if severity > TOLERANCE else None

    @property
    def response_line(self) -> float | None:
        """The score at which response begins; None without a baseline, or where no score can be so good."""
        if self.baseline is None:
            return None
        severity = self.scale.response_severity(self.scale.severity(self.baseline.score))
        return self.scale.score(severity) if severity > -TOLERANCE else None

    @property
    def remission_line(self) -> float:
        """The score at which remission begins."""
        return self.scale.score(self.scale.remission)

    @property
    def stale_on(self) -> date | None:
        """The first day on which the verdict is stale if no score comes; None where `change` is."""
        follow_up = self._follow_up
        return None if follow_up is None else follow_up.on + timedelta(days=self.scale.stale_days + 1)

    @property
    def next_useful_on(self) -> date | None:
        """The first day, `as_of` or later, on which a score would help; None where no such day is known.

        It helps by making a verdict possible, by confirming a loss, or by showing that a response has lasted.
        """
        day = self._next_decisive_day()
        return None if day is None else max(day, self.as_of)

    @property
    def _follow_up(self) -> Reading | None:
        """The latest score, where it came after the first dose and there is a baseline to set it against."""
        if self.baseline is None or self.latest is None or self.first_dose is None:
            return None
        return self.latest if self.latest.on > self.first_dose else None

    def _next_decisive_day(self) -> date | None:
        scale, latest = self.scale, self.latest
        match self.reason:
            case "no_dose" if latest:
                # The latest score stays good as a baseline for as long as the window is wide.
                return latest.on + timedelta(days=scale.baseline_window_days + 1)
            case "no_dose" | "stale":
                return self.as_of
            case "no_baseline" if self.as_of == self.first_dose:
                return self.as_of
            case "no_score_after_first_dose" | "too_early" if self.first_dose:
                return self.first_dose + timedelta(days=scale.settle_days)
            case "reliably_worse_than_baseline" if latest and self.early:
                return latest.on + timedelta(days=1)
            case "possible_relapse_unconfirmed" if self.possible_relapse_on:
                return self.possible_relapse_on + timedelta(days=scale.confirm_days)
        may_last = self.state is State.RESPONDING and not self.gap and len(self.excursions) <= EXCURSIONS_ALLOWED
        if may_last and latest and self.held_from:
            return max(self.held_from + timedelta(days=scale.sustain_days), latest.on + timedelta(days=1))
        return None


def assess(readings: Sequence[Reading], doses: Sequence[date], *, as_of: date, scale: Scale) -> Verdict:
    """Say whether the change of one course of treatment lasts, on one measure.

    `readings` come in the order of entry (of two on one day the later counts), `doses` in any order; what is
    dated after `as_of` does not exist. The readings are those of this course, and valid: nothing is checked.
    """
    given = sorted(day for day in doses if day <= as_of)
    scores = one_a_day(readings, until=as_of)
    verdict = partial(Verdict, as_of=as_of, scale=scale, latest=scores[-1] if scores else None)
    if not given:
        return verdict(state=State.NOT_ENOUGH_DATA, reason="no_dose")

    first_dose, last_dose = given[0], given[-1]
    verdict = partial(verdict, first_dose=first_dose, last_dose=last_dose, doses=len(given))
    first_after = bisect_right(scores, first_dose, key=attrgetter("on"))
    baseline = scores[first_after - 1] if first_after else None
    if baseline is None or (first_dose - baseline.on).days > scale.baseline_window_days:
        return verdict(state=State.NOT_ENOUGH_DATA, reason="no_baseline")

    verdict = partial(verdict, baseline=baseline)
    scores = scores[first_after:]
    if not scores:
        return verdict(state=State.NOT_ENOUGH_DATA, reason="no_score_after_first_dose")

    known = _at_last_score(verdict, scale, baseline, first_dose, last_dose, scores)
    if (as_of - scores[-1].on).days <= scale.stale_days:
        return known
    return replace(
        known,
        state=State.NOT_ENOUGH_DATA,
        reason="stale",
        weeks=None,
        last_known=known.state,
        last_known_weeks=known.weeks,
        last_known_reason=known.reason,
    )


def _at_last_score(
    verdict: partial[Verdict],
    scale: Scale,
    baseline: Reading,
    first_dose: date,
    last_dose: date,
    scores: list[Reading],
) -> Verdict:
    """What the scores say after the doses, however long ago the last score is."""
    severity = scale.severity(baseline.score)
    changes = [severity - now for now in scale.severities(scores[-2:])]
    worse = [change <= TOLERANCE - scale.reliable_change for change in changes]
    if worse[-1]:
        # One score is enough to warn, even before the first dose has settled.
        early = worse != [True, True]
        return verdict(state=State.WORSENING, reason="reliably_worse_than_baseline", early=early)

    settled = bisect_left(scores, scale.settle_days, key=lambda reading: (reading.on - first_dose).days)
    counted = scores[settled:]
    if not counted:
        return verdict(state=State.NOT_ENOUGH_DATA, reason="too_early")

    after = counted[bisect_right(counted, last_dose, key=attrgetter("on")) :]
    verdict = partial(verdict, readings_after=tuple(after))
    if severity < scale.case - TOLERANCE:
        return verdict(state=State.BASELINE_TOO_LOW, reason="percent_change_not_meaningful")

    response = follow(counted, scale, severity)
    if response is None:
        verdict = partial(verdict, early=len(counted) == 1)
        if changes[-1] >= scale.reliable_change - TOLERANCE:
            return verdict(state=State.PARTIAL_IMPROVEMENT, reason="reliable_but_below_response")
        return verdict(state=State.NO_RESPONSE_YET, reason="")

    stretch = stretch_after(last_dose, after, response, scale)
    state, reason = _loss(response, scale) or _hold(response, stretch, scale)
    held_from, held_to = stretch.held or (None, None)
    return verdict(
        state=state,
        reason=reason,
        weeks=stretch.days // 7 if state is State.SUSTAINED_RESPONSE else None,
        early=_rests_on_one_score(state, response, counted),
        held_from=held_from,
        held_to=held_to,
        excursions=tuple(stretch.excursions),
        gap=stretch.gap,
        usual_level=None if response.usual is None else scale.score(response.usual),
        rise=None if response.usual is None else response.rise,
        possible_relapse_on=response.run[0].on if response.run and not response.relapse else None,
        relapse_pair=response.relapse or response.past_relapse,
        relapsed_on=response.past_relapse[0].on if response.past_relapse else None,
    )


def _loss(response: Response, scale: Scale) -> tuple[State, str] | None:
    """The state and reason of a response that is lost or on its way to be; None where it is neither."""
    if response.relapse and len(response.responses) < RESPONSES_TO_CONFIRM:
        return State.WEARING_OFF, "brief_response_not_confirmed"
    if response.relapse:
        return State.RELAPSED, "two_consecutive_relapse_level_scores"
    # Out of response, a rise that patients notice is enough; within it, only one beyond measurement error.
    enough = response.rise >= scale.reliable_change - TOLERANCE
    if not enough and (response.responds or response.rise < scale.mcid - TOLERANCE):
        return None
    if response.run:
        return State.WEARING_OFF, "possible_relapse_unconfirmed"
    return State.WEARING_OFF, "still_responding_but_rising" if response.responds else "below_response_line"


def _hold(response: Response, stretch: Stretch, scale: Scale) -> tuple[State, str]:
    """The state and reason of a response that is not being lost: has it lasted, and if not, why not yet?"""
    if not response.responds:
        return State.RESPONDING, "borderline"
    if len(stretch.responses) >= RESPONSES_TO_CONFIRM and stretch.days >= scale.sustain_days:
        if len(stretch.excursions) > EXCURSIONS_ALLOWED:
            return State.RESPONDING, "unstable"
        return State.SUSTAINED_RESPONSE, _manner(stretch, scale)
    if stretch.gap:
        return State.RESPONDING, "gap_too_long"
    return State.RESPONDING, "remission" if response.severity <= scale.remission + TOLERANCE else "response"


def _manner(stretch: Stretch, scale: Scale) -> str:
    """The way in which a sustained response was held."""
    if stretch.gap:
        return "gap_after"
    if stretch.excursions:
        return "one_excursion"
    if max(scale.severities(stretch.scores)) <= scale.remission + TOLERANCE:
        return "remission"
    return "response"


def _rests_on_one_score(state: State, response: Response, counted: list[Reading]) -> bool:
    """Whether there is but one response, or the latest score is the first to speak of its loss."""
    if state is State.RESPONDING:
        return len(response.responses) == 1
    if state is State.WEARING_OFF and not response.relapse:
        return counted[-2:] != response.excursions[-2:]
    return False
