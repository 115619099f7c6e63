"""The invented patients: over many of them the published figures, and in each of them nothing that cannot be."""

import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import pytest

from kap.demo.clinic import FIRST, GENERATED, OPENED, patients
from kap.demo.generate import lives
from kap.demo.stories import STORIES, Dose, Integration, Preparation, Story
from kap.durability import Reading, Scale, assess
from kap.measures.instruments import instrument
from kap.treatment.models import Condition, Status
from kap.treatment.rules import Tier, dose_warnings

MANY = 2000
DAY_0 = date(2025, 1, 1)
WEEK_4, WEEK_8 = 28, 56


class Followed(NamedTuple):
    """A story and its scores; days count from the last dose of induction."""

    story: Story
    maintained: bool
    scale: Scale
    settled: int
    """The first day whose score counts."""
    baseline: float
    readings: list[tuple[int, float]]
    relapsed: int | None


@pytest.fixture(scope="module")
def many() -> list[Followed]:
    told = [(life.story, life.induced, life.maintained) for life in lives("many", MANY)]
    return [found for one in told if (found := _followed(*one)) is not None]


def _followed(story: Story, induced: int, maintained: bool) -> Followed | None:
    asked = instrument(story.measure)
    if asked.scale is None:
        return None
    parts = len(asked.scored_items) if asked.scoring == "mean" else 1
    readings = [Reading(DAY_0 + timedelta(day), total / parts) for day, total in story.scores[0].sums.items()]
    doses = [DAY_0 + timedelta(dose.day) for dose in _given(story)]
    last = max(*(reading.on for reading in readings), *doses)
    verdict = assess(readings, doses, as_of=last, scale=asked.scale)
    assert verdict.baseline is not None
    zero = DAY_0 + timedelta(induced)
    return Followed(
        story,
        maintained,
        asked.scale,
        (doses[0] - zero).days + asked.scale.settle_days,
        verdict.baseline.score,
        sorted(((reading.on - zero).days, reading.score) for reading in readings),
        (verdict.relapsed_on - zero).days if verdict.relapsed_on else None,
    )


def _given(story: Story) -> list[Dose]:
    return [s for s in story.sessions if isinstance(s, Dose) and s.status is Status.TOOK_PLACE and not s.in_error]


def _in_response(one: Followed) -> list[int]:
    """The days of the counted scores in response."""
    least = max(one.scale.reliable_change, one.scale.response_fraction * one.baseline)
    return [day for day, score in one.readings if day >= one.settled and one.baseline - score >= least]


def _held(followed: list[Followed]) -> list[tuple[int, bool]]:
    """Days from the last dose to loss (True) or to the last score before any long gap, of confirmed responders."""
    times = []
    for one in followed:
        after = [day for day, _ in one.readings if day > 0]
        if one.maintained or len(_in_response(one)) < 2 or not after:
            continue
        seen_to = next((a for a, b in pairwise([0, *after]) if b - a > one.scale.max_gap_days), after[-1])
        if one.relapsed is not None and one.relapsed <= seen_to:
            times.append((one.relapsed, True))
        else:
            times.append((seen_to, False))
    return [(day, lost) for day, lost in times if day > 0]


def _kaplan_meier(times: list[tuple[int, bool]], until: int) -> float:
    """The part that has not lost it by then."""
    left = 1.0
    for day in range(1, until + 1):
        at_risk = sum(end >= day for end, _ in times)
        left *= 1 - sum(end == day and lost for end, lost in times) / at_risk
    return left


def test_responders_hold_as_published(many: list[Followed]) -> None:
    """About 80 % at 4 weeks and 60 % at 8 without maintenance: McInnes 2022, doi:10.1016/j.jad.2021.12.097."""
    times = _held(many)
    assert len(times) > 500
    assert _kaplan_meier(times, WEEK_4) == pytest.approx(0.80, abs=0.04)
    assert _kaplan_meier(times, WEEK_8) == pytest.approx(0.60, abs=0.05)


def test_response_and_remission_after_induction_are_as_published(many: list[Followed]) -> None:
    """53.6 %, 28.9 % and 8.4 % worse on the PHQ-9, 14 to 31 days after induction: McInnes 2022."""
    scores = [
        (one.baseline, [score for day, score in one.readings if 14 <= day <= 31][-1:])
        for one in many
        if one.story.measure == "phq-9"
    ]
    pairs = [(start, end[0]) for start, end in scores if end]
    assert len(pairs) > 500
    assert sum(end <= start / 2 for start, end in pairs) / len(pairs) == pytest.approx(0.536, abs=0.05)
    assert sum(end < 5 for _, end in pairs) / len(pairs) == pytest.approx(0.289, abs=0.05)
    assert sum(end > start for start, end in pairs) / len(pairs) == pytest.approx(0.084, abs=0.04)


def test_as_many_are_lost_to_follow_up_as_published(many: list[Followed]) -> None:
    """82 % at 3 months and 95 % at 6 after treatment: Yermus 2024, doi:10.1089/psymed.2023.0021."""
    undosed = [one for one in many if not one.maintained]

    def lost(month: int) -> float:
        due = round(month * 30.4)
        answered = [any(abs(day - due) <= 14 for day, _ in one.readings) for one in undosed]
        return 1 - sum(answered) / len(answered)

    assert lost(3) == pytest.approx(0.82, abs=0.04)
    assert lost(6) == pytest.approx(0.95, abs=0.02)


def test_the_shipped_clinic_lies_near_the_published_curve() -> None:
    """With so few it could lie anywhere: the seed was chosen."""
    told = [story for story in patients() if not story.again]
    seen = [one for story in told if (one := _as_seen_today(story)) is not None]
    times = _held(seen)
    assert len(times) >= 20
    assert _kaplan_meier(times, WEEK_4) == pytest.approx(0.80, abs=0.07)
    assert _kaplan_meier(times, WEEK_8) == pytest.approx(0.60, abs=0.10)


def _as_seen_today(story: Story) -> Followed | None:
    given = _given(story)
    if not given or not any(day > 0 for day in story.scores[0].sums):
        return None
    induced = given[: story.planned_doses][-1].day
    later = [dose.day - induced for dose in given if dose.day > induced]
    one = _followed(story, induced, False)
    if one is None or (one.relapsed is not None and later and one.relapsed <= later[0]):
        return one  # A booster after the loss changes nothing about it.
    return one._replace(maintained=bool(later))


def test_same_seed_gives_the_same_patients() -> None:
    assert patients("one") == patients("one")
    assert patients("one")[12:] != patients("another")[12:]
    assert patients("one")[:12] == STORIES


def test_seen_from_today_nothing_has_happened_that_lies_ahead() -> None:
    for story in patients()[len(STORIES) :]:
        days = [*(session.day for session in story.sessions), story.enrolled]
        days += [day for scores in story.scores for day in scores.sums]
        days += [story.end.day] if story.end else []
        assert max(days) < story.began, story.code
        assert min(days) > story.began - OPENED, "The clinic was not there yet."
        assert all(planned.ahead >= 0 for planned in story.planned)
        assert story.end is None or not story.planned, "Nothing is planned in a course that has ended."
        assert all(session.day <= story.end.day for session in story.sessions if story.end)


def test_patients_of_every_kind_are_there_half_of_them_by_code_alone() -> None:
    told = patients()[len(STORIES) :]
    assert len({story.code for story in told}) == GENERATED
    assert {int(story.code[2:]) for story in told} == set(range(FIRST, FIRST + GENERATED))
    assert set(Counter(story.condition for story in told)) == set(Condition)
    assert Counter(story.name is None for story in told if not story.again) == {True: 24, False: 24}


def test_no_dose_is_worth_a_second_look() -> None:
    for life in lives("doses", 300):
        for dose in _given(life.story):
            story = life.story
            warned = dose_warnings(story.route, story.medicine, Decimal(dose.mg), Decimal(story.weight_kg))
            assert all(warning.tier is Tier.WARN for warning in warned), warned


def test_sessions_come_in_an_order_that_can_be() -> None:
    for life in lives("order", 300):
        first = _given(life.story)[0].day
        for session in life.story.sessions:
            if isinstance(session, Preparation):
                assert session.day < first
            if isinstance(session, Integration):
                assert session.day > first
        days = [session.day for session in life.story.sessions]
        assert days == sorted(days)
        given = [dose.day for dose in _given(life.story)]
        assert all(b - a >= 2 for a, b in pairwise(given))


def test_texts_are_finished_and_no_sentence_comes_twice_on_a_rail() -> None:
    for story in patients()[len(STORIES) :]:
        rail = [session for session in story.sessions if session.status is Status.TOOK_PLACE]
        notes = [session.narrative for session in rail]
        texts = [*notes, *(text for scores in story.scores for text in scores.acted_on.values()), story.left_with]
        assert all(text and not re.search(r"[{}]|  ", text) for text in texts)
        assert all(note[0].isupper() and note.endswith(".") for note in notes)
        dosed = [s for dose in _given(story)[:20] for s in re.split(r"(?<=\.) ", dose.narrative)]
        assert len(set(dosed)) == len(dosed), story.code
        talked = [session.narrative for session in rail if isinstance(session, Integration)]
        assert len(set(talked)) == len(talked), story.code
