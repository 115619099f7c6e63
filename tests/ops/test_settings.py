"""Settings from the environment: what is unsafe, or cannot be, does not start, and says why without a password."""

from pathlib import Path
from typing import Any

import pytest

from kap.config import Keys, Unsafe, refuse_unsafe, settings


def started(**environment: str) -> dict[str, Any]:
    """The settings with which an app in this environment would serve."""
    found = settings(Path("instance"), Keys.new(), environment)
    refuse_unsafe(found)
    return found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "postgresql:///kap",
        "postgresql:///kap?host=/run/postgresql",
        "postgresql://localhost/kap",
        "postgresql://[::1]/kap?hostaddr=127.0.0.1",
        "postgresql://db.example.org/kap?sslmode=verify-full",
        "postgresql:///kap?host=db.example.org&sslmode=verify-full",
    ],
)
def test_a_database_here_or_by_checked_tls_is_taken(url: str) -> None:
    started(KAP_DATABASE_URL=url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example.org/kap",
        "postgresql://db.example.org/kap?sslmode=require",
        "postgresql://db.example.org/kap?application_name=sslmode=verify-full",
        "postgresql://db.example.org/kap?sslmode=verify-full&sslmode=disable",
        "postgresql:///kap?host=db.example.org",
        "postgresql:///kap?hostaddr=192.0.2.7",
        "postgresql://localhost/kap?hostaddr=192.0.2.7",
        "postgresql://localhost/kap?host=db.example.org",
        "postgresql:///kap?host=/run/postgresql,db.example.org",
        "postgresql:///kap?host=/run/postgresql&host=db.example.org",
        "postgresql:///kap?service=elsewhere",
    ],
)
def test_a_database_elsewhere_wants_checked_tls(url: str) -> None:
    with pytest.raises(Unsafe, match="sslmode=verify-full"):
        started(KAP_DATABASE_URL=url)


@pytest.mark.parametrize("url", ["mysql://u:secret@localhost/kap", "kap:secret", "postgresql://u:secret@localhost:x/k"])
def test_another_database_is_not_taken(url: str) -> None:
    with pytest.raises(Unsafe, match="KAP_DATABASE_URL") as refused:
        started(KAP_DATABASE_URL=url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAP_PROXIES", "-1"),
        ("KAP_PROXIES", "two"),
        ("KAP_PROXIES", "1.0"),
        ("KAP_PORT", "http"),
        ("KAP_PORT", "0"),
        ("KAP_PORT", "65536"),
        ("KAP_URL", "kap.example.org"),
        ("KAP_URL", "https://"),
        ("KAP_URL", "ftp://kap.example.org"),
        ("KAP_URL", "https://kap.example.org/clinic"),
        ("KAP_URL", "https://kap.example.org?"),
        ("KAP_URL", "https://kap.example.org\n.example"),
        ("KAP_URL", "https://kap.example.org:port"),
        ("KAP_URL", "https://kap.example.org:70000"),
        ("KAP_URL", "https://[::1"),
        ("KAP_URL", "https://user@kap.example.org"),
        ("KAP_URL", "http://kap.example.org"),
        ("KAP_MAIL_URL", "mailto:kap@example.org"),
        ("KAP_MAIL_URL", "https://mail.example.org"),
        ("KAP_MAIL_URL", "smtp://"),
        ("KAP_MAIL_URL", "smtp://user:secret@mail.example.org:x"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Unsafe, match=name) as refused:
        started(**{name: value})
    assert "secret" not in str(refused.value)


def test_links_and_cookies_go_by_the_address() -> None:
    found = started(KAP_URL="https://kap.example.org/", KAP_PROXIES="1")
    assert (found["KAP_URL"], found["KAP_PROXIES"]) == ("https://kap.example.org", 1)
    assert found["SESSION_COOKIE_SECURE"]
    assert found["TRUSTED_HOSTS"] == ["kap.example.org"]
    assert started(KAP_PORT="8123")["KAP_URL"] == "http://127.0.0.1:8123"


def test_user_and_password_of_the_mail_may_hold_any_character() -> None:
    found = started(KAP_MAIL_URL="smtps://clinic%40example.org:p%2Fa%3Ass%25+word@mail.example.org")
    assert (found["MAIL_USERNAME"], found["MAIL_PASSWORD"]) == ("clinic@example.org", "p/a:ss%+word")
    assert (found["MAIL_SERVER"], found["MAIL_PORT"], found["MAIL_USE_SSL"]) == ("mail.example.org", 465, True)
