"""Checkpoints while others read."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.store.batches import batch_of
from tests.waiting import until
from tutorpulse.errors import UnavailableError
from tutorpulse.store.database import Interrupted
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore


def lessons(*numbers: int) -> list[dict[str, object]]:
    return [
        {"event_id": f"e{n}", "event_type": "session_completed", "ts_us": n, "session_id": f"x{n}"}
        | {"tutor_id": "t1", "student_id": "s1"}
        for n in numbers
    ]


def sessions(store: EventStore) -> int:
    return int(store.query("SELECT COUNT(*) AS n FROM settled_sessions")["n"][0])


@contextmanager
def reader(store: EventStore) -> Iterator[list[int]]:
    """Another thread that reads the sessions of one moment, now and at the end: how many there were at both."""
    seen: list[int] = []
    began, ends = threading.Event(), threading.Event()

    def read() -> None:
        with store.visit(), store.snapshot():
            seen.append(sessions(store))
            began.set()
            ends.wait(60)
            seen.append(sessions(store))

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        assert began.wait(60)
        try:
            yield seen
        finally:
            ends.set()
            reading.result()


def test_settling_keeps_nobody_from_a_checkpoint_while_others_read_the_moment_before_it(home: Home) -> None:
    with EventStore.open(home) as store:
        store.append(batch_of(lessons(1)))
        with reader(store) as seen:
            store.append(batch_of(lessons(1, 2, 3)))
            store.settle()
            store._database.checkpoint(wait_s=0)
        assert seen == [1, 1]
        assert sessions(store) == 3
    with EventStore.open(home) as store:
        assert sessions(store) == 3


def test_compacting_waits_for_whoever_reads_from_before_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = threading.Event()

    def sleep(seconds: float) -> None:
        waits.set()
        time.sleep(seconds)

    monkeypatch.setattr("tutorpulse.store.database.sleep", sleep)
    with EventStore.open(home) as store, ThreadPoolExecutor(1) as pool:
        store.append(batch_of(lessons(1, 2)))
        with reader(store) as seen:
            compacting = pool.submit(store.compact)
            until(waits.is_set)
            assert not compacting.done()
        assert compacting.result(60).sessions == 2
        assert seen == [2, 2]


def test_a_checkpoint_that_waited_in_vain_says_so_and_is_made_later(home: Home) -> None:
    with EventStore.open(home) as store:
        store.append(batch_of(lessons(1)))
        with reader(store):
            store._database.execute("CREATE OR REPLACE TABLE main.rejects AS SELECT * FROM main.rejects")
            with pytest.raises(UnavailableError, match=r"For 0.05 s somebody read the log .* Try again"):
                store._database.checkpoint(wait_s=0.05)
        store._database.checkpoint(wait_s=0)


def test_a_wait_for_a_checkpoint_can_be_stopped_from_elsewhere(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[Callable[[], None]] = []
    monkeypatch.setattr("tutorpulse.store.database.sleep", lambda _seconds: stops[0]())

    def compact(store: EventStore) -> None:
        with store.visit() as stop:
            stops.append(stop)
            store.compact()

    with EventStore.open(home) as store, ThreadPoolExecutor(1) as pool:
        store.append(batch_of(lessons(1)))
        with reader(store), pytest.raises(Interrupted, match="stopped"):
            pool.submit(compact, store).result(60)
        assert store.compact().sessions == 1
