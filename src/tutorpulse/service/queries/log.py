"""The log at a glance: how much of what is in it, and how it came in."""

import msgspec

from tutorpulse.clock import DAY_US, MINUTE_US
from tutorpulse.events.contract import TABLES
from tutorpulse.service.root import Pulse

DAYS = 60
MINUTES = 60


class EventCount(msgspec.Struct, frozen=True):
    """One type of event: how many, and the newest one's time."""

    event_type: str
    count: int
    newest_us: int


class DayCount(msgspec.Struct, frozen=True):
    """How many events happened on a UTC day; `day_us` is its midnight."""

    day_us: int
    count: int


class LogStanding(msgspec.Struct, frozen=True):
    """The whole log: by type, most first, and by day for the last 60 days, oldest first, days without events included.

    `received` counts what was received in each of the last 60 minutes up to `now_us`, oldest first.
    """

    total: int
    newest_us: int | None
    types: tuple[EventCount, ...]
    days: tuple[DayCount, ...]
    received: tuple[int, ...]
    now_us: int


def log_standing(pulse: Pulse) -> LogStanding:
    """As it is readable now."""
    types = pulse.store.query(
        f"SELECT event_type, COUNT(*) AS n, MAX(ts_us) AS newest_us FROM ({_of_all('event_type, ts_us')}) AS every"
        " GROUP BY 1 ORDER BY n DESC, 1"
    )
    found = tuple(EventCount(str(name), int(n), int(us)) for name, n, us in zip(*types.values(), strict=True))
    now_us = pulse.clock.now_us()
    return LogStanding(
        sum(one.count for one in found),
        max((one.newest_us for one in found), default=None),
        found,
        _days(pulse, now_us - now_us % DAY_US),
        _received(pulse, now_us),
        now_us,
    )


def _days(pulse: Pulse, today_us: int) -> tuple[DayCount, ...]:
    since_us = today_us - (DAYS - 1) * DAY_US
    found = pulse.store.query(
        f"SELECT ts_us // {DAY_US:d} AS day, COUNT(*) AS n FROM ({_of_all('ts_us')}) AS every"
        f" WHERE ts_us >= {since_us:d} AND ts_us < {today_us + DAY_US:d} GROUP BY 1"
    )
    counts = {int(day) * DAY_US: int(n) for day, n in zip(*found.values(), strict=True)}
    days_us = range(since_us, today_us + 1, DAY_US)
    return tuple(DayCount(day_us, counts.get(day_us, 0)) for day_us in days_us)


def _received(pulse: Pulse, now_us: int) -> tuple[int, ...]:
    since_us = now_us - MINUTES * MINUTE_US
    found = pulse.store.query(
        f"SELECT (received_us - {since_us + 1:d}) // {MINUTE_US:d} AS place, COUNT(*) AS n FROM ({_of_all('received_us')}) AS every"
        f" WHERE received_us > {since_us:d} AND received_us <= {now_us:d} GROUP BY 1"
    )
    counts = {int(place): int(n) for place, n in zip(*found.values(), strict=True)}
    return tuple(counts.get(place, 0) for place in range(MINUTES))


def _of_all(columns: str) -> str:
    return " UNION ALL ".join(f"SELECT {columns} FROM {table}" for table in TABLES)
