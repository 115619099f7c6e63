"""Which practices the patient would rather not be asked about today: kept in the cookie of the sign-in alone."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from flask import session

_NAME = "not_now"


def asked_later(today: date) -> Collection[UUID]:
    """The practices that are not asked about again on this day."""
    return [UUID(key) for key, on in session.get(_NAME, {}).items() if on == today.isoformat()]


def ask_later(practice_id: UUID, today: date) -> None:
    """Ask about the practice another day."""
    session[_NAME] = {str(key): today.isoformat() for key in (*asked_later(today), practice_id)}
