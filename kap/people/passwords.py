"""Passwords: which are taken, how they are kept, and whether one fits."""

from flask import current_app
from flask_security import hash_password, verify_password

from kap.core.refusal import Refused
from kap.people.models import Clinic, User
from kap.people.rules import password_weakness


def hashed(password: str, *, email: str, clinic: Clinic) -> str:
    """What is kept of a new password; Refused on the field `password` where it is weak."""
    weakness = password_weakness(password, own_words=(email, email.partition("@")[0], clinic.name))
    if weakness is not None:
        raise Refused(weakness, field="password")
    kept: str = hash_password(_normal(password))
    return kept


def check_current(user: User, password: str) -> None:
    """Refused on the field `password_current` where this is not the password of `user`."""
    if not user.password or not verify_password(_normal(password), user.password):
        raise Refused("This is not your current password. Please try again.", field="password_current")


def _normal(password: str) -> str:
    """As Flask-Security reads a password at sign-in, so that it fits however the keyboard composes letters."""
    normal: str = current_app.extensions["security"].password_util.normalize(password)
    return normal
