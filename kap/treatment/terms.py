"""The adverse events that have a name, in groups, and how often the EU leaflet of esketamine expects them.

The keys stand in the record and stay as they are. A frequency is that of the leaflet of 2022; None where it names none.
"""

from typing import NamedTuple

VERY_COMMON, COMMON, UNCOMMON, RARE = (
    "more than 1 in 10",
    "up to 1 in 10",
    "up to 1 in 100",
    "up to 1 in 1,000",
)


class Term(NamedTuple):
    """One kind of event: its words, its group, and how many people the leaflet expects to have it."""

    label: str
    group: str
    frequency: str | None = None


_GROUPS: dict[str, dict[str | None, str]] = {
    "Asked about by name": {
        VERY_COMMON: "dizziness, nausea, dissociation, bp_increased: Raised blood pressure",
    },
    "Nerves and senses": {
        VERY_COMMON: "headache, somnolence: Sleepiness, vertigo, altered_taste, numbness: Numbness (of the mouth too)",
        COMMON: (
            "tremor, mental_impairment, lethargy: Very tired or slowed, speech_difficulty: Slurred or difficult speech,"
            " poor_attention, blurred_vision, tinnitus, noise_sensitivity, mouth_tingling: Tingling in the mouth"
        ),
        UNCOMMON: "psychomotor_slowing, nystagmus, hyperactivity, gait_problem: Unsteady gait",
        None: "diplopia: Double vision, seizure, loss_of_consciousness",
    },
    "Mind": {
        COMMON: (
            "anxiety, euphoria, confusion, derealisation: Derealisation or feeling detached, irritability,"
            " hallucination, agitation, illusion, panic_attack, time_perception: Changed sense of time, crying,"
            " feeling_drunk, feeling_abnormal"
        ),
        UNCOMMON: "emotional_distress, dysphoria: Dysphoria or unease",
        None: (
            "emergence_reaction, challenging_experience: Challenging experience beyond 24 hours, traumatic_memory,"
            " mania: Mania or hypomania, psychosis, suicidal_ideation: Suicidal thoughts new or worse, self_harm,"
            " craving: Craving or misuse"
        ),
    },
    "Stomach and bowels": {
        VERY_COMMON: "vomiting",
        COMMON: "dry_mouth",
        UNCOMMON: "excess_saliva",
    },
    "Heart and circulation": {
        COMMON: "tachycardia: Fast heart rate",
        None: "palpitations, chest_pain, bradycardia: Slow heart rate, hypotension: Low blood pressure, arrhythmia",
    },
    "Breathing": {
        RARE: "respiratory_depression",
        None: "apnoea, laryngospasm, desaturation: Low oxygen saturation, breathlessness",
    },
    "Bladder": {
        COMMON: "urinary_frequency, dysuria: Painful urination, urinary_urgency",
        None: "cystitis: Blood in the urine or cystitis",
    },
    "Nose, throat, site of injection": {
        COMMON: "nasal_discomfort, throat_irritation, sore_throat, nasal_dryness: Nasal dryness or crusts, nasal_itch",
        None: "injection_site: Pain or rash where it was injected, infiltration: Infiltration or trouble with the line",
    },
    "Whole body": {
        COMMON: "sweating, weakness, temperature_change: Feeling hot or cold",
        UNCOMMON: "cold_sweat",
        None: "fall, allergic_reaction: Allergic reaction or anaphylaxis, liver_enzymes: Raised liver enzymes",
    },
    "What went wrong": {
        None: (
            "medication_error, wrong_dose, overdose, device_failure, left_early: Left early or against advice, drove:"
            " Drove against advice, escort_absent, drug_unaccounted: Drug unaccounted for or diverted"
        ),
    },
    "Something else": {None: "other: Something else"},
}

MEDICATION_ERROR = "medication_error"


def _terms() -> dict[str, Term]:
    found = {}
    for group, classes in _GROUPS.items():
        for frequency, terms in classes.items():
            for term in terms.split(", "):
                key, _, label = term.partition(": ")
                found[key] = Term(label or key.replace("_", " ").capitalize(), group, frequency)
    return found


TERMS = _terms()
"""All of them by key."""
