"""The live door in a flood: another process decodes, and the database waits for the flood's end while there is room."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.store.door import FOREVER, body, event, statuses, take
from tutorpulse.store import backlog as backlog_module
from tutorpulse.store import journal as journal_module
from tutorpulse.store import livelog as livelog_module
from tutorpulse.store.admission import Generation
from tutorpulse.store.beside import Beside
from tutorpulse.store.bodies import Body, Decoded, Group
from tutorpulse.store.home import Home
from tutorpulse.store.journal import segments
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.livestats import DEFAULT_LIMITS
from tutorpulse.store.log import EventStore
from tutorpulse.store.outline import Outline


@pytest.fixture
def beside() -> Beside:
    """Ready; the door that gets it closes it."""
    started = Beside()
    until(started.is_ready)
    return started


@pytest.fixture
def flooded(store: EventStore, beside: Beside, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveLog]:
    """A door that counts every group as large and takes each body by itself, with another process to decode."""
    monkeypatch.setattr(livelog_module, "_LARGE_BYTES", 1)
    opened = LiveLog(store, limits=replace(FOREVER, group_bytes=1), beside=beside)
    yield opened
    opened.close(30)


def until(holds: Callable[[], object]) -> None:
    end_s = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def together(live: LiveLog, bodies: list[Body]) -> list[list[int]]:
    with live._guard:
        futures = [live.take(one) for one in bodies]
    return [statuses(future.result(30)) for future in futures]


BODIES = [
    body(event("a"), event("b"), {"no": "event"}),
    body(event("b"), event("c"), form="lines"),
    body(event("d"), event("d"), source="other"),
    body({"no": "event"}, form="lines"),
    body(event("a"), event("e")),
]
ANSWERS = [[0, 0, 2], [1, 0], [0, 1], [2], [1, 0]]


def stored(store: EventStore) -> tuple[list[str], list[tuple[bytes, str, int]]]:
    found = store.query("SELECT event_id FROM payment_events ORDER BY seq")["event_id"].tolist()
    return found, [(one.raw, one.source, one.place) for one in store.rejects()]


def test_what_another_process_decodes_is_answered_and_stored_as_what_is_decoded_here(
    flooded: LiveLog, store: EventStore, home: Home
) -> None:
    assert together(flooded, BODIES) == ANSWERS
    assert (flooded.stats().accepted, flooded.stats().duplicate) == (5, 3)
    flooded.flush(30)
    ids, rejects = stored(store)
    assert ids == ["a", "b", "c", "d", "e"]
    assert rejects == [(b'{"no":"event"}', "shop", 1), (b'{"no":"event"}', "shop", 2)] or rejects == [
        (b'{"no":"event"}', "shop", 2),
        (b'{"no":"event"}', "shop", 1),
    ]
    assert not segments(home.journal_path)


def test_answers_name_the_ids_of_what_another_process_decoded(flooded: LiveLog) -> None:
    with flooded._guard:
        futures = [flooded.take(one) for one in BODIES]
    named = [future.result(30).event_ids() for future in futures]
    assert named == [["a", "b", None], ["b", "c"], ["d", "d"], [None], ["a", "e"]]


def test_a_process_that_ends_in_a_flood_costs_nobody_an_answer(
    flooded: LiveLog, store: EventStore, beside: Beside
) -> None:
    pid = beside.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with flooded._guard:
        futures = [flooded.take(one) for one in BODIES]
    assert not futures[1].done()
    os.kill(pid, signal.SIGKILL)
    assert [statuses(future.result(30)) for future in futures] == ANSWERS
    flooded.flush(30)
    assert stored(store)[0] == ["a", "b", "c", "d", "e"]


def test_the_next_group_is_with_the_other_process_while_one_waits_for_the_disk(
    flooded: LiveLog, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is decided after it, in order; an event that is not sure yet is a duplicate for nobody until it is."""
    sent, may_sync, real = threading.Semaphore(0), threading.Event(), beside.send

    def noted(group: Group) -> bool:
        until(lambda: real(group))
        sent.release()
        return True

    def slow(_file: int) -> None:
        assert may_sync.wait(30)

    monkeypatch.setattr(beside, "send", noted)
    monkeypatch.setattr(journal_module.os, "fdatasync", slow)
    with flooded._guard:
        answers = [flooded.take(body(event(one))) for one in ("a", "b", "a")]
    for _ in range(2):
        assert sent.acquire(timeout=30)
    assert not any(answer.done() for answer in answers)
    may_sync.set()
    assert [statuses(answer.result(30)) for answer in answers] == [[0], [0], [1]]


def test_a_group_that_finds_the_other_process_busy_goes_there_as_soon_as_that_has_answered(
    flooded: LiveLog, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, receive = beside.send, beside.receive
    busy = threading.Event()

    def sent(group: Group) -> bool:
        if busy.is_set():
            return False
        busy.set()
        return send(group)

    def received() -> Decoded[Outline] | None:
        busy.clear()
        return receive()

    def never(_group: Group) -> None:
        raise AssertionError

    monkeypatch.setattr(beside, "send", sent)
    monkeypatch.setattr(beside, "receive", received)
    monkeypatch.setattr(livelog_module, "decode", never)
    assert together(flooded, BODIES) == ANSWERS


def test_a_lone_large_body_is_decoded_here(
    flooded: LiveLog, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_group: Group) -> bool:
        raise AssertionError

    monkeypatch.setattr(beside, "send", never)
    assert statuses(take(flooded, body(event("a")))[0]) == [0]


def test_the_other_process_is_started_before_a_flood_comes(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(livelog_module, "_BESIDE_AFTER_S", 0.01)
    beside = Beside()
    live = LiveLog(store, limits=FOREVER, beside=beside)
    until(lambda: beside.pid)
    assert statuses(take(live, body(event("a")))[0]) == [0]
    live.close(30)
    assert beside.pid is None


def in_flood(live: LiveLog, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live._pressure, "share", lambda _now_s: share)
    with live._guard:
        live._to_write.notify()


def test_in_a_flood_the_database_waits_for_its_end(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    readable = threading.Event()
    limits = replace(DEFAULT_LIMITS, step_s=0.0, step_events=1, flood_s=3600.0)
    live = LiveLog(store, readable.set, limits)
    in_flood(live, 1.0, monkeypatch)
    take(live, body(event("a")), body(event("b")))
    assert live.is_behind
    assert not readable.wait(0.4)
    in_flood(live, 0.0, monkeypatch)
    assert readable.wait(30)
    live.flush(30)
    live.close(30)
    assert len(store) == 2


def test_what_cannot_be_written_in_time_at_the_end_stays_in_the_journal(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog_module, "SEGMENT_BYTES", 1)
    writing, may_go_on = threading.Event(), threading.Event()
    with EventStore.open(home) as store:
        live = LiveLog(store, limits=FOREVER)
        live._stepped_s = time.monotonic()
        take(live, body(event("a")))
        take(live, body(event("b")))
        real = store.write

        def slowly(generation: Generation, settle: bool = False) -> None:
            writing.set()
            assert may_go_on.wait(30)
            real(generation, settle)

        monkeypatch.setattr(store, "write", slowly)
        closing = threading.Thread(target=live.close, args=(0.2,))
        closing.start()
        assert writing.wait(30)
        closing.join(30)
        may_go_on.set()
        live._applier.join(30)
        assert len(store) == 1
        assert len(segments(home.journal_path)) == 1
    with EventStore.open(home) as store:
        assert len(store) == 2


@pytest.mark.parametrize("limit", [{"flood_s": 0.05}, {"journal_bytes": 20}])
def test_it_does_not_wait_for_long_nor_until_the_journal_is_full(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, limit: dict[str, float]
) -> None:
    readable = threading.Event()
    live = LiveLog(
        store, readable.set, replace(DEFAULT_LIMITS, step_s=3600.0, **{"flood_s": 3600.0, **limit})
    )
    in_flood(live, 1.0, monkeypatch)
    take(live, body(event("a")))
    assert readable.wait(30)
    live.close(30)


def test_large_bodies_after_a_quiet_while_are_left_for_a_moment_by_who_looks_and_small_ones_are_not(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveLog(store, limits=replace(FOREVER, bulk_s=3600.0, flood_share=1.0))
    live._stepped_s = time.monotonic()
    take(live, body(event("small")))
    assert live.has_waiting
    live.bring_in()
    in_flood(live, 0.1, monkeypatch)
    take(live, body(event("large")))
    assert not live.has_waiting
    live.bring_in()
    assert len(store) == 1
    live.flush(30)
    assert len(store) == 2
    live.close(30)


def test_a_service_takes_events_before_it_has_read_what_the_last_one_left(home: Home) -> None:
    with EventStore.open(home) as store:
        live = LiveLog(store, limits=FOREVER)
        take(live, body(event("a"), event("b"), {"bad": 1}))
        kept = [(path, path.read_bytes()) for path in segments(home.journal_path)]
        live.close(30)
    other = Home.open(home.path.parent / "other", create=True)
    other.journal_path.mkdir()
    for path, content in kept:
        (other.journal_path / path.name).write_bytes(content)
    with EventStore.open(other, recovering=False) as store:
        with store.writing():
            live = LiveLog(store, limits=FOREVER)
            assert live.stats().journal_events == 2
            (taken,) = take(live, body(event("b"), event("c")))
            assert statuses(taken) == [1, 0]
            assert len(store) == 0
        live.flush(30)
        assert stored(store) == (["a", "b", "c"], [(b'{"bad":1}', "shop", 2)])
        live.close(30)
    assert not segments(other.journal_path)
