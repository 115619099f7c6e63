"""Letters by e-mail, plain and neutral: whoever else reads the post learns nothing about a treatment."""

import smtplib
import ssl
from collections.abc import Mapping
from datetime import timedelta
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from logging import Logger
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import current_app

from kap.core import clock
from kap.people.models import Invitation

INVITATION = """\
Hello,

you are invited to open an account{where}.
Please open this link and choose a password:

{link}

The link works once, for {days} days.
If you did not expect this message, you can ignore it.
"""
RESET = """\
Hello,

a new password was asked for, for your account.
To choose one, please open this link:

{link}

The link works once, for one hour. If it was not you who asked,
you can ignore this message: your password stays.
"""
NOTICE = """\
Hello,

the password of your account has been changed,
and every sign-in with the old one has ended.

If it was not you, please set a new password at once,
and tell those who gave you the account:

{link}
"""
LEAVE_ADDRESS = """\
Hello,

another e-mail address was asked for, for your account.
If it was you, please confirm it here:

{link}

The change also has to be confirmed at the new address.
The link works for one day. If it was not you, do not confirm,
and change your password: whoever asked knew it.
"""
TAKE_ADDRESS = """\
Hello,

this e-mail address was given for an account.
If it was you, please confirm it here:

{link}

The change also has to be confirmed at the old address.
The link works for one day. If it was not you, you can ignore this message.
"""
ADDRESS_IN_USE = """\
Hello,

this e-mail address was given for an account,
but it belongs to one already, so nothing was changed.

If it was you, please sign in with this address.
If it was not, you can ignore this message.
"""


class Letter(NamedTuple):
    """A letter that is ready to go; it holds all it needs, for it may go out after the request has ended."""

    to: str
    subject: str
    text: str


def mail_is_set_up() -> bool:
    """Whether this installation has a mail server."""
    return bool(current_app.config["KAP_MAIL_URL"])


def invitation_link(token: str) -> str:
    """The address of the page on which the invitation is accepted; also without a request."""
    return _address("people.join", token=token)


def reset_link(token: str) -> str:
    """The address of the page on which a new password is chosen."""
    return _address("people.reset", token=token)


def _address(endpoint: str, **values: Any) -> str:
    return f"{current_app.config['KAP_URL']}{current_app.url_map.bind('').build(endpoint, values)}"


def invitation_letter(invitation: Invitation, token: str) -> Letter | None:
    """The letter with an invitation; None where there is no address."""
    if not invitation.email:
        return None
    text = INVITATION.format(
        # Where somebody is treated is nobody's business; where somebody works is.
        where="" if invitation.patient_id else f" with {invitation.clinic.name}",
        link=invitation_link(token),
        # A moment has passed since it was made: rounded, or three days would be two.
        days=max(1, round((invitation.expires_at - clock.now()) / timedelta(days=1))),
    )
    return Letter(invitation.email, "Your invitation", text)


def reset_letter(email: str, token: str) -> Letter:
    """The letter with a link to a new password."""
    return Letter(email, "Your password", RESET.format(link=reset_link(token)))


def password_notice(email: str) -> Letter:
    """The letter that says that a password was changed."""
    return Letter(email, "Your password was changed", NOTICE.format(link=_address("people.forgotten")))


def address_letters(old: str, new: str, tokens: tuple[str, str], *, taken: bool) -> tuple[Letter, Letter]:
    """The two letters about a change of address; whoever has an account under the new one is told so instead."""
    leave, take = (_address("people.confirm_address", token=token) for token in tokens)
    to_new = ADDRESS_IN_USE if taken else TAKE_ADDRESS.format(link=take)
    subject = "Your e-mail address"
    return Letter(old, subject, LEAVE_ADDRESS.format(link=leave)), Letter(new, subject, to_new)


def send(letter: Letter | None) -> bool:
    """Whether the letter is on its way; False where there is none, no mail is set up, or the server did not take it.

    It can take its time: never called while a transaction is writing.
    """
    return letter is not None and mail_is_set_up() and _hand_over(letter, current_app.config, current_app.logger)


def send_later(*letters: Letter) -> None:
    """Send them in the background: how long an answer takes does not tell whether there was somebody to write to."""
    if letters and mail_is_set_up():
        config, logger = dict(current_app.config), current_app.logger
        Thread(name="letters", target=lambda: [_hand_over(letter, config, logger) for letter in letters]).start()


def _hand_over(letter: Letter, config: Mapping[str, Any], logger: Logger) -> bool:
    try:
        with _server(config) as server:
            server.send_message(_message(letter, config["KAP_URL"]))
    except (OSError, ValueError, MessageError) as failed:  # smtplib's errors are OSErrors
        logger.warning("A letter could not be sent: %s", type(failed).__name__)
        return False
    return True


def _server(config: Mapping[str, Any]) -> smtplib.SMTP:
    """A connection to the mail server, whose certificate is checked; OSError where there is none in time."""
    where = {"host": config["MAIL_SERVER"], "port": config["MAIL_PORT"], "timeout": config["MAIL_TIMEOUT"]}
    if config["MAIL_USE_SSL"]:
        server: smtplib.SMTP = smtplib.SMTP_SSL(**where, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(**where)
    try:
        if config["MAIL_USE_TLS"]:
            server.starttls(context=ssl.create_default_context())
        if config["MAIL_USERNAME"] and config["MAIL_PASSWORD"]:
            server.login(config["MAIL_USERNAME"], config["MAIL_PASSWORD"])
    except BaseException:
        server.close()
        raise
    return server


def _message(letter: Letter, site: str) -> EmailMessage:
    host = urlsplit(site).hostname or "localhost"
    message = EmailMessage()
    message["From"] = f"no-reply@{host}"
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=host)
    # No machine answers it: neither "out of office" nor a list (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message
