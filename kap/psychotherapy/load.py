"""The one way to a psychotherapy note: as its author, or as the supervisor whom they named. There is no other, also
not in an emergency: for everybody else it does not exist, whatever their role.
"""

from uuid import UUID

from flask import abort, g
from flask_login import current_user
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import contains_eager

from kap.access import gate
from kap.access.roles import GRANTS, Permission, Role
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.core.db import db
from kap.people.load import asking, in_team, not_own
from kap.people.models import Patient
from kap.psychotherapy.models import PsychotherapyNote


def load_note(id: UUID, *, to_write: bool = False) -> PsychotherapyNote:
    """The note, for the current user; the read is logged. To write: for its author alone.

    Its author has to be on the care team still; a supervisor, who looks after the author and not after the patient,
    has not. Both have to be therapists now, and nobody opens what was written about themselves.
    """
    user = current_user._get_current_object()
    writes = and_(PsychotherapyNote.author == user.id, in_team())
    query = (
        select(PsychotherapyNote)
        .join(Patient, Patient.id == PsychotherapyNote.patient_id)
        .options(contains_eager(PsychotherapyNote.patient))
        .where(
            PsychotherapyNote.id == id,
            PsychotherapyNote.clinic_id == user.clinic_id,
            not_own(),
            writes if to_write else or_(writes, PsychotherapyNote.supervisor == user.id),
        )
    )
    note = db.session.scalar(query, asking(user)) if Role.THERAPIST in user.roles else None
    if note is None:
        g.asked = True
        abort(404)
    g.held = GRANTS[Role.THERAPIST]
    gate.answer(Permission.PSYCHOTHERAPY_WRITE, g.held)
    viewed(Action.NOTE_VIEWED, by=user, patient=note.patient, about=note)
    return note
