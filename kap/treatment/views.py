"""Pages of courses and sessions."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access.roles import Permission
from kap.core import clock
from kap.people.load import load, load_patient
from kap.people.queries import name_of
from kap.treatment import actions
from kap.treatment.forms import (
    MARKED,
    CourseEditForm,
    CourseEndForm,
    CourseForm,
    ErrorForm,
    StatusForm,
    edit_form,
    new_form,
)
from kap.treatment.models import (
    Condition,
    Course,
    DosingSession,
    EndReason,
    Kind,
    Medicine,
    Modality,
    Route,
    Severity,
    Status,
    TreatmentSession,
)
from kap.treatment.queries import courses_of, session_rows

bp = Blueprint("treatment", __name__)

WORDS = (Condition, EndReason, Kind, Medicine, Modality, Route, Severity, Status)

RECORD: dict[str, Any] = {
    Kind.PREPARATION: actions.record_preparation,
    Kind.DOSING: actions.record_dosing,
    Kind.INTEGRATION: actions.record_integration,
}


@bp.context_processor
def _words() -> dict[str, Any]:
    """The enumerations by name, for the words that stand for their values."""
    return {kind.__name__: kind for kind in WORDS}


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
    form = new_form(Kind(kind), patient, courses, status)
    if form.validate_on_submit() and (
        made := form.attempt(RECORD[kind], form.course, **form.values(), by=current_user)
    ):
        flash("The session is saved, and stands on the timeline. You can still edit it.", "success")
        return redirect(url_for(".show", session_id=made.id))
    return render_template(
        f"treatment/{kind}.html", patient=patient, form=form, session=None, kind=Kind(kind), courses=courses
    )


@bp.route("/sessions/<uuid:session_id>/edit", methods=["GET", "POST"])
def edit(session_id: UUID) -> ResponseReturnValue:
    """Change a session."""
    session = load(TreatmentSession, session_id, Permission.SESSION_RECORD)
    if isinstance(session, DosingSession) and session.begun and request.method == "GET":
        return redirect(url_for("dosing.show", session_id=session_id))
    form = edit_form(session)
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
    if not form.is_submitted():
        form.status.data = request.args.get("status", form.status.data)
    return render_template(
        f"treatment/{session.kind}.html",
        patient=session.patient,
        form=form,
        session=session,
        kind=Kind(session.kind),
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
    )


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
