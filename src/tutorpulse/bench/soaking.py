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
from tutorpulse.bench.harness import Options, Result, machine
from tutorpulse.bench.loading import figures, until_scored
from tutorpulse.bench.memory import sentence
from tutorpulse.bench.posting import Connection
from tutorpulse.bench.served import Served, logged_problems, refresh_whole, served
from tutorpulse.bench.waits import together, waits_of
from tutorpulse.bench.watching import Sample, filled, look, trends_of
from tutorpulse.bench.year import spread_lines, year_plan
from tutorpulse.clock import SystemClock
from tutorpulse.errors import TutorpulseError
from tutorpulse.store.home import Home

SECONDS = 600.0
DATABASE_SHARE = 0.75
"""What the database may have of memory, of the size of the log's file: less than it reads, so that its cache is full at once."""
WARM_SHARE = 1
"""The same load goes before the time that is measured, for so much of it."""

EVENTS_PER_TUTOR = 500
EVENTS_PER_SECOND = 500
"""So many that the lanes have time to spare: where they have next to none, looks grow with each event that the home holds more, and the load is not steady."""
POST_EVENTS = 100
READS_PER_SECOND = 10


_OK = 200


@dataclass
class _Seen:
    """What came of the requests of one kind: seconds of each, and what failed."""

    each: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def p99_ms(self) -> float | None:
        return float(np.quantile(self.each, 0.99)) * 1_000 if self.each else None


def run(options: Options) -> Result:
    """Post 500 events a second in posts of a hundred, while one entity, a page and the summary are read ten times a second by turns, and
    look at the service's memory each second.

    The service is the one that users run, but for two settings of its home. The database may have three quarters of the size of the log's
    file (`database_gb_max`). Its buffers are a cache: they grow as more of the file is read, and as the file grows, until that bound is reached, however
    long that takes, and then never more. A bound that the operator sets says nothing of a leak while it is not reached; so it is one that the part
    before the measured time fills, and what is measured is the whole process with its cache full. `database_full` says whether it was. And the daily
    upkeep, which is another load, is put off (`nightly_upkeep`); the database is put in order where the run meets `upkeep_hour`.

    The events are of all of the home's year, a hundred that follow each other at a time in random order: were they all of the last days, as live ones are, those would
    come to be several times as dense within the minutes of a run, looks at people as large, and the load would not be steady.

    Everybody is scored, and then the same load goes before the measured time for as long, so that every part has seen work: what is kept of everybody who
    waits, and DuckDB's queues of blocks that were let go, have a bound that they reach in minutes only. Between two
    checkpoints the rows that came since are in memory (`database_pending`): some minutes of rise and a fall, of which
    the measured time should hold several. Nothing is left out of what is measured: see `memory.Trend` for the rule by which memory is said to be flat.

    The value is the events a second that were acknowledged, the warm part included; the limit is the pace asked for. Errors, posts, reads and
    how soon predictions were fresh are those of all the load; what the service logged as a warning or an error is told beside them. Runs once.
    """
    lasts_s = options.seconds or SECONDS
    warm_s = WARM_SHARE * lasts_s
    now_us = SystemClock().now_us()
    plan = year_plan(options.events, options.events // EVENTS_PER_TUTOR, now_us)
    home = filled_home(options, plan)
    bound_gb = _bounded(home)
    count = POST_EVENTS * round(EVENTS_PER_SECOND * (warm_s + lasts_s) / POST_EVENTS)
    lines = spread_lines(plan, now_us, count)
    writes, reads = _Seen(), _Seen()
    samples: list[Sample] = []
    with served(home) as service:
        refresh_whole(home)
        before = together(waits_of(figures(service)))
        began = time.perf_counter()
        with _beside(service, home, plan.tutors, reads, samples):
            seconds = _write(service, lines, writes, options.progress)
        until_scored(service)
        waits = together(waits_of(figures(service))).minus(before)
    warm = [sample for sample in samples if sample.at_s < began + warm_s]
    trends = trends_of([sample for sample in samples if sample.at_s >= began + warm_s])
    details = {
        "events_before": options.events,
        "warm_seconds": warm_s,
        "seconds": seconds - warm_s,
        **_told(writes, reads),
        "fresh_p50_s": waits.quantile_s(0.5),
        "fresh_p99_s": waits.quantile_s(0.99),
        **_logged(home),
        **filled(bound_gb, warm),
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
    if not details["database_full"]:
        verdict += " The database had not filled its bound before, so a rise may be that of its cache."
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


def _logged(home: Home) -> dict[str, Any]:
    problems = logged_problems(home)
    return {"service_warnings": len(problems), "first_service_warning": next(iter(problems), None)}


def _bounded(home: Home) -> float:
    """Give the home its two settings; the gigabytes that its database may have."""
    wanted_gb = round(DATABASE_SHARE * home.events_path.stat().st_size / 1e9, 2)
    bound_gb = max(settings.DATABASE_GB_LEAST, wanted_gb)
    return settings.save(home.path, {"database_gb_max": bound_gb, "nightly_upkeep": False}).database_gb_max


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
    work = (lambda: _read(service, tutors, reads, stop), lambda: look(service, home, samples, stop))
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
