"""A part of a session that is signed takes no more entries."""

from kap.core.db import db
from kap.core.refusal import Refused
from kap.treatment.models import DosingSession


def hold_open(session: DosingSession, *, alone: bool = False) -> None:
    """Refuse to write into a session that is marked as entered in error; inside `recording`.

    Several may add rows at the same time; whoever changes the session itself, or numbers a sheet, holds it `alone`.
    """
    db.session.refresh(session, with_for_update={"read": not alone, "of": type(session)})
    if session.in_error:
        raise Refused("This session was marked as entered in error. It stays as it is.")
