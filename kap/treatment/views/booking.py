"""Pages on which sessions are booked and moved, the rooms of the clinic, and appointments for a calendar."""

from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.core import clock
from kap.people.load import load, load_patient
from kap.treatment import booking
from kap.treatment.calendar import appointment
from kap.treatment.forms.booking import BookingForm, RoomForm, booking_form, move_form
from kap.treatment.models import Course, Kind, Room, Status, TreatmentSession
from kap.treatment.queries import open_course_of
from kap.treatment.slots import ends_by_default, room_of, rooms_of, suggestions
from kap.treatment.views import bp
from kap.web.filters import wall_time, weekday
from kap.web.forms import wall


@bp.route("/patients/<uuid:patient_id>/book", methods=["GET", "POST"])
def book(patient_id: UUID) -> ResponseReturnValue:
    """Book a session with a patient: one tap on a time that is free, or another by hand."""
    patient = load_patient(patient_id, Permission.SESSION_PLAN)
    course = open_course_of(patient)
    if course is None:
        return render_template("treatment/choose.html", patient=patient, courses=(), kinds=Kind)
    kind = Kind(request.args["kind"]) if request.args.get("kind") in list(Kind) else Kind.INTEGRATION
    form = booking_form(patient, kind, wall(request.args.get("at")))
    if form.validate_on_submit() and (
        made := form.attempt(booking.book, course, kind=form.kind.data, **form.values(), by=current_user)
    ):
        flash(_booked("Booked", made), "success")
        return _back(made)
    return _page(form, course, kind, None)


@bp.route("/sessions/<uuid:session_id>/move", methods=["GET", "POST"])
def move(session_id: UUID) -> ResponseReturnValue:
    """Move a planned session."""
    session = load(TreatmentSession, session_id, Permission.SESSION_PLAN)
    if session.status != Status.PLANNED or session.in_error:
        flash("Only a planned session can be moved.", "info")
        return redirect(url_for(".show", session_id=session_id))
    form = move_form(session)
    if form.validate_on_submit() and form.attempt(
        booking.move, session, version=form.version.data, **form.values(), by=current_user
    ):
        flash(_booked("Moved", session), "success")
        return _back(session)
    return _page(form, session.course, Kind(session.kind), session)


def _page(form: BookingForm, course: Course, kind: Kind, session: TreatmentSession | None) -> str:
    like, told = form.slot(clock.now()), form.told
    # To be ticked as things stand now, which may be another than when the form was sent.
    form.confirmed.what = " ".join(told)
    but = session.id if session else None
    return render_template(
        "treatment/book.html",
        patient=course.patient,
        session=session,
        form=form,
        told=told,
        kind=kind,
        kinds=Kind,
        times=suggestions(course, kind, like, current_user, but=but),
        back="day" if _from_day() else None,
    )


def _booked(done: str, session: TreatmentSession) -> str:
    start = session.starts_at
    return f"{done}: {Kind(session.kind).label.lower()} session on {weekday(start)}, {wall_time(start)}."


def _back(session: TreatmentSession) -> ResponseReturnValue:
    """To the day, for whoever came from there; else to the session."""
    return redirect(url_for("home.day") if _from_day() else url_for(".show", session_id=session.id))


def _from_day() -> bool:
    return request.args.get("back") == "day"


@bp.get("/sessions/<uuid:session_id>/appointment.ics")
def appointment_of(session_id: UUID) -> Response:
    """A planned session for a calendar, to be handed to the patient."""
    return _calendar(load(TreatmentSession, session_id, Permission.SESSION_VIEW))


@bp.get("/my/appointments/<uuid:session_id>.ics")
def own_appointment(session_id: UUID) -> Response:
    """A planned session for the calendar of the patient whose it is."""
    return _calendar(load(TreatmentSession, session_id, Permission.OWN_RECORD))


def _calendar(session: TreatmentSession) -> Response:
    if session.status not in (Status.PLANNED, Status.CANCELLED) or session.in_error:
        abort(404)
    text = appointment(
        session.id,
        session.starts_at,
        session.ends_at or ends_by_default(Kind(session.kind), session.starts_at),
        sequence=session.version,
        stamp=clock.now(),
        cancelled=session.status == Status.CANCELLED,
    )
    response = Response(text, mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response


@bp.route("/rooms", methods=["GET", "POST"])
def rooms() -> ResponseReturnValue:
    """The rooms of the clinic, and a new one."""
    gate.require(Permission.CLINIC_SETTINGS)
    form = RoomForm()
    if form.validate_on_submit() and form.attempt(booking.add_room, name=form.name.data, by=current_user):
        flash("The room is added. Sessions can be booked into it.", "success")
        return redirect(url_for(".rooms"))
    clinic_id = current_user.clinic_id
    return render_template(
        "treatment/rooms.html", form=form, rooms=rooms_of(clinic_id), archived=rooms_of(clinic_id, archived=True)
    )


@bp.route("/rooms/<uuid:room_id>", methods=["GET", "POST"])
def edit_room(room_id: UUID) -> ResponseReturnValue:
    """Give a room another name."""
    room = _room(room_id)
    form = RoomForm(obj=room)
    if form.validate_on_submit() and form.done(booking.rename_room, room, name=form.name.data, by=current_user):
        flash("The room has its new name.", "success")
        return redirect(url_for(".rooms"))
    return render_template("treatment/room.html", form=form)


@bp.post("/rooms/<uuid:room_id>/archive")
def put_room_away(room_id: UUID) -> ResponseReturnValue:
    """Put a room away."""
    room = _room(room_id)
    booking.archive_room(room, by=current_user)
    flash(f"“{room.name}” is put away. What is booked into it stays there.", "success")
    return redirect(url_for(".rooms"))


@bp.post("/rooms/<uuid:room_id>/restore")
def use_room_again(room_id: UUID) -> ResponseReturnValue:
    """Take a room into use again."""
    room = _room(room_id)
    booking.restore_room(room, by=current_user)
    flash(f"“{room.name}” is in use again.", "success")
    return redirect(url_for(".rooms"))


def _room(id: UUID) -> Room:
    gate.require(Permission.CLINIC_SETTINGS)
    return room_of(current_user.clinic_id, id) or abort(404)
