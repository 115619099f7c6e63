"""gunicorn as the repository configures it, on a port and an instance of its own, and requests that keep it busy."""

import gzip
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from tests.bench.clinic import Clinic
from tests.bench.scene import AGENT

LITERAL = "/literal"
"""In front of the address of a page: the same page with literal data."""

BARE = "/bare"
"""Where a score is inserted and nothing else is done."""

SERVE = "KAP_BENCH_SERVE"
"""Of the environment: what is served besides kap, as JSON; see `served.py`."""

HOST = "127.0.0.1"
READERS = (1, 8)
STARTS_WITHIN, STOPS_WITHIN, WAITS = 60, 10, 300
"""Seconds."""


class Answer(NamedTuple):
    """What came over the wire."""

    status: int
    kind: str
    packing: str
    body: bytes

    @property
    def text(self) -> str:
        """The body, unpacked."""
        return (gzip.decompress(self.body) if self.packing == "gzip" else self.body).decode()


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    port: int
    cookie_name: str

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    def get(self, path: str, cookie: str = "") -> Answer:
        """One page or file, compressed if the server does so."""
        connection = HTTPConnection(HOST, self.port, timeout=WAITS)
        connection.request("GET", path, headers=self._headers(cookie) | {"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return Answer(
            response.status, response.headers.get_content_type(), response.getheader("Content-Encoding", "plain"), body
        )

    def ask(self, path: str, cookie: str = "", form: dict[str, str] | None = None) -> bytes:
        """A request as it goes over the wire; with a form it is sent, else the page is asked for."""
        headers, body = self._headers(cookie), ""
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        method = "GET" if form is None else "POST"
        return f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n{lines}\r\n{body}".encode()

    def rate(self, requests: Sequence[bytes], seconds: float, readers: int) -> float:
        """Answers a second for so many readers, who ask for the same again and again, each beginning elsewhere."""
        starts = [len(requests) * reader // readers for reader in range(readers)]
        return self.pace([islice(cycle(requests), start, None) for start in starts], seconds)

    def pace(self, asked: Sequence[Iterator[bytes]], seconds: float = 60, status: int = 200) -> float:
        """Answers a second, each reader asking its own as soon as the last is there, until it ends or time is up."""
        began = time.perf_counter()
        with ThreadPoolExecutor(len(asked)) as pool:
            counts = pool.map(lambda requests: self._read(requests, began + seconds, status), asked)
            return sum(counts) / (time.perf_counter() - began)

    def _headers(self, cookie: str) -> dict[str, str]:
        return {"User-Agent": AGENT} | ({"Cookie": f"{self.cookie_name}={cookie}"} if cookie else {})

    def _read(self, requests: Iterator[bytes], until: float, status: int) -> int:
        """How many answers one reader had in time, on one connection for as long as the server keeps it."""
        count, request = 0, next(requests, None)
        while request and time.perf_counter() < until:
            with socket.create_connection((HOST, self.port), timeout=WAITS) as connection:
                while request and time.perf_counter() < until and _answered(connection, request, status):
                    count, request = count + 1, next(requests, None)
        return count


def _answered(connection: socket.socket, request: bytes, status: int) -> bool:
    """Whether a page came, or the connection was closed. By hand: readers share the processor with gunicorn."""
    try:
        connection.sendall(request)
        head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
    except ConnectionError:
        return False
    if not head:
        return False
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), head
    missing = int(head.lower().partition(b"content-length: ")[2].split(maxsplit=1)[0]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65_536)) or missing
    return True


@contextmanager
def serving(clinic: Clinic, pages: Sequence[str] = ()) -> Iterator[Server]:
    """Serve the clinic while the block runs, and what its lead sees on these pages with literal data too."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "KAP_INSTANCE": str(clinic.folder),
        "KAP_DATABASE_URL": clinic.url,
        "KAP_PORT": str(port),
        SERVE: json.dumps({"cookie": clinic.lead_cookie, "pages": list(pages)}),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--log-level", "warning", "tests.bench.served:app"],
        cwd=Path(__file__).parents[2],
        env=environment,
    )
    try:
        server = Server(port, clinic.app.config["SESSION_COOKIE_NAME"])
        _wait_for(server, process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            server.get("/health")
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn did not start.")
