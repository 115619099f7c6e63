"""The adverse events of a session, and those that wait for somebody."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import contains_eager

from kap.core.db import db
from kap.dosing.rules.events import SETTLED, Told
from kap.people.load import CLINIC, asking, not_own, visible
from kap.people.models import Patient, User
from kap.treatment.models import AdverseEvent, DosingSession, TreatmentSession


class Version(NamedTuple):
    """An event as it stands, and how it was told before, the latest first."""

    now: AdverseEvent
    before: Sequence[AdverseEvent]


def as_told(event: AdverseEvent) -> Told:
    """What a row says."""
    told = Told(**{name: getattr(event, name) for name in Told._fields})
    return told._replace(words=told.words or None)


def events_of(session: DosingSession) -> list[Version]:
    """The events of a session in the order in which they began, each with its history; those taken back at the end."""
    query = select(AdverseEvent).where(
        AdverseEvent.clinic_id == session.clinic_id, AdverseEvent.session_id == session.id
    )
    rows = {row.id: row for row in db.session.scalars(query.order_by(AdverseEvent.id))}
    replaced = {row.corrects_id for row in rows.values()}
    found = []
    for row in rows.values():
        if row.id not in replaced:
            before, earlier = [], row.corrects_id
            while earlier is not None and earlier in rows:
                before.append(rows[earlier])
                earlier = rows[earlier].corrects_id
            found.append(Version(row, before))
    return sorted(found, key=lambda one: (one.now.in_error, one.now.onset_at or session.starts_at, one.now.id))


def waiting_events(user: User) -> Sequence[AdverseEvent]:
    """The events that want something of somebody, of the patients whom `user` may see; those to be looked at first.

    Not said how bad, serious and not reported or without an outcome, to be followed up and not settled.
    """
    serious = and_(
        AdverseEvent.serious.is_(True), or_(AdverseEvent.reported_to.is_(None), AdverseEvent.outcome.is_(None))
    )
    followed = and_(
        AdverseEvent.follow_up_on.is_not(None),
        or_(AdverseEvent.outcome.is_(None), AdverseEvent.outcome.not_in(SETTLED)),
    )
    query = (
        select(AdverseEvent)
        .join(Patient, Patient.id == AdverseEvent.patient_id)
        .join(TreatmentSession, TreatmentSession.id == AdverseEvent.session_id)
        .where(
            AdverseEvent.clinic_id == CLINIC,
            visible(user.roles),
            not_own(),
            AdverseEvent.error_at.is_(None),
            TreatmentSession.error_at.is_(None),
            or_(AdverseEvent.severity.is_(None), serious, followed),
        )
        .options(contains_eager(AdverseEvent.patient))
        .order_by(AdverseEvent.follow_up_on.is_(None), AdverseEvent.follow_up_on, AdverseEvent.id)
    )
    return db.session.scalars(query, asking(user)).all()
