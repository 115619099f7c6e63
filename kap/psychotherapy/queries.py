"""What is read of psychotherapy notes: one's own about a session, and what was added to one. There are no lists."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kap.access.roles import Role
from kap.core.db import db
from kap.people.models import User
from kap.people.queries import can_treat
from kap.psychotherapy.models import PsychotherapyAddendum, PsychotherapyNote
from kap.treatment.content import canonical, digest_of
from kap.treatment.models import TreatmentSession


def own_note(session: TreatmentSession, user: User) -> UUID | None:
    """The note that this user wrote about the session, if any."""
    return db.session.scalar(
        select(PsychotherapyNote.id).where(
            PsychotherapyNote.session_id == session.id, PsychotherapyNote.author == user.id
        )
    )


def addenda_of(note: PsychotherapyNote) -> Sequence[PsychotherapyAddendum]:
    """What was added to it, in the order of writing."""
    query = select(PsychotherapyAddendum).where(
        PsychotherapyAddendum.clinic_id == note.clinic_id, PsychotherapyAddendum.note_id == note.id
    )
    return db.session.scalars(query.order_by(PsychotherapyAddendum.created_at, PsychotherapyAddendum.id)).all()


def could_supervise(note: PsychotherapyNote) -> list[User]:
    """The therapists of the clinic who can be named: neither the author nor the patient."""
    return [
        user
        for user in can_treat(note.clinic_id)
        if Role.THERAPIST in user.roles and user.id not in (note.author, note.patient.user_id)
    ]


def content_of(note: PsychotherapyNote) -> dict[str, Any]:
    """What its signature stands for. Who supervises may change later."""
    return {
        "note": note.id,
        "session": note.session_id,
        "patient": note.patient_id,
        "author": note.author,
        "text": note.text,
    }


def intact(note: PsychotherapyNote) -> bool:
    """Whether a signed note is still what was signed."""
    return digest_of(canonical(content_of(note))) == note.digest
