"""The forms of a dosing session."""

from collections.abc import Mapping

from wtforms.fields import SelectChoice  # type: ignore[attr-defined]


def choices(words: Mapping[str, str], nothing: str | None = None) -> list[SelectChoice]:
    """The choices that stand for these words, by their keys; first, where it is given, the words for none."""
    first = [] if nothing is None else [SelectChoice(value="", label=nothing)]
    return [*first, *(SelectChoice(value=key, label=label) for key, label in words.items())]
