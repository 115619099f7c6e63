"""The whole clinic from a seed: who works in it, the patients of both kinds, and who treats whom. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle
from random import Random

from kap.demo.generate import Life, Session, another_course, lives
from kap.demo.stories import (
    ADMIN,
    LEAD,
    MEDICAL,
    STORIES,
    THERAPIST,
    Dose,
    HandOver,
    Person,
    Planned,
    Preparation,
    Scores,
    Story,
    Ticks,
)
from kap.treatment.models import EndReason, Kind, Status

SEED = "harbour-134"
"""Of the first 300 the one whose few patients come nearest to the published curve, and show most of what there is."""

OPENED = 428
"""How many days ago the clinic was set up: fourteen months."""

GENERATED, FIRST = 48, len(STORIES) + 1
"""How many patients there are beside those whose stories were written by hand, and the number of the first."""

RECENT, LATELY = 21, 96
"""How many of them had their first dose within so many days: the clinic has grown, and half are under way."""

AHEAD = 13
"""How many days ahead sessions are planned."""

SECOND = Person("therapist-2", "Marek Dunmore")
THIRD = Person("therapist-3", "Adaeze Thornbury")
FOURTH = Person("therapist-4", "Signe Aldersey")
GONE = Person("therapist-5", "Colm Ashdown")
NURSE = Person("medical-2", "Amara Keene")
STAFF = (LEAD, THERAPIST, MEDICAL, ADMIN, SECOND, THIRD, FOURTH, NURSE, GONE)

LEFT = 38
"""How many days ago one therapist left: most of his patients were handed over, one was forgotten."""

ON_LEAVE = 9
"""For how many days the fourth therapist has been on leave; the second sees her patients."""

OPEN_ALERTS, A_WEEK = 2, 7
"""How many alerts of the last week nobody has acted on yet, beside one in a story."""

RETURNED = (64, 37, 12)
"""How many days ago the first doses of second courses were given, to patients whose first one ended long before."""

QUITE_SOON = 120
"""Within how many days a response was lost by somebody who comes back for a second course."""

UNUSUAL = (EndReason.DIED, EndReason.ADVERSE_EVENT, EndReason.TRANSFERRED)


def patients(seed: str = SEED) -> tuple[Story, ...]:
    """All stories of the clinic, as they stand today."""
    random = Random(f"{seed}:clinic")  # noqa: S311 - invented people, not secrets
    found = lives(seed, GENERATED)
    # What ended in an unusual way is to have ended by today.
    found.sort(key=lambda life: life.story.end is None or life.story.end.reason not in UNUSUAL)
    told = [seen(life, began) for life, began in zip(found, _beginnings(random), strict=True)]
    codes = {id(story): f"H-{number}" for number, story in enumerate(sorted(told, key=_enrolled), start=FIRST)}
    told = [replace(story, code=codes[id(story)]) for story in told]
    stories = _with_accounts(_with_teams(sorted(told, key=_enrolled)))
    lived = {story.code: life for story, life in zip(told, found, strict=True)}
    return (*STORIES, *_with_open_alerts([*stories, *_returned(stories, lived, seed)]))


def _enrolled(story: Story) -> int:
    return story.enrolled - story.began


def _returned(stories: Sequence[Story], lived: dict[str, Life], seed: str) -> Iterator[Story]:
    """Second courses of those to whom the first one did not bring what lasts, with the same people round them."""
    came_back = (story for story in stories if _may_return(story, lived[story.code]))
    for began, story in zip(RETURNED, came_back, strict=False):
        again = seen(another_course(lived[story.code], seed), began)
        yield replace(
            again if story.account else _without_account(again),
            code=story.code,
            therapist=story.therapist,
            second=story.second,
            medical=story.medical,
            account=story.account,
        )


def _may_return(story: Story, life: Life) -> bool:
    """Whether the course is long over, with nothing asked of the patient since, and had not helped for good."""
    if story.end is None or story.end.reason in (*UNUSUAL, EndReason.LOST_TO_FOLLOW_UP):
        return False
    over = max(story.end.day, *(day for scores in story.scores for day in scores.sums))
    return story.began - over > RETURNED[0] + 30 and (not life.fate.responds or life.fate.lost < QUITE_SOON)


def _beginnings(random: Random) -> list[int]:
    """How many days ago the first doses were given, the longest ago first; some are still ahead."""
    earlier, last = GENERATED - RECENT, OPENED - 25
    long_ago = [last - (last - LATELY) * (place + random.random()) / earlier for place in range(earlier)]
    lately = [LATELY - (LATELY + 5) * (place + random.random()) / RECENT for place in range(RECENT)]
    return [round(days) for days in (*long_ago, *lately)]


def seen(life: Life, began: int) -> Story:
    """The story of a life `began` days after its first dose: what lies ahead is unknown or, if it is near, planned."""
    story = life.story
    ahead = [
        Planned(session.day - began, _kind(session))
        for session in story.sessions
        if began <= session.day <= began + AHEAD and session.status is Status.TOOK_PLACE
    ]
    return replace(
        story,
        began=began,
        enrolled=min(story.enrolled, began - 1),
        sessions=tuple(session for session in story.sessions if session.day < began),
        scores=tuple(_until(scores, began) for scores in story.scores),
        ticks=_ticked(story, began),
        still=tuple(still for still in story.still if still.day < began),
        planned=tuple(ahead),
        end=story.end if story.end is not None and story.end.day < began else None,
        weekdays=True,
    )


def _kind(session: Session) -> Kind:
    if isinstance(session, Dose):
        return Kind.DOSING
    return Kind.PREPARATION if isinstance(session, Preparation) else Kind.INTEGRATION


def _until(scores: Scores, day: int) -> Scores:
    sums = {on: total for on, total in scores.sums.items() if on < day}
    return replace(scores, sums=sums, acted_on={on: what for on, what in scores.acted_on.items() if on in sums})


def _ticked(story: Story, day: int) -> tuple[Ticks, ...]:
    return tuple(replace(ticks, days=tuple(on for on in ticks.days if on < day)) for ticks in story.ticks)


def _with_teams(stories: Sequence[Story]) -> list[Story]:
    """Each patient with one or two therapists and a prescriber or nurse; what has changed since."""
    turn = cycle((SECOND, THIRD, FOURTH, SECOND, THIRD, FOURTH, THERAPIST, THIRD))
    heirs, medical = cycle((SECOND, THIRD)), cycle((MEDICAL, NURSE, NURSE))
    found = []
    forgotten = leaving = 0
    for place, story in enumerate(stories):
        therapist = next(turn)
        told = replace(story, therapist=therapist, medical=next(medical))
        if place % 4 == 1:
            told = replace(told, second=SECOND if therapist is not SECOND else THIRD)
        left_on = story.began - LEFT
        if leaving < 5 and place % 2 and story.end is None and left_on > 10:
            leaving += 1
            heir = next(heirs)
            told = replace(told, therapist=GONE, second=None, handed_over=HandOver(left_on, heir))
            if not forgotten and story.name is not None:
                forgotten = 1
                told = _left_alone(told, left_on)
        elif therapist is FOURTH and story.end is None and story.began - ON_LEAVE > story.enrolled:
            told = replace(told, handed_over=HandOver(story.began - ON_LEAVE, SECOND, stays=True))
        elif therapist is FOURTH and story.end is None:
            told = replace(told, therapist=SECOND, second=None)
        found.append(told)
    return found


def _left_alone(story: Story, day: int) -> Story:
    """The same without anybody to treat the patient from a day on."""
    return replace(
        story,
        handed_over=HandOver(day, None),
        planned=(),
        sessions=tuple(session for session in story.sessions if session.day < day),
        ticks=_ticked(story, day),
        still=tuple(still for still in story.still if still.day < day),
        scores=tuple(
            replace(scores, acted_on={on: what for on, what in scores.acted_on.items() if on < day})
            for scores in story.scores
        ),
    )


def _with_accounts(stories: Sequence[Story]) -> list[Story]:
    """Most who are known by name answer on their telephones, the others on paper; paper is not for every day."""
    found = []
    named = 0
    for story in stories:
        named += story.name is not None
        if story.name is not None and named % 6:
            found.append(replace(story, account=Person(f"patient-{named + 3 - named // 6}", story.name)))
        else:
            found.append(_without_account(story))
    return found


def _without_account(story: Story) -> Story:
    scores = tuple(scores for scores in story.scores if scores.measure != "mood")
    return replace(story, scores=scores, ticks=(), still=())


def _with_open_alerts(stories: Sequence[Story]) -> list[Story]:
    """The latest answers that raised an alert have not been acted on yet."""
    latest = sorted(
        (story.began - day, story.code)
        for story in stories
        for scores in story.scores
        for day in scores.acted_on
        if story.began - day <= A_WEEK
    )[:OPEN_ALERTS]
    waiting = {code: ago for ago, code in latest}
    return [_with_open_alert(story, waiting[story.code]) if story.code in waiting else story for story in stories]


def _with_open_alert(story: Story, ago: int) -> Story:
    return replace(
        story,
        scores=tuple(
            replace(scores, acted_on={on: what for on, what in scores.acted_on.items() if on != story.began - ago})
            for scores in story.scores
        ),
    )
