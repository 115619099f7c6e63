"""Who works in a clinic, who treats whom, and which ways in are open."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, bindparam, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from kap.access.roles import STAFF, Role
from kap.core import clock
from kap.core.db import Key, UtcDateTime, db
from kap.people.models import (
    AddressChange,
    CareTeamMember,
    Clinic,
    Invitation,
    PasswordReset,
    Patient,
    RoleHeld,
    SignIn,
    User,
    digest,
)
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


def account_of(patient: Patient) -> User | None:
    """The account by which the patient signs in."""
    return db.session.get(User, patient.user_id) if patient.user_id else None


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
    """The care team of a patient, those of whom the time is over last."""
    query = (
        select(CareTeamMember)
        .where(CareTeamMember.clinic_id == patient.clinic_id, CareTeamMember.patient_id == patient.id)
        .order_by(not_(_lasts(CareTeamMember)), CareTeamMember.since, CareTeamMember.id)
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


def treated_ids(user: User) -> frozenset[UUID]:
    """The patients on whose care team `user` is at this moment."""
    query = select(CareTeamMember.patient_id).where(
        CareTeamMember.clinic_id == user.clinic_id, CareTeamMember.user_id == user.id, stands()
    )
    return frozenset(db.session.scalars(query))


def membership(patient: Patient, user: User) -> CareTeamMember | None:
    """The membership of `user` in the patient's care team that has not ended."""
    query = select(CareTeamMember).where(
        CareTeamMember.clinic_id == patient.clinic_id,
        CareTeamMember.patient_id == patient.id,
        CareTeamMember.user_id == user.id,
        stands(),
    )
    return db.session.scalars(query).unique().first()


def memberships_ahead(patient: Patient, user: User) -> Sequence[CareTeamMember]:
    """The times of `user` in the patient's care team that are not over, those still to come included, in order."""
    query = select(CareTeamMember).where(
        CareTeamMember.clinic_id == patient.clinic_id,
        CareTeamMember.patient_id == patient.id,
        CareTeamMember.user_id == user.id,
        _lasts(CareTeamMember),
    )
    return db.session.scalars(query.order_by(CareTeamMember.since, CareTeamMember.id)).unique().all()


def _lasts(member: Any) -> ColumnElement[bool]:
    """The condition that the CareTeamMember of the query is not over; it may not have begun."""
    return or_(member.until.is_(None), member.until > clock.now())


def patient_ids(clinic_id: UUID) -> Sequence[UUID]:
    """Every patient of the clinic."""
    return db.session.scalars(select(Patient.id).where(Patient.clinic_id == clinic_id)).all()


def patient_by_code(clinic_id: UUID, code: str) -> Patient | None:
    """The patient of the clinic with that code."""
    return db.session.scalar(select(Patient).where(Patient.clinic_id == clinic_id, Patient.code == code))


def invitation_by_token(token: str) -> Invitation | None:
    """The invitation that the link with this token stands for."""
    return db.session.scalar(select(Invitation).where(Invitation.token_digest == digest(token)))


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


def waiting_invitations(clinic_id: UUID, patient: Patient | None = None) -> Sequence[Invitation]:
    """The links that nobody has used, of staff or of one patient, the oldest first; also those that have expired."""
    of_whom = Invitation.patient_id.is_(None) if patient is None else Invitation.patient_id == patient.id
    query = select(Invitation).where(
        Invitation.clinic_id == clinic_id, of_whom, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None)
    )
    return db.session.scalars(query.order_by(Invitation.created_at, Invitation.id)).all()


def links_seen_by(user: User) -> list[Invitation | PasswordReset]:
    """Links that were shown to `user` to be handed on, to the account of somebody else, and that nobody has used."""
    invitations = select(Invitation).where(
        Invitation.clinic_id == user.clinic_id,
        Invitation.created_by == user.id,
        Invitation.sent_at.is_(None),
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    resets = select(PasswordReset).where(
        PasswordReset.clinic_id == user.clinic_id,
        PasswordReset.created_by == user.id,
        PasswordReset.used_at.is_(None),
        PasswordReset.revoked_at.is_(None),
    )
    return [*db.session.scalars(invitations), *db.session.scalars(resets)]


def reset_by_token(token: str) -> PasswordReset | None:
    """The way to a new password that the link with this token stands for."""
    return db.session.scalar(select(PasswordReset).where(PasswordReset.token_digest == digest(token)))


def open_resets(user: User) -> Sequence[PasswordReset]:
    """The links to a new password that nobody has used or withdrawn."""
    query = select(PasswordReset).where(
        PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None), PasswordReset.revoked_at.is_(None)
    )
    return db.session.scalars(query).all()


def resets_asked(user: User, *, since: datetime) -> int:
    """How many links to a new password were asked for on the page for it."""
    query = select(func.count()).select_from(PasswordReset)
    asked = PasswordReset.user_id == user.id, PasswordReset.created_by.is_(None), PasswordReset.created_at > since
    return db.session.scalar(query.where(*asked)) or 0


def address_change_by_token(token: str) -> AddressChange | None:
    """The change of address that the link with this token stands for, at either address."""
    sought = digest(token)
    query = select(AddressChange).where(or_(AddressChange.old_digest == sought, AddressChange.new_digest == sought))
    return db.session.scalar(query)


def open_address_changes(user: User) -> Sequence[AddressChange]:
    """The changes of address that are neither made nor withdrawn."""
    query = select(AddressChange).where(
        AddressChange.user_id == user.id, AddressChange.used_at.is_(None), AddressChange.revoked_at.is_(None)
    )
    return db.session.scalars(query).all()


def waiting_address_change(user: User) -> AddressChange | None:
    """The change of address that can still be confirmed."""
    return next((change for change in open_address_changes(user) if change.open), None)


def address_changes_asked(user: User, *, since: datetime) -> int:
    """How many changes of address were asked for."""
    query = select(func.count()).select_from(AddressChange)
    return db.session.scalar(query.where(AddressChange.user_id == user.id, AddressChange.created_at > since)) or 0


def own_sign_in(user: User, id: UUID) -> SignIn | None:
    """One of the sign-ins of `user`."""
    return db.session.scalar(select(SignIn).where(SignIn.id == id, SignIn.user_id == user.id))


class Treated(NamedTuple):
    """A patient on whose care team somebody is or will be; `only`: nobody else there can sign in and treat."""

    id: UUID
    code: str
    name: str | None
    only: bool


def treated_by(user: User) -> list[Treated]:
    """The patients of the care teams of `user`, those that are still to come included, by code."""
    own, other = aliased(CareTeamMember), aliased(CareTeamMember)
    theirs = exists().where(
        own.clinic_id == Patient.clinic_id, own.patient_id == Patient.id, own.user_id == user.id, _lasts(own)
    )
    others = exists().where(
        other.clinic_id == Patient.clinic_id,
        other.patient_id == Patient.id,
        other.user_id != user.id,
        stands(other),
        User.id == other.user_id,
        User.active,
        holds(TREATING),
    )
    query = select(Patient.id, Patient.code, Patient.name, not_(others)).where(
        Patient.clinic_id == user.clinic_id, theirs
    )
    return [Treated._make(row) for row in db.session.execute(query.order_by(Patient.code, Patient.id))]


def patients_by_id(clinic_id: UUID, ids: Iterable[UUID]) -> Sequence[Patient]:
    """Patients of the clinic, by their keys."""
    return db.session.scalars(select(Patient).where(Patient.clinic_id == clinic_id, Patient.id.in_(ids))).all()


_TREATING_NAMES = (
    select(User.id, User.name)
    .where(User.clinic_id == _CLINIC, User.active, holds(TREATING))
    .limit(bindparam("most", type_=Integer))
)
