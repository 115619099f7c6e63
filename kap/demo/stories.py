"""The twelve invented patients of the demo, one for each way in which a course can go.

Days count from the first dose; nothing here happened to anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from typing import Any

from kap.treatment.models import (
    Condition,
    EndReason,
    EventTerm,
    Kept,
    Kind,
    Medicine,
    Modality,
    PracticeKind,
    Route,
    Severity,
    Status,
    Theme,
)
from kap.treatment.practices import Agreed, Found


@dataclass(frozen=True)
class Person:
    """Somebody who signs in to the demo; the first of each role is called by it, the others `role-2` and so on."""

    key: str
    name: str

    @property
    def role(self) -> str:
        """What they are to the clinic."""
        return self.key.partition("-")[0]

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.key}@example.org"


LEAD = Person("lead", "Dr Helen Marsh")
THERAPIST = Person("therapist", "Ines Calloway")
MEDICAL = Person("medical", "Dr Oskar Lund")
ADMIN = Person("admin", "Bea Fenwick")
PATIENT = Person("patient", "Nora Whitfield")

CLINIC = "Harbour Clinic (synthetic)"
ZONE = "Europe/London"
COUNTRY = "GB"


@dataclass(frozen=True)
class Preparation:
    """A talk before the first dose."""

    day: int
    intention: str
    narrative: str
    modality: Modality = Modality.SUPPORTIVE
    status: Status = Status.TOOK_PLACE
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Adverse:
    """An adverse event, so many minutes after the dose; `serious` where the patient was taken to hospital."""

    term: str
    severity: Severity
    after: int
    words: str = ""
    serious: bool = False


class Scene(Enum):
    """What happens in a dosing session besides what happens in each."""

    BOOSTER = auto()
    """Ten of the milligrams are given later, as a bolus."""
    SLIP = auto()
    """The amount is typed a tenth of what it is, and put right."""
    TWO_HANDS = auto()
    """Nurse and therapist write the same sheet, one after the other."""
    TRANSFER = auto()
    """It ends in emergency care."""
    ADDENDUM = auto()
    """Something is added after it was signed."""


@dataclass(frozen=True)
class Dose:
    """A dosing session; `rise` is that of the upper blood pressure (mmHg), `reason` why it was held or cancelled.

    `pressure` is the one on arrival, where it is not the usual one.
    """

    day: int
    mg: int
    intention: str
    narrative: str = ""
    events: tuple[Adverse, ...] = ()
    rise: int = 20
    status: Status = Status.TOOK_PLACE
    reason: str = ""
    pressure: tuple[int, int] | None = None
    in_error: str = ""
    scene: Scene | None = None


@dataclass(frozen=True)
class Integration:
    """A talk about the doses since the one before; `reason` why it was cancelled.

    `kept` says by the beginning of its words what became of an earlier practice, `intended` that of an earlier
    intention; `agreed` are practices with more than their words, beside the lines of `practices`.
    `note` is the therapist's own psychotherapy note, apart from the record.
    """

    day: int
    narrative: str = ""
    themes: str = ""
    practices: str = ""
    modality: Modality = Modality.ACT
    status: Status = Status.TOOK_PLACE
    reason: str = ""
    intention: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    coded: tuple[Theme, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    kept: Mapping[str, Found] = field(default_factory=dict)
    intended: Mapping[str, Found] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Planned:
    """A session that lies ahead, so many days from today."""

    ahead: int
    kind: Kind = Kind.INTEGRATION


@dataclass(frozen=True)
class Scores:
    """The sums of the answers to one questionnaire, by day; `flags` are the answers to its safety item, where not 0.

    The score of a PEG is a third of its sum.
    """

    measure: str
    sums: Mapping[int, int]
    flags: Mapping[int, int] = field(default_factory=dict)
    acted_on: Mapping[int, str] = field(default_factory=dict)
    """What was done about the alert of that day; without it the alert is still open."""


@dataclass(frozen=True)
class Ticks:
    """The days on which the patient ticks a practice, by the words in which it was agreed."""

    practice: str
    days: tuple[int, ...]


@dataclass(frozen=True)
class Still:
    """What the patient says of a practice, asked after `month` months or of their own accord."""

    day: int
    practice: str
    status: Kept
    words: str = ""
    month: int | None = None


@dataclass(frozen=True)
class End:
    """The end of a course."""

    day: int
    reason: EndReason


@dataclass(frozen=True)
class HandOver:
    """From this day on somebody else writes the sessions, or nobody; whoever did `stays` on the team or leaves it."""

    day: int
    to: Person | None
    stays: bool = False


@dataclass(frozen=True, kw_only=True)
class Story:
    """One patient and one course; `began` is how many days ago the first dose was given, negative where it is ahead."""

    code: str
    name: str | None = None
    born: date | None = None
    began: int
    enrolled: int = -12
    condition: Condition
    measure: str
    planned_doses: int
    route: Route
    medicine: Medicine = Medicine.KETAMINE
    weight_kg: int
    pressure: tuple[int, int] = (122, 78)
    left_with: str
    sessions: tuple[Preparation | Dose | Integration, ...]
    scores: tuple[Scores, ...]
    planned: tuple[Planned, ...] = ()
    ticks: tuple[Ticks, ...] = ()
    still: tuple[Still, ...] = ()
    end: End | None = None
    account: Person | None = None
    again: bool = False
    """A later course of a patient whose story was told before."""
    therapist: Person = THERAPIST
    second: Person | None = None
    """Another therapist on the care team, who is there when doses are given."""
    medical: Person = MEDICAL
    handed_over: HandOver | None = None
    detailed: bool = True
    """Its doses are logged phase by phase, at the bedside; else in one go, as from paper."""
    weekdays: bool = False
    """Sessions that would fall on a Saturday or Sunday are held on the Friday before or the Monday after."""


MILD, MODERATE = Severity.MILD, Severity.MODERATE

STEP = "Ten minutes on the back step with tea, before the children wake"
PLATE = "One plate a week handed back, written in the small notebook"
SWIMMING = "Swimming"
SENTENCE = "When the sentence comes: name it, step outside, write one line"

HOLDS = Story(
    code="H-01",
    name=PATIENT.name,
    born=date(1986, 4, 21),
    began=118,
    condition=Condition.DEPRESSION,
    measure="phq-9",
    planned_doses=3,
    route=Route.IM,
    weight_kg=68,
    left_with="her partner",
    account=PATIENT,
    sessions=(
        Preparation(
            -9,
            "I want to stop watching my life through a window.",
            "First of two talks. Nora has lived with low mood since her second child, through three medicines. We "
            "went through what the room, the music and the first half hour are like, and how she can ask for a hand "
            "on her shoulder or for quiet. She wants to know that nobody expects anything of her.",
        ),
        Preparation(
            -4,
            "To be kind to the tired part.",
            "Second talk. Chose the playlist together, without voices. Agreed that her partner drives and that the "
            "evening stays empty. She has written three lines to read before the eye mask goes on.",
            answers={
                "format": "individual",
                "mode": "in_person",
                "hopes": "A day in which she is not behind with everything.",
                "fears": "That she cries and cannot stop, and that somebody sees it.",
                "expectations": "That it will be like sleep.",
                "calming": "A hand on the shoulder, few words, her own blanket.",
                "triggers": "Being hurried.",
                "touch": "Shoulder and hand, when she asks for it.",
                "stop_signal": "She lifts her left hand.",
                "suicidality": "none",
                "craving": "0",
                "explained": ["effects", "risks", "dissociation", "difficult", "after", "crisis"],
                "grounding": ["breath", "feet"],
                "practical": ["fasting", "ride", "eligibility"],
                "music": "The list without voices, piano first.",
            },
        ),
        Dose(
            0,
            50,
            "To be kind to the tired part.",
            "Settled quickly after some minutes of nervous talk. Quiet tears about half an hour in, no distress when "
            "asked. Afterwards she said the kitchen of her grandmother had been there, with its smell of bread, and "
            "that she had been allowed to sit down.",
            (Adverse(EventTerm.DIZZINESS, MILD, 45),),
        ),
        Integration(
            2,
            "She slept nine hours and woke without the weight on her chest, then was frightened that it would come "
            "back. We stayed with sitting down in the kitchen: who at home would mind if she did?",
            "Rest without having earned it; fear of losing what is new",
            coded=(Theme.SELF_WORTH, Theme.FEAR),
            agreed=(
                Agreed(
                    STEP,
                    PracticeKind.NATURE,
                    "Most mornings",
                ),
            ),
            answers={
                "session_kind": "integration",
                "format": "individual",
                "mode": "in_person",
                "presenting": "Rested, and afraid to trust it.",
                "mood": "6",
                "sleep": "Nine hours, twice",
                "side_effects": "A little dizzy on the evening of the dose, since then nothing.",
                "insights": "I was allowed to sit down. Nobody asked whether I was done.",
                "interventions": "Stayed with the picture of the kitchen; asked who at home would mind.",
                "suicidality": "none",
                "craving": "0",
                "next_dose": "go_on",
                "next_dose_why": "Well borne, and she wants to see what she is afraid to put down.",
            },
        ),
        Dose(
            14,
            65,
            "To see what I am so afraid to put down.",
            "Went deeper than the first time and came back slowly. Spoke of carrying a stack of plates down a "
            "corridor that had no end, and of noticing that she could lean against the wall.",
            (Adverse(EventTerm.NAUSEA, MILD, 70), Adverse(EventTerm.DISSOCIATION, MILD, 20)),
            rise=24,
        ),
        Integration(
            16,
            "The plates made her laugh. She listed what is on them and which ones are hers. Two phone calls to her "
            "brother about their mother will be his from now on.",
            "Carrying for others; asking for help",
            PLATE,
            coded=(Theme.FAMILY_OF_ORIGIN, Theme.RELATIONSHIPS),
            kept={"Ten minutes on the back step": Found(Kept.SOMETIMES, "When it does not rain")},
            intended={"To be kind to the tired part": Found(Kept.KEPT)},
            answers={
                "mood": "6",
                "insights": "I can lean against the wall with the plates. They do not fall.",
                "suicidality": "none",
                "craving": "1",
                "next_dose": "go_on",
            },
            note="When she laughed about the plates she looked at me to see whether I would. I notice that I want to "
            "carry some of them for her, and that this is how her mother asked. To take to supervision.",
        ),
        Dose(
            28,
            65,
            "To take home what I have found.",
            "Calm throughout. Hummed along with the music. Said at the end that there had been nothing to solve today.",
            rise=17,
            scene=Scene.ADDENDUM,
        ),
        Integration(
            30,
            "We talked about how ordinary the good days are. She has been swimming twice and has told her partner "
            "what the flat months were like.",
            "Ordinary days; being known",
            agreed=(Agreed(SWIMMING, PracticeKind.MOVEMENT, "On Tuesdays"),),
            coded=(Theme.JOY,),
            kept={
                "Ten minutes on the back step": Found(Kept.KEPT, "It is hers now"),
                "One plate a week": Found(Kept.CHANGED, "Two calls to her brother a month"),
            },
            intended={"To see what I am so afraid": Found(Kept.KEPT)},
            answers={
                "mood": "7",
                "insights": "The good days are quite ordinary. I had thought they would shine.",
                "suicidality": "none",
                "craving": "0",
                "next_dose": "stop",
                "next_dose_why": "Three doses were planned, and what she found holds. We go on talking.",
            },
        ),
        Integration(
            51,
            "A bad week with ill children. She noticed the old sentence, that she is failing everyone, on the third "
            "day and not the thirtieth. That was new to her.",
            "Noticing early; a bad week is a week",
            SENTENCE,
            coded=(Theme.SELF_WORTH,),
            kept={"Swimming": Found(Kept.KEPT)},
            answers={"session_kind": "check_in", "mode": "video", "mood": "5", "suicidality": "none", "craving": "0"},
        ),
        Integration(
            86,
            "Back at work three days a week. She is proud and wary. We made a page together with her early signs and "
            "whom she calls.",
            "Return to work; early signs",
            "The page hangs inside the cupboard door; her partner has read it",
        ),
    ),
    scores=(
        Scores("phq-9", {-3: 19, 9: 15, 21: 11, 35: 8, 49: 8, 63: 9, 77: 7, 91: 6, 105: 6}),
        Scores(
            "mood",
            {
                day: mood
                for day, mood in zip(  # 0: no answer on that day
                    range(97, 118), (5, 6, 6, 7, 0, 6, 7, 7, 6, 5, 6, 6, 7, 8, 7, 0, 7, 6, 6, 7, 7), strict=True
                )
                if mood
            },
        ),
    ),
    planned=(Planned(3),),
    ticks=(
        Ticks(STEP, (3, 4, 6, 7, 9, 12, 13, 18, 20, 25, 31, 32, 40, 47, 58, 66, 79, 88, 101, 113, 116)),
        Ticks(SWIMMING, (34, 41, 48, 62, 69, 83, 97, 111)),
        Ticks(SENTENCE, (54, 60, 74, 75, 99)),
    ),
    still=(
        Still(34, STEP, Kept.KEPT, month=1),
        Still(48, PLATE, Kept.SOMETIMES, month=1),
        Still(62, SWIMMING, Kept.CHANGED, "Thursdays, since the pool closes on Tuesdays", month=1),
        Still(83, SENTENCE, Kept.KEPT, month=1),
        Still(95, STEP, Kept.SOMETIMES, "When it does not rain", month=3),
        Still(104, PLATE, Kept.DONE, "The list is empty. My brother has his plates."),
    ),
)

REMISSION = Story(
    code="H-02",
    name="Samuel Oyelaran",
    born=date(1991, 11, 2),
    began=186,
    condition=Condition.ANXIETY,
    measure="gad-7",
    planned_doses=6,
    route=Route.IV_INFUSION,
    weight_kg=81,
    left_with="his sister",
    sessions=(
        Preparation(
            -6,
            "I would like one hour in which nothing is about to go wrong.",
            "Samuel plans for every accident. We planned this one together, once, and then put the list in a drawer. "
            "Practised slow breathing with the hand on the belly, which he will have with him whatever happens.",
            Modality.MINDFULNESS,
        ),
        Dose(
            0,
            40,
            "To let the list lie in the drawer.",
            "Held the arm of the chair for ten minutes and then let go of it. Described floating above his street and "
            "seeing that all the doors were shut and everybody was asleep.",
            (Adverse(EventTerm.DIZZINESS, MILD, 35),),
        ),
        Dose(
            3,
            40,
            "To look at the street again.",
            "Easier start. Asked twice for the time, then no longer. Warm and tired afterwards.",
            rise=16,
        ),
        Integration(
            5,
            "He has noticed silence in the mornings, where the lists used to be. It felt suspicious at first. We "
            "practised leaving a silence alone.",
            "Silence as something safe",
            "Breakfast without the phone",
            Modality.MINDFULNESS,
        ),
        Dose(
            7,
            40,
            "To be in my body and not only in my head.",
            "Spoke little. Moved his feet with the music. Said that his shoulders had come down from his ears.",
        ),
        Dose(
            10,
            42,
            "Same again, and thank you.",
            "Uneventful. A brief wish to call his father near the end, which he carried out with him.",
            (Adverse(EventTerm.BP_INCREASED, MILD, 40),),
            rise=34,
        ),
        Integration(
            12,
            "He did call his father. They spoke of football for an hour and of nothing else, and it was the longest "
            "call in years.",
            "Closeness without a purpose",
            "The Sunday call stays; no topic is needed",
        ),
        Dose(14, 42, "To trust it.", "Restful. Laughed once and could not say at what.", rise=15),
        Dose(
            17,
            42,
            "To say goodbye to this room.",
            "Last infusion of the six. Thanked the room, the chair and the blanket by name.",
            rise=18,
        ),
        Integration(
            19,
            "Looked over the six weeks. Worry comes still, as a visitor. He knows the difference between a plan and a "
            "vigil.",
            "Plan or vigil",
            "Ten minutes of worry at five o'clock, on paper, and then the day goes on",
            Modality.CBT,
        ),
        Integration(
            47,
            "Review. He took a train without checking the return. Agreed to end the course and to keep answering the "
            "questionnaire each month.",
            "Ending well",
            "Monthly questionnaire; call us when the vigil is back for a week",
            Modality.CBT,
        ),
    ),
    scores=(
        Scores("gad-7", {-2: 17, 8: 10, 21: 4, 35: 3, 49: 2, 77: 3, 105: 2, 140: 3, 174: 2}),
        Scores("phq-9", {-2: 12, 21: 5, 49: 3, 105: 3}),
    ),
    end=End(60, EndReason.COMPLETED),
)

FADES = Story(
    code="H-03",
    name="Dara Quinlan",
    born=date(1979, 8, 14),
    began=144,
    condition=Condition.PTSD,
    measure="pcl-5",
    planned_doses=4,
    route=Route.IM,
    weight_kg=74,
    pressure=(128, 82),
    left_with="a friend",
    sessions=(
        Preparation(
            -7,
            "To sleep in my own bed with the door closed.",
            "Former paramedic. We agreed on a word that stops everything, and that she lies with her head towards the "
            "door. No talk of the accident unless she begins it.",
            Modality.SOMATIC,
        ),
        Dose(
            0,
            50,
            "To find out that I can be still.",
            "Watchful for the first quarter of an hour, then soft. Trembling in the legs, which she welcomed. Did not "
            "speak of the accident. Asked for the window to be opened and heard birds.",
            (Adverse(EventTerm.DISSOCIATION, MODERATE, 15),),
            rise=26,
        ),
        Integration(
            1,
            "Tired and surprised. Her legs have done what they could not do at the roadside, she says. We let the "
            "trembling come a little, standing, with our feet on the floor.",
            "The body finishes something",
            "Shake out arms and legs after each shift, two minutes",
            Modality.SOMATIC,
        ),
        Dose(
            14,
            60,
            "To look from the side, not from inside.",
            "Saw the road from far above, small and grey, with the lights going round. She could leave when she "
            "wanted and did so twice. Sick on the way back, better after ginger tea.",
            (Adverse(EventTerm.NAUSEA, MODERATE, 55),),
        ),
        Integration(
            15,
            "For the first time she told it from beginning to end, with pauses. Three nights of sleep since.",
            "Choosing the distance; a beginning and an end",
            "The tale is written down and lies in a box that she can close",
            Modality.EMDR,
        ),
        Dose(
            28,
            60,
            "To leave the road.",
            "Mostly silence and a few long breaths. She said that somebody else was on duty tonight.",
            rise=18,
            scene=Scene.SLIP,
        ),
        Integration(
            30,
            "The bedroom door was closed on four nights out of seven. We marked it with tea in the good cups.",
            "Off duty",
            "Door closed on weekdays; the dog sleeps outside it",
            Modality.EMDR,
        ),
        Integration(
            58,
            "Steady. She walked past the station and went in to say hello.",
            "Coming near again, on her own terms",
            "One visit a month to the station, with Kay",
            Modality.EXPOSURE,
        ),
        Integration(
            121,
            "The anniversary is near. Sleep is lighter and the door is open again. We went through her page of early "
            "signs and agreed on a talk about another dose.",
            "Anniversary; early signs",
            "Evenings without news; call if three nights are bad",
            Modality.SOMATIC,
        ),
    ),
    scores=(Scores("pcl-5", {-4: 54, 18: 44, 35: 31, 50: 27, 65: 26, 82: 28, 100: 30, 118: 35, 136: 43}),),
    planned=(Planned(4, Kind.DOSING),),
)

RELAPSE_AND_BOOSTER = Story(
    code="H-04",
    name="Tomasz Bielak",
    born=date(1972, 1, 30),
    began=250,
    condition=Condition.DEPRESSION,
    measure="phq-9",
    planned_doses=6,
    route=Route.IV_INFUSION,
    weight_kg=92,
    pressure=(130, 84),
    left_with="his wife",
    sessions=(
        Preparation(
            -8,
            "I would like to want something again.",
            "Tomasz builds boats and has not gone to the yard since spring. Dry humour, long pauses. Went through his "
            "blood pressure medicine with Dr Lund. His wife joined for the last ten minutes.",
        ),
        Dose(
            0,
            46,
            "To want something.",
            "Lay very still. Reported afterwards that he had been a plank, and that it had been quite restful to be "
            "one.",
            (Adverse(EventTerm.DIZZINESS, MILD, 40),),
            rise=24,
        ),
        Dose(
            3, 46, "No idea. To turn up.", "Turned up. Hands moved as if sanding. Hungry afterwards, for soup.", rise=22
        ),
        Integration(
            4,
            "The soup was the first thing in months that he wanted. We did not make more of it than it was.",
            "Small wants count",
            "Write down one thing wanted each day, however small",
        ),
        Dose(
            7,
            46,
            "Soup, then we shall see.",
            "Smiled under the mask. Water, a tide going out, things lying there to be picked up.",
        ),
        Dose(10, 46, "To pick one up.", "Long wordless stretch, easy return. Blood pressure behaved.", rise=18),
        Integration(
            11,
            "Went to the yard to fetch a chisel and stayed two hours. His list has nine wants.",
            "The yard; hands know",
            "Yard on two mornings, leave before it gets too much",
        ),
        Dose(
            14,
            46,
            "To stay for a while.",
            "Some sadness about his own father, spoken of plainly.",
            (Adverse(EventTerm.BP_INCREASED, MILD, 45),),
            rise=36,
        ),
        Dose(17, 46, "To finish what we began.", "Calm. Asked for the same music as on the first day."),
        Integration(
            18,
            "Set the six sessions side by side. What helped: turning up, soup, hands.",
            "What helps",
            "Yard on three mornings; supper with the family",
        ),
        Integration(
            40,
            "His daughter visited him at work. He is teaching her to plane. Sleep good, mood fair on most days.",
            "Passing something on",
            "Saturday is for planing with Zofia",
            Modality.SUPPORTIVE,
        ),
        Dose(
            104,
            50,
            "To find the tide again.",
            "Came after three grey weeks when an order fell through. Familiar and quick to settle. Wept, and was glad "
            "that he could.",
            rise=25,
            scene=Scene.BOOSTER,
        ),
        Integration(
            106,
            "Lighter. We looked at how the slide went: the list stopped first, then the yard, then supper. The list "
            "is the thing to watch.",
            "Order of the slide; the list as an early sign",
            "His wife asks for the list on Fridays",
        ),
        Integration(
            150,
            "Good stretch. The boat has a name. He does not want to say it yet.",
            "Keeping a thing to himself",
            "Friday list goes on",
        ),
        Integration(
            233,
            "The list has stopped again, and he said so himself before anybody asked. We planned another infusion "
            "with Dr Lund and a shorter way back.",
            "Saying it early",
            "Yard once a week even if only to sweep",
        ),
    ),
    scores=(
        Scores(
            "phq-9",
            {-1: 21, 8: 14, 21: 8, 35: 6, 49: 6, 63: 7, 77: 8, 91: 14, 98: 15}
            | {118: 8, 132: 7, 146: 6, 160: 7, 174: 7, 188: 8, 202: 8, 216: 9, 230: 14, 242: 16},
        ),
    ),
    planned=(Planned(2, Kind.DOSING), Planned(4)),
)

NO_RESPONSE = Story(
    code="H-05",
    name="Ruth Ashdown",
    born=date(1964, 6, 5),
    began=58,
    condition=Condition.DEPRESSION,
    measure="phq-9",
    planned_doses=8,
    route=Route.ESKETAMINE_NASAL,
    medicine=Medicine.ESKETAMINE,
    weight_kg=63,
    pressure=(126, 80),
    left_with="a volunteer driver",
    sessions=(
        Preparation(
            -5,
            "To read a whole book again.",
            "Retired librarian. Sceptical and polite about it. We agreed that she may stay sceptical. Explained the "
            "two hours of observation and that she will not drive until the next day.",
        ),
        Dose(
            0,
            56,
            "To give it an honest try.",
            "Found the taste dreadful. Mild floating, no fear. Read the back of the biscuit packet out loud when it "
            "was over.",
            (Adverse(EventTerm.OTHER, MILD, 10, "Bitter taste"), Adverse(EventTerm.DIZZINESS, MILD, 30)),
        ),
        Dose(3, 84, "To see whether more is more.", "Drowsy. The ceiling tiles were a page without letters, she said."),
        Dose(7, 84, "To stay curious.", "Much as before. Somewhat disappointed to come back to the same afternoon."),
        Integration(
            8,
            "She reports no change and we took that seriously. Grief for her husband came up, whom she does not wish "
            "to be cheered out of missing.",
            "Honest disappointment; grief is not the illness",
            "A chapter a day is too much: one page, aloud",
            Modality.SUPPORTIVE,
        ),
        Dose(10, 84, "One page.", "Restless legs, walked a little with the nurse. Otherwise quiet.", rise=28),
        Dose(
            14,
            84,
            "Nothing in particular.",
            "Slept through most of it.",
            (Adverse(EventTerm.NAUSEA, MILD, 50),),
        ),
        Dose(
            21, 84, "To decide afterwards.", "Clear and calm. Said that she would like to talk about whether to go on."
        ),
        Integration(
            22,
            "We looked at the scores together, which move by a point or two. She would like a break and a second "
            "opinion on her medicines, and to keep coming to talk.",
            "Deciding together; stopping is not failing",
            "Page a day goes on; appointment with her prescriber",
            Modality.SUPPORTIVE,
        ),
        Integration(
            43,
            "No doses since. The page has become two on some days. Mood as it was. She likes being asked.",
            "Two pages",
            "Reading hour at the community room on Thursdays",
            Modality.SUPPORTIVE,
        ),
    ),
    scores=(Scores("phq-9", {-2: 20, 9: 19, 16: 18, 23: 17, 37: 18, 51: 18}),),
    planned=(Planned(5),),
)

WORSENING = Story(
    code="H-06",
    name="Callum Thorne",
    born=date(1997, 2, 11),
    began=26,
    enrolled=-6,
    condition=Condition.SUICIDAL_IDEATION,
    measure="phq-9",
    planned_doses=8,
    route=Route.ESKETAMINE_NASAL,
    medicine=Medicine.ESKETAMINE,
    weight_kg=77,
    left_with="his mother",
    sessions=(
        Preparation(
            -3,
            "For the nights to get shorter.",
            "Went through his safety plan line by line and changed two of them. His mother keeps his medicines. He "
            "can name three people, and rang one of them from here to ask whether that was all right. It was.",
        ),
        Dose(
            0,
            84,
            "For the nights to get shorter.",
            "Anxious before, quieter after. Said it was like lying under a table as a child while the others talk.",
            (Adverse(EventTerm.DISSOCIATION, MILD, 20),),
        ),
        Dose(4, 84, "To lie under the table.", "Peaceful. Spoke about school for the first time.", rise=23),
        Integration(
            6,
            "Under the table he is safe and also not seen. We thought about who might look under it.",
            "Hidden or safe; being looked for",
            "Text Rory on bad nights, one word is enough",
            Modality.IFS,
        ),
        Dose(
            11,
            84,
            "To come out a bit.",
            "Harder this time, some tears and a headache. Stayed an hour longer and had toast.",
            (Adverse(EventTerm.OTHER, MILD, 80, "Headache"),),
            rise=30,
        ),
        Integration(
            13,
            "A row at home and two nights without sleep. Safety plan looked at again, the crisis number is in his "
            "phone. We meet twice a week for now.",
            "Row at home; sleep",
            "Safety plan on the fridge; evenings at his aunt's until Sunday",
            Modality.SUPPORTIVE,
        ),
        Integration(
            16,
            "He came, which he had not been sure of. Sleeps at his aunt's, four hours a night. We kept to small "
            "things: who is there this evening, what is for supper.",
            "This evening",
            "Supper at the table; telephone charged and beside the bed",
            Modality.SUPPORTIVE,
        ),
        Integration(
            20,
            "Low and flat, answers in few words. Agreed with him and his mother that Dr Lund sees him this week and "
            "that we speak every day until then.",
            "Being accompanied",
            "A call each day at six",
            Modality.SUPPORTIVE,
        ),
    ),
    scores=(
        Scores(
            "phq-9",
            {-2: 17, 8: 16, 15: 18, 23: 23},
            flags={-2: 2, 8: 1, 15: 1, 23: 2},
            acted_on={
                -2: "Talked the same afternoon. Thoughts without a plan, safety plan written together, mother told "
                "with his consent. Seen again in three days.",
                8: "Asked about it in the session: fewer nights, no plan. Safety plan unchanged.",
                15: "Rang him within the hour and again in the evening. No plan, staying at his aunt's. Two sessions "
                "a week from now on.",
            },
        ),
    ),
    planned=(Planned(1), Planned(2, Kind.DOSING)),
)

PARTIAL = Story(
    code="H-07",
    name="Meera Vasan",
    born=date(1988, 9, 19),
    began=77,
    condition=Condition.ANXIETY,
    measure="gad-7",
    planned_doses=6,
    route=Route.SUBLINGUAL,
    weight_kg=59,
    pressure=(112, 72),
    left_with="her husband",
    sessions=(
        Preparation(
            -6,
            "To answer an e-mail without reading it eleven times.",
            "Practised with a lozenge of plain sugar, how to hold it and when to swallow. Meera likes to know the "
            "steps. We wrote them on a card.",
            Modality.CBT,
        ),
        Dose(0, 100, "To do something only once.", "Light. Enjoyed the music and told us about each piece."),
        Integration(
            2,
            "She sent two short e-mails unread and nothing happened. The day after she checked them in the sent "
            "folder, and told me with a grin.",
            "Checking; good enough",
            "One e-mail a day sent after a single reading",
            Modality.CBT,
        ),
        Dose(
            14,
            150,
            "To go a little further down.",
            "Deeper and a little strange. A house with many clocks, none of which agreed.",
            (Adverse(EventTerm.NAUSEA, MILD, 60), Adverse(EventTerm.DIZZINESS, MILD, 35)),
        ),
        Integration(
            16,
            "The clocks: whose time is she late for? Her mother's voice in it, with affection.",
            "Whose clock; the good daughter",
            "Arrive five minutes late, once, on purpose",
            Modality.IFS,
        ),
        Dose(
            28, 150, "To stop one of the clocks.", "Quiet. Took the mask off early and was happy to look at the tree."
        ),
        Integration(
            31,
            "Less checking at work, still a tight chest on Sunday nights. She calls it half a loaf.",
            "Half a loaf; Sunday nights",
            "Sunday walk at dusk; breathing card",
            Modality.CBT,
        ),
        Dose(
            42,
            200,
            "Sundays.",
            "Slept a little. Stomach uneasy until the evening.",
            (Adverse(EventTerm.NAUSEA, MILD, 75),),
        ),
        Integration(
            45,
            "Sundays are better by a notch. We talked about whether more doses or more practice is what she needs. "
            "Practice first.",
            "Practice before dose",
            "Plan Monday on Friday, then close the laptop",
            Modality.CBT,
        ),
    ),
    scores=(Scores("gad-7", {-4: 18, 10: 16, 24: 13, 38: 12, 52: 11, 70: 11}),),
    planned=(Planned(6),),
)

DROP_OUT = Story(
    code="H-08",
    born=date(1983, 12, 3),
    began=172,
    condition=Condition.PTSD,
    measure="pcl-5",
    planned_doses=4,
    route=Route.IM,
    weight_kg=86,
    left_with="a neighbour",
    sessions=(
        Preparation(
            -6,
            "Not to jump when a door slams.",
            "Prefers to be known by a code here. Long way to travel. We spoke of what would make it possible to come, "
            "and that leaving is always allowed.",
            Modality.SOMATIC,
        ),
        Dose(
            0,
            55,
            "Not to jump.",
            "Kept the eyes open for half of it and that was fine. Breathing slowed with the second piece of music.",
            (Adverse(EventTerm.BP_INCREASED, MILD, 25),),
            rise=37,
        ),
        Integration(
            3,
            "By video. A door slammed during the talk and we both noticed the shoulders, and smiled.",
            "Startle; humour",
            "Name five blue things when it slams",
            Modality.SOMATIC,
        ),
        Dose(
            14,
            65,
            "To rest for the length of a record.",
            "Twenty minutes in he held his chest and was afraid. Pressure and pulse were high and stayed high. The "
            "ambulance was there after nine minutes, and a hand stayed on his shoulder until then.",
            (Adverse("chest_pain", Severity.SEVERE, 22, serious=True),),
            rise=66,
            scene=Scene.TRANSFER,
        ),
        Integration(
            17,
            status=Status.CANCELLED,
            reason="Cancelled by the patient. The hospital found nothing wrong; he was home after a night.",
        ),
        Dose(
            28,
            65,
            "",
            status=Status.CANCELLED,
            reason="Did not come. Sent the questionnaire that day; could not be reached by telephone afterwards.",
        ),
    ),
    scores=(Scores("pcl-5", {-5: 58, 18: 41, 28: 38}),),
    end=End(92, EndReason.LOST_TO_FOLLOW_UP),
)

GAP = Story(
    code="H-09",
    name="Gwen Pritchard",
    born=date(1958, 3, 27),
    began=97,
    condition=Condition.CHRONIC_PAIN,
    measure="peg",
    planned_doses=4,
    route=Route.ORAL,
    weight_kg=71,
    pressure=(134, 84),
    left_with="her son",
    sessions=(
        Preparation(
            -5,
            "To walk to the headland and back.",
            "Nerve pain after shingles, four years. Gwen has been told often that it is in her head. We spoke of pain "
            "as real and as something that the whole of her takes part in.",
        ),
        Dose(
            0,
            150,
            "To be somewhere else than my side.",
            "Warm and heavy. The burning was still there, she said, but in the next room.",
            (Adverse(EventTerm.DIZZINESS, MILD, 60),),
        ),
        Integration(
            2,
            "Two good mornings. She overdid the garden on the first and paid for it. We drew the week as a tide table.",
            "The next room; pacing",
            "Garden twenty minutes, by the kitchen timer",
        ),
        Dose(
            7,
            200,
            "To keep the door to that room half closed.",
            "Sang under her breath in Welsh. Came back slowly and cheerful.",
            (Adverse(EventTerm.NAUSEA, MILD, 80),),
        ),
        Integration(
            9,
            "Walked to the gate and back without thinking of it. She notices that she holds her breath when she bends.",
            "Breath and bracing",
            "Breathe out on bending; walk to the gate every day",
            Modality.MINDFULNESS,
        ),
        Dose(
            14,
            200,
            "To get as far as the headland.",
            "Blood pressure 162/98 on arrival, 158/96 after twenty minutes of rest. She had left her tablets at home. "
            "We had tea, talked, and put the dose off.",
            status=Status.HELD,
            reason="Blood pressure 162/98 before the dose, not down after rest.",
            pressure=(162, 98),
        ),
        Integration(
            22,
            "Disappointed about the dose and pleased about the week. She goes to her daughter abroad for two months "
            "and takes the timer with her.",
            "Keeping it going away from home",
            "Timer, breath, a walk each day; a postcard when she reaches a headland",
        ),
        Integration(
            88,
            "Back, brown and talkative. There was a postcard. She forgot the questionnaires entirely and answered one "
            "today.",
            "Headland reached",
            "Questionnaire on the first of the month, on the calendar",
        ),
    ),
    scores=(Scores("peg", {-3: 22, 6: 15, 14: 12, 21: 11, 88: 10}),),
    planned=(Planned(9),),
)

BRIEF = Story(
    code="H-10",
    name="Elias Haddow",
    born=date(1993, 7, 8),
    began=66,
    condition=Condition.DEPRESSION,
    measure="phq-9",
    planned_doses=6,
    route=Route.SUBLINGUAL,
    weight_kg=70,
    left_with="his flatmate",
    sessions=(
        Preparation(
            -4,
            "To feel the music I make.",
            "Plays the cello and has stopped hearing it. Very hopeful, and we spoke about hope and hurry. His "
            "flatmate will bring and fetch him.",
        ),
        Dose(
            0,
            150,
            "To feel the music.",
            "Conducted with two fingers. Tears at the slow movement, and joy, and then sleep.",
            (Adverse(EventTerm.DISSOCIATION, MILD, 30),),
        ),
        Integration(
            2,
            "Radiant and sleeping too little. Played for four hours. We spoke about letting it land.",
            "Joy and hurry",
            "One hour of cello, then a walk, then bed at eleven",
        ),
        Dose(
            14,
            150,
            "To have that again.",
            "Looked for the first time and did not find it. Frustrated, kind about it later.",
        ),
        Integration(
            16,
            "The good fortnight is thinning. He fears that he has used it up. We looked at what was there besides the "
            "lozenge: sleep, his flatmate, an hour of cello.",
            "Chasing; what else helped",
            "Sleep first; play scales when nothing sounds",
        ),
        Dose(
            28,
            200,
            "To not look for anything.",
            "Gentle and grey, like rain on a window. No distress.",
            (Adverse(EventTerm.DIZZINESS, MILD, 40),),
        ),
        Integration(
            30,
            "Rain on a window is a sound, too, he said. Mood low, no worse. We put off the next dose to think.",
            "Grey is not empty",
            "Record ten seconds of sound each day",
        ),
        Integration(
            58,
            "Still low. He keeps the recordings. We talked with Dr Lund about another route or another medicine.",
            "Next steps",
            "Recordings; rehearsal once a week, as a listener",
            Modality.SUPPORTIVE,
        ),
    ),
    scores=(Scores("phq-9", {-2: 16, 13: 7, 27: 12, 41: 13, 57: 12}),),
    planned=(Planned(8),),
)

TOO_EARLY = Story(
    code="H-11",
    name="Joan Castellane",
    born=date(1975, 10, 24),
    began=7,
    enrolled=-16,
    condition=Condition.DEPRESSION,
    measure="phq-9",
    planned_doses=6,
    route=Route.IV_INFUSION,
    weight_kg=66,
    left_with="her husband",
    sessions=(
        Preparation(
            -10,
            "To be curious about tomorrow.",
            "Teacher, on leave since the autumn term. First talk: what has helped before, what has not, and what she "
            "tells her class in her mind.",
        ),
        Preparation(
            -3,
            "To be curious about tomorrow.",
            "Second talk. Visited the room, tried the chair, chose the blanket. Consent gone through without haste.",
        ),
        Dose(
            0,
            33,
            "To be curious.",
            "Nervous and brave. Colours, then a long corridor of coats like at her first school. Came back smiling "
            "and asked for a pencil.",
            (Adverse(EventTerm.DIZZINESS, MILD, 30),),
        ),
        Dose(
            3,
            33,
            "To look behind the coats.",
            "Easier. There was nobody behind the coats, and she was glad and sorry.",
            scene=Scene.TWO_HANDS,
        ),
        Integration(
            4,
            "She drew the corridor. We kept it open what it might mean and hung it on the wall.",
            "Curiosity; the corridor of coats",
            "A drawing a day, five minutes, no rubbing out",
        ),
    ),
    scores=(Scores("phq-9", {-1: 19, 3: 15}),),
    planned=(Planned(0, Kind.DOSING), Planned(1), Planned(3, Kind.DOSING)),
)

MILD_AT_THE_START = Story(
    code="H-12",
    name="Yusuf Karaman",
    born=date(1990, 5, 16),
    began=46,
    condition=Condition.OCD,
    measure="phq-9",
    planned_doses=4,
    route=Route.IM,
    weight_kg=78,
    left_with="his brother",
    sessions=(
        Preparation(
            -6,
            "To leave the house by going through the door once.",
            "His mood is fair, the checking is not. We agreed to follow the checking with its own question beside the "
            "mood.",
            Modality.EXPOSURE,
        ),
        Dose(
            0, 45, "Once through the door.", "Counted at the start, lost count and noticed that he had. Found it funny."
        ),
        Integration(
            1,
            "Talked about losing count: nothing fell down. First step of the ladder is the window in the hall.",
            "Losing count",
            "Hall window: look once, walk on",
            Modality.EXPOSURE,
        ),
        Dose(
            14,
            55,
            "To leave the window alone.",
            "Slow waves. Said the house had been without locks and full of people whom he liked.",
            (Adverse(EventTerm.NAUSEA, MILD, 60),),
        ),
        Dose(
            15,
            55,
            "To leave the window alone.",
            "Slow waves. Said the house had been without locks.",
            in_error="The session of the day before, entered a second time under the wrong date.",
        ),
        Integration(
            16,
            "Window done on six days of seven. The seventh is interesting, he says, and he is right.",
            "The seventh day",
            "Second step: the front door, once, with his brother waiting outside",
            Modality.EXPOSURE,
        ),
        Dose(
            28,
            55,
            "The front door.",
            "Restful and uneventful. Practised walking out of the room, once, at the end.",
            rise=15,
        ),
        Integration(
            30,
            "Front door on four days. It takes three minutes now and used to take forty.",
            "Three minutes",
            "Keep the ladder; one step a fortnight",
            Modality.EXPOSURE,
        ),
    ),
    scores=(
        Scores("phq-9", {-3: 8, 14: 6, 28: 5, 40: 5}),
        Scores("ocd", {-3: 8, 14: 7, 28: 5, 40: 4}),
    ),
    planned=(Planned(7),),
)

STORIES = (
    HOLDS,
    REMISSION,
    FADES,
    RELAPSE_AND_BOOSTER,
    NO_RESPONSE,
    WORSENING,
    PARTIAL,
    DROP_OUT,
    GAP,
    BRIEF,
    TOO_EARLY,
    MILD_AT_THE_START,
)
