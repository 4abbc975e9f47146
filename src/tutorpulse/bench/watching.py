"""A look each second at the memory of a served home: the process's, and what of it is the database's."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tutorpulse.bench.memory import Trend, trend_of
from tutorpulse.bench.served import Served, own_memory_mb, resident_mb
from tutorpulse.service.root import open_log
from tutorpulse.store.home import Home

LOOKS_PER_SECOND = 1
FULL_SHARE = 0.98
"""A database that reached so much of its bound has filled it."""

_HELD = """SELECT SUM(memory_usage_bytes) AS held,
    SUM(memory_usage_bytes) FILTER (tag = 'BASE_TABLE') AS kept,
    SUM(memory_usage_bytes) FILTER (tag = 'IN_MEMORY_TABLE') AS pending FROM duckdb_memory()"""


@dataclass(frozen=True)
class Sample:
    """A look at the service's memory, in megabytes: the process's own, what of files it has mapped besides (libraries and the index of ids,
    which grows by 16 bytes an event; the system takes that back at will), what of its own the database says that it holds, and what
    of that are blocks of its file that it keeps, and rows that its next checkpoint will write to the file.
    """

    at_s: float
    mb: float
    mapped_mb: float
    database_mb: float
    kept_mb: float
    pending_mb: float


def look(service: Served, home: Home, samples: list[Sample], stop: threading.Event) -> None:
    """Look until it is enough; where the system does not tell of memory, nothing is noted."""
    with open_log(home) as store:
        while not stop.wait(1 / LOOKS_PER_SECOND):
            mb, resident = own_memory_mb(service.pid), resident_mb(service.pid)
            held = store.query(_HELD)
            if mb is not None and resident is not None:
                of_database = (float(held[name][0]) / 2**20 for name in ("held", "kept", "pending"))
                samples.append(Sample(time.perf_counter(), mb, resident - mb, *of_database))


def trends_of(samples: list[Sample]) -> dict[str, Trend]:
    """Of the process's own memory, of the database within it, of the rest, of the blocks that the database keeps and the
    rows that it has yet to write, and of mapped files."""
    at_s = [sample.at_s for sample in samples]
    return {
        "memory": trend_of(at_s, [sample.mb for sample in samples]),
        "database": trend_of(at_s, [sample.database_mb for sample in samples]),
        "beside_database": trend_of(at_s, [sample.mb - sample.database_mb for sample in samples]),
        "database_kept": trend_of(at_s, [sample.kept_mb for sample in samples]),
        "database_pending": trend_of(at_s, [sample.pending_mb for sample in samples]),
        "mapped_files": trend_of(at_s, [sample.mapped_mb for sample in samples]),
    }


def filled(bound_gb: float, warm: Sequence[Sample]) -> dict[str, Any]:
    """The database's bound, and whether it was reached before the measured time."""
    bound_mb, most_mb = bound_gb * 1e9 / 2**20, max((sample.database_mb for sample in warm), default=0.0)
    return {
        "database_gb_max": bound_gb,
        "database_bound_mb": bound_mb,
        "database_warm_most_mb": most_mb,
        "database_full": most_mb >= FULL_SHARE * bound_mb,
    }
