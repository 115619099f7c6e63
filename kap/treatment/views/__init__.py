"""Pages of courses and sessions: one module for each of their sides, all under one blueprint."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint

from kap.treatment.models import Condition, EndReason, Kind, Medicine, Modality, Route, Severity, Status, Worded
from kap.treatment.plan import WINDOW_EVIDENCE, told

bp = Blueprint("treatment", __name__)

WORDS = (Condition, EndReason, Kind, Medicine, Modality, Route, Severity, Status)


def labels(kind: type[Worded], values: Iterable[str]) -> str:
    """The words of several values."""
    return ", ".join(kind(value).label for value in values)


@bp.context_processor
def _words() -> dict[str, Any]:
    """The enumerations by name, for the words that stand for their values, and plans in words."""
    return {kind.__name__: kind for kind in WORDS} | {
        "labels": labels,
        "told": told,
        "window_evidence": WINDOW_EVIDENCE,
    }


# Each registers its pages on the blueprint.
from kap.treatment.views import booking, courses, protocols, sessions  # noqa: E402, F401
