"""Pages of a clinic for load, signed in, authorised, judged and logged, against their own templates alone."""

from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import NamedTuple

from tests.bench.clinic import Clinic
from tests.bench.figures import Figure
from tests.bench.server import LITERAL, READERS, Server, serving

GOAL = 0.3
CASELOAD = "/patients"
FLAT = 1.3
"""How many times longer the caseload's page may take for a hundred times as many patients."""

SLACK = 0.005
"""How much the two kinds of page may differ in length, all together."""


class Pace(NamedTuple):
    """How long is measured: rounds, and the seconds of a half of one."""

    rounds: int
    seconds: float


def page_ratios(name: str, clinics: dict[str, Clinic], servers: dict[str, Server], pace: Pace) -> list[Figure]:
    """The ratio on each database for one reader and for eight; before them their least, as the figure of that name."""
    figures = []
    for database, server in servers.items():
        clinic = clinics[database]
        pages = clinic.pages if name.startswith("patient") else [CASELOAD]
        figures += [
            _ratio(f"{name}_{database}_c{readers}", pages, server, clinic.lead_cookie, readers, pace)
            for readers in READERS
        ]
    least = min(figures, key=lambda figure: figure.value or 0)
    return [Figure(name, least.value, GOAL, note=f"the least of these: {least.name}"), *figures]


def _ratio(name: str, pages: Sequence[str], server: Server, cookie: str, readers: int, pace: Pace) -> Figure:
    """The median over rounds of how many real pages are served while one with literal data is."""
    sizes = [(len(server.get(page, cookie).body), len(server.get(LITERAL + page).body)) for page in pages]
    real, literal = (sum(lengths) for lengths in zip(*sizes, strict=True))
    assert abs(real - literal) <= SLACK * real, (real, literal)

    asked, bare = [server.ask(page, cookie) for page in pages], [server.ask(LITERAL + page) for page in pages]
    server.rate(asked, pace.seconds, readers), server.rate(bare, pace.seconds, readers)
    rounds = []
    for _ in range(pace.rounds):
        # The one before and after the other: the machine may get busier.
        before = server.rate(asked, pace.seconds, readers)
        without = server.rate(bare, 2 * pace.seconds, readers)
        after = server.rate(asked, pace.seconds, readers)
        rounds.append(((before + after) / 2, without))
    ratios = [ours / without for ours, without in rounds]
    ours, without = (median(rates) for rates in zip(*rounds, strict=True))
    note = (
        f"{ours:.0f} of {without:.0f} pages/s, {real / len(pages) / 1000:.0f} kB, "
        f"rounds {min(ratios):.2f} to {max(ratios):.2f}"
    )
    return Figure(name, round(median(ratios), 3), GOAL, note=note)


def caseload_growth(few: Clinic, many: Clinic, counts: tuple[int, int], pace: Pace) -> Figure:
    """How many times longer the lead's list takes to come with many patients than with few."""
    with serving(few) as small, serving(many) as large:
        rounds = []
        for number in range(pace.rounds + 1):
            seconds = _seconds(small, few), _seconds(large, many)
            if number:
                rounds.append(seconds)
    short, long = (median(times) for times in zip(*rounds, strict=True))
    growth = median(large / small for small, large in rounds)
    note = f"{short * 1000:.0f} ms with {counts[0]:,} patients, {long * 1000:.0f} ms with {counts[1]:,}"
    return Figure("caseload_growth", round(growth, 2), FLAT, most=True, note=note)


def _seconds(server: Server, clinic: Clinic) -> float:
    """How long the list takes, the median of three."""
    times = []
    for _ in range(3):
        began = perf_counter()
        answer = server.get(CASELOAD, clinic.lead_cookie)
        times.append(perf_counter() - began)
        assert answer.status == 200, answer.status
    return median(times)
