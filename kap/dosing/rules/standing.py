"""Where a dosing session stands: what is there, what is missing, and what comes next.

Nothing here refuses anything: a session is saved as incomplete as it is, and this says what it still wants.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kap.dosing.rules.phases import Phase, SheetAsked
from kap.dosing.rules.sheets import CHECKS, ESKETAMINE, SHEETS
from kap.treatment.asked import Asked


class Missing(NamedTuple):
    """Something that is not there yet, in words, and the field that asks for it where it is one."""

    words: str
    field: str | None = None


class Standing(NamedTuple):
    """Where a phase stands: what is missing, whether anything is there, and whether it is asked and the next to do."""

    phase: Phase
    missing: tuple[Missing, ...]
    begun: bool
    asked: bool
    next: bool

    @property
    def done(self) -> bool:
        """True where it is asked and nothing is missing."""
        return self.asked and not self.missing

    @property
    def words(self) -> str:
        """The state in words."""
        if not self.asked:
            return "Not asked"
        if self.done:
            return "Done"
        return f"{len(self.missing)} missing" if self.begun else "To do"


class Known(NamedTuple):
    """What is there of a session, as far as the phases ask for it."""

    answers: Mapping[str, Mapping[str, Any]]
    route: str | None = None
    held: bool = False
    unanswered: Sequence[str] = ()
    ask_again: Sequence[str] = ()
    eligibility_begun: bool = False
    consents_missing: Sequence[str] = ()
    consents_given: bool = False
    decided: bool = False
    readings_before: int = 0
    readings_after: int = 0
    given: bool = False
    alerts_open: int = 0
    shortfalls: Sequence[str] = ()
    reached: bool = False
    tries: int = 0
    rems_sent: bool = False


def place_of(answers: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Where the session takes place, as far as that was answered."""
    return answers.get("before", {}).get("place")


def missing_of(sheet: SheetAsked, answers: Mapping[str, Any], route: str | None, place: str | None) -> list[Missing]:
    """The fields of a sheet that wait for an answer."""
    return [
        Missing(field.label, field.name)
        for field in sheet.fields
        if field.wanted(route, place) and field.due(answers) and not _answered(field, answers.get(field.name))
    ]


def _answered(field: Asked, answer: Any) -> bool:
    return len(answer) >= field.least if isinstance(answer, list) else answer is not None


def standing(known: Known) -> list[Standing]:
    """Each phase in order: done, or what is missing of it; the first that is not done is the next to see to.

    Of a session that was held back nothing is asked that comes with a dose.
    """
    found, led = [], False
    for phase in Phase:
        asked = not known.held or phase not in _WITH_A_DOSE
        missing = tuple(_missing(phase, known)) if asked else ()
        here = bool(missing) and not led
        led = led or here
        found.append(Standing(phase, missing, _begun(phase, known), asked, here))
    return found


_WITH_A_DOSE = {Phase.ADMINISTRATION, Phase.MONITORING, Phase.EXPERIENCE, Phase.DISCHARGE, Phase.AFTERCARE}


def _missing(phase: Phase, known: Known) -> Iterator[Missing]:
    yield from _rows_missing(phase, known)
    place = place_of(known.answers)
    for sheet in SHEETS.values():
        if sheet.phase is phase:
            yield from missing_of(sheet, known.answers.get(sheet.name, {}), known.route, place)
    yield from _ends_missing(phase, known)


def _rows_missing(phase: Phase, known: Known) -> Iterator[Missing]:
    """What is kept elsewhere than on a sheet, and comes first."""
    if phase is Phase.ELIGIBILITY:
        if known.unanswered:
            yield Missing(f"Checklist: {_count(known.unanswered, 'item')} without an answer")
        if known.ask_again:
            yield Missing(f"Asked again today: {', '.join(known.ask_again)}")
    if phase is Phase.CONSENT:
        yield from (Missing(f"Consent: {label}") for label in known.consents_missing)
    if phase is Phase.ADMINISTRATION and not known.given:
        yield Missing("What was given")
    if phase is Phase.MONITORING:
        if not known.readings_after:
            yield Missing("A reading after the dose")
        if known.alerts_open:
            yield Missing(f"{_count(range(known.alerts_open), 'alert')} without an answer")


def _ends_missing(phase: Phase, known: Known) -> Iterator[Missing]:
    """What is kept elsewhere, and comes last."""
    if phase is Phase.BEFORE:
        if not known.readings_before:
            yield Missing("Vital signs before the dose")
        if not known.decided:
            yield Missing("Go or no-go")
    if phase is Phase.DISCHARGE and known.shortfalls and not known.answers.get("discharge", {}).get("shortfall_reason"):
        yield Missing("Why something falls short", "shortfall_reason")
    if phase is Phase.AFTERCARE and not known.reached:
        yield Missing("The call on the day after")
    if phase is Phase.AFTERCARE and known.route in ESKETAMINE and not known.rems_sent:
        yield Missing("That the REMS form was sent")


def _begun(phase: Phase, known: Known) -> bool:
    if any(known.answers.get(sheet.name) for sheet in SHEETS.values() if sheet.phase is phase):
        return True
    return {
        Phase.ELIGIBILITY: known.eligibility_begun,
        Phase.CONSENT: known.consents_given,
        Phase.BEFORE: known.decided or known.readings_before > 0,
        Phase.ADMINISTRATION: known.given,
        Phase.MONITORING: known.readings_after > 0,
        Phase.AFTERCARE: known.tries > 0,
    }.get(phase, False)


def _count(things: Sequence[Any], word: str) -> str:
    return f"{len(things)} {word}{'s' if len(things) != 1 else ''}"


def shortfalls(answers: Mapping[str, Any], *, observed: int | None, least: int | None) -> list[str]:
    """Where a discharge falls short of what is asked: never a refusal, but it wants a reason."""
    found = []
    if observed is not None and least is not None and observed < least:
        found.append(f"Observed for {observed} minutes of {least}.")
    found += [f"Not so: {check.label}." for check in CHECKS if answers.get(check.name) == "no"]
    if answers.get("outcome") == "against_advice":
        found.append("Left against advice.")
    if answers.get("outcome") == "stopped_early":
        found.append("Stopped early.")
    return found
