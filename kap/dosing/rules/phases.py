"""The phases of a dosing session, and the sheets that are filled in in them."""

from dataclasses import dataclass
from enum import StrEnum

from kap.treatment.asked import Asked


class Phase(StrEnum):
    """The phases in their usual order; any can be opened at any time. The value stands in addresses."""

    ELIGIBILITY = "eligibility"
    CONSENT = "consent"
    BEFORE = "before"
    ADMINISTRATION = "administration"
    MONITORING = "monitoring"
    EXPERIENCE = "experience"
    DISCHARGE = "discharge"
    AFTERCARE = "after-care"

    @property
    def label(self) -> str:
        """The words on the page."""
        return _LABELS.get(self, self.value.capitalize())


_LABELS = {Phase.BEFORE: "Before the dose", Phase.DISCHARGE: "Recovery and discharge"}


@dataclass(frozen=True)
class SheetAsked:
    """A form of a session: its phase, its part of the record (None: it stays open after signing), and its fields."""

    name: str
    label: str
    phase: Phase
    part: str | None
    fields: tuple[Asked, ...]

    def offered(self, route: str | None, place: str | None) -> list[Asked]:
        """The fields that stand on the form."""
        return [field for field in self.fields if field.offered(route, place)]
