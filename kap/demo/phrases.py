"""What the notes of the invented patients are put together from; nothing here was said by anybody.

`{they}`, `{them}`, `{their}` stand for whoever it is about, with a capital where a sentence begins. All verbs that
follow are in the past tense, so that they suit one person as well as another.
"""

from typing import NamedTuple

from kap.treatment.models import Condition, Kept, PracticeKind, Theme
from kap.treatment.practices import Agreed


class Talk(NamedTuple):
    """What an integration session was about: what was told, its themes in words and by code, and what was agreed.

    `insight` is what the patient said of it.
    """

    told: str
    themes: str
    practice: Agreed | None
    coded: tuple[Theme, ...]
    insight: str


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
        Agreed("Five minutes at the window before the phone", PracticeKind.MEDITATION, "Every morning"),
        (Theme.FEAR,),
        "I was awake and nothing was wrong yet. Then nothing went wrong.",
    ),
    Talk(
        "Cooked a whole meal and invited somebody. The meal was burnt and the evening was good.",
        "Letting people come close; good enough",
        Agreed("Ask somebody round, soup will do", PracticeKind.COMMUNITY, "Once a week"),
        (Theme.RELATIONSHIPS, Theme.JOY),
        "Nobody came for the food.",
    ),
    Talk(
        "The image from the session came back on the bus and {they} got off a stop early to walk with it.",
        "Staying with an image",
        Agreed("Walk the last stop home", PracticeKind.MOVEMENT, "After work"),
        (Theme.SPIRITUALITY,),
        "I did not want to sit down next to it. I wanted to walk.",
    ),
    Talk(
        "Said no to extra work, politely, and waited for the sky to fall. It stayed up.",
        "Saying no; whose urgency",
        Agreed("One honest no, written down", PracticeKind.VALUES, "Once a week"),
        (Theme.SELF_WORTH, Theme.RELATIONSHIPS),
        "I said no and she said, fine. That was the whole conversation.",
    ),
    Talk(
        "Noticed birdsong and was annoyed at the cliché, then listened anyway.",
        "Noticing; irony as a coat",
        Agreed("One thing heard, one seen, one felt", PracticeKind.MEDITATION, "In the evening"),
        (Theme.BODY, Theme.JOY),
        "It was a blackbird. I looked it up, which I would not have done.",
    ),
    Talk(
        "The weekend passed without a nap in the afternoon. {They} found the guitar under the bed.",
        "Energy; old pleasures",
        Agreed("Ten minutes of guitar, badly", PracticeKind.MUSIC, "Most days"),
        (Theme.CREATIVITY, Theme.JOY),
        "My fingers hurt and I was pleased about it.",
    ),
    Talk(
        "Spoke about {their} mother for the first time without looking at the floor.",
        "Grief with the head up",
        Agreed("A letter that need not be sent", PracticeKind.JOURNALING, "Once"),
        (Theme.GRIEF, Theme.FAMILY_OF_ORIGIN),
        "I can be angry with her and miss her in the same week.",
    ),
    Talk(
        "Good days, and the fear that they will be noticed and taken away. We let the fear have a chair.",
        "Fear of losing what is new",
        Agreed("Greet the fear by name, then go on", PracticeKind.MEDITATION, "When it comes"),
        (Theme.FEAR,),
        "I keep checking whether it is still good. That is the old thing, in a nicer coat.",
    ),
    Talk(
        "A quarrel at home was over after an hour and not after a week.",
        "Repair; shorter storms",
        Agreed("Say sorry before supper", PracticeKind.TALK, "When there was a row"),
        (Theme.RELATIONSHIPS, Theme.FORGIVENESS),
        "I heard myself shouting and thought, that will do.",
    ),
    Talk(
        "The inner commentator was on holiday for three days. {They} missed it a little.",
        "The inner critic",
        Agreed("Thank the critic, and read on", PracticeKind.MEDITATION, "When it comments"),
        (Theme.SELF_WORTH, Theme.SHAME),
        "It was so quiet that I wondered who was driving.",
    ),
    Talk(
        "Went swimming. The water was cold and that was all it was.",
        "Body as a place to be",
        Agreed("Swim", PracticeKind.MOVEMENT, "Thursdays"),
        (Theme.BODY,),
        "Cold water does not care how I am.",
    ),
    Talk(
        "Answered letters that had lain since spring. Two of them were kind.",
        "Avoiding; opening",
        Agreed("Open the post", PracticeKind.ACTIVATION, "On the day it comes"),
        (Theme.FEAR, Theme.SHAME),
        "The worst one was from the library.",
    ),
    Talk(
        "We looked at what has changed besides the medicine: bed at eleven, a walk, fewer apologies.",
        "What helps besides",
        Agreed("Bed at eleven, and the walk", PracticeKind.SLEEP_DIET, "Daily"),
        (Theme.BODY, Theme.PURPOSE),
        "It is not only the medicine. I did some of that.",
    ),
    Talk(
        "Told a friend the truth about the last two years. The friend had guessed and was glad to be told.",
        "Being known",
        Agreed("One true sentence to somebody", PracticeKind.TALK, "Daily"),
        (Theme.SHAME, Theme.RELATIONSHIPS),
        "She said that she knew. I had been so careful.",
    ),
    Talk(
        "An ordinary week. {They} used the word ordinary as one uses the word sunny.",
        "Ordinary days",
        Agreed("A line in the small notebook", PracticeKind.JOURNALING, "Daily"),
        (Theme.JOY,),
        "Nothing happened, and I did not mind.",
    ),
    Talk(
        "Applied for something and forgot to worry about it until Thursday.",
        "Wanting again",
        Agreed("One small step towards the course", PracticeKind.VALUES, "Mondays"),
        (Theme.PURPOSE, Theme.IDENTITY),
        "I wanted it for an afternoon before I remembered to be afraid of it.",
    ),
    Talk(
        "Back at the allotment after two summers. Everything had grown that nobody had planted.",
        "Things that grew meanwhile",
        Agreed("Half an hour of weeding, no more", PracticeKind.NATURE, "At weekends"),
        (Theme.JOY, Theme.GRIEF),
        "There were beans. I had not sown any beans.",
    ),
    Talk(
        "Slept through four nights of seven. We moved the screen out of the bedroom, on paper and then in fact.",
        "Sleep",
        Agreed("The charger stays in the kitchen", PracticeKind.SLEEP_DIET, "Every night"),
        (Theme.BODY,),
        "I sleep when I am not reading about sleep.",
    ),
    Talk(
        "{They} cried at a film and enjoyed it.",
        "Feeling as weather",
        Agreed("Let one song play to the end", PracticeKind.MUSIC, "Daily"),
        (Theme.GRIEF, Theme.JOY),
        "I cried at a dog food advertisement, more or less. It was nice.",
    ),
    Talk(
        "We made a page of early signs together: cancelled plans, unwashed cups, the long way round the neighbours.",
        "Early signs",
        Agreed("Hang the page inside the cupboard", PracticeKind.OTHER, "Once"),
        (Theme.FEAR,),
        "Three cancelled plans in a row. That is how it begins with me.",
    ),
    Talk(
        "Looked back over these weeks. What {they} wanted to keep fits on a postcard, and we wrote it.",
        "What stays",
        Agreed("A postcard to oneself", PracticeKind.JOURNALING, "Once"),
        (Theme.PURPOSE,),
        "Eat, ring Dad, go outside. It is not much, and it is all of it.",
    ),
    Talk(
        "A difficult anniversary came and was got through with cake.",
        "Anniversaries",
        Agreed("Be in company on the day", PracticeKind.COMMUNITY, "On the day"),
        (Theme.GRIEF, Theme.DEATH),
        "We ate his favourite cake and nobody made a speech.",
    ),
)

FLAT = (
    Talk(
        "No change that {they} could name. We looked for it together and did not invent any.",
        "Honesty about nothing",
        Agreed("Three lines, blank ones too", PracticeKind.JOURNALING, "Daily"),
        (Theme.PURPOSE,),
        "I keep waiting for a change and I am tired of waiting.",
    ),
    Talk(
        "The hour itself was peaceful, the week was as before. Both may be true, we agreed.",
        "Peace that stays in the room",
        Agreed("Play the music once, lying down", PracticeKind.MUSIC, "Once a week"),
        (Theme.SPIRITUALITY,),
        "It is lovely in there. Then I go home.",
    ),
    Talk(
        "Disappointed, and tired of being encouraged. We sat with that.",
        "Disappointment; too much cheering",
        None,
        (Theme.SELF_WORTH,),
        "Please do not be hopeful at me today.",
    ),
    Talk(
        "Somewhat less dread on Sunday evenings, otherwise level.",
        "Small differences",
        Agreed("A walk at four", PracticeKind.NATURE, "Sundays"),
        (Theme.FEAR,),
        "Sunday was a bit less like Monday.",
    ),
    Talk(
        "{They} asked how long one goes on trying. We wrote down what we shall look at, and when.",
        "How long; who decides",
        Agreed("Write the question down for the review", PracticeKind.JOURNALING, "Before the review"),
        (Theme.PURPOSE,),
        "I would like to know when one is allowed to stop trying things.",
    ),
    Talk(
        "Two better days, then three worse ones. {They} drew them as a hedge with gaps.",
        "Ups and downs",
        Agreed("Colour in the calendar", PracticeKind.ART, "Daily"),
        (Theme.BODY,),
        "Two good days. I did not trust them, and then they were over.",
    ),
    Talk(
        "Talked about dose and setting with the prescriber, and about sleep, which is poor.",
        "Sleep; what to change next",
        Agreed("To bed at the same time", PracticeKind.SLEEP_DIET, "Five nights a week"),
        (Theme.BODY,),
        "If I slept I could tell you whether it helps.",
    ),
    Talk(
        "{They} felt guilty for not being better. We gave the guilt back to nobody in particular.",
        "Guilt; effort",
        Agreed("One kind thing that costs nothing", PracticeKind.VALUES, "Once a week"),
        (Theme.SHAME,),
        "Everybody is taking such trouble, and I am just the same.",
    ),
    Talk(
        "Came although it was hard to come. That was most of the session and not a small thing.",
        "Turning up",
        Agreed("Out of the house before noon", PracticeKind.ACTIVATION, "Once"),
        (Theme.SELF_WORTH,),
        "I nearly rang to say that I was ill. Then I thought, I am.",
    ),
    Talk(
        "The images stay with {them} and do not seem to lead anywhere. We let them be pictures.",
        "Meaning without hurry",
        Agreed("Draw one of the pictures", PracticeKind.ART, "Once"),
        (Theme.CREATIVITY, Theme.SPIRITUALITY),
        "It may mean nothing. I think that I am all right with that.",
    ),
    Talk(
        "A little more patience with the children, less with the mirror.",
        "Patience",
        Agreed("Ten breaths before answering", PracticeKind.BREATH, "When it gets loud"),
        (Theme.RELATIONSHIPS,),
        "I was patient until six o'clock. That is late, for me.",
    ),
    Talk(
        "Spoke about what life would ask for if nothing changed. It was a good and sober talk.",
        "Living with it",
        Agreed("A list of what is bearable, and with whom", PracticeKind.JOURNALING, "Once"),
        (Theme.IDENTITY, Theme.RELATIONSHIPS),
        "If this is it, I would like to have the kitchen painted.",
    ),
)

SLIP = (
    Talk(
        "The good weeks are thinning. {They} noticed it by the cups in the sink.",
        "Early signs; telling somebody",
        Agreed("Ring on the third such day", PracticeKind.TALK, "When the cups stand there"),
        (Theme.SHAME, Theme.FEAR),
        "I saw the cups and walked past them. I knew what I was doing.",
    ),
    Talk(
        "Mornings are heavy again. We went through the page of early signs and what stands beside each of them.",
        "Mornings; the page",
        Agreed("Curtains, shower, tea, in this order", PracticeKind.ACTIVATION, "Every morning"),
        (Theme.BODY,),
        "The morning has weight again. By noon I can lift it.",
    ),
    Talk(
        "{They} found it shameful to say that it is coming back. Saying it was the work of today.",
        "Shame; coming back is no failure",
        Agreed("Tell the one who lives with it", PracticeKind.TALK, "Today"),
        (Theme.SHAME, Theme.RELATIONSHIPS),
        "I had told everybody that I was better. I was.",
    ),
    Talk(
        "Sleep broken for ten days, plans cancelled twice. Spoke with the prescriber about what comes next.",
        "Sleep; next steps",
        Agreed("Bed at eleven, no phone", PracticeKind.SLEEP_DIET, "Every night"),
        (Theme.BODY,),
        "It is the third bad week. I stopped calling it a blip.",
    ),
    Talk(
        "The old sentence was back and louder. {They} also knew it for a sentence.",
        "The old sentence",
        Agreed("Write the sentence down and add: so it says", PracticeKind.JOURNALING, "When it comes"),
        (Theme.SELF_WORTH,),
        "It says what it always says. It has no new material.",
    ),
    Talk(
        "Less of everything: food, talk, music. We made the week smaller until it fitted.",
        "A smaller week",
        Agreed("One meal with somebody", PracticeKind.COMMUNITY, "Daily"),
        (Theme.RELATIONSHIPS, Theme.BODY),
        "I eat standing up again. That is how I know.",
    ),
    Talk(
        "What was gained is not all gone: {they} still answered the telephone.",
        "What is left",
        Agreed("Answer the telephone", PracticeKind.TALK, "When it rings"),
        (Theme.RELATIONSHIPS,),
        "I picked it up. I did not say much, but I picked it up.",
    ),
    Talk(
        "Angry with the medicine, with us, with the weather. All three took it well.",
        "Anger; loss",
        Agreed("Ten minutes outside, at midday", PracticeKind.NATURE, "Daily"),
        (Theme.GRIEF,),
        "I had it in my hand. That is what makes me so cross.",
    ),
)

OWN: dict[Condition, tuple[Talk, ...]] = {
    Condition.ANXIETY: (
        Talk(
            "Took the lift. Counted the floors aloud and nobody minded.",
            "Going towards it",
            Agreed("The lift up, the stairs down", PracticeKind.ACTIVATION, "At work"),
            (Theme.FEAR,),
            "Somebody in the lift asked whether I was all right, and I was.",
        ),
        Talk(
            "Sent the form without reading it again. The hand shook, the form went.",
            "Checking; certainty",
            Agreed("Send one thing unread", PracticeKind.ACTIVATION, "Daily"),
            (Theme.FEAR,),
            "There was a mistake in it. They have not come for me.",
        ),
        Talk(
            "Worry kept its appointment at five o'clock and was gone by a quarter past.",
            "Worry by appointment",
            Agreed("A quarter of an hour of worry, on paper", PracticeKind.JOURNALING, "At five o'clock"),
            (Theme.FEAR,),
            "By ten past I had run out.",
        ),
    ),
    Condition.PTSD: (
        Talk(
            "A car backfired. {They} came back to the street within a minute, and it used to take a day.",
            "Startle; coming back",
            Agreed("Five blue things, feet on the ground", PracticeKind.MEDITATION, "When it bangs"),
            (Theme.TRAUMA, Theme.BODY),
            "I was there, and then I was in Fore Street, with my shopping.",
        ),
        Talk(
            "The nightmare had another ending. {They} told it in the past tense.",
            "The dream; past tense",
            Agreed("Write the new ending down", PracticeKind.JOURNALING, "Before sleep"),
            (Theme.TRAUMA,),
            "This time I walked out of it. I used the door.",
        ),
        Talk(
            "Sat with {their} back to a door for the length of a coffee.",
            "Safety in the body",
            Agreed("A coffee, away from the wall", PracticeKind.ACTIVATION, "Once a week"),
            (Theme.TRAUMA, Theme.FEAR),
            "I drank it hot. I usually leave before it has cooled.",
        ),
    ),
    Condition.OCD: (
        Talk(
            "Left the house after one look at the stove. Thought about it until the corner.",
            "Doubt as noise",
            Agreed("One look, say it aloud, go", PracticeKind.ACTIVATION, "Each time"),
            (Theme.FEAR,),
            "I was sure that it was on until the corner. Then I was bored of it.",
        ),
        Talk(
            "The washing took eight minutes and used to take twenty. {They} stopped in the middle, wet, and breathed.",
            "Stopping in the middle",
            Agreed("The timer at six minutes", PracticeKind.ACTIVATION, "Daily"),
            (Theme.BODY, Theme.FEAR),
            "I stood there dripping, and it was only water.",
        ),
        Talk(
            "The thought came as often as before and was less interesting.",
            "Thoughts as visitors",
            Agreed("Let the thought stand in the hall", PracticeKind.MEDITATION, "When it comes"),
            (Theme.SHAME, Theme.FEAR),
            "It came in, I said hello, I went on with the potatoes.",
        ),
    ),
    Condition.CHRONIC_PAIN: (
        Talk(
            "The pain was there and {they} went to the market with it.",
            "Going with it; pacing",
            Agreed("Out for twenty minutes, back before it shouts", PracticeKind.MOVEMENT, "Daily"),
            (Theme.BODY,),
            "It hurt, and I bought plums.",
        ),
        Talk(
            "Overdid the good day and paid for it. We drew the week as a tide table.",
            "Pacing",
            Agreed("Half of what seems possible, twice", PracticeKind.MOVEMENT, "On good days"),
            (Theme.BODY,),
            "I always spend Tuesday on Monday.",
        ),
        Talk(
            "Noticed that {they} held {their} breath on every stair.",
            "Bracing",
            Agreed("Breathe out on the way up", PracticeKind.BREATH, "On every stair"),
            (Theme.BODY,),
            "I climb the stairs as if somebody were about to hit me.",
        ),
    ),
    Condition.SUICIDAL_IDEATION: (
        Talk(
            "The thoughts came on two nights and went. {They} rang {their} brother on the second, as planned.",
            "Thoughts that pass; the plan",
            Agreed("The plan stays in the wallet", PracticeKind.OTHER, "Always"),
            (Theme.FEAR, Theme.RELATIONSHIPS),
            "I rang before it was bad. I did not know that one may.",
        ),
        Talk(
            "Went through the safety plan line by line and changed one name in it.",
            "Safety plan; who is near",
            Agreed("One call", PracticeKind.TALK, "Each evening until Sunday"),
            (Theme.RELATIONSHIPS,),
            "There are more names on it than I thought.",
        ),
        Talk(
            "Made an appointment with the dentist for the spring, and we both noticed what that means.",
            "The future tense",
            Agreed("Put something in the calendar that is more than a month off", PracticeKind.VALUES, "Once"),
            (Theme.DEATH, Theme.PURPOSE),
            "It is only the dentist. But I wrote it in pen.",
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

HOPES = (
    "To sleep, and to wake up having slept.",
    "To be in the room when the children talk.",
    "A day without arguing with the day.",
    "To go back to work, some of it.",
    "To laugh at something without noticing.",
    "That it lets go, even for an hour.",
    "To be able to cry, or to stop.",
    "Not to be a patient for an afternoon.",
)

FEARS = (
    "To lose control in front of people.",
    "That it does nothing.",
    "That it works and then stops.",
    "To be sick.",
    "To say something about somebody.",
    "Not to find the way back.",
)

BECAME: dict[Kept, tuple[str, ...]] = {
    Kept.KEPT: ("", "", "", "Without thinking of it", "It has a place in the day", "Also when nobody asks"),
    Kept.SOMETIMES: ("", "", "Not on bad days", "When there is time", "More often than not", "At weekends"),
    Kept.CHANGED: ("Shorter than agreed", "In the morning, it fits better", "With company", "Every other week"),
    Kept.DONE: ("", "Once was enough", "Done, and not missed"),
    Kept.DROPPED: (
        "It was not the right thing",
        "It felt like homework",
        "Let go without regret",
        "Something else came",
    ),
}
"""What was said beside what became of a practice."""

STILL: dict[Kept, tuple[str, ...]] = {
    Kept.KEPT: ("", "", "", "I would miss it", "Most of the time without noticing"),
    Kept.SOMETIMES: ("", "", "When I remember", "Not when work is busy"),
    Kept.CHANGED: ("I do it shorter", "I do it with my neighbour now", "On other days than we said"),
    Kept.DONE: ("", "It has done its work"),
    Kept.DROPPED: ("", "It was not for me", "I do something else instead"),
}
"""What a patient writes beside it, asked after one or three months."""

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
