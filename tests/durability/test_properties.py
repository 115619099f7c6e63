"""What must hold for every history, and agreement with the rules written down a second time."""

from collections import Counter
from dataclasses import asdict, replace
from datetime import date, timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kap.durability import Reading, Scale, State, Verdict, assess
from tests.durability.histories import PHQ9, SCALES, History, day, histories
from tests.durability.oracle import Answer, answer

many = settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
some = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def judged(history: History) -> Verdict:
    return assess(history.readings, history.doses, as_of=history.as_of, scale=history.scale)


def as_answer(verdict: Verdict) -> Answer:
    """The part of a verdict that the independent rules give too."""
    return Answer(
        verdict.state,
        verdict.reason,
        verdict.weeks,
        verdict.baseline,
        verdict.last_known,
        verdict.last_known_weeks,
        verdict.relapsed_on,
    )


def expected(history: History) -> Answer:
    return answer(history.readings, history.doses, history.as_of, history.scale)


@many
@given(histories())
def test_agrees_with_the_rules_written_plainly(history: History) -> None:
    assert as_answer(judged(history)) == expected(history)


def simulated(random: Random) -> History:
    """A course as clinics see them: some weeks of doses, scores that fall to a level and may climb back."""
    scale = random.choice(list(SCALES.values()))
    baseline = random.uniform(0.9, 2.2) * scale.case
    level = random.choice([0.1, 0.3, 0.5, 0.7, 1.2]) * baseline
    returns = random.randint(20, 250)
    number = -random.randint(0, 30)
    readings: list[Reading] = []
    while number < 200 and len(readings) < 30:
        mean = baseline if number <= 0 or number > returns else level
        points = random.gauss(mean, random.choice([0.3, 1, 1.5]) * scale.mcid)
        severity = min(max(round(points * 3) / 3, 0), scale.maximum - scale.minimum)
        readings.append(Reading(day(number), scale.score(severity)))
        number += random.choice([0, 2, 3, 5, 7, 7, 14, 14, 28, 45, 46])
    doses = [day(0), *(day(random.randint(0, 30)) for _ in range(random.randint(0, 5)))]
    boosters = [day(random.randint(30, 180)) for _ in range(random.choice([0, 0, 0, 1, 2]))]
    random.shuffle(readings)
    return History(readings, doses + boosters, day(random.randint(1, 220)), scale)


def test_agrees_on_simulated_courses_that_reach_every_state_and_reason() -> None:
    random = Random(1)
    reached: Counter[tuple[str, str]] = Counter()
    for _ in range(20_000):
        history = simulated(random)
        found = judged(history)
        assert as_answer(found) == expected(history), history
        reached[found.state, found.reason] += 1
    rarely = {kind: times for kind, times in reached.items() if times < 3}
    assert not rarely
    assert {state for state, _ in reached} == set(State)
    assert len(reached) == 22, sorted(reached)


@some
@given(histories(), st.integers(-30000, 30000))
def test_shifting_all_dates_shifts_the_dates_alone(history: History, by: int) -> None:
    step = timedelta(days=by)
    moved = History(
        [Reading(reading.on + step, reading.score) for reading in history.readings],
        [dose + step for dose in history.doses],
        history.as_of + step,
        history.scale,
    )
    assert as_seen(judged(moved), since=history.as_of + step) == as_seen(judged(history), since=history.as_of)


def as_seen(verdict: Verdict, since: date) -> object:
    """All that a verdict says, its dates as days since another."""

    def relative(value: object) -> object:
        if isinstance(value, date):
            return (value - since).days
        if isinstance(value, dict):
            return {key: relative(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [relative(inner) for inner in value]
        return value

    derived = [
        verdict.change,
        verdict.percent,
        verdict.response_line,
        verdict.stale_on,
        verdict.next_useful_on,
    ]
    return relative([asdict(verdict), derived])


@some
@given(histories(), st.lists(st.tuples(st.integers(1, 60), st.integers(0, 10))))
def test_scores_after_the_day_of_judgement_change_nothing(history: History, later: list[tuple[int, int]]) -> None:
    known = judged(history)
    added = [Reading(history.as_of + timedelta(days=days), score) for days, score in later]
    assert judged(replace(history, readings=added + history.readings)) == known
    assert judged(replace(history, readings=history.readings + added)) == known


@some
@given(histories(), st.lists(st.integers(1, 60)))
def test_doses_after_the_day_of_judgement_change_nothing(history: History, later: list[int]) -> None:
    added = [history.as_of + timedelta(days=days) for days in later]
    assert judged(replace(history, doses=added + history.doses)) == judged(history)


@some
@given(histories())
def test_higher_is_better_mirrors_higher_is_worse(history: History) -> None:
    scale = history.scale
    turned = replace(scale, higher_is_worse=not scale.higher_is_worse)

    def turn(score: float) -> float:
        return scale.minimum + scale.maximum - score

    mirrored = [Reading(reading.on, turn(reading.score)) for reading in history.readings]
    plain, mirror = judged(history), judged(replace(history, readings=mirrored, scale=turned))
    plain_answer, mirror_answer = as_answer(plain), as_answer(mirror)
    assert replace(plain_answer, baseline=None) == replace(mirror_answer, baseline=None)
    assert (plain.baseline and plain.baseline.on) == (mirror.baseline and mirror.baseline.on)
    for one, other in [
        (plain.response_line, mirror.response_line),
        (plain.remission_line, mirror.remission_line),
        (plain.usual_level, mirror.usual_level),
    ]:
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert abs(turn(one) - other) < 1e-9


@some
@given(histories(), st.randoms())
def test_the_order_of_entry_matters_only_within_a_day(history: History, random: Random) -> None:
    last_of_day = {reading.on: reading for reading in history.readings}
    shuffled, doses = list(last_of_day.values()), list(history.doses)
    random.shuffle(shuffled)
    random.shuffle(doses)
    assert judged(replace(history, readings=shuffled, doses=doses)) == judged(history)


@some
@given(histories())
def test_fields_that_belong_to_one_state_are_empty_in_the_others(history: History) -> None:
    found = judged(history)
    assert (found.weeks is None) == (found.state is not State.SUSTAINED_RESPONSE)
    assert (found.last_known is not None) == (found.reason == "stale")
    assert (found.last_known_weeks is not None) == (found.last_known is State.SUSTAINED_RESPONSE)
    assert found.last_known_reason == "" or found.reason == "stale"
    assert (found.baseline is None) == (found.reason in ("no_dose", "no_baseline"))
    if found.state is State.RELAPSED:
        assert found.relapsed_on is not None
        assert found.relapse_pair is not None


@some
@given(histories())
def test_the_evidence_bears_the_verdict_out(history: History) -> None:
    found, scale = judged(history), history.scale
    state = found.last_known or found.state
    if state is State.SUSTAINED_RESPONSE:
        assert found.held_from is not None
        assert found.held_to is not None
        weeks = found.weeks if found.last_known is None else found.last_known_weeks
        assert (found.held_to - found.held_from).days // 7 == weeks
    if state is State.WORSENING:
        assert found.change is not None
        assert found.change <= -scale.reliable_change + 1e-9
    if found.gap:
        assert (found.gap[1] - found.gap[0]).days > scale.max_gap_days
        assert all(excursion.on <= found.gap[0] for excursion in found.excursions)
    if found.rise is not None:
        assert found.latest is not None
        assert found.usual_level is not None
        rise = scale.severity(found.latest.score) - scale.severity(found.usual_level)
        assert abs(found.rise - rise) < 1e-9
    assert set(found.excursions) <= set(found.readings_after)


@some
@given(histories())
def test_a_verdict_goes_stale_on_the_day_that_it_names(history: History) -> None:
    found = judged(history)
    if found.stale_on is None:
        return
    known = replace(history, readings=[r for r in history.readings if r.on <= history.as_of])
    known = replace(known, doses=[dose for dose in history.doses if dose <= history.as_of])
    assert judged(replace(known, as_of=found.stale_on)).reason == "stale"
    day_before = found.stale_on - timedelta(days=1)
    assert judged(replace(known, as_of=day_before)).reason != "stale"


@some
@given(histories())
def test_a_score_on_the_next_useful_day_helps(history: History) -> None:
    found, scale = judged(history), history.scale
    useful = found.next_useful_on
    if useful is None or found.reason == "no_dose":
        return
    assert useful >= history.as_of
    before = [reading for reading in history.readings if reading.on <= history.as_of]
    score = usual_or_latest(found, scale)
    more = replace(history, readings=[*before, Reading(useful, score)], as_of=useful)
    more = replace(more, doses=[dose for dose in history.doses if dose <= history.as_of])
    assert moved_on(found, judged(more)), (found, judged(more))


def moved_on(before: Verdict, now: Verdict) -> bool:
    """Whether a score made a verdict possible, confirmed a loss or showed that a response has lasted."""
    match before.reason:
        case "no_score_after_first_dose" | "too_early":
            return now.reason not in ("no_score_after_first_dose", "too_early")
        case "no_baseline" | "stale":
            return now.reason != before.reason
        case "reliably_worse_than_baseline":
            return now.state is State.WORSENING and not now.early
        case "possible_relapse_unconfirmed":
            return now.state is State.RELAPSED or now.reason == "brief_response_not_confirmed"
    return now.state is State.SUSTAINED_RESPONSE


def usual_or_latest(verdict: Verdict, scale: Scale) -> float:
    """A score that repeats a warning, or that keeps a response."""
    if verdict.state is State.RESPONDING:
        return scale.score(0)
    return verdict.latest.score if verdict.latest else scale.score(scale.case)


@some
@given(
    st.lists(st.tuples(st.dates(), st.integers(0, 27)), max_size=8),
    st.lists(st.dates(), max_size=3),
    st.dates(),
)
def test_never_raises_at_the_ends_of_the_calendar(
    scores: list[tuple[date, int]], doses: list[date], as_of: date
) -> None:
    found = assess([Reading(on, score) for on, score in scores], doses, as_of=as_of, scale=PHQ9)
    assert found.state in State
