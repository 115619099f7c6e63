"""Pages of courses and sessions: one module for each of their sides, all under one blueprint."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint

from kap.treatment.models import (
    Condition,
    EndReason,
    Kind,
    Medicine,
    Modality,
    PracticeKind,
    Route,
    Severity,
    Status,
    Theme,
    Worded,
)
from kap.treatment.plan import told
from kap.treatment.reading import Reading
from kap.treatment.window import WINDOW_EVIDENCE

bp = Blueprint("treatment", __name__)

WORDS = (Condition, EndReason, Kind, Medicine, Modality, PracticeKind, Route, Severity, Status, Theme)


def labels(kind: type[Worded], values: Iterable[str]) -> str:
    """The words of several values."""
    return ", ".join(kind(value).label for value in values)


def how(read: Reading) -> list[tuple[str, str]]:
    """How a talk session was held, as the facts of its page."""
    return [(label, text) for label, text, _ in read.how]


@bp.context_processor
def _words() -> dict[str, Any]:
    """The enumerations by name, for the words that stand for their values, and plans in words."""
    return {kind.__name__: kind for kind in WORDS} | {
        "how": how,
        "labels": labels,
        "told": told,
        "window_evidence": WINDOW_EVIDENCE,
    }


# Each registers its pages on the blueprint.
from kap.treatment.views import booking, courses, found, groups, protocols, sessions  # noqa: E402, F401
