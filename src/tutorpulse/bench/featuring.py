"""`bench features`: seconds for all features of all tutors of a large log, and of a hundred of them."""

from statistics import median
from typing import Any

from numpy.typing import NDArray

from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.harness import Options, Result, peak_memory_gb, result, seconds
from tutorpulse.errors import HistoryError
from tutorpulse.features.compute import compute
from tutorpulse.features.references import References
from tutorpulse.store.log import EventStore

SOME = 100
SOME_REPEATS = 3
_ONE_PASS = "SELECT tutor_id, COUNT(*), MAX(time_us), SUM(price) FROM settled_sessions GROUP BY tutor_id"


def run(options: Options) -> Result:
    """All 46 with context and facts, of all tutors, as of the newest event. Each repeat asks anew, the population of the
    last midnight included; sessions are settled before, as appending leaves them to the first read. Beside it a hundred
    tutors, again and again as a live service asks that has opened the home, and the students. The limit is one pass of DuckDB over
    the sessions: three aggregates by tutor, which no way of computing features can do without."""
    home = filled_home(options)
    with EventStore.open(home) as store:
        settled = seconds(store.settle)
    with EventStore.open(home) as store:
        as_of_us = store.newest_us()
        if as_of_us is None:
            raise HistoryError("The home of the benchmark holds no events. Give more with --events.")
        everybody = store.entity_ids("tutor")
        some = everybody[:: max(1, len(everybody) // SOME)][:SOME]
        few = _few(store, as_of_us, some, SOME_REPEATS * options.repeats)
        values = [seconds(lambda: compute(store, "tutor", as_of_us)) for _ in range(options.repeats)]
        memory = peak_memory_gb()
        students = seconds(lambda: compute(store, "student", as_of_us))
        limit = min(seconds(lambda: store.query(_ONE_PASS)) for _ in range(3))
        details = {
            "events": len(store),
            "tutors": len(everybody),
            "some_tutors": len(some),
            "some_tutors_seconds": median(few),
            "some_tutors_repeats": few,
            "students_seconds": students,
            "settle_seconds": settled,
            "peak_memory_gb": memory,
        }
    return result("features", "s", values, limit, details, smaller_is_better=True)


def _few(store: EventStore, as_of_us: int, ids: NDArray[Any], repeats: int) -> list[float]:
    """Seconds of each request for the same few, after a first that works out the population of the day."""
    kept = References()
    compute(store, "tutor", as_of_us, entity_ids=ids, references=kept)
    return [
        seconds(lambda: compute(store, "tutor", as_of_us, entity_ids=ids, references=kept))
        for _ in range(repeats)
    ]
