"""Who works in a clinic, who treats whom, and which ways in are open."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, bindparam, exists, func, or_, select

from kap.access.roles import STAFF, Role
from kap.core import clock
from kap.core.db import Key, UtcDateTime, db
from kap.core.refusal import Refused
from kap.people.models import CareTeamMember, Clinic, Invitation, Patient, RoleHeld, User, digest
from kap.people.rules import TREATING

_CLINIC: BindParameter[UUID] = bindparam("clinic", type_=Key())


def clinics() -> Sequence[Clinic]:
    """The clinics of this installation, by name."""
    return db.session.scalars(select(Clinic).order_by(Clinic.name, Clinic.id)).all()


def sole_clinic() -> Clinic | None:
    """The clinic of this installation; None where there are several, or none yet."""
    found = clinics()
    return found[0] if len(found) == 1 else None


def clinic_named(name: str) -> Clinic | None:
    """The clinic of that name."""
    return db.session.scalar(select(Clinic).where(Clinic.name == name))


def joined(clinic: Clinic) -> bool:
    """Whether anybody has joined the clinic yet."""
    return bool(db.session.scalar(select(exists().where(User.clinic_id == clinic.id))))


def holds(roles: frozenset[Role]) -> ColumnElement[bool]:
    """The condition that the User of the query holds one of `roles`."""
    return exists().where(RoleHeld.user_id == User.id, RoleHeld.role.in_(sorted(roles)))


def name_of(user_id: UUID | None) -> str | None:
    """The name of whoever did something; None for the command line."""
    user = db.session.get(User, user_id) if user_id else None
    return user.name if user else None


def staff_of(clinic_id: UUID) -> Sequence[User]:
    """Everybody who works in the clinic, by name; also whoever is deactivated."""
    query = select(User).where(User.clinic_id == clinic_id, holds(STAFF)).order_by(func.lower(User.name), User.id)
    return db.session.scalars(query).unique().all()


def staff_member(clinic_id: UUID, id: UUID) -> User | None:
    """One who works in the clinic."""
    query = select(User).where(User.clinic_id == clinic_id, User.id == id, holds(STAFF))
    return db.session.scalars(query).unique().one_or_none()


def user_by_email(email: str) -> User | None:
    """The user of that address in whichever clinic; the address in small letters."""
    return db.session.scalars(select(User).where(User.email == email)).unique().one_or_none()


def active_leads(clinic_id: UUID) -> int:
    """How many leads the clinic has who can sign in."""
    query = select(func.count()).select_from(User).where(User.clinic_id == clinic_id, User.active)
    return db.session.scalar(query.where(holds(frozenset({Role.LEAD})))) or 0


def can_treat(clinic_id: UUID) -> Sequence[User]:
    """Those of the clinic who may stand on a care team, by name."""
    query = select(User).where(User.clinic_id == clinic_id, User.active, holds(TREATING))
    return db.session.scalars(query.order_by(func.lower(User.name), User.id)).unique().all()


def first_members(user: User) -> Sequence[User]:
    """Whom `user` may put first on the care team of a new patient; nobody where they treat, for they join it."""
    return [] if user.roles & TREATING else can_treat(user.clinic_id)


def stands(member: Any = CareTeamMember) -> ColumnElement[bool]:
    """The condition that the CareTeamMember of the query is one at the moment of asking."""
    now: ColumnElement[datetime] = bindparam(None, callable_=clock.now, type_=UtcDateTime())
    return and_(member.since <= now, or_(member.until.is_(None), member.until > now))


def attended_patients() -> Select[tuple[UUID]]:
    """The patients of the clinic on whose care team somebody is who can sign in and treat; executed with `clinic`."""
    able = select(User.id).where(User.clinic_id == _CLINIC, User.active, holds(TREATING))
    return select(CareTeamMember.patient_id).where(
        CareTeamMember.clinic_id == _CLINIC, stands(), CareTeamMember.user_id.in_(able)
    )


def treating_names(clinic_id: UUID, most: int) -> list[tuple[UUID, str]]:
    """Those of the clinic who may stand on a care team, by name; not more than `most`, and then just any."""
    found = db.session.execute(_TREATING_NAMES, {"clinic": clinic_id, "most": most}).tuples().all()
    return sorted(found, key=lambda person: (person[1].casefold(), person[0]))


def team_of(patient: Patient) -> Sequence[CareTeamMember]:
    """The care team of a patient, past members last."""
    query = (
        select(CareTeamMember)
        .where(CareTeamMember.clinic_id == patient.clinic_id, CareTeamMember.patient_id == patient.id)
        .order_by(CareTeamMember.until.is_not(None), CareTeamMember.since, CareTeamMember.id)
    )
    return db.session.scalars(query).unique().all()


def team_member(patient: Patient, id: UUID) -> CareTeamMember | None:
    """One membership of the patient's care team, by its key."""
    query = select(CareTeamMember).where(
        CareTeamMember.clinic_id == patient.clinic_id,
        CareTeamMember.patient_id == patient.id,
        CareTeamMember.id == id,
    )
    return db.session.scalars(query).unique().one_or_none()


def membership(patient: Patient, user: User) -> CareTeamMember | None:
    """The membership of `user` in the patient's care team that has not ended."""
    query = select(CareTeamMember).where(
        CareTeamMember.clinic_id == patient.clinic_id,
        CareTeamMember.patient_id == patient.id,
        CareTeamMember.user_id == user.id,
        stands(),
    )
    return db.session.scalars(query).unique().first()


def patient_ids(clinic_id: UUID) -> Sequence[UUID]:
    """Every patient of the clinic."""
    return db.session.scalars(select(Patient.id).where(Patient.clinic_id == clinic_id)).all()


def patient_by_code(clinic_id: UUID, code: str) -> Patient | None:
    """The patient of the clinic with that code."""
    return db.session.scalar(select(Patient).where(Patient.clinic_id == clinic_id, Patient.code == code))


def invitation_by_token(token: str) -> Invitation | None:
    """The invitation that the link with this token stands for."""
    return db.session.scalar(select(Invitation).where(Invitation.token_digest == digest(token)))


def open_invitation(token: str) -> Invitation | None:
    """The invitation that this link can accept; None for a link that never was, Refused for one that no longer can."""
    invitation = invitation_by_token(token)
    if invitation is not None and invitation.closed:
        raise Refused(invitation.closed)
    return invitation


def staff_invitation(clinic_id: UUID, id: UUID) -> Invitation | None:
    """One of the clinic's invitations of staff."""
    query = select(Invitation).where(
        Invitation.clinic_id == clinic_id, Invitation.id == id, Invitation.patient_id.is_(None)
    )
    return db.session.scalar(query)


def patient_invitation(patient: Patient, id: UUID) -> Invitation | None:
    """One of the invitations of a patient."""
    query = select(Invitation).where(
        Invitation.clinic_id == patient.clinic_id, Invitation.id == id, Invitation.patient_id == patient.id
    )
    return db.session.scalar(query)


def open_invitations(clinic_id: UUID, patient: Patient | None = None) -> Sequence[Invitation]:
    """The links that can still be used: of staff, or of one patient; the oldest first."""
    of_whom = Invitation.patient_id.is_(None) if patient is None else Invitation.patient_id == patient.id
    query = select(Invitation).where(
        Invitation.clinic_id == clinic_id,
        of_whom,
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > clock.now(),
    )
    return db.session.scalars(query.order_by(Invitation.created_at)).all()


_TREATING_NAMES = (
    select(User.id, User.name)
    .where(User.clinic_id == _CLINIC, User.active, holds(TREATING))
    .limit(bindparam("most", type_=Integer))
)
