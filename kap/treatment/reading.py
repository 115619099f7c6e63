"""A talk session as it is read and signed: its answers in words, and what it found of what earlier ones left open."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from kap.people.queries import name_of
from kap.treatment.agreed import earlier_of
from kap.treatment.asked import Asked, Kind, grouped, read
from kap.treatment.models import IntegrationSession, PreparationSession
from kap.treatment.queries import AfterDose, after_dose
from kap.treatment.talk import ASKED, HOW, warnings
from kap.web.filters import day, moment, number, wall_time

Told = tuple[str, str, bool]
"""An answer: its label, the answer in words, and whether that is a text of its own."""
GONE = "Something that no longer counts"


class Review(NamedTuple):
    """What was found of something earlier, which stands in the words of the session `worded_in`; in which words if it
    changed.
    """

    about: str
    worded_in: UUID | None
    label: str
    words: str


class Reading(NamedTuple):
    """What templates/treatment/_talk.html shows."""

    how: Sequence[Told]
    groups: Sequence[tuple[str, Sequence[Told]]]
    warnings: Sequence[str]
    after: AfterDose | None
    intentions: Sequence[Review]
    practices: Sequence[Review]


def reading_of(session: PreparationSession | IntegrationSession) -> Reading:
    """Gather it."""
    answers = session.answers
    told = {
        group: told_fields([one for _, run in runs for one in run], answers)
        for group, runs in grouped(ASKED[session.kind])
    }
    integration = session if isinstance(session, IntegrationSession) else None
    intentions, practices = _found(integration) if integration else ((), ())
    return Reading(
        how=told.pop(HOW),
        groups=[(group, lines) for group, lines in told.items() if lines],
        warnings=warnings(answers),
        after=after_dose(session.patient, session.course, session.starts_at) if integration else None,
        intentions=intentions,
        practices=practices,
    )


def _found(session: IntegrationSession) -> tuple[list[Review], list[Review]]:
    """What became of earlier intentions, and of practices, in the order in which they were set and agreed."""
    earlier = earlier_of(session.patient, session.course, before=session.starts_at)
    intentions = {str(row.about_id): row for row in session.intention_reviews}
    practices = {str(row.practice_id): row for row in session.practice_reviews}
    return _reviews(earlier.intentions, intentions), _reviews(earlier.practices, practices)


def _reviews(earlier: Mapping[str, Any], found: Mapping[str, Any]) -> list[Review]:
    known = [key for key in earlier if key in found]
    return [
        Review(*_worded(earlier.get(key)), found[key].label, found[key].words)
        for key in dict.fromkeys([*known, *found])
    ]


def _worded(earlier: Any) -> tuple[str, UUID | None]:
    return (earlier.words, earlier.worded_in) if earlier else (GONE, None)


def told_fields(fields: Sequence[Asked], answers: Mapping[str, Any]) -> list[Told]:
    """What was answered to the fields."""
    return [
        (field.label, _told(field, answers[field.name]), field.kind is Kind.TEXT)
        for field in fields
        if answers.get(field.name) is not None
    ]


def _told(field: Asked, answer: Any) -> str:
    value = read(field.kind, answer)
    match field.kind:
        case Kind.MOMENT:
            return moment(value)
        case Kind.CLOCK:
            return wall_time(value)
        case Kind.DAY:
            return day(value)
        case Kind.AMOUNT:
            return f"{number(value)} {field.unit}"
        case Kind.MEDICAL:
            return name_of(UUID(answer)) or answer
    return field.told(answer)
