"""Invitations by e-mail. The words are neutral: whoever else reads the post learns nothing about a treatment."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app
from flask_mail import Message

from kap.core import clock
from kap.people.models import Invitation

TEXT = """\
Hello,

you are invited to open an account{where}. Please open this link and choose a password:

{link}

The link works once, for {days} days. If you did not expect this message, you can ignore it.
"""


def invitation_link(token: str) -> str:
    """The address of the page on which the invitation is accepted; also without a request."""
    path = current_app.url_map.bind("").build("people.join", {"token": token})
    return f"{current_app.config['KAP_URL']}{path}"


def send_invitation(invitation: Invitation, token: str) -> bool:
    """Whether the link is on its way; False where there is no address, no mail is set up, or it did not go out."""
    if not current_app.config["KAP_MAIL_URL"] or not invitation.email:
        return False
    sender = f"no-reply@{urlsplit(current_app.config['KAP_URL']).hostname}"
    text = TEXT.format(
        # Where somebody is treated is nobody's business; where somebody works is.
        where="" if invitation.patient_id else f" with {invitation.clinic.name}",
        link=invitation_link(token),
        # A moment has passed since it was made: rounded, or three days would be two.
        days=max(1, round((invitation.expires_at - clock.now()) / timedelta(days=1))),
    )
    message = Message("Your invitation", sender=sender, recipients=[invitation.email], body=text)
    try:
        current_app.extensions["mail"].send(message)
    except OSError as failed:  # smtplib's errors are OSErrors
        current_app.logger.warning("An invitation could not be sent: %s", type(failed).__name__)
        return False
    return True
