"""The homes that the served benchmarks begin with: a year of a marketplace up to now, and the events that come after it."""

from collections import deque
from itertools import chain

from tutorpulse.bench.marketplace import BATCH_EVENTS, Plan, batches, ndjson
from tutorpulse.clock import DAY_US
from tutorpulse.errors import TutorpulseError

STUDENTS_PER_TUTOR = 5
FEWEST_TUTORS = 20

_NEW_DAYS = 10


def year_plan(events: int, tutors: int, now_us: int) -> Plan:
    """A year up to now, of at least 20 tutors and five students for each."""
    tutors = max(FEWEST_TUTORS, tutors)
    return Plan(
        events=events,
        tutors=tutors,
        students=STUDENTS_PER_TUTOR * tutors,
        start_us=now_us - 365 * DAY_US,
        until_us=now_us,
    )


def newest_lines(home: Plan, now_us: int, count: int) -> list[bytes]:
    """The newest of the last ten days' new events about the home's tutors and students, in order of booking, a line each.

    Raises:
        TutorpulseError: the plan gave fewer.
    """
    plan = Plan(
        events=2 * count + BATCH_EVENTS,
        tutors=home.tutors,
        students=home.students,
        start_us=now_us - _NEW_DAYS * DAY_US,
        days=_NEW_DAYS,
        seed=1_000 + home.seed,
        until_us=now_us,
    )
    lines = deque(chain.from_iterable(ndjson(batch).splitlines() for batch in batches(plan)), maxlen=count)
    if len(lines) < count:
        raise TutorpulseError(f"The plan of events gave {len(lines)} of {count}.")
    return list(lines)
