"""What holds of people whatever the database says: which roles one may give, which places and passwords are taken."""

from functools import cache
from zoneinfo import available_timezones

from kap.access.roles import STAFF, Role

TREATING = frozenset({Role.THERAPIST, Role.MEDICAL})
"""The roles that stand on a care team."""

PASSWORD_LEAST = 12
PASSWORD_MOST = 1024
"""Lengths of a password, in characters; there are no rules of composition (NIST SP 800-63B, 5.1.1.2)."""


@cache
def zones() -> frozenset[str]:
    """The names of the IANA time zones that are known here."""
    return frozenset(available_timezones()) - {"Factory", "localtime", "posixrules"}


def is_country(code: str) -> bool:
    """Whether `code` has the shape of ISO 3166-1 alpha-2: two capital letters."""
    return len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()


def giveable(roles: frozenset[Role]) -> frozenset[Role]:
    """The roles of staff that somebody with `roles` may give: only a lead makes a lead, who sees every patient."""
    if Role.LEAD in roles:
        return STAFF
    return STAFF - {Role.LEAD} if Role.ADMIN in roles else frozenset()


def password_weakness(password: str, *, own_words: tuple[str, ...]) -> str | None:
    """Why `password` is not taken, or None; `own_words` are what a stranger would try first."""
    if len(password) < PASSWORD_LEAST:
        return f"Please use at least {PASSWORD_LEAST} characters. A few words in a row are easy to remember."
    if len(password) > PASSWORD_MOST:
        return f"Please use at most {PASSWORD_MOST:,} characters."
    told = password.casefold()
    if any(len(word) >= 4 and word.casefold() in told for word in own_words):
        return "Please leave out your e-mail address and the name of the clinic: they are easy to guess."
    return None
