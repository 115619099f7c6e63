"""What was given in a session, and what stands beside it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from kap.core.db import db
from kap.dosing.models import Administration, Decision, GoNoGo
from kap.dosing.queries.limits import limits_of
from kap.dosing.rules import giving as rules
from kap.dosing.rules.giving import Before, Giving, Last
from kap.dosing.rules.limits import Limits
from kap.people.models import Patient
from kap.treatment.models import DosingSession, Status
from kap.treatment.rules import Warned, raised_before_dose


def administrations_of(session: DosingSession) -> Sequence[Administration]:
    """What was given, in order; without what was corrected or taken back."""
    query = select(Administration).where(
        Administration.clinic_id == session.clinic_id,
        Administration.session_id == session.id,
        Administration.error_at.is_(None),
    )
    return db.session.scalars(query.order_by(Administration.at, Administration.id)).all()


def as_given(row: Administration) -> Giving:
    """What a row says."""
    return Giving(**{name: getattr(row, name) for name in Giving._fields})


def last_weighed(patient: Patient) -> Administration | None:
    """The giving with the latest weight whose day is known."""
    query = select(Administration).where(
        Administration.clinic_id == patient.clinic_id,
        Administration.patient_id == patient.id,
        Administration.error_at.is_(None),
        Administration.weight_on.is_not(None),
    )
    return db.session.scalars(query.order_by(Administration.weight_on.desc(), Administration.id.desc())).first()


def warned(
    session: DosingSession, giving: Giving, *, but: Administration | None = None, by_weight: bool = False
) -> list[Warned]:
    """What about a giving is worth a second look; `but` is the row that it takes the place of."""
    others = [as_given(row) for row in administrations_of(session) if but is None or row.id != but.id]
    limits = limits_of(session.clinic_id)
    return rules.warnings(giving, _before(session, giving, others, but, limits), limits, by_weight=by_weight)


def shown_warnings(session: DosingSession, row: Administration, limits: Limits) -> list[Warned]:
    """The same about a row that stands, beside those before it: what is said of the sum stands with the last.

    `limits` are those of the session: once it is signed, those of that day.
    """
    others = [as_given(other) for other in administrations_of(session) if (other.at, other.id) < (row.at, row.id)]
    return rules.warnings(as_given(row), _before(session, as_given(row), others, row, limits), limits)


def _before(
    session: DosingSession, giving: Giving, others: Sequence[Giving], but: Administration | None, limits: Limits
) -> Before:
    first = min([giving.at, *(other.at for other in others)])
    readings = [sign.reading for sign in session.vital_signs]
    return Before(
        others=others,
        told_mg=session.dose_mg if but is None and not others else None,
        last=_last(session, giving.at),
        esketamine_sessions=_esketamine_sessions(session, giving.at),
        raised=raised_before_dose(readings, first, limits.pre_hold),
        held=_held(session),
    )


def _last(session: DosingSession, at: datetime) -> Last | None:
    given_at = func.coalesce(DosingSession.dosed_at, DosingSession.starts_at)
    query = select(given_at, DosingSession.route, DosingSession.dose_mg).where(*_others(session), given_at < at)
    found = db.session.execute(query.order_by(given_at.desc()).limit(1)).first()
    return Last(*found) if found is not None else None


def _esketamine_sessions(session: DosingSession, at: datetime) -> int:
    given_at = func.coalesce(DosingSession.dosed_at, DosingSession.starts_at)
    query = select(func.count(DosingSession.id)).where(
        *_others(session),
        DosingSession.route == rules.ESKETAMINE,
        given_at > at - rules.WEEK,
        given_at < at,
    )
    return db.session.scalar(query) or 0


def _others(session: DosingSession) -> list[ColumnElement[bool]]:
    """The conditions of other sessions of the patient in which a dose was given."""
    return [
        DosingSession.clinic_id == session.clinic_id,
        DosingSession.patient_id == session.patient_id,
        DosingSession.id != session.id,
        DosingSession.status == Status.TOOK_PLACE,
        DosingSession.error_at.is_(None),
    ]


def _held(session: DosingSession) -> bool:
    query = select(Decision.decision).where(Decision.clinic_id == session.clinic_id, Decision.session_id == session.id)
    latest = db.session.scalar(query.order_by(Decision.decided_at.desc(), Decision.id.desc()).limit(1))
    return latest == GoNoGo.HOLD
