"""The only place that reads the time. It can be set for a while, so that a demo lives through its months."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from time import time_ns
from zoneinfo import ZoneInfo

_set: ContextVar[datetime | None] = ContextVar("kap_clock", default=None)


def now() -> datetime:
    """This moment, in UTC."""
    return _set.get() or datetime.now(UTC)


def stamp() -> int:
    """Milliseconds of the real time: keys sort by when they were made, whatever the clock is set to."""
    return time_ns() // 1_000_000


def today(zone: ZoneInfo) -> date:
    """The date that a clock on the wall in `zone` shows."""
    return now().astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of `day` in `zone`, in UTC; also where the clocks are put forward at midnight."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Stand still at `moment` (with a zone) inside the block."""
    if moment.tzinfo is None:
        raise ValueError("The clock is set to a moment with a time zone.")
    token = _set.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set.reset(token)


def localised(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which clocks in `zone` show `wall`, in UTC; ValueError for an hour that is skipped.

    Of an hour that happens twice the first is meant.
    """
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wall:
        raise ValueError("The clocks are put forward over this time: it does not exist on that day.")
    return moment
