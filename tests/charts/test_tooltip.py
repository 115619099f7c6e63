"""The tooltip in a real browser: keyboard, pointer, touch and print."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.charts.histories import ROOT, figure

CHROMIUM = shutil.which("chromium")
WORDS = ".chart-tip:visible"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page with one chart, on a desk and on a phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": request.param, "height": 800}, has_touch=True)
        page.set_content(f"<!doctype html><title>Chart</title>{figure()}<a href='#'>After</a>")
        for sheet in ("app", "chart"):
            page.add_style_tag(path=ROOT / f"static/css/{sheet}.css")
        page.add_script_tag(path=ROOT / "static/js/chart.js")
        yield page
        browser.close()


def test_the_keyboard_walks_along_the_chart_as_one_stop(page: Page) -> None:
    def press(key: str) -> list[str]:
        page.keyboard.press(key)
        return page.locator(WORDS).all_inner_texts()

    assert press("Tab") == ["2026-02-16: PHQ-9 21"]
    assert press("ArrowRight") == ["2026-03-02: PHQ-9 19"]
    assert press("ArrowRight") == ["2026-03-02: dose 1"]
    assert press("End") == ["2026-06-22: PHQ-9 12"]
    assert press("ArrowRight") == ["2026-06-22: PHQ-9 12"]
    assert press("ArrowLeft") == ["2026-06-08: PHQ-9 8"]
    assert press("Home") == ["2026-02-16: PHQ-9 21"]
    assert press("Escape") == []
    press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "After"


def test_only_the_drawing_that_suits_the_screen_is_there(page: Page) -> None:
    assert page.locator("svg.chart:visible").count() == 1
    assert page.get_by_role("group", name="PHQ-9 over time").count() == 1
    assert page.get_by_role("img", name="dose").count() == 3


def test_pointer_and_finger_find_the_nearest_day_and_the_words_stay_on_the_screen(page: Page) -> None:
    chart = page.locator("svg.chart:visible").bounding_box()
    assert chart is not None
    share = 0.95 if page.locator(".narrow:visible").count() else 0.82
    x, y = chart["x"] + chart["width"] * share, chart["y"] + chart["height"] * 0.4
    page.mouse.move(x, y)
    assert page.locator(WORDS).all_inner_texts() == ["2026-06-22: PHQ-9 12"]
    page.mouse.move(0, 0)
    assert page.locator(WORDS).count() == 0
    page.touchscreen.tap(x, y)
    words = page.locator(WORDS).bounding_box()
    assert words is not None
    assert chart["x"] <= words["x"] <= words["x"] + words["width"] <= chart["x"] + chart["width"]
    page.touchscreen.tap(chart["x"] + 5, chart["y"] - 5)
    assert page.locator(WORDS).count() == 0


def test_print_takes_the_wide_drawing_without_the_tooltip(page: Page) -> None:
    page.keyboard.press("Tab")
    page.emulate_media(media="print")
    assert page.locator(WORDS).count() == 0
    assert page.locator(".wide svg").is_visible()
    assert not page.locator(".narrow svg").is_visible()
