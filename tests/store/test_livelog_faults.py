"""The live door where disk, database or its own code fails: nobody is left waiting, nothing is lost, nothing is there twice."""

import threading
from dataclasses import replace

import msgspec
import pytest

from tests.store.batches import batch_of
from tests.store.door import FOREVER, NOW, body, booked, event, refuse, starts, statuses, take
from tests.store.test_log import paid
from tutorpulse.errors import NotDurableError, UnavailableError
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.store import journal as journal_module
from tutorpulse.store import livelog as livelog_module
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.livestats import DEFAULT_LIMITS
from tutorpulse.store.log import EventStore


def test_what_the_database_refuses_who_looks_is_tried_again(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveLog(store, limits=FOREVER)
    take(live, body(event("a")))
    with monkeypatch.context() as full:
        full.setattr(store, "write", refuse)
        live.bring_in()
    assert live.stats().failure == "no room"
    assert len(store) == 0
    live.bring_in()
    take(live, body(event("b")))
    live.bring_in()
    assert sorted(store.query("SELECT event_id FROM payment_events")["event_id"]) == ["a", "b"]
    assert live.stats().failure is None
    live.close(30)


def test_sessions_that_cannot_be_settled_leave_the_log_as_it_was_and_are_settled_later(
    live: LiveLog, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(batch_of([paid("older")]))
    take(live, body(booked("0", "s", "2")))
    live.bring_in()
    take(live, body(booked("1", "s", "3"), booked("2", "r", "4")))
    with monkeypatch.context() as full:
        full.setattr(store._database, "execute_again", refuse)
        live.bring_in()
    assert live.stats().failure == "no room"
    assert len(store) == 2
    # An import takes the places in the log that those were to have.
    others = [booked("3", "q", "5"), booked("4", "p", "6")]
    store.append(decode_lines(b"\n".join(map(msgspec.json.encode, others)), Arrival(NOW, "file")))
    live.flush(30)
    happened_earlier = booked("5", "q", "7") | {"timestamp": "2025-09-30T00:00:00Z"}
    for one in (booked("6", "r", "8"), happened_earlier):
        take(live, body(one))
        live.bring_in()
    assert starts(store) == {"s": 3, "r": 8, "q": 5, "p": 6}


@pytest.mark.parametrize("failing", ["fdatasync", "write", "ftruncate"])
def test_a_full_disk_refuses_bodies_and_the_door_goes_on_when_it_is_free(
    live: LiveLog, store: EventStore, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    take(live, body(event("before")))
    with monkeypatch.context() as patch:
        patch.setattr(journal_module.os, "fdatasync" if failing == "ftruncate" else failing, full)
        patch.setattr(journal_module.os, failing, full)
        for _ in range(2):
            with pytest.raises(
                NotDurableError, match=r"could not be written: .*No space left.* try again later"
            ):
                live.take(body(event("during"), event("before"))).result(30)
    assert live.stats().refused_bodies == 2
    assert statuses(take(live, body(event("during"), event("before")))[0]) == [0, 1]
    live.flush(30)
    assert sorted(store.query("SELECT event_id FROM payment_events")["event_id"]) == ["before", "during"]


@pytest.mark.parametrize("where", ["insert", "index"])
def test_a_database_that_fails_is_tried_again_and_gets_nothing_twice(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    failed = threading.Event()

    def fail(*_: object) -> None:
        failed.set()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(livelog_module, "_RETRY_S", 0.01)
    live = LiveLog(store, limits=replace(DEFAULT_LIMITS, step_s=0.01))
    with monkeypatch.context() as patch:
        patch.setattr(store._database if where == "insert" else store._index, _method(where), fail)
        take(live, body(event("a")))
        assert failed.wait(30)
    assert statuses(take(live, body(event("a"), event("b")))[0]) == [1, 0]
    live.flush(30)
    live.close(30)
    assert sorted(store.query("SELECT event_id FROM payment_events")["event_id"]) == ["a", "b"]


def _method(where: str) -> str:
    return "insert" if where == "insert" else "add"


def test_a_failing_database_is_told_by_the_stats(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()
    live = LiveLog(store, limits=replace(DEFAULT_LIMITS, step_s=0.01))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store._database, "insert", fail)
        take(live, body(event("a")))
        for _ in range(3000):
            if live.stats().failure:
                break
            told.wait(0.01)
        assert "No space left" in (live.stats().failure or "")
    live.flush(30)
    live.close(30)
    assert len(store) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_leaves_nobody_waiting_and_closes_the_door(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveLog(store, limits=replace(DEFAULT_LIMITS, step_s=3600.0, group_bytes=1))
    take(live, body(event("before")))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("fault")

    with monkeypatch.context() as patch:
        patch.setattr(livelog_module, "decode", broken)
        with live._guard:
            waiting = [live.take(body(event(one))) for one in "ab"]
        for future in waiting:
            with pytest.raises(NotDurableError, match=r"could not be written: fault. Nothing was taken"):
                future.result(30)
        live._ingester.join(30)
    assert "ZeroDivisionError" in (live.stats().failure or "")
    with pytest.raises(
        UnavailableError, match=r"no more events after a fault. Restart it; its log says what happened"
    ):
        live.take(body(event("after")))
    live.flush(30)
    live.close(30)
    assert len(store) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("others_wait", [True, False])
def test_a_fault_as_a_group_is_made_durable_closes_the_door_and_keeps_nobody_waiting(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, others_wait: bool
) -> None:
    live = LiveLog(store, limits=replace(FOREVER, group_bytes=1))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("fault")

    monkeypatch.setattr(livelog_module, "_LARGE_BYTES", 1)
    monkeypatch.setattr(live._backlog, "append", broken)
    with live._guard:
        waiting = [live.take(body(event(one))) for one in ("ab" if others_wait else "a")]
    for future in waiting:
        with pytest.raises(NotDurableError, match="fault"):
            future.result(30)
    live._ingester.join(30)
    assert not live._ingester.is_alive()
    # Neither of the events is held by anybody: an import takes them.
    assert store.append(batch_of([paid("a"), paid("b")])).accepted == 2
    live.close(30)
