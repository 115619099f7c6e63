"""The rules of the verdict once more, written down step by step without a thought for speed, to check it against."""

from dataclasses import dataclass
from datetime import date
from statistics import median

from kap.durability import Reading, Scale


@dataclass
class Answer:
    """What outside callers rely on, as plain values."""

    state: str
    reason: str
    weeks: int | None = None
    baseline: Reading | None = None
    last_known: str | None = None
    last_known_weeks: int | None = None
    relapsed_on: date | None = None


def at_least(a: float, b: float) -> bool:
    return a >= b - 1e-9


def answer(entered: list[Reading], dosed: list[date], as_of: date, scale: Scale) -> Answer:
    """The expected verdict."""
    doses = sorted(d for d in dosed if d <= as_of)
    readings = []
    for i, reading in enumerate(entered):
        replaced = any(later.on == reading.on for later in entered[i + 1 :])
        if reading.on <= as_of and not replaced:
            readings.append(reading)
    readings.sort(key=lambda reading: reading.on)

    if not doses:
        return Answer("not_enough_data", "no_dose")
    first = doses[0]
    window = [r for r in readings if 0 <= (first - r.on).days <= scale.baseline_window_days]
    if not window:
        return Answer("not_enough_data", "no_baseline")
    baseline = window[-1]
    post = [r for r in readings if r.on > first]
    if not post:
        return Answer("not_enough_data", "no_score_after_first_dose", baseline=baseline)

    s = state(baseline, post, doses, scale)
    s.baseline = baseline
    if (as_of - post[-1].on).days > scale.stale_days:
        s.last_known, s.last_known_weeks = s.state, s.weeks
        s.state, s.reason, s.weeks = "not_enough_data", "stale", None
    return s


def state(baseline: Reading, post: list[Reading], doses: list[date], scale: Scale) -> Answer:  # noqa: C901
    """The state at the last score, in one piece and in the order of the specification, to be read beside it."""

    def severity(reading: Reading) -> float:
        return reading.score - scale.minimum if scale.higher_is_worse else scale.maximum - reading.score

    def in_response(reading: Reading) -> bool:
        change = b - severity(reading)
        return at_least(change, scale.reliable_change) and at_least(change, scale.response_fraction * b)

    b = severity(baseline)
    if at_least(severity(post[-1]) - b, scale.reliable_change):
        return Answer("worsening", "reliably_worse_than_baseline")
    ev = [r for r in post if (r.on - doses[0]).days >= scale.settle_days]
    if not ev:
        return Answer("not_enough_data", "too_early")
    if not at_least(b, scale.case):
        return Answer("baseline_too_low", "percent_change_not_meaningful")
    if not any(in_response(r) for r in ev):
        if at_least(b - severity(ev[-1]), scale.reliable_change):
            return Answer("partial_improvement", "reliable_but_below_response")
        return Answer("no_response_yet", "")

    first_response = next(r for r in ev if in_response(r))
    good: list[float] = []
    kinds = []  # R, X, E (any other excursion) or "" for each score from the first response on
    rise = 0.0
    for r in ev[ev.index(first_response) :]:
        rise = severity(r) - median(good) if good else 0.0
        if in_response(r):
            good.append(severity(r))
            kinds.append((r, "R"))
        elif at_least(rise, scale.mcid):
            kinds.append((r, "X" if at_least(severity(r), scale.relapse) else "E"))
        else:
            kinds.append((r, ""))

    relapse = relapsed_on = None
    for i, (r, kind) in enumerate(kinds):
        if kind == "R":
            relapse = None
        if kind == "X" and relapse is None:
            start = i
            while kinds[start - 1][1] == "X":
                start -= 1
            if (r.on - kinds[start][0].on).days >= scale.confirm_days:
                relapse = kinds[start][0].on
                if sum(earlier == "R" for _, earlier in kinds[:i]) >= 2:
                    relapsed_on = relapse

    def found(state: str, reason: str, weeks: int | None = None) -> Answer:
        return Answer(state, reason, weeks, relapsed_on=relapsed_on)

    if relapse and len(good) < 2:
        return found("wearing_off", "brief_response_not_confirmed")
    if relapse:
        return found("relapsed", "two_consecutive_relapse_level_scores")
    last, last_kind = kinds[-1]
    if at_least(rise, scale.reliable_change) or (last_kind != "R" and at_least(rise, scale.mcid)):
        reasons = {"X": "possible_relapse_unconfirmed", "R": "still_responding_but_rising"}
        return found("wearing_off", reasons.get(last_kind, "below_response_line"))

    dose = doses[-1]
    ev_after = [r for r in ev if r.on > dose]
    gap_met = False
    span = []
    for before, r in zip([dose, *(r.on for r in ev_after)], ev_after, strict=False):
        gap_met = gap_met or (r.on - before).days > scale.max_gap_days
        if not gap_met:
            span.append(r)
    after = [(r, kind) for r, kind in kinds if r in span]
    held_since = first_response.on
    if first_response.on <= dose or first_response == ev_after[0]:
        held_since = dose
    response_days = [r.on for r, kind in after if kind == "R"]
    excursions = sum(kind in ("X", "E") for _, kind in after)
    if last_kind == "R" and len(response_days) >= 2:
        days = (response_days[-1] - held_since).days
        if days >= scale.sustain_days:
            if excursions > 1:
                return found("responding", "unstable")
            if gap_met:
                return found("sustained_response", "gap_after", days // 7)
            if excursions:
                return found("sustained_response", "one_excursion", days // 7)
            if all(at_least(scale.remission, severity(r)) for r, _ in after):
                return found("sustained_response", "remission", days // 7)
            return found("sustained_response", "response", days // 7)
    if last_kind == "R" and gap_met:
        return found("responding", "gap_too_long")
    if last_kind != "R":
        return found("responding", "borderline")
    if at_least(scale.remission, severity(last)):
        return found("responding", "remission")
    return found("responding", "response")
