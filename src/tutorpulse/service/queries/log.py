"""The log at a glance: how much of what is in it, and how it came in."""

import msgspec

from tutorpulse.clock import DAY_US
from tutorpulse.events.contract import TABLES
from tutorpulse.service.root import Pulse

DAYS = 60


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
    """The whole log: by type, most first, and by day for the last 60 days, oldest first, days without events included."""

    total: int
    newest_us: int | None
    types: tuple[EventCount, ...]
    days: tuple[DayCount, ...]


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


def _of_all(columns: str) -> str:
    return " UNION ALL ".join(f"SELECT {columns} FROM {table}" for table in TABLES)
