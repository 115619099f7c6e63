"""What can be done to the clinic's protocols. Courses keep what they were made from, so nothing of this changes one."""

from collections.abc import Sequence
from typing import Any

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused, Stale
from kap.people.account import flush_unless
from kap.people.models import User
from kap.treatment.models import Protocol, Route
from kap.treatment.plan import Plan, problems
from kap.treatment.published import Published
from kap.treatment.queries import protocols_of


def add_protocol(
    *,
    name: str,
    plan: Plan,
    description: str = "",
    source: str = "",
    seeded_from: str | None = None,
    by: User,
) -> Protocol:
    """A new protocol of the clinic of `by`; refused where one in use has its name."""
    with recording(Action.PROTOCOL_ADDED, by=by) as event:
        protocol = Protocol(clinic_id=by.clinic_id, seeded_from=seeded_from)
        _write(protocol, name=name, plan=plan, description=description, source=source)
        db.session.add(protocol)
        flush_unless(_name_taken(name))
        event.about(protocol)
    return protocol


def take_over(shape: Published, *, by: User) -> Protocol:
    """A copy of a published shape, the clinic's own from then on."""
    return add_protocol(
        name=shape.name,
        plan=shape.plan,
        description=shape.description,
        source=shape.whole_source,
        seeded_from=shape.key,
        by=by,
    )


def change_protocol(
    protocol: Protocol, *, version: int, name: str, plan: Plan, description: str, source: str, by: User
) -> Protocol:
    """Change a protocol: for courses that are made from it from now on."""
    with recording(Action.PROTOCOL_CHANGED, by=by, about=protocol):
        _refuse_stale(protocol, version)
        _write(protocol, name=name, plan=plan, description=description, source=source)
        flush_unless(_name_taken(name))
    return protocol


def archive_protocol(protocol: Protocol, *, by: User) -> None:
    """Put a protocol away: no new course is made from it."""
    with recording(Action.PROTOCOL_ARCHIVED, by=by, about=protocol):
        hold(protocol)
        protocol.archived_at = protocol.archived_at or clock.now()


def restore_protocol(protocol: Protocol, *, by: User) -> None:
    """Take a protocol into use again that was put away."""
    with recording(Action.PROTOCOL_RESTORED, by=by, about=protocol):
        hold(protocol)
        _refuse_name(protocol, protocol.name)
        protocol.archived_at = None
        flush_unless(_name_taken(protocol.name))


def _write(protocol: Protocol, *, name: str, plan: Plan, description: str, source: str) -> None:
    if not name.strip():
        raise Refused("Please fill this in.", field="name")
    for field, problem in problems(plan):
        raise Refused(problem, field=field)
    _refuse_name(protocol, name)
    protocol.name, protocol.description, protocol.source = name, description, source
    for field, value in plan._asdict().items():
        setattr(protocol, field, _kept(field, value))


def _kept(field: str, value: Any) -> Any:
    if field in ("route", "schedule"):
        return Route(value) if value else None
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _refuse_name(protocol: Protocol, name: str) -> None:
    if any(other.name == name and other.id != protocol.id for other in protocols_of(protocol.clinic_id)):
        raise _name_taken(name)


def _name_taken(name: str) -> Refused:
    return Refused(f"There is a protocol called “{name}” in use already. Please choose another name.", field="name")


def _refuse_stale(protocol: Protocol, version: int) -> None:
    hold(protocol, whole=True)
    if protocol.version != version:
        raise Stale(protocol)
