"""Setting up a clinic, letting people in and out of it, and who treats whom."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import uuid4

from kap.access.roles import STAFF, Role
from kap.audit.log import recording, touch
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused, Stale
from kap.people import queries
from kap.people.account import address_refused, check_staff, close_links, flush_unless
from kap.people.links import UNKNOWN, claim, new_token, withdraw
from kap.people.models import CareTeamMember, Clinic, Invitation, LinkState, Patient, RoleHeld, User, digest
from kap.people.passwords import hashed
from kap.people.rules import (
    TREATING,
    as_address,
    giveable,
    is_country,
    psychotherapy_notes_stand_apart,
    zones,
)
from kap.people.sign_in import end_sign_ins
from kap.web.filters import written

STAFF_LINK_LIVES = timedelta(hours=72)
PATIENT_LINK_LIVES = timedelta(days=14)
FAR = timedelta(days=731)
"""How far ahead a care team is planned."""


def set_up_clinic(*, name: str, zone: str, country: str, synthetic: bool = False) -> Clinic:
    """A new clinic; from the command line, for nobody can sign in yet."""
    _check_clinic(name, zone, country)
    with recording(Action.CLINIC_SET_UP, by=None) as event:
        clinic = Clinic(
            name=name,
            zone=zone,
            country=country,
            psychotherapy_notes=psychotherapy_notes_stand_apart(country),
            synthetic=synthetic,
        )
        db.session.add(clinic)
        event.about(clinic)
        event.clinic_id = clinic.id
    return clinic


def change_clinic(
    clinic: Clinic,
    *,
    name: str,
    zone: str,
    country: str,
    psychotherapy_notes: bool | None = None,
    version: int,
    by: User,
) -> None:
    """Set the clinic's name, zone (IANA) and country (two letters); Stale where `version` is not the current one.

    `psychotherapy_notes`: whether they can be started; as it was where it is not given.
    """
    _check_clinic(name, zone, country)
    with recording(Action.CLINIC_CHANGED, by=by, about=clinic):
        _check_version(clinic, version)
        if zone != clinic.zone:
            # The days on which doses were given are days in the zone of the clinic.
            touch(*queries.patient_ids(clinic.id))
        clinic.name, clinic.zone, clinic.country = name, zone, country
        if psychotherapy_notes is not None:
            clinic.psychotherapy_notes = psychotherapy_notes


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
    token = new_token()
    with recording(Action.USER_INVITED, by=by, patient=patient) as event:
        _check_invitation(clinic, roles, patient, by)
        if patient is not None:
            withdraw(queries.waiting_invitations(clinic.id, patient))
        invitation = Invitation(
            clinic_id=clinic.id,
            roles=" ".join(sorted(roles)),
            patient_id=patient.id if patient else None,
            email=as_address(email),
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
            raise Refused(UNKNOWN)
        claim(invitation)
        user = _new_user(invitation, name=name, email=as_address(email) or "", password=password)
        if invitation.patient_id is not None:
            patient = db.session.get_one(Patient, invitation.patient_id)
            if patient.user_id is not None:
                raise Refused("There is an account for this patient already. Please sign in.")
            patient.user_id = user.id
            event.patient_id = patient.id
        event.actor_id, event.clinic_id = user.id, user.clinic_id
        event.about(user)
    return user


def _new_user(invitation: Invitation, *, name: str, email: str, password: str) -> User:
    kept = hashed(password, email=email, clinic=invitation.clinic)
    if queries.user_by_email(email) is not None:
        raise address_refused()
    user = User(
        clinic_id=invitation.clinic_id,
        name=name,
        email=email,
        password=kept,
        fs_uniquifier=uuid4().hex,
        held=[RoleHeld(role=role) for role in sorted(invitation.role_set)],
    )
    db.session.add(user)
    flush_unless(address_refused())
    return user


def renew_invitation(invitation: Invitation, *, by: User) -> tuple[Invitation, str]:
    """The same invitation with a new link and all its time; the earlier link no longer works."""
    with recording(Action.INVITATION_RENEWED, by=by, about=invitation) as event:
        event.patient_id = invitation.patient_id
        _withdraw_unused(invitation)
        patient = db.session.get_one(Patient, invitation.patient_id) if invitation.patient_id else None
        return invite(
            clinic=invitation.clinic, roles=invitation.role_set, email=invitation.email, patient=patient, by=by
        )


def note_sent(invitation: Invitation, *, by: User) -> None:
    """Keep that the letter with the link went out."""
    with recording(Action.INVITATION_SENT, by=by, about=invitation) as event:
        event.patient_id = invitation.patient_id
        invitation.sent_at = clock.now()


def revoke_invitation(invitation: Invitation, *, by: User) -> None:
    """Withdraw a link that has not been used; one that has expired leaves the list of those that wait."""
    with recording(Action.INVITATION_REVOKED, by=by, about=invitation) as event:
        _withdraw_unused(invitation)
        event.patient_id = invitation.patient_id


def _withdraw_unused(invitation: Invitation) -> None:
    # Somebody may be accepting it at this moment.
    hold(invitation)
    if invitation.state in (LinkState.USED, LinkState.WITHDRAWN):
        raise Refused(invitation.closed)
    withdraw([invitation])


def change_roles(user: User, roles: frozenset[Role], *, version: int, by: User) -> None:
    """Let somebody who works in the clinic hold exactly these roles."""
    with recording(Action.USER_CHANGED, by=by, about=user):
        _check_version(user, version)
        check_staff(user, by)
        if not roles or not roles <= STAFF:
            raise Refused("Please choose at least one role.", field="roles")
        if not (roles ^ user.roles) & STAFF <= giveable(by.roles):
            raise Refused("The role of a clinic lead is given and taken by a clinic lead.", field="roles")
        _withdraw_invitations(user, roles)
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
        # The user before the clinic, as whoever changes roles does; and the roles as they are after that wait.
        hold(user)
        db.session.expire(user, ["held"])
        check_staff(user, by)
        _withdraw_invitations(user, frozenset())
        withdraw(queries.links_seen_by(user))
        _check_not_last_lead(user)
        user.active = False
        close_links(user)
        end_sign_ins(user)


def _withdraw_invitations(user: User, roles: frozenset[Role]) -> None:
    """End those by `user` to what somebody with `roles` does not give: with the link they would be back in."""
    waiting = queries.waiting_invitations(user.clinic_id)
    withdraw(one for one in waiting if one.created_by == user.id and not one.role_set <= giveable(roles))


def reactivate(user: User, *, by: User) -> None:
    """Let them sign in again."""
    with recording(Action.USER_REACTIVATED, by=by, about=user):
        check_staff(user, by)
        user.active = True


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
        patient = Patient(clinic_id=clinic.id, code=code, name=name, birth_date=birth_date, email=as_address(email))
        db.session.add(patient)
        flush_unless(taken)
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
        _check_version(patient, version, whole=True)
        same_code = queries.patient_by_code(patient.clinic_id, code)
        if same_code is not None and same_code is not patient:
            raise _code_taken(code)
        patient.code, patient.name, patient.birth_date = code, name, birth_date
        patient.email = as_address(email)
        flush_unless(_code_taken(code))


def join_care_team(
    patient: Patient, user: User, *, since: date | None = None, until: date | None = None, by: User | None
) -> CareTeamMember:
    """Put `user` on the patient's care team: from the day `since` (from now on) to the day `until`, both included.

    The days are days of the clinic. The membership they have, where they are on it and no days are given.
    """
    with recording(Action.CARE_TEAM_CHANGED, by=by, patient=patient) as event:
        _check_may_treat(patient, user)
        hold(patient)
        member = queries.membership(patient, user)
        if member is None or since or until:
            start, end = _bounds(_clinic_of(patient), since, until)
            _refuse_overlap(patient, user, start, end)
            member = CareTeamMember.of(patient, user_id=user.id, since=start, until=end)
            db.session.add(member)
        event.about(member)
    return member


def change_membership(member: CareTeamMember, *, since: date | None, until: date | None, by: User) -> None:
    """Let a membership begin and end on other days; one that has begun keeps its beginning."""
    patient = db.session.get_one(Patient, member.patient_id)
    with recording(Action.CARE_TEAM_CHANGED, by=by, patient=patient, about=member):
        hold(patient)
        db.session.refresh(member)
        if member.over:
            raise Refused("This time on the care team is over. Please add them anew.")
        start, end = _bounds(_clinic_of(patient), None if member.begun else since, until)
        if member.begun:
            start = member.since
        _refuse_overlap(patient, member.user, start, end, but=member)
        member.since, member.until = start, end


def leave_care_team(member: CareTeamMember, *, by: User) -> None:
    """End a membership now, or call off one that has not begun; what was recorded under it stays."""
    patient = db.session.get_one(Patient, member.patient_id)
    with recording(Action.CARE_TEAM_CHANGED, by=by, patient=patient, about=member):
        hold(patient)
        db.session.refresh(member)
        _end(member, clock.now())


def hand_over(leaver: User, taker: User, patients: Sequence[Patient], *, from_day: date, by: User) -> None:
    """Put `taker` in the place of `leaver` on the care teams of these patients, from a day of the clinic on.

    One transaction, with an event for each patient. Who wrote what, and who was on the team until then, stays.
    """
    with recording(Action.CASELOAD_HANDED_OVER, by=by, about=leaver):
        if Role.LEAD not in by.roles or leaver.clinic_id != by.clinic_id:
            raise Refused("A caseload is handed over by a clinic lead.")
        if not patients:
            raise Refused("Please choose at least one patient.", field="patients")
        if taker.id == leaver.id:
            raise Refused("Please choose somebody else.", field="taker")
        if any(patient.user_id == by.id for patient in patients):
            raise Refused("Your own care team is changed by somebody else.", field="patients")
        start, _ = _bounds(by.clinic, from_day, None)
        # In one order, so that two who hand over at once wait for each other and not in a circle.
        for patient in sorted(patients, key=lambda patient: patient.id):
            with recording(Action.CARE_TEAM_HANDED_OVER, by=by, patient=patient) as event:
                event.about(_replace(patient, leaver, taker, start))
                event.detail = {"from": str(leaver.id), "to": str(taker.id)}


def _replace(patient: Patient, leaver: User, taker: User, start: datetime) -> CareTeamMember:
    """The membership of `taker` from `start` on, for as long as `leaver` would have had it."""
    _check_may_treat(patient, taker, field="taker")
    hold(patient)
    leaving = [member for member in queries.memberships_ahead(patient, leaver) if _lasts_past(member, start)]
    if not leaving:
        raise Refused(f"{leaver.name} is no longer on all of these care teams then. Please look at the list again.")
    begin = max(start, leaving[0].since)
    # Whoever is on the team already, or soon, stays: their times are joined to one.
    theirs = [member for member in queries.memberships_ahead(patient, taker) if _lasts_past(member, begin)]
    ends = [member.until for member in (*leaving, *theirs)]
    kept = theirs[0] if theirs else CareTeamMember.of(patient, user_id=taker.id, since=begin)
    db.session.add(kept)
    for member in leaving:
        _end(member, start)
    for member in theirs[1:]:
        _end(member, clock.now())
    kept.since = min(kept.since, begin)
    kept.until = None if None in ends else max(end for end in ends if end is not None)
    return kept


def _lasts_past(member: CareTeamMember, moment: datetime) -> bool:
    return member.until is None or member.until > moment


def _end(member: CareTeamMember, moment: datetime) -> None:
    """End a membership at `moment` at the latest; one that would not begin before it is called off."""
    if _lasts_past(member, moment):
        if member.since >= moment:
            member.since = moment = clock.now()
        member.until = moment


def _check_may_treat(patient: Patient, user: User, *, field: str = "user") -> None:
    if user.clinic_id != patient.clinic_id or not user.active or not user.roles & TREATING:
        raise Refused("A care team is made of the clinic's therapists, prescribers and nurses.", field=field)
    if patient.user_id == user.id:
        raise Refused("Nobody stands on their own care team.", field=field)


def _bounds(clinic: Clinic, since: date | None, until: date | None) -> tuple[datetime, datetime | None]:
    """The first moment of a time on a care team, and the first one after it; a team is never joined in the past."""
    zone = clinic.zone_info
    today = clock.today(zone)
    if since is not None and since < today:
        raise Refused("This day is over. Please choose today or a later day.", field="since")
    if since is not None and since > today + FAR:
        raise Refused("This is more than two years away. Please check the year.", field="since")
    if until is not None and until < (since or today):
        raise Refused("This is before it begins. Please check the days.", field="until")
    if until is not None and until > today + FAR:
        raise Refused("This is more than two years away. Leave it empty where no end is known.", field="until")
    start = clock.now() if since is None or since == today else clock.day_start(since, zone)
    return start, None if until is None else clock.day_start(until + timedelta(days=1), zone)


def _refuse_overlap(
    patient: Patient, user: User, start: datetime, end: datetime | None, *, but: CareTeamMember | None = None
) -> None:
    for other in queries.memberships_ahead(patient, user):
        if other is not but and (end is None or other.since < end) and _lasts_past(other, start):
            raise Refused(
                f"{user.name} is on this care team in that time already. Please change those days.", field="user"
            )


def _clinic_of(patient: Patient) -> Clinic:
    return db.session.get_one(Clinic, patient.clinic_id)


def refuse_day(patient: Patient, day: date, *, field: str) -> None:
    """Refuse what is dated to a day that has not come yet where the patient is treated, or before their birth."""
    if day > clock.today(_clinic_of(patient).zone_info):
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


def _check_version(row: Clinic | User | Patient, version: int, *, whole: bool = False) -> None:
    hold(row, whole=whole)
    if row.version != version:
        raise Stale(row)


def _check_not_last_lead(user: User) -> None:
    if Role.LEAD not in user.roles or not user.active:
        return
    # Two leads who shut each other out at once wait for each other here.
    db.session.refresh(user.clinic, with_for_update=True)
    if queries.active_leads(user.clinic_id) == 1:
        raise Refused("This is the only clinic lead. Please make somebody else a lead first.")


def _code_taken(code: str) -> Refused:
    return Refused(f"The code {code} belongs to another patient of the clinic. Please choose another.", field="code")
