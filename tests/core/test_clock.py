"""Times: read in one place, written in UTC, shown as clocks on the wall show them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kap.core import clock

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
WALLS = st.datetimes(datetime(1900, 1, 2), datetime(2100, 1, 1))  # noqa: DTZ001


def test_it_stands_still_where_it_is_set_and_goes_on_after() -> None:
    moment = datetime(2026, 3, 4, 12, tzinfo=UTC)
    with clock.at(moment):
        assert clock.now() == clock.now() == moment
        with clock.at(moment + timedelta(days=1)):
            assert clock.now() == moment + timedelta(days=1)
        assert clock.now() == moment
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_it_is_read_in_utc_however_it_was_set() -> None:
    with clock.at(datetime(2026, 3, 4, 12, tzinfo=timezone(timedelta(hours=5)))):
        assert clock.now() == datetime(2026, 3, 4, 7, tzinfo=UTC)
        assert clock.now().tzinfo is UTC


def test_it_is_not_set_to_a_time_without_zone() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.at(datetime(2026, 3, 4)):  # noqa: DTZ001
        pass


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Auckland", 5), ("Europe/Berlin", 5), ("America/New_York", 4)])
def test_today_is_the_date_on_the_wall(zone: str, day: int) -> None:
    with clock.at(datetime(2026, 3, 4, 23, 30, tzinfo=UTC)):
        assert clock.today(ZoneInfo(zone)).day == day


def test_the_hour_that_is_skipped_does_not_exist() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        clock.localised(datetime(2026, 3, 29, 2, 30), BERLIN)  # noqa: DTZ001
    assert clock.localised(datetime(2026, 3, 29, 3, 0), BERLIN) == datetime(2026, 3, 29, 1, tzinfo=UTC)  # noqa: DTZ001


def test_of_the_hour_that_happens_twice_the_first_is_meant() -> None:
    wall = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001
    assert clock.localised(wall, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert clock.localised(wall.replace(fold=1), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(WALLS, ZONES)
def test_what_the_wall_showed_comes_back(wall: datetime, zone: ZoneInfo) -> None:
    try:
        moment = clock.localised(wall, zone)
    except ValueError:
        past = wall + timedelta(days=2)
        before = (wall - timedelta(days=2)).replace(tzinfo=zone).utcoffset()
        assert before != past.replace(tzinfo=zone).utcoffset(), "Only where the clocks change can a time not exist."
        return
    assert moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall


@given(WALLS, ZONES)
def test_a_moment_is_found_again_by_what_the_wall_shows(moment: datetime, zone: ZoneInfo) -> None:
    """The same moment, or where the hour happens twice the one before."""
    at = moment.replace(tzinfo=UTC)
    local = at.astimezone(zone)
    found = clock.localised(local.replace(tzinfo=None), zone)
    assert found == at if local.fold == 0 else found < at
