"""How a questionnaire is laid out for a phone: a few questions at a time."""

from kap.measures.instruments import Instrument, Item

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
