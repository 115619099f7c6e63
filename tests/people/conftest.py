"""Mail for the tests of people: a real server, set up in the app for one test."""

from collections.abc import Callable, Iterator

import pytest

from kap.config import mail_settings
from tests.conftest import Stage
from tests.post import Post, post_office

MailBy = Callable[[str], None]


@pytest.fixture
def mail_by(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> MailBy:
    """Sets KAP_MAIL_URL for one test, with little patience."""

    def set_up(url: str) -> None:
        for name, value in mail_settings(url).items():
            monkeypatch.setitem(stage.app.config, name, value)
        monkeypatch.setitem(stage.app.config, "MAIL_TIMEOUT", 2)

    return set_up


@pytest.fixture
def post(mail_by: MailBy) -> Iterator[Post]:
    """A mail server that takes letters, and the app that sends by it."""
    with post_office() as (letters, url):
        mail_by(url)
        yield letters
