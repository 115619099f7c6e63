"""What somebody searches for: often a name, which must stand in no address. So it travels there sealed."""

import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag

from kap.core.sealed import Ring, rings
from kap.people.models import User

MOST_SEARCHED = 80
"""How many characters are searched for; no code or name that can be told apart is longer."""


def search_text(typed: str) -> str:
    """What was typed, on one line and without what cannot be read."""
    legible = (" " if unicodedata.category(character) in ("Cc", "Cs") else character for character in typed)
    return " ".join("".join(legible).split())


def sealed_search(text: str, user: User) -> str:
    """The text as it may stand in an address: only this user can open it again."""
    return urlsafe_b64encode(rings().seal(Ring.RECORD, text, _bound_to(user))).decode().rstrip("=")


def opened_search(token: str, user: User) -> str | None:
    """The text of an address; None where it was altered, or sealed for somebody else."""
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        return rings().unseal(Ring.RECORD, sealed, _bound_to(user))
    except (InvalidTag, ValueError, LookupError):
        return None


def _bound_to(user: User) -> bytes:
    return b"caseload:find:" + user.clinic_id.bytes + user.id.bytes
