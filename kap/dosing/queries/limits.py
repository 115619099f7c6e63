"""The limits and schedules that a clinic works with."""

from collections.abc import Sequence
from uuid import UUID

from flask import g, has_request_context
from sqlalchemy import select

from kap.core.db import db
from kap.dosing.models import LimitSet
from kap.dosing.rules.limits import DEFAULTS, Limits, from_json


def limits_of(clinic_id: UUID) -> Limits:
    """Those in force now; asked for once in a request."""
    if not has_request_context():
        return _latest(clinic_id)
    kept: dict[UUID, Limits] = g.setdefault("limits", {})
    if clinic_id not in kept:
        kept[clinic_id] = _latest(clinic_id)
    return kept[clinic_id]


def limits_numbered(clinic_id: UUID, number: int | None) -> Limits:
    """Those of a number, as a signed session names them: 0 for the defaults, None for those in force now."""
    if number is None:
        return limits_of(clinic_id)
    if number == 0:
        return DEFAULTS
    query = select(LimitSet).where(LimitSet.clinic_id == clinic_id, LimitSet.number == number)
    found = db.session.scalars(query).one()
    return from_json(found.values, number)


def limit_sets(clinic_id: UUID) -> Sequence[LimitSet]:
    """All sets of the clinic, the latest first."""
    query = select(LimitSet).where(LimitSet.clinic_id == clinic_id).order_by(LimitSet.number.desc())
    return db.session.scalars(query).all()


def latest_number(clinic_id: UUID) -> int:
    """The number of the set in force, read anew; 0 where the clinic has none of its own."""
    query = select(LimitSet.number).where(LimitSet.clinic_id == clinic_id)
    return db.session.scalar(query.order_by(LimitSet.number.desc()).limit(1)) or 0


def forget_limits() -> None:
    """Ask anew: others are in force now."""
    if has_request_context():
        g.pop("limits", None)


def _latest(clinic_id: UUID) -> Limits:
    query = select(LimitSet.values, LimitSet.number).where(LimitSet.clinic_id == clinic_id)
    found = db.session.execute(query.order_by(LimitSet.number.desc()).limit(1)).first()
    return from_json(found.values, found.number) if found is not None else DEFAULTS
