"""The names of what stands in the log: people, patients, sessions and scores."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from kap.access.roles import STAFF
from kap.core.db import db
from kap.measures.models import Score
from kap.measures.queries import catalogue
from kap.people.models import Patient, User
from kap.people.queries import holds
from kap.treatment.models import Kind, TreatmentSession
from kap.web.filters import day, written


def people(clinic_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """These users of the clinic: who works in it by name, its patients by code."""
    query = (
        select(User.id, User.name, Patient.code, holds(STAFF))
        .outerjoin(Patient, Patient.user_id == User.id)
        .where(User.clinic_id == clinic_id, User.id.in_(ids))
    )
    return {user: name if works or not code else code for user, name, code, works in db.session.execute(query)}


def readers(clinic_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """These users of the clinic, by name and by what they are to it."""
    query = select(User).where(User.clinic_id == clinic_id, User.id.in_(ids))
    return {user.id: f"{user.name}, {_roles(user)}" for user in db.session.scalars(query).unique()}


def _roles(user: User) -> str:
    """ "therapist and clinic lead"."""
    return " and ".join(role.label.lower() for role in sorted(user.roles & STAFF)) or "patient"


def codes(clinic_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """The codes of these patients of the clinic, in their order."""
    query = select(Patient.id, Patient.code).where(Patient.clinic_id == clinic_id, Patient.id.in_(ids))
    return dict(db.session.execute(query.order_by(Patient.code)).tuples().all())


def own_patient(clinic_id: UUID, user_id: UUID) -> UUID | None:
    """The record of the user themselves, for whoever is treated where they work."""
    return db.session.scalar(select(Patient.id).where(Patient.clinic_id == clinic_id, Patient.user_id == user_id))


def sessions(clinic_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """ "Dosing session of 4 March 2026"."""
    query = select(TreatmentSession.id, TreatmentSession.kind, TreatmentSession.starts_at).where(
        TreatmentSession.clinic_id == clinic_id, TreatmentSession.id.in_(ids)
    )
    return {session: f"{Kind(kind).label} session of {day(at)}" for session, kind, at in db.session.execute(query)}


def scores(clinic_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """ "PHQ-9 of 4 March 2026"."""
    query = select(Score.id, Score.measure, Score.taken_on).where(Score.clinic_id == clinic_id, Score.id.in_(ids))
    names = {measure.id: measure.name for measure in catalogue()}
    return {
        score: f"{names.get(measure, measure)} of {written(on)}" for score, measure, on in db.session.execute(query)
    }
