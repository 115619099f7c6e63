"""The one way to a row of a patient's record: within one's scope, with a permission, on the log."""

from typing import Any, TypeVar
from uuid import UUID

from flask import abort, g
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.orm import aliased, contains_eager

from kap.access import gate
from kap.access.roles import Permission, Role, granted
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db
from kap.people.models import CareTeamMember, Patient, User
from kap.people.rules import TREATING

Row = TypeVar("Row")
"""Patient, or a model with OfPatient."""


def in_team(user: User) -> ColumnElement[bool]:
    """The condition that `user` is on the care team of the Patient of the query, at this moment."""
    now, member = clock.now(), aliased(CareTeamMember)
    return exists().where(
        member.clinic_id == user.clinic_id,
        member.user_id == user.id,
        member.patient_id == Patient.id,
        member.since <= now,
        or_(member.until.is_(None), member.until > now),
    )


def visible(user: User) -> ColumnElement[bool]:
    """The condition that `user` may know of the Patient of the query: by care team, as lead, or as the patient."""
    roles = user.roles
    ways: list[ColumnElement[bool]] = []
    if roles & TREATING:
        ways.append(in_team(user))
    if Role.LEAD in roles:
        return Patient.clinic_id == user.clinic_id
    if Role.PATIENT in roles:
        ways.append(Patient.user_id == user.id)
    return and_(Patient.clinic_id == user.clinic_id, or_(false(), *ways))


def visible_patients(user: User) -> Select[tuple[Patient]]:
    """The patients that `user` may know of."""
    return select(Patient).where(visible(user))


def load(kind: type[Row], id: UUID, permission: Permission) -> Row:
    """The row, for the current user: 404 outside their care (as for what does not exist), 403 without `permission`.

    The read is logged. A permission counts only through the role by which the patient is in sight: a therapist who
    is a patient here does not write their own record.
    """
    user = current_user._get_current_object()
    found = db.session.execute(_sought(kind, id, user)).first()
    if found is None:
        g.asked = True
        abort(404)
    row, treats = found
    patient = row if isinstance(row, Patient) else row.patient
    g.held = granted(_roles_towards(user, patient, treats))
    gate.answer(permission, g.held)
    viewed(Action.RECORD_VIEWED, by=user, patient=patient, about=row)
    return row  # type: ignore[no-any-return]


def _sought(kind: Any, id: UUID, user: User) -> Select[Any]:
    query: Select[Any] = select(kind, in_team(user)).where(kind.id == id, visible(user))
    if kind is Patient:
        return query
    return query.join(Patient, Patient.id == kind.patient_id).options(contains_eager(kind.patient))


def load_patient(id: UUID, permission: Permission) -> Patient:
    """The patient, as `load` gives it."""
    return load(Patient, id, permission)


def in_sight(patient: Patient, user: User) -> bool:
    """Whether `user` may still know of the patient."""
    return db.session.scalar(select(Patient.id).where(Patient.id == patient.id, visible(user))) is not None


def load_own_record(permission: Permission) -> Patient:
    """The record of the current user as a patient; 404 for whoever has none."""
    user = current_user._get_current_object()
    gate.require(permission)
    patient = db.session.scalar(select(Patient).where(Patient.user_id == user.id))
    if patient is None or patient.clinic_id != user.clinic_id:
        abort(404)
    g.held = granted(frozenset({Role.PATIENT}))
    viewed(Action.RECORD_VIEWED, by=user, patient=patient, about=patient)
    return patient


def _roles_towards(user: User, patient: Patient, treats: bool) -> frozenset[Role]:
    """The roles through which `user` sees `patient`."""
    if patient.user_id == user.id:
        return frozenset({Role.PATIENT})
    return frozenset(role for role in user.roles if role is Role.LEAD or (treats and role in TREATING))
