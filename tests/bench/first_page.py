"""Bytes of a patient's first page on a phone: the page, its style sheets, scripts, icons and pictures."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tests.bench.clinic import Clinic
from tests.bench.figures import Figure
from tests.bench.server import Server

GOAL = 60_000
PATH = "/my"
LOADED = {"src", "poster", "data", "background"}
"""Attributes by which any element makes a browser load something; `href` does so on these:"""
LOADING = {"link", "image", "use"}
IN_STYLE = re.compile(r"""(?:url\(|@import)\s*["']?([^"')\s;]+)""")


class _Loads(HTMLParser):
    """Collects the addresses that a browser loads with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if value and (name in LOADED or (tag in LOADING and name in ("href", "xlink:href"))):
                self.addresses.append(value)
            if value and name == "srcset":
                self.addresses += [part.split()[0] for part in value.split(",")]


def first_page(clinic: Clinic, server: Server) -> Figure:
    """What is loaded, as it comes over the wire, without its headers; a request to elsewhere is an error."""
    sizes: dict[str, int] = {}
    packings: set[str] = set()
    waiting = [PATH]
    while waiting:
        path = waiting.pop()
        if path in sizes:
            continue
        answer = server.get(path, clinic.patient_cookie)
        assert answer.status == 200, (path, answer.status)
        sizes[path] = len(answer.body)
        packings.add(answer.packing)
        for address in _loaded(answer.kind, answer.text):
            target = urljoin(path, address)
            assert not urlsplit(target).netloc, f"{path} loads {address} from elsewhere."
            waiting.append(target.partition("#")[0] or path)
    packed = " and ".join(sorted(packings))
    note = f"{sizes[PATH] / 1000:.1f} kB page and {len(sizes) - 1} files ({packed}), none from elsewhere"
    return Figure("first_page_bytes", sum(sizes.values()), GOAL, most=True, note=note)


def _loaded(kind: str, text: str) -> Iterator[str]:
    if kind == "text/html":
        parser = _Loads()
        parser.feed(text)
        yield from parser.addresses
    if kind == "text/css":
        yield from IN_STYLE.findall(text)
