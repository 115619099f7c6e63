"""The limits and schedules that a clinic works with: what they start from, where that comes from, and what they say.

They catch slips and call for a second look. None of them refuses what really happened, and what is marked as our own
default is no guideline: a clinic sets its own.
"""
# ruff: noqa: RUF009 (what `_one` and `_many` give are fields)

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from kap.treatment import rules
from kap.treatment.rules import DoseLimits, Reading, Tiers, plain

Slot = int | Literal["pre", "discharge"]
"""When a reading is due: minutes from the first giving, or before it, or on leaving."""


class Strength(StrEnum):
    """How well a value is founded."""

    READ = "V"
    WEAK = "W"
    PROPOSED = "PROPOSED"

    @property
    def label(self) -> str:
        """The words on the page."""
        return {
            Strength.READ: "Read in the source",
            Strength.WEAK: "From a weak or second-hand source",
            Strength.PROPOSED: "Our own default, no guideline",
        }[self]


class Range(NamedTuple):
    """From one value to another, both of them within."""

    low: Decimal
    high: Decimal


class Pressure(NamedTuple):
    """A blood pressure, or a rise of one, in mmHg."""

    systolic: int
    diastolic: int


class Setting(NamedTuple):
    """One value of `Limits`, or the few that stand side by side: its words, its unit, and where it comes from."""

    label: str
    unit: str
    source: str
    strength: Strength


class Group(StrEnum):
    """Under which heading a setting stands."""

    DOSES = "Doses"
    COURSE = "Doses one after another"
    ESKETAMINE = "Esketamine spray"
    INFUSION = "Infusion"
    BEFORE = "Before the dose"
    VITALS = "Vital signs"
    SEDATION = "Sedation"
    TIMES = "Readings, stay and afterwards"
    PLAUSIBLE = "What can only be a typing error"


_READ, _WEAK, _OURS = Strength.READ, Strength.WEAK, Strength.PROPOSED


def _one(group: Group, default: Any, label: str, unit: str, source: str, strength: Strength) -> Any:
    """A field with a single setting."""
    settings = {"": Setting(label, unit, source, strength)}
    return dataclasses.field(default=default, metadata={"group": group, "settings": settings})


def _many(
    group: Group, defaults: Mapping[str, Any], label: str, unit: str, sources: Mapping[str, tuple[str, Strength]]
) -> Any:
    """A field with one setting for each route or sign."""
    settings = {name: Setting(label, unit, *sources.get(name, sources[""])) for name in defaults}
    return dataclasses.field(default_factory=lambda: dict(defaults), metadata={"group": group, "settings": settings})


_INJECTED = "Same exposure as 0.5 to 1 mg/kg IV (ASKP, table of routes); anaesthesia begins at 6.5 mg/kg (label)"
_BY_MOUTH = "Top of the oral doses reported (Andrade, J Clin Psychiatry 2019;80:19f12820)"
_VIAL = "The largest vial holds 500 mg (label)"
_OUR_LIMIT = ("No source found", _OURS)


@dataclass(frozen=True)
class Limits:
    """The values in force. `number` is that of the clinic's set, 0 where it has none of its own."""

    number: int = 0

    mg_per_kg: Mapping[str, Tiers] = _many(
        Group.DOSES,
        rules.BY_WEIGHT,
        "By body weight, in all",
        "mg/kg",
        {
            "iv_infusion": (
                "Studied: 0.1 to 0.75 (Andrade 2017); ASKP start: 0.5 to 1; one clinic: to 2; anaesthetic: to 4.5",
                _OURS,
            ),
            "im": (_INJECTED, _OURS),
            "subcutaneous": ("0.5 to 0.9 by response (Loo, Br J Psychiatry 2023;223:533)", _OURS),
            "": (f"{_BY_MOUTH}: 7 mg/kg", _OURS),
        },
    )
    mg: Mapping[str, Tiers] = _many(
        Group.DOSES,
        rules.IN_MG,
        "In all",
        "mg",
        {
            "sublingual": (f"{_BY_MOUTH}: 300 mg fixed; 490 mg is 7 mg/kg at 70 kg", _OURS),
            "oral": (f"{_BY_MOUTH}: 300 mg fixed; 490 mg is 7 mg/kg at 70 kg", _OURS),
            "intranasal_racemic": ("75 to 150 mg give about the exposure of 0.5 to 1 mg/kg IV (ASKP)", _OURS),
            "": (_VIAL, _OURS),
        },
    )

    hours_between: int = _one(Group.COURSE, 48, "Ask below this time since the last dose", "h", *_OUR_LIMIT)
    times_previous: Decimal = _one(
        Group.COURSE, Decimal("1.5"), "Ask above this many times the last dose", "times", *_OUR_LIMIT
    )
    weight_days: int = _one(Group.COURSE, 30, "A weight for mg/kg is at most this old", "days", *_OUR_LIMIT)
    typed_percent: int = _one(Group.COURSE, 5, "mg/kg as typed matches as given within", "%", *_OUR_LIMIT)

    device_mg: int = _one(Group.ESKETAMINE, rules.DEVICE_MG, "A device holds", "mg", "US and EU labels", _READ)
    most_devices: int = _one(
        Group.ESKETAMINE, rules.MOST_DEVICES, "Most devices in a session", "devices", "US and EU labels: 84 mg", _READ
    )
    device_rest_minutes: int = _one(Group.ESKETAMINE, 5, "Rest between devices", "min", "US label", _READ)
    esketamine_in_7_days: int = _one(
        Group.ESKETAMINE, 2, "Most sessions in 7 days", "sessions", "US label: twice a week at most", _READ
    )

    infusion_usual: Range = _one(
        Group.INFUSION,
        Range(Decimal(30), Decimal(60)),
        "Usual length",
        "min",
        "ASKP: 40 to 60 minutes; 40 in most studies",
        _OURS,
    )
    infusion_widest: Range = _one(
        Group.INFUSION,
        Range(Decimal(2), Decimal(100)),
        "Ask for a reason outside",
        "min",
        "2 to 100 minutes have been reported (Andrade 2017)",
        _OURS,
    )
    infusion_percent: int = _one(
        Group.INFUSION, 10, "Rate × concentration × time matches the amount within", "%", *_OUR_LIMIT
    )

    pre_hold: Pressure = _one(
        Group.BEFORE,
        Pressure(*rules.PRE_DOSE),
        "Prescriber decides, from",
        "mmHg",
        "Copies of the US esketamine label: above 140/90 consider to delay",
        _WEAK,
    )
    pre_hold_high: Pressure = _one(
        Group.BEFORE,
        Pressure(160, 100),
        "Hold, from",
        "mmHg",
        "CTCAE v5, hypertension grade 3; to hold there is our rule",
        _OURS,
    )
    fasting_food_hours: Mapping[str, Decimal] = _many(
        Group.BEFORE,
        dict.fromkeys(("iv_infusion", "im", "sublingual", "oral", "intranasal_racemic", "subcutaneous"), Decimal(4))
        | {"esketamine_nasal": Decimal(2)},
        "No food for",
        "h",
        {
            "esketamine_nasal": ("EU leaflet, US label", _READ),
            "sublingual": ("The rule of one lozenge clinic", _READ),
            "": ("The rule of a lozenge clinic, carried over", _OURS),
        },
    )
    fasting_drink_hours: Mapping[str, Decimal] = _many(
        Group.BEFORE,
        dict.fromkeys(("iv_infusion", "im", "sublingual", "oral", "intranasal_racemic", "subcutaneous"), Decimal(2))
        | {"esketamine_nasal": Decimal("0.5")},
        "No drink for",
        "h",
        {
            "esketamine_nasal": ("EU leaflet, US label", _READ),
            "sublingual": ("The rule of one lozenge clinic", _READ),
            "": ("The rule of a lozenge clinic, carried over", _OURS),
        },
    )
    nasal_hours: Decimal = _one(
        Group.BEFORE, Decimal(1), "No nasal steroid or decongestant before a spray for", "h", "EU leaflet", _READ
    )

    high: Pressure = _one(
        Group.VITALS,
        Pressure(180, 110),
        "Above it, repeat; still above it, urgent",
        "mmHg",
        "The rule of one academic esketamine clinic, in a forum",
        _WEAK,
    )
    highest: Pressure = _one(
        Group.VITALS,
        Pressure(200, 120),
        "Urgent above it",
        "mmHg",
        "The rule of one academic esketamine clinic, in a forum",
        _WEAK,
    )
    rise: Pressure = _one(
        Group.VITALS,
        Pressure(40, 25),
        "Rise since before the dose, from",
        "mmHg",
        "The rise that the US esketamine label counts; to alert at it is our rule",
        _OURS,
    )
    low_systolic: int = _one(
        Group.VITALS, 90, "Upper blood pressure is low below", "mmHg", "Exclusion limit of a trial (NCT01892995)", _READ
    )
    heart_rate: Range = _one(
        Group.VITALS,
        Range(Decimal(50), Decimal(120)),
        "Heart rate is usual",
        "/min",
        "Exclusion limits of a trial (NCT01892995); above 120 for 5 minutes: one clinic's rule, in a forum",
        _READ,
    )
    respiratory_rate: Range = _one(
        Group.VITALS,
        Range(Decimal(10), Decimal(30)),
        "Breathing rate is usual",
        "/min",
        "Exclusion limits of a trial (NCT01892995)",
        _READ,
    )
    spo2_notice: int = _one(
        Group.VITALS, 95, "Oxygen saturation is low below", "%", "Exclusion limit of a trial (NCT01892995)", _READ
    )
    spo2_alert: int = _one(Group.VITALS, 92, "Oxygen saturation: alert below", "%", *_OUR_LIMIT)
    spo2_urgent: int = _one(Group.VITALS, 90, "Oxygen saturation: urgent below", "%", *_OUR_LIMIT)
    repeat_after_minutes: int = _one(
        Group.VITALS,
        5,
        "Repeat a high reading after",
        "min",
        "The rule of one academic esketamine clinic, in a forum",
        _WEAK,
    )

    sedation_alert: int = _one(
        Group.SEDATION, 3, "MOAA/S: alert at or below", "of 5", "Scale: US esketamine label; the cut is ours", _OURS
    )
    sedation_urgent: int = _one(
        Group.SEDATION, 1, "MOAA/S: urgent at or below", "of 5", "Scale: US esketamine label; the cut is ours", _OURS
    )

    schedules: Mapping[str, tuple[Slot, ...]] = _many(
        Group.TIMES,
        {
            "iv_infusion": ("pre", 10, 20, 30, 40, 60, 90, "discharge"),
            "im": ("pre", 10, 20, 40, 60, "discharge"),
            "subcutaneous": ("pre", 10, 20, 40, 60, "discharge"),
            "esketamine_nasal": ("pre", 40, "discharge"),
            "sublingual": ("pre", 40, 60, "discharge"),
            "oral": ("pre", 40, 60, "discharge"),
            "intranasal_racemic": ("pre", 10, 20, 40, 60, "discharge"),
        },
        "Readings are due",
        "min",
        {
            "iv_infusion": ("Every 10 minutes in one clinic's practice (Gen Hosp Psychiatry 2024)", _READ),
            "esketamine_nasal": ("US label and REMS form: before, 40 minutes, before leaving", _READ),
            "sublingual": ("Before and after: one lozenge network; 40 and 60 are ours", _OURS),
            "": _OUR_LIMIT,
        },
    )
    observe_minutes: Mapping[str, int] = _many(
        Group.TIMES,
        {
            "iv_infusion": 90,
            "im": 60,
            "subcutaneous": 60,
            "esketamine_nasal": 120,
            "sublingual": 90,
            "oral": 120,
            "intranasal_racemic": 90,
        },
        "Stays at least, from the first dose",
        "min",
        {"esketamine_nasal": ("US label, REMS", _READ), "": ("No source found; from how long it acts", _OURS)},
    )
    call_after_hours: int = _one(Group.TIMES, 24, "Follow-up call after", "h", *_OUR_LIMIT)
    late_after_minutes: int = _one(
        Group.TIMES, 30, "Written down later than this, an entry says so", "min", *_OUR_LIMIT
    )

    plausible: Mapping[str, Range] = _many(
        Group.PLAUSIBLE,
        {name: Range(Decimal(low), Decimal(high)) for name, (low, high) in rules.PLAUSIBLE.items()},
        "Between",
        "",
        {"": _OUR_LIMIT},
    )
    narrow: int = _one(Group.PLAUSIBLE, 15, "Upper and lower blood pressure are usually apart by", "mmHg", *_OUR_LIMIT)

    @property
    def doses(self) -> DoseLimits:
        """Those of amounts, as `treatment.rules.dose_warnings` takes them."""
        return DoseLimits(self.mg_per_kg, self.mg, self.device_mg, self.most_devices)

    def schedule(self, route: str | None) -> tuple[Slot, ...]:
        """When readings are due by this route; before and on leaving where it is not known."""
        return self.schedules.get(route or "", ("pre", "discharge"))

    def observe(self, route: str | None) -> int | None:
        """For how many minutes from the first giving somebody stays at least; None where no route says."""
        return self.observe_minutes.get(route or "")


DEFAULTS = Limits()
"""What a clinic starts from."""


class Level(StrEnum):
    """How loudly a reading speaks. From ALERT on somebody has to say what was done."""

    NOTICE = "notice"
    ALERT = "alert"
    URGENT = "urgent"


class Alerted(NamedTuple):
    """A limit that a reading or a score crossed: the name of its rule, how loud, and what to say."""

    rule: str
    level: Level
    sentence: str


def reading_alerts(
    reading: Reading,
    baseline: Reading | None,
    earlier_readings: Sequence[Reading],
    t0: datetime | None,
    limits: Limits = DEFAULTS,
) -> list[Alerted]:
    """What a reading says, the loudest first. `baseline` is the last one before the first giving, which was at `t0`."""
    before = t0 is None or reading.at <= t0
    found = [
        *(_before_dose(reading, limits) if before else _after_dose(reading, baseline, earlier_readings, limits)),
        *_pressure_shape(reading, limits),
        *_heart(reading, earlier_readings, limits),
        *_breathing(reading, limits),
    ]
    return sorted(found, key=lambda alerted: -list(Level).index(alerted.level))


def sedation_alerts(score: int, limits: Limits = DEFAULTS) -> list[Alerted]:
    """What a MOAA/S score says."""
    if score <= limits.sedation_urgent:
        return [Alerted("sedation", Level.URGENT, f"MOAA/S {score}: hardly or not to be woken.")]
    if score <= limits.sedation_alert:
        return [Alerted("sedation", Level.ALERT, f"MOAA/S {score}: answers only when called loudly or touched.")]
    return []


def _over(reading: Reading, limit: Pressure, *, at: bool = False) -> bool:
    """True where either pressure is above the limit, or `at` it."""
    pairs = ((reading.systolic, limit.systolic), (reading.diastolic, limit.diastolic))
    return any(value is not None and (value > most or (at and value == most)) for value, most in pairs)


def _told(reading: Reading) -> str:
    return f"{reading.systolic or '–'}/{reading.diastolic or '–'} mmHg"


def _before_dose(reading: Reading, limits: Limits) -> Iterator[Alerted]:
    if _over(reading, limits.pre_hold_high, at=True):
        limit = limits.pre_hold_high
        yield Alerted(
            "pre_hold_high",
            Level.URGENT,
            f"{_told(reading)} before the dose: this clinic holds from {limit.systolic}/{limit.diastolic} on.",
        )
    elif _over(reading, limits.pre_hold, at=True):
        limit = limits.pre_hold
        yield Alerted(
            "pre_hold",
            Level.ALERT,
            f"{_told(reading)} before the dose: from {limit.systolic}/{limit.diastolic} on the prescriber decides.",
        )


def _after_dose(
    reading: Reading, baseline: Reading | None, earlier: Sequence[Reading], limits: Limits
) -> Iterator[Alerted]:
    wait = timedelta(minutes=limits.repeat_after_minutes)
    if _over(reading, limits.highest):
        yield Alerted("bp_highest", Level.URGENT, f"{_told(reading)} is very high. Treat, stop or call now.")
    elif _over(reading, limits.high):
        if any(_over(other, limits.high) and reading.at - other.at >= wait for other in _last_stretch(earlier, limits)):
            yield Alerted("bp_high_again", Level.URGENT, f"{_told(reading)} is still high. Treat, stop or call now.")
        else:
            minutes = limits.repeat_after_minutes
            yield Alerted("bp_high", Level.ALERT, f"{_told(reading)} is high. Please repeat after {minutes} minutes.")
    if baseline is not None and (risen := _risen(reading, baseline, limits)):
        yield Alerted("bp_rise", Level.ALERT, f"{_told(reading)}: {risen} mmHg above the reading before the dose.")


def _last_stretch(earlier: Sequence[Reading], limits: Limits) -> list[Reading]:
    """The latest readings with a blood pressure, back to the last one that was not high."""
    stretch: list[Reading] = []
    for other in sorted(earlier, key=lambda one: one.at, reverse=True):
        if other.systolic is None and other.diastolic is None:
            continue
        if not _over(other, limits.high):
            break
        stretch.append(other)
    return stretch


def _risen(reading: Reading, baseline: Reading, limits: Limits) -> str:
    """The rises that reach the limit, in mmHg."""
    pairs = (
        (reading.systolic, baseline.systolic, limits.rise.systolic),
        (reading.diastolic, baseline.diastolic, limits.rise.diastolic),
    )
    return " and ".join(
        str(value - first)
        for value, first, most in pairs
        if value is not None and first is not None and value - first >= most
    )


def _pressure_shape(reading: Reading, limits: Limits) -> Iterator[Alerted]:
    if reading.systolic is not None and reading.systolic < limits.low_systolic:
        yield Alerted("bp_low", Level.ALERT, f"{_told(reading)} is low.")
    if reading.systolic is not None and reading.diastolic is not None:
        apart = reading.systolic - reading.diastolic
        if 0 < apart < limits.narrow:
            yield Alerted("bp_narrow", Level.NOTICE, f"{_told(reading)}: only {apart} apart. Is it typed right?")


def _heart(reading: Reading, earlier: Sequence[Reading], limits: Limits) -> Iterator[Alerted]:
    rate, (low, high) = reading.heart_rate, limits.heart_rate
    if rate is None:
        return
    if rate < low:
        yield Alerted("heart_low", Level.ALERT, f"A heart rate of {rate} is low.")
    if rate > high:
        wait = timedelta(minutes=limits.repeat_after_minutes)
        last = max((r for r in earlier if r.heart_rate is not None and r.at < reading.at), key=_at, default=None)
        if last is not None and (last.heart_rate or 0) > high and reading.at - last.at >= wait:
            yield Alerted("heart_high_again", Level.ALERT, f"A heart rate of {rate}, and it was high before.")
        else:
            yield Alerted("heart_high", Level.NOTICE, f"A heart rate of {rate} is high. Please look again.")


def _breathing(reading: Reading, limits: Limits) -> Iterator[Alerted]:
    rate, spo2 = reading.respiratory_rate, reading.spo2
    if rate is not None and not limits.respiratory_rate.low <= rate <= limits.respiratory_rate.high:
        yield Alerted("breathing", Level.ALERT, f"{rate} breaths a minute is {'few' if rate < 20 else 'many'}.")
    if spo2 is None:
        return
    if spo2 < limits.spo2_urgent:
        yield Alerted("spo2_urgent", Level.URGENT, f"An oxygen saturation of {spo2} % is far too low.")
    elif spo2 < limits.spo2_alert:
        yield Alerted("spo2_alert", Level.ALERT, f"An oxygen saturation of {spo2} % is low.")
    elif spo2 < limits.spo2_notice:
        yield Alerted("spo2_notice", Level.NOTICE, f"An oxygen saturation of {spo2} % is a little low.")


def _at(reading: Reading) -> datetime:
    return reading.at


EARLY = timedelta(minutes=3)
"""So much before its time a reading counts for it."""


class Due(NamedTuple):
    """The next reading: when, and what it is in words."""

    at: datetime
    slot: Slot
    label: str

    def late(self, now: datetime) -> bool:
        """True once its time has passed."""
        return now > self.at + EARLY


def next_due(
    route: str | None, t0: datetime | None, readings_taken: Sequence[datetime], limits: Limits, now: datetime
) -> Due | None:
    """The next reading by the schedule of the route; None when all were taken. Of times that passed, the last."""
    slots = limits.schedule(route)
    if t0 is None:
        return Due(now, "pre", "before the dose") if "pre" in slots and not readings_taken else None
    last = max(readings_taken, default=t0 - timedelta(days=1))
    dues = [_due(slot, t0, limits.observe(route) or 0) for slot in slots if slot != "pre"]
    left = [due for due in dues if last < due.at - EARLY]
    passed = [due for due in left if due.at <= now]
    return passed[-1] if passed else next(iter(left), None)


def _due(slot: Slot, t0: datetime, stay: int) -> Due:
    if slot == "discharge":
        return Due(t0 + timedelta(minutes=stay), slot, "before leaving")
    return Due(t0 + timedelta(minutes=int(slot)), slot, f"{slot} minutes")


def to_json(limits: Limits) -> dict[str, Any]:
    """The values as the record keeps them."""
    return {field.name: _stored(getattr(limits, field.name)) for field in _fields()}


def from_json(values: Mapping[str, Any], number: int) -> Limits:
    """The limits that were kept; what a set does not name, as it is older, has its default.

    ValueError where a value is none of its kind.
    """
    given = {
        field.name: _read(values[field.name], getattr(DEFAULTS, field.name))
        for field in _fields()
        if field.name in values
    }
    return Limits(number=number, **given)


def _fields() -> list[Any]:
    return [field for field in dataclasses.fields(Limits) if field.metadata]


def _stored(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _stored(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_stored(one) for one in value]
    return str(value) if isinstance(value, Decimal) else value


def _read(stored: Any, default: Any) -> Any:
    """What was stored, in the shape that the default has."""
    if isinstance(default, Mapping):
        return {name: _read(stored[name], one) if name in stored else one for name, one in default.items()}
    if isinstance(default, Tiers):
        return Tiers(*(None if one is None else _number(one, Decimal(0)) for one in stored))
    if isinstance(default, Range | Pressure):
        return type(default)(*(_number(one, first) for one, first in zip(stored, default, strict=True)))
    if isinstance(default, tuple):
        return tuple(slot if slot in ("pre", "discharge") else int(slot) for slot in stored)
    return _number(stored, default)


def _number(stored: Any, like: Any) -> Any:
    try:
        number = Decimal(str(stored))
    except InvalidOperation:
        raise ValueError(f"{stored!r} is no number.") from None
    return number if isinstance(like, Decimal) else int(number)


class Row(NamedTuple):
    """One setting as a page shows it: `key` names it, `parts` are the names of the values that stand side by side."""

    key: str
    field: str
    of: str
    setting: Setting
    parts: tuple[str, ...]


def rows() -> Iterator[tuple[Group, list[Row]]]:
    """All settings under their headings, in order."""
    for group in Group:
        found: list[Row] = []
        for field in _fields():
            if field.metadata["group"] is group:
                for of, setting in field.metadata["settings"].items():
                    parts = getattr(value_of(DEFAULTS, field.name, of), "_fields", ())
                    found.append(Row(f"{field.name}.{of}" if of else field.name, field.name, of, setting, parts))
        yield group, found


def value_of(limits: Limits, field: str, of: str) -> Any:
    """The value of one setting."""
    value = getattr(limits, field)
    return value[of] if of else value


def told(value: Any) -> str:
    """A value in words."""
    if isinstance(value, Tiers):
        names = zip(Tiers._fields, value, strict=True)
        return ", ".join(f"{name} {plain(amount)}" for name, amount in names if amount is not None) or "none"
    if isinstance(value, Range):
        return f"{plain(value.low)} to {plain(value.high)}"
    if isinstance(value, Pressure):
        return f"{value.systolic}/{value.diastolic}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return plain(Decimal(value))


def differences(earlier: Limits, later: Limits) -> Iterator[tuple[Row, str, str]]:
    """What changed from one to the other: the setting, and both values in words."""
    for _, found in rows():
        for row in found:
            before, after = (value_of(limits, row.field, row.of) for limits in (earlier, later))
            if before != after:
                yield row, told(before), told(after)


def problems(limits: Limits) -> Iterator[tuple[str, str]]:
    """Each setting that cannot be meant, by its key, with the reason."""
    for _, found in rows():
        for row in found:
            problem = _problem(value_of(limits, row.field, row.of))
            if problem:
                yield row.key, problem
    for key, low, high in (
        ("pre_hold_high", limits.pre_hold, limits.pre_hold_high),
        ("highest", limits.high, limits.highest),
    ):
        if high.systolic < low.systolic or high.diastolic < low.diastolic:
            yield key, f"This is below the gentler limit, {low.systolic}/{low.diastolic}."
    if not limits.spo2_urgent <= limits.spo2_alert <= limits.spo2_notice <= 100:
        yield "spo2_urgent", "The three limits of oxygen saturation fall from low to alert to urgent, at most 100."
    if not 0 <= limits.sedation_urgent <= limits.sedation_alert <= 5:
        yield "sedation_urgent", "MOAA/S goes from 0 to 5, and urgent is no higher than alert."
    if not (limits.infusion_widest.low <= limits.infusion_usual.low) or not (
        limits.infusion_usual.high <= limits.infusion_widest.high
    ):
        yield "infusion_widest", "This is narrower than the usual length."


def _problem(value: Any) -> str | None:
    if isinstance(value, Tiers):
        amounts = [amount for amount in value if amount is not None]
        rising = amounts == sorted(amounts) and all(amount > 0 for amount in amounts)
        return None if rising else "Please let these rise from left to right, all of them above 0."
    if isinstance(value, Range):
        return None if 0 < value.low < value.high else "Please let the second be above the first."
    if isinstance(value, Pressure):
        return None if 0 < value.diastolic < value.systolic else "Please let the first be above the second."
    if isinstance(value, tuple):
        minutes = [slot for slot in value if isinstance(slot, int)]
        wanted = ("pre",) * ("pre" in value) + tuple(sorted(set(minutes))) + ("discharge",) * ("discharge" in value)
        fine = value == wanted and value != () and all(0 < minute <= 24 * 60 for minute in minutes)
        return None if fine else "Please give pre, minutes that rise, and discharge, such as: pre, 10, 40, discharge."
    return None if 0 <= value <= 10_000 else "Please give a number from 0 to 10,000."
