"""`bench kill`: a service that is killed in a flood of events, again and again: what it lost, and how soon it was back."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, TypeAlias

import msgspec
import numpy as np

from tutorpulse.bench.filling import filled_home, new_batches
from tutorpulse.bench.harness import Options, Result, result
from tutorpulse.bench.ingesting import CONNECTIONS, POST_EVENTS
from tutorpulse.bench.marketplace import Plan, ndjson
from tutorpulse.bench.posting import Connection
from tutorpulse.bench.served import Served, refresh_whole, served
from tutorpulse.clock import SystemClock, format_time
from tutorpulse.errors import TutorpulseError
from tutorpulse.events.contract import TABLES
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

LIFE_EVENTS = 200_000
LIFE_S = (0.2, 1.5)
"""When a life ends, from the first post on."""

_OK = 200
_SEED = 1


@dataclass(frozen=True)
class _Back:
    """Seconds from the command to the address that it says, and to the first event that it acknowledges."""

    address_s: float
    event_s: float


_Post: TypeAlias = tuple[list[str], bytes]
"""The ids of some events, and their lines."""


class _Posts:
    """Posts over several connections, each the next, until there are no more or no answers. `kept` are the ids of what was acknowledged,
    `open` the posts that were not."""

    def __init__(self, posts: Iterable[_Post]) -> None:
        self._posts, self._guard = iter(posts), threading.Lock()
        self.kept: list[str] = []
        self.open: list[_Post] = []

    def begin(self, service: Served) -> list[threading.Thread]:
        """Post in threads of their own."""
        work = [threading.Thread(target=self._work, args=(service,), daemon=True) for _ in range(CONNECTIONS)]
        for thread in work:
            thread.start()
        return work

    def _work(self, service: Served) -> None:
        connection = Connection(service)
        while (post := self._next()) is not None:
            ids, body = post
            head = service.head("POST", "/v1/events", "application/x-ndjson", len(body))
            try:
                said = msgspec.json.decode(connection.ask(head, body)[1])
            except (OSError, TutorpulseError):
                self.open.append(post)
                break
            if said.get("accepted", 0) + said.get("duplicate", 0) == len(ids):
                self.kept += ids
        connection.close()

    def _next(self) -> _Post | None:
        with self._guard:
            return next(self._posts, None)


def run(options: Options) -> Result:
    """Each repeat posts events by the thousand over 8 connections as fast as they are taken, kills the service with SIGKILL at a random
    moment within 1.5 s, starts it again, and sends what had no answer once more. The value is how long the start takes, from the command
    to the first event acknowledged; the limit is the same after a service that was stopped in order, once before and once after. At the
    end the log is held against what was acknowledged: each event is to be there once.
    """
    home = filled_home(options)
    draw = random.Random(_SEED)
    acknowledged: list[str] = []
    backs: list[_Back] = []
    journals_mb: list[float] = []
    with served(home):
        refresh_whole(home)
    with _back(home) as (_, first):
        pass
    for life in range(options.repeats):
        posts = _live_and_die(home, life, draw.uniform(*LIFE_S))
        journals_mb.append(_journal_mb(home))
        with _back(home) as (service, back):
            again = _Posts(posts.open)
            for thread in again.begin(service):
                thread.join()
        acknowledged += [*posts.kept, *again.kept]
        backs.append(back)
        options.progress(life + 1, options.repeats)
    with _back(home) as (_, last):
        pass
    lost, twice = _held_against(home, acknowledged)
    details = {
        "events_before": options.events,
        "kills": options.repeats,
        "acknowledged": len(acknowledged),
        "lost": lost,
        "twice": twice,
        "to_address_s": [back.address_s for back in backs],
        "to_address_after_order_s": [first.address_s, last.address_s],
        "journal_mb": journals_mb,
        "seed": _SEED,
    }
    values = [back.event_s for back in backs]
    limit = median([first.event_s, last.event_s])
    found = result("kill", "s", values, limit, details, smaller_is_better=True)
    return replace(found, verdict=_verdict(details))


def _verdict(details: dict[str, Any]) -> str:
    if details["lost"] or details["twice"]:
        return f"Of {details['acknowledged']:,} events acknowledged {details['lost']:,} are lost, and {details['twice']:,} events are there twice."
    return f"All {details['acknowledged']:,} events acknowledged are there, and no event twice."


@contextmanager
def _back(home: Home) -> Iterator[tuple[Served, _Back]]:
    """The home served within the context, and how soon it was."""
    began = time.perf_counter()
    with served(home) as service:
        address_s = time.perf_counter() - began
        connection = Connection(service)
        line = msgspec.json.encode(
            {
                "event_id": f"back-{time.time_ns()}",
                "event_type": "tutor_resumed",
                "timestamp": format_time(SystemClock().now_us()),
                "payload": {"tutor_id": "nobody"},
            }
        )
        status, said = connection.ask(service.head("POST", "/v1/events", length=len(line)), line)
        connection.close()
        if status != _OK or not msgspec.json.decode(said)["accepted"]:
            raise TutorpulseError(f"An event was answered with {status}: {said[:300]!r}.")
        yield service, _Back(address_s, time.perf_counter() - began)


def _live_and_die(home: Home, life: int, moment_s: float) -> _Posts:
    """The posts of a service that is killed that long after the first."""
    posts = _Posts(_posts(life))
    with served(home) as service:
        threads = posts.begin(service)
        time.sleep(moment_s)
        os.kill(service.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    return posts


def _posts(life: int) -> list[_Post]:
    """Posts of new events, other ones for each life."""
    made = new_batches(replace(Plan.of(LIFE_EVENTS), seed=2 + life), LIFE_EVENTS)
    lines = b"".join(map(ndjson, made)).splitlines()
    groups = [lines[start : start + POST_EVENTS] for start in range(0, len(lines), POST_EVENTS)]
    return [
        ([msgspec.json.decode(line)["event_id"] for line in some], b"\n".join(some) + b"\n")
        for some in groups
    ]


def _journal_mb(home: Home) -> float:
    return sum(file.stat().st_size for file in home.journal_path.glob("*")) / 1e6


def _held_against(home: Home, acknowledged: list[str]) -> tuple[int, int]:
    """How many of these events are not in the log, and how many events are there more than once."""
    every = " UNION ALL ".join(f"SELECT event_id FROM {table}" for table in TABLES)
    with EventStore.open(home) as store, store.ids("acknowledged", np.array(acknowledged, dtype=object)):
        missing = store.query(f"SELECT COUNT(*) AS n FROM acknowledged WHERE id NOT IN ({every})")
        counted = store.query(f"SELECT COUNT(*) - COUNT(DISTINCT event_id) AS n FROM ({every})")
    return int(missing["n"][0]), int(counted["n"][0])
