"""A real mail server for the tests: what it was handed, and what it does when it is in a mood."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from secrets import randbelow
from threading import Thread
from threading import enumerate as enumerate_threads
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kap.core import clock


def free_port() -> int:
    """A port on which nothing listens, of those that the system gives to nobody who does not ask for one by number."""
    while True:
        port = 20_000 + randbelow(10_000)
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


class Post:
    """The letters that came, by whom they were for; addresses that begin with "refused" are turned away."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], object] = lambda: None
        """What is done while the letter is handed over."""
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
        self.meanwhile()
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
        # A letter that is still being handed over would leave its line open.
        for under_way in [thread for thread in enumerate_threads() if thread.name == "letters"]:
            under_way.join(10)
        controller.stop()


@contextmanager
def silence() -> Iterator[str]:
    """A server that takes the call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def impostor(folder: Path) -> Iterator[str]:
    """A server by TLS whose certificate nobody has signed but itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(folder / "impostor.pem"))

    def greet(listening: socket.socket) -> None:
        call, _ = listening.accept()
        with call, suppress(ssl.SSLError), context.wrap_socket(call, server_side=True) as secured:
            secured.sendall(b"220 Trust me\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        greeter = Thread(target=greet, args=(listening,))
        greeter.start()
        yield f"smtps://127.0.0.1:{listening.getsockname()[1]}"
        greeter.join(10)


def _self_signed(file: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
    return file
