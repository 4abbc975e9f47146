"""`bench freshness`: from an event's receipt to the prediction made with it, while events keep coming."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.harness import Options, Result, result
from tutorpulse.bench.marketplace import BATCH_EVENTS, Plan, batches, ndjson
from tutorpulse.bench.posting import Connection
from tutorpulse.bench.served import Served, refresh_whole, resident_mb, served
from tutorpulse.clock import DAY_US, SystemClock
from tutorpulse.errors import TutorpulseError
from tutorpulse.store.home import Home

EVENTS_PER_SECOND = 2_000
POST_EVENTS = 100
LOAD_S = 60
IDLE_EVENTS = 10
READS_PER_SECOND = 20
PAGE = 100

_HISTOGRAM = "tutorpulse_freshness_seconds"


def run(options: Options) -> Result:
    """Each repeat posts 2,000 events a second for a minute, about half of the tutors, in posts of a hundred. The value is the
    99th percentile of the time from receipt to readable, over all entities that events touched, as the service counts it. Then
    everybody is refreshed while events keep coming; meanwhile one entity and a page are read by turns. The limit is the mean
    time that a single event takes with nothing else to do.
    """
    now_us = SystemClock().now_us()
    plan = plan_of(options, now_us)
    home = filled_home(options, plan)
    with served(home) as service:
        alone_s = refresh_whole(home)
        idle = _idle(service, newest_lines(plan, now_us, 1, IDLE_EVENTS))
        reads = _Reads(service, plan.tutors)
        p99, whole = [], []
        for repeat in range(options.repeats):
            lines = newest_lines(plan, now_us, 2 + repeat, EVENTS_PER_SECOND * LOAD_S)
            before = _freshness(service)
            _load(service, lines)
            p99.append(_quantile(_less(_freshness(service), before), 0.99))
            whole.append(
                _whole_under_load(service, home, reads, newest_lines(plan, now_us, 99 + repeat, len(lines)))
            )
        memory_mb = resident_mb(service.pid)
    details = {
        "events_before": options.events,
        "tutors": plan.tutors,
        "students": plan.students,
        "events_per_second": EVENTS_PER_SECOND,
        "whole_refresh_alone_seconds": alone_s,
        "whole_refresh_under_load_seconds": whole,
        "read_one_p99_ms": reads.p99_ms("one"),
        "read_page_p99_ms": reads.p99_ms("page"),
        "reads": {name: len(times) for name, times in reads.seconds.items()},
        "service_memory_mb": memory_mb,
    }
    return result("freshness", "s", p99, idle, details, smaller_is_better=True)


def plan_of(options: Options, now_us: int) -> Plan:
    """A year of a marketplace up to now: a tutor for 500 events, a student for 100."""
    return Plan(
        events=options.events,
        tutors=max(20, options.events // 500),
        students=max(100, options.events // 100),
        start_us=now_us - 365 * DAY_US,
        until_us=now_us,
    )


def newest_lines(home: Plan, now_us: int, seed: int, count: int) -> list[bytes]:
    """The newest of ten days' events about half of the home's tutors and students."""
    plan = Plan(
        events=2 * count + BATCH_EVENTS,
        tutors=home.tutors // 2,
        students=home.students // 2,
        start_us=now_us - 10 * DAY_US,
        days=10,
        seed=1_000 + seed,
        until_us=now_us,
    )
    lines = b"".join(ndjson(batch) for batch in batches(plan)).splitlines()
    if len(lines) < count:
        raise TutorpulseError(f"The plan of events gave {len(lines)} of {count}.")
    return lines[-count:]


def _idle(service: Served, lines: list[bytes]) -> float:
    """Mean seconds from receipt to readable of single events, each sent when the one before is done."""
    before = _freshness(service)
    for line in lines:
        seen = _freshness(service).count
        _post(service, [line])
        _until(partial(_is_beyond, service, seen))
    done = _less(_freshness(service), before)
    return done.sum_s / done.count


def _is_beyond(service: Served, count: float) -> bool:
    return _freshness(service).count > count


def _load(service: Served, lines: list[bytes], stop: threading.Event | None = None) -> None:
    """Post at an even pace, and wait until all of it is scored."""
    connection = Connection(service)
    began = time.perf_counter()
    for start in range(0, len(lines), POST_EVENTS):
        if stop is not None and stop.is_set():
            break
        time.sleep(max(0.0, began + start / EVENTS_PER_SECOND - time.perf_counter()))
        _post(service, lines[start : start + POST_EVENTS], connection)
    connection.close()
    if stop is None:
        _until(lambda: _waiting(service) == 0)


def _post(service: Served, lines: list[bytes], connection: Connection | None = None) -> None:
    body = b"\n".join(lines) + b"\n"
    asked = connection or Connection(service)
    status, said = asked.ask(service.head("POST", "/v1/events", "application/x-ndjson", len(body)), body)
    if connection is None:
        asked.close()
    if status != 200:
        raise TutorpulseError(f"A post was answered with {status}: {said[:300]!r}.")


def _whole_under_load(service: Served, home: Home, reads: "_Reads", lines: list[bytes]) -> float:
    """Seconds for a whole refresh while events come in and predictions are read."""
    enough = threading.Event()
    load = threading.Thread(target=_load, args=(service, lines, enough), daemon=True)
    load.start()
    with reads.going_on():
        seconds = refresh_whole(home)
    enough.set()
    load.join()
    return seconds


@dataclass
class _Reads:
    """Reads one entity and a page by turns, and notes how long each took."""

    service: Served
    tutors: int
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"one": [], "page": []})

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Reads within the context."""
        enough = threading.Event()
        thread = threading.Thread(target=self._read, args=(enough,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            enough.set()
            thread.join()

    def p99_ms(self, name: str) -> float:
        """The 99th percentile of one of the two."""
        return float(np.quantile(self.seconds[name], 0.99)) * 1000

    def _read(self, enough: threading.Event) -> None:
        connection = Connection(self.service)
        draw = np.random.default_rng(1)
        while not enough.wait(1 / READS_PER_SECOND):
            one = f"/v1/tutors/tutor_{draw.integers(self.tutors):06d}"
            for name, path in (("one", one), ("page", f"/v1/tutors?limit={PAGE}")):
                began = time.perf_counter()
                status, said = connection.ask(self.service.head("GET", path))
                self.seconds[name].append(time.perf_counter() - began)
                if status != 200:
                    raise TutorpulseError(f"{path} was answered with {status}: {said[:300]!r}.")
        connection.close()


@dataclass(frozen=True)
class _Freshness:
    """The service's histogram over both kinds: how many waits were at most each bound, in all, and their sum."""

    reached: Mapping[float, float]
    count: float
    sum_s: float


def _freshness(service: Served) -> _Freshness:
    reached: dict[float, float] = {}
    sums = {"_count": 0.0, "_sum": 0.0}
    for name, labels, value in _samples(service):
        if name == f"{_HISTOGRAM}_bucket":
            bound = float(labels["le"])
            reached[bound] = reached.get(bound, 0.0) + value
        for end in sums:
            sums[end] += value if name == _HISTOGRAM + end else 0.0
    return _Freshness(reached, sums["_count"], sums["_sum"])


def _waiting(service: Served) -> float:
    marked = [
        value
        for name, labels, value in _samples(service)
        if name == "tutorpulse_refresh_waiting" and labels["reason"] == "events"
    ]
    journaled = [value for name, _, value in _samples(service) if name == "tutorpulse_journal_events"]
    return sum(marked) + sum(journaled)


def _samples(service: Served) -> list[tuple[str, dict[str, str], float]]:
    connection = Connection(service)
    status, said = connection.ask(service.head("GET", "/metrics"))
    connection.close()
    if status != 200:
        raise TutorpulseError(f"/metrics was answered with {status}: {said[:300]!r}.")
    families = text_string_to_metric_families(said.decode())
    return [(s.name, dict(s.labels), float(s.value)) for family in families for s in family.samples]


def _less(after: _Freshness, before: _Freshness) -> _Freshness:
    reached = {bound: count - before.reached.get(bound, 0.0) for bound, count in after.reached.items()}
    return _Freshness(reached, after.count - before.count, after.sum_s - before.sum_s)


def _quantile(freshness: _Freshness, share: float) -> float:
    """The time within which that share was fresh: interpolated within the bucket that it falls into."""
    wanted, low, below = share * freshness.count, 0.0, 0.0
    for bound, reached in sorted(freshness.reached.items()):
        if reached >= wanted:
            within = (wanted - below) / (reached - below) if reached > below else 1.0
            return low + within * (bound - low) if np.isfinite(bound) else low
        low, below = bound, reached
    raise TutorpulseError("Nothing was scored while events came in.")


_PATIENCE_S = 120.0


def _until(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + _PATIENCE_S
    while not done():
        if time.monotonic() > limit:
            raise TutorpulseError(f"The service was not done after {_PATIENCE_S:.0f} s.")
        time.sleep(0.05)
