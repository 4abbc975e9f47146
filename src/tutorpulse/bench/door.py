"""`bench door`: events a second through the live door of the log, without a network before it."""

import gc
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.harness import Options, Result, peak_memory_gb, result, seconds
from tutorpulse.bench.marketplace import Plan, batches, ndjson
from tutorpulse.clock import SystemClock
from tutorpulse.errors import TutorpulseError
from tutorpulse.events.strict import decode_block
from tutorpulse.store.beside import Beside
from tutorpulse.store.bodies import Body, Taken
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.log import EventStore

POST_EVENTS = 1_000
POSTS_IN_FLIGHT = 8
SINGLES_IN_FLIGHT = 64
DUPLICATES = 0.2
FEW_EVENTS = 2_000
_NEW_SHARE = 20
_WAIT_S = 60.0


@dataclass(frozen=True)
class _Run:
    """One measurement: events acknowledged a second, milliseconds to the acknowledgement, events a second until all were readable."""

    speed: float
    p50_ms: float
    p99_ms: float
    until_readable: float

    @classmethod
    def of(cls, events: int, acknowledged_s: float, readable_s: float, waits_s: Sequence[float]) -> "_Run":
        p50, p99 = np.percentile(waits_s, [50, 99]) * 1e3
        return cls(events / acknowledged_s, float(p50), float(p99), events / readable_s)


def run(options: Options) -> Result:
    """Each repeat hands new events to the door in posts of a thousand, eight waiting at any time; all are checked to be taken. The limit is
    msgspec decoding the same lines, which any door must do. Beside it: the same with a fifth of duplicates, posts of one event with 64 waiting, and
    how long settling takes after two thousand more events."""
    home = filled_home(options)
    events = max(POST_EVENTS, options.events // _NEW_SHARE)
    with EventStore.open(home) as store:
        live = LiveLog(store, beside=Beside())
        store.settle()
        runs = [_posts(live, _lines(options, 10 + repeat, events), 0.0) for repeat in range(options.repeats)]
        doubled = _posts(live, _lines(options, 8, events), DUPLICATES)
        single = _measured(live, _lines(options, 9, events)[: events // 10], SINGLES_IN_FLIGHT)
        settled = seconds(store.settle)
        _measured(live, _lines(options, 7, FEW_EVENTS), POSTS_IN_FLIGHT)
        details: dict[str, Any] = {
            "events_before": options.events,
            "events_each": events,
            "p50_ms": [one.p50_ms for one in runs],
            "p99_ms": [one.p99_ms for one in runs],
            "until_readable": [one.until_readable for one in runs],
            "with_duplicates": doubled.speed,
            "with_duplicates_p99_ms": doubled.p99_ms,
            "single_events": single.speed,
            "single_events_p99_ms": single.p99_ms,
            "settle_all_seconds": settled,
            "settle_few_seconds": seconds(store.settle),
            "peak_memory_gb": peak_memory_gb(),
        }
        live.close(_WAIT_S)
    limit = events / _decode_seconds(_joined(_lines(options, 10, events)))
    return result("door", "events/s", [one.speed for one in runs], limit, details, smaller_is_better=False)


def _lines(options: Options, seed: int, events: int) -> list[bytes]:
    lines: list[bytes] = []
    for batch in batches(replace(Plan.of(options.events), seed=seed)):
        lines += ndjson(batch).splitlines()
        if len(lines) >= events:
            break
    return lines[:events]


def _posts(live: LiveLog, lines: list[bytes], duplicates: float) -> _Run:
    rng = np.random.default_rng(1)
    for place in np.flatnonzero(rng.random(len(lines)) < duplicates).tolist():
        lines[place] = lines[int(rng.integers(0, place + 1))]
    distinct = len(set(lines))
    accepted = live.stats().accepted
    measured = _measured(live, _joined(lines), POSTS_IN_FLIGHT)
    if live.stats().accepted - accepted != distinct:
        raise TutorpulseError(
            f"{distinct} new events were sent and {live.stats().accepted - accepted} taken. Please report this."
        )
    return measured


def _joined(lines: Sequence[bytes]) -> list[bytes]:
    return [b"\n".join(lines[start : start + POST_EVENTS]) for start in range(0, len(lines), POST_EVENTS)]


def _measured(live: LiveLog, bodies: Sequence[bytes], in_flight: int) -> _Run:
    waits_s: list[float] = []
    free = threading.Semaphore(in_flight)
    gc.freeze()
    began = time.perf_counter()
    for raw in bodies:
        free.acquire()
        _send(live, raw, waits_s, free)
    for _ in range(in_flight):
        free.acquire()
    acknowledged = time.perf_counter() - began
    live.flush(_WAIT_S)
    readable = time.perf_counter() - began
    events = sum(raw.count(b"\n") + 1 for raw in bodies)
    return _Run.of(events, acknowledged, readable, waits_s)


def _send(live: LiveLog, raw: bytes, waits_s: list[float], free: threading.Semaphore) -> None:
    sent = time.perf_counter()

    def answered(_: "Future[Taken]") -> None:
        waits_s.append(time.perf_counter() - sent)
        free.release()

    live.take(Body(raw, "lines", "bench", SystemClock().now_us())).add_done_callback(answered)


def _decode_seconds(bodies: Sequence[bytes]) -> float:
    return seconds(lambda: [len(decode_block(raw) or ()) for raw in bodies])
