"""A record of what the Spravato REMS Patient Monitoring Form asks for, as a page to print or to copy from.

The fields are those of the form of November 2021 and of the maker's overview of the present one. What the form asks
further about sedation, dissociation, respiratory depression and serious adverse events could not be read: here is room
to write. Nothing is ever submitted: somebody of the clinic does that.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import typst

from kap.web.filters import written

DUE_DAYS = 7
"""Days after a session in which the form is to be sent; of the calendar, as the stricter reading has it."""

LEAST_MINUTES = 120
"""How long a patient is monitored at least."""

Paper = Literal["a4", "us-letter"]


class Pressure(NamedTuple):
    """A blood pressure in mmHg, and the time on the wall at which it was taken."""

    systolic: int | None = None
    diastolic: int | None = None
    at: str | None = None


@dataclass(frozen=True, kw_only=True)
class RemsForm:
    """What is known of one session; None is left blank on the page, to be filled in by hand."""

    first_name: str | None = None
    middle_initial: str | None = None
    last_name: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    first_treatment: bool | None = None
    enrolled: bool | None = None

    benzodiazepines: bool | None = None
    other_sedatives: bool | None = None
    opioids: bool | None = None
    psychostimulants: bool | None = None
    maois: bool | None = None

    monitored_by: str | None = None
    monitor_phone: str | None = None
    monitor_email: str | None = None

    setting_name: str | None = None
    setting_address: str | None = None
    setting_city: str | None = None
    setting_state: str | None = None
    setting_zip: str | None = None

    treated_on: date | None = None
    dose_mg: float | None = None
    lots: str | None = None
    total_minutes: int | None = None
    """From the first device to the end of monitoring."""
    ready_after_minutes: int | None = None
    """When the patient would have been ready to leave, had there been no least time."""

    vitals_acceptable_before: bool | None = None
    vitals_acceptable_at_end: bool | None = None
    pressure_before: Pressure = field(default=Pressure())
    pressure_at_40: Pressure = field(default=Pressure())
    pressure_at_end: Pressure = field(default=Pressure())

    sedation: bool | None = None
    sedation_told: str | None = None
    dissociation: bool | None = None
    dissociation_told: str | None = None
    respiratory_depression: bool | None = None
    respiratory_depression_told: str | None = None

    serious_event: bool | None = None
    serious_event_told: str | None = None

    reference: str | None = None
    """By which the clinic finds the session again: a code, never a name."""

    @property
    def due_on(self) -> date | None:
        """The last day on which the form is to be sent."""
        return self.treated_on + timedelta(days=DUE_DAYS) if self.treated_on else None

    @property
    def missing(self) -> list[str]:
        """The fields that are still blank."""
        optional = {"middle_initial", "reference"} | {name for name in self.__dataclass_fields__ if "_told" in name}
        if self.first_treatment is False:
            optional.add("enrolled")
        blank = (None, "", Pressure())
        return [name for name in self.__dataclass_fields__ if name not in optional and getattr(self, name) in blank]


def rems_pdf(form: RemsForm, *, paper: Paper = "us-letter") -> bytes:
    """The page as PDF; the same form gives the same bytes."""
    pdf: bytes = typst.compile(
        str(_TEMPLATE),
        format="pdf",
        # As data, never as markup: what somebody typed is text, whatever stands in it.
        sys_inputs={"form": json.dumps(_told(form)), "paper": paper},
        ignore_system_fonts=True,
    )
    return pdf


_TEMPLATE = Path(__file__).with_suffix(".typ")


def _told(form: RemsForm) -> Mapping[str, Any]:
    values = asdict(form) | {"due_on": form.due_on, "least_minutes": LEAST_MINUTES, "due_days": DUE_DAYS}
    return {name: written(value) if isinstance(value, date) else value for name, value in values.items()}
