"""What a preparation and an integration session ask for, and what follows from the answers: the one table from which
their forms and pages are made.

Where a source is named, it is what asks for the field; what has none is our own default, and no guideline.
"""

from collections.abc import Mapping
from typing import Any

from kap.treatment.asked import Asked, Choices, Kind

YES = frozenset({"yes"})

HOW = "How and with whom"
RAPPORT, HOPES, CALMING, TOUCH, RISK = (
    "Safety with each other",
    "Hopes and fears",
    "Triggers and calming",
    "Touch and stop signal",
    "Risk",
)
TODAY, CAME_UP, PLAN = "How they are today", "What came up", "Plan"
MAIN = frozenset({RAPPORT, HOPES, CALMING, TOUCH, RISK, TODAY, CAME_UP, PLAN})
"""What matters first to somebody with little time; every other group is folded up until something stands in it."""
MORE_RISK = "More about risk"
WITHIN = {RISK: MORE_RISK}
"""The groups that are folded up at the end of another."""

DETAILS = (
    "The details of what was talked about may belong in a psychotherapy note. What tells of risk belongs here, in the "
    "record."
)

SUICIDALITY: Choices = (
    ("none", "None"),
    ("passive", "Wish to be dead"),
    ("active", "Thoughts of suicide"),
    ("plan", "Plan or intent"),
    ("attempt", "Attempt since last time"),
)
SUICIDAL = frozenset(value for value, _ in SUICIDALITY if value != "none")
PRESSING = frozenset({"active", "plan", "attempt"})
CRAVING = 7
"""From this craving for ketamine on the page asks about the next dose (our own default)."""

NEXT_DOSE: Choices = (("go_on", "Go on"), ("pause", "Pause"), ("taper", "Taper"), ("stop", "Stop"))
KINDS: Choices = (
    ("integration", "Integration"),
    ("combined", "Integration and preparation"),
    ("check_in", "Check-in"),
    ("crisis", "Crisis"),
)

_HELD = (
    Asked(
        name="format",
        label="Individual or group",
        group=HOW,
        kind=Kind.CHOICE,
        choices=(("individual", "Individual"), ("group", "Group")),
    ),
    Asked(
        name="present",
        label="Patients in the group",
        group=HOW,
        kind=Kind.WHOLE,
        hint="A number, no names",
        when=("format", frozenset({"group"})),
    ),
    Asked(
        name="mode",
        label="Held",
        group=HOW,
        kind=Kind.CHOICE,
        choices=(("in_person", "In person"), ("video", "By video"), ("telephone", "By telephone")),
    ),
    Asked(name="location", label="Where", group=HOW, hint="By video or telephone: where the patient was"),
    Asked(
        name="attended",
        label="Who else was there",
        group=HOW,
        hint="Their part, such as partner; of other patients nothing",
    ),
)
_RISK = (
    Asked(name="suicidality", label="Suicidal thoughts", group=RISK, kind=Kind.CHOICE, choices=SUICIDALITY),
    Asked(
        name="suicidality_done",
        label="What was done",
        group=RISK,
        kind=Kind.TEXT,
        hint="Asked about, agreed, and who was told",
        when=("suicidality", SUICIDAL),
    ),
    Asked(
        name="craving",
        label="Craving for ketamine, 0 to 10",
        group=RISK,
        kind=Kind.SCALE,
        hint="As the patient says; a question of ours, not a validated scale",
    ),
    Asked(name="self_harm", label="Self-harm", group=MORE_RISK, kind=Kind.YES_NO),
    Asked(name="harm_others", label="Thoughts of harming somebody else", group=MORE_RISK, kind=Kind.YES_NO),
    Asked(
        name="psychosis",
        label="Signs of psychosis or mania",
        group=MORE_RISK,
        kind=Kind.CHOICE,
        choices=(("none", "None"), ("possible", "Possible"), ("present", "Present")),
    ),
    Asked(
        name="ketamine_outside",
        label="Ketamine used outside the clinic",
        group=MORE_RISK,
        kind=Kind.YES_NO,
    ),
    Asked(name="substances", label="Alcohol and other substances", group=MORE_RISK, kind=Kind.TEXT),
    Asked(name="abuse", label="Abuse was disclosed", group=MORE_RISK, kind=Kind.YES_NO),
    Asked(
        name="mandated",
        label="Report that the law asks for",
        group=MORE_RISK,
        kind=Kind.CHOICE,
        choices=(("not_needed", "Not needed"), ("to_make", "To be made"), ("made", "Made")),
        hint="Who has to report what differs from place to place",
    ),
    Asked(
        name="risk_done",
        label="What was found and done",
        group=MORE_RISK,
        kind=Kind.TEXT,
        hint="The facts; " + DETAILS[0].lower() + DETAILS[1:],
    ),
)

_EXPLAINED, _SETTING, _AROUND, _READY, _AGREED = (
    "What was explained",
    "Set, setting and music",
    "During the dose",
    "Practical things",
    "Consent and safety plan",
)
PREPARATION = (
    *_HELD,
    Asked(
        name="rapport",
        label="How safe they feel here",
        group=RAPPORT,
        kind=Kind.TEXT,
        hint="With you, the room and the clinic",
    ),
    Asked(name="hopes", label="Hopes", group=HOPES, kind=Kind.TEXT),
    Asked(name="fears", label="Fears", group=HOPES, kind=Kind.TEXT),
    Asked(
        name="expectations",
        label="Expectations",
        group=HOPES,
        kind=Kind.TEXT,
        hint="What they think is going to happen; the intention below is what they want to turn to",
        source="Numinus training",
    ),
    Asked(
        name="triggers",
        label="What can bring old fear back",
        group=CALMING,
        kind=Kind.TEXT,
        hint="A smell, a sound, a way of being touched",
        source="Osmind intake guide",
    ),
    Asked(
        name="calming",
        label="How they want to be calmed",
        group=CALMING,
        kind=Kind.TEXT,
        source="Osmind intake guide",
    ),
    Asked(
        name="touch",
        label="Touch that is agreed to, and none beyond it",
        group=TOUCH,
        kind=Kind.TEXT,
        hint="It can be taken back at any time, and is not widened during the dose",
    ),
    Asked(name="stop_signal", label="Stop signal", group=TOUCH),
    *_RISK,
    Asked(
        name="explained",
        label="Gone through",
        group=_EXPLAINED,
        kind=Kind.TICKS,
        choices=(
            ("effects", "What it can feel like"),
            ("risks", "Risks and unwanted effects"),
            ("dissociation", "Feeling disconnected from oneself"),
            ("difficult", "Difficult moments, and what helps"),
            ("after", "The hours and days after"),
            ("integration", "What integration is for"),
            ("crisis", "Whom to call in a crisis"),
        ),
    ),
    Asked(name="questions", label="Questions that stayed open", group=_EXPLAINED, kind=Kind.TEXT),
    Asked(name="mindset", label="Mind and mood before the dose", group=_SETTING, kind=Kind.TEXT),
    Asked(name="room_wishes", label="Wishes for the room", group=_SETTING, kind=Kind.TEXT, hint="Light, blanket, view"),
    Asked(name="music", label="Music", group=_SETTING, kind=Kind.TEXT),
    Asked(
        name="communication",
        label="How we talk during the dose",
        group=_AROUND,
        kind=Kind.TEXT,
        hint="Whether and when to speak, and how they show that they are well",
    ),
    Asked(
        name="grounding",
        label="Rehearsed",
        group=_AROUND,
        kind=Kind.TICKS,
        choices=(
            ("breath", "Breathing"),
            ("senses", "Five senses"),
            ("feet", "Feet on the floor"),
            ("object", "An object to hold"),
            ("words", "A sentence of their own"),
        ),
    ),
    Asked(
        name="support",
        label="Somebody to lean on afterwards",
        group=_AROUND,
        hint="Their part in the patient’s life; no more than you need",
    ),
    Asked(
        name="practical",
        label="Settled",
        group=_READY,
        kind=Kind.TICKS,
        choices=(
            ("fasting", "Fasting"),
            ("clothes", "Clothes"),
            ("ride", "Ride home"),
            ("chaperone", "Chaperone"),
            ("eligibility", "Nothing new that speaks against a dose"),
        ),
    ),
    Asked(
        name="consent",
        label="Consent",
        group=_AGREED,
        kind=Kind.CHOICE,
        choices=(("given", "Given"), ("open", "Questions are open"), ("not_yet", "Not yet asked for")),
        hint="What was agreed to is kept with the dosing session",
    ),
    Asked(
        name="safety_plan",
        label="Safety plan",
        group=_AGREED,
        kind=Kind.CHOICE,
        choices=(
            ("made", "Made"),
            ("looked_at", "Looked at again"),
            ("not_needed", "Not needed"),
            ("none", "None yet"),
        ),
    ),
    Asked(name="safety_plan_words", label="Signs, steps and people in it", group=_AGREED, kind=Kind.TEXT),
    Asked(name="plan", label="What comes next", group="Next", kind=Kind.TEXT),
)

_SINCE, _HARD, _MEANING, _WORK, _GOALS, _OTHERS = (
    "Sleep, everyday life, unwanted effects",
    "What was hard",
    "Spiritual or cultural",
    "What was done, and what it did",
    "Progress towards goals",
    "Others who are told or help",
)
INTEGRATION = (
    Asked(name="session_kind", label="Kind", group=HOW, kind=Kind.CHOICE, choices=KINDS),
    *_HELD,
    Asked(name="presenting", label="How they come in today", group=TODAY, kind=Kind.TEXT),
    Asked(
        name="mood",
        label="Mood, 0 to 10",
        group=TODAY,
        kind=Kind.SCALE,
        hint="10 is best; as the patient says, not a validated measure",
    ),
    Asked(name="sleep", label="Sleep", group=_SINCE),
    Asked(name="function", label="Everyday life", group=_SINCE, hint="Work, home, people"),
    Asked(
        name="side_effects",
        label="Unwanted effects since the dose",
        group=_SINCE,
        kind=Kind.TEXT,
        hint="What lasts or is serious is reported with the dosing session too",
    ),
    Asked(
        name="insights",
        label="Insights, in the patient’s words",
        group=CAME_UP,
        kind=Kind.TEXT,
        hint="They read this once it is signed",
    ),
    Asked(name="hard", label="What it was", group=_HARD, kind=Kind.TEXT, hint=DETAILS),
    Asked(name="hard_distress", label="Distress now, 0 to 10", group=_HARD, kind=Kind.SCALE),
    Asked(name="hard_coping", label="How they cope with it", group=_HARD, kind=Kind.TEXT),
    Asked(
        name="hard_resolved",
        label="Resolved",
        group=_HARD,
        kind=Kind.CHOICE,
        choices=(("yes", "Yes"), ("partly", "Partly"), ("no", "Not yet")),
    ),
    Asked(
        name="meaning", label="What it means in their faith, culture or view of life", group=_MEANING, kind=Kind.TEXT
    ),
    Asked(name="interventions", label="What you did", group=_WORK, kind=Kind.TEXT),
    Asked(name="response", label="How they responded", group=_WORK, kind=Kind.TEXT),
    # Progress and plan stay in the record, and out of a psychotherapy note: 45 CFR 164.501.
    Asked(name="progress", label="Where they stand", group=_GOALS, kind=Kind.TEXT),
    *_RISK,
    Asked(name="next_dose", label="Next dose", group=PLAN, kind=Kind.CHOICE, choices=NEXT_DOSE),
    Asked(name="next_dose_why", label="Why", group=PLAN, kind=Kind.TEXT, hint="They read this once it is signed"),
    Asked(
        name="next_on",
        label="Next session on",
        group=PLAN,
        kind=Kind.DAY,
        hint="What was agreed; it is booked on the patient’s page",
    ),
    Asked(name="prescriber", label="For the prescriber", group=_OTHERS, kind=Kind.TEXT),
    Asked(name="referrals", label="Referrals", group=_OTHERS, kind=Kind.TEXT),
)

GROUP = tuple(field for field in _HELD if field.name in ("present", "mode", "location"))
"""What is asked once of a group session, for the records of all who were there."""

ASKED = {"preparation": PREPARATION, "integration": INTEGRATION}
"""The fields by the kind of session."""
WRITES_AFTER = {"preparation": HOPES, "integration": CAME_UP}
"""The group after which the form asks for intention, practices and note."""


def warnings(answers: Mapping[str, Any]) -> list[str]:
    """What the page says about the answers on risk: it tells whoever reads it, and nobody else."""
    found = []
    suicidality = answers.get("suicidality")
    if suicidality in PRESSING:
        found.append("Thoughts of suicide: follow the clinic’s own emergency plan, and tell the prescriber.")
    if suicidality in SUICIDAL and not answers.get("suicidality_done"):
        found.append("What was done about the suicidal thoughts is not written down yet.")
    if answers.get("harm_others") == "yes":
        found.append("Thoughts of harming somebody else: follow the clinic’s own emergency plan.")
    if answers.get("psychosis") in ("possible", "present"):
        found.append("Signs of psychosis or mania: the prescriber has to know before another dose.")
    if answers.get("ketamine_outside") == "yes" or int(answers.get("craving") or 0) >= CRAVING:
        found.append("Craving or use outside the clinic: please weigh the next dose with the prescriber.")
    if answers.get("abuse") == "yes" and answers.get("mandated") in (None, "to_make"):
        found.append("Abuse was disclosed: is a report owed by law, and has it been made?")
    return found
