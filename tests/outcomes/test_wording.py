"""The verdict is said in a sentence that has the person's own numbers, whatever the history."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kap.durability import Reading, State, Verdict, assess
from kap.measures.instruments import instrument
from kap.outcomes.wording import GENTLE, LABELS, evidence, headline, own_evidence, sentence, thresholds

DAY_0 = date(2026, 1, 1)
BLAME = ("fail", "poor", "refuse", "complain", "non-compliant", "should have")


def on(day: int) -> date:
    return DAY_0 + timedelta(days=day)


def judged(scores: Mapping[int, float], doses: tuple[int, ...], as_of: int, measure: str = "phq-9") -> Verdict:
    scale = instrument(measure).scale
    assert scale is not None
    readings = [Reading(on(day), score) for day, score in scores.items()]
    return assess(readings, [on(day) for day in doses], as_of=on(as_of), scale=scale)


History = tuple[Mapping[int, float], tuple[int, ...], int]
HOLDS: History = ({-1: 20, 14: 12, 28: 8, 42: 7, 56: 6, 70: 8}, (0, 14, 28), 75)
CASES: dict[str, History] = {
    "no_dose": ({-3: 18}, (), 10),
    "no_baseline": ({-40: 18, 14: 9}, (0,), 20),
    "no_score_after_first_dose": ({-2: 18}, (0,), 3),
    "too_early": ({-2: 18, 3: 6}, (0,), 5),
    "no_response_yet": ({-2: 18, 14: 15, 21: 14}, (0, 14), 25),
    "partial_improvement": ({-2: 18, 14: 15, 21: 12}, (0, 14), 25),
    "responding": ({-2: 18, 14: 15, 21: 9}, (0, 14), 25),
    "sustained": HOLDS,
    "stale": (*HOLDS[:2], 130),
    "wearing_off": ({-1: 20, 28: 6, 42: 5, 56: 11}, (0, 14, 28), 60),
    "relapsed": ({-1: 20, 28: 6, 42: 5, 56: 11, 63: 12}, (0, 14, 28), 65),
    "brief": ({-1: 20, 14: 8, 28: 15, 42: 16}, (0,), 45),
    "worsening": ({-1: 14, 14: 20}, (0,), 15),
    "baseline_too_low": ({-1: 8, 14: 3}, (0,), 20),
}


@pytest.mark.parametrize(
    ("case", "words"),
    {
        "sustained": ("went from 20 to 8", "6 weeks after the last dose, to 12 March 2026"),
        "stale": ("12 March 2026", "more than 45 days ago", "lasting, 6 weeks"),
        "wearing_off": ("11", "5.5", "a second one 5 days later"),
        "relapsed": ("11 on 26 February 2026 and 12 on 5 March 2026", "28 days after the last dose"),
        "worsening": ("from 14 to 20", "6 points worse", "please confirm"),
        "partial_improvement": ("18 to 12", "6 points better (33 %)", "begins at 9"),
        "no_response_yet": ("18 to 14", "4 points", "2 doses"),
        "baseline_too_low": ("8", "milder than 10", "mislead"),
        "too_early": ("8 January 2026",),
        "no_score_after_first_dose": ("1 January 2026", "8 January 2026"),
        "no_dose": ("18 on 29 December 2025", "before 27 January 2026"),
        "brief": ("Only one score was ever in response",),
    }.items(),
)
def test_the_clinic_reads_the_criterion_with_its_numbers(case: str, words: tuple[str, ...]) -> None:
    text = sentence(judged(*CASES[case]), instrument("phq-9"), to_patient=False)
    assert [word for word in words if word not in text] == [], text


@pytest.mark.parametrize("case", CASES)
def test_the_patient_reads_the_same_facts_without_the_trade_s_words(case: str) -> None:
    verdict = judged(*CASES[case])
    text = sentence(verdict, instrument("phq-9"), to_patient=True)
    told = " ".join([text, *(f"{name}: {value}" for name, value in own_evidence(verdict, instrument("phq-9")))])
    assert not [word for word in ("elapse", "aseline", "PHQ", "eliable", *BLAME) if word in told], told
    if verdict.state in (State.SUSTAINED_RESPONSE, State.RESPONDING, State.WORSENING):
        assert verdict.baseline is not None
        assert verdict.latest is not None
        assert f"from {verdict.baseline.score:g} to {verdict.latest.score:g}" in text


def test_a_measure_on_which_higher_is_better_is_told_the_right_way_round() -> None:
    rows = dict(thresholds(judged({-1: 8, 14: 3}, (0,), 20, "peg"), instrument("peg")))
    assert rows["Remission level"] == "1.0 or less"


@given(
    scores=st.dictionaries(st.integers(-40, 200), st.integers(0, 27), max_size=10),
    doses=st.lists(st.integers(0, 100), max_size=4),
    as_of=st.integers(0, 260),
)
def test_every_verdict_can_be_told(scores: dict[int, float], doses: list[int], as_of: int) -> None:
    verdict = judged(scores, tuple(doses), as_of)
    for to_patient in (False, True):
        text = sentence(verdict, instrument("phq-9"), to_patient=to_patient)
        assert text.endswith(".")
        assert "None" not in text
        assert "–" not in text
        assert headline(verdict, to_patient=to_patient)
    assert all(
        name and value
        for name, value in [*evidence(verdict, instrument("phq-9")), *thresholds(verdict, instrument("phq-9"))]
    )


def test_every_state_has_its_words() -> None:
    assert set(LABELS) == set(GENTLE) == set(State)
