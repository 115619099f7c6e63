"""The pure rules: what is impossible, and what is worth a second look."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kap.treatment import rules
from kap.treatment.models import Condition, Medicine, Route
from kap.treatment.rules import Reading, Tier, dose_warnings

BERLIN = ZoneInfo("Europe/Berlin")


def loudest(route: str, mg: str, kg: str | None = "70") -> Tier | None:
    """The tier of the first warning on the usual medicine by a route."""
    warned = dose_warnings(route, rules.medicine_for(route), Decimal(mg), Decimal(kg) if kg else None)
    return warned[0].tier if warned else None


@pytest.mark.parametrize(
    ("route", "mg", "tier"),
    [
        ("iv_infusion", "35", None),
        ("iv_infusion", "5", Tier.WARN),
        ("iv_infusion", "80", Tier.WARN),
        ("iv_infusion", "150", Tier.EXPLAIN),
        ("iv_infusion", "350", Tier.BLOCK),
        ("iv_infusion", "0.5", Tier.BLOCK),
        ("im", "60", None),
        ("im", "460", Tier.BLOCK),
        ("subcutaneous", "50", None),
        ("sublingual", "200", None),
        ("sublingual", "400", Tier.WARN),
        ("sublingual", "600", Tier.EXPLAIN),
        ("oral", "1500", Tier.BLOCK),
        ("intranasal_racemic", "100", None),
        ("intranasal_racemic", "180", Tier.WARN),
        ("esketamine_nasal", "28", None),
        ("esketamine_nasal", "84", None),
        ("esketamine_nasal", "50", Tier.BLOCK),
        ("esketamine_nasal", "112", Tier.BLOCK),
    ],
)
def test_a_dose_is_asked_about_as_loudly_as_it_is_unusual(route: str, mg: str, tier: Tier | None) -> None:
    assert loudest(route, mg) == tier


def test_half_a_milligram_by_infusion_is_asked_about_as_a_slip_of_the_unit() -> None:
    (warned,) = dose_warnings("iv_infusion", "ketamine", Decimal("0.5"), None)
    assert "mg/kg" in warned.sentence
    assert warned.tier is Tier.BLOCK


def test_a_medicine_that_does_not_fit_its_route_is_shown_and_no_more() -> None:
    (warned,) = dose_warnings("esketamine_nasal", "ketamine", Decimal(56), Decimal(70))
    assert warned.tier is Tier.WARN


def test_without_an_amount_or_a_route_there_is_nothing_to_ask() -> None:
    assert dose_warnings("im", "ketamine", None, Decimal(70)) == []
    assert dose_warnings(None, None, Decimal(5000), Decimal(70)) == []


def test_every_route_has_its_limits() -> None:
    assert set(rules.IN_MG) | {"esketamine_nasal"} == set(Route)
    assert set(rules.BY_WEIGHT) <= set(Route)
    assert {rules.medicine_for(route) for route in Route} == set(Medicine)
    assert rules.SUICIDAL_IDEATION in set(Condition)


@given(
    st.sampled_from(["iv_infusion", "im", "subcutaneous", "sublingual", "oral", "intranasal_racemic"]),
    st.decimals(100, 100_000, places=2),
    st.decimals(1, 10, places=2),
    st.one_of(st.none(), st.decimals(25, 350, places=2)),
)
def test_more_is_never_asked_about_less_loudly(route: str, mg: Decimal, times: Decimal, kg: Decimal | None) -> None:
    # From 100 mg on nobody of 350 kg or less is below what is usual.
    less, more = dose_warnings(route, "ketamine", mg, kg), dose_warnings(route, "ketamine", mg * times, kg)
    assert max((w.tier for w in more), default=0) >= max((w.tier for w in less if "below" not in w.sentence), default=0)


@pytest.mark.parametrize("kg", ["24.9", "350.1", "700", "0"])
def test_a_weight_nobody_has_is_a_typing_error(kg: str) -> None:
    assert "typing error" in (rules.weight_problem(Decimal(kg)) or "")


@pytest.mark.parametrize("kg", ["25", "70.5", "350"])
def test_a_weight_that_people_have_is_none(kg: str) -> None:
    assert rules.weight_problem(Decimal(kg)) is None


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ((120, 80, 70, 98), []),
        ((80, 120, None, None), ["diastolic"]),
        ((1200, 80, None, None), ["systolic"]),
        ((None, None, 19, 101), ["heart_rate", "spo2"]),
        ((50, 20, 250, 50), []),
    ],
)
def test_readings_that_cannot_be(
    values: tuple[int | None, int | None, int | None, int | None], fields: list[str]
) -> None:
    reading = Reading(datetime(2026, 3, 4, tzinfo=UTC), *values)
    assert [name for name, _ in rules.reading_problems(reading)] == fields


def test_the_last_blood_pressure_before_the_dose_decides() -> None:
    dose = datetime(2026, 3, 4, 10, tzinfo=UTC)
    high = Reading(dose - timedelta(minutes=5), 142, 80)
    calm = Reading(dose - timedelta(minutes=1), 130, 80)
    after = Reading(dose + timedelta(minutes=40), 170, 95)
    assert rules.raised_before_dose([high, after], dose) == high
    assert rules.raised_before_dose([high, calm, after], dose) is None
    assert rules.raised_before_dose([], dose) is None


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone
    st.integers(-6 * 60, 18 * 60 - 1),
)
def test_a_time_of_day_is_found_again_round_the_start(start: datetime, minutes: int) -> None:
    start = start.replace(second=0, microsecond=0, tzinfo=UTC)
    meant = start + timedelta(minutes=minutes)
    assert rules.moment_near(start, meant.time(), ZoneInfo("UTC")) == meant


def test_after_midnight_is_the_next_day() -> None:
    start = datetime(2026, 3, 4, 22, 30, tzinfo=BERLIN)
    assert rules.moment_near(start, time(0, 15), BERLIN) == datetime(2026, 3, 5, 0, 15, tzinfo=BERLIN)
    assert rules.moment_near(start, time(22, 0), BERLIN) == datetime(2026, 3, 4, 22, 0, tzinfo=BERLIN)


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(ValueError, match="put forward"):
        rules.moment_near(datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN), time(2, 30), BERLIN)
