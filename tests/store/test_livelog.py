"""The live door: what is acknowledged is durable, decided like any other append, and readable soon."""

import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from queue import Queue

import msgspec
import pytest

from tests.store.batches import batch_of
from tests.store.door import FOREVER, NOW, body, booked, event, refuse, starts, statuses, take
from tests.store.test_log import paid
from tutorpulse.errors import QueueFullError, UnavailableError
from tutorpulse.store import settling
from tutorpulse.store.bodies import Body, Form
from tutorpulse.store.home import Home
from tutorpulse.store.journal import segments
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.livestats import DEFAULT_LIMITS, OTHER_REASONS, REASONS
from tutorpulse.store.log import EventStore


@pytest.mark.parametrize("form", ["json", "lines"])
def test_each_event_is_answered_in_its_place(live: LiveLog, store: EventStore, form: Form) -> None:
    (first,) = take(live, body(event("a"), event("b"), form=form))
    (second,) = take(live, body(event("b"), {"no": "event"}, event("c"), event("c"), form=form))
    assert statuses(first) == [0, 0]
    assert statuses(second) == [1, 2, 0, 1]
    assert second.event_ids() == ["b", None, "c", "c"]
    assert [(one.index, one.reason, one.field) for one in second.refused] == [(1, "Missing", "event_type")]
    assert [second.count(name) for name in ("accepted", "duplicate", "rejected")] == [1, 2, 1]
    live.flush(30)
    assert len(store) == 3
    (reject,) = store.rejects()
    assert (reject.raw, reject.source, reject.place) == (
        b'{"no":"event"}',
        "shop",
        2 if form == "lines" else 1,
    )
    stats = live.stats()
    assert (stats.accepted, stats.duplicate, stats.rejected) == (3, 2, {"Missing": 1})


def test_bodies_of_every_form_in_one_group_keep_their_answers(
    live: LiveLog, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    single = msgspec.json.encode(event("one"))
    cloud = {"specversion": "1.0", "id": "cloud", "type": "com.x.payment_processed", "source": "/x"}
    cloud |= {"time": "2025-10-01T00:00:00Z", "data": event("")["payload"]}
    headers = {f"ce-{name}": str(value) for name, value in cloud.items() if name != "data"} | {"ce-id": "bin"}
    bodies = [
        body(event("a"), event("b"), source="x"),
        Body(single, "json", "x", NOW + 1),
        Body(msgspec.json.encode(cloud), "json", "y", NOW),
        Body.of_binary_mode(headers, msgspec.json.encode(cloud["data"]), "y", NOW),
        body(event("l1"), event("b"), form="lines", source="y"),
        Body(b"{", "json", "z", NOW),
        Body(b"[1", "json", "z", NOW),
        body(source="z"),
        Body(b" \n", "lines", "z", NOW),
    ]
    with store.writing(), live._guard:
        futures = [live.take(one) for one in bodies]
    taken = [future.result(30) for future in futures]
    assert [one.event_ids() for one in taken[:5]] == [
        ["a", "b"],
        ["one"],
        ["cloud"],
        ["bin"],
        ["l1", "b"],
    ]
    assert [statuses(one) for one in taken] == [[0, 0], [0], [0], [0], [0, 1], [2], [2], [], []]
    live.flush(30)
    assert [(one.source, one.raw) for one in store.rejects()] == [("z", b"[1"), ("z", b"{")]
    received = store.query("SELECT DISTINCT received_us FROM payment_events")["received_us"].tolist()
    assert set(received) <= {NOW, NOW + 1}


def test_an_event_without_an_id_sent_twice_counts_once(live: LiveLog) -> None:
    first, again = take(live, body(event(None)), body(event(None)))
    assert (statuses(first), statuses(again)) == ([0], [1])
    assert first.event_ids() == again.event_ids()


def test_nothing_acknowledged_is_lost_when_the_process_ends_before_a_step(home: Home) -> None:
    with EventStore.open(home) as store:
        live = LiveLog(store, limits=FOREVER)
        take(live, body(event("a"), event("b"), {"bad": 1}))
        assert len(store) == 0
        kept = [(path.name, path.read_bytes()) for path in segments(home.journal_path)]
        live.close(30)
    for _ in range(2):
        for name, content in kept:
            (home.journal_path / name).write_bytes(content)
        with EventStore.open(home) as store:
            assert len(store) == 2
            assert len(store.rejects()) == 1
            assert not segments(home.journal_path)
            assert store.append(batch_of([paid("a"), paid("b")])).duplicate == 2


def test_a_journal_alone_brings_everything_back(home: Home, tmp_path: Path) -> None:
    with EventStore.open(home) as store:
        live = LiveLog(store, limits=FOREVER)
        take(live, *[body(event(f"{i}"), event(f"{i + 1}")) for i in range(20)])
        kept = [(path.name, path.read_bytes()) for path in segments(home.journal_path)]
        live.close(30)
    other = Home.open(tmp_path / "other", create=True)
    other.journal_path.mkdir()
    for name, content in kept:
        (other.journal_path / name).write_bytes(content)
    with EventStore.open(other) as store:
        ids = store.query("SELECT event_id FROM payment_events ORDER BY seq")["event_id"].tolist()
    assert ids == [f"{i}" for i in range(21)]


def test_closing_brings_everything_into_the_database(home: Home) -> None:
    with EventStore.open(home) as store:
        live = LiveLog(store, limits=FOREVER)
        futures = [live.take(body(event(f"{i}"))) for i in range(50)]
        live.close(30)
        assert all(statuses(future.result(0)) == [0] for future in futures)
        assert len(store) == 50
        assert not segments(home.journal_path)
        with pytest.raises(UnavailableError, match=r"takes no more events: it is stopping. Try again"):
            live.take(body(event("late")))


def test_steps_come_by_themselves_and_say_so_where_they_bring_something_new(store: EventStore) -> None:
    told: list[int] = []
    seen = threading.Event()

    def note() -> None:
        told.append(len(store))
        seen.set()

    live = LiveLog(store, note, replace(DEFAULT_LIMITS, step_s=0.01))
    booked = event("b", event_type="session_booked")
    booked["payload"] = {
        "session_id": "s",
        "student_id": "-",
        "tutor_id": "t",
        "starts_at": "2025-10-02T00:00:00Z",
    }
    take(live, body(event("a"), booked, event("a", "never")))
    assert seen.wait(30)
    assert told == [2]
    take(live, body(event("a")))
    live.flush(30)
    store.append(batch_of([paid("z", 3, student_id="imported")]))
    acted = {"event_id": "n", "ts_us": 4, "event_type": "action_taken"}
    store.append(batch_of([acted | {"entity_type": "tutor", "entity_id": "t9"}]))
    assert told == [2, 3, 4]
    live.close(30)


def test_an_event_after_a_quiet_while_goes_into_the_database_at_once_and_the_next_ones_together(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    readable, waits = threading.Event(), Queue[float]()
    live = LiveLog(store, readable.set, FOREVER)
    wait = live._to_write.wait

    def noted(timeout: float | None = None) -> bool:
        if timeout is not None:
            waits.put(timeout)
        return wait(timeout)

    monkeypatch.setattr(live._to_write, "wait", noted)
    with monkeypatch.context() as quiet:
        long_after = time.monotonic() + 2 * FOREVER.step_s
        quiet.setattr(time, "monotonic", lambda: long_after)
        take(live, body(event("a")))
        assert readable.wait(30)
        assert waits.empty()
        take(live, body(event("b")), body(event("c")))
        assert waits.get(timeout=30) == pytest.approx(FOREVER.step_s)
    live.close(30)
    assert len(store) == 3


def test_who_is_about_to_look_brings_in_what_waits(store: EventStore) -> None:
    told = threading.Event()
    live = LiveLog(store, told.set, FOREVER)
    take(live, body(event("a")))
    assert live.has_waiting
    live.bring_in()
    assert not live.has_waiting
    assert told.is_set()
    assert len(store) == 1
    steps = live.stats().steps
    live.bring_in()
    live.flush(30)
    assert live.stats().steps == steps
    live.close(30)


def test_who_is_about_to_look_does_not_wait_for_others_who_write(store: EventStore) -> None:
    live = LiveLog(store, limits=FOREVER)
    take(live, body(event("a")))
    looked = threading.Thread(target=live.bring_in)
    with store.writing():
        looked.start()
        looked.join(30)
        assert not looked.is_alive()
        assert live.has_waiting
    live.bring_in()
    assert len(store) == 1
    live.close(30)


def test_an_import_and_the_door_decide_against_each_other(live: LiveLog, store: EventStore) -> None:
    take(live, body(event("live")))
    assert store.append(batch_of([paid("live"), paid("file")])).status.tolist() == [1, 0]
    (taken,) = take(live, body(event("file"), event("live"), event("new")))
    assert statuses(taken) == [1, 1, 0]
    live.flush(30)
    assert sorted(store.query("SELECT event_id FROM payment_events")["event_id"]) == ["file", "live", "new"]


def test_erasing_reaches_what_is_only_journaled(live: LiveLog, store: EventStore, home: Home) -> None:
    take(live, body(event("a", "gone"), event("b", "stays")))
    assert store.erase("student", "gone").events == 1
    assert not segments(home.journal_path)
    assert statuses(take(live, body(event("a", "gone")))[0]) == [1]
    live.flush(30)
    assert store.entity_ids("student").tolist() == ["stays"]


def test_too_much_waiting_is_refused(store: EventStore) -> None:
    live = LiveLog(store, limits=replace(DEFAULT_LIMITS, waiting_bodies=2, step_s=3600.0))
    with live._guard:
        accepted = [live.take(body(event(f"{i}"))) for i in range(2)]
        with pytest.raises(
            QueueFullError, match=r"2 bodies of \d+ bytes wait to be taken. Try again in a second"
        ):
            live.take(body(event("3")))
    assert all(len(future.result(30)) for future in accepted)
    live.close(30)


def test_a_full_queue_counts_bytes_but_takes_any_body_when_empty(store: EventStore) -> None:
    live = LiveLog(store, limits=replace(DEFAULT_LIMITS, waiting_bytes=10, step_s=3600.0))
    with live._guard:
        alone = live.take(body(event("1")))
        with pytest.raises(QueueFullError):
            live.take(body(event("2")))
    assert statuses(alone.result(30)) == [0]
    live.close(30)


def test_a_full_journal_stops_the_taking_until_the_database_has_it(store: EventStore) -> None:
    live = LiveLog(store, limits=replace(DEFAULT_LIMITS, journal_bytes=1, step_s=3600.0, group_bytes=1))
    take(live, body(event("1")))
    waiting = live.take(body(event("2")))
    with pytest.raises(TimeoutError):
        waiting.result(0.2)
    live.flush(30)
    assert statuses(waiting.result(30)) == [0]
    live.close(30)


def test_the_door_is_behind_while_many_events_wait_for_the_database(store: EventStore) -> None:
    live = LiveLog(store, limits=replace(DEFAULT_LIMITS, behind_events=3, step_s=3600.0, calm_s=0.0))
    take(live, body(event("1"), event("2")))
    with store.writing():
        assert not live.is_behind
        take(live, body(event("3")))
        assert live.is_behind
    live.flush(30)
    assert not live.is_behind
    live.close(30)


def test_the_door_is_behind_for_a_moment_after_many_waited(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveLog(store, limits=replace(DEFAULT_LIMITS, behind_events=3, calm_s=5.0))
    take(live, body(event("1"), event("2")))
    live.flush(30)
    assert not live.is_behind
    take(live, body(event("3"), event("4"), event("5")))
    live.flush(30)
    assert live.is_behind
    now_s = time.monotonic()
    monkeypatch.setattr("tutorpulse.store.livelog.time.monotonic", lambda: now_s + 5.0)
    assert not live.is_behind
    monkeypatch.undo()
    live.close(30)


def test_a_flush_waits_no_longer_than_it_is_told(live: LiveLog, store: EventStore) -> None:
    failure: Future[None] = Future()

    def flush() -> None:
        try:
            live.flush(0.05)
            failure.set_result(None)
        except UnavailableError as error:
            failure.set_exception(error)

    with store.writing():
        thread = threading.Thread(target=flush)
        thread.start()
        with pytest.raises(UnavailableError, match=r"busy for 0.05 s. Try again when the import is done"):
            failure.result(30)
    thread.join()


def test_a_body_of_nothing_but_rejects_tells_nobody(store: EventStore, live: LiveLog) -> None:
    told: list[int] = []
    store.on_written = lambda: told.append(len(store))
    live.take(body({"event_type": "nonsense"})).result(10)
    live.take(body(event("e1"))).result(10)
    live.flush(10)
    assert told == [1]


def test_a_sender_who_goes_away_stops_nobody(live: LiveLog) -> None:
    gone = live.take(body(event("a")))
    assert not gone.cancel()
    assert statuses(gone.result(30)) == [0]
    assert statuses(take(live, body(event("b")))[0]) == [0]


def test_reasons_without_end_are_counted_together(live: LiveLog) -> None:
    take(live, body(*[event("x", event_type=f"no type {i}") for i in range(REASONS + 20)]))
    rejected = live.stats().rejected
    assert len(rejected) == REASONS + 1
    assert rejected[OTHER_REASONS] == 20


def test_who_is_about_to_look_finds_sessions_settled(
    live: LiveLog, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "settle", refuse)
    take(live, body(booked("1", "s", "3")))
    live.bring_in()
    assert starts(store) == {"s": 3}
    take(live, body(booked("2", "s", "4"), booked("3", "r", "5")))
    live.bring_in()
    assert starts(store) == {"s": 4, "r": 5}
