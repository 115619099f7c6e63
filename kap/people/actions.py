"""Setting up a clinic, letting people in and out of it, and who treats whom."""

import secrets
from datetime import date, timedelta
from uuid import uuid4

from flask import current_app
from flask_security import hash_password, verify_password
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from kap.access.roles import STAFF, Role
from kap.audit.log import recording, touch
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused, Stale
from kap.people import queries
from kap.people.models import CareTeamMember, Clinic, Invitation, Patient, RoleHeld, User, digest
from kap.people.rules import TREATING, giveable, is_country, password_weakness, zones
from kap.people.sign_in import end_sign_ins
from kap.web.filters import written

STAFF_LINK_LIVES = timedelta(hours=72)
PATIENT_LINK_LIVES = timedelta(days=14)


def set_up_clinic(*, name: str, zone: str, country: str, synthetic: bool = False) -> Clinic:
    """A new clinic; from the command line, for nobody can sign in yet."""
    _check_clinic(name, zone, country)
    with recording(Action.CLINIC_SET_UP, by=None) as event:
        clinic = Clinic(name=name, zone=zone, country=country, synthetic=synthetic)
        db.session.add(clinic)
        event.about(clinic)
        event.clinic_id = clinic.id
    return clinic


def change_clinic(clinic: Clinic, *, name: str, zone: str, country: str, version: int, by: User) -> None:
    """Set the clinic's name, zone (IANA) and country (two letters); Stale where `version` is not the current one."""
    _check_clinic(name, zone, country)
    with recording(Action.CLINIC_CHANGED, by=by, about=clinic):
        _check_version(clinic, version)
        if zone != clinic.zone:
            # The days on which doses were given are days in the zone of the clinic.
            touch(*queries.patient_ids(clinic.id))
        clinic.name, clinic.zone, clinic.country = name, zone, country


def invite(
    *,
    clinic: Clinic,
    roles: frozenset[Role],
    email: str | None = None,
    patient: Patient | None = None,
    by: User | None,
) -> tuple[Invitation, str]:
    """An invitation and the token of its link, which is not kept; `by` None may give any role.

    A new invitation of a patient ends the earlier ones.
    """
    token = secrets.token_urlsafe(32)
    with recording(Action.USER_INVITED, by=by, patient=patient) as event:
        _check_invitation(clinic, roles, patient, by)
        if patient is not None:
            for earlier in queries.open_invitations(clinic.id, patient):
                earlier.revoked_at = clock.now()
        invitation = Invitation(
            clinic_id=clinic.id,
            roles=" ".join(sorted(roles)),
            patient_id=patient.id if patient else None,
            email=_address(email),
            token_digest=digest(token),
            created_by=by.id if by else None,
            expires_at=clock.now() + (PATIENT_LINK_LIVES if patient else STAFF_LINK_LIVES),
        )
        db.session.add(invitation)
        event.about(invitation)
        event.clinic_id = clinic.id
    return invitation, token


def _check_invitation(clinic: Clinic, roles: frozenset[Role], patient: Patient | None, by: User | None) -> None:
    if not roles:
        raise Refused("Please choose at least one role.", field="roles")
    if (patient is not None) != (Role.PATIENT in roles) or (patient is not None and len(roles) > 1):
        raise Refused("A patient is invited from their own page, as a patient only.", field="roles")
    if patient is not None and patient.user_id is not None:
        raise Refused("This patient has an account already.")
    if by is None:
        return
    if by.clinic_id != clinic.id or (patient is not None and patient.clinic_id != clinic.id):
        raise Refused("People are invited to one's own clinic only.")
    if patient is None and not roles <= giveable(by.roles):
        raise Refused("This role is given by a clinic lead.", field="roles")
    if patient is not None and not by.roles & (TREATING | {Role.LEAD}):
        raise Refused("Patients are invited by those who treat them, or by a clinic lead.")


def accept(token: str, *, name: str, email: str, password: str) -> User:
    """The user who joins by this link; it works once."""
    _check_filled(name, "name")
    with recording(Action.USER_JOINED, by=None) as event:
        invitation = queries.invitation_by_token(token)
        if invitation is None:
            raise Refused("This link is not known here. Please ask your clinic for a new one.")
        _claim(invitation)
        weakness = password_weakness(password, own_words=(*_own_words(email), invitation.clinic.name))
        if weakness is not None:
            raise Refused(weakness, field="password")
        user = _new_user(invitation, name=name, email=_address(email) or "", password=password)
        if invitation.patient_id is not None:
            patient = db.session.get_one(Patient, invitation.patient_id)
            if patient.user_id is not None:
                raise Refused("There is an account for this patient already. Please sign in.")
            patient.user_id = user.id
            event.patient_id = patient.id
        event.actor_id, event.clinic_id = user.id, user.clinic_id
        event.about(user)
    return user


def _claim(invitation: Invitation) -> None:
    """Use the link up; of two who do so at once the database lets one."""
    now = clock.now()
    claimed = db.session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(used_at=now),
        execution_options={"guarded": True, "synchronize_session": False},
    )
    db.session.refresh(invitation)
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused(invitation.closed)


def _new_user(invitation: Invitation, *, name: str, email: str, password: str) -> User:
    taken = Refused("This address cannot be used here. Please give another one.", field="email")
    if queries.user_by_email(email) is not None:
        raise taken
    user = User(
        clinic_id=invitation.clinic_id,
        name=name,
        email=email,
        password=_hashed(password),
        fs_uniquifier=uuid4().hex,
        held=[RoleHeld(role=role) for role in sorted(invitation.role_set)],
    )
    db.session.add(user)
    _flush_unless(taken)
    return user


def revoke_invitation(invitation: Invitation, *, by: User) -> None:
    """Withdraw a link that has not been used."""
    with recording(Action.INVITATION_REVOKED, by=by, about=invitation) as event:
        if invitation.closed:
            raise Refused(invitation.closed)
        invitation.revoked_at = clock.now()
        event.patient_id = invitation.patient_id


def change_roles(user: User, roles: frozenset[Role], *, version: int, by: User) -> None:
    """Let somebody who works in the clinic hold exactly these roles."""
    with recording(Action.USER_CHANGED, by=by, about=user):
        _check_version(user, version)
        _check_staff(user, by)
        if not roles or not roles <= STAFF:
            raise Refused("Please choose at least one role.", field="roles")
        if not (roles ^ user.roles) & STAFF <= giveable(by.roles):
            raise Refused("The role of a clinic lead is given and taken by a clinic lead.", field="roles")
        if Role.LEAD not in roles:
            _check_not_last_lead(user)
        user.held = [held for held in user.held if held.role in roles | {Role.PATIENT}] + [
            RoleHeld(role=role) for role in sorted(roles - user.roles)
        ]
        # The roles lie in a table of their own: this makes the user's version rise with them.
        user.version += 1


def deactivate(user: User, *, by: User) -> None:
    """Shut somebody who works in the clinic out, wherever they are signed in."""
    with recording(Action.USER_DEACTIVATED, by=by, about=user):
        _check_staff(user, by)
        _check_not_last_lead(user)
        user.active = False
        end_sign_ins(user)


def reactivate(user: User, *, by: User) -> None:
    """Let them sign in again."""
    with recording(Action.USER_REACTIVATED, by=by, about=user):
        _check_staff(user, by)
        user.active = True


def change_password(user: User, *, current: str, new: str) -> None:
    """Set one's own password, and end every sign-in; Refused where `current` is wrong or `new` is weak."""
    with recording(Action.ACCOUNT_CHANGED, by=user, about=user):
        if not user.password or not verify_password(_normal(current), user.password):
            raise Refused("This is not your current password. Please try again.", field="password_current")
        weakness = password_weakness(new, own_words=(*_own_words(user.email), user.clinic.name))
        if weakness is not None:
            raise Refused(weakness, field="password")
        user.password = _hashed(new)
        end_sign_ins(user)


def add_patient(
    *,
    code: str,
    name: str | None = None,
    birth_date: date | None = None,
    email: str | None = None,
    by: User | None,
    clinic: Clinic | None = None,
    first_member: User | None = None,
) -> Patient:
    """A new patient of the clinic (that of `by`, unless named); whoever treats and adds joins the care team.

    `first_member` is whom a lead puts there. Refused on the field `code` where another patient has it.
    """
    if clinic is None:
        if by is None:
            raise ValueError("From the command line the clinic has to be named.")
        clinic = by.clinic
    _check_filled(code, "code")
    with recording(Action.PATIENT_ADDED, by=by) as event:
        taken = _code_taken(code)
        if queries.patient_by_code(clinic.id, code) is not None:
            raise taken
        patient = Patient(clinic_id=clinic.id, code=code, name=name, birth_date=birth_date, email=_address(email))
        db.session.add(patient)
        _flush_unless(taken)
        event.about(patient)
        event.patient_id, event.clinic_id = patient.id, clinic.id
        if by is not None and by.roles & TREATING:
            join_care_team(patient, by, by=by)
        if first_member is not None:
            join_care_team(patient, first_member, by=by)
    return patient


def change_patient(
    patient: Patient,
    *,
    version: int,
    code: str,
    name: str | None,
    birth_date: date | None,
    email: str | None,
    by: User,
) -> None:
    """Set what identifies a patient; Stale where `version` is not the current one."""
    _check_filled(code, "code")
    with recording(Action.PATIENT_CHANGED, by=by, patient=patient, about=patient):
        _check_version(patient, version)
        same_code = queries.patient_by_code(patient.clinic_id, code)
        if same_code is not None and same_code is not patient:
            raise _code_taken(code)
        patient.code, patient.name, patient.birth_date = code, name, birth_date
        patient.email = _address(email)
        _flush_unless(_code_taken(code))


def join_care_team(patient: Patient, user: User, *, by: User | None) -> CareTeamMember:
    """Put `user` on the patient's care team from now on; the membership they have, if they are on it."""
    with recording(Action.CARE_TEAM_CHANGED, by=by, patient=patient) as event:
        if user.clinic_id != patient.clinic_id or not user.active or not user.roles & TREATING:
            raise Refused("A care team is made of the clinic's therapists, prescribers and nurses.", field="user")
        if patient.user_id == user.id:
            raise Refused("Nobody stands on their own care team.", field="user")
        hold(patient)
        member = queries.membership(patient, user)
        if member is None:
            member = CareTeamMember.of(patient, user_id=user.id)
            db.session.add(member)
        event.about(member)
    return member


def leave_care_team(member: CareTeamMember, *, by: User) -> None:
    """End a membership now; what was recorded under it stays."""
    with recording(Action.CARE_TEAM_CHANGED, by=by, patient=member.patient, about=member):
        if member.until is None or member.until > clock.now():
            member.until = clock.now()


def refuse_day(patient: Patient, day: date, *, field: str) -> None:
    """Refuse what is dated to a day that has not come yet where the patient is treated, or before their birth."""
    clinic = db.session.get_one(Clinic, patient.clinic_id)
    if day > clock.today(clinic.zone_info):
        raise Refused("This lies in the future. Please check the date.", field=field)
    refuse_before_birth(patient, day, field=field)


def refuse_before_birth(patient: Patient, day: date, *, field: str) -> None:
    """Refuse what is dated to a day before the patient was born."""
    if patient.birth_date is not None and day < patient.birth_date:
        born = written(patient.birth_date)
        raise Refused(f"This is before the patient was born ({born}). Please check the date.", field=field)


def _check_filled(text: str, field: str) -> None:
    if not text.strip():
        raise Refused("Please fill this in.", field=field)


def _check_clinic(name: str, zone: str, country: str) -> None:
    _check_filled(name, "name")
    if zone not in zones():
        raise Refused(
            "This time zone is not known. Please give it like Europe/London or America/New_York.", field="zone"
        )
    if not is_country(country):
        raise Refused("Please give the country as two capital letters, such as US or GB.", field="country")


def _check_version(row: Clinic | User | Patient, version: int) -> None:
    hold(row)
    if row.version != version:
        raise Stale(row)


def _check_staff(user: User, by: User) -> None:
    if user.clinic_id != by.clinic_id or not user.is_staff:
        raise Refused("This is nobody who works in your clinic.")
    if Role.LEAD in user.roles and Role.LEAD not in by.roles:
        raise Refused("The account of a clinic lead is changed by a clinic lead.")


def _check_not_last_lead(user: User) -> None:
    if Role.LEAD not in user.roles or not user.active:
        return
    # Two leads who shut each other out at once wait for each other here.
    db.session.refresh(user.clinic, with_for_update=True)
    if queries.active_leads(user.clinic_id) == 1:
        raise Refused("This is the only clinic lead. Please make somebody else a lead first.")


def _code_taken(code: str) -> Refused:
    return Refused(f"The code {code} belongs to another patient of the clinic. Please choose another.", field="code")


def _flush_unless(taken: Refused) -> None:
    """Write, and refuse where somebody was faster; on PostgreSQL two can have looked before either wrote."""
    try:
        db.session.flush()
    except IntegrityError:
        raise taken from None


def _address(email: str | None) -> str | None:
    return email.strip().lower() if email and email.strip() else None


def _own_words(email: str) -> tuple[str, ...]:
    return email, email.partition("@")[0]


def _normal(password: str) -> str:
    """As Flask-Security reads a password at sign-in, so that it fits however the keyboard composes letters."""
    normal: str = current_app.extensions["security"].password_util.normalize(password)
    return normal


def _hashed(password: str) -> str:
    hashed: str = hash_password(_normal(password))
    return hashed
