"""What the notes of the invented patients are put together from; nothing here was said by anybody.

`{they}`, `{them}`, `{their}` stand for whoever it is about, with a capital where a sentence begins. All verbs that
follow are in the past tense, so that they suit one person as well as another.
"""

from typing import NamedTuple

from kap.treatment.models import Condition


class Talk(NamedTuple):
    """What an integration session was about: what was told, its themes, and what was agreed to practise."""

    told: str
    themes: str
    practices: str


NAMES = (
    ("Farah Nadimi", "she"),
    ("Idris Bellamy", "he"),
    ("Sunniva Holt", "she"),
    ("Tadeusz Wronko", "he"),
    ("Chidinma Eze-Walsh", "she"),
    ("Rafael Ondarra", "he"),
    ("Robin Saltmarsh", "they"),
    ("Hanneke Vosmaer", "she"),
    ("Kofi Adjei-Stone", "he"),
    ("Marisol Quintana-Hale", "she"),
    ("Hamish Dunlevy", "he"),
    ("Kamala Deshmane", "she"),
    ("Arjun Pillaray", "he"),
    ("Teodora Ilicova", "she"),
    ("Bashir Halloumi-Reed", "he"),
    ("Roisin Tullamore", "she"),
    ("Nikos Vardalis", "he"),
    ("Mei-Lin Ashworth", "she"),
    ("Anselm Prycewood", "he"),
    ("Yewande Okafor-Lane", "she"),
    ("Laurie Penhallow", "they"),
    ("Emeka Obiora-Finch", "he"),
    ("Ottilie Brandmayr", "she"),
    ("Dov Kestrelman", "he"),
)

ESCORTS = (
    "{their} partner",
    "a friend",
    "{their} sister",
    "a neighbour",
    "{their} brother",
    "{their} grown-up son",
    "{their} daughter",
    "a colleague",
    "{their} mother",
    "{their} housemate",
)

INTENTIONS = (
    "To let something be easy.",
    "To meet whatever is there without arguing.",
    "To breathe all the way out.",
    "To see what is under the tiredness.",
    "To be less alone with it.",
    "To put the armour down for an hour.",
    "To remember what I liked.",
    "To ask the fear what it wants.",
    "To let my shoulders rest.",
    "To stop keeping score.",
    "To trust the people in the room.",
    "To say goodbye to the old plan.",
    "To be curious and not clever.",
    "To listen.",
    "To forgive a small thing first.",
    "To feel my feet.",
    "To have no intention today.",
    "To thank my body for carrying on.",
    "To look at the photograph and stay.",
    "To let the day be long.",
    "To go slowly.",
    "To be somebody who may want things.",
    "To leave the door ajar.",
    "To find a word for it.",
)

FIRST_TALKS = (
    (
        "First talk. {They} told the long story in a quarter of an hour and seemed surprised to have got there. We "
        "went through the day of the dose step by step."
    ),
    (
        "First talk. {They} came with a list of questions, and we answered them in order. The one about losing control "
        "took the longest."
    ),
    "First talk. Much has been tried. We spoke about what this may do, what it may not, and how we shall know.",
    "First talk. {They} would rather not speak about the worst of it yet, and need not. Agreed on a sign for a pause.",
    "First talk. Hopeful and wary in equal parts. We wrote down what a slightly better week would look like.",
    "First talk. {They} asked whether people cry. They do. We looked at the room and where the tissues are.",
    "First talk. Sleep, food, tablets and transport gone through. {They} chose the chair by the window.",
    "First talk. {They} had done hard things before, and we listed what helped then.",
    "First talk, with somebody close to {them} there for the last ten minutes. Who brings, who fetches, who rings.",
    (
        "First talk. {They} spoke quietly and took {their} time. We read the consent together and marked two lines to "
        "come back to."
    ),
    "First talk. Past experience with medicines made {them} doubtful. Doubt may come along, we agreed.",
    "First talk. {They} wanted to understand how it works, so we drew it.",
)

SECOND_TALKS = (
    "Second talk. Tried the eye mask and two pieces of music; one was sent away at once. Breathing practised.",
    "Second talk. The intention found its words. Agreed on touch: a hand on the shoulder, when asked for.",
    "Second talk. Lay down for five minutes with music, as a rehearsal. {They} fell nearly asleep.",
    "Second talk. Came back to the two lines in the consent. Nothing else open. Evening after the dose kept free.",
    "Second talk. We spoke about how difficult moments usually pass, and what {they} can do until they have.",
    "Second talk. A stone from the garden will come along in the left hand. Escort confirmed.",
)

SETTLING = (
    "Settled within a few minutes.",
    "Talked for a while before lying back.",
    "Asked to begin without music, then for it after ten minutes.",
    "Nervous on arrival, calmer once the blanket was there.",
    "Came in tired from a short night and said so.",
    "Needed time to find a position for the back.",
    "Asked for a hand at the beginning and let go of it later.",
    "Arrived early and sat quietly until we began.",
    "Kept the eyes open at first, looking at the plant.",
    "Joked at the start, then went silent.",
    "Read the intention aloud and folded the paper.",
    "Breathed slowly through the first minutes, as practised.",
    "Laughed about the socks and lay down.",
    "A little cold at first; second blanket.",
    "Wanted the curtain half open today.",
    "Hesitated at the eye mask and left it off for a while.",
    "Came in straight from work and needed a moment to arrive.",
    "Closed the eyes before we had finished the checks.",
    "Brought a shell from the beach and held it.",
    "Quiet start, one long sigh.",
    "Asked twice whether everything was all right, and then believed it.",
    "Began with the feet, toe by toe, as agreed.",
    "Rain on the window; {they} took it for part of the music.",
    "Said that today felt less like an examination.",
)

IMAGES = (
    "Spoke of a staircase that went on politely, and of not having to climb it.",
    "Tears without sadness, as {they} put it, about a third of the way in.",
    "Described lying at the bottom of a boat and being rowed by somebody kind.",
    "Saw the street of {their} childhood from above, very tidy.",
    "Remembered the smell of a workshop and stayed in it for a long time.",
    "Lost the edges of the hands and found that interesting.",
    "Mostly colours; a green that {they} had no name for.",
    "Not much to see. Warm, heavy, content.",
    "Met a dog from long ago. It was well.",
    "A frightening stretch like a lift without a floor; held the hand, breathed, and came through.",
    "Said 'there is room' three times.",
    "Heard every instrument by itself and felt sorry for the bassoon.",
    "Walked through a house in which all the lights had been left on, and turned them off one by one.",
    "Time went round in a circle, slowly, like a fair that is being taken down.",
    "Watched {their} thoughts go by as boats; did not get on.",
    "A conversation with {their} grandfather about nothing much.",
    "Sorrow came, stayed as long as a song, and went.",
    "Stood in a field in which nothing was expected of anybody.",
    "Was a tree for a while, with good neighbours.",
    "Floated. Noticed the jaw, and let it go.",
    "Rolled up like a fern, {they} said, and unrolled.",
    "Anger, clear and without heat, at something from school.",
    "Saw a table laid for more people than {they} had thought.",
    "The sea again, further out, with the shore in sight.",
    "Nothing came, and {they} noticed how hard it was to let nothing come.",
    "Opened a drawer with letters; had no need to read them.",
    "A choir of kitchen things. Laughed aloud.",
    "Felt small in a good way, as under stars.",
    "Lay in long grass; somebody was calling, and it was not urgent.",
    "Some old words came up. {They} said them once and no more.",
)

RETURNS = (
    "Came back slowly and asked for water.",
    "Said little afterwards and looked rested.",
    "Ate two biscuits and wrote half a page.",
    "Back within the hour, hungry.",
    "Afterwards the room seemed very detailed, {they} said.",
    "Tired, clear, a little shy.",
    "Wanted to keep the last minutes to {them} alone, and did.",
    "Asked when the next one would be, then took it back.",
    "Drew something round.",
    "Walked the corridor with an arm to hold, steady by the second turn.",
    "No distress when asked.",
    "Thanked the chair.",
    "Slept for ten minutes at the end.",
    "Found three words for it and kept them.",
    "A bit unsteady; stayed half an hour longer to be sure.",
    "Smiled at the clock.",
    "Rang home before leaving.",
    "Said that it was less than last time, and enough.",
    "Left with the blanket's crease on the cheek and in good spirits.",
    "Remarked on how ordinary the afternoon looked.",
    "Asked us to write down one sentence word for word, which we did.",
    "Quiet drive home planned.",
)

HOPE = (
    Talk(
        "{They} woke before the alarm and lay there listening, which had not happened for a long time.",
        "Mornings; waking without dread",
        "Five minutes at the window before the phone",
    ),
    Talk(
        "Cooked a whole meal and invited somebody. The meal was burnt and the evening was good.",
        "Letting people come close; good enough",
        "One invitation a week, soup will do",
    ),
    Talk(
        "The image from the session came back on the bus and {they} got off a stop early to walk with it.",
        "Staying with an image",
        "Walk the last stop home",
    ),
    Talk(
        "Said no to extra work, politely, and waited for the sky to fall. It stayed up.",
        "Saying no; whose urgency",
        "One honest no a week, written down",
    ),
    Talk(
        "Noticed birdsong and was annoyed at the cliché, then listened anyway.",
        "Noticing; irony as a coat",
        "One thing heard, one seen, one felt, each evening",
    ),
    Talk(
        "The weekend passed without a nap in the afternoon. {They} found the guitar under the bed.",
        "Energy; old pleasures",
        "Ten minutes of guitar, badly, on purpose",
    ),
    Talk(
        "Spoke about {their} mother for the first time without looking at the floor.",
        "Grief with the head up",
        "A letter that need not be sent",
    ),
    Talk(
        "Good days, and the fear that they will be noticed and taken away. We let the fear have a chair.",
        "Fear of losing what is new",
        "Greet the fear by name, then go on",
    ),
    Talk(
        "A quarrel at home was over after an hour and not after a week.",
        "Repair; shorter storms",
        "Say sorry before supper",
    ),
    Talk(
        "The inner commentator was on holiday for three days. {They} missed it a little.",
        "The inner critic",
        "Thank the critic, and read on",
    ),
    Talk(
        "Went swimming. The water was cold and that was all it was.",
        "Body as a place to be",
        "Swim on Thursdays",
    ),
    Talk(
        "Answered letters that had lain since spring. Two of them were kind.",
        "Avoiding; opening",
        "Post on the day it comes",
    ),
    Talk(
        "We looked at what has changed besides the medicine: bed at eleven, a walk, fewer apologies.",
        "What helps besides",
        "Keep the three that work",
    ),
    Talk(
        "Told a friend the truth about the last two years. The friend had guessed and was glad to be told.",
        "Being known",
        "One true sentence a day to somebody",
    ),
    Talk(
        "An ordinary week. {They} used the word ordinary as one uses the word sunny.",
        "Ordinary days",
        "A line a day in the small notebook",
    ),
    Talk(
        "Applied for something and forgot to worry about it until Thursday.",
        "Wanting again",
        "One small step towards the course, every Monday",
    ),
    Talk(
        "Back at the allotment after two summers. Everything had grown that nobody had planted.",
        "Things that grew meanwhile",
        "Half an hour of weeding, no more",
    ),
    Talk(
        "Slept through four nights of seven. We moved the screen out of the bedroom, on paper and then in fact.",
        "Sleep",
        "Charger in the kitchen",
    ),
    Talk(
        "{They} cried at a film and enjoyed it.",
        "Feeling as weather",
        "Let one song play to the end",
    ),
    Talk(
        "We made a page of early signs together: cancelled plans, unwashed cups, the long way round the neighbours.",
        "Early signs",
        "The page hangs inside the cupboard",
    ),
    Talk(
        "Looked back over these weeks. What {they} wanted to keep fits on a postcard, and we wrote it.",
        "What stays",
        "Postcard to oneself, posted today",
    ),
    Talk(
        "A difficult anniversary came and was got through with cake.",
        "Anniversaries",
        "Mark the day and be in company",
    ),
)

FLAT = (
    Talk(
        "No change that {they} could name. We looked for it together and did not invent any.",
        "Honesty about nothing",
        "Keep the three lines a day, blank ones too",
    ),
    Talk(
        "The hour itself was peaceful, the week was as before. Both may be true, we agreed.",
        "Peace that stays in the room",
        "Play the music once, at home, lying down",
    ),
    Talk(
        "Disappointed, and tired of being encouraged. We sat with that.",
        "Disappointment; too much cheering",
        "Nothing new this week",
    ),
    Talk(
        "Somewhat less dread on Sunday evenings, otherwise level.",
        "Small differences",
        "Sunday walk at four",
    ),
    Talk(
        "{They} asked how long one goes on trying. We wrote down what we shall look at, and when.",
        "How long; who decides",
        "Bring the question to the review",
    ),
    Talk(
        "Two better days, then three worse ones. {They} drew them as a hedge with gaps.",
        "Ups and downs",
        "Colour in the calendar, no judging",
    ),
    Talk(
        "Talked about dose and setting with the prescriber, and about sleep, which is poor.",
        "Sleep; what to change next",
        "Same time to bed, five nights of seven",
    ),
    Talk(
        "{They} felt guilty for not being better. We gave the guilt back to nobody in particular.",
        "Guilt; effort",
        "One kind thing that costs nothing",
    ),
    Talk(
        "Came although it was hard to come. That was most of the session and not a small thing.",
        "Turning up",
        "Out of the house before noon, once",
    ),
    Talk(
        "The images stay with {them} and do not seem to lead anywhere. We let them be pictures.",
        "Meaning without hurry",
        "Draw one of them, no titles",
    ),
    Talk(
        "A little more patience with the children, less with the mirror.",
        "Patience",
        "Ten breaths before answering",
    ),
    Talk(
        "Spoke about what life would ask for if nothing changed. It was a good and sober talk.",
        "Living with it",
        "List of what is bearable, and with whom",
    ),
)

SLIP = (
    Talk(
        "The good weeks are thinning. {They} noticed it by the cups in the sink.",
        "Early signs; telling somebody",
        "Ring on the third such day, not on the tenth",
    ),
    Talk(
        "Mornings are heavy again. We went through the page of early signs and what stands beside each of them.",
        "Mornings; the page",
        "Curtains, shower, tea, in this order",
    ),
    Talk(
        "{They} found it shameful to say that it is coming back. Saying it was the work of today.",
        "Shame; coming back is no failure",
        "Tell the one who lives with it",
    ),
    Talk(
        "Sleep broken for ten days, plans cancelled twice. Spoke with the prescriber about what comes next.",
        "Sleep; next steps",
        "Bed at eleven, no phone, a call on Friday",
    ),
    Talk(
        "The old sentence was back and louder. {They} also knew it for a sentence.",
        "The old sentence",
        "Write it down and add: so it says",
    ),
    Talk(
        "Less of everything: food, talk, music. We made the week smaller until it fitted.",
        "A smaller week",
        "One meal with somebody, one walk round the block",
    ),
    Talk(
        "What was gained is not all gone: {they} still answered the telephone.",
        "What is left",
        "Keep the one habit that holds",
    ),
    Talk(
        "Angry with the medicine, with us, with the weather. All three took it well.",
        "Anger; loss",
        "Ten minutes outside at midday light",
    ),
)

OWN: dict[Condition, tuple[Talk, ...]] = {
    Condition.ANXIETY: (
        Talk(
            "Took the lift. Counted the floors aloud and nobody minded.",
            "Going towards it",
            "Lift up, stairs down",
        ),
        Talk(
            "Sent the form without reading it again. The hand shook, the form went.",
            "Checking; certainty",
            "Send one thing a day unread",
        ),
        Talk(
            "Worry kept its appointment at five o'clock and was gone by a quarter past.",
            "Worry by appointment",
            "A quarter of an hour of worry, on paper",
        ),
    ),
    Condition.PTSD: (
        Talk(
            "A car backfired. {They} came back to the street within a minute, and it used to take a day.",
            "Startle; coming back",
            "Five blue things, feet on the ground",
        ),
        Talk(
            "The nightmare had another ending. {They} told it in the past tense.",
            "The dream; past tense",
            "Write the new ending before sleep",
        ),
        Talk(
            "Sat with {their} back to a door for the length of a coffee.",
            "Safety in the body",
            "One coffee a week away from the wall",
        ),
    ),
    Condition.OCD: (
        Talk(
            "Left the house after one look at the stove. Thought about it until the corner.",
            "Doubt as noise",
            "One look, say it aloud, go",
        ),
        Talk(
            "The washing took eight minutes and used to take twenty. {They} stopped in the middle, wet, and breathed.",
            "Stopping in the middle",
            "Timer at six minutes",
        ),
        Talk(
            "The thought came as often as before and was less interesting.",
            "Thoughts as visitors",
            "Let the thought stand in the hall",
        ),
    ),
    Condition.CHRONIC_PAIN: (
        Talk(
            "The pain was there and {they} went to the market with it.",
            "Going with it; pacing",
            "Out for twenty minutes, back before it shouts",
        ),
        Talk(
            "Overdid the good day and paid for it. We drew the week as a tide table.",
            "Pacing",
            "Half of what seems possible, twice",
        ),
        Talk(
            "Noticed that {they} held {their} breath on every stair.",
            "Bracing",
            "Breathe out on the way up",
        ),
    ),
    Condition.SUICIDAL_IDEATION: (
        Talk(
            "The thoughts came on two nights and went. {They} rang {their} brother on the second, as planned.",
            "Thoughts that pass; the plan",
            "The plan stays in the wallet; tablets stay with the pharmacist",
        ),
        Talk(
            "Went through the safety plan line by line and changed one name in it.",
            "Safety plan; who is near",
            "One call each evening until Sunday",
        ),
        Talk(
            "Made an appointment with the dentist for the spring, and we both noticed what that means.",
            "The future tense",
            "One thing in the calendar that is further off than a month",
        ),
    ),
}
"""Talks that suit one condition, told when things are going well."""

DID = (
    "We stayed with it in the body, mostly in the chest.",
    "We read the note of the dose together.",
    "We sat without words for a while, which was right.",
    "Practised the breath for the way home.",
    "Looked at who else might know.",
    "We put it beside what {they} had hoped for at the beginning.",
    "By video, with a cat walking through.",
    "{They} laughed at one point, to {their} own surprise.",
    "Checked sleep, food and company; nothing new.",
    "Agreed on what to tell the family doctor.",
    "Ended with three minutes of listening to the street.",
    "We spoke about the questionnaire and what it cannot ask.",
    "Drew it on the back of the appointment card.",
    "Walked round the harbour for the second half.",
)

CANCELLED = (
    "Cancelled by the patient the evening before: a cold.",
    "Cancelled by the patient: nobody to fetch them home.",
    "Cancelled by the clinic: the prescriber was ill. A new day was offered.",
    "Cancelled by the patient: could not leave work.",
    "Cancelled on the day: trains not running.",
    "Cancelled by the patient: child ill at home.",
)

NO_SHOW = (
    "Did not come. Rang twice and left a message.",
    "Did not come; an answer by text the next day, wants to think about it.",
    "Did not come, could not be reached. A letter was sent.",
)

HELD = (
    (
        "Had eaten an hour before.",
        "A sandwich on the train, forgotten until we asked. We talked instead and found a new day.",
        None,
    ),
    (
        "Blood pressure {upper}/{lower} on arrival and no lower after rest.",
        "Felt well and was cross with the cuff. Spoke with the prescriber; home readings until next time.",
        (164, 101),
    ),
    (
        "Blood pressure {upper}/{lower} on arrival, tablets forgotten.",
        "Tea, twenty minutes of rest, the same again. Put off until the tablets have been taken.",
        (158, 98),
    ),
    ("Feverish and coughing.", "Sent home with tea and a new date. {They} took it with humour.", None),
    (
        "Had taken a sleeping tablet late at night and was drowsy.",
        "Not today, we all agreed. Used the hour to talk about nights.",
        None,
    ),
)

OTHER_EVENTS = (
    "Headache in the evening, gone by the morning",
    "Vomited once, on the way home",
    "Blurred vision for half an hour",
    "Anxious for some minutes at the peak",
    "Numb lips",
    "Very sleepy until the evening",
)

ACTED_LOW = (
    "Asked about it the same morning: fleeting thoughts, no plan, no intent. Safety plan looked at again.",
    "Rang before noon. Passive thoughts at night, wants to live. Crisis numbers confirmed.",
    "Talked about it in the session. Thoughts unchanged for weeks, no plan. Partner knows.",
    "Spoke on the telephone. Less than before, nothing planned. Will ring if it grows.",
    "Seen today. No plan and no means at home. Next call agreed for Friday.",
    "Asked in person: a thought of not waking up, gone by breakfast. Plan unchanged.",
    "Called back within the hour. No intent. Knows whom to ring at night.",
    "Gone through together: old and familiar thoughts, no pull towards them today.",
)

ACTED_HIGH = (
    "Rang within half an hour. Thoughts on most days, no intent. Sister comes for the weekend; seen again tomorrow.",
    "Seen the same day with the prescriber. Safety plan written anew, tablets handed in at the pharmacy.",
    "Spoke twice today. Crisis team told, with consent. Daily calls until the next session.",
    "Assessed in person. No plan for today, afraid of the nights. Stays with family; next contact at six.",
)
