"""What an instrument is, and how a shipped one is read from its file."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from kap.durability import Scale


@dataclass(frozen=True, slots=True)
class Option:
    """An answer that can be given: the points that it counts and the words that are shown."""

    value: int
    label: str
    loinc: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `anchors` are the words at the two ends where the answer is a number on a line."""

    number: int
    text: str
    options: tuple[Option, ...]
    scored: bool = True
    optional: bool = False
    loinc: str | None = None
    anchors: tuple[str, str] | None = None
    alert_from: int | None = None
    """Answers from here on raise a safety alert, also on a form that is not finished."""

    @property
    def id(self) -> str:
        """The name of the item in forms and exports: "q9"."""
        return f"q{self.number}"

    @property
    def values(self) -> frozenset[int]:
        """The answers that can be given."""
        return frozenset(option.value for option in self.options)


@dataclass(frozen=True, slots=True)
class Band:
    """A published range of severity, both ends included."""

    low: int
    high: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A measure: what it asks, how it is scored and what its scores mean.

    Without `items` it is known by its totals alone; without a `scale` it is charted, marked "not validated",
    and has no verdict. `decimals` are those of a total, None where totals are kept as they were entered;
    `minutes` is about how long it takes; `plain` is what it is called for patients.
    """

    id: str
    name: str
    title: str
    minimum: float
    maximum: float
    higher_is_worse: bool
    plain: str
    version: str = ""
    stem: str = ""
    items: tuple[Item, ...] = ()
    scoring: Literal["sum", "mean"] | None = None
    decimals: int | None = 0
    recall_days: int | None = None
    minutes: int | None = None
    bands: tuple[Band, ...] = ()
    scale: Scale | None = None
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    """Where each threshold of the scale comes from, by the name of its field."""
    conditions: tuple[str, ...] = ()
    loinc_panel: str | None = None
    loinc_total: str | None = None
    licence: str = ""
    licence_source: str = ""
    attribution: str = ""
    redistributable: bool = False
    citations: tuple[str, ...] = ()

    @property
    def scores_only(self) -> bool:
        """Whether totals are entered from elsewhere, because the questions are not here."""
        return not self.items

    @property
    def validated(self) -> bool:
        """Whether it has thresholds, and so a verdict."""
        return self.scale is not None

    @property
    def scored_items(self) -> tuple[Item, ...]:
        """The items that make the total."""
        return tuple(item for item in self.items if item.scored)

    @property
    def required_items(self) -> tuple[Item, ...]:
        """The items without which a form is not finished."""
        return tuple(item for item in self.items if not item.optional)

    @property
    def safety_items(self) -> tuple[Item, ...]:
        """The items that can raise an alert."""
        return tuple(item for item in self.items if item.alert_from is not None)

    def item(self, number: int) -> Item:
        """The item with this number; ValueError where there is none."""
        for item in self.items:
            if item.number == number:
                return item
        raise ValueError(f"{self.name} has no question {number}.")


def read_shipped(instrument_id: str) -> Instrument:
    """The instrument in `<instrument_id>.toml` beside this module."""
    facts = tomllib.loads(files(__package__).joinpath(f"{instrument_id}.toml").read_text("utf-8"))
    answers = facts.pop("answers", ())
    items = tuple(_item(number, asked, answers) for number, asked in enumerate(facts.pop("items"), start=1))
    bands = tuple(Band(**band) for band in facts.pop("bands", ()))
    loinc = facts.pop("loinc", {})
    thresholds = facts.pop("scale", None)
    sources = thresholds.pop("source") if thresholds else {}
    return Instrument(
        id=instrument_id,
        items=items,
        bands=bands,
        scale=_scale(facts, thresholds) if thresholds else None,
        sources=MappingProxyType(sources),
        loinc_panel=loinc.get("panel"),
        loinc_total=loinc.get("total"),
        conditions=tuple(facts.pop("conditions", ())),
        citations=tuple(facts.pop("citations", ())),
        **facts,
    )


def _scale(facts: Mapping[str, Any], thresholds: Mapping[str, Any]) -> Scale:
    """The thresholds, with the range and direction that the instrument states already."""
    return Scale(
        minimum=facts["minimum"],
        maximum=facts["maximum"],
        higher_is_worse=facts["higher_is_worse"],
        **thresholds,
    )


def _item(number: int, asked: dict[str, Any], shared: Sequence[Mapping[str, Any]]) -> Item:
    """One item: with its own answers, numbers between two ends, or the answers that all items share."""
    ends = asked.pop("ends", None)
    if ends is None:
        options = tuple(Option(**answer) for answer in asked.pop("answers", shared))
        return Item(number=number, options=options, **asked)
    low, high = sorted(int(end) for end in ends)
    options = tuple(Option(value, str(value)) for value in range(low, high + 1))
    return Item(number=number, options=options, anchors=(ends[str(low)], ends[str(high)]), **asked)
