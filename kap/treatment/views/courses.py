"""Pages of courses."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access.roles import Permission
from kap.people.load import load, load_patient
from kap.treatment import actions
from kap.treatment.forms.sessions import (
    CourseEditForm,
    CourseEndForm,
    CourseForm,
)
from kap.treatment.models import (
    Course,
)
from kap.treatment.views import bp


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
