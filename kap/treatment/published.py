"""The published shapes of a course that a clinic can take over; they are data, in published.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kap.treatment.plan import Plan


@dataclass(frozen=True)
class Published:
    """A shape with its source. `own` is what the source does not say, and the product fills in."""

    key: str
    name: str
    description: str
    source: str
    evidence: str
    own: str
    plan: Plan

    @property
    def mark(self) -> str:
        """How well the source is known, in words."""
        return {"read": "Published source", "second-hand": "Second-hand source"}.get(self.evidence, "Our own default")

    @property
    def whole_source(self) -> str:
        """The source with all that has to be known of it, as a protocol keeps it."""
        return f"{self.source} ({self.mark}.) The product’s own default, not a guideline: {self.own}"


@cache
def published() -> Mapping[str, Published]:
    """All of them by key, in the order in which they are offered."""
    read = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {key: Published(key=key, **{**of, "plan": Plan(**of["plan"])}) for key, of in read.items()}
