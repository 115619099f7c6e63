"""From answers to scores: known answers, and what must hold for any answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kap.measures.instruments import Instrument, instrument, shipped
from kap.measures.scoring import band, entered_score, format_score, safety_flag, score, unanswered

PHQ, GAD, PCL, PEG, MOOD = (instrument(name) for name in ("phq-9", "gad-7", "pcl-5", "peg", "mood"))
BDI = Instrument(
    id="bdi",
    name="BDI",
    title="BDI",
    plain="BDI",
    minimum=0,
    maximum=63,
    higher_is_worse=True,
    decimals=None,
)


def answers_of(*values: int) -> dict[int, int]:
    return dict(enumerate(values, start=1))


@st.composite
def forms(draw: st.DrawFn) -> tuple[Instrument, dict[int, int | None]]:
    """A shipped instrument with each item answered, left empty or not reached."""
    measure = draw(st.sampled_from(shipped()))
    answers: dict[int, int | None] = {}
    for item in measure.items:
        answer = draw(st.sampled_from([*sorted(item.values), *sorted(item.values), None, "not reached"]))
        if not isinstance(answer, str):
            answers[item.number] = answer
    return measure, answers


@pytest.mark.parametrize(
    ("measure", "values", "expected"),
    [
        (PHQ, [0] * 9, 0),
        (PHQ, [3] * 9, 27),
        (PHQ, [2, 2, 1, 3, 0, 2, 1, 0, 1], 12),
        (GAD, [3] * 7, 21),
        (GAD, [1, 2, 3, 0, 1, 2, 0], 9),
        (PCL, [4] * 20, 80),
        (PCL, [1, 2, 3, 4, 0] * 4, 40),
        (PEG, [7, 6, 6], 6.3),
        (PEG, [7, 7, 6], 6.7),
        (PEG, [0, 0, 0], 0),
        (PEG, [10, 10, 10], 10),
        (MOOD, [8], 8),
    ],
)
def test_known_scores(measure: Instrument, values: list[int], expected: float) -> None:
    assert score(measure, answers_of(*values)) == expected


def test_the_difficulty_question_never_counts() -> None:
    nine = answers_of(*[1] * 9)
    assert score(PHQ, nine) == score(PHQ, nine | {10: 3}) == 9
    assert unanswered(PHQ, nine) == ()


def test_no_total_with_an_unanswered_item() -> None:
    form: dict[int, int | None] = {**answers_of(*[3] * 9), 4: None}
    assert score(PHQ, form) is None
    assert [item.number for item in unanswered(PHQ, form)] == [4]
    assert score(PEG, answers_of(5, 5)) is None
    assert [item.number for item in unanswered(PHQ, {})] == list(range(1, 10))


@pytest.mark.parametrize("value", [-1, 4, 27])
def test_an_answer_that_does_not_exist_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match=rf"PHQ-9, question 1: {value} is not an answer \(0 to 3\)"):
        score(PHQ, {1: value})


def test_an_item_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="GAD-7 has no question 8"):
        score(GAD, answers_of(*[1] * 8))


def test_a_measure_without_items_has_nothing_to_score() -> None:
    with pytest.raises(ValueError, match="BDI is known by its totals only"):
        score(BDI, {})


@given(forms())
def test_a_total_lies_in_the_range_and_stands_only_on_all_answers(
    form: tuple[Instrument, dict[int, int | None]],
) -> None:
    measure, answers = form
    total = score(measure, answers)
    assert (total is None) == bool(unanswered(measure, answers))
    if total is not None:
        assert measure.minimum <= total <= measure.maximum
        assert entered_score(measure, total) == total
        assert float(format_score(measure, total)) == total
        assert (band(measure, total) is None) == (not measure.bands)


@given(forms())
def test_item_9_is_flagged_whatever_else_is_answered(form: tuple[Instrument, dict[int, int | None]]) -> None:
    measure, answers = form
    expected = answers.get(9) or None if measure is PHQ else None
    assert safety_flag(measure, answers) == expected


@pytest.mark.parametrize(("answer", "flag"), [(0, None), (1, 1), (2, 2), (3, 3)])
def test_item_9_alone_raises_the_flag(answer: int, flag: int | None) -> None:
    assert safety_flag(PHQ, {9: answer}) == flag


def test_a_fault_elsewhere_does_not_hide_item_9() -> None:
    assert safety_flag(PHQ, {1: 99, 11: 1, 9: 1}) == 1


@pytest.mark.parametrize(
    ("measure", "value", "label"),
    [
        (PHQ, 0, "minimal"),
        (PHQ, 4, "minimal"),
        (PHQ, 5, "mild"),
        (PHQ, 14, "moderate"),
        (PHQ, 15, "moderately severe"),
        (PHQ, 27, "severe"),
        (GAD, 14, "moderate"),
        (GAD, 15, "severe"),
        (PCL, 50, None),
        (PEG, 6.3, None),
    ],
)
def test_bands(measure: Instrument, value: float, label: str | None) -> None:
    found = band(measure, value)
    assert (found.label if found else None) == label


@pytest.mark.parametrize(
    ("measure", "value", "kept"),
    [
        (PHQ, 27, 27),
        (PEG, 4.3333, 4.3),
        (PEG, 4.25, 4.3),
        (PEG, 4.35, 4.4),
        (BDI, 12.5, 12.5),
    ],
)
def test_a_total_from_elsewhere_is_kept_at_the_precision_of_the_measure(
    measure: Instrument, value: float, kept: float
) -> None:
    assert entered_score(measure, value) == kept


@pytest.mark.parametrize(
    ("measure", "value", "fault"),
    [
        (PHQ, 28, "PHQ-9 runs from 0 to 27: 28 is outside"),
        (PHQ, -1, "-1 is outside"),
        (PHQ, 12.5, "PHQ-9 has whole scores: 12.5 is not one"),
        (PEG, 10.01, "PEG runs from 0 to 10: 10.01 is outside"),
        (BDI, 64, "BDI runs from 0 to 63: 64 is outside"),
        (BDI, float("nan"), "outside"),
        (BDI, float("inf"), "outside"),
    ],
)
def test_a_total_that_the_measure_does_not_have_is_refused(measure: Instrument, value: float, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        entered_score(measure, value)


@pytest.mark.parametrize(
    ("measure", "value", "shown"),
    [
        (PHQ, 7, "7"),
        (PHQ, 7.0, "7"),
        (PHQ, 20, "20"),
        (PHQ, 6.5, "6.5"),
        (PEG, 4.3, "4.3"),
        (PEG, 4, "4.0"),
        (PEG, 4.35, "4.35"),
        (PEG, 7.7 - 4.7, "3.0"),
        (BDI, 30, "30"),
        (BDI, 12.5, "12.5"),
    ],
)
def test_scores_as_they_are_shown(measure: Instrument, value: float, shown: str) -> None:
    assert format_score(measure, value) == shown
