"""Pages of the clinic, its people and its patients, and the way in."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import login_user

from kap.access import gate
from kap.access.roles import GRANTS, Permission, Role
from kap.people import actions, letters, queries
from kap.people.forms import (
    AddMemberForm,
    ClinicForm,
    InviteForm,
    InvitePatientForm,
    JoinForm,
    NewPatientForm,
    PasswordForm,
    PatientForm,
    UserForm,
)
from kap.people.load import in_sight, load_patient
from kap.people.models import Invitation, User

bp = Blueprint("people", __name__)


@bp.route("/join/<token>", methods=["GET", "POST"])
def join(token: str) -> ResponseReturnValue:
    """Accept an invitation; looking at the page does not use it up."""
    invitation = queries.open_invitation(token) or abort(404)
    form = JoinForm(email=invitation.email)
    if form.validate_on_submit() and form.attempt(
        actions.accept,
        token,
        name=form.name.data,
        email=form.email.data,
        password=form.password.data,
    ):
        flash("Your account is ready. Please sign in.", "success")
        return redirect(url_for("security.login"))
    return render_template("people/join.html", form=form, invitation=invitation)


@bp.route("/account", methods=["GET", "POST"])
def account() -> ResponseReturnValue:
    """One's own account, and a new password, which ends every other sign-in."""
    gate.require(Permission.ACCOUNT_OWN)
    user = current_user._get_current_object()
    form = PasswordForm()
    if form.validate_on_submit() and form.done(
        actions.change_password, user, current=form.password_current.data, new=form.password.data
    ):
        login_user(user, authn_via=["password"])
        flash("Your password is changed. Wherever else you were signed in, you no longer are.", "success")
        return redirect(url_for(".account"))
    return render_template("people/account.html", form=form)


@bp.get("/roles")
def roles() -> str:
    """Who may do what: the table that the gate goes by."""
    gate.require(Permission.ACCOUNT_OWN)
    return render_template("people/roles.html", roles=Role, permissions=Permission, grants=GRANTS)


@bp.route("/settings", methods=["GET", "POST"])
def clinic_settings() -> ResponseReturnValue:
    """The clinic's name, time zone and country."""
    gate.require(Permission.CLINIC_SETTINGS)
    clinic = current_user.clinic
    form = ClinicForm(obj=clinic)
    if form.validate_on_submit() and form.done(
        actions.change_clinic,
        clinic,
        name=form.name.data,
        zone=form.zone.data,
        country=form.country.data,
        version=form.version.data,
        by=current_user,
    ):
        flash("The settings are saved.", "success")
        return redirect(url_for(".clinic_settings"))
    return render_template("people/settings.html", form=form)


@bp.get("/users")
def users() -> str:
    """Everybody who works in the clinic, and the links that are still open."""
    gate.require(Permission.USERS_VIEW)
    clinic_id = current_user.clinic_id
    return render_template(
        "people/users.html",
        users=queries.staff_of(clinic_id),
        invitations=queries.open_invitations(clinic_id),
    )


@bp.route("/users/invite", methods=["GET", "POST"])
def invite() -> ResponseReturnValue:
    """Invite somebody to work in the clinic."""
    gate.require(Permission.USERS_INVITE)
    form = InviteForm()
    if form.validate_on_submit() and (
        made := form.attempt(
            actions.invite,
            clinic=current_user.clinic,
            roles=frozenset(form.roles.data or ()),
            email=form.email.data,
            by=current_user,
        )
    ):
        return _invited(*made, back={"label": "Users", "href": url_for(".users")})
    return render_template("people/invite.html", form=form)


@bp.post("/users/invitations/<uuid:invitation_id>/revoke")
def revoke_invitation(invitation_id: UUID) -> ResponseReturnValue:
    """Withdraw the invitation of somebody who was to work here."""
    gate.require(Permission.USERS_INVITE)
    invitation = queries.staff_invitation(current_user.clinic_id, invitation_id) or abort(404)
    actions.revoke_invitation(invitation, by=current_user)
    flash("The link no longer works.", "success")
    return redirect(url_for(".users"))


@bp.route("/users/<uuid:user_id>", methods=["GET", "POST"])
def edit_user(user_id: UUID) -> ResponseReturnValue:
    """The roles of somebody who works in the clinic."""
    user = _colleague(user_id)
    form = UserForm(obj=user)
    if form.validate_on_submit() and form.done(
        actions.change_roles,
        user,
        frozenset(form.roles.data or ()),
        version=form.version.data,
        by=current_user,
    ):
        flash(f"The roles of {user.name} are saved.", "success")
        return redirect(url_for(".users"))
    return render_template("people/user.html", form=form, user=user)


@bp.post("/users/<uuid:user_id>/deactivate")
def deactivate(user_id: UUID) -> ResponseReturnValue:
    """Shut somebody out."""
    user = _colleague(user_id)
    actions.deactivate(user, by=current_user)
    flash(f"{user.name} can no longer sign in.", "success")
    return redirect(url_for(".users"))


@bp.post("/users/<uuid:user_id>/reactivate")
def reactivate(user_id: UUID) -> ResponseReturnValue:
    """Let somebody in again."""
    user = _colleague(user_id)
    actions.reactivate(user, by=current_user)
    flash(f"{user.name} can sign in again.", "success")
    return redirect(url_for(".users"))


@bp.route("/patients/new", methods=["GET", "POST"])
def new_patient() -> ResponseReturnValue:
    """Add a patient; whoever treats and adds joins the care team, a lead may say who is first on it."""
    gate.require(Permission.PATIENT_ADD)
    form = NewPatientForm(queries.first_members(current_user))
    if form.validate_on_submit() and (
        patient := form.attempt(
            actions.add_patient,
            code=form.code.data,
            name=form.name.data or None,
            birth_date=form.birth_date.data,
            email=form.email.data,
            first_member=form.member,
            by=current_user,
        )
    ):
        flash("The patient is added.", "success")
        return redirect(url_for("outcomes.patient", patient_id=patient.id))
    return render_template("people/new_patient.html", form=form)


@bp.route("/patients/<uuid:patient_id>/edit", methods=["GET", "POST"])
def edit_patient(patient_id: UUID) -> ResponseReturnValue:
    """Change what identifies a patient."""
    patient = load_patient(patient_id, Permission.PATIENT_EDIT)
    form = PatientForm(obj=patient)
    if form.validate_on_submit() and form.done(
        actions.change_patient,
        patient,
        version=form.version.data,
        code=form.code.data,
        name=form.name.data or None,
        birth_date=form.birth_date.data,
        email=form.email.data,
        by=current_user,
    ):
        flash("Saved.", "success")
        return redirect(url_for("outcomes.patient", patient_id=patient.id))
    return render_template("people/edit_patient.html", form=form, patient=patient)


@bp.route("/patients/<uuid:patient_id>/team", methods=["GET", "POST"])
def team(patient_id: UUID) -> ResponseReturnValue:
    """Who treats a patient, and since when; and somebody more."""
    patient = load_patient(patient_id, Permission.CARE_TEAM_EDIT)
    form = AddMemberForm(queries.can_treat(patient.clinic_id))
    if form.validate_on_submit() and form.attempt(actions.join_care_team, patient, form.member, by=current_user):
        flash("The care team is changed.", "success")
        return redirect(url_for(".team", patient_id=patient.id))
    return render_template("people/team.html", form=form, patient=patient, members=queries.team_of(patient))


@bp.post("/patients/<uuid:patient_id>/team/<uuid:member_id>/end")
def end_membership(patient_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """End somebody's place on the care team; whoever ends their own no longer sees the patient."""
    patient = load_patient(patient_id, Permission.CARE_TEAM_EDIT)
    member = queries.team_member(patient, member_id) or abort(404)
    actions.leave_care_team(member, by=current_user)
    flash("The care team is changed.", "success")
    stays = in_sight(patient, current_user)
    return redirect(url_for(".team", patient_id=patient.id) if stays else url_for("outcomes.caseload"))


@bp.route("/patients/<uuid:patient_id>/invite", methods=["GET", "POST"])
def invite_patient(patient_id: UUID) -> ResponseReturnValue:
    """Invite a patient to an account of their own; a new link ends the earlier one."""
    patient = load_patient(patient_id, Permission.PATIENT_INVITE)
    form = InvitePatientForm(obj=patient)
    if form.validate_on_submit() and (
        made := form.attempt(
            actions.invite,
            clinic=current_user.clinic,
            roles=frozenset({Role.PATIENT}),
            email=form.email.data,
            patient=patient,
            by=current_user,
        )
    ):
        return _invited(
            *made,
            back={
                "label": patient.label,
                "href": url_for("outcomes.patient", patient_id=patient.id),
            },
        )
    invitations = queries.open_invitations(patient.clinic_id, patient)
    return render_template("people/invite_patient.html", form=form, patient=patient, invitations=invitations)


@bp.post("/patients/<uuid:patient_id>/invite/<uuid:invitation_id>/revoke")
def revoke_patient_invitation(patient_id: UUID, invitation_id: UUID) -> ResponseReturnValue:
    """Withdraw a patient's invitation."""
    patient = load_patient(patient_id, Permission.PATIENT_INVITE)
    invitation = queries.patient_invitation(patient, invitation_id) or abort(404)
    actions.revoke_invitation(invitation, by=current_user)
    flash("The link no longer works.", "success")
    return redirect(url_for(".invite_patient", patient_id=patient.id))


def _colleague(user_id: UUID) -> User:
    """Somebody who works in the clinic, for whoever looks after its users."""
    gate.require(Permission.USERS_INVITE)
    return queries.staff_member(current_user.clinic_id, user_id) or abort(404)


def _invited(invitation: Invitation, token: str, *, back: dict[str, str]) -> str:
    """The page after an invitation. It holds the link itself, which must not travel through a cookie."""
    return render_template(
        "people/invited.html",
        invitation=invitation,
        sent=letters.send_invitation(invitation, token),
        link=letters.invitation_link(token),
        back=back,
    )
