"""Settings, from the environment (KAP_...) and the instance folder; what is unsafe refuses to start."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from click import ClickException

from kap.core.sealed import KeyRing

KEYS = "keys.json"
DATABASE = "kap.db"


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
    ring: KeyRing

    @classmethod
    def read(cls, instance: Path) -> Self:
        """From the instance folder; FileNotFoundError where it has none, Unsafe where others may read them."""
        path = instance / KEYS
        if path.stat().st_mode & 0o077:
            raise Unsafe(f"{path} can be read by others: chmod 600 {path}")
        kept = json.loads(path.read_text())
        ring = {int(number): bytes.fromhex(key) for number, key in kept["sealed"]["keys"].items()}
        return cls(
            cookies=kept["cookies"],
            passwords=kept["passwords"],
            database=bytes.fromhex(kept["database"]),
            ring=KeyRing(active=kept["sealed"]["active"], keys=ring),
        )

    @classmethod
    def new(cls) -> Self:
        """New keys, which are nowhere yet."""
        return cls(
            cookies=secrets.token_hex(32),
            passwords=secrets.token_hex(32),
            database=secrets.token_bytes(32),
            ring=KeyRing(active=1, keys={1: secrets.token_bytes(32)}),
        )

    @classmethod
    def make(cls, instance: Path) -> None:
        """Keep new keys in the instance folder; FileExistsError where there are some."""
        cls.new().keep(instance)

    def keep(self, instance: Path) -> None:
        """Write them (0600) into the instance folder (0700); FileExistsError where there are some."""
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        instance.chmod(0o700)
        kept = {
            "cookies": self.cookies,
            "passwords": self.passwords,
            "database": self.database.hex(),
            "sealed": {
                "active": self.ring.active,
                "keys": {str(number): key.hex() for number, key in self.ring.keys.items()},
            },
        }
        handle = os.open(instance / KEYS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(kept, file, indent=1)
            file.flush()
            os.fsync(file.fileno())


def instance_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """KAP_INSTANCE, or `instance` beside the package."""
    return Path(environment.get("KAP_INSTANCE") or Path(__file__).parent.parent / "instance").resolve()


def database_url(instance: Path, environment: Mapping[str, str] = os.environ) -> str:
    """KAP_DATABASE_URL, or the embedded database in the instance folder."""
    url = environment.get("KAP_DATABASE_URL") or f"sqlite:///{instance / DATABASE}"
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def settings(instance: Path, keys: Keys, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The settings of the app, in Flask's names."""
    url = environment.get("KAP_URL") or f"http://127.0.0.1:{environment.get('KAP_PORT') or 8000}"
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return {
        "KAP_INSTANCE": instance,
        "KAP_URL": url.rstrip("/"),
        "KAP_PROXIES": int(environment.get("KAP_PROXIES") or 0),
        "KAP_MAIL_URL": environment.get("KAP_MAIL_URL") or None,
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
        **_mail(environment.get("KAP_MAIL_URL")),
    }


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
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_AUTO_LOGIN_AFTER_CONFIRM": False,
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": (
            "That e-mail address and password do not belong together. Please try again.",
            "error",
        ),
        "SECURITY_MSG_UNAUTHENTICATED": ("Please sign in to see this page.", "info"),
        "SECURITY_FLASH_MESSAGES": True,
    }


def _mail(url: str | None) -> dict[str, Any]:
    """Flask-Mail's settings from smtp://user:password@host:port or smtps://..."""
    if not url:
        return {"MAIL_SUPPRESS_SEND": True}
    parts = urlsplit(url)
    return {
        "MAIL_SERVER": parts.hostname,
        "MAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "MAIL_USE_SSL": parts.scheme == "smtps",
        "MAIL_USE_TLS": parts.scheme == "smtp" and not _loopback(parts.hostname),
        "MAIL_USERNAME": parts.username,
        "MAIL_PASSWORD": parts.password,
    }


def refuse_unsafe(config: Mapping[str, Any]) -> None:
    """Unsafe where the product would serve health data in the open."""
    parts = urlsplit(config["KAP_URL"])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unsafe(f"KAP_URL must be a whole address such as https://kap.example.org, not {config['KAP_URL']!r}.")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise Unsafe("KAP_URL is plain http beyond this machine: use https, behind a proxy that does TLS.")
    if len(config["SECRET_KEY"]) < 32:
        raise Unsafe("The key of the cookies is too short.")
    database = urlsplit(config["SQLALCHEMY_DATABASE_URI"])
    leaves = database.scheme.startswith("postgresql") and database.hostname and not _loopback(database.hostname)
    if leaves and "sslmode=verify-full" not in database.query:
        raise Unsafe("KAP_DATABASE_URL leaves this machine: add ?sslmode=verify-full to it.")


def _loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
