"""Time is an argument: integer microseconds since 1970-01-01 UTC, read from a clock that tests can advance."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from tutorpulse.errors import InputError

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
WEEK_US = 7 * DAY_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Whatever tells the time."""

    def now_us(self) -> int:
        """The present, in microseconds since the epoch."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        """The present, in microseconds since the epoch."""
        return datetime_to_us(datetime.now(UTC))


@dataclass
class FixedClock:
    """A clock that stands still until it is moved."""

    us: int

    def now_us(self) -> int:
        """The time it was set to, in microseconds since the epoch."""
        return self.us

    def advance(self, us: int) -> None:
        """Move it on by `us` microseconds."""
        self.us += us


def datetime_to_us(moment: datetime) -> int:
    """Microseconds since the epoch, exactly; a moment without an offset is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND


def us_to_datetime(us: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + timedelta(microseconds=us)


def parse_time(text: str) -> int:
    """RFC 3339 date-time, or a plain date (its first instant), to microseconds since the epoch.

    Raises:
        InputError: `text` is neither.
    """
    try:
        return datetime_to_us(datetime.fromisoformat(text))
    except ValueError:
        raise InputError(
            f"{text!r} is not a time. Give a date such as 2026-03-01, or a date and time such as 2026-03-01T08:30:00Z."
        ) from None


def format_time(us: int) -> str:
    """RFC 3339 in UTC with a trailing Z, without a fraction where there is none."""
    return us_to_datetime(us).isoformat().replace("+00:00", "Z")


def midnight_before(us: int) -> int:
    """The last 00:00 UTC at or before `us`."""
    return us - us % DAY_US
