"""The focus, by keyboard alone: it is always somewhere, always seen, and goes where something has happened."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from kap.demo.stories import HOLDS
from tests.main_job.window import Window

pytestmark = pytest.mark.browser

OpenWindow = Callable[..., Window]
FOCUS = """() => {
    const at = document.activeElement, shown = at.closest('.seg label') ?? at;
    const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const light = text => rgb(text).map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    const ring = getComputedStyle(shown), ground = getComputedStyle(document.documentElement).backgroundColor;
    const [a, b] = [light(ring.outlineColor), light(ground)].sort((x, y) => x - y);
    return {
        tag: at.tagName, html: at.outerHTML.slice(0, 120), main: Boolean(at.closest('main')),
        // The button of a calendar is a part of the field that the browser rings by itself.
        ring: at.matches('[type=date], [type=time], [type=datetime-local]') && !at.matches(':focus-visible')
            || ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 2,
        contrast: ring.outlineStyle === 'none' ? 21 : (b + .05) / (a + .05),
    };
}"""


def _focus(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(FOCUS)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("role", "address"), [("lead", "/_parts"), ("lead", "/log"), ("patient", "/my/readers"), ("therapist", "/patients")]
)
def test_the_ring_is_seen_wherever_the_focus_goes(role: str, address: str, theme: Any, window: OpenWindow) -> None:
    page = window(role).page
    page.emulate_media(color_scheme=theme)
    page.goto(address)
    stops = []
    for _ in range(400):
        page.keyboard.press("Tab")
        found = _focus(page)
        if found["tag"] == "BODY":
            break
        stops.append(found)
    # A mark of a chart is drawn thicker instead, and has its words beside it.
    assert not [
        stop["html"] for stop in stops if not stop["ring"] and not stop["html"].startswith(("<circle", "<path"))
    ]
    assert not [stop["html"] for stop in stops if stop["contrast"] < 3]
    assert len(stops) > 8


def test_the_header_can_be_skipped(window: OpenWindow) -> None:
    page = window("therapist").page
    page.goto("/patients/new")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert _focus(page)["main"]


def test_what_was_saved_takes_the_focus(window: OpenWindow) -> None:
    page = window("therapist").page
    page.goto("/patients")
    page.get_by_role("link", name=HOLDS.name).first.press("Enter")
    page.get_by_role("link", name="Edit details").press("Enter")
    page.get_by_role("button", name="Save").press("Enter")
    message = page.locator(".flashes")
    expect(message).to_be_focused()
    expect(message).to_contain_text("The details are saved")
    page.keyboard.press("Tab")
    assert _focus(page)["main"]


def test_what_has_to_be_put_right_takes_the_focus_and_leads_to_it(window: OpenWindow) -> None:
    page = window("lead").page
    page.goto("/_parts")
    page.get_by_role("button", name="Send it").press("Enter")
    expect(page.locator(".problems")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code required").first).to_be_focused()


def test_a_filter_that_makes_no_sense_takes_the_focus(window: OpenWindow) -> None:
    page = window("lead").page
    page.goto("/log")
    page.get_by_label("Patient's code").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.locator(".problems")).to_be_focused()


def test_a_new_row_takes_the_focus(window: OpenWindow) -> None:
    page = window("lead").page
    page.goto("/_parts")
    rows = page.locator("#readings tbody tr")
    for _ in range(3):
        before = rows.count()
        page.get_by_role("button", name="Add a row").press("Enter")
        assert rows.count() == before + 1
        expect(rows.last.locator("input").first).to_be_focused()
    expect(page.get_by_role("button", name="Add a row")).to_be_hidden()


def test_a_form_under_way_keeps_the_focus_and_is_sent_once(window: OpenWindow) -> None:
    page = window("lead").page
    page.goto("/_parts")
    sent: list[str] = []

    def lose(route: Route) -> None:
        sent.append(route.request.method)
        route.abort("aborted")

    page.route("**/_parts", lose)
    button = page.get_by_role("button", name="Send it")
    button.press("Enter")
    button.press("Enter")
    page.wait_for_timeout(100)
    assert sent == ["POST"]
    expect(button).to_be_focused()


def test_a_link_that_is_shown_once_is_copied(window: OpenWindow) -> None:
    shown = window("lead")
    shown.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = shown.page
    page.goto("/_parts")
    button = page.get_by_role("button", name="Copy")
    button.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()").startswith("https://kap.example.org/join/")


def test_deleting_from_a_list_does_not_lose_the_focus(window: OpenWindow) -> None:
    page = window("admin").page
    page.goto("/users/invite")
    page.get_by_label("Therapist").check()
    page.get_by_role("button", name="Make the link").press("Enter")
    page.goto("/users")
    page.get_by_role("button", name="Withdraw").first.press("Enter")
    expect(page.locator(".flashes")).to_be_focused()


def test_without_scripts_forms_still_answer(window: OpenWindow) -> None:
    page = window("lead", scripts=False).page
    page.goto("/_parts")
    page.get_by_role("button", name="Send it").click()
    expect(page.locator(".problems")).to_contain_text("Not saved yet")
