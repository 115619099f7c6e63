"""The edges of the rules of the verdict: the last day, the last point, the order of two rules that both apply."""

import pytest

from kap.durability import Reading, Scale, State, assess
from tests.durability.histories import PCL5, PEG, PHQ9, WHO5, day, verdict

S = State


def said(scores: str, doses: list[int], as_of: int, scale: Scale = PHQ9) -> str:
    """A verdict in one line: state, reason and weeks."""
    found = verdict(scores, doses, as_of, scale)
    words = [found.state, f"({found.reason})" if found.reason else "", str(found.weeks or "")]
    return " ".join(word for word in words if word)


@pytest.mark.parametrize(
    ("scores", "on"),
    [
        ("-28:18 14:9", -28),
        ("-29:20 -28:18 14:9", -28),
        ("-20:25 -3:18 14:9", -3),
        ("-3:25 0:18 14:9", 0),
        ("0:25 14:9 0:18", 0),
    ],
    ids=[
        "28 days before",
        "29 days is too old",
        "the latest, not the worst",
        "on the day of the dose",
        "entered later",
    ],
)
def test_the_baseline_is_the_latest_score_of_the_28_days_to_the_first_dose(scores: str, on: int) -> None:
    assert verdict(scores, [0], 20).baseline == Reading(day(on), 18)


def test_a_score_29_days_before_the_first_dose_is_no_baseline() -> None:
    assert said("-29:18 14:9", [0], 20) == "not_enough_data (no_baseline)"


def test_a_score_on_the_day_of_the_first_dose_does_not_follow_it() -> None:
    found = verdict("-3:10 0:20", [0], 5)
    assert found.reason == "no_score_after_first_dose"
    assert found.baseline == found.latest == Reading(day(0), 20)
    assert found.change is None


def test_of_two_scores_on_one_day_the_later_entered_counts() -> None:
    assert said("-1:18 14:4 14:16", [0], 20) == "no_response_yet"
    assert said("14:16 -1:18 14:4", [0], 20) == "responding (remission)"


def test_a_dose_after_the_day_of_judgement_is_none() -> None:
    assert said("-1:18", [30], 20) == "not_enough_data (no_dose)"
    found = verdict("-1:18 14:9", [0, 0, 10, 30], 20)
    assert (found.first_dose, found.last_dose, found.doses) == (day(0), day(10), 3)


@pytest.mark.parametrize(
    ("scale", "last_early_day"),
    [(PHQ9, 6), (PCL5, 14), (PEG, 3)],
    ids=["PHQ-9", "PCL-5", "PEG"],
)
def test_a_score_counts_from_the_day_on_which_the_dose_has_settled(scale: Scale, last_early_day: int) -> None:
    baseline = int(scale.maximum)
    assert verdict(f"-1:{baseline} {last_early_day}:0", [0], 20, scale).reason == "too_early"
    assert verdict(f"-1:{baseline} {last_early_day + 1}:0", [0], 20, scale).reason == "remission"


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ("-1:14 1:20", "worsening (reliably_worse_than_baseline)"),
        ("-1:14 1:19", "not_enough_data (too_early)"),
        ("-1:14 14:19", "no_response_yet"),
        ("-1:5 14:11", "worsening (reliably_worse_than_baseline)"),
        ("-1:14 7:3 10:3 14:20", "worsening (reliably_worse_than_baseline)"),
        ("-1:14 7:20 14:13", "no_response_yet"),
    ],
    ids=["on day 1", "one point less", "one point less, settled", "from a low baseline", "after response", "once"],
)
def test_one_reliably_worse_score_at_the_end_is_enough_to_warn(scores: str, expected: str) -> None:
    assert said(scores, [0], 15) == expected


def test_two_worse_scores_in_a_row_need_no_confirmation() -> None:
    assert verdict("-1:14 1:20", [0], 15).early
    assert verdict("-1:14 1:20 5:14 9:20", [0], 15).early
    assert not verdict("-1:14 1:20 9:20", [0], 15).early


def test_a_baseline_at_the_case_level_is_high_enough() -> None:
    assert said("-1:10 14:8", [0], 15) == "no_response_yet"
    assert said("-1:9 14:8", [0], 15) == "baseline_too_low (percent_change_not_meaningful)"


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ("-1:20 14:10", "responding (response)"),
        ("-1:20 14:11", "partial_improvement (reliable_but_below_response)"),
        ("-1:11 14:5", "responding (response)"),
        ("-1:10 14:5", "no_response_yet"),
        ("-1:18 14:12", "partial_improvement (reliable_but_below_response)"),
        ("-1:18 14:13", "no_response_yet"),
    ],
    ids=["half", "less than half", "6 points", "half, but 5 points", "6 points, but a third", "5 points"],
)
def test_response_is_both_a_reliable_change_and_half_the_baseline(scores: str, expected: str) -> None:
    assert said(scores, [0], 15) == expected


def test_a_response_is_reliable_change_alone_where_the_scale_says_so() -> None:
    assert said("-1:80 35:65", [0], 40, PCL5) == "responding (response)"
    assert said("-1:80 35:66", [0], 40, PCL5) == "no_response_yet"


def test_thirds_of_a_point_meet_a_whole_one() -> None:
    """From 16/3 to 7/3 is a reliable change on PEG, 3 points, though the binary numbers fall short of it."""
    for thirds in range(12, 31):
        readings = [Reading(day(-1), thirds / 3), Reading(day(7), (thirds - 9) / 3)]
        assert assess(readings, [day(0)], as_of=day(8), scale=PEG).state is S.RESPONDING
        readings[1] = Reading(day(7), (thirds - 8) / 3)
        assert assess(readings, [day(0)], as_of=day(8), scale=PEG).state is S.NO_RESPONSE_YET
    for thirds in range(13, 22):
        # A rise of one point, the mcid, from just within response to just out of it.
        scores = [thirds / 3, (thirds - 9) / 3, (thirds - 6) / 3]
        readings = [Reading(day(on), score) for on, score in zip([-1, 7, 14], scores, strict=True)]
        found = assess(readings, [day(0)], as_of=day(15), scale=PEG)
        assert (found.state, len(found.excursions)) == (S.WEARING_OFF, 1)


@pytest.mark.parametrize(
    ("scores", "as_of", "last_known"),
    [
        ("-1:18 3:6", 49, S.NOT_ENOUGH_DATA),
        ("-1:14 14:20", 60, S.WORSENING),
        ("-1:8 14:3", 60, S.BASELINE_TOO_LOW),
        ("-1:20 14:6", 60, S.RESPONDING),
    ],
)
def test_a_verdict_is_stale_on_day_46_and_keeps_what_was_known(scores: str, as_of: int, last_known: State) -> None:
    assert verdict(scores, [0], as_of - 1).reason != "stale"
    found = verdict(scores, [0], as_of)
    assert (found.state, found.reason, found.last_known) == (S.NOT_ENOUGH_DATA, "stale", last_known)
    assert verdict(scores, [0], as_of - 1).stale_on == day(as_of)


def test_a_stale_relapse_keeps_its_date() -> None:
    found = verdict("-1:20 28:6 42:5 56:11 63:12", [0], 200)
    assert (found.last_known, found.relapsed_on) == (S.RELAPSED, day(56))


@pytest.mark.parametrize(
    ("after", "expected", "relapsed_on"),
    [
        ("56:11 61:11", "relapsed (two_consecutive_relapse_level_scores)", 56),
        ("56:11 60:11", "wearing_off (possible_relapse_unconfirmed)", None),
        ("56:11 58:11 60:11 61:11", "relapsed (two_consecutive_relapse_level_scores)", 56),
        ("56:11 140:11", "relapsed (two_consecutive_relapse_level_scores)", 56),
        ("56:11 58:6 61:11", "wearing_off (possible_relapse_unconfirmed)", None),
        ("56:11 70:11 77:10 84:13", "wearing_off (possible_relapse_unconfirmed)", 56),
    ],
    ids=["5 days", "4 days", "four scores", "far apart", "response between", "ended by response"],
)
def test_a_relapse_is_a_run_of_5_days_without_response(after: str, expected: str, relapsed_on: int | None) -> None:
    scores = f"-1:20 28:6 42:5 {after}"
    last = int(after.split()[-1].split(":")[0])
    found = verdict(scores, [0, 58], last)
    assert f"{found.state} ({found.reason})" == expected
    assert found.relapsed_on == (None if relapsed_on is None else day(relapsed_on))


def test_a_score_below_relapse_level_ends_the_run_but_not_the_relapse() -> None:
    # From a baseline of 14, response ends at 7: a 9 is neither response nor relapse.
    assert said("-1:14 14:3 21:3 28:10 31:9 34:10", [0], 40) == "wearing_off (possible_relapse_unconfirmed)"
    # An 8 is near the usual level of 4, yet neither.
    assert said("-1:14 14:4 21:4 28:10 31:8 34:10", [0], 40) == "wearing_off (possible_relapse_unconfirmed)"
    relapsed = verdict("-1:14 14:3 21:3 28:10 34:10 41:9 48:11 55:11", [0], 55)
    assert (relapsed.state, relapsed.relapsed_on) == (S.RELAPSED, day(28))
    assert verdict("-1:14 14:3 21:3 28:10 34:10 41:9", [0], 55).state is S.RELAPSED


def test_a_second_relapse_after_a_response_has_its_own_date() -> None:
    found = verdict("-1:20 14:6 21:6 28:12 35:12 42:6 49:13 56:13", [0, 36], 56)
    assert (found.state, found.relapsed_on) == (S.RELAPSED, day(49))


def test_a_single_response_can_wear_off_but_not_relapse() -> None:
    found = verdict("-1:20 14:6 28:12 35:12", [0], 40)
    assert (found.state, found.reason) == (S.WEARING_OFF, "brief_response_not_confirmed")
    assert found.relapsed_on is None
    assert found.relapse_pair == (Reading(day(28), 12), Reading(day(35), 12))
    assert not found.early
    later = verdict("-1:20 14:6 28:12 35:12 42:6 49:6", [0], 50)
    assert (later.state, later.relapsed_on) == (S.RESPONDING, None)


def test_history_before_a_worsening_is_not_told() -> None:
    assert verdict("-1:14 14:3 21:3 28:12 35:12 42:20", [0], 45).relapsed_on is None


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (10, "responding (borderline)"),
        (11, "wearing_off (below_response_line)"),
    ],
)
def test_out_of_response_a_rise_of_the_mcid_is_a_loss(last: int, expected: str) -> None:
    high_relapse = Scale(0, 27, True, 10, 4, 6, 5, 15, 0.5, 7)
    assert said(f"-1:18 14:6 28:{last}", [0], 30, high_relapse) == expected


def test_within_response_only_a_reliable_rise_is_a_loss() -> None:
    assert said("-1:20 14:3 21:2 25:8", [0], 30) == "responding (response)"
    assert said("-1:20 14:2 21:2 25:8", [0], 30) == "wearing_off (still_responding_but_rising)"


def test_the_usual_level_is_the_median_and_leaves_the_latest_score_out() -> None:
    found = verdict("-1:20 14:0 21:7 28:8 35:10", [0], 40)
    assert (found.usual_level, found.rise) == (7, 3)
    assert found.state is S.SUSTAINED_RESPONSE
    found = verdict("-1:20 14:2 21:7 28:10", [0], 40)
    assert (found.usual_level, found.rise) == (4.5, 5.5)
    first = verdict("-1:20 14:2", [0], 40)
    assert (first.usual_level, first.rise) == (None, None)


def test_response_lasts_from_the_28th_day_on() -> None:
    assert said("-1:20 14:8 27:8", [0], 30) == "responding (response)"
    assert said("-1:20 14:8 28:8", [0], 30) == "sustained_response (response) 4"
    assert said("-1:20 28:8", [0], 30) == "responding (response)"
    assert said("-1:20 14:8 34:8", [0], 40) == "sustained_response (response) 4"
    assert said("-1:20 14:8 35:8", [0], 40) == "sustained_response (response) 5"


@pytest.mark.parametrize(
    ("scores", "doses", "held_from"),
    [
        ("-1:20 14:8 30:8 50:8", [0, 20], 20),
        ("-1:20 20:8 30:8 50:8", [0, 20], 20),
        ("-1:20 14:15 30:8 50:8", [0, 20], 20),
        ("-1:20 20:15 30:8 50:8", [0, 20], 20),
        ("-1:20 14:15 22:15 30:8 50:8", [0, 20], 30),
        ("-1:20 3:6 14:15 30:8 50:8", [0], 30),
    ],
    ids=[
        "before it",
        "on its day",
        "first after it",
        "first after its day",
        "later",
        "scores too early to count do not begin it",
    ],
)
def test_response_is_held_from_the_last_dose_unless_it_came_late(scores: str, doses: list[int], held_from: int) -> None:
    found = verdict(scores, doses, 50)
    assert (found.held_from, found.held_to) == (day(held_from), day(50))


def test_a_gap_is_longer_than_45_days() -> None:
    assert said("-1:20 14:6 59:6", [0], 60) == "sustained_response (response) 8"
    found = verdict("-1:20 14:6 60:6", [0], 60)
    assert (found.state, found.reason, found.gap) == (S.RESPONDING, "gap_too_long", (day(14), day(60)))
    assert (found.held_from, found.held_to) == (day(0), day(14))


def test_the_first_gap_is_counted_from_the_last_dose() -> None:
    assert said("-1:20 45:6 60:6", [0], 60) == "sustained_response (response) 8"
    found = verdict("-1:20 46:6 60:6 90:6", [0], 90)
    assert (found.reason, found.gap) == ("gap_too_long", (day(0), day(46)))
    assert (found.held_from, found.held_to) == (None, None)
    # Counted from the score before the dose it would be 56 days.
    assert said("-1:20 14:6 70:6 80:6", [0, 30], 80) == "sustained_response (response) 7"


def test_a_score_too_early_to_count_ends_no_gap() -> None:
    assert verdict("-1:20 6:6 47:6 60:6", [0], 60).gap == (day(0), day(47))


def test_a_gap_before_the_last_dose_does_not_matter() -> None:
    assert said("-1:20 14:6 70:6 85:6 100:6", [0, 71], 100) == "sustained_response (response) 4"


def test_response_sustained_before_a_gap_counts_to_the_gap() -> None:
    found = verdict("-1:20 14:6 21:12 35:6 90:6", [0], 90)
    assert (found.state, found.reason, found.weeks) == (S.SUSTAINED_RESPONSE, "gap_after", 5)
    assert (found.held_from, found.held_to) == (day(0), day(35))
    assert found.readings_after[-1].on == day(90)


def test_one_excursion_is_allowed_and_two_are_not() -> None:
    found = verdict("-1:20 14:6 21:12 35:6", [0], 40)
    assert (found.reason, found.weeks, found.excursions) == ("one_excursion", 5, (Reading(day(21), 12),))
    unstable = verdict("-1:20 14:6 21:12 24:12 35:6", [0], 40)
    assert (unstable.state, unstable.reason, len(unstable.excursions)) == (S.RESPONDING, "unstable", 2)
    assert unstable.held_from is None


def test_an_excursion_before_the_last_dose_is_forgiven() -> None:
    assert said("-1:20 14:6 21:12 28:12 35:6 70:6", [0, 30], 70) == "sustained_response (response) 5"


def test_an_excursion_right_after_the_last_dose_counts() -> None:
    assert said("-1:20 14:6 25:12 35:6 70:6", [0, 20], 70) == "sustained_response (one_excursion) 7"


def test_a_score_out_of_response_but_near_the_usual_level_is_no_excursion() -> None:
    found = verdict("-1:20 14:8 21:11 28:12 35:8", [0], 40)
    assert (found.reason, found.excursions) == ("response", ())


def test_a_response_in_remission_is_judged_by_the_scores_after_the_last_dose() -> None:
    assert said("-1:20 14:9 25:4 50:4", [0, 20], 50) == "sustained_response (remission) 4"
    assert said("-1:20 14:4 25:5 50:4", [0, 20], 50) == "sustained_response (response) 4"


def test_a_booster_restarts_the_clock_and_never_resets_the_baseline() -> None:
    scores = "-1:20 14:6 28:6 42:6 56:6"
    assert said(scores, [0], 56) == "sustained_response (response) 8"
    boosted = verdict(scores, [0, 50], 56)
    assert (boosted.state, boosted.reason) == (S.RESPONDING, "response")
    assert boosted.baseline == Reading(day(-1), 20)
    assert boosted.last_dose == day(50)


def test_change_and_lines_are_in_the_direction_of_the_measure() -> None:
    worse = verdict("-1:20 14:12", [0], 20)
    assert (worse.change, worse.percent) == (8, 40)
    assert (worse.response_line, worse.remission_line) == (10, 4)
    better = verdict("-1:24 14:44 28:40", [0], 30, WHO5)
    assert better.change == 16
    assert (better.response_line, better.remission_line, better.usual_level, better.rise) == (34, 51, 44, 4)


def test_there_is_no_response_line_where_no_score_can_reach_it() -> None:
    assert verdict("-1:5 14:5", [0], 20).response_line is None
    assert verdict("-1:6 14:5", [0], 20).response_line == 0
    assert verdict("-1:0 14:5", [0], 20).percent is None
    assert verdict("-40:18", [0], 20).response_line is None


@pytest.mark.parametrize(
    ("scores", "early"),
    [
        ("-1:20 14:15", True),
        ("-1:20 14:15 21:15", False),
        ("-1:20 14:8", True),
        ("-1:20 14:8 21:8", False),
        ("-1:20 14:6 21:6 28:12", True),
        ("-1:14 14:3 21:3 28:9 42:9", False),
        ("-1:20 14:2 21:2 28:9", True),
        ("-1:20 14:6 21:6 28:12 35:12", False),
    ],
)
def test_a_state_that_rests_on_one_score_says_so(scores: str, early: bool) -> None:
    assert verdict(scores, [0], 45).early is early


@pytest.mark.parametrize(
    ("scores", "doses", "as_of", "expected"),
    [
        ("", [], 0, 0),
        ("-3:18", [], 10, 26),
        ("-40:18", [0], 0, 0),
        ("-40:18", [0], 1, None),
        ("-1:18", [0], 3, 7),
        ("-1:18", [0], 12, 12),
        ("-1:18 3:6", [0], 5, 7),
        ("-1:18 14:6", [0], 90, 90),
        ("-1:14 14:20", [0], 14, 15),
        ("-1:20 28:6 42:5 56:11", [0], 57, 61),
        ("-1:20 14:6", [0], 15, 28),
        ("-1:20 14:6", [0], 30, 30),
        ("-1:20 14:6 28:6", [0, 20], 28, 48),
        ("-1:20 14:15", [0], 15, None),
        ("-1:20 14:6 60:6", [0], 60, None),
        ("-1:20 14:7 18:12 20:12 22:11", [0], 22, None),
    ],
    ids=[
        "nothing yet",
        "until the baseline is too old",
        "baseline today",
        "baseline missed",
        "when settled",
        "now",
        "too early",
        "stale",
        "worse once",
        "confirms a relapse",
        "shows that it lasts",
        "overdue",
        "since the booster",
        "no day is known",
        "after a gap",
        "too many excursions",
    ],
)
def test_the_next_useful_day(scores: str, doses: list[int], as_of: int, expected: int | None) -> None:
    assert verdict(scores, doses, as_of).next_useful_on == (None if expected is None else day(expected))


def test_a_verdict_and_its_parts_cannot_be_changed() -> None:
    found = verdict("-1:20 14:6", [0], 15)
    with pytest.raises(AttributeError):
        found.state = S.RELAPSED  # type: ignore[misc]
    assert hash(found.latest) == hash(Reading(day(14), 6.0))
