"""`bench ingest`: durable events a second over HTTP into a home that holds many already."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from tutorpulse.bench.filling import filled_home, new_batches
from tutorpulse.bench.harness import Options, Result, result
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

Requests = list[tuple[bytes, bytes]]


def run(options: Options) -> Result:
    """Each repeat posts new events into a home that was refreshed once, a thousand a post over 8 connections, with the client on the same machine, while the service
    refreshes predictions as it always does; then, by turns, as many with a fifth of duplicates. Beside it: single events over 32
    connections, the time of posts that come at 120,000 events a second (from when each is due), and, as the limit, the same posts to the
    same server with no sink.
    """
    home = filled_home(options)
    *new, paced_lines, single_lines = [_lines(options, part) for part in range(2 * options.repeats + 2)]
    new, more = new[: options.repeats], new[options.repeats :]
    repeats, duplicates = [], []
    with served(home) as service:
        refresh_whole(home)
        for fresh, others in zip(new, more, strict=True):
            repeats.append(_post(service, _thousands(service, fresh)))
            duplicates.append(_post(service, _thousands(service, _with_duplicates(others, fresh))))
        paced = _post(service, _thousands(service, paced_lines), paced=True)
        count = max(100, options.events // SINGLE_SHARE)
        single = _post(service, _singles(service, single_lines[:count]), SINGLE_CONNECTIONS)
    limit = _sinkless(home, new[0])
    per_second = [len(some) / posted.seconds for some, posted in zip(new, repeats, strict=True)]
    details = {
        "events_before": options.events,
        "events_posted": len(new[0]),
        "connections": CONNECTIONS,
        "p50_ms": [posted.quantile_ms(0.5) for posted in repeats],
        "p99_ms": [posted.quantile_ms(0.99) for posted in repeats],
        "paced_events_per_second": len(paced_lines) / paced.seconds,
        "paced_p50_ms": paced.quantile_ms(0.5),
        "paced_p99_ms": paced.quantile_ms(0.99),
        "with_duplicates_per_second": [
            len(some) / posted.seconds for some, posted in zip(more, duplicates, strict=True)
        ],
        "single_posts_per_second": len(single.each) / single.seconds,
        "single_p99_ms": single.quantile_ms(0.99),
        "no_sink_p99_ms": limit.quantile_ms(0.99),
    }
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
