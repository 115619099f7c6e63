"""One session for the patient, once it is signed and not held back: what happened and what was agreed, in plain words.

Only what is named here is told. The inventory, what was overridden and why, who came to take the patient home, and the
narrative of a dose, in which the clinic explains unusual amounts, are not.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from kap.treatment.models import (
    TELLING,
    AddendumKind,
    DosingSession,
    IntegrationSession,
    Part,
    PreparationSession,
    Route,
    Signature,
    Status,
    TreatmentSession,
)
from kap.treatment.queries import (
    SessionRow,
    addenda_of,
    held_sessions,
    integrations_of,
    released_parts,
    session_rows,
    signatures_of,
)
from kap.treatment.reading import Review, reading_of
from kap.treatment.rules import Reading
from kap.web.filters import number, wall_time, written
from kap.web.forms import local_day

BY_ROUTE = {
    Route.IV_INFUSION: "through a drip into a vein",
    Route.IM: "as an injection into a muscle",
    Route.ESKETAMINE_NASAL: "as a nasal spray",
    Route.SUBLINGUAL: "as a lozenge under the tongue",
    Route.ORAL: "as a lozenge to swallow",
    Route.INTRANASAL_RACEMIC: "as a nasal spray",
    Route.SUBCUTANEOUS: "as an injection under the skin",
}

NEXT_DOSE = {
    "go_on": "You go on to the next dose.",
    "pause": "The next dose waits for now.",
    "taper": "The doses become fewer, or smaller.",
    "stop": "No further dose is planned.",
}

ADDED = {
    AddendumKind.ADDENDUM: "Added later",
    AddendumKind.LATE_ENTRY: "Written down later",
    AddendumKind.CORRECTION: "Put right later",
    AddendumKind.RETRACTION: "Taken back later",
}


class Added(NamedTuple):
    """What was written after the signature; without its text where that is for the clinic."""

    title: str
    at: datetime
    text: str


class OwnSession(NamedTuple):
    """A session as the patient is told of it."""

    row: SessionRow
    on: date | None
    signature: Signature
    given: str
    body: Sequence[str]
    agreed: Sequence[str]
    texts: Sequence[tuple[str, str]]
    added: Sequence[Added]


def readable(row: SessionRow, released: Mapping[UUID, frozenset[Part]]) -> bool:
    """Whether the patient may read about a session: it took place, and what they are told of it is released."""
    return row.status is Status.TOOK_PLACE and TELLING[row.kind] in released.get(row.id, ())


def own_session(session: TreatmentSession) -> OwnSession | None:
    """What the patient is told of a session; None while that is nothing."""
    released = released_parts(session.patient)
    row = next((row for row in session_rows(session.patient) if row.id == session.id), None)
    if row is None or not readable(row, released):
        return None
    dosing = session if isinstance(session, DosingSession) else None
    agreed = integrations_of(session) if dosing else [session]
    return OwnSession(
        row=row,
        on=local_day(session.starts_at),
        signature=signatures_of(session)[TELLING[row.kind]],
        given=given_words(dosing) if dosing else "",
        body=body_words([sign.reading for sign in dosing.vital_signs], dosing.given_at) if dosing else (),
        agreed=[line for talk in agreed if talk is session or talk.id in released for line in _practices(talk)],
        texts=_texts(session) if isinstance(session, PreparationSession | IntegrationSession) else (),
        added=_added(session, TELLING[row.kind], told=dosing is None),
    )


def given_words(session: DosingSession) -> str:
    """ "You were given 50 mg of ketamine as an injection into a muscle, at 14:05.", as far as it is known."""
    what = session.medicine or "the medicine"
    words = f"{number(session.dose_mg)} mg of {what}" if session.dose_mg is not None else what
    if session.route:
        words += f" {BY_ROUTE[Route(session.route)]}"
    return f"You were given {words}{f', at {wall_time(session.dosed_at)}' if session.dosed_at else ''}."


def body_words(readings: Sequence[Reading], given_at: datetime) -> list[str]:
    """The vital signs in a sentence each, without a judgement."""
    said = [
        _pressure_words(readings, given_at),
        _between("Your heart beat {} times a minute.", [r.heart_rate for r in readings]),
        _between("The oxygen in your blood was {} %.", [r.spo2 for r in readings]),
    ]
    return [sentence for sentence in said if sentence]


def _pressure_words(readings: Sequence[Reading], given_at: datetime) -> str:
    in_order = sorted(readings, key=lambda reading: reading.at)
    pressures = [(r.at, r.systolic, r.diastolic) for r in in_order if r.systolic and r.diastolic]
    before = [f"{upper}/{lower} before" for at, upper, lower in pressures if at <= given_at][-1:]
    after = [(upper, lower) for at, upper, lower in pressures if at > given_at]
    said = before
    if after and max(after) != after[-1]:
        said.append("at most {}/{} afterwards".format(*max(after)))
    if after:
        said.append("{}/{} at the end".format(*after[-1]))
    return f"Your blood pressure was {_listed(said)}." if said else ""


def _between(sentence: str, values: Sequence[int | None]) -> str:
    known = sorted({value for value in values if value is not None})
    if not known:
        return ""
    return sentence.format(f"between {known[0]} and {known[-1]}" if len(known) > 1 else known[0])


def _listed(said: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))


def _practices(talk: TreatmentSession) -> list[str]:
    practices = talk.practices if isinstance(talk, IntegrationSession) else ()
    return [", ".join(filter(None, [practice.words, practice.often])) for practice in practices]


def _texts(session: PreparationSession | IntegrationSession) -> list[tuple[str, str]]:
    """What the patient said and what is planned, and the note; of what was asked about risk nothing."""
    answers, read = session.answers, reading_of(session)
    held = held_sessions(session.patient)
    again = [one for one in (*read.intentions, *read.practices) if one.worded_in not in held]
    named = (
        ("Your insights", answers.get("insights")),
        ("Your intention", session.intention),
        ("What you looked at again", "\n".join(f"“{one.about}”: {_plain(one)}" for one in again)),
        ("What came up", getattr(session, "themes", "")),
        ("What comes next", "\n".join(_plan_words(answers))),
        ("What was written down", session.narrative),
    )
    return [(title, text) for title, text in named if text]


def _plain(found: Review) -> str:
    return f"{found.label.lower()}. {found.words}" if found.words else found.label.lower()


def _plan_words(answers: Mapping[str, Any]) -> Iterator[str]:
    if answers.get("next_dose"):
        yield NEXT_DOSE[answers["next_dose"]]
    for name in ("next_dose_why", "plan", "referrals"):
        if answers.get(name):
            yield answers[name]
    if answers.get("next_on"):
        yield f"Your next session was meant to be on {written(date.fromisoformat(answers['next_on']))}."


def _added(session: TreatmentSession, part: Part, *, told: bool) -> list[Added]:
    return [
        Added(ADDED[AddendumKind(one.kind)], one.created_at, one.text if told else "")
        for one in addenda_of(session)
        if one.part == part
    ]
