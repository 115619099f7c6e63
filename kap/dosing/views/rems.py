"""The REMS form of a session: filled in from the record, printed, and marked as sent by whoever has sent it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.core import clock
from kap.dosing.actions.rems import mark_sent, mark_unsent, save_rems
from kap.dosing.forms.phases import sheet_form
from kap.dosing.forms.rems import NOT_SENT, SentForm
from kap.dosing.models import RemsForm
from kap.dosing.queries.phases import record_of
from kap.dosing.queries.rems import rems_due, rems_of
from kap.dosing.rems import rems_pdf
from kap.dosing.rules.phases import Phase
from kap.dosing.rules.rems import FIELDS, WAYS
from kap.dosing.views import bp, load_dosing, render_phase
from kap.treatment.asked import grouped
from kap.treatment.drafts import drafted
from kap.treatment.reading import told_fields
from kap.web.forms import clinic_zone


@bp.route("/sessions/<uuid:session_id>/rems", methods=["GET", "POST"])
def rems(session_id: UUID) -> ResponseReturnValue:
    """Fill in the form, over what the record knows; one that was sent is only read."""
    writes = request.method == "POST"
    session = load_dosing(session_id, Permission.SESSION_RECORD if writes else Permission.SESSION_VIEW)
    record = record_of(session)
    found, draft = rems_of(record), drafted(session.patient, session_id)
    form = sheet_form(FIELDS)(obj=found.filled, **draft.filled)
    if form.validate_on_submit() and form.attempt(
        save_rems, session, answers=form.answers(), version=form.version.data, by=current_user
    ):
        flash("The REMS form is saved. It is sent by you, not from here.", "success")
        return redirect(url_for(".rems", session_id=session_id))
    return render_phase(
        "dosing/rems.html",
        session,
        Phase.AFTERCARE,
        record,
        rems=found,
        form=form,
        draft=draft,
        groups=grouped([replace(field, hint=found.source(field.name)) for field in FIELDS]),
        told=[(group, told_fields(_of(group), found.answers)) for group in dict.fromkeys(one.group for one in FIELDS)],
        edits=Permission.SESSION_RECORD in g.held and (not found.sent or writes),
        ways=dict(WAYS),
    )


def _of(group: str) -> tuple[Any, ...]:
    return tuple(field for field in FIELDS if field.group == group)


@bp.get("/sessions/<uuid:session_id>/rems.pdf")
def rems_paper(session_id: UUID) -> Response:
    """The form to be printed or copied from. No name stands in the name of the file."""
    session = load_dosing(session_id, Permission.SESSION_VIEW)
    name = f"rems-form-{session.given_at.astimezone(clinic_zone()):%Y-%m-%d}.pdf"
    answer = Response(rems_pdf(rems_of(record_of(session)).paper), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@bp.route("/sessions/<uuid:session_id>/rems/sent", methods=["GET", "POST"])
def rems_sent(session_id: UUID) -> ResponseReturnValue:
    """Say that the form was sent, or that it was not after all."""
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    record = record_of(session)
    found = rems_of(record)
    form = SentForm(sent=found.sent, version=found.version, **_said(found.row))
    if form.validate_on_submit() and (
        form.attempt(mark_unsent, session, version=form.version.data, by=current_user)
        if form.how.data == NOT_SENT
        else form.attempt(
            mark_sent,
            session,
            how=form.how.data,
            sent_at=form.sent_at.moment,
            reference=form.reference.data,
            version=form.version.data,
            by=current_user,
        )
    ):
        flash("Saved. The list of forms that are due knows of it.", "success")
        return redirect(url_for(".rems", session_id=session_id))
    return render_phase("dosing/rems_sent.html", session, Phase.AFTERCARE, record, rems=found, form=form)


def _said(row: RemsForm | None) -> dict[str, Any]:
    """What was said of how it was sent, to be put right."""
    if row is None or row.filed_at is None:
        return {}
    return {"how": row.filed_how, "sent_at": row.filed_at, "reference": row.reference}


@bp.get("/rems")
def rems_list() -> str:
    """The forms that are due, of the patients that one may see, and those that were sent of late."""
    gate.require(Permission.CASELOAD_VIEW)
    waiting, sent = rems_due(current_user)
    patients = sorted({str(one.patient_id) for one in (*waiting, *sent)})
    viewed(Action.LIST_VIEWED, by=current_user, name="rems", patients=patients)
    return render_template(
        "dosing/rems_due.html", waiting=waiting, sent=sent, today=clock.today(clinic_zone()), ways=dict(WAYS)
    )
