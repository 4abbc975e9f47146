"""`bench soak`: a service under steady load for a while: does its memory stay flat, and does anything fail?"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.freshness import newest_lines, plan_of
from tutorpulse.bench.harness import Options, Result, machine
from tutorpulse.bench.posting import Connection
from tutorpulse.bench.served import Served, refresh_whole, resident_mb, served
from tutorpulse.clock import SystemClock
from tutorpulse.errors import TutorpulseError
from tutorpulse.service.root import open_log
from tutorpulse.store.home import Home

SECONDS = 600.0
EVENTS_PER_SECOND = 1_000
POST_EVENTS = 100
READS_PER_SECOND = 10
SAMPLES_PER_SECOND = 1
WARM_SHARE = 1 / 3
"""The first part of the run, in which caches fill, is left out of the regression."""

_OK = 200


@dataclass
class _Seen:
    """What came of the requests of one kind: seconds of each, and what failed."""

    each: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def p99_ms(self) -> float | None:
        return float(np.quantile(self.each, 0.99)) * 1_000 if self.each else None


@dataclass(frozen=True)
class Sample:
    """A look at the service's memory: at which second, in megabytes, and without what the database says it holds of its file and of queries.

    The database keeps what it read and wrote, up to its limit (`store.log.DEFAULT_MEMORY_GB`): that grows with the log.
    """

    at_s: float
    mb: float
    beside_mb: float


@dataclass(frozen=True)
class Slope:
    """How memory grew, by least squares: megabytes an hour with the standard error of that, and the mean."""

    mb_per_hour: float
    standard_error: float
    mean_mb: float


def run(options: Options) -> Result:
    """Post 1,000 events a second in posts of a hundred, while one entity, a page and the summary are read ten times a second by turns, and
    look at the service's memory each second. The value is the events a second that were acknowledged; the limit is the pace asked
    for. The slope of memory is by regression over the last two thirds; its standard error takes samples as independent. Runs once.
    """
    lasts_s = options.seconds or SECONDS
    now_us = SystemClock().now_us()
    plan = plan_of(options, now_us)
    home = filled_home(options, plan)
    lines = newest_lines(plan, now_us, 7, int(EVENTS_PER_SECOND * lasts_s))
    writes, reads = _Seen(), _Seen()
    samples: list[Sample] = []
    with served(home) as service:
        refresh_whole(home)
        with _beside(service, home, plan.tutors, reads, samples):
            seconds = _write(service, lines, writes, options.progress)
    whole, beside = slope_of(samples, "mb"), slope_of(samples, "beside_mb")
    details = {
        "events_before": options.events,
        "seconds": seconds,
        "errors": len(writes.errors) + len(reads.errors),
        "first_error": next(iter([*writes.errors, *reads.errors]), None),
        "posts": len(writes.each),
        "post_p99_ms": writes.p99_ms(),
        "reads": len(reads.each),
        "read_p99_ms": reads.p99_ms(),
        "memory_mb": [samples[0].mb, samples[-1].mb],
        "memory_mb_per_hour": whole.mb_per_hour,
        "memory_mb_per_hour_standard_error": whole.standard_error,
        "beside_database_mb": [samples[0].beside_mb, samples[-1].beside_mb],
        "beside_database_mb_per_hour": beside.mb_per_hour,
        "beside_database_mb_per_hour_standard_error": beside.standard_error,
    }
    speed = POST_EVENTS * (len(writes.each) - len(writes.errors)) / seconds
    pace = float(EVENTS_PER_SECOND)
    return Result("soak", speed, "events/s", pace, speed / pace, None, (speed,), machine(), details)


def slope_of(samples: Sequence[Sample], what: Literal["mb", "beside_mb"]) -> Slope:
    """Of the last two thirds of the time.

    Raises:
        TutorpulseError: there are fewer than three samples of them.
    """
    at_s = np.array([sample.at_s for sample in samples])
    mb = np.array([getattr(sample, what) for sample in samples])
    late = at_s >= at_s[0] + WARM_SHARE * (at_s[-1] - at_s[0]) if len(at_s) else np.empty(0, bool)
    if late.sum() < 3:
        raise TutorpulseError("The run was too short to tell how memory grew. Give more seconds.")
    hours, mb = at_s[late] / 3_600, mb[late]
    off = hours - hours.mean()
    slope = float(off @ (mb - mb.mean()) / (off @ off))
    left = mb - mb.mean() - slope * off
    error = float(np.sqrt(left @ left / (len(mb) - 2) / (off @ off)))
    return Slope(slope, error, float(mb.mean()))


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
            mb = resident_mb(service.pid)
            held = store.query("SELECT SUM(memory_usage_bytes) AS n FROM duckdb_memory()")["n"][0]
            if mb is not None:
                samples.append(Sample(time.perf_counter(), mb, mb - float(held) / 2**20))
