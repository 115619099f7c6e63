"""A part of a session that is signed takes no more entries."""

from kap.core.db import db
from kap.core.refusal import Refused
from kap.treatment.models import DosingSession


def hold_open(session: DosingSession) -> None:
    """Refuse to write into a session that is marked as entered in error; nobody signs it until this is written."""
    db.session.refresh(session, with_for_update={"read": True, "of": type(session)})
    if session.in_error:
        raise Refused("This session was marked as entered in error. It stays as it is.")
