"""What a session record must hold to be possible, and what about a dose is worth a second look.

Only the impossible is refused. An unusual dose is asked about and then kept as it was given: the limits are there to
catch slips of the pen. They are defaults that a clinic sets for itself, not a guideline.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kap.core import clock

WEIGHT = (Decimal(25), Decimal(350))
"""The body weights, in kg, that are no slip."""

READINGS = {"systolic": (50, 300), "diastolic": (20, 200), "heart_rate": (20, 250), "spo2": (50, 100)}
"""The vital signs that are no slip: mmHg, mmHg, beats a minute, percent."""

PLAUSIBLE = READINGS | {"respiratory_rate": (2, 60), "temperature": (30, 43)}
"""The same with those that are not asked for on every form: breaths a minute, °C."""

PRE_DOSE = (140, 90)
"""From this blood pressure on, the label of esketamine asks to weigh the benefit of the dose against its risk."""

DEVICE_MG, MOST_DEVICES = 28, 3
"""One esketamine nasal spray device, and how many make the largest dose (US and EU labels)."""

EARLIEST, LATEST = timedelta(hours=-6), timedelta(hours=18)
"""How far round the start of a session a time of day can lie that was written down for it."""

SUICIDAL_IDEATION, ITS_MEASURE = "suicidal_ideation", "phq-9"
"""A course for suicidal ideation follows the total of the PHQ-9; its ninth item alone is never an outcome."""


class Reading(NamedTuple):
    """Vital signs at one moment: mmHg, beats a minute, percent of oxygen saturation, breaths a minute, °C."""

    at: datetime
    systolic: int | None = None
    diastolic: int | None = None
    heart_rate: int | None = None
    spo2: int | None = None
    respiratory_rate: int | None = None
    temperature: Decimal | None = None


class Unwanted(NamedTuple):
    """An adverse event as it is written down; `words` where the term is "other"."""

    term: str
    severity: str | None
    words: str | None = None
    onset_at: datetime | None = None


class Tier(IntEnum):
    """How loudly a warning speaks: shown; to be explained; to be confirmed before it is saved."""

    WARN = 1
    EXPLAIN = 2
    BLOCK = 3


class Warned(NamedTuple):
    """Something about a dose that is worth a second look."""

    tier: Tier
    sentence: str


class Tiers(NamedTuple):
    """From where on an amount is worth a second look, in mg/kg or mg for the whole session; None where it never is."""

    low: Decimal | None = None
    warn: Decimal | None = None
    explain: Decimal | None = None
    block: Decimal | None = None


BY_WEIGHT = {
    # 0.1 to 0.75 mg/kg have been studied (Andrade, J Clin Psychiatry 2017;78:e852) and 0.5 to 1 is where the ASKP
    # starts; 2 mg/kg is the top of what a clinic quotes, 4.5 the top of the anaesthetic label.
    "iv_infusion": Tiers(Decimal("0.1"), Decimal(1), Decimal(2), Decimal("4.5")),
    # Twice the exposure of 0.5 to 1 mg/kg IV on either side; anaesthesia begins at 6.5 mg/kg on the label.
    "im": Tiers(Decimal("0.25"), Decimal("1.5"), Decimal(2), Decimal("6.5")),
    # 0.5 to 0.9 mg/kg, guided by response (Loo, Br J Psychiatry 2023;223:533); the rest is our own default.
    "subcutaneous": Tiers(Decimal("0.3"), Decimal("0.9"), Decimal("1.5"), Decimal("6.5")),
    # 7 mg/kg is the top of what has been reported by mouth (Andrade, J Clin Psychiatry 2019).
    "sublingual": Tiers(explain=Decimal(7)),
    "oral": Tiers(explain=Decimal(7)),
}

IN_MG = {
    # The largest vial holds 500 mg.
    "iv_infusion": Tiers(block=Decimal(500)),
    "im": Tiers(block=Decimal(500)),
    "subcutaneous": Tiers(block=Decimal(500)),
    # 300 mg is the top of the fixed oral doses reported (Andrade 2019), 490 mg is 7 mg/kg at 70 kg.
    "sublingual": Tiers(Decimal(10), Decimal(300), Decimal(490), Decimal(1000)),
    "oral": Tiers(Decimal(10), Decimal(300), Decimal(490), Decimal(1000)),
    # 75 to 150 mg give about the exposure of 0.5 to 1 mg/kg IV (ASKP, table of routes); the rest is our own default.
    "intranasal_racemic": Tiers(Decimal(10), Decimal(150), Decimal(200), Decimal(500)),
}


class DoseLimits(NamedTuple):
    """From where on doses are asked about, by route; a clinic has its own, and these are what it starts from."""

    by_weight: Mapping[str, Tiers] = BY_WEIGHT
    in_mg: Mapping[str, Tiers] = IN_MG
    device_mg: int = DEVICE_MG
    most_devices: int = MOST_DEVICES


DOSE_LIMITS = DoseLimits()

UNIT_SLIP = Decimal("0.03")
"""Below this many mg/kg an amount in mg is far more likely a dose in mg/kg that was typed in the wrong field."""

SLIP_MG = Decimal(5)
"""The same where no weight is known: no route gives so few mg."""


def medicine_for(route: str | None) -> str | None:
    """What is given by this route, as far as the route tells."""
    if route is None:
        return None
    return "esketamine" if route == "esketamine_nasal" else "ketamine"


def weight_problem(kg: Decimal | None) -> str | None:
    """Why this cannot be somebody's weight; None where it can."""
    if kg is None or WEIGHT[0] <= kg <= WEIGHT[1]:
        return None
    return f"A weight of {plain(kg)} kg looks like a typing error: it is between {WEIGHT[0]} and {WEIGHT[1]} kg."


def reading_problems(
    reading: Reading, plausible: Mapping[str, tuple[int, int]] = PLAUSIBLE
) -> Iterator[tuple[str, str]]:
    """Each field of a reading that cannot be right, with the reason."""
    for name, (low, high) in plausible.items():
        value = getattr(reading, name)
        if value is not None and not low <= value <= high:
            yield name, f"{value} looks like a typing error: it is between {low} and {high}."
    if reading.systolic and reading.diastolic and reading.diastolic >= reading.systolic:
        yield "diastolic", "The lower blood pressure is at or above the upper one. Are they swapped?"


def dose_warnings(
    route: str | None,
    medicine: str | None,
    dose_mg: Decimal | None,
    weight_kg: Decimal | None,
    limits: DoseLimits = DOSE_LIMITS,
) -> list[Warned]:
    """What about this dose is worth a second look, the loudest first."""
    found: list[Warned] = []
    if route is not None and medicine is not None and medicine != medicine_for(route):
        found.append(
            Warned(Tier.WARN, f"By this route {medicine_for(route)} is usual, and {medicine} is written down.")
        )
    if dose_mg is not None and route is not None:
        found += _amount_warnings(route, dose_mg, weight_kg, limits)
    return sorted(found, key=lambda warned: -warned.tier)


def _amount_warnings(route: str, dose_mg: Decimal, weight_kg: Decimal | None, limits: DoseLimits) -> Iterator[Warned]:
    if route == "esketamine_nasal":
        yield from _device_warnings(dose_mg, limits)
        return
    if dose_mg < SLIP_MG or (weight_kg is not None and dose_mg / weight_kg < UNIT_SLIP):
        yield Warned(Tier.BLOCK, f"{plain(dose_mg)} mg in all is very little. Is this the dose in mg/kg?")
        return
    if weight_kg is not None and route in limits.by_weight:
        yield from _beyond(limits.by_weight[route], dose_mg / weight_kg, "mg/kg")
    if route in limits.in_mg:
        yield from _beyond(limits.in_mg[route], dose_mg, "mg")


def _device_warnings(dose_mg: Decimal, limits: DoseLimits) -> Iterator[Warned]:
    device, most = limits.device_mg, limits.device_mg * limits.most_devices
    if dose_mg % device:
        yield Warned(Tier.BLOCK, f"{plain(dose_mg)} mg is no whole number of devices of {device} mg.")
    if dose_mg > most:
        yield Warned(Tier.BLOCK, f"{plain(dose_mg)} mg is above the largest dose, {most} mg.")


def _beyond(limits: Tiers, amount: Decimal, unit: str) -> Iterator[Warned]:
    """The loudest thing to say about an amount."""
    said = f"{plain(amount)} {unit}"
    if limits.block is not None and amount >= limits.block:
        yield Warned(Tier.BLOCK, f"{said} is far above what is usual by this route.")
    elif limits.explain is not None and amount > limits.explain:
        yield Warned(Tier.EXPLAIN, f"{said} is well above what is usual by this route. Please say why.")
    elif limits.warn is not None and amount > limits.warn:
        yield Warned(Tier.WARN, f"{said} is above what is usual by this route (up to {plain(limits.warn)} {unit}).")
    elif limits.low is not None and amount < limits.low:
        yield Warned(Tier.WARN, f"{said} is below what is usual by this route (from {plain(limits.low)} {unit}).")


def raised_before_dose(
    readings: list[Reading], dosed_at: datetime, limit: tuple[int, int] = PRE_DOSE
) -> Reading | None:
    """The last blood pressure taken by the time of the dose, where it is at the limit (140/90 mmHg) or above."""
    before = [r for r in readings if r.at <= dosed_at and (r.systolic is not None or r.diastolic is not None)]
    last = max(before, key=lambda reading: reading.at, default=None)
    if last is None:
        return None
    high = (last.systolic or 0) >= limit[0] or (last.diastolic or 0) >= limit[1]
    return last if high else None


def moment_near(start: datetime, wall: time, zone: ZoneInfo) -> datetime:
    """The moment near the start of a session at which clocks in `zone` show `wall`, past midnight too.

    ValueError for a time that the clocks skip.
    """
    first = start.astimezone(zone).date() - timedelta(days=1)
    for days in range(4):
        naive = datetime.combine(first + timedelta(days=days), wall)
        skipped = False
        try:
            moment = clock.localised(naive, zone)
        except ValueError:
            skipped = True
            moment = naive.replace(tzinfo=zone)
        if EARLIEST <= moment - start < LATEST:
            if skipped:
                raise ValueError("The clocks are put forward over this time: it does not exist on that day.")
            return moment
    raise ValueError("This time does not lie near the start of the session.")


def mg_per_kg(dose_mg: Decimal | None, weight_kg: Decimal | None) -> Decimal | None:
    """The dose by body weight, to 0.01 mg/kg; None where either is not known."""
    if dose_mg is None or weight_kg is None:
        return None
    return (dose_mg / weight_kg).quantize(Decimal("0.01"))


def plain(number: Decimal) -> str:
    """As few decimals as it needs, two at most."""
    text = f"{number:.2f}"
    return text.rstrip("0").rstrip(".")
