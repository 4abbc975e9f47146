"""A whole refresh of a served home: alone, while it serves readers, and under a load of events beside them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from tutorpulse.bench.loading import POST_EVENTS, post_evenly, until_scored
from tutorpulse.bench.posting import Posted
from tutorpulse.bench.reading import Reads
from tutorpulse.bench.served import Served, refresh_whole, resident_mb, served
from tutorpulse.store.home import Home


def whole_refreshes(home: Home, lines: Iterator[bytes], per_second: float, repeats: int) -> dict[str, Any]:
    """Seconds of whole refreshes of a home that nobody has served yet, as an operator asks for them: with the start of the command in them.

    The first writes a prediction of everybody; the second is the one alone. Then, so many times each: while one entity and a page
    are read by turns, and while events come in at a pace as well. The load goes on until the refresh has ended, or until there are no
    more lines (`load_seconds_under_load` is shorter then).
    """
    with served(home) as service:
        told: dict[str, Any] = {
            "whole_refresh_first_seconds": refresh_whole(home),
            "whole_refresh_alone_seconds": refresh_whole(home),
        }
        told |= _while_serving(service, home, repeats)
        told |= _under_load(service, home, lines, per_second, repeats)
        return told | {"whole_refresh_service_memory_mb": resident_mb(service.pid)}


def _while_serving(service: Served, home: Home, repeats: int) -> dict[str, Any]:
    reads, seconds = Reads(service), list[float]()
    for _ in range(repeats):
        with reads.going_on():
            seconds.append(refresh_whole(home))
    return {"whole_refresh_while_serving_seconds": seconds, **reads.as_data("while_serving")}


def _under_load(
    service: Served, home: Home, lines: Iterator[bytes], per_second: float, repeats: int
) -> dict[str, Any]:
    reads, seconds, loads = Reads(service), list[float](), list[Posted]()
    for _ in range(repeats):
        with _loaded(service, lines, per_second, loads), reads.going_on():
            seconds.append(refresh_whole(home))
        until_scored(service)
    return {
        "whole_refresh_under_load_seconds": seconds,
        **reads.as_data("under_load"),
        "events_per_second_under_load": [POST_EVENTS * len(load.each) / load.seconds for load in loads],
        "load_seconds_under_load": [load.seconds for load in loads],
    }


@contextmanager
def _loaded(
    service: Served, lines: Iterator[bytes], per_second: float, loads: list[Posted]
) -> Iterator[None]:
    """Events at a pace within the context; what came of them is added to `loads`."""
    enough = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        loading = thread.submit(post_evenly, service, lines, per_second, enough)
        try:
            yield
        finally:
            enough.set()
        loads.append(loading.result())
