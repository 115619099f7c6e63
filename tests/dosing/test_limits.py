"""The limits of a clinic: worked cases of doses and readings, and the page on which a clinic sets its own."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from kap.core.db import db
from kap.dosing.models import LimitSet
from kap.dosing.queries.limits import limits_numbered, limits_of
from kap.dosing.rules import limits as rules
from kap.dosing.rules.giving import Before, Giving, Last, infused_ml, warnings
from kap.dosing.rules.limits import DEFAULTS, Level, Strength, next_due, reading_alerts, sedation_alerts
from kap.treatment.models import Route
from kap.treatment.rules import Reading, Tier, medicine_for
from tests.browser import Browser
from tests.cast import Cast

T0 = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
BrowserOf = Callable[[str], Browser]


def giving(route: str, mg: str, **more: Any) -> Giving:
    """A giving at 70 kg, by staff where staff give."""
    told: dict[str, Any] = {"weight_kg": Decimal(70), "weight_on": date(2026, 3, 18), "given_by": "staff"} | more
    return Giving(at=T0, route=route, substance=medicine_for(route) or "", amount_mg=Decimal(mg), **told)


def asked(one: Giving, before: Before = Before(), **more: Any) -> tuple[Tier | None, str]:  # noqa: B008
    """The loudest tier, and all that is said."""
    found = warnings(one, before, DEFAULTS, **more)
    return (found[0].tier if found else None), " ".join(warned.sentence for warned in found)


W, E, B = Tier.WARN, Tier.EXPLAIN, Tier.BLOCK


@pytest.mark.parametrize(
    ("route", "mg", "tier"),
    [
        ("iv_infusion", "35", None),
        ("iv_infusion", "6.9", W),
        ("iv_infusion", "70", None),
        ("iv_infusion", "71", W),
        ("iv_infusion", "141", E),
        ("iv_infusion", "315", B),
        ("iv_infusion", "0.5", B),
        ("im", "17", W),
        ("im", "70", None),
        ("im", "106", W),
        ("im", "141", E),
        ("im", "455", B),
        ("subcutaneous", "20", W),
        ("subcutaneous", "63", None),
        ("subcutaneous", "64", W),
        ("subcutaneous", "106", E),
        ("subcutaneous", "455", B),
        ("sublingual", "300", None),
        ("sublingual", "301", W),
        ("sublingual", "491", E),
        ("sublingual", "1000", B),
        ("oral", "300", None),
        ("oral", "491", E),
        ("oral", "1200", B),
        ("intranasal_racemic", "150", None),
        ("intranasal_racemic", "151", W),
        ("intranasal_racemic", "201", E),
        ("intranasal_racemic", "500", B),
        ("esketamine_nasal", "56", None),
        ("esketamine_nasal", "84", None),
        ("esketamine_nasal", "50", B),
        ("esketamine_nasal", "112", B),
    ],
)
def test_a_dose_by_each_route(route: str, mg: str, tier: Tier | None) -> None:
    assert asked(giving(route, mg))[0] == tier


def test_a_booster_counts_with_what_was_given_before() -> None:
    first, booster = giving("im", "90"), giving("im", "60", booster=True)
    assert asked(booster)[0] is None
    assert asked(booster, Before(others=[first]))[0] is Tier.EXPLAIN


def test_a_slip_of_the_unit_is_seen_also_in_a_booster() -> None:
    first, booster = giving("im", "60"), giving("im", "0.5", booster=True)
    assert asked(booster, Before(others=[first]))[0] is Tier.BLOCK


@pytest.mark.parametrize(
    ("more", "tier", "words"),
    [
        ({"planned_minutes": 40}, None, ""),
        ({"planned_minutes": 25}, W, "25 minutes"),
        ({"planned_minutes": 70}, W, "70 minutes"),
        ({"planned_minutes": 1}, E, "far from usual"),
        ({"planned_minutes": 110}, E, "far from usual"),
        ({"ended_at": T0 + timedelta(minutes=40), "rate_ml_h": Decimal("52.5"), "concentration": Decimal(1)}, None, ""),
        ({"planned_minutes": 40, "rate_ml_h": Decimal("52.5"), "concentration": Decimal(1)}, None, ""),
        ({"planned_minutes": 40, "rate_ml_h": Decimal("60"), "concentration": Decimal(1)}, E, "makes 40 mg"),
        ({"concentration": Decimal(50), "volume_ml": Decimal("0.7")}, None, ""),
        ({"concentration": Decimal(50), "volume_ml": Decimal(7)}, E, "makes 350 mg"),
        ({"concentration": Decimal(100), "volume_ml": Decimal("0.35")}, W, "undiluted"),
        ({"expires_on": date(2026, 3, 17)}, E, "expired"),
        ({"drawn_mg": Decimal(50), "wasted_mg": Decimal(15)}, None, ""),
        ({"drawn_mg": Decimal(50), "wasted_mg": Decimal(5)}, W, "10 mg are not accounted for"),
        ({"drawn_mg": Decimal(30)}, E, "more were given"),
        ({"given_by": "self_observed"}, E, "staff give the dose"),
        ({"weight_kg": Decimal(700)}, B, "looks like a typing error"),
    ],
)
def test_what_was_drawn_and_how_it_ran_tell_the_same_amount(
    more: dict[str, Any], tier: Tier | None, words: str
) -> None:
    found, said = asked(giving("iv_infusion", "35", **more))
    assert found == tier, said
    assert words in said


def test_an_infusion_with_a_pause_is_reckoned_piece_by_piece() -> None:
    minutes = timedelta(minutes=1)
    changes = [[(T0 + 10 * minutes).isoformat(), "0", "Nausea"], [(T0 + 20 * minutes).isoformat(), "60", ""]]
    one = giving("iv_infusion", "35", rate_ml_h=Decimal(30), rate_changes=changes, ended_at=T0 + 50 * minutes)
    assert infused_ml(one) == Decimal(35)


def devices(*minutes: int) -> list[str]:
    """Device times after the start."""
    return [(T0 + timedelta(minutes=after)).isoformat() for after in minutes]


@pytest.mark.parametrize(
    ("mg", "times", "tier", "words"),
    [
        ("84", devices(0, 5, 10), None, ""),
        ("56", devices(0, 4), W, "5 minutes of rest"),
        ("84", devices(0, 5), B, "2 devices of 28 mg do not make 84 mg"),
        ("28", devices(0), None, ""),
    ],
)
def test_spray_devices(mg: str, times: list[str], tier: Tier | None, words: str) -> None:
    found, said = asked(giving("esketamine_nasal", mg, device_times=times, given_by="self_observed"))
    assert found == tier, said
    assert words in said


@pytest.mark.parametrize(
    ("route", "mg", "before", "tier", "words"),
    [
        ("im", "70", Before(last=Last(T0 - timedelta(hours=47), "im", Decimal(70))), W, "47 hours"),
        ("im", "70", Before(last=Last(T0 - timedelta(hours=49), "im", Decimal(70))), None, ""),
        ("im", "70", Before(last=Last(T0 - timedelta(days=7), "im", Decimal(40))), W, "1.75 times"),
        ("im", "60", Before(last=Last(T0 - timedelta(days=7), "im", Decimal(40))), None, ""),
        ("im", "70", Before(last=Last(T0 - timedelta(days=7), "oral", Decimal(10))), None, ""),
        ("esketamine_nasal", "56", Before(esketamine_sessions=2), W, "session 3 with esketamine"),
        ("esketamine_nasal", "56", Before(esketamine_sessions=1), None, ""),
        ("esketamine_nasal", "56", Before(raised=Reading(T0, 150, 95)), E, "150/95"),
        ("im", "70", Before(raised=Reading(T0, 150, 95)), W, "150/95"),
        ("im", "70", Before(held=True), E, "hold"),
        ("im", "70", Before(told_mg=Decimal(60)), W, "said 60 mg"),
    ],
)
def test_a_dose_beside_what_went_before(route: str, mg: str, before: Before, tier: Tier | None, words: str) -> None:
    found, said = asked(giving(route, mg, given_by="staff"), before)
    assert found == tier, said
    assert words in said


@pytest.mark.parametrize(("days", "tier"), [(30, None), (31, E)])
def test_a_dose_by_weight_wants_a_weight_of_these_days(days: int, tier: Tier | None) -> None:
    one = giving("im", "35", weight_on=(T0 - timedelta(days=days)).date())
    assert asked(one, by_weight=True)[0] == tier
    assert asked(one)[0] is None


# Readings


def at(minutes: int, systolic: int | None = None, diastolic: int | None = None, **more: int) -> Reading:
    """A reading so long after the first giving."""
    return Reading(T0 + timedelta(minutes=minutes), systolic, diastolic, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reading", "earlier", "rule", "level"),
    [
        (at(-10, 139, 89), [], None, None),
        (at(-10, 140, 80), [], "pre_hold", Level.ALERT),
        (at(-10, 120, 90), [], "pre_hold", Level.ALERT),
        (at(-10, 160, 90), [], "pre_hold_high", Level.URGENT),
        (at(-10, 130, 100), [], "pre_hold_high", Level.URGENT),
        (at(20, 180, 110), [], None, None),
        (at(20, 181, 100), [], "bp_high", Level.ALERT),
        (at(25, 181, 100), [at(20, 185, 100)], "bp_high_again", Level.URGENT),
        (at(24, 181, 100), [at(20, 185, 100)], "bp_high", Level.ALERT),
        (at(30, 181, 100), [at(20, 185, 100), at(25, 150, 90)], "bp_high", Level.ALERT),
        (at(20, 201, 100), [], "bp_highest", Level.URGENT),
        (at(20, 150, 121), [], "bp_highest", Level.URGENT),
        (at(20, 89, 60), [], "bp_low", Level.ALERT),
        (at(20, 100, 90), [], "bp_narrow", Level.NOTICE),
        (at(20, heart_rate=121), [], "heart_high", Level.NOTICE),
        (at(25, heart_rate=121), [at(20, heart_rate=125)], "heart_high_again", Level.ALERT),
        (at(20, heart_rate=49), [], "heart_low", Level.ALERT),
        (at(20, spo2=95), [], None, None),
        (at(20, spo2=94), [], "spo2_notice", Level.NOTICE),
        (at(20, spo2=91), [], "spo2_alert", Level.ALERT),
        (at(20, spo2=89), [], "spo2_urgent", Level.URGENT),
        (at(20, respiratory_rate=9), [], "breathing", Level.ALERT),
        (at(20, respiratory_rate=31), [], "breathing", Level.ALERT),
    ],
)
def test_a_reading_says_what_it_crosses(
    reading: Reading, earlier: list[Reading], rule: str | None, level: Level | None
) -> None:
    found = reading_alerts(reading, None, earlier, T0)
    assert (found[0].rule, found[0].level) == (rule, level) if rule else not found


@pytest.mark.parametrize(
    ("reading", "rises"), [(at(20, 159, 104), False), (at(20, 160, 80), True), (at(20, 130, 105), True)]
)
def test_a_rise_since_before_the_dose(reading: Reading, rises: bool) -> None:
    found = reading_alerts(reading, at(-10, 120, 80), [], T0)
    assert [alerted.rule for alerted in found] == (["bp_rise"] if rises else [])


@pytest.mark.parametrize(
    ("score", "level"), [(5, None), (4, None), (3, Level.ALERT), (2, Level.ALERT), (1, Level.URGENT), (0, Level.URGENT)]
)
def test_a_score_of_sedation(score: int, level: Level | None) -> None:
    found = sedation_alerts(score)
    assert (found[0].level if found else None) == level


def test_the_next_reading_by_the_schedule() -> None:
    def due(route: str, now: int, *taken: int, begun: bool = True) -> tuple[Any, int] | None:
        moments = [T0 + timedelta(minutes=minute) for minute in taken]
        found = next_due(route, T0 if begun else None, moments, DEFAULTS, T0 + timedelta(minutes=now))
        return (found.slot, (found.at - T0) // timedelta(minutes=1)) if found else None

    assert due("esketamine_nasal", -20, begun=False) == ("pre", -20)
    assert due("esketamine_nasal", -10, -20, begun=False) is None
    assert due("esketamine_nasal", 5, -20) == (40, 40)
    assert due("esketamine_nasal", 45, -20) == (40, 40), "It stays due until it is taken."
    assert due("esketamine_nasal", 50, -20, 38) == ("discharge", 120)
    assert due("esketamine_nasal", 125, -20, 38, 121) is None
    assert due("iv_infusion", 12, -5, 10) == (20, 20)
    assert due("iv_infusion", 45, -5, 10) == (40, 40), "Of those that passed, the last."


@given(st.sampled_from(list(Route)), st.integers(0, 200), st.lists(st.integers(-60, 200), max_size=20))
def test_a_reading_now_moves_what_is_due_on(route: Route, now: int, taken: list[int]) -> None:
    moments, moment = [T0 + timedelta(minutes=minute) for minute in taken], T0 + timedelta(minutes=now)
    before = next_due(route, T0, moments, DEFAULTS, moment)
    after = next_due(route, T0, [*moments, moment], DEFAULTS, moment)
    assert before is not None or after is None
    if before is not None and after is not None:
        assert after.at >= before.at or before.at > moment


# A set of limits


def test_the_defaults_can_be_meant_and_say_where_they_come_from() -> None:
    assert list(rules.problems(DEFAULTS)) == []
    kept = json.loads(json.dumps(rules.to_json(DEFAULTS)))
    assert rules.from_json(kept, 0) == DEFAULTS
    found = [row for _, group in rules.rows() for row in group]
    assert len({row.key for row in found}) == len(found)
    assert all(row.setting.source and row.setting.strength in Strength for row in found)
    assert set(DEFAULTS.schedules) == set(DEFAULTS.observe_minutes) == set(Route)
    assert DEFAULTS.observe("esketamine_nasal") == 120
    for tiers in (*DEFAULTS.mg_per_kg.values(), *DEFAULTS.mg.values()):
        amounts = [amount for amount in tiers if amount is not None]
        assert all(lower < higher for lower, higher in pairwise(amounts))


def test_a_set_that_is_older_than_a_limit_has_its_default() -> None:
    kept = rules.to_json(DEFAULTS)
    del kept["narrow"]
    del kept["schedules"]["oral"]
    assert rules.from_json(kept, 3).narrow == DEFAULTS.narrow
    assert rules.from_json(kept, 3).schedules["oral"] == DEFAULTS.schedules["oral"]


def test_a_clinic_sets_its_own_and_they_are_in_force(app: Flask, cast: Cast, browser_of: BrowserOf) -> None:
    medical = browser_of("medical")
    assert "The defaults are in force" in medical.get("/limits").words
    page = medical.fill(
        status=200,
        mg_per_kg_of_im_warn="1.2",
        observe_minutes_of_im="75",
        schedules_of_im="pre, 15, 45, discharge",
        high_systolic="170",
        reason="Decided on our round of March",
    )
    assert "Set 1 is in force" in page.words
    assert "Decided on our round of March" in page.words
    assert "170/110" in page.words
    with app.app_context():
        now = limits_of(cast["clinic"])
        assert now.mg_per_kg["im"].warn == Decimal("1.2")
        assert now.observe("im") == 75
        assert now.schedule("im") == ("pre", 15, 45, "discharge")
        assert now.high == (170, 110)
        assert limits_numbered(cast["clinic"], 0) == DEFAULTS, "A session that was signed before keeps those."
        assert limits_numbered(cast["clinic"], 1) == now
        assert limits_of(cast["other clinic"]) == DEFAULTS
    page = browser_of("therapist").get("/limits")
    assert "pre, 15, 45, discharge" in page.words
    assert not page.forms()


def test_the_quick_form_asks_by_the_limits_of_the_clinic(cast: Cast, browser_of: BrowserOf) -> None:
    medical, form = browser_of("medical"), f"/patients/{cast['patient']}/sessions/new?kind=dosing"
    dose: dict[str, Any] = {"starts_at": "2026-03-17T10:00", "route": "im", "dose_mg": "100", "weight_kg": "70"}
    medical.get("/limits")
    medical.fill(status=200, mg_per_kg_of_im_warn="1.2", mg_per_kg_of_im_explain="1.4", reason="Ours")
    medical.get(form)
    assert "Please say why" in medical.fill(**dose).words


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mg_per_kg_of_im_warn": "3"}, "rise from left to right"),
        ({"schedules_of_im": "pre, 40, 20"}, "minutes that rise"),
        ({"schedules_of_im": "before, 40"}, "such as: pre, 10, 40, discharge"),
        ({"hours_between": ""}, "Please give a number"),
        ({"spo2_urgent": "96"}, "fall from low to alert to urgent"),
        ({"high_systolic": "100"}, "first be above the second"),
        ({"highest_systolic": "150"}, "below the gentler limit"),
        ({"reason": ""}, "Please fill this in"),
    ],
)
def test_limits_that_cannot_be_meant_are_not_set(
    app: Flask, cast: Cast, browser_of: BrowserOf, fields: dict[str, Any], message: str
) -> None:
    lead = browser_of("lead")
    lead.get("/limits")
    page = lead.fill(**{"reason": "Why not", **fields})
    assert message in page.words
    with app.app_context():
        assert db.session.query(LimitSet).count() == 0


def test_of_two_who_set_limits_the_second_sees_those_of_the_first(cast: Cast, browser_of: BrowserOf) -> None:
    lead, medical = browser_of("lead"), browser_of("medical")
    lead.get("/limits")
    medical.get("/limits")
    lead.fill(hours_between="72", reason="Mine", status=200)
    page = medical.fill(hours_between="24", reason="Ours")
    assert "Somebody has set other limits in the meantime" in page.words
    assert "In force: 72" in page.words
    assert medical.ready()[1]["hours_between"] == ["24"]
    page = medical.fill(status=200)
    assert "Set 2 is in force" in page.words
    assert "72 → 24" in page.words
