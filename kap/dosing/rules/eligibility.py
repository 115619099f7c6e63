"""The eligibility checklist: what may speak against a dose, how strongly, and where that comes from.

An absolute item is one that a label calls a contraindication. A yes to one is loud until a prescriber has cleared it,
with a reason and for a time; the decision stays with people.
"""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How strongly a yes speaks against a dose."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    INTERACTION = "interaction"
    PROCESS = "process"

    @property
    def label(self) -> str:
        """The words on the page."""
        return _LEVELS[self]


_LEVELS = {
    Level.ABSOLUTE: "Contraindications on a label",
    Level.RELATIVE: "To be weighed",
    Level.INTERACTION: "Interactions",
    Level.PROCESS: "What stops the day",
}


class Item(NamedTuple):
    """One item. `again`: asked anew in each session. `source`: what asks for it, and how well that is founded."""

    name: str
    label: str
    level: Level
    source: str
    again: bool = False


_A, _R, _I, _P = Level.ABSOLUTE, Level.RELATIVE, Level.INTERACTION, Level.PROCESS
EU, US, KETAMINE = "EU esketamine leaflet", "US esketamine label", "ketamine label"
TRIALS, CLINICS, OURS = "trial exclusions", "clinics’ exclusions, weak source", "our own default"

CHECKLIST = (
    Item("hypersensitivity", "Hypersensitive to ketamine, esketamine or what comes with it", _A, f"{US}, {EU}"),
    Item("aneurysm", "Aneurysm, aortic, intracranial or peripheral, or an AV malformation", _A, f"{US} (esketamine)"),
    Item("brain_bleed", "Bleeding in the brain, ever", _A, f"{US}, {EU} (esketamine)"),
    Item("heart_attack", "Heart attack within six weeks", _A, f"{EU} (esketamine)"),
    Item("pressure_hazard", "A significant rise of blood pressure would be a serious hazard", _A, KETAMINE),
    Item("pregnant", "Pregnant or breast-feeding", _A, f"{EU}; not recommended in the US", again=True),
    Item("under_age", "Under 18", _A, f"{US}, {EU} (not approved)"),
    Item("pressure", "Blood pressure not under control", _R, "clinics, absolute or relative; weak source", again=True),
    Item("psychosis", "Psychosis now, schizophrenia or delusional disorder", _R, f"{US}; {TRIALS}", again=True),
    Item("mania", "Mania or mixed episode now, bipolar without a stabiliser", _R, f"{EU}; {TRIALS}", again=True),
    Item("dissociative", "Primary dissociative disorder", _R, CLINICS),
    Item("family_psychosis", "Psychosis in parents, siblings or children", _R, "clinics’ exclusions"),
    Item("substance_use", "Substance use disorder, intoxication or withdrawal", _R, f"{US}; {TRIALS}", again=True),
    Item("suicide_intent", "Acute suicidal intent that needs inpatient care", _R, "clinics refer", again=True),
    Item("personality", "Severe personality disorder that stands in the way of working together", _R, "clinics"),
    Item("heart", "Angina, heart failure, valve disease or arrhythmia not under control", _R, EU),
    Item("stroke", "Stroke or cerebrovascular disease", _R, EU),
    Item("cranial_pressure", "Raised pressure in the skull, head injury, hydrocephalus or mass", _R, f"{EU}; {TRIALS}"),
    Item("seizures", "Seizure disorder", _R, CLINICS),
    Item("thyroid", "Overactive thyroid not under control", _R, EU),
    Item("lungs", "Severe lung disease, or sleep apnoea with marked obesity", _R, EU),
    Item("liver", "Moderate or severe liver impairment", _R, EU),
    Item("bladder", "Bladder disease or cystitis", _R, f"{EU}; {CLINICS}"),
    Item("eyes", "Glaucoma, raised eye pressure or retinal detachment", _R, "weak source; ketamine label in part"),
    Item("over_65", "Over 65: risk of falling", _R, EU),
    Item("no_indication", "No clear indication, or seeking only the experience", _R, "clinics’ exclusions"),
    Item("new_medicines", "New medicines since the last time", _I, OURS, again=True),
    Item("sedatives", "Benzodiazepine, opioid, sedative, gabapentinoid or alcohol", _I, f"{EU}; {US}"),
    Item("stimulants", "Stimulant, MAO inhibitor, or a drug that raises blood pressure", _I, f"{EU}; {US}"),
    Item("xanthines", "Theophylline or aminophylline", _I, KETAMINE),
    Item("blunting", "Lamotrigine or naltrexone", _I, "one clinic; naltrexone not verified"),
    Item("cannot_consent", "Cannot consent or follow instructions", _P, f"{TRIALS}; clinics"),
    Item("unsafe_home", "No escort, or no safe home to go to", _P, "clinics"),
    Item("language", "No common language, and no interpreter", _P, OURS),
)

ITEMS = {item.name: item for item in CHECKLIST}
