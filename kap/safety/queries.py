"""Alerts that wait for somebody, by whom they wait for."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, not_, or_, select
from sqlalchemy.orm import contains_eager

from kap.access.roles import Role
from kap.core.db import db
from kap.people.load import CLINIC, PATIENT, asking, in_team, not_own, of_patient
from kap.people.models import CareTeamMember, Patient, User
from kap.people.queries import holds, stands
from kap.people.rules import TREATING
from kap.safety.models import Alert, AlertKind


def open_alerts(user: User) -> Sequence[Alert]:
    """The open alerts that `user` should act on, the oldest first, each with its patient.

    They are those of the user's care teams; for a lead also those of patients with nobody on their care team. Nobody
    is shown alerts about themselves, so one about the only lead, with nobody on their care team, would be in no list:
    by a link nobody becomes both, for the account of a patient is one of its own.
    """
    return _patients_loaded(_open().where(_for(user.roles)), user)


def alerts_with_others(user: User) -> Sequence[Alert]:
    """For a lead, the clinic's open alerts that others should act on; the oldest first, each with its patient."""
    if Role.LEAD not in user.roles:
        return []
    return _patients_loaded(_open().where(not_(_for(user.roles))), user)


def open_alert_count(user: User) -> int:
    """How many open alerts `user` should act on."""
    return db.session.scalar(_count(user.roles), asking(user)) or 0


@cache
def _count(roles: frozenset[Role]) -> Select[tuple[int]]:
    return _open().where(_for(roles)).with_only_columns(func.count(Alert.id))


def open_alerts_of(patient: Patient) -> Sequence[Alert]:
    """The open alerts about one patient, the oldest first."""
    return db.session.scalars(_OPEN_OF_PATIENT, of_patient(patient)).all()


_OPEN_OF_PATIENT = (
    select(Alert)
    .where(Alert.clinic_id == CLINIC, Alert.patient_id == PATIENT, Alert.acted_at.is_(None))
    .order_by(Alert.raised_at)
)


def alerts_from(patient: Patient, source_id: UUID, kind: AlertKind) -> Sequence[Alert]:
    """All alerts that one source raised."""
    query = select(Alert).where(
        Alert.clinic_id == patient.clinic_id,
        Alert.patient_id == patient.id,
        Alert.source_id == source_id,
        Alert.kind == kind.value,
    )
    return db.session.scalars(query).all()


def _open() -> Select[Any]:
    """Open alerts of the clinic, without those that are about whoever asks."""
    return (
        select(Alert)
        .join(Patient, Patient.id == Alert.patient_id)
        .where(
            Alert.clinic_id == CLINIC,
            Alert.acted_at.is_(None),
            not_own(),
        )
    )


def _for(roles: frozenset[Role]) -> ColumnElement[bool]:
    """The condition that the Patient of the query is for one with `roles` to look after."""
    ways: list[ColumnElement[bool]] = []
    if roles & TREATING:
        ways.append(in_team())
    if Role.LEAD in roles:
        ways.append(not_(_attended()))
    return or_(false(), *ways)


def _attended() -> ColumnElement[bool]:
    """The condition that somebody who can sign in and treat is on the care team of the Patient of the query."""
    return exists().where(
        CareTeamMember.clinic_id == Patient.clinic_id,
        CareTeamMember.patient_id == Patient.id,
        stands(),
        User.id == CareTeamMember.user_id,
        and_(User.active, holds(TREATING)),
    )


def _patients_loaded(query: Select[Any], user: User) -> Sequence[Alert]:
    query = query.options(contains_eager(Alert.patient)).order_by(Alert.raised_at, Alert.id)
    return db.session.scalars(query, asking(user)).all()
