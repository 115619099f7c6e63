"""How the levels of an alert are said."""

WORDS = {"suicidal-thoughts": {1: "Several days", 2: "More than half the days", 3: "Nearly every day"}}
"""The answers of PHQ-9 to item 9, in the words of the instrument."""


def words(kind: str, level: int) -> str:
    """What the person answered, in the words of the instrument; the bare number where these are not known."""
    return WORDS.get(kind, {}).get(level, str(level))
