"""Measures that a clinic declares by their thresholds alone, because their words are not ours to ship."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from kap.durability import Scale
from kap.measures.instruments.definition import Instrument

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST_NAME = 80
FURTHEST = 1_000_000
LONGEST_WAIT = 3650

SCALE_FIELDS = tuple(field.name for field in fields(Scale))
REQUIRED = ("name", *(field.name for field in fields(Scale) if field.default is MISSING))
CHANGES = ("reliable_change", "mcid")
SEVERITIES = ("case", "remission", "relapse")


class BadMeasure(ValueError):
    """A file of a declared measure that cannot be used: which file, which field, and what is wrong."""

    def __init__(self, path: Path, field: str | None, fault: str) -> None:
        super().__init__(": ".join(part for part in (str(path), field, fault) if part))
        self.path = path
        self.field = field
        self.fault = fault


def read_declared(path: Path) -> Instrument:
    """The measure in one file, `<id>.toml`: `name` and the fields of `Scale`. Raises BadMeasure."""
    if not ID.fullmatch(path.stem):
        raise BadMeasure(path, None, "the name of the file may have only a-z, 0-9 and -, at most 40 of them.")
    try:
        facts = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMeasure(path, None, f"this is not TOML ({error}).") from error
    for field, fault in _faults(facts):
        raise BadMeasure(path, field, fault)
    name = facts.pop("name").strip()
    scale = Scale(**facts)
    return Instrument(
        id=path.stem,
        name=name,
        title=name,
        plain=name,
        minimum=scale.minimum,
        maximum=scale.maximum,
        higher_is_worse=scale.higher_is_worse,
        decimals=None,
        scale=scale,
        licence="The questions are not part of this software; only scores are kept.",
    )


def _faults(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields and what is wrong with them. Later checks rely on earlier ones having found nothing."""
    for field in facts:
        if field not in ("name", *SCALE_FIELDS):
            yield field, f"unknown; a measure has {', '.join(('name', *SCALE_FIELDS))}."
    for field in REQUIRED:
        if field not in facts:
            yield field, "missing."
    for field, value in facts.items():
        if fault := _wrong_kind(field, value):
            yield field, fault
    yield from _out_of_range(facts)


def _wrong_kind(field: str, value: object) -> str | None:
    """What is wrong with a value taken by itself."""
    if field == "name":
        named = isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= LONGEST_NAME
        return None if named else f"must be one line of text, at most {LONGEST_NAME} characters."
    if field == "higher_is_worse":
        return None if isinstance(value, bool) else "must be true or false."
    number = isinstance(value, int | float) and not isinstance(value, bool) and -FURTHEST <= value <= FURTHEST
    if field.endswith("_days"):
        least = 0 if field == "settle_days" else 1
        days = number and isinstance(value, int) and least <= value <= LONGEST_WAIT
        return None if days else f"must be a whole number of days, {least} to {LONGEST_WAIT}."
    return None if number else "must be a number."


def _out_of_range(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with numbers taken together: thresholds are severity points within the range."""
    width = facts["maximum"] - facts["minimum"]
    if width <= 0:
        yield "minimum", "must be below maximum."
    for field in CHANGES:
        if not 0 < facts[field] <= width:
            yield field, f"must be above 0 and at most {width:g}, the width of the range."
    for field in SEVERITIES:
        if not 0 <= facts[field] <= width:
            yield field, f"must lie from 0 to {width:g}: it counts severity points from the healthy end."
    if facts["remission"] >= facts["relapse"]:
        yield "remission", "must be below relapse."
    if not 0 <= facts["response_fraction"] <= 1:
        yield "response_fraction", "must lie from 0 to 1 (0.5 is half)."
