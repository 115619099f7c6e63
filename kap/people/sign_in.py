"""Signing in, by Flask-Security on Flask-Login: our users, our log, and cookies that die at sign-out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import Flask, Response, current_app, g, has_request_context, request, session
from flask_login import current_user, user_logged_out
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore, user_authenticated
from flask_security.signals import user_failed_authn
from sqlalchemy import Engine, bindparam, func, select, update
from sqlalchemy.exc import OperationalError

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import NOTE, Key, db
from kap.people.models import RoleHeld, SignIn, User
from kap.people.rules import device

USE_IS_NOTED = timedelta(minutes=10)
"""How coarsely the last use of a sign-in is known."""

_COOKIE = "sign_in"
_SIGNED_IN = (
    select(User, func.coalesce(SignIn.last_used_at, SignIn.at).label("used_at"))
    .join(SignIn, SignIn.user_id == User.id)
    .where(
        User.fs_uniquifier == bindparam("uniquifier"),
        User.active,
        SignIn.id == bindparam("sign_in", type_=Key()),
        SignIn.ended_at.is_(None),
    )
)


class Users(SQLAlchemyUserDatastore):
    """Flask-Security's way to our users; what it saves goes through `recording`."""

    def commit(self) -> None:
        """Keep what Flask-Security changed; most of its calls have changed nothing."""
        if db.session.new or db.session.dirty or db.session.deleted:
            by = current_user if current_user.is_authenticated else None
            with recording(Action.ACCOUNT_CHANGED, by=by):
                pass


class SignInForm(LoginForm):
    """Flask-Security's; it keeps a failure in the log for an unknown address too.

    Else the time that takes would tell a stranger who has an account here.
    """

    def validate(self, **kwargs: Any) -> bool:
        """Whether these are somebody's address and password."""
        valid = bool(super().validate(**kwargs))
        if not valid and self.user is None:
            with recording(Action.SIGN_IN_FAILED, by=None):
                pass
        return valid


def start_sign_in(app: Flask) -> None:
    """Set up sign-in for the app."""
    Security(app, Users(db, User, RoleHeld), login_form=SignInForm)  # type: ignore[arg-type]
    app.extensions["security"].want_json(lambda _: False)
    app.login_manager.user_loader(_signed_in_user)  # type: ignore[attr-defined]
    # Flask-Security's own takes a token that no sign-out ends; only a cookie with an open SignIn counts here.
    app.login_manager.request_loader(lambda _: None)  # type: ignore[attr-defined]
    user_authenticated.connect(_signed_in, app)
    user_failed_authn.connect(_failed, app)
    user_logged_out.connect(_signed_out, app)
    app.after_request(_note_use)


def _signed_in_user(uniquifier: str) -> User | None:
    """The user of the cookie, while both the user and this sign-in are open."""
    asked = {"uniquifier": uniquifier, "sign_in": current_sign_in()}
    found = db.session.execute(_SIGNED_IN, asked).unique().one_or_none()
    if found is None:
        return None
    g.used_at = found.used_at
    user: User = found.User
    return user


def current_sign_in() -> UUID | None:
    """The key of the sign-in of this cookie."""
    try:
        return UUID(session.get(_COOKIE, ""))
    except ValueError:
        return None


def _note_use(response: Response) -> Response:
    """Once in ten minutes, note that the sign-in is used: after the page was sent, so that no page waits for it."""
    used_at, now = g.pop("used_at", None), clock.now()
    if used_at is not None and now - used_at >= USE_IS_NOTED and (sign_in := current_sign_in()):
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        response.call_on_close(partial(_keep_use, app, db.engine, sign_in, now))
    return response


def _keep_use(app: Flask, engine: Engine, sign_in: UUID, now: datetime) -> None:
    query = update(SignIn).where(SignIn.id == sign_in).values(last_used_at=now)
    try:
        with engine.connect().execution_options(**NOTE) as connection, connection.begin():
            connection.execute(query)
    except OperationalError:
        app.logger.info("The use of a sign-in was not noted: the database was busy.")


def _signed_in(app: Flask, user: User, **more: Any) -> None:
    with recording(Action.SIGNED_IN, by=user) as event:
        agent = request.user_agent.string if has_request_context() else ""
        row = SignIn(user_id=user.id, clinic_id=user.clinic_id, device=device(agent))
        db.session.add(row)
        event.about(row)
    session[_COOKIE] = str(row.id)
    # A form can ask to be remembered past this sign-in; nobody is.
    session.pop("_remember", None)


def _failed(app: Flask, user: User, **more: Any) -> None:
    with recording(Action.SIGN_IN_FAILED, by=None, about=user):
        pass


def _signed_out(app: Flask, user: User, **more: Any) -> None:
    row = db.session.get(SignIn, current_sign_in()) if current_sign_in() else None
    session.pop(_COOKIE, None)
    if row is not None and row.ended_at is None:
        with recording(Action.SIGNED_OUT, by=user, about=row):
            row.ended_at = clock.now()


def end_sign_ins(user: User, *, but: UUID | None = None) -> None:
    """End every sign-in of `user`, perhaps but one; inside `recording`."""
    for row in open_sign_ins(user):
        if row.id != but:
            row.ended_at = clock.now()


def open_sign_ins(user: User) -> Sequence[SignIn]:
    """The sign-ins of `user` that still count, the last used first."""
    query = select(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    used = func.coalesce(SignIn.last_used_at, SignIn.at)
    return db.session.scalars(query.order_by(used.desc(), SignIn.id.desc())).all()
