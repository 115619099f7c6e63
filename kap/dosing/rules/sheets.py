"""What a dosing session asks for: the one table from which the forms, the rail and the reading page are made.

Where a source is named, it is what asks for the field; what has none is our own default, and no guideline.
"""

from kap.dosing.rules.phases import Phase, SheetAsked
from kap.treatment.asked import Asked, Choices, Kind, Need

NASAL = frozenset({"esketamine_nasal", "intranasal_racemic"})
ESKETAMINE = frozenset({"esketamine_nasal"})
BY_MOUTH = frozenset({"sublingual", "oral"})
HOME = frozenset({"home"})
STAFFED = frozenset({"clinic", "office", "hospital"})
YES = frozenset({"yes"})
R = Need.REQUIRED

ROUTES: Choices = (
    ("iv_infusion", "IV infusion"),
    ("im", "IM injection"),
    ("esketamine_nasal", "Esketamine nasal spray"),
    ("sublingual", "Sublingual lozenge"),
    ("oral", "Oral lozenge (swallowed)"),
    ("intranasal_racemic", "Racemic nasal spray"),
    ("subcutaneous", "Subcutaneous injection"),
)
REMS = "Spravato REMS"
LABEL = "Spravato label"

_INDICATION, _TESTS, _DECISION = "Indication and history", "Tests and history", "Eligibility"
SCREENING = (
    Asked(name="indication", label="Indication", group=_INDICATION, kind=Kind.TEXT, need=R, source="ASKP"),
    Asked(
        name="trials",
        label="Treatments tried before",
        group=_INDICATION,
        kind=Kind.TEXT,
        hint="Medicine, dose, weeks, and what came of it",
    ),
    Asked(
        name="examined_on",
        label="History and physical examination of",
        group=_INDICATION,
        kind=Kind.DAY,
        need=R,
        source="ASKP",
    ),
    Asked(name="examined_by", label="Examined by", group=_INDICATION, need=R),
    Asked(
        name="reconciled",
        label="Medicines and allergies gone through",
        group=_INDICATION,
        kind=Kind.YES_NO,
        need=R,
        source="ASKP",
    ),
    Asked(name="medicines", label="Medicines", group=_INDICATION, kind=Kind.TEXT),
    Asked(name="allergies", label="Allergies", group=_INDICATION),
    Asked(
        name="concomitant",
        label="Takes any of these",
        group=_INDICATION,
        kind=Kind.TICKS,
        need=R,
        source=REMS,
        routes=ESKETAMINE,
        choices=(
            ("none", "None"),
            ("benzodiazepine", "Benzodiazepine"),
            ("sedative", "Sedative or hypnotic"),
            ("opioid", "Opioid"),
            ("psychostimulant", "Psychostimulant"),
            ("maoi", "MAO inhibitor"),
            ("other", "Other"),
        ),
    ),
    Asked(
        name="pregnancy",
        label="Pregnancy",
        group=_TESTS,
        kind=Kind.CHOICE,
        need=R,
        choices=(
            ("cannot", "Cannot be pregnant"),
            ("test_negative", "Test negative"),
            ("test_positive", "Test positive"),
            ("declined", "Test declined"),
        ),
    ),
    Asked(
        name="pregnancy_tested_on",
        label="Tested on",
        group=_TESTS,
        kind=Kind.DAY,
        need=R,
        when=("pregnancy", frozenset({"test_negative", "test_positive"})),
    ),
    Asked(name="cardiac", label="Blood pressure history, ECG or clearance", group=_TESTS),
    Asked(name="drug_screen", label="Urine drug screen", group=_TESTS),
    Asked(name="liver", label="Liver tests", group=_TESTS),
    Asked(name="bladder", label="Bladder symptoms", group=_TESTS),
    Asked(name="exposure", label="Ketamine before, and what came of it", group=_TESTS, kind=Kind.TEXT, need=R),
    Asked(
        name="rems_enrolled",
        label="Enrolled in the REMS",
        group=_DECISION,
        kind=Kind.YES_NO,
        need=R,
        source=REMS,
        routes=ESKETAMINE,
    ),
    Asked(name="rems_number", label="REMS number", group=_DECISION, routes=ESKETAMINE),
    Asked(
        name="eligible",
        label="Eligible",
        group=_DECISION,
        kind=Kind.CHOICE,
        need=R,
        choices=(("yes", "Yes"), ("conditions", "Under conditions"), ("no", "No")),
    ),
    Asked(
        name="conditions",
        label="Conditions",
        group=_DECISION,
        need=R,
        when=("eligible", frozenset({"conditions"})),
    ),
    Asked(name="eligible_by", label="Decided by", group=_DECISION, kind=Kind.MEDICAL, need=R),
    Asked(name="eligible_until", label="Valid until", group=_DECISION, kind=Kind.DAY),
)

_TODAY, _ARRIVAL, _HOME, _FASTING = "Planned for today", "Arrival", "Way home", "Food, medicines and substances"
_STATE, _PLAN = "State today", "Readiness of the room"
BEFORE = (
    Asked(
        name="place",
        label="Where it takes place",
        group=_TODAY,
        kind=Kind.CHOICE,
        need=R,
        choices=(
            ("clinic", "Clinic"),
            ("office", "Therapist’s office"),
            ("home", "At home, by video"),
            ("hospital", "Hospital"),
        ),
    ),
    Asked(name="planned_route", label="Planned route", group=_TODAY, kind=Kind.CHOICE, need=R, choices=ROUTES),
    Asked(name="planned_mg", label="Planned dose", group=_TODAY, kind=Kind.AMOUNT, need=R, unit="mg"),
    Asked(
        name="identity",
        label="Identity checked by",
        group=_ARRIVAL,
        kind=Kind.TICKS,
        need=R,
        least=2,
        hint="Two of them",
        choices=(
            ("name", "Full name"),
            ("birth_date", "Date of birth"),
            ("photo", "Photo document"),
            ("number", "Record number"),
            ("known", "Known to staff"),
        ),
    ),
    Asked(
        name="address",
        label="Address at this time",
        group=_ARRIVAL,
        need=R,
        places=HOME,
        hint="For an ambulance",
    ),
    Asked(
        name="chaperone",
        label="Chaperone at home",
        group=_ARRIVAL,
        need=R,
        places=HOME,
        hint="In the home for the whole session",
        source="Journey Clinical",
    ),
    Asked(name="chaperone_phone", label="Chaperone’s phone", group=_ARRIVAL, need=R, places=HOME),
    Asked(
        name="chaperone_there", label="Chaperone is there now", group=_ARRIVAL, kind=Kind.YES_NO, need=R, places=HOME
    ),
    Asked(
        name="consent_again",
        label="The patient agrees again today",
        group=_ARRIVAL,
        kind=Kind.YES_NO,
        need=R,
        hint="Asked before the dose, for afterwards it cannot be negotiated",
    ),
    Asked(
        name="escort",
        label="Escort",
        group=_HOME,
        need=R,
        hint="An adult who accompanies the patient, or “none”",
        source="sedation discharge criteria",
    ),
    Asked(name="escort_phone", label="Escort’s phone", group=_HOME),
    Asked(
        name="ride",
        label="Way home is arranged",
        group=_HOME,
        kind=Kind.CHOICE,
        need=R,
        choices=(
            ("escort_drives", "Escort drives"),
            ("taxi", "Taxi, accompanied"),
            ("transit", "On foot or by train, accompanied"),
            ("stays", "Stays where they are"),
            ("none", "Not arranged"),
        ),
    ),
    Asked(name="last_food", label="Last solid food", group=_FASTING, kind=Kind.MOMENT, need=R),
    Asked(name="last_drink", label="Last drink", group=_FASTING, kind=Kind.MOMENT, need=R),
    Asked(
        name="nasal_used",
        label="Nasal steroid or decongestant today",
        group=_FASTING,
        kind=Kind.YES_NO,
        need=R,
        routes=NASAL,
        source=LABEL,
    ),
    Asked(
        name="nasal_at",
        label="Last used at",
        group=_FASTING,
        kind=Kind.MOMENT,
        need=R,
        routes=NASAL,
        when=("nasal_used", YES),
        hint="One hour or more before esketamine",
    ),
    Asked(
        name="bp_medicine",
        label="Blood pressure medicine",
        group=_FASTING,
        kind=Kind.CHOICE,
        need=R,
        choices=(("taken", "Taken today"), ("held", "Left out today"), ("none", "Takes none")),
    ),
    Asked(name="medicines_taken", label="Other medicines taken today", group=_FASTING),
    Asked(name="medicines_held", label="Medicines left out", group=_FASTING),
    Asked(
        name="substances",
        label="In the last 24 hours",
        group=_FASTING,
        kind=Kind.TICKS,
        need=R,
        choices=(
            ("none", "None of these"),
            ("alcohol", "Alcohol"),
            ("cannabis", "Cannabis"),
            ("stimulant", "Stimulant"),
            ("opioid", "Opioid"),
            ("sedative", "Benzodiazepine or sedative"),
            ("other", "Something else"),
        ),
    ),
    Asked(
        name="interval",
        label="Anything new since the last time",
        group=_STATE,
        kind=Kind.YES_NO,
        need=R,
        hint="Illness, a new medicine, a fall, after-effects",
    ),
    Asked(name="interval_what", label="What is new", group=_STATE, kind=Kind.TEXT, need=R, when=("interval", YES)),
    Asked(
        name="suicide_risk",
        label="Suicidal thoughts today",
        group=_STATE,
        kind=Kind.CHOICE,
        need=R,
        hint="By the C-SSRS screener or what you use instead",
        choices=(
            ("none", "None"),
            ("wish", "Wish to be dead"),
            ("thoughts", "Thoughts, without a plan"),
            ("plan", "With a plan or intent"),
        ),
    ),
    Asked(
        name="suicide_action",
        label="What was done about them",
        group=_STATE,
        kind=Kind.TEXT,
        need=R,
        when=("suicide_risk", frozenset({"wish", "thoughts", "plan"})),
    ),
    Asked(
        name="orientation",
        label="Oriented",
        group=_STATE,
        kind=Kind.CHOICE,
        need=R,
        choices=(("fully", "Fully"), ("partly", "Partly"), ("not", "Not")),
    ),
    Asked(name="mental_state", label="Mental state", group=_STATE, kind=Kind.TEXT),
    Asked(name="mood", label="Mood, 0 to 10", group=_STATE, kind=Kind.SCALE),
    Asked(name="anxiety", label="Anxiety, 0 to 10", group=_STATE, kind=Kind.SCALE),
    Asked(
        name="equipment",
        label="At hand and checked",
        group=_PLAN,
        kind=Kind.TICKS,
        need=R,
        places=STAFFED,
        source="ketamine label",
        choices=(
            ("oxygen", "Oxygen"),
            ("airway", "Airway and bag"),
            ("aed", "AED"),
            ("suction", "Suction"),
            ("rescue", "Rescue medicines"),
            ("oximeter", "Pulse oximeter"),
        ),
    ),
    Asked(
        name="prescriber_there",
        label="Prescriber on site until the end of monitoring",
        group=_PLAN,
        kind=Kind.YES_NO,
        need=R,
        routes=ESKETAMINE,
        source=REMS,
    ),
)

_WORDS, _TOUCH, _ROOM = "Intention", "Touch", "Set and setting"
SETTING = (
    Asked(
        name="intention",
        label="Intention",
        group=_WORDS,
        kind=Kind.TEXT,
        need=R,
        column=True,
        hint="In the patient’s words",
        source="Numinus",
    ),
    Asked(
        name="touch",
        label="Touch that is agreed",
        group=_TOUCH,
        kind=Kind.CHOICE,
        need=R,
        source="Numinus",
        choices=(("none", "None"), ("hand_or_shoulder", "Hand or shoulder"), ("other", "Something else")),
    ),
    Asked(
        name="touch_terms",
        label="What exactly, and by whom",
        group=_TOUCH,
        need=R,
        when=("touch", frozenset({"hand_or_shoulder", "other"})),
        hint="Consent to one person does not extend to others",
    ),
    Asked(
        name="touch_prepared",
        label="Agreed in a preparation session",
        group=_TOUCH,
        kind=Kind.YES_NO,
        need=R,
        when=("touch", frozenset({"hand_or_shoulder", "other"})),
    ),
    Asked(name="stop_signal", label="Stop signal", group=_TOUCH, need=R, hint="A word or a sign that ends it at once"),
    Asked(name="present", label="Who is in the room", group=_ROOM, need=R),
    Asked(name="eye_shades", label="Eye shades", group=_ROOM, kind=Kind.YES_NO),
    Asked(name="music", label="Music", group=_ROOM),
    Asked(name="light", label="Light", group=_ROOM),
    Asked(name="position", label="Position", group=_ROOM),
    Asked(name="companion", label="Companion object", group=_ROOM),
)

_COURSE, _HARD, _SUPPORT = "Course of the experience", "What was hard", "Support"
_HARD_AT_ALL = ("challenging", frozenset({"mild", "moderate", "severe"}))
EXPERIENCE = (
    Asked(name="onset", label="First effects", group=_COURSE, kind=Kind.WHOLE, unit="min after the dose"),
    Asked(name="peak", label="Strongest", group=_COURSE, kind=Kind.WHOLE, unit="min after the dose"),
    Asked(name="back", label="Back again", group=_COURSE, kind=Kind.WHOLE, unit="min after the dose"),
    Asked(name="depth", label="Depth, 0 to 10", group=_COURSE, kind=Kind.SCALE),
    Asked(
        name="tags",
        label="What there was",
        group=_COURSE,
        kind=Kind.TICKS,
        choices=(
            ("peace", "Peace"),
            ("disinhibition", "Disinhibition"),
            ("time", "Time changed"),
            ("body", "Body changed"),
            ("visual", "Visions"),
            ("memory", "Memory or trauma"),
            ("grief", "Grief"),
            ("joy", "Joy"),
            ("fear", "Fear"),
            ("spiritual", "Spiritual or mystical"),
            ("ego", "Ego dissolution"),
            ("near_death", "Like near death"),
            ("nothing", "Nothing much"),
        ),
    ),
    Asked(name="narrative", label="Narrative", group=_COURSE, kind=Kind.TEXT, need=R, column=True),
    Asked(
        name="seen",
        label="What the therapist saw",
        group=_COURSE,
        kind=Kind.TEXT,
        hint="Movement, speech, affect",
    ),
    Asked(
        name="challenging",
        label="Challenging experience",
        group=_HARD,
        kind=Kind.CHOICE,
        need=R,
        choices=(("none", "None"), ("mild", "Mild"), ("moderate", "Moderate"), ("severe", "Severe")),
    ),
    Asked(name="challenging_what", label="What it was about", group=_HARD, kind=Kind.TEXT, need=R, when=_HARD_AT_ALL),
    Asked(name="support", label="Support that was given", group=_HARD, kind=Kind.TEXT, need=R, when=_HARD_AT_ALL),
    Asked(name="resolved", label="Resolved by the end", group=_HARD, kind=Kind.YES_NO, need=R, when=_HARD_AT_ALL),
    Asked(name="touched", label="Touch was given", group=_SUPPORT, kind=Kind.YES_NO, need=R),
    Asked(
        name="touched_how",
        label="Which, when, and on what agreement",
        group=_SUPPORT,
        kind=Kind.TEXT,
        need=R,
        when=("touched", YES),
    ),
    Asked(
        name="interventions",
        label="What the therapist did",
        group=_SUPPORT,
        kind=Kind.TICKS,
        choices=(
            ("silence", "Silence"),
            ("reassurance", "Reassurance"),
            ("breath", "Breath"),
            ("grounding", "Grounding"),
            ("music", "Changed the music"),
            ("talk", "Talked it through"),
        ),
    ),
)

_CHECKS, _LEAVING, _DECIDED = "Checklist", "Leaving", "Decision"
_LEFT = frozenset({"home", "stopped_early", "against_advice"})


def _check(name: str, label: str, source: str = "") -> Asked:
    return Asked(name=name, label=label, group=_CHECKS, kind=Kind.YES_NO_NA, need=R, source=source)


_SEDATION = "sedation discharge criteria"
CHECKS = (
    _check("awake", "Alert and oriented, as before the dose", _SEDATION),
    _check("vitals", "Vital signs stable and acceptable for this patient", REMS),
    _check("breathing", "Breathing not compromised", _SEDATION),
    _check("settled", "Sedation and dissociation resolved", REMS),
    _check("gait", "Walks steadily, or as before"),
    _check("nausea", "Nausea under control"),
    _check("adult", "A responsible adult goes along", _SEDATION),
    _check("instructions", "Instructions in writing and spoken, with an emergency number", _SEDATION),
    _check("driving", "Told: no driving or machines until the next day after a restful sleep", LABEL),
    _check("safe", "No new or worse suicidal thoughts; safety plan at hand"),
)
DISCHARGE = (
    *CHECKS,
    Asked(
        name="outcome",
        label="How it ended",
        group=_LEAVING,
        kind=Kind.CHOICE,
        need=R,
        choices=(
            ("home", "Discharged home"),
            ("stopped_early", "Stopped early, then home"),
            ("against_advice", "Left against advice"),
            ("transferred", "Transferred to emergency care"),
        ),
    ),
    Asked(name="discharged_at", label="Left at", group=_LEAVING, kind=Kind.CLOCK, need=R, column=True),
    Asked(name="left_with", label="Went home with", group=_LEAVING, need=R, column=True, when=("outcome", _LEFT)),
    Asked(
        name="transferred_to",
        label="Handed over to",
        group=_LEAVING,
        need=R,
        when=("outcome", frozenset({"transferred"})),
    ),
    Asked(name="handover", label="What was handed over", group=_LEAVING, kind=Kind.TEXT),
    Asked(name="sheet_version", label="Instruction sheet", group=_LEAVING, hint="Which version was given"),
    Asked(name="belongings", label="Belongings handed back", group=_LEAVING, kind=Kind.YES_NO),
    Asked(
        name="ready_after",
        label="Would have been ready to leave after",
        group=_LEAVING,
        kind=Kind.WHOLE,
        unit="minutes",
        routes=ESKETAMINE,
        need=R,
        source=REMS,
    ),
    Asked(
        name="shortfall_reason",
        label="Why, where something above falls short",
        group=_DECIDED,
        kind=Kind.TEXT,
        hint="Too little time, a “no”, no escort, an end before the plan",
    ),
    Asked(
        name="stable_by",
        label="Stable and ready to leave, decided by",
        group=_DECIDED,
        kind=Kind.MEDICAL,
        need=R,
        source=LABEL,
    ),
    Asked(name="discharge", label="Note", group=_DECIDED, kind=Kind.TEXT, column=True),
)

_GIVEN = "Given along"
AFTERCARE = (
    Asked(name="emergency_contact", label="Emergency contact given", group=_GIVEN, kind=Kind.YES_NO, need=R),
    Asked(name="crisis_card", label="Crisis card shown", group=_GIVEN, kind=Kind.YES_NO, need=R),
    Asked(name="integration_on", label="Integration booked for", group=_GIVEN, kind=Kind.DAY, need=R),
    Asked(
        name="left_over",
        label="Tablets left over and returned",
        group=_GIVEN,
        kind=Kind.WHOLE,
        routes=BY_MOUTH,
        hint="What was dispensed and not taken",
    ),
)

_CALL = "The call"
CALL = (
    Asked(name="mood", label="Mood, 0 to 10", group=_CALL, kind=Kind.SCALE),
    Asked(
        name="suicidal",
        label="Suicidal thoughts",
        group=_CALL,
        kind=Kind.CHOICE,
        choices=(("none", "None"), ("as_before", "As before"), ("worse", "New or worse")),
    ),
    Asked(
        name="sleep",
        label="Sleep",
        group=_CALL,
        kind=Kind.CHOICE,
        choices=(("good", "Good"), ("fair", "Fair"), ("poor", "Poor")),
    ),
    Asked(name="after_effects", label="After-effects", group=_CALL, kind=Kind.TEXT),
    Asked(name="pressure", label="Blood pressure at home", group=_CALL, unit="mmHg"),
    Asked(name="note", label="Note", group=_CALL, kind=Kind.TEXT),
)
"""What is asked in the call on the day after: our own default, as is the call itself."""

ADMINISTRATION, THERAPY = "administration", "therapy"
"""The two parts of the record, as they are signed."""

SHEETS: dict[str, SheetAsked] = {
    sheet.name: sheet
    for sheet in (
        SheetAsked("screening", "Screening", Phase.ELIGIBILITY, ADMINISTRATION, SCREENING),
        SheetAsked("before", "Readiness", Phase.BEFORE, ADMINISTRATION, BEFORE),
        SheetAsked("setting", "Intention and setting", Phase.BEFORE, THERAPY, SETTING),
        SheetAsked("experience", "Experience", Phase.EXPERIENCE, THERAPY, EXPERIENCE),
        SheetAsked("discharge", "Discharge", Phase.DISCHARGE, ADMINISTRATION, DISCHARGE),
        SheetAsked("after-care", "After-care", Phase.AFTERCARE, None, AFTERCARE),
    )
}
"""The sheets by name."""
