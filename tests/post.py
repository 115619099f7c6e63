"""A real mail server for the tests: what it was handed, and what it does when it is in a mood."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Post:
    """The letters that came, by whom they were for; addresses that begin with "refused" are turned away."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, EmailMessage]] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the address or not."""
        if address.startswith("refused"):
            return "550 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the letter."""
        raw: Any = envelope.content
        letter = message_from_bytes(raw, policy=policy.default)
        self.letters += [(address, letter) for address in envelope.rcpt_tos]
        return "250 Taken"

    def to(self, address: str, *, number: int = 1) -> list[str]:
        """The texts of the letters to an address, in order, once this many have come; they may come late."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            found = [letter.get_content() for there, letter in self.letters if there == address]
            if len(found) >= number:
                return found
            time.sleep(0.01)
        raise AssertionError(f"{number} letters to {address} were expected; there are {self.letters}.")

    def link(self, address: str, *, number: int = 1) -> str:
        """The path of the link in the last of so many letters to an address."""
        (link,) = [word for word in self.to(address, number=number)[-1].split() if word.startswith("http")]
        return link.removeprefix("http://127.0.0.1:8000")


@contextmanager
def post_office() -> Iterator[tuple[Post, str]]:
    """A server that takes letters; gives what it keeps and its address as KAP_MAIL_URL wants it."""
    post, port = Post(), free_port()
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield post, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@contextmanager
def silence() -> Iterator[str]:
    """A server that takes the call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
