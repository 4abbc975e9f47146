"""A one-sided log of tutors, some of whom leave: enough to train on in a second."""

import numpy as np

from tests.store.batches import batch_of
from tutorpulse.clock import DAY_US
from tutorpulse.events.batch import EventBatch

DAYS = 300
_TUTORS = 260


def tutor_events(until_day: float = DAYS) -> EventBatch:
    """Completed sessions every few days until each tutor's last; half of the tutors are gone before the end."""
    rng = np.random.default_rng(11)
    events = []
    for tutor in range(_TUTORS):
        every = rng.uniform(1.5, 6)
        first, last = rng.uniform(0, 120), rng.uniform(20, 1.5 * DAYS)
        times = np.cumsum(rng.exponential(every, 200)) + first
        for number, day in enumerate(times[(times < min(last, DAYS)) & (times <= until_day)]):
            events.append(
                {
                    "event_id": f"{tutor}-{number}",
                    "event_type": "session_completed",
                    "ts_us": int(day * DAY_US),
                    "session_id": f"s{tutor}-{number}",
                    "tutor_id": f"t{tutor:03d}",
                    "student_id": "-",
                }
            )
    return batch_of(events)
