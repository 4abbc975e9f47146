"""`bench ingest`: durable events a second over HTTP into a home that holds many already."""

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tutorpulse.bench.filling import filled_home, new_batches
from tutorpulse.bench.harness import Options, Result, result
from tutorpulse.bench.loading import figures, until_scored
from tutorpulse.bench.marketplace import Plan, ndjson
from tutorpulse.bench.posting import Posted, post_all
from tutorpulse.bench.served import Served, refresh_whole, served
from tutorpulse.errors import TutorpulseError
from tutorpulse.store.home import Home

CONNECTIONS = 8
POST_EVENTS = 1_000
SINGLE_CONNECTIONS = 32
PACED_EVENTS_PER_SECOND = 120_000
NEW_EVENTS_SHARE = 20
SINGLE_SHARE = 1_000
DUPLICATE_SHARE = 0.2
LONG_TIMES = 4
"""How many times as long as the others the flood is that shows what is kept up once the journal has no room to spare."""

_LOOK_S = 0.1

Requests = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class _Flood:
    """What came of so many events in one go: the posts, and seconds until the last of them was in the database."""

    events: int
    posted: Posted
    readable_s: float

    @property
    def per_second(self) -> float:
        """Events acknowledged."""
        return self.events / self.posted.seconds

    @property
    def readable_per_second(self) -> float:
        """Events that could be read."""
        return self.events / self.readable_s


def run(options: Options) -> Result:
    """Each repeat posts new events into a home that was refreshed once, a thousand a post over 8 connections, with the client on the same machine; then, by turns, as many with a fifth of duplicates.
    Each begins when all that came before is in the database and everybody is scored whom it touched; a first one, which finds nothing warm, is told by itself. Beside it: until when the events could be read; a flood
    four times as long, which the journal cannot put off as a whole; single events over 32
    connections, the time of posts that come at 120,000 events a second (from when each is due), and, as the limit, the same posts to the
    same server with no sink.
    """
    home = filled_home(options)
    parts = [_lines(options, part) for part in range(2 * options.repeats + 3 + LONG_TIMES)]
    new, more = parts[: options.repeats], parts[options.repeats : 2 * options.repeats]
    first_lines, paced_lines, single_lines, *long_lines = parts[2 * options.repeats :]
    repeats, duplicates = [], []
    with served(home) as service:
        refresh_whole(home)
        first = _flood(service, first_lines)
        for fresh, others in zip(new, more, strict=True):
            repeats.append(_flood(service, fresh))
            duplicates.append(_flood(service, _with_duplicates(others, fresh)))
        long = _flood(service, [line for part in long_lines for line in part])
        paced = _flood(service, paced_lines, paced=True).posted
        count = max(100, options.events // SINGLE_SHARE)
        until_scored(service)
        single = _post(service, _singles(service, single_lines[:count]), SINGLE_CONNECTIONS)
    limit = _sinkless(home, new[0])
    details = {
        "events_before": options.events,
        "events_posted": len(new[0]),
        "connections": CONNECTIONS,
        "first_events_per_second": first.per_second,
        "first_p99_ms": first.posted.quantile_ms(0.99),
        "p50_ms": [flood.posted.quantile_ms(0.5) for flood in repeats],
        "p99_ms": [flood.posted.quantile_ms(0.99) for flood in repeats],
        "readable_events_per_second": [flood.readable_per_second for flood in repeats],
        "paced_events_per_second": len(paced_lines) / paced.seconds,
        "paced_p50_ms": paced.quantile_ms(0.5),
        "paced_p99_ms": paced.quantile_ms(0.99),
        "with_duplicates_per_second": [flood.per_second for flood in duplicates],
        "with_duplicates_p99_ms": [flood.posted.quantile_ms(0.99) for flood in duplicates],
        "long_events_posted": long.events,
        "long_events_per_second": long.per_second,
        "long_p50_ms": long.posted.quantile_ms(0.5),
        "long_p99_ms": long.posted.quantile_ms(0.99),
        "long_readable_events_per_second": long.readable_per_second,
        "single_posts_per_second": len(single.each) / single.seconds,
        "single_p99_ms": single.quantile_ms(0.99),
        "no_sink_p99_ms": limit.quantile_ms(0.99),
    }
    per_second = [flood.per_second for flood in repeats]
    return result(
        "ingest", "events/s", per_second, len(new[0]) / limit.seconds, details, smaller_is_better=False
    )


def _lines(options: Options, repeat: int) -> list[bytes]:
    plan = replace(Plan.of(options.events), seed=2 + repeat)
    count = max(POST_EVENTS, options.events // NEW_EVENTS_SHARE)
    made = b"".join(ndjson(batch) for batch in new_batches(plan, count)).splitlines()
    return made[: count // POST_EVENTS * POST_EVENTS] if len(made) >= POST_EVENTS else made


def _with_duplicates(new: Sequence[bytes], known: Sequence[bytes]) -> list[bytes]:
    """As many events, a fifth of them known ones, at random places."""
    draw = random.Random(1)
    return [draw.choice(known) if draw.random() < DUPLICATE_SHARE else line for line in new]


def _thousands(service: Served, lines: Sequence[bytes]) -> Requests:
    groups = [lines[start : start + POST_EVENTS] for start in range(0, len(lines), POST_EVENTS)]
    bodies = [b"\n".join(some) + b"\n" for some in groups]
    return [(service.head("POST", "/v1/events", "application/x-ndjson", len(body)), body) for body in bodies]


def _singles(service: Served, lines: Sequence[bytes]) -> Requests:
    return [(service.head("POST", "/v1/events", length=len(line)), line) for line in lines]


def _flood(service: Served, lines: Sequence[bytes], paced: bool = False) -> _Flood:
    """Post all lines once nothing is left to be done."""
    requests = _thousands(service, lines)
    until_scored(service)
    began = time.perf_counter()
    posted = _post(service, requests, paced=paced)
    while _journaled(service):
        time.sleep(_LOOK_S)
    return _Flood(len(lines), posted, time.perf_counter() - began)


def _journaled(service: Served) -> float:
    return sum(value for name, _, value in figures(service) if name == "tutorpulse_journal_events")


def _post(service: Served, requests: Requests, connections: int = CONNECTIONS, paced: bool = False) -> Posted:
    per_second = PACED_EVENTS_PER_SECOND / POST_EVENTS if paced else math.inf
    posted = post_all(service, requests, connections, per_second=per_second)
    if posted.refused:
        raise TutorpulseError(
            f"{len(posted.refused)} posts were refused, the first with {posted.refused[0]}."
        )
    return posted


def _sinkless(home: Home, lines: Sequence[bytes]) -> Posted:
    with served(home, "tutorpulse.bench.sinkless") as service:
        return _post(service, _thousands(service, lines))
