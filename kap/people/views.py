"""Pages of the clinic, its people and its patients, and the way in."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import login_user, logout_user

from kap.access import gate
from kap.access.roles import GRANTS, Permission, Role
from kap.people import account as account_actions
from kap.people import actions, letters, queries
from kap.people.forms import (
    AddMemberForm,
    AddressForm,
    ClinicForm,
    DaysForm,
    ForgottenForm,
    InviteForm,
    InvitePatientForm,
    JoinForm,
    NameForm,
    NewPatientForm,
    PasswordForm,
    PatientForm,
    ResetForm,
    UserForm,
)
from kap.people.load import in_sight, load_patient
from kap.people.models import AddressChange, Invitation, LinkState, PasswordReset, Patient, User
from kap.people.rules import TREATING, welcome
from kap.people.sign_in import current_sign_in, open_sign_ins
from kap.web.forms import Form, local_day

bp = Blueprint("people", __name__)


@bp.route("/join/<token>", methods=["GET", "POST"])
def join(token: str) -> ResponseReturnValue:
    """Accept an invitation, and be signed in; looking at the page does not use it up."""
    invitation = queries.invitation_by_token(token)
    if invitation is None or not invitation.open:
        return _closed(invitation, "invitation")
    form = JoinForm(email=invitation.email)
    if form.validate_on_submit() and (
        user := form.attempt(
            actions.accept, token, name=form.name.data, email=form.email.data, password=form.password.data
        )
    ):
        if current_user.is_authenticated:
            # Whoever was signed in on this device handed it over.
            logout_user()
        login_user(user, authn_via=["password"])
        flash(f"Welcome, {user.name}. {welcome(user.roles)}", "success")
        return redirect(url_for("home.start"))
    return render_template("people/join.html", form=form, invitation=invitation)


@bp.route("/sign-in/forgotten", methods=["GET", "POST"])
def forgotten() -> ResponseReturnValue:
    """Ask for a link to a new password; the answer is the same whoever asks for whichever address."""
    form = ForgottenForm()
    if letters.mail_is_set_up() and form.validate_on_submit():
        asked = account_actions.ask_reset(form.email.data or "")
        if asked is not None:
            user, token = asked
            letters.send_later(letters.reset_letter(user.email, token))
        flash("If an account has this address, a letter with a link is on its way to it. Please look there.", "info")
        return redirect(url_for("security.login"))
    return render_template("people/forgotten.html", form=form, mail=letters.mail_is_set_up())


@bp.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by a link; looking at the page does not use it up."""
    found = queries.reset_by_token(token)
    if found is None or not found.open:
        return _closed(found, "password")
    form = ResetForm()
    if form.validate_on_submit() and (
        user := form.attempt(account_actions.reset_password, token, password=form.password.data)
    ):
        letters.send_later(letters.password_notice(user.email))
        flash("Your password is changed. Please sign in with the new one.", "success")
        return redirect(url_for("security.login"))
    return render_template("people/reset.html", form=form, email=found.user.email)


@bp.route("/address/<token>", methods=["GET", "POST"])
def confirm_address(token: str) -> ResponseReturnValue:
    """Confirm a change of address at one of the two addresses; only the button does it."""
    change = queries.address_change_by_token(token)
    if change is None or not change.open:
        return _closed(change, "address")
    form = Form()
    if form.validate_on_submit():
        form.attempt(account_actions.confirm_address, token)
    return render_template("people/confirm_address.html", form=form, change=change, old=change.is_for_old(token))


@bp.route("/account", methods=["GET", "POST"])
def account() -> ResponseReturnValue:
    """One's own account, where one is signed in, and a new password, which ends every other sign-in."""
    gate.require(Permission.ACCOUNT_OWN)
    user = current_user._get_current_object()
    form = PasswordForm()
    if form.validate_on_submit() and form.done(
        account_actions.change_password, user, current=form.password_current.data, new=form.password.data
    ):
        letters.send_later(letters.password_notice(user.email))
        login_user(user, authn_via=["password"])
        flash("Your password is changed. Wherever else you were signed in, you no longer are.", "success")
        return redirect(url_for(".account"))
    return render_template(
        "people/account.html",
        form=form,
        sign_ins=open_sign_ins(user),
        here=current_sign_in(),
        change=queries.waiting_address_change(user),
    )


@bp.route("/account/name", methods=["GET", "POST"])
def change_name() -> ResponseReturnValue:
    """Be known by another name."""
    gate.require(Permission.ACCOUNT_OWN)
    user = current_user._get_current_object()
    form = NameForm(obj=user)
    if form.validate_on_submit() and form.done(
        account_actions.rename, user, name=form.name.data, version=form.version.data
    ):
        flash("Your name is changed.", "success")
        return redirect(url_for(".account"))
    return render_template("people/name.html", form=form)


@bp.route("/account/address", methods=["GET", "POST"])
def change_address() -> ResponseReturnValue:
    """Ask for another e-mail address; it counts once it is confirmed at both."""
    gate.require(Permission.ACCOUNT_OWN)
    user = current_user._get_current_object()
    form = AddressForm()
    if (
        letters.mail_is_set_up()
        and form.validate_on_submit()
        and (
            asked := form.attempt(
                account_actions.ask_address_change,
                user,
                email=form.email.data,
                current=form.password_current.data,
            )
        )
    ):
        tokens, taken = asked
        letters.send_later(*letters.address_letters(user.email, form.email.data or "", tokens, taken=taken))
        flash("Two letters are on their way, one to each address. Please open the link in both, within a day.", "info")
        return redirect(url_for(".account"))
    return render_template("people/address.html", form=form, mail=letters.mail_is_set_up())


@bp.post("/account/address/withdraw")
def withdraw_address_change() -> ResponseReturnValue:
    """Keep the address that one has."""
    gate.require(Permission.ACCOUNT_OWN)
    account_actions.withdraw_address_change(current_user._get_current_object())
    flash("Your address stays as it is. The links in the two letters no longer work.", "success")
    return redirect(url_for(".account"))


@bp.post("/account/sign-ins/<uuid:sign_in_id>/end")
def end_sign_in(sign_in_id: UUID) -> ResponseReturnValue:
    """Sign oneself out on another device."""
    gate.require(Permission.ACCOUNT_OWN)
    user = current_user._get_current_object()
    sign_in = queries.own_sign_in(user, sign_in_id) or abort(404)
    account_actions.end_sign_in(sign_in, by=user)
    flash("That sign-in has ended.", "success")
    return redirect(url_for(".account"))


@bp.post("/account/sign-ins/end-others")
def end_other_sign_ins() -> ResponseReturnValue:
    """Sign oneself out everywhere but here."""
    gate.require(Permission.ACCOUNT_OWN)
    account_actions.end_other_sign_ins(current_user._get_current_object(), but=current_sign_in())
    flash("You are signed in only here now.", "success")
    return redirect(url_for(".account"))


@bp.get("/roles")
def roles() -> str:
    """Who may do what: the table that the gate goes by."""
    gate.require(Permission.ACCOUNT_OWN)
    return render_template("people/roles.html", roles=Role, permissions=Permission, grants=GRANTS)


@bp.route("/settings", methods=["GET", "POST"])
def clinic_settings() -> ResponseReturnValue:
    """The clinic's name, time zone and country, and whether psychotherapy notes are kept."""
    gate.require(Permission.CLINIC_SETTINGS)
    clinic = current_user.clinic
    form = ClinicForm(obj=clinic)
    if form.validate_on_submit() and form.done(
        actions.change_clinic,
        clinic,
        name=form.name.data,
        zone=form.zone.data,
        country=form.country.data,
        psychotherapy_notes=form.psychotherapy_notes.data,
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
        invitations=queries.waiting_invitations(clinic_id),
        mail=letters.mail_is_set_up(),
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


@bp.post("/users/invitations/<uuid:invitation_id>/renew")
def renew_invitation(invitation_id: UUID) -> ResponseReturnValue:
    """Send the invitation of somebody who is to work here again, with a new link, or show that link."""
    gate.require(Permission.USERS_INVITE)
    invitation = queries.staff_invitation(current_user.clinic_id, invitation_id) or abort(404)
    made = actions.renew_invitation(invitation, by=current_user)
    return _invited(*made, back={"label": "Users", "href": url_for(".users")})


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
        return _after_leaving(user)
    return render_template(
        "people/user.html", form=form, user=user, treated=queries.treated_by(user), mail=letters.mail_is_set_up()
    )


@bp.post("/users/<uuid:user_id>/deactivate")
def deactivate(user_id: UUID) -> ResponseReturnValue:
    """Shut somebody out, and say which patients that leaves with nobody."""
    user = _colleague(user_id)
    actions.deactivate(user, by=current_user)
    flash(f"{user.name} can no longer sign in.", "success")
    return _after_leaving(user)


@bp.post("/users/<uuid:user_id>/reset-link")
def reset_link(user_id: UUID) -> ResponseReturnValue:
    """A link to a new password for a colleague: by e-mail, or to hand on where no mail is set up."""
    user = _colleague(user_id)
    token = account_actions.make_reset_link(user, by=current_user)
    return _reset_made(user, token, back={"label": user.name, "href": url_for(".edit_user", user_id=user.id)})


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
        flash("The details are saved.", "success")
        return redirect(url_for("outcomes.patient", patient_id=patient.id))
    return render_template("people/edit_patient.html", form=form, patient=patient)


@bp.route("/patients/<uuid:patient_id>/team", methods=["GET", "POST"])
def team(patient_id: UUID) -> ResponseReturnValue:
    """Who treats a patient, from when to when; and somebody more."""
    patient = load_patient(patient_id, Permission.CARE_TEAM_EDIT)
    form = AddMemberForm(queries.can_treat(patient.clinic_id))
    if form.validate_on_submit() and (
        added := form.attempt(
            actions.join_care_team,
            patient,
            form.member,
            since=form.since.data,
            until=form.until.data,
            by=current_user,
        )
    ):
        flash(f"{added.user.name} is on the care team, in the days below.", "success")
        return redirect(url_for(".team", patient_id=patient.id))
    return render_template("people/team.html", form=form, patient=patient, members=queries.team_of(patient))


@bp.route("/patients/<uuid:patient_id>/team/<uuid:member_id>", methods=["GET", "POST"])
def edit_membership(patient_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """From when to when somebody is on the care team."""
    patient = load_patient(patient_id, Permission.CARE_TEAM_EDIT)
    member = queries.team_member(patient, member_id) or abort(404)
    form = DaysForm(since=local_day(member.since), until=local_day(member.last_moment))
    if form.validate_on_submit() and form.done(
        actions.change_membership,
        member,
        since=form.since.data,
        until=form.until.data,
        by=current_user,
    ):
        flash(f"The days of {member.user.name} are changed.", "success")
        return redirect(url_for(".team", patient_id=patient.id))
    return render_template("people/membership.html", form=form, patient=patient, member=member)


@bp.post("/patients/<uuid:patient_id>/team/<uuid:member_id>/end")
def end_membership(patient_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """End somebody's place on the care team; whoever ends their own no longer sees the patient."""
    patient = load_patient(patient_id, Permission.CARE_TEAM_EDIT)
    member = queries.team_member(patient, member_id) or abort(404)
    actions.leave_care_team(member, by=current_user)
    flash(f"{member.user.name} is off the care team. What they wrote stays.", "success")
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
        return _invited(*made, back=_to_patient(patient))
    invitations = queries.waiting_invitations(patient.clinic_id, patient)
    return render_template(
        "people/invite_patient.html",
        form=form,
        patient=patient,
        invitations=invitations,
        mail=letters.mail_is_set_up(),
    )


@bp.post("/patients/<uuid:patient_id>/invite/<uuid:invitation_id>/renew")
def renew_patient_invitation(patient_id: UUID, invitation_id: UUID) -> ResponseReturnValue:
    """Send a patient's invitation again, with a new link, or show that link."""
    patient = load_patient(patient_id, Permission.PATIENT_INVITE)
    invitation = queries.patient_invitation(patient, invitation_id) or abort(404)
    made = actions.renew_invitation(invitation, by=current_user)
    return _invited(*made, back=_to_patient(patient))


@bp.post("/patients/<uuid:patient_id>/reset-link")
def patient_reset_link(patient_id: UUID) -> ResponseReturnValue:
    """A link to a new password for a patient: by e-mail, or to hand on where no mail is set up."""
    patient = load_patient(patient_id, Permission.PATIENT_INVITE)
    user = queries.account_of(patient) or abort(404)
    token = account_actions.make_reset_link(user, patient=patient, by=current_user)
    return _reset_made(user, token, back=_to_patient(patient))


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


def _after_leaving(user: User) -> ResponseReturnValue:
    """Back to the users; or to the one who no longer treats, where patients are left with nobody."""
    treats = user.active and user.roles & TREATING
    left = 0 if treats else sum(patient.only for patient in queries.treated_by(user))
    if not left:
        return redirect(url_for(".users"))
    flash(
        f"{left} of their patients {'has' if left == 1 else 'have'} nobody on the care team now. "
        "Until a clinic lead hands them over, alerts go to the clinic leads.",
        "warning",
    )
    return redirect(url_for(".edit_user", user_id=user.id))


def _to_patient(patient: Patient) -> dict[str, str]:
    return {"label": patient.label, "href": url_for("outcomes.patient", patient_id=patient.id)}


def _invited(invitation: Invitation, token: str, *, back: dict[str, str]) -> str:
    """The page after an invitation. It holds the link itself, which must not travel through a cookie."""
    shown = "show" in request.form
    sent = not shown and letters.send(letters.invitation_letter(invitation, token))
    if sent:
        actions.note_sent(invitation, by=current_user)
    return render_template(
        "people/invited.html",
        invitation=invitation,
        sent=sent,
        failed=bool(invitation.email) and letters.mail_is_set_up() and not (sent or shown),
        link=letters.invitation_link(token),
        back=back,
    )


def _reset_made(user: User, token: str, *, back: dict[str, str]) -> str:
    """The page after a link to a new password. With mail it goes to its owner and is shown to nobody else."""
    mail = letters.mail_is_set_up()
    return render_template(
        "people/reset_made.html",
        user=user,
        sent=letters.send(letters.reset_letter(user.email, token)),
        link=None if mail else letters.reset_link(token),
        back=back,
    )


def _closed(link: Invitation | PasswordReset | AddressChange | None, kind: str) -> ResponseReturnValue:
    """The page of a link that cannot be used, or never could."""
    state = link.state if link is not None else LinkState.UNKNOWN
    page = render_template("people/closed_link.html", state=state, kind=kind)
    return page, 404 if state is LinkState.UNKNOWN else 410
