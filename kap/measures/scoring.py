"""From answers to a score, and from a score to its words. Pure: no web, no database."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from kap.measures.instruments import Band, Instrument, Item

Answers = Mapping[int, int | None]
"""Answers by the number of the item; None, or no entry, where there is none yet."""


def score(instrument: Instrument, answers: Answers) -> float | None:
    """The total of the answers, or None while a scored item is unanswered: nothing is imputed.

    A mean is rounded (half up) to the decimals of the instrument, so that the score that is kept and judged
    is the one that is shown. Raises ValueError on an answer that the instrument does not have.
    """
    if instrument.scoring is None:
        raise ValueError(f"{instrument.name} is known by its totals only: it has no items to score.")
    for number, answer in answers.items():
        _check_answer(instrument, instrument.item(number), answer)
    given = [answers.get(item.number) for item in instrument.scored_items]
    points = [answer for answer in given if answer is not None]
    if len(points) < len(given):
        return None
    if instrument.scoring == "mean":
        return _rounded(Decimal(sum(points)) / len(points), instrument.decimals)
    return float(sum(points))


def entered_score(instrument: Instrument, value: float) -> float:
    """A total worked out elsewhere, as it is kept; ValueError where the measure has no such score."""
    if not instrument.minimum <= value <= instrument.maximum:
        ends = f"{instrument.minimum:g} to {instrument.maximum:g}"
        raise ValueError(f"{instrument.name} runs from {ends}: {value:g} is outside.")
    if instrument.scoring == "sum" and value != int(value):
        raise ValueError(f"{instrument.name} has whole scores: {value:g} is not one.")
    return _rounded(Decimal(str(value)), instrument.decimals)


def unanswered(instrument: Instrument, answers: Answers) -> tuple[Item, ...]:
    """The items that are still to be answered before the form is finished, in their order."""
    return tuple(item for item in instrument.required_items if answers.get(item.number) is None)


def safety_flag(instrument: Instrument, answers: Answers) -> int | None:
    """The highest answer that must raise an alert, on a finished form or not; None where there is none.

    It is read apart from the score, whatever the other answers are: nothing wrong elsewhere can hide it.
    """
    flags = [
        answer
        for item in instrument.items
        if item.alert_from is not None
        and (answer := answers.get(item.number)) is not None
        and answer >= item.alert_from
    ]
    return max(flags, default=None)


def band(instrument: Instrument, value: float) -> Band | None:
    """The range of severity that a score lies in; None where none is published."""
    return next((band for band in instrument.bands if band.low <= value <= band.high), None)


def format_score(instrument: Instrument | None, value: float) -> str:
    """A score as it is shown: "7", "4.3"; also of a measure that is not known (any more).

    One more decimal appears only where the value needs it, as the median of two scores may: "6.5".
    """
    return _shown(value, instrument.decimals if instrument else None)


@lru_cache(maxsize=4096)
def _shown(value: float, decimals: int | None) -> str:
    least, most = (0, 2) if decimals is None else (decimals, decimals + 1)
    whole, _, fraction = str(_quantized(Decimal(str(value)), most)).partition(".")
    fraction = fraction[:least] + fraction[least:].rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _check_answer(instrument: Instrument, item: Item, answer: int | None) -> None:
    if answer is not None and answer not in item.values:
        allowed = f"{min(item.values)} to {max(item.values)}"
        raise ValueError(f"{instrument.name}, question {item.number}: {answer!r} is not an answer ({allowed}).")


def _rounded(value: Decimal, decimals: int | None) -> float:
    """Rounded half up, not to even: what a person does on paper."""
    return float(value if decimals is None else _quantized(value, decimals))


def _quantized(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
