"""The patient's page for the therapist: signed in, authorised, judged and logged, against its own templates alone."""

from statistics import median

from tests.bench.figures import Figure
from tests.bench.scene import Scene
from tests.bench.server import CONCURRENCY, LITERAL, Server

GOAL = 0.3
ROUNDS, SECONDS = 6, 2.0
SLACK = 0.005
"""How much the two pages may differ in length."""


def patient_page(scene: Scene, server: Server) -> Figure:
    """The median over rounds of how many real pages are served while one with literal data is."""
    page, cookie = f"/patients/{scene.patient_id}", scene.therapist_cookie
    real, literal = server.get(page, cookie), server.get(LITERAL)
    assert (real.status, literal.status) == (200, 200), (real.status, literal.status)
    assert abs(len(real.body) - len(literal.body)) <= SLACK * len(real.body), (len(real.body), len(literal.body))

    server.rate(page, SECONDS / 2, cookie), server.rate(LITERAL, SECONDS / 2)
    rounds = [_round(server, page, cookie) for _ in range(ROUNDS)]
    ratios = [ours / bare for ours, bare in rounds]
    ours, bare = (median(rates) for rates in zip(*rounds, strict=True))
    note = (
        f"{ours:.0f} of {bare:.0f} pages/s at concurrency {CONCURRENCY}, {len(real.body) / 1000:.0f} kB, "
        f"rounds {min(ratios):.2f} to {max(ratios):.2f}"
    )
    return Figure("patient_page_ratio", round(median(ratios), 3), GOAL, note=note)


def _round(server: Server, page: str, cookie: str) -> tuple[float, float]:
    """Pages a second, real and literal, the one before and after the other: the machine may get busier."""
    before = server.rate(page, SECONDS / 2, cookie)
    literal = server.rate(LITERAL, SECONDS)
    after = server.rate(page, SECONDS / 2, cookie)
    return (before + after) / 2, literal
