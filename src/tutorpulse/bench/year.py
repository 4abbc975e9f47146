"""The homes that the served benchmarks begin with: a year of a marketplace up to now, and the events that come after it."""

from collections import deque
from collections.abc import Collection, Iterator
from itertools import chain
from random import Random

from tutorpulse.bench.marketplace import BATCH_EVENTS, Plan, batches, ndjson
from tutorpulse.clock import DAY_US
from tutorpulse.errors import TutorpulseError

STUDENTS_PER_TUTOR = 5
FEWEST_TUTORS = 20

_YEAR_DAYS = 365
_NEW_DAYS = 10
_SPARE = 10
"""For so many events one more is made, as what would lie after now is left out."""
_TOGETHER = 100


def year_plan(events: int, tutors: int, now_us: int) -> Plan:
    """A year up to now, of at least 20 tutors and five students for each."""
    tutors = max(FEWEST_TUTORS, tutors)
    return Plan(
        events=events,
        tutors=tutors,
        students=STUDENTS_PER_TUTOR * tutors,
        start_us=now_us - _YEAR_DAYS * DAY_US,
        until_us=now_us,
    )


def newest_lines(home: Plan, now_us: int, count: int) -> list[bytes]:
    """The newest of the last ten days' new events about the home's tutors and students, in order of booking, a line each.

    Raises:
        TutorpulseError: the plan gave fewer.
    """
    return _enough(deque(_lines(home, now_us, _NEW_DAYS, 2 * count), maxlen=count), count)


def spread_lines(home: Plan, now_us: int, count: int) -> list[bytes]:
    """New events of the year up to now about the home's tutors and students, a line each, a hundred that follow each other at a time, in random order.

    However many of them a home takes, no part of its year comes to be denser than another.

    Raises:
        TutorpulseError: the plan gave fewer.
    """
    made = list(_lines(home, now_us, _YEAR_DAYS, count + count // _SPARE))
    order = list(range(0, len(made), _TOGETHER))
    Random(home.seed).shuffle(order)
    return _enough([line for start in order for line in made[start : start + _TOGETHER]][:count], count)


def _lines(home: Plan, now_us: int, days: int, events: int) -> Iterator[bytes]:
    plan = Plan(
        events=events + BATCH_EVENTS,
        tutors=home.tutors,
        students=home.students,
        start_us=now_us - days * DAY_US,
        days=days,
        seed=1_000 + home.seed,
        until_us=now_us,
    )
    return chain.from_iterable(ndjson(batch).splitlines() for batch in batches(plan))


def _enough(lines: Collection[bytes], count: int) -> list[bytes]:
    if len(lines) < count:
        raise TutorpulseError(f"The plan of events gave {len(lines)} of {count}.")
    return list(lines)
