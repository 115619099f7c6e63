"""What is there already."""

from sqlalchemy import exists, select

from kap.core.db import db
from kap.people.models import Clinic, User


def clinic_named(name: str) -> Clinic | None:
    """The clinic of that name."""
    return db.session.scalar(select(Clinic).where(Clinic.name == name))


def joined(clinic: Clinic) -> bool:
    """Whether anybody has joined the clinic yet."""
    return bool(db.session.scalar(select(exists().where(User.clinic_id == clinic.id))))
