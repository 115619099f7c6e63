"""What holds of people whatever the database says: which roles one may give, which places and passwords are taken."""

from functools import cache
from zoneinfo import available_timezones

from kap.access.roles import STAFF, Role

TREATING = frozenset({Role.THERAPIST, Role.MEDICAL})
"""The roles that stand on a care team."""

WELCOMES = {
    Role.LEAD: "Here is the list of the clinic's patients. Next: invite those who work here, under Users.",
    Role.THERAPIST: "Here is what waits for you today. Next: add a patient, or open one and log a session.",
    Role.MEDICAL: "Here is what waits for you today. Next: open one of your patients to log or plan a dosing session.",
    Role.PATIENT: "Here you see how you are doing over time. Next: answer what is waiting under Questionnaires.",
    Role.ADMIN: "Here is everybody who works in the clinic. Next: invite people, or check the settings under Clinic.",
}
"""What is there and what comes next for whoever has just joined; of several roles the first of these counts."""

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


def psychotherapy_notes_stand_apart(country: str) -> bool:
    """Whether the law there is known to us to leave psychotherapy notes out of what patients may see.

    In the US it does (45 CFR 164.524(a)(1)). Of no other country did we find such a rule: what is kept there has to be
    disclosed as all else is.
    """
    return country == "US"


def as_address(email: str | None) -> str | None:
    """An e-mail address as it is kept and compared: trimmed, in small letters; None for an empty one."""
    return email.strip().lower() if email and email.strip() else None


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


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
"""Marks in a User-Agent and what they stand for; the first that is found counts, for each contains those after it."""


def device(user_agent: str) -> str:
    """A browser and its system in words, "Firefox on Windows", and nothing more of what it says of itself."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return f"{browser} on {system}" if system else browser


def welcome(roles: frozenset[Role]) -> str:
    """One plain sentence for whoever has just joined in these roles."""
    return next(sentence for role, sentence in WELCOMES.items() if role in roles)
