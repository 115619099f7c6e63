"""The largest paint on a slow phone: the patient's first page, and a patient's page for the clinic."""

from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.bench.clinic import Clinic
from tests.bench.figures import Figure
from tests.bench.scene import AGENT
from tests.bench.server import Server

GOAL = 1000
CHROMIUM = Path("/usr/bin/chromium")
TIMES = 5
PHONE = {"width": 390, "height": 844}
SLOWER = 4
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
LARGEST = """() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
    .observe({type: "largest-contentful-paint", buffered: true}))"""


def largest_paint(clinic: Clinic, server: Server) -> Figure:
    """The slower of the two, each the median of five visits with nothing in the cache."""
    name = "largest_paint_ms"
    if not CHROMIUM.exists():
        return Figure(name, None, GOAL, most=True, note=f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        own = [_painted(browser, server, "/my", clinic.patient_cookie) for _ in range(TIMES)]
        clinics = [_painted(browser, server, page, clinic.lead_cookie) for page in clinic.pages[:TIMES]]
        browser.close()
    note = f"{median(own):.0f} ms for the patient's own first page, {median(clinics):.0f} ms for a patient's page"
    return Figure(name, round(max(median(own), median(clinics))), GOAL, most=True, note=note)


def _painted(browser: Browser, server: Server, path: str, cookie: str) -> float:
    """Milliseconds from asking for the page to its largest paint."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, user_agent=AGENT)  # type: ignore[arg-type]
    context.add_cookies([{"name": server.cookie_name, "value": cookie, "url": server.url}])
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", SLOW_4G)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    answer = page.goto(server.url + path, wait_until="load")
    assert answer is not None
    assert answer.status == 200, answer.status
    page.wait_for_timeout(300)
    painted: float = page.evaluate(LARGEST)
    context.close()
    return painted
