"""The phases of a dosing session, and the part of the record that each belongs to."""

from enum import StrEnum


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
