"""The only two commits of the product: `recording` for changes, `viewed` for reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Flask, Response, current_app, g, has_request_context, request
from flask_login import current_user
from sqlalchemy import event, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import ORMExecuteState, Session

from kap.access import gate
from kap.audit.models import Action, AuditEvent, Submission
from kap.core import clock
from kap.core.db import NOTE, WRITE, db
from kap.web.forms import form_key

Follower = Callable[[frozenset[UUID]], None]
_WRITTEN = [column.key for column in AuditEvent.__table__.columns if column.key != "kind"]
"""What an event says itself; its kind follows from the action."""


class AlreadyKept(Exception):
    """The form was sent before and is in the record: nothing is written again."""

    def __init__(self, patient_id: UUID | None) -> None:
        super().__init__("This was saved already.")
        self.patient_id = patient_id


def following(app: Flask, follow: Follower) -> None:
    """Run `follow(patient_ids)` once for all touched patients, inside the transaction that touched them."""
    app.extensions.setdefault("kap_followers", []).append(follow)


def finishing(app: Flask, finish: Callable[[], None]) -> None:
    """Run `finish()` before each change is committed, as a part of it."""
    app.extensions.setdefault("kap_finishers", []).append(finish)


def touch(*patient_ids: UUID) -> None:
    """Have the followers look at these patients too; inside `recording`."""
    db.session().info["touched"].update(patient_ids)


@contextmanager
def recording(
    action: Action, *, by: Any, patient: Any = None, about: Any = None, follow: bool = True
) -> Iterator[AuditEvent]:
    """Commit what the block changes together with its event, as one transaction; nothing of it on an exception.

    It nests: the outermost commits, and nothing where one inside failed, even if that was caught. `by` is the user, or
    None for the command line; `about` the row that is changed, or call `about()` on the event that it gives.
    `follow` is False for what no follower looks at, such as a reading: a tap in the room is to be kept at once.
    """
    if has_request_context() and not gate.asked():
        raise PermissionError("A change was about to be written before a permission was asked for.")
    session = db.session()
    depth: int = session.info.get("recording", 0)
    if depth == 0:
        _begin_writing(session)
    session.info["recording"] = depth + 1
    touched: set[UUID] = session.info.setdefault("touched", set())
    event_ = AuditEvent(action=action, at=clock.now())
    try:
        yield event_
        _fill(event_, by, patient, about)
        _note(session, event_, touched if follow else set())
        if depth == 0:
            if session.info.get("failed"):
                raise RuntimeError("A part of this change failed: no half of it is kept.")
            _finish(session, event_, touched)
    except BaseException:
        session.info["failed"] = True
        if depth == 0:
            session.rollback()
            # What the rules refuse, or the database, may be the same form, kept while this one was under way.
            if by is not None and (key := _form_key()):
                refuse_repeat(by.id, key)
        raise
    finally:
        session.info["recording"] = depth
        if depth == 0:
            session.info.pop("touched", None)
            session.info.pop("failed", None)


def _begin_writing(session: Session) -> None:
    """End the read transaction and begin one that writes.

    A read transaction that turns into a write fails at once on SQLite when somebody else has written in between.
    """
    if not (session.new or session.dirty or session.deleted):
        session.commit()
        session.connection(execution_options=WRITE)


def _fill(event_: AuditEvent, by: Any, patient: Any, about: Any) -> None:
    if about is not None:
        event_.about(about)
    if by is not None:
        event_.actor_id, event_.clinic_id = by.id, by.clinic_id
    if patient is not None:
        event_.patient_id, event_.clinic_id = patient.id, patient.clinic_id
    if event_.clinic_id is None and about is not None:
        event_.clinic_id = getattr(about, "clinic_id", None)


def _note(session: Session, event_: AuditEvent, touched: set[UUID]) -> None:
    if event_.passed_over:
        return
    if event_.patient_id:
        touched.add(event_.patient_id)
    session.add(event_)


def _finish(session: Session, event_: AuditEvent, touched: set[UUID]) -> None:
    key = _form_key()
    if key is not None and event_.actor_id is not None:
        session.add(Submission(user_id=event_.actor_id, key=key, patient_id=event_.patient_id))
    session.flush()
    if key is not None:
        g.form_key = None
    if touched:
        for follow in current_app.extensions.get("kap_followers", ()):
            follow(frozenset(touched))
    for finish in current_app.extensions.get("kap_finishers", ()):
        finish()
    session.commit()


def not_all_yet() -> None:
    """Leave the key of the form unused: what is kept now is a part, and the same form will bring the rest."""
    g.pop("form_key", None)


def _form_key() -> UUID | None:
    """The key of the form that is being kept."""
    return g.get("form_key") if has_request_context() else None


def refuse_repeat(user_id: UUID, key: UUID) -> None:
    """AlreadyKept where this form of this user is in the record."""
    query = select(Submission.patient_id).where(Submission.user_id == user_id, Submission.key == key)
    found = db.session.execute(query).first()
    if found is not None:
        raise AlreadyKept(found.patient_id)


def viewed(action: Action, *, by: Any, patient: Any = None, about: Any = None, **detail: Any) -> None:
    """Log that `by` is shown something; it is committed before the page is sent, or the page is not sent."""
    seen = AuditEvent(action=action, at=clock.now(), detail=detail)
    _fill(seen, by, patient, about)
    g.setdefault("viewed", []).append(seen)


def nothing_shown() -> None:
    """Log no read for this request: its answer tells nothing of the record, only that something was kept, or is new."""
    g.pop("viewed", None)


def _keep_views(response: Response) -> Response:
    seen: list[AuditEvent] = g.pop("viewed", [])
    # The page on which two versions meet (409) shows the record too.
    if seen and (response.status_code < 300 or response.status_code == 409):
        # A read transaction that turns into a write fails on SQLite when somebody else has written in between. On
        # another connection the write would make this one read, and decipher, all of its pages anew.
        session = db.session()
        session.rollback()
        try:
            session.connection(execution_options=NOTE).execute(_INSERT, [_row(event_) for event_ in seen])
            session.commit()
        except OperationalError as failed:
            response.close()
            # After the view nobody turns an exception into its page.
            return current_app.make_response(current_app.handle_user_exception(failed))
    return response


_INSERT = insert(AuditEvent.__table__)  # type: ignore[arg-type]


def _row(event_: AuditEvent) -> dict[str, Any]:
    return {name: getattr(event_, name) for name in _WRITTEN}


def start_audit(app: Flask) -> None:
    """Turn forms away that were kept before, and keep the log of reads before each page is sent."""
    app.before_request(_turn_away_repeats)
    app.after_request(_keep_views)


def _turn_away_repeats() -> None:
    """Before the rules look at it: to them a form that was kept would look like a second wish for the same."""
    key = form_key(request.form.get("form_key")) if request.method == "POST" else None
    if key is not None and current_user.is_authenticated:
        refuse_repeat(current_user.id, key)


@event.listens_for(Session, "before_flush")
def _refuse_unrecorded(session: Session, context: object, instances: object) -> None:
    if (session.new or session.dirty or session.deleted) and not session.info.get("recording"):
        raise RuntimeError("A change outside recording() would leave no trace in the log.")


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk(execution: ORMExecuteState) -> None:
    recorded = execution.session.info.get("recording")
    if execution.is_insert and not recorded:
        raise RuntimeError("A change outside recording() would leave no trace in the log.")
    if (execution.is_update or execution.is_delete) and not (recorded and execution.execution_options.get("guarded")):
        raise RuntimeError("A bulk change is not recorded row by row: change the objects instead.")
