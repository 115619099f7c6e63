"""Days in a clinic, on the clock of its server: the windows of its people, its post, and pictures of what they see."""

import os
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from playwright.sync_api import Browser

from kap.core import clock
from tests.main_job.window import Window
from tests.post import Post

ZONE = "Europe/London"
PASSWORD = "four winds over the bay"
MONDAY = date(2026, 6, 8)
ALBUM = os.environ.get("KAP_TEST_PICTURES")
"""A folder for pictures of the days, to be looked at."""


class Week:
    """The clinic's server, its post and the hour of the day, and the windows that are open."""

    def __init__(self, app: Flask, chromium: Browser, post: Post) -> None:
        self.app, self.chromium, self.post = app, chromium, post
        self.now = datetime.combine(MONDAY, time(8), ZoneInfo(ZONE))
        self.windows: list[Window] = []
        self.site = ""
        self.pictures = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer as at this hour."""
        with clock.at(self.now):
            return self.app.wsgi_app(environ, start_response)

    def on(self, day: date, hour: int, minute: int = 0) -> datetime:
        """Let it be that day and hour."""
        self.now = datetime.combine(day, time(hour, minute), ZoneInfo(ZONE))
        return self.now

    def window(self, **kwargs: bool) -> Window:
        """A window of somebody who is not signed in."""
        opened = Window(self.chromium, self.site, **kwargs)
        self.windows.append(opened)
        return opened

    def picture(self, window: Window, name: str) -> None:
        """Keep a picture of a window, where pictures are wanted."""
        if ALBUM:
            self.pictures += 1
            window.page.screenshot(path=Path(ALBUM) / f"{self.pictures:02}-{name}.png", full_page=True)


def path_of(text: str) -> str:
    """The path of the one link in a text."""
    (found,) = re.findall(r"https?://[^/\s]+(/\S+)", text)
    return str(found)


def join(window: Window, path: str, name: str, email: str) -> Window:
    """Accept an invitation; whoever joins is signed in."""
    window.open(path)
    window.fill("Your name", name)
    window.fill("Your e-mail address", email)
    window.fill("A password", PASSWORD)
    window.press("Join")
    return window
