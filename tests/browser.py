"""A browser without a window: it checks each page that it gets, and sends forms as they stand on the page."""

from collections import Counter
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.test import TestResponse

FIELDS = ("input", "select", "textarea")


class Page:
    """An answer, parsed strictly, with what the tests ask of it."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.get_data(as_text=True)
        self.root: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(self.text)
        self._check()

    def _check(self) -> None:
        assert len(self.root.findall(".//h1")) == 1, "A page has one h1."
        assert (self.root.findtext(".//title") or "").strip(), "A page has a title."
        doubled = [name for name, n in Counter(e.get("id") for e in self.root.iter() if e.get("id")).items() if n > 1]
        assert not doubled, f"Doubled ids: {doubled}"
        labels = list(self.root.iter("label"))
        labelled = {label.get("for") for label in labels}
        inside = {id(field) for label in labels for tag in FIELDS for field in label.iter(tag)}
        for field in (f for tag in FIELDS for f in self.root.iter(tag)):
            if field.get("type") in ("hidden", "submit", "button"):
                continue
            named = (
                field.get("id") in labelled
                or id(field) in inside
                or field.get("aria-label")
                or field.get("aria-labelledby")
            )
            assert named, f"The field {field.get('name')} has no label."
        assert not [e.tag for e in self.root.iter() if e.get("style")], "A style attribute would be blocked."

    @property
    def words(self) -> str:
        """All text of the main part, with single spaces."""
        main = self.root.find(".//main")
        return " ".join("".join((self.root if main is None else main).itertext()).split())

    def forms(self) -> list[Element]:
        """The forms of the main part."""
        main = self.root.find(".//main")
        return [] if main is None else list(main.iter("form"))


def values_of(form: Element) -> list[tuple[str, str]]:
    """What a browser would send of a form that nobody has touched."""
    sent: list[tuple[str, str]] = []
    for field in form.iter():
        name = field.get("name")
        if not name:
            continue
        if field.tag == "textarea":
            sent.append((name, (field.text or "").removeprefix("\n")))
        elif field.tag == "select":
            options = list(field.iter("option"))
            chosen = [o for o in options if o.get("selected") is not None] or options[:1]
            sent += [(name, o.get("value", o.text or "")) for o in chosen]
        elif field.tag == "input" and field.get("type") in ("checkbox", "radio"):
            if field.get("checked") is not None:
                sent.append((name, field.get("value", "on")))
        elif field.tag == "input" and field.get("type") != "submit":
            sent.append((name, field.get("value", "")))
    return sent


class Browser:
    """One person's browser, with cookies of its own."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.page: Page | None = None

    def get(self, url: str, status: int = 200) -> Page:
        """Open a page, following redirects; AssertionError where it answers with another status."""
        response = self.client.get(url, follow_redirects=True)
        assert response.status_code == status, f"{url} answered {response.status_code}, not {status}"
        return self._show(response)

    def fill(self, number: int = 0, /, *, status: int | None = None, follow: bool = True, **fields: Any) -> Page:
        """Change fields of the page's form and send it; a list gives several values, None leaves the field out."""
        assert self.page is not None
        url, sent = self.ready(number, **fields)
        return self.send(url, sent, status=status, follow=follow)

    def ready(self, number: int = 0, /, **fields: Any) -> tuple[str, dict[str, list[str]]]:
        """Where the form goes and what it would send, to send it oneself (twice, or late)."""
        assert self.page is not None
        form = self.page.forms()[number]
        sent: dict[str, list[str]] = {}
        for name, value in values_of(form):
            sent.setdefault(name, []).append(value)
        for name, value in fields.items():
            if value is None:
                sent.pop(name, None)
            else:
                sent[name] = [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]
        return urljoin(self.page.response.request.full_path, form.get("action") or ""), sent

    def send(self, url: str, sent: dict[str, list[str]], *, status: int | None = None, follow: bool = True) -> Page:
        """Send a form that was made ready."""
        response = self.client.post(url, data=sent, follow_redirects=follow)
        if status is not None:
            assert response.status_code == status, f"{url} answered {response.status_code}, not {status}"
        return self._show(response)

    def box(self, name: str) -> str:
        """What a check box of the page sends when it is ticked."""
        assert self.page is not None
        (value,) = [field.get("value", "on") for field in self.page.root.iter("input") if field.get("name") == name]
        return value

    def sign_in(self, email: str, password: str) -> None:
        """Sign in on the page for it."""
        self.get("/sign-in")
        self.fill(email=email, password=password)
        assert self.page is not None
        assert self.page.response.request.path != "/sign-in", self.page.words

    def _show(self, response: TestResponse) -> Page:
        self.page = Page(response)
        return self.page
