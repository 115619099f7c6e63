"""What to look at before somebody says go: each warning with what could be arranged. None of them decides."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kap.dosing.rules.limits import Limits
from kap.dosing.rules.sheets import BEFORE
from kap.treatment.rules import Reading, plain


class Warned(NamedTuple):
    """Something that speaks against a dose now, and what could be arranged."""

    sentence: str
    arrange: str


class Readiness(NamedTuple):
    """What is known before the dose. `answers` are those of the sheet `before`, moments as JSON holds them."""

    answers: Mapping[str, Any]
    now: datetime
    route: str | None = None
    uncleared: Sequence[str] = ()
    unanswered: Sequence[str] = ()
    ask_again: Sequence[str] = ()
    consents_missing: Sequence[str] = ()
    last_reading: Reading | None = None
    limits: Limits = Limits()


def open_warnings(ready: Readiness) -> list[Warned]:
    """All that speaks against a dose now, in the order in which one would look."""
    return [
        *_eligible(ready),
        *(Warned(f"No consent in force: {label}.", "Have the consent signed") for label in ready.consents_missing),
        *_arrived(ready.answers),
        *_fasted(ready),
        *_state(ready.answers),
        *_pressure(ready),
    ]


def _eligible(ready: Readiness) -> Iterator[Warned]:
    for label in ready.uncleared:
        yield Warned(f"Contraindicated and not cleared: {label}.", "Have a prescriber clear it, or end the plan")
    if ready.unanswered:
        yield Warned(f"Without an answer on the checklist: {len(ready.unanswered)}.", "Finish the checklist")
    if ready.ask_again:
        yield Warned(f"Not asked again today: {', '.join(ready.ask_again)}.", "Ask again today")


def _arrived(answers: Mapping[str, Any]) -> Iterator[Warned]:
    if len(answers.get("identity") or ()) < 2:
        yield Warned("Identity is not checked by two identifiers.", "Check the identity")
    if answers.get("consent_again") != "yes":
        yield Warned("The patient has not agreed again today.", "Ask the patient again")
    escort = (answers.get("escort") or "").strip().casefold()
    if escort in ("", "none", "no"):
        yield Warned("There is no escort.", "Arrange an escort")
    if answers.get("ride") in (None, "none"):
        yield Warned("The way home is not arranged.", "Arrange the way home")
    if answers.get("place") == "home" and answers.get("chaperone_there") != "yes":
        yield Warned("No chaperone is with the patient at home.", "Have a chaperone there for the whole session")
    if answers.get("prescriber_there") == "no":
        yield Warned("No prescriber is on site.", "Have a prescriber on site until the end of monitoring")


def _fasted(ready: Readiness) -> Iterator[Warned]:
    food = ready.limits.fasting_food_hours.get(ready.route or "")
    drink = ready.limits.fasting_drink_hours.get(ready.route or "")
    nasal = ready.limits.nasal_hours if ready.answers.get("nasal_used") == "yes" else None
    for name, hours, what in (
        ("last_food", food, "Food"),
        ("last_drink", drink, "A drink"),
        ("nasal_at", nasal, "A nasal steroid or decongestant"),
    ):
        taken = ready.answers.get(name)
        if hours is None or taken is None:
            continue
        over = datetime.fromisoformat(taken) + timedelta(hours=float(hours))
        if ready.now < over:
            yield Warned(f"{what} less than {plain(hours)} h ago.", f"Wait {_minutes(over - ready.now)} minutes")
    if ready.route is not None and (ready.answers.get("last_food") is None or ready.answers.get("last_drink") is None):
        yield Warned("It is not known when the patient last ate and drank.", "Ask for the last food and drink")


def _minutes(left: timedelta) -> int:
    return -(-left // timedelta(minutes=1))


def _state(answers: Mapping[str, Any]) -> Iterator[Warned]:
    told = {field.name: field.told for field in BEFORE}
    taken = [one for one in answers.get("substances") or () if one != "none"]
    if taken:
        yield Warned(f"In the last 24 hours: {told['substances'](taken)}.", "Weigh what was taken")
    risk = answers.get("suicide_risk")
    if risk is None:
        yield Warned("Nobody has asked about suicidal thoughts today.", "Ask about suicidal thoughts")
    elif risk in ("thoughts", "plan"):
        yield Warned(f"Suicidal thoughts: {told['suicide_risk'](risk)}.", "Assess the risk and keep the safety plan")
    if answers.get("orientation") in ("partly", "not"):
        yield Warned("The patient is not fully oriented.", "Look for the cause")


def _pressure(ready: Readiness) -> Iterator[Warned]:
    reading = ready.last_reading
    if reading is None:
        yield Warned("There is no blood pressure from before the dose.", "Take the vital signs")
        return
    told = f"Blood pressure {reading.systolic or '–'}/{reading.diastolic or '–'} mmHg"
    for limit, then in (
        (ready.limits.pre_hold_high, "this clinic holds from {} on"),
        (ready.limits.pre_hold, "from {} on the prescriber decides"),
    ):
        if (reading.systolic or 0) >= limit.systolic or (reading.diastolic or 0) >= limit.diastolic:
            sentence = f"{told}: {then.format(f'{limit.systolic}/{limit.diastolic}')}."
            yield Warned(sentence, "Let the patient rest and take it again")
            return
