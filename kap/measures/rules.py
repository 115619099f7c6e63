"""How a questionnaire is laid out for a phone: a few questions at a time."""

from kap.measures.instruments import Instrument, Item
from kap.measures.scoring import Answers, unanswered

_LONG = 10
"""More questions than this go five to a page instead of three."""

Page = tuple[Item, ...]


def pages(instrument: Instrument) -> tuple[Page, ...]:
    """The questions in their order, three to a page, five where there are many; none stands alone on the last."""
    items = instrument.items
    size = 5 if len(items) > _LONG else 3
    cut = [items[start : start + size] for start in range(0, len(items), size)]
    if len(cut) > 1 and len(cut[-1]) == 1:
        cut[-2:] = [cut[-2] + cut[-1]]
    return tuple(cut)


def page_of(instrument: Instrument, item: Item) -> int:
    """The number of the page, counted from 1, on which `item` is asked."""
    return next(number for number, page in enumerate(pages(instrument), start=1) if item in page)


def page_shown(instrument: Instrument, answers: Answers, asked_for: int | None) -> int:
    """The page that was asked for, where there is one; else the first that still wants answers, or the last."""
    last = len(pages(instrument))
    if asked_for is not None:
        return min(max(asked_for, 1), last)
    return next((page_of(instrument, item) for item in unanswered(instrument, answers)), last)
