"""Starting, writing, signing and adding to a psychotherapy note. The log says that it was done, and nothing of it."""

from datetime import date

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused, Stale
from kap.people.models import Clinic, Patient, User
from kap.psychotherapy.models import PsychotherapyAddendum, PsychotherapyNote
from kap.psychotherapy.queries import content_of, could_supervise, own_note
from kap.treatment.content import canonical, digest_of
from kap.treatment.models import AddendumKind, Status, TreatmentSession
from kap.treatment.signing import refuse_undated, signed_late

SWITCHED_OFF = "Psychotherapy notes are switched off in this clinic: none can be started."
IN_ERROR = "The session was marked as entered in error, so this note stays as it is."


def start_note(session: TreatmentSession, *, by: User) -> PsychotherapyNote:
    """Start a note about a session; that which its author has already, where they have."""
    patient = db.session.get_one(Patient, session.patient_id)
    with recording(Action.NOTE_STARTED, by=by, patient=patient, follow=False) as event:
        hold(session)
        there = own_note(session, by)
        note = db.session.get(PsychotherapyNote, there) if there else None
        if note is not None:
            event.passed_over = True
            return note
        if not db.session.get_one(Clinic, session.clinic_id).psychotherapy_notes:
            raise Refused(SWITCHED_OFF)
        if session.in_error or session.status == Status.CANCELLED:
            raise Refused("This session did not take place, or was marked as entered in error. It takes no note.")
        note = PsychotherapyNote.of(patient, session_id=session.id, author=by.id)
        db.session.add(note)
        event.about(note)
    return note


def write_note(note: PsychotherapyNote, *, text: str, version: int, by: User) -> PsychotherapyNote:
    """Change what it says; Stale where it was changed since `version`."""
    with recording(Action.NOTE_CHANGED, by=by, patient=note.patient, about=note, follow=False):
        _hold_open(note, version, by)
        note.text, note.changed_at = text, clock.now()
    return note


def sign_note(note: PsychotherapyNote, *, version: int, by: User) -> PsychotherapyNote:
    """Sign it as it was shown at `version`: from then on it is only added to."""
    with recording(Action.NOTE_SIGNED, by=by, patient=note.patient, about=note, follow=False) as event:
        _hold_open(note, version, by)
        if note.session.status not in (Status.TOOK_PLACE, Status.HELD):
            raise Refused("A note is signed once its session took place, or was held back.")
        if not note.text:
            raise Refused("There is nothing in it yet.")
        note.digest = digest_of(canonical(content_of(note)))
        note.signed_at = event.at
        note.late = signed_late(note.session, event.at)
    return note


def add_to_note(
    note: PsychotherapyNote, *, kind: str, reason: str, text: str, refers_to: date | None = None, by: User
) -> PsychotherapyAddendum:
    """Add to a signed note, with a reason and at this moment; `refers_to` is the day that it is about."""
    with recording(Action.NOTE_ADDED_TO, by=by, patient=note.patient, about=note, follow=False) as event:
        _refuse_unless_own(note, by)
        if not note.signed:
            raise Refused("This is not signed yet, so it can simply be edited.")
        refuse_undated(note.patient, kind, refers_to)
        addendum = PsychotherapyAddendum.of(
            note.patient,
            note_id=note.id,
            kind=AddendumKind(kind),
            reason=reason,
            text=text,
            refers_to=refers_to,
            author=by.id,
            created_at=event.at,
        )
        db.session.add(addendum)
    return addendum


def name_supervisor(note: PsychotherapyNote, supervisor: User | None, *, version: int, by: User) -> PsychotherapyNote:
    """Say who besides its author may read the note, or that nobody may any more; also once it is signed."""
    with recording(Action.NOTE_SUPERVISOR_NAMED, by=by, patient=note.patient, about=note, follow=False):
        hold(note)
        if note.version != version:
            raise Stale(note)
        if note.author != by.id:
            raise Refused("Its author alone says who supervises it.")
        if supervisor is not None and supervisor not in could_supervise(note):
            raise Refused("A supervisor is another therapist of the clinic.", field="supervisor")
        note.supervisor = supervisor.id if supervisor else None
    return note


def _hold_open(note: PsychotherapyNote, version: int, by: User) -> None:
    """Keep others from writing it meanwhile; refused where it is no longer written."""
    hold(note)
    if note.signed:
        raise Refused("This note is signed, and stays as it is. Please write an addendum.")
    if note.version != version:
        raise Stale(note)
    _refuse_unless_own(note, by)


def _refuse_unless_own(note: PsychotherapyNote, by: User) -> None:
    if note.author != by.id:
        raise Refused("Its author alone writes it.")
    if note.session.in_error:
        raise Refused(IN_ERROR)
