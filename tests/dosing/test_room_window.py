"""The live page in Chromium: a connection that comes and goes, two people, clocks that are wrong, and a dark room."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Dialog, Route, expect

from kap.core import clock
from kap.core.db import db
from kap.dosing.actions.room import note, take_reading
from kap.dosing.rules.room import Signs
from kap.people.models import User
from kap.people.queries import user_by_email
from kap.treatment.models import DosingSession
from tests.cast import PASSWORD
from tests.dosing.rooms import Clinic, Server, enter, make_clinic, read, say, serving, tap, unsaved
from tests.main_job.conftest import chromium  # noqa: F401
from tests.main_job.window import Window

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """A clinic of its own."""
    return make_clinic(tmp_path_factory.mktemp("room") / "instance")


@pytest.fixture(scope="module")
def server(clinic: Clinic) -> Iterator[Server]:
    """Its server."""
    with serving(clinic.folder) as found:
        yield found


@pytest.fixture
def room(chromium: Browser, clinic: Clinic, server: Server) -> Iterator[Window]:  # noqa: F811
    """A therapist's phone in the room."""
    window = enter(chromium, server, clinic.path(), phone=True)
    yield window
    window.close()


def safe(window: Window) -> None:
    """Wait until nothing waits any more."""
    expect(window.page.locator("#unsaved")).to_be_hidden()


def test_without_a_connection_taps_wait_on_the_page_in_order(clinic: Clinic, room: Window) -> None:
    page = room.page
    room.context.set_offline(True)
    for words in ("offline one", "offline two", "offline three"):
        say(page, words)
    expect(page.locator("#saved")).to_contain_text("3 entries not saved yet: keep this page open.")
    expect(page.locator("#saved")).to_contain_text("The server cannot be reached")
    assert unsaved(page) == ["offline one", "offline two", "offline three"]
    room.context.set_offline(False)
    safe(room)
    assert clinic.words()[-3:] == ["offline one", "offline two", "offline three"]
    expect(page.locator(".room-log")).to_contain_text("“offline three”")
    expect(page.locator("#saved")).to_contain_text("Saved")


def test_the_page_asks_before_it_is_left_and_sends_after_it_was_loaded_again(clinic: Clinic, room: Window) -> None:
    page = room.page
    page.route("**/room", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    say(page, "before the reload")
    expect(page.locator("#saved")).to_contain_text("1 entry not saved yet")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", accept)
    page.reload()
    assert asked == ["beforeunload"]
    assert unsaved(page) == ["before the reload"]
    page.unroute("**/room")
    safe(room)
    assert clinic.words().count("before the reload") == 1


def test_an_answer_that_is_lost_makes_no_second_entry(clinic: Clinic, room: Window) -> None:
    page = room.page
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/room", lose)
    say(page, "answered to nobody")
    safe(room)
    assert lost == [200]
    assert clinic.words().count("answered to nobody") == 1


def test_whoever_is_signed_out_loses_nothing(clinic: Clinic, server: Server, room: Window) -> None:
    page = room.page
    other = room.context.new_page()
    other.goto("/account")
    other.get_by_role("button", name="Sign out").click()
    say(page, "after signing out")
    expect(page.locator("#saved")).to_contain_text("You are signed out. Sign in again in another tab")
    room.complaints.clear()
    # Somebody else signs in: what is here is not theirs.
    for role in ("medical", "therapist"):
        other.goto("/sign-in")
        other.fill("[name=email]", f"{role}@example.org")
        other.fill("[name=password]", PASSWORD)
        other.get_by_role("button", name="Sign in").click()
        other.wait_for_url("**/day")
        if role == "medical":
            expect(page.locator("#saved")).to_contain_text("The therapist has to sign in again")
            other.get_by_role("button", name="Sign out").click()
    safe(room)
    assert clinic.words().count("after signing out") == 1
    (entry,) = [entry for entry in clinic.log() if entry.words == "after signing out"]
    assert entry.who == "The therapist"
    room.complaints.clear()


def test_what_somebody_left_in_the_tab_holds_up_nobody(clinic: Clinic, server: Server, room: Window) -> None:
    page = room.page
    room.context.set_offline(True)
    say(page, "left by the therapist")
    expect(page.locator("#unsaved .told")).to_have_count(1)
    room.context.clear_cookies()
    room.context.set_offline(False)
    expect(page.locator("#saved")).to_contain_text("You are signed out")
    page.on("dialog", lambda dialog: dialog.accept())
    for role, words in (("medical", "tapped by the nurse"), ("therapist", "tapped by the therapist")):
        page.goto(server.url + "/sign-in")
        page.fill("[name=email]", f"{role}@example.org")
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", level=1, name="Today").wait_for()
        page.goto(server.url + clinic.path())
        say(page, words)
        safe(room)
        assert clinic.words().count(words) == 1
        left = page.locator("#saved", has_text="1 entry of somebody else not saved yet")
        expect(left).to_have_count(1 if role == "medical" else 0)
        room.context.clear_cookies()
    assert clinic.words().count("left by the therapist") == 1
    room.complaints.clear()


def test_what_is_refused_stays_until_it_is_put_right(clinic: Clinic, room: Window) -> None:
    page = room.page
    read(page, 78, 121)
    say(page, "said after it")
    refused = page.locator("#unsaved .refused")
    expect(refused).to_contain_text("Upper BP 78 · Lower BP 121")
    expect(refused).to_contain_text("Are they swapped?")
    expect(page.locator("#saved")).to_contain_text("1 entry to be put right.")
    expect(page.locator(".room-log")).to_contain_text("“said after it”")
    refused.get_by_role("button", name="Put right").click()
    sheet = page.locator("#tap-reading")
    assert sheet.get_by_label("Upper BP").input_value() == "78"
    sheet.get_by_label("Upper BP").fill("121")
    sheet.get_by_label("Lower BP").fill("78")
    sheet.get_by_role("button", name="Save").click()
    safe(room)
    assert [entry.told for entry in clinic.log() if entry.what == "reading"].count("BP 121/78") == 1
    room.complaints.clear()


def test_two_people_see_what_both_write(
    clinic: Clinic,
    server: Server,
    room: Window,
    chromium: Browser,  # noqa: F811
) -> None:
    other = enter(chromium, server, clinic.path(), "medical")
    say(room.page, "seen by both")
    expect(other.page.locator(".room-log")).to_contain_text("“seen by both”")
    # What somebody is typing is left alone while news come.
    sheet = tap(other.page, "words")
    sheet.locator("textarea").fill("half a sen")
    tap(room.page, "sedation").get_by_role("button", name="Only after mild prodding").click()
    alarm = other.page.locator(".alarm")
    expect(alarm.first).to_contain_text("MOAA/S 2")
    assert sheet.locator("textarea").input_value() == "half a sen"
    expect(other.page.locator("#heard")).to_contain_text("MOAA/S 2")
    sheet.locator(".close").click()
    alarm.first.get_by_role("link", name="What was done?").click()
    answer = other.page.locator(".sheet:target")
    answer.get_by_text("Reassured", exact=True).click()
    answer.get_by_role("button", name="Save").click()
    expect(room.page.locator(".alarm")).to_have_count(0)
    expect(room.page.locator(".room-log")).to_contain_text("The medical: Reassured")
    other.close()


def test_a_wrong_clock_on_the_device_does_no_harm(clinic: Clinic, server: Server, chromium: Browser) -> None:  # noqa: F811
    window = Window(chromium, server.url, phone=True)
    window.sign_in("therapist@example.org", PASSWORD)
    window.context.clock.install(time=datetime(2031, 5, 1, 12, tzinfo=UTC))
    window.open(clinic.path())
    window.context.set_offline(True)
    say(window.page, "from a clock that is years ahead")
    window.page.clock.fast_forward(90_000)
    # The device's clock is put right while the entry waits.
    window.page.clock.set_system_time(datetime.now(UTC))
    window.context.set_offline(False)
    window.page.clock.run_for(30_000)
    expect(window.page.locator("#unsaved")).to_be_hidden()
    (entry,) = [entry for entry in clinic.log() if entry.words == "from a clock that is years ahead"]
    assert abs(entry.entered_at - entry.at) < timedelta(minutes=2)
    assert abs(entry.at - clock.now()) < timedelta(minutes=2)
    window.close()


def test_the_clock_runs_and_what_is_due_counts_down(clinic: Clinic, room: Window) -> None:
    page = room.page
    since = page.locator("[data-since]")
    first = since.inner_text()
    expect(since).not_to_have_text(first, timeout=3_000)
    read(page, 124, 80)
    due = page.locator("[data-due]")
    expect(due).to_have_text(re.compile(r"^In \d+:\d\d$"))
    before = due.inner_text()
    expect(due).not_to_have_text(before, timeout=3_000)
    page.evaluate("document.querySelector('[data-due]').dataset.due -= 40 * 60000")
    expect(due).to_have_text(re.compile("^Overdue by "))


def test_the_room_is_dark_unless_this_device_was_told_otherwise(clinic: Clinic, room: Window) -> None:
    page = room.page
    page.emulate_media(color_scheme="light")
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_label("Light page").check()
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (dark, light) == ("rgb(17, 24, 26)", "rgb(247, 246, 243)")
    page.reload()
    expect(page.get_by_label("Light page")).to_be_checked()


def test_a_thumb_finds_everything_and_axe_nothing(clinic: Clinic, room: Window) -> None:
    page = room.page
    _one_of_each(clinic)
    page.reload()
    targets = page.locator(".taps a.tap")
    for place in range(targets.count()):
        box = targets.nth(place).bounding_box()
        assert box is not None
        assert box["height"] >= 56
        assert box["y"] > 844 / 2
    for light in (False, True):
        page.get_by_label("Light page").set_checked(light)
        assert room.faults() == []
        for name in ("reading", "words", "observation", "event", "sedation", "dissociation", "medication"):
            page.set_viewport_size({"width": 390, "height": 844})
            tap(page, name)
            assert room.faults() == [], name
            page.set_viewport_size({"width": 390, "height": 844})
            page.locator(f"#tap-{name} .close").click()


def _one_of_each(clinic: Clinic) -> None:
    with clinic.app.app_context():
        by: User | None = user_by_email("therapist@example.org")
        assert by is not None
        session = db.session.get_one(DosingSession, clinic.live)
        take_reading(session, Signs(205, 118, 130, 88), at=clock.now(), by=by)
        note(session, kind="dissociation", value=6, at=clock.now(), by=by)


def test_without_script_every_tap_leads_back_to_the_room(
    clinic: Clinic,
    server: Server,
    chromium: Browser,  # noqa: F811
) -> None:
    window = enter(chromium, server, clinic.path(clinic.before), scripts=False, phone=True)
    assert "Not given yet" in window.words
    window.page.locator("a[href='#tap-words']").click()
    window.page.locator("#tap-words textarea").fill("by hand")
    with window.page.expect_navigation():
        window.page.locator("#tap-words button").click()
    assert window.path == clinic.path(clinic.before)
    assert "“by hand”" in window.words
    window.close()
