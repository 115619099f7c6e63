"""Links that work once: the token of a new one, and using one up."""

import secrets
from collections.abc import Iterable

from sqlalchemy import update

from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.models import AddressChange, Invitation, PasswordReset

UNKNOWN = "This link is not known here. Please ask for a new one."


def new_token() -> str:
    """256 random bits, as they stand in a link; only their digest is kept."""
    return secrets.token_urlsafe(32)


def claim(link: Invitation | PasswordReset) -> None:
    """Use the link up; of two who do so at once the database lets one. Inside `recording`."""
    kind, now = type(link), clock.now()
    claimed = db.session.execute(
        update(kind)
        .where(kind.id == link.id, kind.used_at.is_(None), kind.revoked_at.is_(None), kind.expires_at > now)
        .values(used_at=now),
        execution_options={"guarded": True, "synchronize_session": False},
    )
    db.session.refresh(link)
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused(link.closed)


def withdraw(links: Iterable[Invitation | PasswordReset | AddressChange]) -> None:
    """End links that have not been used; inside `recording`."""
    for link in links:
        link.revoked_at = clock.now()
