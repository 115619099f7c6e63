"""Pages of courses and sessions."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.core import clock
from kap.people.load import load, load_patient
from kap.people.queries import name_of
from kap.treatment import actions, drafts, release
from kap.treatment.content import content_of
from kap.treatment.drafts import drafted
from kap.treatment.forms import (
    MARKED,
    AddendumForm,
    CourseEditForm,
    CourseEndForm,
    CourseForm,
    ErrorForm,
    HoldForm,
    StatusForm,
    edit_form,
    new_form,
)
from kap.treatment.models import (
    Condition,
    Course,
    DosingSession,
    Draft,
    EndReason,
    IntegrationSession,
    Kind,
    Medicine,
    Modality,
    Part,
    PreparationSession,
    Protocol,
    Route,
    Severity,
    Status,
    TreatmentSession,
)
from kap.treatment.plan import WINDOW_EVIDENCE, told
from kap.treatment.protocol_forms import ProtocolEditForm, ProtocolForm
from kap.treatment.protocols import add_protocol, archive_protocol, change_protocol, restore_protocol, take_over
from kap.treatment.published import published
from kap.treatment.queries import (
    courses_of,
    held_back,
    protocol_of,
    protocols_of,
    release_permission,
    session_rows,
    signatures_of,
    signed_state,
    unsigned_sessions,
)
from kap.treatment.signing import add_addendum, sign_part
from kap.web.filters import day, wall_time
from kap.web.forms import EditForm, clinic_zone, wall

bp = Blueprint("treatment", __name__)

WORDS = (Condition, EndReason, Kind, Medicine, Modality, Route, Severity, Status)
PLACE = re.compile(r"[a-z_]+\.[a-z_]+(/[0-9a-z_-]+)*")
"""A place as `drafts.drafted` makes it."""

RECORD: dict[str, Any] = {
    Kind.PREPARATION: actions.record_preparation,
    Kind.DOSING: actions.record_dosing,
    Kind.INTEGRATION: actions.record_integration,
}


@bp.context_processor
def _words() -> dict[str, Any]:
    """The enumerations by name, for the words that stand for their values, and plans in words."""
    return {kind.__name__: kind for kind in WORDS} | {"told": told, "window_evidence": WINDOW_EVIDENCE}


@bp.route("/patients/<uuid:patient_id>/courses/new", methods=["GET", "POST"])
def new_course(patient_id: UUID) -> ResponseReturnValue:
    """Open a course."""
    patient = load_patient(patient_id, Permission.COURSE_EDIT)
    form = CourseForm()
    if form.validate_on_submit() and form.attempt(
        actions.open_course,
        patient,
        condition=form.condition.data,
        primary_measure=form.primary_measure.data,
        planned_doses=form.planned_doses.data,
        protocol=form.protocol,
        opened_on=form.opened_on.data,
        by=current_user,
    ):
        flash("The course is open. Next, log or plan its first session.", "success")
        return redirect(url_for("outcomes.patient", patient_id=patient_id))
    return render_template("treatment/course.html", patient=patient, form=form, course=None)


@bp.route("/courses/<uuid:course_id>/edit", methods=["GET", "POST"])
def edit_course(course_id: UUID) -> ResponseReturnValue:
    """Change what a course treats and how it is followed."""
    course = load(Course, course_id, Permission.COURSE_EDIT)
    form = CourseEditForm(obj=course)
    if form.validate_on_submit() and form.attempt(
        actions.change_course,
        course,
        version=form.version.data,
        condition=form.condition.data,
        primary_measure=form.primary_measure.data,
        planned_doses=form.planned_doses.data,
        protocol=form.protocol,
        by=current_user,
    ):
        flash("The changes to the course are saved.", "success")
        return redirect(url_for("outcomes.patient", patient_id=course.patient_id))
    return render_template("treatment/course.html", patient=course.patient, form=form, course=course)


@bp.route("/courses/<uuid:course_id>/end", methods=["GET", "POST"])
def end_course(course_id: UUID) -> ResponseReturnValue:
    """End a course."""
    course = load(Course, course_id, Permission.COURSE_EDIT)
    form = CourseEndForm(version=course.version)
    if form.validate_on_submit() and form.attempt(
        actions.end_course,
        course,
        version=form.version.data,
        ended_on=form.ended_on.data,
        reason=form.end_reason.data,
        by=current_user,
    ):
        flash("The course has ended. All that was recorded stays, and a new course can be opened.", "success")
        return redirect(url_for("outcomes.patient", patient_id=course.patient_id))
    return render_template("treatment/course_end.html", patient=course.patient, form=form, course=course)


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
    )


@bp.route("/sessions/<uuid:session_id>/edit", methods=["GET", "POST"])
def edit(session_id: UUID) -> ResponseReturnValue:
    """Change a session."""
    session = load(TreatmentSession, session_id, Permission.SESSION_RECORD)
    if isinstance(session, DosingSession) and session.begun and request.method == "GET":
        return redirect(url_for("dosing.show", session_id=session_id))
    draft = drafted(session.patient, session_id)
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
        f"treatment/{session.kind}.html",
        patient=session.patient,
        form=form,
        session=session,
        kind=Kind(session.kind),
        draft=draft,
    )


@bp.get("/sessions/<uuid:session_id>")
def show(session_id: UUID) -> ResponseReturnValue:
    """All that stands in the record of a talk session; a dosing session has a page of its own."""
    session = load(TreatmentSession, session_id, Permission.SESSION_VIEW)
    if isinstance(session, DosingSession):
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
