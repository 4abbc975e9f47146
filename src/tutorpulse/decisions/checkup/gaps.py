"""Gaps in time: stretches of days without any event, where the days around leave no doubt that there should be some."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.checkup.facts import DayCounts

AROUND_DAYS = 28
"""How far on either side the usual rhythm is looked for; twice the gap's own length where that is more."""

QUIETEST_EVENTS = 10
"""A silence is out of rhythm if every stretch of its length around it had at least as many events."""


@dataclass(frozen=True)
class Gap:
    """`days` days without an event, from `first_day` (days since the epoch) on."""

    first_day: int
    days: int


def find_gaps(counts: DayCounts) -> list[Gap]:
    """The silences that the rhythm of the days around them does not explain, in order of time.

    So an empty Sunday is no gap where Sundays are empty, nor are days in a log of few events; a day is one in a log that
    has dozens each day. A silence is none where the log before it is shorter than it, and so has no rhythm to break.
    """
    if len(counts.day) == 0:
        return []
    first = int(counts.day[0])
    dense = np.zeros(int(counts.day[-1]) - first + 1, np.int64)
    dense[counts.day - first] = counts.events
    before = np.concatenate([[0], np.cumsum(dense)])
    return [
        Gap(first + start, end - start)
        for start, end in _silences(counts.day - first)
        if _out_of_rhythm(before, start, end)
    ]


def _silences(day: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Runs of empty days between the given ones, as (first, end)."""
    broken = np.flatnonzero(np.diff(day) > 1)
    return [(int(day[i]) + 1, int(day[i + 1])) for i in broken]


def _out_of_rhythm(before: NDArray[np.int64], start: int, end: int) -> bool:
    """`before` is the number of events before each day."""
    length, around = end - start, max(AROUND_DAYS, 2 * (end - start))
    sides = before[max(0, start - around) : start + 1], before[end : end + around + 1]
    stretches = [side[length:] - side[:-length] for side in sides if len(side) > length]
    return len(sides[0]) > length and all(stretch.min() >= QUIETEST_EVENTS for stretch in stretches)
