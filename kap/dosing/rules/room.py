"""What can be tapped in the room, in the words of its buttons, and what cannot have been read off a monitor."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from kap.treatment.rules import Reading, plain, reading_problems

OLDEST = timedelta(hours=48)
"""How far back a tap may lie that waited for the server."""

AGO = (0, 2, 5, 10, 15, 30)
"""How many minutes ago, for whoever had no hand free until now."""

OBSERVED = {
    "calm": "Calm",
    "eyes_closed": "Eyes closed, quiet",
    "talking": "Talking",
    "tearful": "Tearful",
    "laughing": "Laughing",
    "restless": "Restless",
    "anxious": "Anxious",
    "trembling": "Trembling",
    "onset": "First effects",
    "peak": "At the peak",
    "coming_back": "Coming back",
    "as_before": "As before the dose",
}
"""What is often seen; our own list."""

DONE = {
    "reassured": "Reassured",
    "repositioned": "Repositioned",
    "reduced_stimulation": "Reduced stimulation",
    "grounding": "Grounding",
    "oxygen": "Oxygen",
    "antiemetic": "Antiemetic",
    "antihypertensive": "Antihypertensive",
    "benzodiazepine": "Benzodiazepine",
    "infusion_slowed": "Infusion slowed",
    "infusion_paused": "Infusion paused",
    "infusion_stopped": "Infusion stopped",
    "drug_stopped": "Drug stopped",
    "prescriber_called": "Prescriber called",
    "extended_observation": "Extended observation",
    "emergency_services_called": "Emergency services called",
    "transferred": "Transferred",
    "escort_called": "Escort called",
    "next_dose_changed": "Next dose changed",
    "safety_plan": "Safety plan",
    "reported": "Reported",
}
"""What can be done about what happens; our own list."""

MEDICINES = {
    "ondansetron": "Ondansetron",
    "clonidine": "Clonidine",
    "labetalol": "Labetalol",
    "midazolam": "Midazolam",
    "glycopyrrolate": "Glycopyrrolate",
    "oxygen": "Oxygen",
    "other": "Another medicine",
}
"""What is given beside the dose; how much stands in words."""

MOAAS = {
    5: "Responds readily to name, in a normal tone",
    4: "Lethargic response to name, in a normal tone",
    3: "Only after the name is called loudly or repeatedly",
    2: "Only after mild prodding or shaking",
    1: "Only after a painful trapezius squeeze",
    0: "No response to a painful trapezius squeeze",
}
"""The Modified Observer's Assessment of Alertness/Sedation, 5 to 0 (BMC Anesthesiol 2022;22:284, table 2)."""

DISSOCIATION = range(11)
"""A plain observation from 0, none, to 10, the most. No validated scale, and never called one."""

OFTEN = (
    "nausea",
    "vomiting",
    "dizziness",
    "headache",
    "anxiety",
    "panic_attack",
    "confusion",
    "dissociation",
    "somnolence",
    "bp_increased",
    "palpitations",
    "chest_pain",
    "breathlessness",
    "fall",
    "other",
)
"""The adverse events that a thumb finds at once; all others stand on the page for them."""

CHOICES = {"observation": OBSERVED, "intervention": DONE, "medication": MEDICINES}
"""The lists to choose from, by the kind of observation."""

MOST_OXYGEN = 60
"""Litres a minute: no flow meter gives more."""


class Signs(NamedTuple):
    """The vital signs that were read, in the units of VitalSign."""

    systolic: int | None = None
    diastolic: int | None = None
    heart_rate: int | None = None
    spo2: int | None = None
    respiratory_rate: int | None = None
    oxygen_lpm: Decimal | None = None
    temperature: Decimal | None = None

    def at(self, moment: datetime) -> Reading:
        """The same as the rules of treatment look at it."""
        return Reading(moment, *self[:5], self.temperature)

    @property
    def told(self) -> str:
        """In words: "BP 128/84 · HR 72 · SpO₂ 98 %"."""
        said = []
        if self.systolic is not None or self.diastolic is not None:
            said.append(f"BP {_or_dash(self.systolic)}/{_or_dash(self.diastolic)}")
        for before, value, after in (
            ("HR ", self.heart_rate, ""),
            ("SpO₂ ", self.spo2, " %"),
            ("RR ", self.respiratory_rate, ""),
            ("O₂ ", self.oxygen_lpm, " L/min"),
            ("", self.temperature, " °C"),
        ):
            if value is not None:
                said.append(f"{before}{plain(Decimal(value))}{after}")
        return " · ".join(said)


def _or_dash(value: int | None) -> str:
    return "–" if value is None else str(value)


def signs_problems(signs: Signs, at: datetime, plausible: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each vital sign that cannot have been read, with the reason; that nothing was read is one too."""
    if all(value is None for value in signs):
        yield "systolic", "Nothing was typed: one value is enough."
    yield from reading_problems(signs.at(at), plausible)
    if signs.oxygen_lpm is not None and signs.oxygen_lpm > MOST_OXYGEN:
        yield "oxygen_lpm", f"{plain(signs.oxygen_lpm)} looks like a typing error: it is at most {MOST_OXYGEN}."


def shares_a_sign(one: Reading, other: Reading) -> bool:
    """Whether something was read in both: then the later is a repeat of the earlier."""
    return any(a is not None and b is not None for a, b in zip(one[1:], other[1:], strict=True))


def moment_of_tap(tapped: int | None, ago: int, now: datetime) -> datetime:
    """When it was: what the page says, in milliseconds since 1970 by the server's clock, less `ago` minutes.

    Never in the future and never longer ago than OLDEST, whatever came.
    """
    then = now
    if tapped is not None:
        waited = int(now.timestamp() * 1000) - tapped
        then = now - timedelta(milliseconds=min(max(waited, 0), OLDEST // timedelta(milliseconds=1)))
    return then - timedelta(minutes=ago)
