"""The server is killed in a live session, ten times: nothing that was tapped is lost, nothing is doubled."""

import time
from collections.abc import Iterator
from random import Random
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Response, expect

from tests.dosing.rooms import Clinic, Server, enter, make_clinic, say, serving, unsaved
from tests.main_job.conftest import chromium  # noqa: F401

pytestmark = pytest.mark.browser

KILLS, TAPS = 10, 3
"""How often it is killed, and how often is tapped before and after each time."""


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """A clinic of its own."""
    return make_clinic(tmp_path_factory.mktemp("room") / "instance")


@pytest.fixture(scope="module")
def server(clinic: Clinic) -> Iterator[Server]:
    """Its server."""
    with serving(clinic.folder) as found:
        yield found


def test_of_what_is_tapped_while_the_server_is_killed_nothing_is_lost_and_nothing_doubled(
    chromium: Browser,  # noqa: F811
    clinic: Clinic,
    server: Server,
) -> None:
    room = enter(chromium, server, clinic.path(), phone=True)
    page, random = room.page, Random("killed")
    tapped: list[str] = []
    acknowledged: list[str] = []

    def note_answer(response: Response) -> None:
        if response.request.method == "POST" and response.status == 200:
            acknowledged.extend(parse_qs(response.request.post_data or "")["words"])

    page.on("response", note_answer)

    def tap_some() -> None:
        for _ in range(TAPS):
            tapped.append(f"tap {len(tapped):03}")
            say(page, tapped[-1])

    for _ in range(KILLS):
        tap_some()
        # Sometimes between two taps, mostly within one: while it is read, written, committed or answered.
        time.sleep(random.random() * 0.03)
        server.kill()
        tap_some()
        page.wait_for_timeout(100)
        held, kept = unsaved(page), clinic.words()
        assert set(acknowledged) <= set(kept)
        assert set(tapped) - set(acknowledged) <= set(held)
        expect(page.locator("#saved")).to_contain_text("not saved yet: keep this page open")
        server.start()
        server.wait()

    expect(page.locator("#unsaved")).to_be_hidden(timeout=60_000)
    assert clinic.words() == tapped
    assert sorted(set(acknowledged)) == tapped
    said = page.locator(".room-log .note .told")
    expect(said).to_have_count(len(tapped))
    assert sorted(text.strip("“”") for text in said.all_inner_texts()) == tapped
    room.close()
