"""Pages of psychotherapy notes: each is opened from its session, by its author, or by its address."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access.roles import Permission
from kap.people.load import load
from kap.psychotherapy.actions import (
    IN_ERROR,
    SWITCHED_OFF,
    add_to_note,
    name_supervisor,
    sign_note,
    start_note,
    write_note,
)
from kap.psychotherapy.forms import NoteForm, SupervisorForm
from kap.psychotherapy.load import load_note
from kap.psychotherapy.models import PsychotherapyNote
from kap.psychotherapy.queries import addenda_of, could_supervise, intact, own_note
from kap.treatment.forms.sessions import AdditionForm
from kap.treatment.models import Kind, TreatmentSession
from kap.web.forms import EditForm, Form

bp = Blueprint("psychotherapy", __name__)


@bp.context_processor
def _words() -> dict[str, object]:
    """The kinds of session in words, and why something cannot be done."""
    return {"Kind": Kind, "switched_off": SWITCHED_OFF, "marked_in_error": IN_ERROR}


@bp.route("/sessions/<uuid:session_id>/psychotherapy-note", methods=["GET", "POST"])
def start(session_id: UUID) -> ResponseReturnValue:
    """What such a note is, and the start of one; one's own, where there is one."""
    session = load(TreatmentSession, session_id, Permission.PSYCHOTHERAPY_WRITE)
    if found := own_note(session, current_user):
        return redirect(url_for(".show", note_id=found))
    form = Form()
    if form.validate_on_submit() and (note := form.attempt(start_note, session, by=current_user)):
        return redirect(url_for(".write", note_id=note.id))
    return render_template("psychotherapy/start.html", session=session, patient=session.patient, form=form)


@bp.get("/psychotherapy-notes/<uuid:note_id>")
def show(note_id: UUID) -> str:
    """A note, for whoever may read it."""
    note = load_note(note_id)
    own = note.author == current_user.id
    return render_template(
        "psychotherapy/show.html",
        note=note,
        patient=note.patient,
        addenda=addenda_of(note),
        own=own,
        altered=note.signed and not intact(note),
    )


@bp.route("/psychotherapy-notes/<uuid:note_id>/edit", methods=["GET", "POST"])
def write(note_id: UUID) -> ResponseReturnValue:
    """Write a note that is not signed."""
    note = load_note(note_id, to_write=True)
    form = NoteForm(obj=note)
    if form.validate_on_submit() and form.attempt(
        write_note, note, text=form.text.data or "", version=form.version.data, by=current_user
    ):
        flash("The note is saved. It is yours alone, and can be edited until you sign it.", "success")
        return redirect(url_for(".show", note_id=note_id))
    if not form.is_submitted() and _closed(note):
        return redirect(url_for(".show", note_id=note_id))
    return render_template("psychotherapy/write.html", note=note, patient=note.patient, form=form)


@bp.route("/psychotherapy-notes/<uuid:note_id>/sign", methods=["GET", "POST"])
def sign(note_id: UUID) -> ResponseReturnValue:
    """Show a note as it will be signed, and sign it."""
    note = load_note(note_id, to_write=True)
    form = EditForm(version=note.version)
    if form.validate_on_submit() and form.attempt(sign_note, note, version=form.version.data, by=current_user):
        flash("The note is signed. It stays as it is; what comes up later can be added to it.", "success")
        return redirect(url_for(".show", note_id=note_id))
    if not form.is_submitted() and _closed(note):
        return redirect(url_for(".show", note_id=note_id))
    return render_template("psychotherapy/sign.html", note=note, patient=note.patient, form=form)


@bp.route("/psychotherapy-notes/<uuid:note_id>/addendum", methods=["GET", "POST"])
def add(note_id: UUID) -> ResponseReturnValue:
    """Add to a note that is signed."""
    note = load_note(note_id, to_write=True)
    form = AdditionForm()
    if form.validate_on_submit() and form.attempt(add_to_note, note, **form.values(), by=current_user):
        flash("Saved: it stands with the note.", "success")
        return redirect(url_for(".show", note_id=note_id))
    if not note.signed or note.session.in_error:
        abort(404)
    return render_template("psychotherapy/addendum.html", note=note, patient=note.patient, form=form)


@bp.route("/psychotherapy-notes/<uuid:note_id>/supervisor", methods=["GET", "POST"])
def supervisor(note_id: UUID) -> ResponseReturnValue:
    """Say who supervises a note."""
    note = load_note(note_id, to_write=True)
    form = SupervisorForm(people=could_supervise(note), version=note.version, supervisor=str(note.supervisor or ""))
    if form.validate_on_submit() and form.attempt(
        name_supervisor, note, form.named, version=form.version.data, by=current_user
    ):
        named = f"{form.named.name} can read the note now." if form.named else "Nobody else can read the note now."
        flash(f"Saved. {named}", "success")
        return redirect(url_for(".show", note_id=note_id))
    return render_template("psychotherapy/supervisor.html", note=note, patient=note.patient, form=form)


def _closed(note: PsychotherapyNote) -> bool:
    """Whether nothing is written into it any more."""
    return note.signed or note.session.in_error
