"""What is written down of one giving, and what about it is worth a second look.

Nothing that was really given is refused. WARN is shown; EXPLAIN wants a reason; BLOCK is almost surely a slip of the
pen, and wants somebody of the medical staff to say that it was really so.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from kap.dosing.rules.limits import Limits
from kap.treatment import rules
from kap.treatment.rules import Reading, Tier, Warned, plain

ESKETAMINE = "esketamine_nasal"

USUAL = {
    "iv_infusion": ("infusion", "vial"),
    "im": ("injection", "vial"),
    "subcutaneous": ("injection", "vial"),
    ESKETAMINE: ("spray", "spray_device"),
    "intranasal_racemic": ("spray", "spray_device"),
    "sublingual": ("held_in_mouth", "lozenge"),
    "oral": ("swallowed", "lozenge"),
}
"""By which method and in which form the medicine is usually brought in by a route."""

INJECTED, INFUSED = frozenset({"iv_infusion", "im", "subcutaneous"}), frozenset({"iv_infusion"})
SPRAYED, BY_MOUTH = frozenset({ESKETAMINE, "intranasal_racemic"}), frozenset({"sublingual", "oral"})

ONLY_BY = {
    **dict.fromkeys(("site", "concentration", "volume_ml"), INJECTED),
    **dict.fromkeys(("ended_at", "planned_minutes", "rate_ml_h", "rate_changes"), INFUSED),
    "device_times": SPRAYED,
    **dict.fromkeys(("tablets", "strength_mg", "hold_minutes", "remainder"), BY_MOUTH),
}
"""What is asked for by some routes only."""

UNDILUTED = Decimal(100)
"""In mg/mL: never into a vein undiluted (label)."""

WEEK = timedelta(days=7)

EARLY_START = timedelta(hours=12)
"""A planned session whose dose is given later than this after its start is taken to begin with the dose."""


class Giving(NamedTuple):
    """One giving. The fields are named as the columns of Administration, and hold what those hold."""

    at: datetime
    route: str
    substance: str
    amount_mg: Decimal
    given_by: str
    booster: bool = False
    ended_at: datetime | None = None
    product: str | None = None
    lot: str | None = None
    lot_id: UUID | None = None
    place_id: UUID | None = None
    expires_on: date | None = None
    method: str | None = None
    dose_form: str | None = None
    site: str | None = None
    weight_kg: Decimal | None = None
    weight_on: date | None = None
    concentration: Decimal | None = None
    volume_ml: Decimal | None = None
    rate_ml_h: Decimal | None = None
    planned_minutes: int | None = None
    rate_changes: list[Any] | None = None
    device_times: list[Any] | None = None
    tablets: Decimal | None = None
    strength_mg: Decimal | None = None
    hold_minutes: int | None = None
    remainder: str | None = None
    drawn_mg: Decimal | None = None
    wasted_mg: Decimal | None = None
    waste_witness: UUID | None = None
    giver_id: UUID | None = None
    observed_by: UUID | None = None
    checked_by: UUID | None = None
    note: str = ""


class Last(NamedTuple):
    """The dose of an earlier session."""

    at: datetime
    route: str | None
    mg: Decimal | None


class Before(NamedTuple):
    """What a giving is looked at beside: the others of its session, and what went before that."""

    others: Sequence[Giving] = ()
    told_mg: Decimal | None = None
    """What the session says was given in all, where no giving of it is written down yet."""
    last: Last | None = None
    esketamine_sessions: int = 0
    """Other sessions with esketamine in the seven days before."""
    raised: Reading | None = None
    """The last blood pressure by the time of the dose, where it was at the limit or above."""
    held: bool = False
    """True where the last decision was to hold."""


def warnings(giving: Giving, before: Before, limits: Limits, *, by_weight: bool = False) -> list[Warned]:
    """What about a giving is worth a second look, the loudest first; `by_weight`: it was ordered in mg/kg."""
    found = [
        *_amount(giving, before, limits),
        *_weight(giving, limits, by_weight),
        *_preparation(giving),
        *_hands(giving),
        *(_infusion(giving, limits) if giving.route in INFUSED else ()),
        *(_devices(giving, before, limits) if giving.route == ESKETAMINE else ()),
        *_course(giving, before, limits),
    ]
    return sorted(found, key=lambda warned: -warned.tier)


def total(givings: Sequence[Giving]) -> Decimal:
    """All that was given, in mg."""
    return sum((giving.amount_mg for giving in givings), Decimal(0))


def _amount(giving: Giving, before: Before, limits: Limits) -> Iterator[Warned]:
    """This amount by itself, and all of the session by this route together."""
    mg, kg = giving.amount_mg, _known(giving.weight_kg)
    alike = [other for other in before.others if other.route == giving.route]
    in_all = mg + total(alike)
    alone = rules.dose_warnings(giving.route, giving.substance, mg, kg, limits.doses)
    together = rules.dose_warnings(giving.route, giving.substance, in_all, kg, limits.doses)
    yield from together
    if alike:
        yield from (warned for warned in alone if warned.tier is Tier.BLOCK and warned not in together)
    if before.told_mg is not None and before.told_mg != in_all:
        yield Warned(
            Tier.WARN, f"The session said {plain(before.told_mg)} mg in all; from now on it says {plain(in_all)} mg."
        )


def _known(kg: Decimal | None) -> Decimal | None:
    """A weight that can be reckoned with."""
    return kg if rules.weight_problem(kg) is None else None


def _weight(giving: Giving, limits: Limits, by_weight: bool) -> Iterator[Warned]:
    problem = rules.weight_problem(giving.weight_kg)
    if problem:
        yield Warned(Tier.BLOCK, problem)
    if by_weight and giving.weight_on is not None:
        age = (giving.at.date() - giving.weight_on).days
        if age > limits.weight_days:
            yield Warned(Tier.EXPLAIN, f"The dose goes by a weight that is {age} days old.")


def _hands(giving: Giving) -> Iterator[Warned]:
    if giving.route in INJECTED and giving.given_by == "self_observed":
        yield Warned(Tier.EXPLAIN, "By this route staff give the dose, and it is written down as taken by the patient.")


def _preparation(giving: Giving) -> Iterator[Warned]:
    """Concentration, volume, tablets, what was drawn: they tell the same amount, or something is typed wrong."""
    mg = giving.amount_mg
    if giving.concentration and giving.volume_ml:
        yield from _differs(giving.concentration * giving.volume_ml, mg, 10, "Concentration × volume")
    if giving.tablets and giving.strength_mg:
        yield from _differs(giving.tablets * giving.strength_mg, mg, 10, "Tablets × strength")
    if giving.route in INFUSED and giving.concentration and giving.concentration >= UNDILUTED:
        yield Warned(Tier.WARN, f"{plain(giving.concentration)} mg/mL is not to go into a vein undiluted (label).")
    if giving.expires_on is not None and giving.expires_on < giving.at.date():
        yield Warned(Tier.EXPLAIN, f"This lot expired on {giving.expires_on:%-d %b %Y}.")
    if giving.drawn_mg is not None:
        left = giving.drawn_mg - mg - (giving.wasted_mg or 0)
        if left > 0:
            yield Warned(
                Tier.WARN, f"Of the {plain(giving.drawn_mg)} mg drawn, {plain(left)} mg are not accounted for."
            )
        if left < 0:
            yield Warned(Tier.EXPLAIN, f"{plain(-left)} mg more were given and wasted than were drawn.")


def _differs(reckoned: Decimal, mg: Decimal, percent: int, what: str) -> Iterator[Warned]:
    if abs(reckoned - mg) * 100 > mg * percent:
        yield Warned(Tier.EXPLAIN, f"{what} makes {plain(reckoned)} mg, and {plain(mg)} mg are written down.")


def _infusion(giving: Giving, limits: Limits) -> Iterator[Warned]:
    minutes = minutes_of(giving)
    if minutes is None or giving.method == "bolus":
        return
    if not limits.infusion_widest.low <= minutes <= limits.infusion_widest.high:
        yield Warned(Tier.EXPLAIN, f"An infusion over {minutes} minutes is far from usual.")
    elif not limits.infusion_usual.low <= minutes <= limits.infusion_usual.high:
        low, high = limits.infusion_usual
        yield Warned(Tier.WARN, f"{minutes} minutes: usual are {plain(low)} to {plain(high)}.")
    volume = infused_ml(giving)
    if volume is not None and giving.concentration:
        reckoned = volume * giving.concentration
        yield from _differs(reckoned, giving.amount_mg, limits.infusion_percent, "Rate × concentration × time")


def minutes_of(giving: Giving) -> int | None:
    """How long the infusion ran, or is to run."""
    if giving.ended_at is None:
        return giving.planned_minutes
    return (giving.ended_at - giving.at) // timedelta(minutes=1)


def infused_ml(giving: Giving) -> Decimal | None:
    """What ran in by its rates; None where a rate or the end is not known."""
    changes = giving.rate_changes or []
    end = giving.ended_at
    if end is None and giving.planned_minutes and not changes:
        end = giving.at + timedelta(minutes=giving.planned_minutes)
    if giving.rate_ml_h is None or end is None:
        return None
    rates = [(giving.at, giving.rate_ml_h)]
    rates += sorted((datetime.fromisoformat(at), Decimal(str(rate))) for at, rate, _ in changes)
    steps = pairwise([*rates, (end, Decimal(0))])
    return sum((rate * _hours(until - since) for (since, rate), (until, _) in steps), Decimal(0))


def _hours(span: timedelta) -> Decimal:
    return Decimal(int(span.total_seconds())) / 3600


def _devices(giving: Giving, before: Before, limits: Limits) -> Iterator[Warned]:
    times = sorted(datetime.fromisoformat(at) for at in giving.device_times or ())
    count = giving.amount_mg / limits.device_mg
    if times and len(times) != count:
        yield Warned(
            Tier.BLOCK,
            f"{len(times)} {'device' if len(times) == 1 else 'devices'} of {limits.device_mg} mg"
            f" do not make {plain(giving.amount_mg)} mg.",
        )
    rest = timedelta(minutes=limits.device_rest_minutes)
    if any(later - earlier < rest for earlier, later in pairwise(times)):
        yield Warned(Tier.WARN, f"Between two devices {limits.device_rest_minutes} minutes of rest are usual (label).")
    if before.esketamine_sessions >= limits.esketamine_in_7_days:
        sessions = before.esketamine_sessions + 1
        yield Warned(Tier.WARN, f"This is session {sessions} with esketamine within seven days.")


def _course(giving: Giving, before: Before, limits: Limits) -> Iterator[Warned]:
    last = before.last
    if last is not None and timedelta() < giving.at - last.at < timedelta(hours=limits.hours_between):
        hours = (giving.at - last.at) // timedelta(hours=1)
        yield Warned(Tier.WARN, f"The last dose was {hours} hours before.")
    mg = giving.amount_mg + total([other for other in before.others if other.route == giving.route])
    if last is not None and last.route == giving.route and last.mg and mg > last.mg * limits.times_previous:
        yield Warned(Tier.WARN, f"{plain(mg)} mg is {plain(mg / last.mg)} times the last dose, {plain(last.mg)} mg.")
    if before.raised is not None:
        raised = f"{before.raised.systolic or '–'}/{before.raised.diastolic or '–'}"
        tier = Tier.EXPLAIN if giving.route == ESKETAMINE else Tier.WARN
        yield Warned(tier, f"The blood pressure before the dose was {raised} mmHg.")
    if before.held:
        yield Warned(Tier.EXPLAIN, "The decision before the dose was to hold it.")
