"""The school year: how much the day's date raises or lowers the demand for lessons."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, us_to_datetime
from tutorpulse.simulate.parameters import Calendar


def date_of(day: int) -> date:
    """The date of a day number (days since 1970-01-01)."""
    return us_to_datetime(day * DAY_US).date()


def weekday_of(day: int) -> int:
    """The weekday of a day number, Monday 0."""
    return (day + 3) % 7


@lru_cache(maxsize=4096)
def season(day: int, calendar: Calendar) -> float:
    """Factor on demand: the month's, interpolated between the middles of months, times the holiday's; 1 is an average day."""
    when = date_of(day)
    position = when.month - 1 + (when.day - 15.5) / 30.5
    months = np.array(calendar.months)
    month = float(np.interp(position % 12, np.arange(-1, 13), np.r_[months[-1], months, months[0]]))
    return month * _holiday(when, calendar)


def weekday_factor(day: int, calendar: Calendar) -> float:
    """Factor on demand of the weekday."""
    return calendar.weekdays[weekday_of(day)]


def _holiday(when: date, calendar: Calendar) -> float:
    text = when.strftime("%m-%d")
    factors = [factor for first, last, factor in calendar.breaks if first <= text <= last]
    before, after = calendar.easter_days
    if -before <= (when - easter(when.year)).days <= after:
        factors.append(calendar.easter_factor)
    return min(factors, default=1.0)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's algorithm)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    shift = d + e - 7 * ((a + 11 * d + 22 * e) // 451)
    return date(year, 3, 22) + timedelta(days=shift)


@lru_cache(maxsize=4096)
def zone_offsets_us(day: int, calendar: Calendar) -> NDArray[np.int64]:
    """Local time minus UTC of each zone, in microseconds, at noon of the day."""
    noon = datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    offsets = [noon.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0) for zone in calendar.zones]
    return np.array([offset // timedelta(microseconds=1) for offset in offsets], dtype=np.int64)
