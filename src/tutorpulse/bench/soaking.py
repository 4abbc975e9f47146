"""`bench soak`: a service under steady load for a while: does its memory stay flat, and does anything fail?"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tutorpulse import settings
from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.freshness import newest_lines, plan_of
from tutorpulse.bench.harness import Options, Result, machine
from tutorpulse.bench.memory import Trend, sentence, trend_of
from tutorpulse.bench.posting import Connection
from tutorpulse.bench.served import Served, own_memory_mb, refresh_whole, resident_mb, served
from tutorpulse.clock import SystemClock
from tutorpulse.errors import TutorpulseError
from tutorpulse.service.root import open_log
from tutorpulse.store.home import Home

SECONDS = 600.0
DATABASE_SHARE = 1.25
"""What the database may have of memory, of the size of the log's file."""
WARM_SHARE = 1 / 2
"""The same load goes before the time that is measured, for so much of it."""

EVENTS_PER_SECOND = 1_000
POST_EVENTS = 100
READS_PER_SECOND = 10
SAMPLES_PER_SECOND = 1

_OK = 200
_HELD = """SELECT SUM(memory_usage_bytes) AS held,
    SUM(memory_usage_bytes) FILTER (tag = 'BASE_TABLE') AS kept FROM duckdb_memory()"""


@dataclass
class _Seen:
    """What came of the requests of one kind: seconds of each, and what failed."""

    each: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def p99_ms(self) -> float | None:
        return float(np.quantile(self.each, 0.99)) * 1_000 if self.each else None


@dataclass(frozen=True)
class Sample:
    """A look at the service's memory, in megabytes: the process's own, what of files it has mapped besides (libraries and the index of ids,
    which grows by 16 bytes an event; the system takes that back at will), what of its own the database says that it holds, and what
    of that are blocks of its file that it keeps.
    """

    at_s: float
    mb: float
    mapped_mb: float
    database_mb: float
    kept_mb: float


def run(options: Options) -> Result:
    """Post 1,000 events a second in posts of a hundred, while one entity, a page and the summary are read ten times a second by turns, and
    look at the service's memory each second.

    The service is the one that users run, but for two settings of its home. The database may have a quarter more than the log's file is
    large (`database_gb_max`): so its queries reach that bound from the start, and what it keeps of the file has to make room for them,
    where by default it would go on to keep what is written, some fifty bytes an event. And the daily upkeep, which would begin ten minutes
    after the start and is another load, is put off (`nightly_upkeep`). Everybody is scored, and then the same load goes before the
    measured time for half of it, so that every part has seen work and the database has checkpointed. Nothing is left out of what is measured
    then: see `memory.Trend` for the rule by which memory is said to be flat.

    The value is the events a second that were acknowledged, the warm part included; the limit is the pace asked for. Errors, posts and reads are those of all the load. Runs once.
    """
    lasts_s = options.seconds or SECONDS
    warm_s = WARM_SHARE * lasts_s
    now_us = SystemClock().now_us()
    plan = plan_of(options, now_us)
    home = filled_home(options, plan)
    bound_gb = _bounded(home)
    count = POST_EVENTS * round(EVENTS_PER_SECOND * (warm_s + lasts_s) / POST_EVENTS)
    lines = newest_lines(plan, now_us, 7, count)
    writes, reads = _Seen(), _Seen()
    samples: list[Sample] = []
    with served(home) as service:
        refresh_whole(home)
        began = time.perf_counter()
        with _beside(service, home, plan.tutors, reads, samples):
            seconds = _write(service, lines, writes, options.progress)
    trends = _trends([sample for sample in samples if sample.at_s >= began + warm_s])
    details = {
        "events_before": options.events,
        "warm_seconds": warm_s,
        "seconds": seconds - warm_s,
        **_told(writes, reads),
        "database_gb_max": bound_gb,
        "log_file_mb": home.events_path.stat().st_size / 2**20,
        "flat": trends["memory"].is_flat(),
        **{name: trend.as_data() for name, trend in trends.items()},
    }
    speed = POST_EVENTS * (len(writes.each) - len(writes.errors)) / seconds
    pace = float(EVENTS_PER_SECOND)
    parts = {
        "database": "database",
        "beside_database": "beside it",
        "mapped_files": "mapped files, not counted",
    }
    verdict = sentence(trends["memory"], {said: trends[name] for name, said in parts.items()})
    return Result("soak", speed, "events/s", pace, speed / pace, None, (speed,), machine(), details, verdict)


def _told(writes: _Seen, reads: _Seen) -> dict[str, Any]:
    return {
        "errors": len(writes.errors) + len(reads.errors),
        "first_error": next(iter([*writes.errors, *reads.errors]), None),
        "posts": len(writes.each),
        "post_p99_ms": writes.p99_ms(),
        "reads": len(reads.each),
        "read_p99_ms": reads.p99_ms(),
    }


def _bounded(home: Home) -> float:
    """Give the home its two settings; the gigabytes that its database may have."""
    wanted_gb = round(DATABASE_SHARE * home.events_path.stat().st_size / 1e9, 2)
    bound_gb = max(settings.DATABASE_GB_LEAST, wanted_gb)
    return settings.save(home.path, {"database_gb_max": bound_gb, "nightly_upkeep": False}).database_gb_max


def _trends(samples: list[Sample]) -> dict[str, Trend]:
    """Of the process's own memory, of the database within it, of the rest, of the blocks that the database keeps, and of mapped files."""
    at_s = [sample.at_s for sample in samples]
    return {
        "memory": trend_of(at_s, [sample.mb for sample in samples]),
        "database": trend_of(at_s, [sample.database_mb for sample in samples]),
        "beside_database": trend_of(at_s, [sample.mb - sample.database_mb for sample in samples]),
        "database_kept": trend_of(at_s, [sample.kept_mb for sample in samples]),
        "mapped_files": trend_of(at_s, [sample.mapped_mb for sample in samples]),
    }


def _write(service: Served, lines: list[bytes], seen: _Seen, progress: Callable[[int, int], None]) -> float:
    """Post at an even pace; seconds in all."""
    connection = Connection(service)
    began = time.perf_counter()
    for start in range(0, len(lines), POST_EVENTS):
        time.sleep(max(0.0, began + start / EVENTS_PER_SECOND - time.perf_counter()))
        body = b"\n".join(lines[start : start + POST_EVENTS])
        head = service.head("POST", "/v1/events", "application/x-ndjson", len(body))
        _ask(connection, (head, body), seen)
        progress(start + POST_EVENTS, len(lines))
    connection.close()
    return max(time.perf_counter() - began, len(lines) / EVENTS_PER_SECOND)


def _ask(connection: Connection, request: tuple[bytes, bytes], seen: _Seen) -> None:
    began = time.perf_counter()
    status, answer = connection.ask(*request)
    seen.each.append(time.perf_counter() - began)
    if status != _OK:
        seen.errors.append(f"{status}: {answer[:300].decode(errors='replace')}")


@contextmanager
def _beside(service: Served, home: Home, tutors: int, reads: _Seen, samples: list[Sample]) -> Iterator[None]:
    """Readers and the look at memory, as long as the context lasts."""
    stop = threading.Event()
    work = (lambda: _read(service, tutors, reads, stop), lambda: _sample(service, home, samples, stop))
    threads = [threading.Thread(target=each, daemon=True) for each in work]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _read(service: Served, tutors: int, seen: _Seen, stop: threading.Event) -> None:
    connection = Connection(service)
    turn = 0
    while not stop.wait(1 / READS_PER_SECOND):
        paths = (
            "/v1/tutors?limit=100",
            f"/v1/tutors/tutor_{turn % tutors:06d}",
            "/v1/summary",
            "/insights/recent?limit=20",
        )
        try:
            _ask(connection, (service.head("GET", paths[turn % len(paths)]), b""), seen)
        except (OSError, TutorpulseError) as error:
            seen.errors.append(str(error))
            connection = Connection(service)
        turn += 1
    connection.close()


def _sample(service: Served, home: Home, samples: list[Sample], stop: threading.Event) -> None:
    with open_log(home) as store:
        while not stop.wait(1 / SAMPLES_PER_SECOND):
            mb, resident = own_memory_mb(service.pid), resident_mb(service.pid)
            held = store.query(_HELD)
            if mb is not None and resident is not None:
                database_mb, kept_mb = (float(held[name][0]) / 2**20 for name in ("held", "kept"))
                samples.append(Sample(time.perf_counter(), mb, resident - mb, database_mb, kept_mb))
