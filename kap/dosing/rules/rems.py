"""What the REMS form asks, as fields that can be typed; most of them are known from the record (`queries.rems`)."""

from kap.treatment.asked import Asked, Choices, Kind

_PATIENT, _MEDICINES, _MONITOR = "Patient", "Other medicines", "Who monitored"
_SETTING, _TREATMENT, _VITALS, _EFFECTS = "Healthcare setting", "Treatment", "Vital signs", "Effects"
_YES = frozenset({"yes"})


def _line(name: str, label: str, group: str) -> Asked:
    return Asked(name=name, label=label, group=group)


def _asked(name: str, label: str, group: str) -> Asked:
    return Asked(name=name, label=label, group=group, kind=Kind.YES_NO)


def _pressure(when: str, words: str) -> tuple[Asked, ...]:
    return (
        Asked(name=f"systolic_{when}", label=f"Systolic, {words}", group=_VITALS, kind=Kind.WHOLE, unit="mmHg"),
        Asked(name=f"diastolic_{when}", label=f"Diastolic, {words}", group=_VITALS, kind=Kind.WHOLE, unit="mmHg"),
        Asked(name=f"at_{when}", label=f"Taken at, {words}", group=_VITALS, kind=Kind.CLOCK),
    )


def _effect(name: str, question: str) -> tuple[Asked, ...]:
    told = Asked(name=f"{name}_told", label=f"{question}: in words", group=_EFFECTS, kind=Kind.TEXT, when=(name, _YES))
    return _asked(name, question, _EFFECTS), told


FIELDS: tuple[Asked, ...] = (
    _line("first_name", "First name", _PATIENT),
    _line("middle_initial", "Middle initial", _PATIENT),
    _line("last_name", "Last name", _PATIENT),
    Asked(name="birth_date", label="Birth date", group=_PATIENT, kind=Kind.DAY),
    _line("sex", "Sex", _PATIENT),
    _asked("first_treatment", "First treatment with Spravato", _PATIENT),
    Asked(
        name="enrolled", label="Enrolled in the REMS", group=_PATIENT, kind=Kind.YES_NO, when=("first_treatment", _YES)
    ),
    _asked("benzodiazepines", "Benzodiazepines", _MEDICINES),
    _asked("other_sedatives", "Other sedative hypnotics", _MEDICINES),
    _asked("opioids", "Opioids", _MEDICINES),
    _asked("psychostimulants", "Psychostimulants", _MEDICINES),
    _asked("maois", "Monoamine oxidase inhibitors", _MEDICINES),
    _line("monitored_by", "Monitored by", _MONITOR),
    _line("monitor_phone", "Telephone", _MONITOR),
    _line("monitor_email", "E-mail address", _MONITOR),
    _line("setting_name", "Name of the setting", _SETTING),
    _line("setting_address", "Address", _SETTING),
    _line("setting_city", "City", _SETTING),
    _line("setting_state", "State", _SETTING),
    _line("setting_zip", "ZIP", _SETTING),
    Asked(name="treated_on", label="Treatment date", group=_TREATMENT, kind=Kind.DAY),
    Asked(name="dose_mg", label="Dose", group=_TREATMENT, kind=Kind.AMOUNT, unit="mg"),
    _line("lots", "Lot numbers", _TREATMENT),
    Asked(
        name="total_minutes",
        label="From the first device to the end of monitoring",
        group=_TREATMENT,
        kind=Kind.WHOLE,
        unit="minutes",
    ),
    Asked(
        name="ready_after_minutes",
        label="Would have been ready to leave after",
        group=_TREATMENT,
        kind=Kind.WHOLE,
        unit="minutes",
    ),
    _asked("vitals_acceptable_before", "Vital signs acceptable before", _VITALS),
    _asked("vitals_acceptable_at_end", "Vital signs acceptable at the end", _VITALS),
    *_pressure("before", "before"),
    *_pressure("at_40", "at 40 minutes"),
    *_pressure("at_end", "before the end"),
    *_effect("sedation", "Sedation"),
    *_effect("dissociation", "Dissociation"),
    *_effect("respiratory_depression", "Respiratory depression"),
    *_effect("serious_event", "A serious adverse event"),
)
"""The fields of the form, in its order."""

LABELS = {field.name: field.label for field in FIELDS} | {
    "pressure_before": "Blood pressure before",
    "pressure_at_40": "Blood pressure at 40 minutes",
    "pressure_at_end": "Blood pressure before the end",
}
"""What a part of the form is called where it is said to be missing."""

MONITOR = ("monitored_by", "monitor_phone", "monitor_email")
SETTING = ("setting_name", "setting_address", "setting_city", "setting_state", "setting_zip")
"""The clinic's own details, which its next form takes over."""

WAYS: Choices = (
    ("online", "Online, at the REMS"),
    ("fax", "By fax"),
    ("phone", "By telephone"),
    ("not_needed", "Not needed: an inpatient setting, or no REMS here"),
)
"""How a form was sent, or why it does not have to be."""
