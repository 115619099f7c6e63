"""The one way to a row of a patient's record: within one's scope, with a permission, on the log."""

from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from flask import abort, g
from flask_login import current_user
from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, false, func, or_, select
from sqlalchemy.orm import aliased, contains_eager

from kap.access import gate
from kap.access.roles import Permission, Role, granted
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.core.db import Key, db
from kap.people.models import CareTeamMember, Patient, User
from kap.people.queries import stands
from kap.people.rules import TREATING

Row = TypeVar("Row")
"""Patient, or a model with OfPatient."""


PERSON: BindParameter[UUID] = bindparam("person", type_=Key())
CLINIC: BindParameter[UUID] = bindparam("clinic", type_=Key())
PATIENT: BindParameter[UUID] = bindparam("patient", type_=Key())


def asking(user: User) -> dict[str, Any]:
    """What a statement with `in_team` or `visible` is executed with. To build one costs more than to ask it, so they
    are built once for each set of roles.
    """
    return {"person": user.id, "clinic": user.clinic_id}


def of_patient(patient: Patient) -> dict[str, Any]:
    """What a statement about one patient is executed with."""
    return {"clinic": patient.clinic_id, "patient": patient.id}


def in_team() -> ColumnElement[bool]:
    """The condition that the one who asks is on the care team of the Patient of the query, at this moment."""
    member = aliased(CareTeamMember)
    return exists().where(_of_asking(member), member.patient_id == Patient.id)


def _of_asking(member: Any) -> ColumnElement[bool]:
    return and_(member.clinic_id == CLINIC, member.user_id == PERSON, stands(member))


def visible(roles: frozenset[Role]) -> ColumnElement[bool]:
    """The condition that one with `roles` may know of the Patient of the query: by care team, as lead, as patient."""
    ways: list[ColumnElement[bool]] = []
    if roles & TREATING:
        ways.append(in_team())
    if Role.LEAD in roles:
        return Patient.clinic_id == CLINIC
    if Role.PATIENT in roles:
        ways.append(Patient.user_id == PERSON)
    return and_(Patient.clinic_id == CLINIC, or_(false(), *ways))


def not_own() -> ColumnElement[bool]:
    """The condition that the Patient of the query is not whoever asks: they read of themselves as a patient alone."""
    return or_(Patient.user_id.is_(None), Patient.user_id != PERSON)


def visible_rows(roles: frozenset[Role], of: Any, *, by_patient: bool = False) -> ColumnElement[bool]:
    """The same for many rows of a model with OfPatient, without a look at each patient.

    `by_patient`: the query has few patients to look at, so it is not offered an index that begins with the clinic.
    """
    if Role.LEAD in roles:
        return (func.coalesce(of.clinic_id, CLINIC) if by_patient else of.clinic_id) == CLINIC
    ways: list[Select[tuple[UUID]]] = []
    if roles & TREATING:
        member = aliased(CareTeamMember)
        ways.append(select(member.patient_id).where(_of_asking(member)))
    if Role.PATIENT in roles:
        ways.append(select(Patient.id).where(Patient.clinic_id == CLINIC, Patient.user_id == PERSON))
    return or_(false(), *(of.patient_id.in_(way) for way in ways))


def load(kind: type[Row], id: UUID, permission: Permission, *, shown: bool = True) -> Row:
    """The row, for the current user: 404 outside their care (as for what does not exist), 403 without `permission`.

    The read is logged, unless nothing of the row is going to be `shown`. A permission counts only through the role by
    which the patient is in sight: a therapist who is a patient here does not write their own record.
    """
    user = current_user._get_current_object()
    query = _sought(kind, user.roles)  # type: ignore[arg-type]
    found = db.session.execute(query, asking(user) | {"sought": id}).first()
    if found is None:
        g.asked = True
        abort(404)
    row, treats = found
    patient = row if isinstance(row, Patient) else row.patient
    g.held = granted(_roles_towards(user, patient, treats))
    gate.answer(permission, g.held)
    if shown:
        viewed(Action.RECORD_VIEWED, by=user, patient=patient, about=row)
    return row  # type: ignore[no-any-return]


@cache
def _sought(kind: Any, roles: frozenset[Role]) -> Select[Any]:
    query: Select[Any] = select(kind, in_team()).where(kind.id == bindparam("sought", type_=Key()), visible(roles))
    if kind is Patient:
        return query
    return query.join(Patient, Patient.id == kind.patient_id).options(contains_eager(kind.patient))


def load_patient(id: UUID, permission: Permission, *, shown: bool = True) -> Patient:
    """The patient, as `load` gives it."""
    return load(Patient, id, permission, shown=shown)


def in_sight(patient: Patient, user: User) -> bool:
    """Whether `user` may still know of the patient."""
    query = select(Patient.id).where(Patient.id == patient.id, visible(user.roles))
    return db.session.scalar(query, asking(user)) is not None


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
