"""Local time as data: the offsets from UTC of named zones over a span, so that no engine needs to know time zones."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, us_to_datetime

ALWAYS_US = 2**62
"""The span's ends are open: its first offset holds before it, its last one after it."""


def zone_offsets(
    zones: Iterable[str], fallback: str, start_us: int, end_us: int
) -> tuple[tuple[str, int, int, int], ...]:
    """Rows (zone, from_us, until_us, offset_us), half-open, for each zone and the fallback; together they cover all time.

    Changes of offset between `start_us` and `end_us` are exact to the microsecond; beyond them the nearest offset holds.
    A name that is no IANA zone gets the fallback's rows.
    """
    span = (start_us - start_us % DAY_US, end_us - end_us % DAY_US + DAY_US)
    return tuple(
        (zone, *row)
        for zone in sorted({*zones, fallback})
        for row in (_spans(zone, *span) or _spans(fallback, *span))
    )


def zone_columns(rows: Sequence[tuple[str, int, int, int]]) -> dict[str, NDArray[Any]]:
    """The rows of `zone_offsets` by column: `zone`, `from_us`, `until_us`, `offset_us`."""
    zone, *numbers = zip(*rows, strict=True)
    columns = (np.array(column, np.int64) for column in numbers)
    return dict(
        zip(("zone", "from_us", "until_us", "offset_us"), (np.array(zone, object), *columns), strict=True)
    )


@lru_cache(maxsize=4096)
def _spans(zone: str, start_us: int, end_us: int) -> tuple[tuple[int, int, int], ...]:
    """Rows (from_us, until_us, offset_us), none where the zone is unknown."""
    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ()
    changes = [-ALWAYS_US]
    for day in range(start_us, end_us, DAY_US):
        if _offset(info, day) != _offset(info, day + DAY_US):
            changes.append(_change(info, day, day + DAY_US))
    ends = [*changes[1:], ALWAYS_US]
    return tuple((a, b, _offset(info, max(a, start_us))) for a, b in zip(changes, ends, strict=True))


def _change(info: ZoneInfo, before_us: int, after_us: int) -> int:
    """The first microsecond with the later offset, by bisection."""
    old = _offset(info, before_us)
    while after_us - before_us > 1:
        middle = (before_us + after_us) // 2
        if _offset(info, middle) == old:
            before_us = middle
        else:
            after_us = middle
    return after_us


def _offset(info: ZoneInfo, us: int) -> int:
    offset = us_to_datetime(us).astimezone(info).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)
