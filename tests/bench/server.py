"""gunicorn as the repository configures it, on a port and an instance of its own, and requests that keep it busy."""

import gzip
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from tests.bench.scene import AGENT, Scene

LITERAL = "/literal"
"""Where the page with literal data is served."""

COOKIE, PAGE = "KAP_BENCH_COOKIE", "KAP_BENCH_PAGE"
"""Of the environment: by which cookie the page is asked for once, and which page that is."""

HOST = "127.0.0.1"
CONCURRENCY = 8
STARTS_WITHIN, STOPS_WITHIN = 20, 10
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

    def get(self, path: str, cookie: str = "") -> Answer:
        """One page or file, compressed if the server does so."""
        connection = HTTPConnection(HOST, self.port, timeout=10)
        connection.request("GET", path, headers=self._headers(cookie) | {"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return Answer(
            response.status, response.headers.get_content_type(), response.getheader("Content-Encoding", "plain"), body
        )

    def rate(self, path: str, seconds: float, cookie: str = "") -> float:
        """Pages a second for eight readers, each of whom asks again when the answer is there."""
        headers = "".join(f"{name}: {value}\r\n" for name, value in self._headers(cookie).items())
        request = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n{headers}\r\n".encode()
        until = time.perf_counter() + seconds
        with ThreadPoolExecutor(CONCURRENCY) as readers:
            counts = readers.map(lambda _: self._read(request, until), range(CONCURRENCY))
            return sum(counts) / seconds

    def _headers(self, cookie: str) -> dict[str, str]:
        return {"User-Agent": AGENT} | ({"Cookie": f"{self.cookie_name}={cookie}"} if cookie else {})

    def _read(self, request: bytes, until: float) -> int:
        """How many answers one reader had in time, on one connection for as long as the server keeps it."""
        count = 0
        while time.perf_counter() < until:
            with socket.create_connection((HOST, self.port), timeout=10) as connection:
                while time.perf_counter() < until and _answered(connection, request):
                    count += 1
        return count


def _answered(connection: socket.socket, request: bytes) -> bool:
    """Whether a page came, or the connection was closed. By hand: readers share the processor with gunicorn."""
    try:
        connection.sendall(request)
        head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
    except ConnectionError:
        return False
    if not head:
        return False
    assert head.startswith(b"HTTP/1.1 200 "), head
    missing = int(head.lower().partition(b"content-length: ")[2].split(maxsplit=1)[0]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65_536)) or missing
    return True


@contextmanager
def serving(scene: Scene) -> Iterator[Server]:
    """Serve the scene while the block runs."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "KAP_INSTANCE": str(scene.folder),
        "KAP_PORT": str(port),
        COOKIE: scene.therapist_cookie,
        PAGE: f"/patients/{scene.patient_id}",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--log-level", "warning", "tests.bench.served:app"],
        cwd=Path(__file__).parents[2],
        env=environment,
    )
    try:
        server = Server(port, scene.app.config["SESSION_COOKIE_NAME"])
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
