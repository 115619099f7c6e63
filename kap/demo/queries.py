"""What is there already."""

from collections.abc import Sequence

from sqlalchemy import select

from kap.core.db import db
from kap.people.models import Clinic


def clinics() -> Sequence[Clinic]:
    """Every clinic of the database."""
    return db.session.scalars(select(Clinic)).all()
