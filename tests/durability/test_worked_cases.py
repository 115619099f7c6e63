"""The worked cases of the specification of the verdict. Days count from the first dose; `day:score`."""

import pytest

from kap.durability import Scale, State
from tests.durability.histories import GAD7, PCL5, PHQ9, SCALES, WHO5, day, verdict

S = State
LASTING = "-1:20 14:12 28:8 42:7 56:6 70:8"

CASES = [
    (PHQ9, "-3:18", [], 10, S.NOT_ENOUGH_DATA, "no_dose", None),
    (PHQ9, "-40:18 14:9", [0], 20, S.NOT_ENOUGH_DATA, "no_baseline", None),
    (PHQ9, "-2:18 3:6", [0], 5, S.NOT_ENOUGH_DATA, "too_early", None),
    (PHQ9, "-2:18 14:15 21:14", [0, 14], 25, S.NO_RESPONSE_YET, "", None),
    (PHQ9, "-2:18 14:15 21:12", [0, 14], 25, S.PARTIAL_IMPROVEMENT, "reliable_but_below_response", None),
    (PHQ9, "-2:18 14:15 21:9", [0, 14], 25, S.RESPONDING, "response", None),
    (PHQ9, LASTING, [0, 14, 28], 75, S.SUSTAINED_RESPONSE, "response", 6),
    (PHQ9, LASTING, [0, 14, 28], 130, S.NOT_ENOUGH_DATA, "stale", None),
    (PHQ9, "-1:20 28:6 42:5 56:11", [0, 14, 28], 60, S.WEARING_OFF, "possible_relapse_unconfirmed", None),
    (
        PHQ9,
        "-1:20 28:6 42:5 56:11 63:12",
        [0, 14, 28],
        65,
        S.RELAPSED,
        "two_consecutive_relapse_level_scores",
        None,
    ),
    (PHQ9, "-1:20 28:6 42:5 56:11 63:12 77:7", [0, 14, 28, 65], 80, S.RESPONDING, "response", None),
    (PHQ9, "-1:20 14:10 28:11", [0, 14], 30, S.RESPONDING, "borderline", None),
    (PHQ9, "-1:14 14:20", [0], 15, S.WORSENING, "reliably_worse_than_baseline", None),
    (PHQ9, "-1:8 14:3", [0], 20, S.BASELINE_TOO_LOW, "percent_change_not_meaningful", None),
    (
        PHQ9,
        "0:21 17:6 31:3 45:4 73:2 101:3",
        [0, 3, 7, 10, 14, 17],
        110,
        S.SUSTAINED_RESPONSE,
        "remission",
        12,
    ),
    (PHQ9, "-2:18 14:6 28:7 42:13 49:8 63:7", [0], 63, S.SUSTAINED_RESPONSE, "one_excursion", 9),
    (PHQ9, "-2:18 14:6 70:5", [0], 72, S.RESPONDING, "gap_too_long", None),
    (PHQ9, "-1:20 28:8 42:7 56:6 70:7 77:6", [0, 14, 28, 70], 80, S.RESPONDING, "response", None),
    (GAD7, "-1:15 28:7", [0, 14], 30, S.RESPONDING, "response", None),
    (PCL5, "-1:50 35:35", [0, 14, 28], 40, S.RESPONDING, "response", None),
    (WHO5, "-1:24 14:44", [0], 20, S.RESPONDING, "response", None),
    (PHQ9, "-1:10 14:4", [0], 15, S.RESPONDING, "remission", None),
    (PHQ9, "-1:14 14:3 28:8", [0], 30, S.WEARING_OFF, "below_response_line", None),
    (PHQ9, "-1:20 14:14 35:13 56:8 70:7", [0], 72, S.RESPONDING, "response", None),
]
NAMES = {scale: name for name, scale in SCALES.items()}


@pytest.mark.parametrize(
    ("scale", "scores", "doses", "as_of", "state", "reason", "weeks"),
    CASES,
    ids=[f"{NAMES[scale]} {scores} to day {as_of}" for scale, scores, _, as_of, *_ in CASES],
)
def test_worked_case(
    scale: Scale, scores: str, doses: list[int], as_of: int, state: State, reason: str, weeks: int | None
) -> None:
    found = verdict(scores, doses, as_of, scale)
    assert (found.state, found.reason, found.weeks) == (state, reason, weeks)


def test_a_stale_verdict_keeps_what_was_last_known() -> None:
    found = verdict(LASTING, [0, 14, 28], 130)
    assert (found.last_known, found.last_known_weeks) == (S.SUSTAINED_RESPONSE, 6)
    assert found.last_known_reason == "response"
    assert (found.held_from, found.held_to) == (day(28), day(70))


def test_a_relapse_is_dated_to_the_first_score_of_its_pair() -> None:
    found = verdict("-1:20 28:6 42:5 56:11 63:12", [0, 14, 28], 65)
    assert found.relapsed_on == day(56)
    assert found.relapse_pair is not None
    assert [reading.on for reading in found.relapse_pair] == [day(56), day(63)]


def test_history_keeps_a_relapse_that_a_booster_ended() -> None:
    assert verdict("-1:20 28:6 42:5 56:11 63:12 77:7", [0, 14, 28, 65], 80).relapsed_on == day(56)


def test_a_late_response_is_held_since_its_first_day() -> None:
    found = verdict("-1:20 14:14 35:13 56:8 70:7", [0], 72)
    assert (found.held_from, found.held_to) == (day(56), day(70))
