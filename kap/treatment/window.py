"""The hours after a dose in which a clinic suggests integration, and where a moment lies beside them. Pure."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

WINDOW_EVIDENCE = (
    "Many programs suggest to integrate within about three days of a dose; the evidence for any particular window is "
    "limited. It is a suggestion, and nothing is late by it."
)

SOFT_HOURS = 14 * 24
"""How long after a dose integration is still gently reminded of (our own default): until then, its place is open."""


class Place(StrEnum):
    """Where a moment lies beside the window after a dose."""

    SOONER = "sooner"
    WITHIN = "within"
    LATER = "later"
    LATE = "late"


class Window(NamedTuple):
    """From which hour after a dose to which integration is suggested; without any, our own default."""

    first: int = 12
    last: int = 72

    @property
    def soft(self) -> int:
        """Until which hour the place of an integration session is open."""
        return max(self.last, SOFT_HOURS)

    def place(self, after: timedelta) -> Place:
        """Where so long after a dose lies; both ends of the window, and the last soft hour, are within."""
        if after < timedelta(hours=self.first):
            return Place.SOONER
        if after <= timedelta(hours=self.last):
            return Place.WITHIN
        return Place.LATER if after <= timedelta(hours=self.soft) else Place.LATE


class Interval(NamedTuple):
    """How long after a dose a session begins, by the hours that passed and not by the clocks on the wall."""

    after: timedelta
    window: Window

    @property
    def place(self) -> Place:
        """Where that lies."""
        return self.window.place(self.after)

    @property
    def long(self) -> str:
        """ "41 hours"; from four days on "5 days"."""
        hours = self.after // timedelta(hours=1)
        number, unit = (hours, "hour") if hours < 96 else (hours // 24, "day")
        return f"{number} {unit}{'' if number == 1 else 's'}"

    @property
    def told(self) -> str:
        """ "41 hours after it, within the suggested 12 to 72 hours"."""
        return (
            f"{self.long} after it, {_TOLD[self.place]} the suggested {self.window.first} to {self.window.last} hours"
        )


_TOLD = {
    Place.SOONER: "sooner than",
    Place.WITHIN: "within",
    Place.LATER: "later than",
    Place.LATE: "long after",
}


def interval(given_at: datetime, starts_at: datetime, window: Window) -> Interval:
    """From a dose to the begin of a session."""
    return Interval(starts_at.astimezone(UTC) - given_at.astimezone(UTC), window)
