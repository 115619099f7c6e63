"""A group session: one session in the record of each who was there, each private and signed by itself.

What is shared is written once and names nobody; no record says who else was there, but for their number.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.models import Patient, User
from kap.treatment.actions import record_integration
from kap.treatment.models import Course, IntegrationSession, Status
from kap.treatment.queries import suggested_doses


def record_group(
    courses: Sequence[Course],
    *,
    by: User,
    status: str,
    starts_at: datetime,
    answers: Mapping[str, Any],
    team: Iterable[UUID] = (),
    **shared: Any,
) -> list[IntegrationSession]:
    """Record a group session for each of these courses, or for none; each integrates the doses since its last one."""
    if not courses:
        raise Refused("Please choose who was there.", field="patients")
    told = {"session_kind": "integration", "format": "group", **answers}
    if len(courses) > 1:
        told.setdefault("present", len(courses))
    members = tuple(team)
    with recording(Action.GROUP_RECORDED, by=by):
        return [
            record_integration(
                course,
                by=by,
                status=status,
                starts_at=starts_at,
                answers=told,
                team=members,
                integrates=_doses(course, starts_at) if status == Status.TOOK_PLACE else (),
                **shared,
            )
            for course in courses
        ]


def _doses(course: Course, at: datetime) -> list[UUID]:
    return suggested_doses(db.session.get_one(Patient, course.patient_id), at)
