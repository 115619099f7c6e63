"""Signing in, by Flask-Security on Flask-Login: our users, our log, and cookies that die at sign-out."""

from typing import Any
from uuid import UUID

from flask import Flask, session
from flask_login import current_user, user_logged_out
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore, user_authenticated
from flask_security.signals import user_failed_authn
from sqlalchemy import bindparam, select

from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import Key, db
from kap.people.models import RoleHeld, SignIn, User

_COOKIE = "sign_in"
_SIGNED_IN = (
    select(User)
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


def _signed_in_user(uniquifier: str) -> User | None:
    """The user of the cookie, while both the user and this sign-in are open."""
    asked = {"uniquifier": uniquifier, "sign_in": _sign_in_id()}
    return db.session.scalars(_SIGNED_IN, asked).unique().one_or_none()


def _sign_in_id() -> UUID | None:
    try:
        return UUID(session.get(_COOKIE, ""))
    except ValueError:
        return None


def _signed_in(app: Flask, user: User, **more: Any) -> None:
    with recording(Action.SIGNED_IN, by=user) as event:
        row = SignIn(user_id=user.id, clinic_id=user.clinic_id)
        db.session.add(row)
        event.about(row)
    session[_COOKIE] = str(row.id)
    # A form can ask to be remembered past this sign-in; nobody is.
    session.pop("_remember", None)


def _failed(app: Flask, user: User, **more: Any) -> None:
    with recording(Action.SIGN_IN_FAILED, by=None, about=user):
        pass


def _signed_out(app: Flask, user: User, **more: Any) -> None:
    row = db.session.get(SignIn, _sign_in_id()) if _sign_in_id() else None
    session.pop(_COOKIE, None)
    if row is not None and row.ended_at is None:
        with recording(Action.SIGNED_OUT, by=user, about=row):
            row.ended_at = clock.now()


def end_sign_ins(user: User) -> None:
    """End every sign-in of `user`; inside `recording`."""
    query = select(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    for row in db.session.scalars(query):
        row.ended_at = clock.now()
