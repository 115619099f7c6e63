"""What people do with their own account: its password, name and address, and where they are signed in."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused, Stale
from kap.people import queries
from kap.people.links import UNKNOWN, claim, new_token, withdraw
from kap.people.models import AddressChange, PasswordReset, Patient, SignIn, User, digest
from kap.people.passwords import check_current, hashed
from kap.people.rules import as_address
from kap.people.sign_in import end_sign_ins

RESET_LINK_LIVES = timedelta(hours=1)
ADDRESS_LINKS_LIVE = timedelta(days=1)
LETTERS_AN_HOUR = 3
"""How many letters of one kind an account can ask for in an hour: more would only fill somebody's mailbox."""


def rename(user: User, *, name: str, version: int) -> None:
    """Be known by another name; Stale where `version` is not the current one."""
    with recording(Action.ACCOUNT_CHANGED, by=user, about=user):
        hold(user)
        if user.version != version:
            raise Stale(user)
        user.name = name


def change_password(user: User, *, current: str, new: str) -> None:
    """Set one's own password, and end every sign-in; Refused where `current` is wrong or `new` is weak."""
    with recording(Action.PASSWORD_CHANGED, by=user, about=user):
        check_current(user, current)
        _set_password(user, new)


def _set_password(user: User, password: str) -> None:
    user.password = hashed(password, email=user.email, clinic=user.clinic)
    close_links(user)
    end_sign_ins(user)


def close_links(user: User) -> None:
    """End the links to a new password and to another address that are still out; inside `recording`."""
    withdraw(queries.open_resets(user))
    withdraw(queries.open_address_changes(user))


def ask_reset(email: str) -> tuple[User, str] | None:
    """Whom to write to, and the token of the link; None for an unknown address, or after too many letters.

    It is kept in the log either way, so that the time it takes does not tell. A new link ends the earlier ones; where
    there is no new one, the last still works.
    """
    with recording(Action.RESET_ASKED, by=None) as event:
        user = queries.user_by_email(as_address(email) or "")
        if user is None or not user.active:
            return None
        event.about(user)
        event.clinic_id = user.clinic_id
        hold(user)
        if queries.resets_asked(user, since=clock.now() - timedelta(hours=1)) >= LETTERS_AN_HOUR:
            return None
        return user, _new_reset(user, by=None)


def make_reset_link(user: User, *, patient: Patient | None = None, by: User | None) -> str:
    """The token of a link to a new password, to be given to the owner of an account; from the command line anybody's.

    `patient` where it is the account of a patient, for those who may invite them.
    """
    with recording(Action.RESET_LINK_MADE, by=by, patient=patient, about=user) as event:
        event.clinic_id = user.clinic_id
        if patient is not None and (patient.user_id != user.id or user.is_staff):
            raise Refused("This account also works in the clinic. Please ask a clinic lead for its link.")
        if patient is None and by is not None:
            check_staff(user, by)
        if not user.active:
            raise Refused("This account is shut out. Please let it in again first.")
        hold(user)
        return _new_reset(user, by=by)


def _new_reset(user: User, *, by: User | None) -> str:
    withdraw(queries.open_resets(user))
    token = new_token()
    db.session.add(
        PasswordReset(
            clinic_id=user.clinic_id,
            user_id=user.id,
            token_digest=digest(token),
            created_by=by.id if by else None,
            expires_at=clock.now() + RESET_LINK_LIVES,
        )
    )
    return token


def reset_password(token: str, *, password: str) -> User:
    """Whose password is set anew by this link, which works once; every sign-in of theirs ends."""
    with recording(Action.PASSWORD_RESET, by=None) as event:
        reset = queries.reset_by_token(token)
        if reset is None:
            raise Refused(UNKNOWN)
        user = reset.user
        hold(user)
        claim(reset)
        if not user.active:
            raise Refused("This account is shut out. Please ask your clinic.")
        _set_password(user, password)
        _done_by(event, user)
    return user


def ask_address_change(user: User, *, email: str, current: str) -> tuple[tuple[str, str], bool]:
    """The tokens for the old and for the new address, and whether the new one has an account already.

    That is said to nobody but to whoever reads the post there: the change then cannot be confirmed.
    """
    with recording(Action.ADDRESS_CHANGE_ASKED, by=user) as event:
        check_current(user, current)
        new = as_address(email) or ""
        hold(user)
        if new == user.email:
            raise Refused("This is your address already.", field="email")
        if queries.address_changes_asked(user, since=clock.now() - timedelta(hours=1)) >= LETTERS_AN_HOUR:
            raise Refused("Some letters have been sent within this hour. Please look for them, or try again later.")
        withdraw(queries.open_address_changes(user))
        tokens = new_token(), new_token()
        change = AddressChange(
            clinic_id=user.clinic_id,
            user_id=user.id,
            email=new,
            old_digest=digest(tokens[0]),
            new_digest=digest(tokens[1]),
            expires_at=clock.now() + ADDRESS_LINKS_LIVE,
        )
        db.session.add(change)
        event.about(change)
        return tokens, queries.user_by_email(new) is not None


def confirm_address(token: str) -> AddressChange:
    """The change, confirmed at the address to which this link went; with both confirmed it is made."""
    with recording(Action.ADDRESS_CONFIRMED, by=None) as event:
        change = queries.address_change_by_token(token)
        if change is None:
            raise Refused(UNKNOWN)
        # The two links may be used at once: whoever comes second sees the first. The user comes before what is theirs.
        hold(change.user)
        hold(change)
        if not change.open:
            raise Refused(change.closed)
        if change.is_for_old(token):
            change.old_confirmed_at = change.old_confirmed_at or clock.now()
        else:
            change.new_confirmed_at = change.new_confirmed_at or clock.now()
        event.about(change)
        _done_by(event, change.user)
        if change.old_confirmed_at and change.new_confirmed_at:
            _change_address(change)
    return change


def _change_address(change: AddressChange) -> None:
    user = change.user
    with recording(Action.ADDRESS_CHANGED, by=user, about=user):
        if not user.active or queries.user_by_email(change.email) is not None:
            raise address_refused()
        user.email, change.used_at = change.email, clock.now()
        flush_unless(address_refused())
        # What is still out went to the old address.
        withdraw(queries.open_resets(user))


def withdraw_address_change(user: User) -> None:
    """Keep the address that one has."""
    with recording(Action.ADDRESS_CHANGE_WITHDRAWN, by=user, about=user):
        # The second address may be confirming at this moment.
        hold(user)
        withdraw(queries.open_address_changes(user))


def end_sign_in(sign_in: SignIn, *, by: User) -> None:
    """Sign oneself out on another device."""
    with recording(Action.SIGN_IN_ENDED, by=by, about=sign_in):
        sign_in.ended_at = sign_in.ended_at or clock.now()


def end_other_sign_ins(user: User, *, but: UUID | None) -> None:
    """Sign oneself out everywhere but here."""
    with recording(Action.SIGN_IN_ENDED, by=user, about=user):
        end_sign_ins(user, but=but)


def check_staff(user: User, by: User) -> None:
    """Refused unless `user` works in the clinic of `by`; leads are changed by leads only."""
    if user.clinic_id != by.clinic_id or not user.is_staff:
        raise Refused("This is nobody who works in your clinic.")
    if Role.LEAD in user.roles and Role.LEAD not in by.roles:
        raise Refused("The account of a clinic lead is changed by a clinic lead.")


def address_refused() -> Refused:
    """What is said of an address that somebody else has; it does not say that."""
    return Refused("This address cannot be used here. Please give another one.", field="email")


def flush_unless(taken: Refused) -> None:
    """Write, and refuse where somebody was faster; on PostgreSQL two can have looked before either wrote."""
    try:
        db.session.flush()
    except IntegrityError:
        raise taken from None


def _done_by(event: Any, user: User) -> None:
    """Whoever has the link is the user, though not signed in."""
    event.actor_id, event.clinic_id = user.id, user.clinic_id
    if event.object_type is None:
        event.about(user)
