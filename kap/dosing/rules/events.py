"""What is asked about an adverse event besides its name, in the words of the page by the keys of the record."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

GRADES: Mapping[int, str] = {
    1: "Mild: no or mild symptoms, only watched",
    2: "Moderate: a little help needed, limits shopping, cooking, phoning",
    3: "Severe but not at once life-threatening: hospital, or limits self-care",
    4: "Life-threatening: needs help at once",
    5: "Death",
}
"""The grades of CTCAE version 5."""

CRITERIA: Mapping[str, str] = {
    "death": "Death",
    "life": "Life-threatening",
    "hospital": "Hospital stay, or a longer one",
    "disability": "Lasting or significant disability",
    "birth": "Congenital anomaly or birth defect",
    "important": "Important medical event that needed help to prevent one of these",
}
"""Any one of them makes an event serious (21 CFR 312.32)."""

RELATEDNESS: Mapping[str, str] = {
    "unrelated": "Unrelated",
    "unlikely": "Unlikely",
    "possible": "Possible",
    "probable": "Probable",
    "definite": "Definite",
}

ACTIONS: Mapping[str, str] = {
    "none": "Nothing changed",
    "rate_reduced": "Rate reduced",
    "paused": "Paused",
    "stopped": "Stopped",
    "next_reduced": "Next dose reduced",
    "withdrawn": "Not given again",
}
"""What was done with the drug."""

OUTCOMES: Mapping[str, str] = {
    "recovered": "Recovered",
    "recovering": "Recovering",
    "not_recovered": "Not recovered",
    "sequelae": "Recovered with lasting effects",
    "fatal": "Fatal",
    "unknown": "Not known",
}

SETTLED = frozenset({"recovered", "sequelae", "fatal"})
"""Outcomes after which there is nothing to follow."""


class Told(NamedTuple):
    """What is known of an event. The fields are named as the columns of AdverseEvent."""

    term: str
    words: str | None = None
    severity: str | None = None
    onset_at: datetime | None = None
    ended_at: datetime | None = None
    ctcae_grade: int | None = None
    serious: bool | None = None
    criteria: str | None = None
    expected: bool | None = None
    relatedness: str | None = None
    action_taken: str | None = None
    treatment: str = ""
    outcome: str | None = None
    reported_to: str | None = None
    report_reference: str | None = None
    follow_up_on: date | None = None


def wanting(told: Told) -> list[str]:
    """What still waits for somebody, in words."""
    found = []
    if told.severity is None:
        found.append("How bad it was is not said yet")
    if told.serious and not told.reported_to:
        found.append("Serious, and not reported yet")
    if told.serious and told.outcome is None:
        found.append("The outcome is not said yet")
    if told.follow_up_on is not None and told.outcome not in SETTLED:
        found.append("To be followed up")
    return found
