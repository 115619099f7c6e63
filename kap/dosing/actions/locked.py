"""A part of a session that is signed takes no more entries."""

from kap.core.db import db
from kap.core.refusal import Refused
from kap.treatment.models import DosingSession, Part
from kap.treatment.signing import refuse_signed


def hold_open(session: DosingSession, part: Part | None = Part.ADMINISTRATION, *, alone: bool = False) -> None:
    """Refuse to write into a part that is signed, or into a session that is marked as entered in error.

    Inside `recording`. Several may add rows at the same time; whoever changes the session itself, or numbers a sheet,
    holds it `alone`. What is of no part stays open after both are signed.
    """
    db.session.refresh(session, with_for_update={"read": not alone, "of": type(session)})
    if session.in_error:
        raise Refused("This session was marked as entered in error. It stays as it is.")
    if part is not None:
        refuse_signed(session, part)
