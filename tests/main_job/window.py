"""One person's window in Chromium, which keeps whatever the pages that it shows complain of."""

import re
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
CONTRAST = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
"""The rules of axe that depend on the colours alone."""
PATIENCE = 8_000
"""Milliseconds that a page may take, on a machine with much else to do, to show what a test waits for."""
expect.set_options(timeout=PATIENCE)


class Window:
    """A browser of its own, with its cookies, on a desk or on a phone that is tapped."""

    def __init__(self, chromium: Browser, site: str, *, phone: bool = False, scripts: bool = True) -> None:
        self.site = site
        self.width = PHONE["width"] if phone else DESK["width"]
        self.context: BrowserContext = chromium.new_context(
            base_url=site,
            viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
            is_mobile=phone,
            has_touch=phone,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            locale="en-GB",
        )
        self.context.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.refused = 0
        """The last status of an answer that was not a success, if any."""
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._mind)
        self.page.on("response", self._note)

    def _hear(self, message: ConsoleMessage) -> None:
        """Scripts that fail, and whatever the content security policy blocks."""
        answered = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not answered:
            self.complaints.append(f"console: {message.text}")

    def _mind(self, request: Request) -> None:
        if not request.url.startswith(f"{self.site}/"):
            self.complaints.append(f"third party: {request.url}")

    def _note(self, response: Response) -> None:
        if response.status >= 400:
            self.refused = response.status
        if response.status >= 500 or (response.status >= 400 and response.request.resource_type != "document"):
            self.complaints.append(f"{response.status}: {response.url}")

    def sign_in(self, email: str, password: str) -> "Window":
        """Sign in on the page for it."""
        self.open("/sign-in")
        self.fill("E-mail address", email)
        self.fill("Password", password)
        self.press("Sign in")
        assert self.path != "/sign-in", self.words
        return self

    def open(self, address: str) -> None:
        """Open a page of the site."""
        self.page.goto(address)

    @property
    def path(self) -> str:
        """Where the window is."""
        return urlsplit(self.page.url).path

    @property
    def words(self) -> str:
        """What can be read in the main part."""
        return self.page.locator("main").inner_text()

    @property
    def verdict(self) -> str:
        """The verdict's sentence."""
        return self.page.locator(".verdict").inner_text()

    def field(self, label: str) -> Locator:
        """The one field with this label."""
        labelled = self.page.locator("main").get_by_label(re.compile(rf"^\s*{re.escape(label)}(\s+required)?\s*$"))
        return labelled.and_(self.page.locator("input, select, textarea"))

    def fill(self, label: str, text: str) -> None:
        """Type into a field."""
        self.field(label).fill(text)

    def choose(self, group: str, answer: str) -> None:
        """Click, or tap, an answer of a group."""
        asked = self.page.get_by_role("radiogroup", name=re.compile(rf"^\s*{re.escape(group)}"))
        self.touch(asked.locator("label", has_text=re.compile(rf"^\s*{re.escape(answer)}\s*$")))

    def tick(self, group: str, *answers: str) -> None:
        """Click, or tap, check boxes of a group."""
        asked = self.page.get_by_role("group", name=re.compile(rf"^\s*{re.escape(group)}"))
        for answer in answers:
            self.touch(asked.locator("label", has_text=re.compile(rf"^\s*{re.escape(answer)}\s*$")))

    def pick(self, label: str, option: str) -> None:
        """Choose of a list by the beginning of its words."""
        options = self.field(label).locator("option")
        self.field(label).select_option(
            label=next(words for words in options.all_inner_texts() if words.startswith(option))
        )

    def press(self, button: str, *, about: str = "") -> None:
        """Press a button, or follow a link, of this name, and wait for the page that it leads to.

        about: how the rest of a name begins that is only read out, where several are called the same.
        """
        rest = rf"\s*{re.escape(about)}.*" if about else ""
        named = re.compile(rf"^{re.escape(button)}{rest}$")
        found = self.page.get_by_role("button", name=named).or_(self.page.get_by_role("link", name=named))
        with self.page.expect_navigation():
            self.touch(found.first)

    def touch(self, target: Locator) -> None:
        """Click; on a phone, tap."""
        if self.width == PHONE["width"]:
            target.tap()
        else:
            target.click()

    def marks(self, kind: str) -> int:
        """How many marks of a kind the visible chart shows, such as `dosing` or `dots`."""
        return self.page.locator(f"svg.chart:visible .{kind} :is([aria-label], :has(> title))").count()

    def faults(self) -> list[str]:
        """What is wrong with the page as it stands, in light and dark, on a desk and on a phone."""
        found: list[str] = []
        self.page.evaluate(AXE_SCRIPT)
        for size in (DESK, PHONE):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            where = f"at {size['width']}"
            width = self.page.evaluate("document.documentElement.scrollWidth")
            if width > size["width"]:
                found.append(f"{where}: scrolls sideways, {width} wide")
            self.page.emulate_media(color_scheme="light")
            found += self._inaccessible(f"{where}, light", {"resultTypes": ["violations"]})
            self.page.emulate_media(color_scheme="dark")
            found += self._inaccessible(f"{where}, dark", CONTRAST)
        return found

    def _inaccessible(self, where: str, options: dict[str, list[str]]) -> list[str]:
        told: list[str] = self.page.evaluate(
            """async options => (await axe.run(options)).violations
                .flatMap(broken => broken.nodes.map(node => `${broken.id}: ${node.html}`))""",
            options,
        )
        return [f"{where}: {text}" for text in told]

    def close(self) -> None:
        """Leave, and say so where a page complained of something."""
        self.context.close()
        assert not self.complaints, self.complaints
