"""Pages of protocols."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.treatment.forms.protocols import ProtocolEditForm, ProtocolForm
from kap.treatment.models import (
    Protocol,
)
from kap.treatment.protocols import add_protocol, archive_protocol, change_protocol, restore_protocol, take_over
from kap.treatment.published import published
from kap.treatment.queries import (
    protocol_of,
    protocols_of,
)
from kap.treatment.views import bp


@bp.get("/protocols")
def protocols() -> str:
    """The protocols of the clinic, and the published shapes that it can take over."""
    gate.require(Permission.PROTOCOL_VIEW)
    used = protocols_of(current_user.clinic_id)
    return render_template(
        "treatment/protocols.html",
        protocols=used,
        archived=protocols_of(current_user.clinic_id, archived=True),
        published=published(),
        taken={protocol.seeded_from for protocol in used},
    )


@bp.route("/protocols/new", methods=["GET", "POST"])
def new_protocol() -> ResponseReturnValue:
    """Add a protocol."""
    gate.require(Permission.PROTOCOL_EDIT)
    form = ProtocolForm()
    if form.validate_on_submit() and form.attempt(add_protocol, **form.values(), by=current_user):
        flash("The protocol is added. New courses can be opened with it.", "success")
        return redirect(url_for(".protocols"))
    return render_template("treatment/protocol.html", form=form, protocol=None)


@bp.post("/protocols/published/<key>")
def take_over_protocol(key: str) -> ResponseReturnValue:
    """Take a published shape over into the clinic."""
    gate.require(Permission.PROTOCOL_EDIT)
    protocol = take_over(published().get(key) or abort(404), by=current_user)
    flash(
        f"“{protocol.name}” is the clinic's own now. Please read it through, and change what you do otherwise.",
        "success",
    )
    return redirect(url_for(".edit_protocol", protocol_id=protocol.id))


@bp.route("/protocols/<uuid:protocol_id>", methods=["GET", "POST"])
def edit_protocol(protocol_id: UUID) -> ResponseReturnValue:
    """Change a protocol; courses that run on it stay as they are."""
    protocol = _protocol(protocol_id)
    form = ProtocolEditForm(obj=protocol)
    if form.validate_on_submit() and form.attempt(
        change_protocol, protocol, version=form.version.data, **form.values(), by=current_user
    ):
        flash("The protocol is saved. Courses that were made from it before stay as they are.", "success")
        return redirect(url_for(".protocols"))
    return render_template("treatment/protocol.html", form=form, protocol=protocol)


@bp.post("/protocols/<uuid:protocol_id>/archive")
def put_protocol_away(protocol_id: UUID) -> ResponseReturnValue:
    """Put a protocol away."""
    protocol = _protocol(protocol_id)
    archive_protocol(protocol, by=current_user)
    flash(f"“{protocol.name}” is put away. Courses that were made from it go on.", "success")
    return redirect(url_for(".protocols"))


@bp.post("/protocols/<uuid:protocol_id>/restore")
def use_protocol_again(protocol_id: UUID) -> ResponseReturnValue:
    """Take a protocol into use again."""
    protocol = _protocol(protocol_id)
    restore_protocol(protocol, by=current_user)
    flash(f"“{protocol.name}” is in use again.", "success")
    return redirect(url_for(".protocols"))


def _protocol(id: UUID) -> Protocol:
    """One of the clinic's protocols, to be changed."""
    gate.require(Permission.PROTOCOL_EDIT)
    return protocol_of(current_user.clinic_id, id) or abort(404)
