"""The verdict in a sentence with the person's own numbers: for the clinic and, gentler, for the patient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from kap.durability import Reading, State, Verdict
from kap.durability.readings import TOLERANCE
from kap.measures.instruments import Instrument
from kap.measures.queries import ScoreRow
from kap.measures.scoring import band, format_score
from kap.web.filters import written

LABELS = {
    State.NOT_ENOUGH_DATA: ("Not enough data", ""),
    State.WORSENING: ("Worsening", "bad"),
    State.BASELINE_TOO_LOW: ("Baseline too low", ""),
    State.RELAPSED: ("Relapsed", "bad"),
    State.WEARING_OFF: ("Wearing off", "warn"),
    State.SUSTAINED_RESPONSE: ("Lasting", "good"),
    State.RESPONDING: ("Responding", "good"),
    State.PARTIAL_IMPROVEMENT: ("Some improvement", "info"),
    State.NO_RESPONSE_YET: ("No response yet", ""),
}
"""Each state in two words, and the tone of its chip."""

GENTLE = {
    State.NOT_ENOUGH_DATA: "We cannot say yet",
    State.WORSENING: "Your score has gone up",
    State.BASELINE_TOO_LOW: "Your score began low",
    State.RELAPSED: "Your score has gone back up",
    State.WEARING_OFF: "The change may be wearing off",
    State.SUSTAINED_RESPONSE: "The change is lasting",
    State.RESPONDING: "Your score is much better",
    State.PARTIAL_IMPROVEMENT: "Your score is somewhat better",
    State.NO_RESPONSE_YET: "No clear change so far",
}
"""Each state for the patient."""


def plural(number: float, noun: str) -> str:
    """ "1 week", "6 weeks"."""
    return f"{number:g} {noun}" + ("" if number == 1 else "s")


@dataclass(frozen=True)
class Telling:
    """A verdict ready to be told: whose score it is, and how the numbers of its measure are written."""

    verdict: Verdict
    instrument: Instrument
    to_patient: bool

    def score(self, value: float | None) -> str:
        """A score as it is written on this measure."""
        return "–" if value is None else format_score(self.instrument, value)

    @property
    def baseline(self) -> str:
        """The baseline as it is written."""
        return self.score(self.verdict.baseline.score if self.verdict.baseline else None)

    @property
    def latest(self) -> str:
        """The latest score as it is written."""
        return self.score(self.verdict.latest.score if self.verdict.latest else None)

    def on(self, day: date | None) -> str:
        """A day as it is written."""
        return written(day) if day else "–"

    def at(self, reading: Reading | None) -> str:
        """ "7 on 4 March 2026"."""
        return f"{self.score(reading.score)} on {written(reading.on)}" if reading else "–"

    @property
    def whose(self) -> str:
        """The subject of a sentence."""
        return "Your score" if self.to_patient else f"The {self.instrument.name} score"

    @property
    def a_score(self) -> str:
        """ "A PHQ-9", or the patient's words for it."""
        return "A questionnaire" if self.to_patient else f"A {self.instrument.name} score"


def headline(verdict: Verdict, *, to_patient: bool) -> str:
    """The state in a few words, with its weeks."""
    text = GENTLE[verdict.state] if to_patient else LABELS[verdict.state][0]
    return f"{text}: {plural(verdict.weeks, 'week')}" if verdict.weeks is not None else text


def in_short(verdict: Verdict, instrument: Instrument, *, to_patient: bool) -> str:
    """ "20 before the first dose, 7 at the last score: 13 points better", as far as both are known."""
    t = Telling(verdict, instrument, to_patient)
    if verdict.change is None:
        return ""
    words = f"{t.baseline} before the first dose, {t.at(verdict.latest)}: {change_words(instrument, verdict.change)}"
    return words if to_patient else f"{words} (reliable change: {t.score(verdict.scale.reliable_change)})"


def change_words(instrument: Instrument, better: float) -> str:
    """ "13 points better", "1 point worse", "no change"."""
    text = format_score(instrument, abs(better))
    if abs(better) < TOLERANCE:
        return "no change"
    return f"{text} point{'' if text == '1' else 's'} {'better' if better > 0 else 'worse'}"


def last_known(verdict: Verdict) -> str:
    """ "was: lasting, 5 weeks" where the verdict is stale."""
    if verdict.last_known is None:
        return ""
    return f"was: {LABELS[verdict.last_known][0].lower()}{_weeks(verdict.last_known_weeks)}"


def sentence(verdict: Verdict, instrument: Instrument, *, to_patient: bool) -> str:
    """The criterion of the verdict in plain words, with the numbers that it rests on."""
    telling = Telling(verdict, instrument, to_patient)
    words = _SENTENCES[verdict.reason if verdict.reason in _SENTENCES else verdict.state](telling)
    if verdict.early and verdict.last_known is None:
        words += (
            " This rests on one score; another will tell more."
            if to_patient
            else " This rests on one score: please confirm it with another."
        )
    return words


def _from_to(t: Telling) -> str:
    return f"{t.whose} went from {t.baseline} to {t.latest}"


def _no_dose(t: Telling) -> str:
    if t.to_patient:
        return "There has been no dosing session yet, so there is nothing to compare with."
    if t.verdict.latest and t.verdict.next_useful_on and t.verdict.next_useful_on > t.verdict.as_of:
        return (
            f"No dosing session has taken place yet. The score of {t.at(t.verdict.latest)} serves as a baseline "
            f"for a first dose before {written(t.verdict.next_useful_on)}."
        )
    return f"No dosing session has taken place yet. {t.a_score} now would serve as a baseline."


def _no_baseline(t: Telling) -> str:
    first, days = t.on(t.verdict.first_dose), plural(t.verdict.scale.baseline_window_days, "day")
    if t.to_patient:
        return f"There is no score from the {days} before your first dose on {first}, so we cannot compare."
    return f"There is no score in the {days} up to the first dose on {first}: change from it cannot be worked out."


def _no_score_yet(t: Telling) -> str:
    first, when = t.on(t.verdict.first_dose), t.on(t.verdict.next_useful_on)
    return f"There is no score after the first dose on {first} yet. {t.a_score} from {when} on will help."


def _too_early(t: Telling) -> str:
    why = "the questions look back to the time before that dose" if t.instrument.recall_days else "it is too soon"
    return (
        f"The only scores so far are from the first days after the first dose; {why}. "
        f"{t.a_score} from {t.on(t.verdict.next_useful_on)} on counts."
    )


def _stale(t: Telling) -> str:
    known = t.verdict.last_known
    latest = t.on(t.verdict.latest.on if t.verdict.latest else None)
    days = t.verdict.scale.stale_days
    if known is None:
        return f"The last score is from {latest}, more than {days} days ago."
    if t.to_patient:
        return (
            f"Your last score is from {latest}, more than {days} days ago, so we cannot say how it is now. "
            f"At that time: {GENTLE[known].lower()}{_weeks(t.verdict.last_known_weeks)}. "
            "Answering the questionnaire today will help."
        )
    return (
        f"The last score is from {latest}, more than {days} days ago. At that score: "
        f"{LABELS[known][0].lower()}{_weeks(t.verdict.last_known_weeks)}. A score now would tell."
    )


def _weeks(weeks: int | None) -> str:
    return f", {plural(weeks, 'week')}" if weeks is not None else ""


def _worsening(t: Telling) -> str:
    v = t.verdict
    change = t.score(abs(v.change or 0))
    if t.to_patient:
        return (
            f"{_from_to(t)} since before your first dose. That is more than the usual ups and downs. "
            "Your care team can see this; please talk with them."
        )
    return (
        f"{_from_to(t)} since the baseline: {change} points worse, where "
        f"{t.score(v.scale.reliable_change)} is more than measurement error."
    )


def _too_low(t: Telling) -> str:
    if t.to_patient:
        return (
            f"Your score was {t.baseline} before the first dose and is {t.latest} now. It began so low that a "
            "comparison in percent would mislead; the line below shows where it goes."
        )
    return (
        f"The baseline of {t.baseline} is milder than {t.score(t.verdict.scale.score(t.verdict.scale.case))}: a change "
        f"in percent of so little would mislead. The latest score is {t.latest}."
    )


def _relapsed(t: Telling) -> str:
    v = t.verdict
    twice = " and ".join(t.at(reading) for reading in v.relapse_pair or ())
    since = ""
    if v.relapsed_on and v.last_dose and v.relapsed_on >= v.last_dose:
        since = f", {plural((v.relapsed_on - v.last_dose).days, 'day')} after the last dose"
    if t.to_patient:
        return (
            f"Your score had come down and has gone back up: {twice}. "
            "That happens to many people. Your care team can see it; please talk with them about what comes next."
        )
    return (
        f"After a response the score has been at relapse level twice, {twice}. "
        f"The relapse is dated {t.on(v.relapsed_on)}{since}."
    )


def _wearing_off(t: Telling) -> str:
    v = t.verdict
    usual = t.score(v.usual_level)
    rise = t.score(abs(v.rise or 0))
    if t.to_patient:
        return (
            f"Your score is {t.latest}; while you felt better it was usually about {usual}. "
            "This may be a bad week or the change wearing off. Your care team can see it."
        )
    return f"The latest score of {t.latest} is {rise} points worse than the usual level in response, {usual}. {_why(t)}"


def _why(t: Telling) -> str:
    return _WHY[t.verdict.reason].format(days=t.verdict.scale.confirm_days)


_WHY = {
    "brief_response_not_confirmed": "Only one score was ever in response, so it does not count as a relapse.",
    "possible_relapse_unconfirmed": "It is at relapse level; a second one {days} days later or more would confirm.",
    "still_responding_but_rising": "It is still in response, and rising by more than measurement error.",
    "below_response_line": "It is out of response, and not at relapse level.",
}


def _brief(t: Telling) -> str:
    if t.to_patient:
        return (
            f"Your score was better once and is {t.latest} now. Your care team can see it; please talk with them "
            "about what comes next."
        )
    return f"One score was in response, then scores at relapse level again; the latest is {t.latest}. {_why(t)}"


def _sustained(t: Telling) -> str:
    v = t.verdict
    anchor = "after the last dose" if v.held_from == v.last_dose else f"since {t.on(v.held_from)}"
    held = f"{plural(v.weeks or 0, 'week')} {anchor}, to {t.on(v.held_to)}"
    stayed = "and has stayed better for" if t.to_patient else "and has stayed in response for"
    words = f"{_from_to(t)} {stayed} {held}."
    return words + ("" if t.to_patient else _MANNER.get(v.reason, "").format(gap=v.scale.max_gap_days))


_MANNER = {
    "remission": " Every score of this time is at remission level.",
    "one_excursion": " One score of this time was out of response; the one after it was back.",
    "gap_after": " A gap of more than {gap} days follows, of which nothing can be said.",
}


def _responding(t: Telling) -> str:
    v = t.verdict
    line = t.score(v.response_line)
    words = f"{_from_to(t)}"
    if t.to_patient:
        return words + f". {_GENTLE_WHY.get(v.reason, 'More scores will show whether it lasts.')}"
    percent = f" ({abs(v.percent):.0f} %)" if v.percent is not None else ""
    why = _RESPONDING_WHY[v.reason].format(gap=v.scale.max_gap_days, sustain=v.scale.sustain_days)
    return words + f"{percent}; response begins at {line}. {why}"


_RESPONDING_WHY = {
    "unstable": "More than one score since the last dose was out of response, so it does not count as lasting.",
    "gap_too_long": "A gap of more than {gap} days without a score lies between: what happened in it is not known.",
    "borderline": "The latest score is just out of response, and not far from the usual level.",
    "remission": "The latest score is at remission level. To call it lasting takes two scores over {sustain} days.",
    "response": "To call it lasting takes two scores in response over {sustain} days since the last dose.",
}
_GENTLE_WHY = {
    "unstable": "It has gone up and down since the last dose, so it is too soon to call it lasting.",
    "gap_too_long": "There is a long time without a score, so we cannot say that it lasted.",
    "borderline": "It is close to the line where we call it much better.",
}


def _partial(t: Telling) -> str:
    v = t.verdict
    if t.to_patient:
        return f"{_from_to(t)}. That is a real improvement; more scores will show where it goes."
    percent = f" ({abs(v.percent):.0f} %)" if v.percent is not None else ""
    return (
        f"{_from_to(t)}: {t.score(v.change)} points better{percent}, more than measurement error "
        f"({t.score(v.scale.reliable_change)}) and short of response, which begins at {t.score(v.response_line)}."
    )


def _no_response(t: Telling) -> str:
    v = t.verdict
    if t.to_patient:
        return f"{_from_to(t)}. That is within the ordinary ups and downs of such a score."
    return (
        f"{_from_to(t)} after {plural(v.doses, 'dose')}: a change of {t.score(abs(v.change or 0))} points, where "
        f"{t.score(v.scale.reliable_change)} is more than measurement error."
    )


_SENTENCES: dict[str, Callable[[Telling], str]] = {
    "no_dose": _no_dose,
    "no_baseline": _no_baseline,
    "no_score_after_first_dose": _no_score_yet,
    "too_early": _too_early,
    "stale": _stale,
    "brief_response_not_confirmed": _brief,
    State.WORSENING: _worsening,
    State.BASELINE_TOO_LOW: _too_low,
    State.RELAPSED: _relapsed,
    State.WEARING_OFF: _wearing_off,
    State.SUSTAINED_RESPONSE: _sustained,
    State.RESPONDING: _responding,
    State.PARTIAL_IMPROVEMENT: _partial,
    State.NO_RESPONSE_YET: _no_response,
}


def figures(
    instrument: Instrument,
    verdict: Verdict | None,
    scores: Sequence[ScoreRow],
    last_dose: date | None,
    today: date,
) -> Sequence[tuple[str, str, str]]:
    """The few numbers that are looked for first: name, value, and a note in small."""
    rows = []
    if scores:
        found = band(instrument, scores[-1].value)
        note = ", ".join(part for part in (found.label if found else "", written(scores[-1].taken_on)) if part)
        rows.append((f"Last {instrument.name}", format_score(instrument, scores[-1].value), note))
    if verdict and verdict.change is not None:
        sign = "+" if (verdict.change < 0) == verdict.scale.higher_is_worse else "−"
        percent = (
            f"{abs(verdict.percent):.0f} % {'better' if verdict.change >= 0 else 'worse'}" if verdict.percent else ""
        )
        value = format_score(instrument, abs(verdict.change))
        rows.append(("Change from baseline", f"{sign}{value}" if verdict.change else "0", percent))
    if last_dose:
        rows.append(("Since the last dose", plural((today - last_dose).days, "day"), written(last_dose)))
    if verdict and verdict.held_from and verdict.held_to:
        days = (verdict.held_to - verdict.held_from).days
        rows.append(("Held in response", plural(days // 7, "week"), f"to {written(verdict.held_to)}"))
    return rows


def evidence(verdict: Verdict, instrument: Instrument) -> Sequence[tuple[str, str]]:
    """What the verdict rests on, as pairs of name and value."""
    t = Telling(verdict, instrument, to_patient=False)
    rows = [("Baseline", t.at(verdict.baseline)), ("Latest score", t.at(verdict.latest))]
    if verdict.change is not None:
        percent = f" ({abs(verdict.percent):.0f} %)" if verdict.percent is not None else ""
        way = "better" if verdict.change >= 0 else "worse"
        rows.append(("Change", f"{t.score(abs(verdict.change))} points {way}{percent}"))
    if verdict.usual_level is not None:
        rows.append(("Usual level in response", t.score(verdict.usual_level)))
    if verdict.last_dose is not None:
        rows.append(("Last dose", f"{written(verdict.last_dose)}, {plural(verdict.doses, 'dose')} in all"))
    if verdict.held_from and verdict.held_to:
        rows.append(("Held in response", f"{written(verdict.held_from)} to {written(verdict.held_to)}"))
    if verdict.excursions:
        rows.append(("Out of response meanwhile", ", ".join(t.at(reading) for reading in verdict.excursions)))
    if verdict.gap:
        rows.append(("Time without a score", f"{written(verdict.gap[0])} to {written(verdict.gap[1])}"))
    if verdict.relapsed_on is not None:
        rows.append(("Latest relapse", written(verdict.relapsed_on)))
    if verdict.next_useful_on is not None:
        rows.append(("A score would help", f"from {written(verdict.next_useful_on)}"))
    return rows


_PATIENTS_NAMES = {
    "Baseline": "Before the first dose",
    "Latest score": "Your latest score",
    "Change": "The difference",
    "Usual level in response": "Usually, while it was better",
    "Last dose": "Last dose",
    "Held in response": "It stayed better",
    "Time without a score": "Time without a score",
    "A score would help": "Another score would help",
}


def own_evidence(verdict: Verdict, instrument: Instrument) -> Sequence[tuple[str, str]]:
    """The same for the patient, under plain names, with what counts as much better."""
    t = Telling(verdict, instrument, to_patient=True)
    rows = [(_PATIENTS_NAMES[name], value) for name, value in evidence(verdict, instrument) if name in _PATIENTS_NAMES]
    if verdict.response_line is not None and State.BASELINE_TOO_LOW not in (verdict.state, verdict.last_known):
        better = "or less" if verdict.scale.higher_is_worse else "or more"
        rows.append(("Much better means", f"{t.score(verdict.response_line)} {better}"))
    return rows


def thresholds(verdict: Verdict, instrument: Instrument) -> Sequence[tuple[str, str]]:
    """The thresholds in force, as pairs of name and value."""
    t, scale = Telling(verdict, instrument, to_patient=False), verdict.scale
    worse = "or more" if scale.higher_is_worse else "or less"
    better = "or less" if scale.higher_is_worse else "or more"
    return [
        ("Reliable change", f"{t.score(scale.reliable_change)} points"),
        ("Noticeable change", f"{t.score(scale.mcid)} points"),
        ("Response", _response_rule(verdict, t, better)),
        ("Remission level", f"{t.score(scale.score(scale.remission))} {better}"),
        ("Relapse level", f"{t.score(scale.score(scale.relapse))} {worse}"),
        ("Baseline needed", f"{t.score(scale.score(scale.case))} {worse}"),
    ]


def _response_rule(verdict: Verdict, t: Telling, better: str) -> str:
    fraction = verdict.scale.response_fraction
    rule = f"{fraction:.0%} better than baseline".replace("%", " %") if fraction else "reliable change"
    return f"{rule}: {t.score(verdict.response_line)} {better}" if verdict.response_line is not None else rule
