"""Pages of sessions."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.core import clock
from kap.people.load import load, load_patient
from kap.people.models import Patient
from kap.people.queries import name_of
from kap.treatment import actions, drafts, release
from kap.treatment.asked import grouped
from kap.treatment.content import content_of
from kap.treatment.drafts import drafted
from kap.treatment.forms.by_kind import edit_form, new_form
from kap.treatment.forms.sessions import (
    MARKED,
    AddendumForm,
    ErrorForm,
    HoldForm,
    StatusForm,
)
from kap.treatment.models import (
    Course,
    DosingSession,
    Draft,
    IntegrationSession,
    Kind,
    Part,
    PreparationSession,
    Status,
    TreatmentSession,
)
from kap.treatment.queries import (
    after_dose,
    before_session,
    courses_of,
    held_back,
    release_permission,
    session_rows,
    signatures_of,
    signed_state,
    unsigned_sessions,
)
from kap.treatment.reading import reading_of
from kap.treatment.signing import add_addendum, sign_part
from kap.treatment.talk import ASKED, HOW, MAIN, WITHIN, WRITES_AFTER
from kap.treatment.views import bp
from kap.web.filters import day, wall_time
from kap.web.forms import EditForm, clinic_zone, wall

PLACE = re.compile(r"[a-z_]+\.[a-z_]+(/[0-9a-z_-]+)*")
"""A place as `drafts.drafted` makes it."""

RECORD: dict[str, Any] = {
    Kind.PREPARATION: actions.record_preparation,
    Kind.DOSING: actions.record_dosing,
    Kind.INTEGRATION: actions.record_integration,
}


@bp.route("/patients/<uuid:patient_id>/sessions/new", methods=["GET", "POST"])
def new_session(patient_id: UUID) -> ResponseReturnValue:
    """Log a session, or plan one."""
    sent = request.form if request.method == "POST" else request.args
    status = sent.get("status", Status.TOOK_PLACE)
    needed = Permission.SESSION_PLAN if status == Status.PLANNED else Permission.SESSION_RECORD
    patient = load_patient(patient_id, needed)
    courses, kind = courses_of(patient), request.args.get("kind")
    if not courses or kind not in RECORD:
        return render_template("treatment/choose.html", patient=patient, courses=courses, kinds=Kind)
    draft = drafted(patient, kind)
    form = new_form(Kind(kind), patient, courses, status, wall(request.args.get("at")), **draft.filled)
    if form.validate_on_submit() and (
        made := form.attempt(RECORD[kind], form.course, **form.values(), by=current_user)
    ):
        flash("The session is saved, and stands on the timeline. You can still edit it until it is signed.", "success")
        return redirect(url_for(".show", session_id=made.id))
    return render_template(
        f"treatment/{kind}.html",
        patient=patient,
        form=form,
        session=None,
        kind=Kind(kind),
        courses=courses,
        draft=draft,
        **_beside(Kind(kind), patient, courses[0], form.start or clock.now(), ahead=kind == Kind.INTEGRATION),
    )


@bp.route("/sessions/<uuid:session_id>/edit", methods=["GET", "POST"])
def edit(session_id: UUID) -> ResponseReturnValue:
    """Change a session."""
    session = load(TreatmentSession, session_id, Permission.SESSION_RECORD)
    if isinstance(session, DosingSession) and session.begun and request.method == "GET":
        return redirect(url_for("dosing.show", session_id=session_id))
    draft, kind = drafted(session.patient, session_id), Kind(session.kind)
    form = edit_form(session, **draft.filled)
    if form.validate_on_submit() and form.attempt(
        RECORD[session.kind],
        session.course,
        session=session,
        version=form.version.data,
        **form.values(),
        by=current_user,
    ):
        flash("Your changes to the session are saved.", "success")
        return redirect(url_for(".show", session_id=session_id))
    if not form.is_submitted() and not draft.found:
        if signatures_of(session):
            flash("This session is signed, and stays as it is. You can write an addendum.", "info")
            return redirect(url_for(".show", session_id=session_id))
        form.status.data = request.args.get("status", form.status.data)
    return render_template(
        f"treatment/{kind}.html",
        patient=session.patient,
        form=form,
        session=session,
        kind=kind,
        draft=draft,
        **_beside(kind, session.patient, session.course, form.start or session.starts_at, ahead=_ahead(session)),
    )


@bp.get("/sessions/<uuid:session_id>")
def show(session_id: UUID) -> ResponseReturnValue:
    """All that stands in the record of a talk session; a dosing session has a page of its own."""
    session = load(TreatmentSession, session_id, Permission.SESSION_VIEW)
    if not isinstance(session, PreparationSession | IntegrationSession):
        return redirect(url_for("dosing.show", session_id=session_id))
    rows = {row.id: row for row in session_rows(session.patient)}
    overdue = session.status == Status.PLANNED and session.starts_at < clock.now()
    return render_template(
        "treatment/show.html",
        session=session,
        patient=session.patient,
        rows=rows,
        overdue=overdue,
        error_by=name_of(session.error_by),
        signed=signed_state(session),
        read=reading_of(session),
        before=before_session(session.patient, session.course, session.starts_at) if _ahead(session) else None,
    )


@bp.route("/sessions/<uuid:session_id>/sign", methods=["GET", "POST"])
def sign(session_id: UUID) -> ResponseReturnValue:
    """Show a talk session as it will be signed, and sign it."""
    session = load(TreatmentSession, session_id, Permission.THERAPY_SIGN)
    if not isinstance(session, PreparationSession | IntegrationSession):
        abort(404)
    form = EditForm(version=session.version)
    if form.validate_on_submit() and form.attempt(
        sign_part, session, Part.THERAPY, content=content_of(session), version=form.version.data, by=current_user
    ):
        flash("The session is signed. It stays as it is; what comes up later can be written as an addendum.", "success")
        return redirect(url_for(".show", session_id=session_id))
    if not form.is_submitted() and signatures_of(session):
        return redirect(url_for(".show", session_id=session_id))
    rows = {row.id: row for row in session_rows(session.patient)}
    return render_template(
        "treatment/sign.html",
        session=session,
        patient=session.patient,
        form=form,
        rows=rows,
        signed=signed_state(session),
        read=reading_of(session),
    )


@bp.get("/unsigned")
def unsigned() -> str:
    """The sessions that wait to be signed, of the patients that one may see."""
    gate.require(Permission.CASELOAD_VIEW)
    waiting = unsigned_sessions(current_user)
    patients = sorted({str(one.patient_id) for one in waiting})
    viewed(Action.LIST_VIEWED, by=current_user, name="unsigned", patients=patients)
    return render_template("treatment/unsigned.html", waiting=waiting)


@bp.route("/sessions/<uuid:session_id>/addendum", methods=["GET", "POST"])
def addendum(session_id: UUID) -> ResponseReturnValue:
    """Write an addendum, a late entry, a correction or a retraction to what is signed."""
    session = load(TreatmentSession, session_id, Permission.SESSION_RECORD)
    draft = drafted(session.patient, session_id)
    parts = list(signatures_of(session))
    form = AddendumForm(parts=parts, **draft.filled)
    if form.validate_on_submit() and form.attempt(
        add_addendum, session, Part(form.part.data), **form.values(), by=current_user
    ):
        flash("Saved: it stands with what was signed.", "success")
        return redirect(url_for(".show", session_id=session_id))
    return render_template(
        "treatment/addendum.html", session=session, patient=session.patient, form=form, parts=parts, draft=draft
    )


@bp.route("/sessions/<uuid:session_id>/hold-back", methods=["GET", "POST"])
def hold_back(session_id: UUID) -> ResponseReturnValue:
    """Hold a session back from the patient for a while."""
    session = _to_release(session_id)
    form = HoldForm()
    if form.validate_on_submit() and (
        made := form.attempt(release.hold_back, session, **form.values(), by=current_user)
    ):
        flash(f"Held back: the patient cannot read this session before {day(made.until)}.", "success")
        return redirect(url_for(".show", session_id=session_id))
    today = clock.today(clinic_zone())
    return render_template(
        "treatment/hold_back.html",
        session=session,
        patient=session.patient,
        form=form,
        signed=signed_state(session),
        first=today + timedelta(days=1),
        last=today + release.MOST,
        most=release.MOST.days,
    )


@bp.post("/sessions/<uuid:session_id>/release")
def release_held(session_id: UUID) -> ResponseReturnValue:
    """Release a session to the patient before its hold ends by itself."""
    session = _to_release(session_id)
    release.release(session, by=current_user)
    flash("Released: what is signed of this session is the patient's to read now.", "success")
    return redirect(url_for(".show", session_id=session_id))


def _to_release(session_id: UUID) -> TreatmentSession:
    """The session, to whoever may sign what the patient is told of it."""
    session = load(TreatmentSession, session_id, Permission.SESSION_VIEW)
    gate.answer(release_permission(session), g.held)
    return session


@bp.get("/held-back")
def held() -> str:
    """The sessions that are held back from their patients, of those that one may see."""
    gate.require(Permission.CASELOAD_VIEW)
    waiting = held_back(current_user)
    patients = sorted({str(one.patient_id) for one in waiting})
    viewed(Action.LIST_VIEWED, by=current_user, name="held-back", patients=patients)
    return render_template("treatment/held.html", waiting=waiting)


@bp.post("/patients/<uuid:patient_id>/drafts")
def keep_draft(patient_id: UUID) -> ResponseReturnValue:
    """Keep what somebody has typed so far, and say when."""
    patient = load_patient(patient_id, Permission.SESSION_RECORD, shown=False)
    place = request.args.get("at", "")
    if len(place) > 200 or not PLACE.fullmatch(place):
        abort(400)
    draft = drafts.keep_draft(patient, place=place, form=request.form, by=current_user)
    return {"saved": wall_time(draft.saved_at)}


@bp.post("/drafts/<uuid:draft_id>/discard")
def discard(draft_id: UUID) -> ResponseReturnValue:
    """Throw away what one has typed and not saved."""
    draft = load(Draft, draft_id, Permission.SESSION_RECORD, shown=False)
    drafts.discard_draft(draft, by=current_user)
    flash("The draft is discarded. The record stands as it did.", "info")
    return redirect(url_for("outcomes.patient", patient_id=draft.patient_id))


@bp.route("/sessions/<uuid:session_id>/status", methods=["GET", "POST"])
def status(session_id: UUID) -> ResponseReturnValue:
    """Say that a planned session was held or cancelled."""
    session = load(TreatmentSession, session_id, Permission.SESSION_RECORD)
    form = StatusForm(version=session.version)
    if form.validate_on_submit() and form.attempt(
        actions.set_status,
        session,
        version=form.version.data,
        status=form.status.data,
        reason=form.status_reason.data,
        by=current_user,
    ):
        flash("Saved: the session did not take place. Another can be planned from the patient's page.", "success")
        return redirect(url_for(".show", session_id=session_id))
    return render_template("treatment/status.html", session=session, patient=session.patient, form=form)


@bp.route("/sessions/<uuid:session_id>/error", methods=["GET", "POST"])
def error(session_id: UUID) -> ResponseReturnValue:
    """Mark a session as entered in error."""
    session = load(TreatmentSession, session_id, Permission.ERROR_MARK)
    form = ErrorForm()
    if form.validate_on_submit() and form.attempt(
        actions.mark_session_in_error, session, reason=form.reason.data, by=current_user
    ):
        flash(MARKED, "success")
        return redirect(url_for(".show", session_id=session_id))
    return render_template("treatment/error.html", session=session, patient=session.patient, form=form)


def _ahead(session: TreatmentSession) -> bool:
    """Whether somebody is still going to sit down for integration."""
    return session.kind == Kind.INTEGRATION and session.status == Status.PLANNED and not session.in_error


def _beside(kind: Kind, patient: Patient, course: Course, at: datetime, *, ahead: bool) -> dict[str, Any]:
    """What stands on the form of a talk session: what is asked, the dose before, and what to read `ahead` of it."""
    if kind not in ASKED:
        return {}
    return {
        "groups": grouped(ASKED[kind]),
        "main": MAIN,
        "within": WITHIN,
        "how_group": HOW,
        "writes_after": WRITES_AFTER[kind],
        "after": after_dose(patient, course, at) if kind is Kind.INTEGRATION else None,
        "before": before_session(patient, course, at) if ahead else None,
    }
