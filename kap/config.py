"""Settings, from the environment (KAP_...) and the instance folder; what is unsafe refuses to start."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit

from click import ClickException
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from kap.core.sealed import KeyRing, Ring

KEYS = "keys.json"
DATABASE = "kap.db"

# They do not repeat the setting: there is a password in it.
DATABASE_SHAPE = "KAP_DATABASE_URL must look like postgresql://user:password@host/kap?sslmode=verify-full."
MAIL_SHAPE = "KAP_MAIL_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465."


class CannotStart(ClickException, RuntimeError):
    """Why there is no app, in words for whoever starts it; on the command line without a traceback."""


class Unsafe(CannotStart):
    """A setting with which the product must not serve."""


class NotSetUp(CannotStart):
    """An instance folder without keys."""

    def __init__(self, instance: Path) -> None:
        super().__init__(f"{instance} has no {KEYS}. For a new clinic run `flask setup`; to look at one, `make demo`.")


@dataclass(frozen=True)
class Keys:
    """The secrets of an installation: of cookies, of password hashes, of the embedded database, of sealed columns."""

    cookies: str
    passwords: str
    database: bytes
    rings: Mapping[Ring, KeyRing]

    @classmethod
    def read(cls, instance: Path) -> Self:
        """From the instance folder; FileNotFoundError where it has none, CannotStart where they are not fit."""
        path = instance / KEYS
        if path.stat().st_mode & 0o077:
            raise Unsafe(f"{path} can be read by others: chmod 600 {path}")
        try:
            kept = json.loads(path.read_text())
            return cls(
                cookies=kept["cookies"],
                passwords=kept["passwords"],
                database=bytes.fromhex(kept["database"]),
                rings={ring: _ring(kept[ring]) for ring in Ring if ring is Ring.RECORD or ring in kept},
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CannotStart(f"{path} is damaged. Please bring it back from where its copy is kept.") from None

    @classmethod
    def read_whole(cls, instance: Path) -> Self:
        """The same; a ring that came with a later release than the instance is made and kept first."""
        found = cls.read(instance)
        if found.whole == found:
            return found
        with changing_keys(instance) as kept:
            kept.whole.swap_in(instance)
        return cls.read(instance)

    @classmethod
    def new(cls) -> Self:
        """New keys, which are nowhere yet."""
        bare = cls(
            cookies=secrets.token_hex(32), passwords=secrets.token_hex(32), database=secrets.token_bytes(32), rings={}
        )
        return bare.whole

    @property
    def whole(self) -> Self:
        """These, with a new key for each ring that has none."""
        return self.with_rings({ring: KeyRing(active=0, keys={}).turned for ring in Ring if ring not in self.rings})

    def with_rings(self, rings: Mapping[Ring, KeyRing]) -> Self:
        """The same with these rings instead of their own of that name."""
        return replace(self, rings={**self.rings, **rings})

    @classmethod
    def make(cls, instance: Path) -> None:
        """Keep new keys in the instance folder; FileExistsError where there are some."""
        cls.new().keep(instance)

    def keep(self, instance: Path) -> None:
        """Write them (0600) into the instance folder (0700); FileExistsError where there are some."""
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        instance.chmod(0o700)
        self._write(instance / KEYS)

    def swap_in(self, instance: Path) -> None:
        """Put them in the place of those that are there: at each moment the file is the one or the other, whole."""
        beside = instance / f"{KEYS}.new"
        beside.unlink(missing_ok=True)
        self._write(beside)
        beside.rename(instance / KEYS)
        _keep_folder(instance)

    def opens_what(self, other: "Keys") -> bool:
        """Whether nothing that `other` has written is lost under these: the rings alone may have turned."""
        same = (self.cookies, self.passwords, self.database) == (other.cookies, other.passwords, other.database)
        return same and not any(
            key != self.rings[name].keys.get(number, key)
            for name, ring in other.rings.items()
            if name in self.rings
            for number, key in ring.keys.items()
        )

    def _write(self, file: Path) -> None:
        kept = {
            "cookies": self.cookies,
            "passwords": self.passwords,
            "database": self.database.hex(),
            **{
                name.value: {
                    "active": ring.active,
                    "keys": {str(number): key.hex() for number, key in ring.keys.items()},
                }
                for name, ring in self.rings.items()
            },
        }
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as written:
            json.dump(kept, written, indent=1)
            written.flush()
            os.fsync(written.fileno())


def _ring(kept: Mapping[str, Any]) -> KeyRing:
    """A ring as the file holds it; KeyError where its active key is not there."""
    keys = {int(number): bytes.fromhex(key) for number, key in kept["keys"].items()}
    return KeyRing(active=kept["active"], keys={kept["active"]: keys[kept["active"]]} | keys)


@contextmanager
def changing_keys(instance: Path) -> Iterator[Keys]:
    """The keys of the instance as they are, while no other process changes them."""
    folder = os.open(instance, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield Keys.read(instance)
    finally:
        os.close(folder)


def _keep_folder(folder: Path) -> None:
    """Have the names in the folder reach the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def instance_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """KAP_INSTANCE, or `instance` beside the package."""
    return Path(environment.get("KAP_INSTANCE") or Path(__file__).parent.parent / "instance").resolve()


def database_url(instance: Path, environment: Mapping[str, str] = os.environ) -> str:
    """KAP_DATABASE_URL, or the embedded database in the instance folder."""
    url = environment.get("KAP_DATABASE_URL") or f"sqlite:///{instance / DATABASE}"
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def settings(instance: Path, keys: Keys, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The settings of the app, in Flask's names."""
    port = _number(environment, "KAP_PORT", 8000, least=1, most=65535)
    url = environment.get("KAP_URL") or f"http://127.0.0.1:{port}"
    parts = _address(url)
    secure = parts.scheme == "https"
    return {
        "KAP_INSTANCE": instance,
        "KAP_URL": url.rstrip("/"),
        "KAP_PROXIES": _number(environment, "KAP_PROXIES", 0, least=0, most=9),
        "SQLALCHEMY_DATABASE_URI": database_url(instance, environment),
        "SECRET_KEY": keys.cookies,
        "TRUSTED_HOSTS": [parts.hostname, *(["127.0.0.1", "localhost"] if _loopback(parts.hostname) else [])],
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "SESSION_COOKIE_NAME": "__Host-kap" if secure else "kap",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
        **_sign_in(keys),
        **mail_settings(environment.get("KAP_MAIL_URL")),
    }


def _number(environment: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """A setting that is a whole number in these bounds; Unsafe where it is anything else."""
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise Unsafe(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _address(url: str) -> SplitResult:
    """The parts of KAP_URL; Unsafe where it is not the address of a whole site, from which links can be built."""
    parts = _split(url)
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or parts.username is not None
        or url.rstrip("/") != f"{parts.scheme}://{parts.netloc}"
    ):
        raise Unsafe(f"KAP_URL must be an address without a path, such as https://kap.example.org, not {url!r}.")
    return parts


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None where it names no host, or a port that cannot be."""
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _sign_in(keys: Keys) -> dict[str, Any]:
    """Flask-Security's settings: e-mail and password, argon2id, the same answer for an unknown address."""
    return {
        "SECURITY_PASSWORD_SALT": keys.passwords,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__type": "id",
            "argon2__memory_cost": 19456,
            "argon2__time_cost": 2,
            "argon2__parallelism": 1,
        },
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_LOGIN_USER_TEMPLATE": "people/sign_in.html",
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
        # Neither its scripts nor its page for typing the password again are used: below zero there is no such page.
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_FRESHNESS": timedelta(-1),
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_AUTO_LOGIN_AFTER_CONFIRM": False,
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": (
            "That e-mail address and password do not belong together. Please try again.",
            "error",
        ),
        "SECURITY_MSG_UNAUTHENTICATED": ("Please sign in to see this page.", "info"),
        "SECURITY_FLASH_MESSAGES": True,
    }


def mail_settings(url: str | None) -> dict[str, Any]:
    """The mail server from smtp://user:password@host:port or smtps://...; user and password percent-encoded."""
    if not url:
        return {"KAP_MAIL_URL": None}
    parts = _split(url)
    if parts is None or parts.scheme not in ("smtp", "smtps"):
        raise Unsafe(MAIL_SHAPE)
    return {
        "KAP_MAIL_URL": url,
        "MAIL_SERVER": parts.hostname,
        "MAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "MAIL_USE_SSL": parts.scheme == "smtps",
        "MAIL_USE_TLS": parts.scheme == "smtp" and not _loopback(parts.hostname),
        "MAIL_USERNAME": unquote(parts.username) if parts.username else None,
        "MAIL_PASSWORD": unquote(parts.password) if parts.password else None,
        "MAIL_TIMEOUT": 10,
    }


def refuse_unsafe(config: Mapping[str, Any]) -> None:
    """Unsafe where the product would serve health data in the open."""
    parts = _address(config["KAP_URL"])
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise Unsafe("KAP_URL is plain http beyond this machine: use https, behind a proxy that does TLS.")
    if len(config["SECRET_KEY"]) < 32:
        raise Unsafe("The key of the cookies is too short.")
    try:
        database = make_url(config["SQLALCHEMY_DATABASE_URI"])
    except (ArgumentError, ValueError):
        raise Unsafe(DATABASE_SHAPE) from None
    if database.drivername not in ("sqlite", "postgresql+psycopg"):
        raise Unsafe(DATABASE_SHAPE)
    if _leaves(database) and database.query.get("sslmode") != "verify-full":
        raise Unsafe("KAP_DATABASE_URL leaves this machine: add ?sslmode=verify-full to it.")


def _leaves(database: URL) -> bool:
    """Whether any server that the URL names may be another machine; a path is a socket on this one."""
    asked = database.normalized_query
    named = [database.host or "", *asked.get("host", ()), *asked.get("hostaddr", ())]
    hosts = [host for names in named if names for host in names.split(",")]
    return "service" in asked or not all(host.startswith("/") or _loopback(host) for host in hosts)


def _loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
