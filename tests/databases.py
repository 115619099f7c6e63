"""Real databases for the tests: an embedded one in a folder, and a PostgreSQL server from Debian's programs."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pwd import getpwnam
from signal import SIGINT

import psycopg

ROOM = 1024**3
"""Bytes that must be free in memory before a server moves in: it takes a tenth of them, and others come too."""


def postgresql_programs() -> Path | None:
    """The folder of initdb and postgres, the newest that is installed; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def postgresql_server(*, durable: bool = False) -> Iterator[str]:
    """A server on a socket of its own, without the guards against power cuts unless `durable`; gives its folder."""
    programs = postgresql_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed.")
    folder = Path(tempfile.mkdtemp(prefix="kap-pg-", dir=None if durable else _memory()))
    owner = "postgres" if os.geteuid() == 0 else None
    if owner is not None:
        os.chown(folder, getpwnam(owner).pw_uid, getpwnam(owner).pw_gid)
    data = folder / "data"
    careless = [] if durable else ["-F", "-c", "full_page_writes=off"]
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "kap", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            user=owner,
        )
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", folder, "-h", "", *careless],
            cwd=folder,
            stderr=subprocess.DEVNULL,
            user=owner,
        )
        try:
            _wait_for(folder)
            yield str(folder)
        finally:
            # Not SIGTERM, on which it would wait for everybody to leave.
            server.send_signal(SIGINT)
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _memory() -> Path | None:
    """A folder in memory: of a copy of a database, nearly all the work is to make its five hundred files."""
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ROOM
    return folder if roomy else None


def _wait_for(folder: Path) -> None:
    for _ in range(200):
        try:
            administer(str(folder), "SELECT 1")
            return
        except psycopg.OperationalError:
            subprocess.run(["sleep", "0.05"], check=True)
    raise RuntimeError("PostgreSQL did not start.")


def administer(folder: str, *statements: str) -> None:
    """Run statements on the server's own database, each by itself."""
    with psycopg.connect(f"host={folder} user=kap dbname=postgres", autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def url_of(folder: str, name: str) -> str:
    """The address of one database on the server."""
    return f"postgresql+psycopg://kap@/{name}?host={folder}"
