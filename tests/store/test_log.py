"""The seam through which events come in: exact, durable, and the same whatever the order and the batches."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.batches import batch_of
from tests.store.histories import histories
from tutorpulse.events.batch import EventBatch, Reject
from tutorpulse.events.contract import EVENT_TYPES, TABLES
from tutorpulse.store.admission import Generation
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore


def paid(event_id: str, ts_us: int = 1, **payload: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "event_type": "payment_processed",
        "ts_us": ts_us,
        "student_id": "u",
        "amount": 5.0,
        "succeeded": True,
        **payload,
    }


def contents(store: EventStore) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table that is no accident of arrival."""
    tables = dict.fromkeys(TABLES, "* EXCLUDE (seq)") | {"settled_sessions": "*", "rejects": "*"}
    store.settle()
    return {
        table: set(store._database.execute(f"SELECT {what} FROM {table}").fetchall())
        for table, what in tables.items()
    }


REJECTS = st.lists(
    st.builds(
        Reject,
        position=st.just(0),
        raw=st.binary(max_size=3),
        reason=st.just("Expected `object`"),
        field=st.just(""),
        source=st.just("a.ndjson"),
        place=st.integers(0, 3),
        received_us=st.just(1),
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(events=histories(40), rejects=REJECTS, data=st.data(), flush_ids=st.integers(1, 50))
def test_order_batches_and_repeats_leave_the_same_store(
    events: list[dict[str, Any]],
    rejects: list[Reject],
    data: st.DataObject,
    flush_ids: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("homes")
    with EventStore.open(Home.open(folder / "once", create=True)) as store:
        assert store.append(batch_of(events)).accepted == len(events)
        store.append(batch_of([], _placed(rejects)))
        expected = contents(store)
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=len(events) // 4 + 1))
    shuffled = data.draw(st.permutations(events + repeats))
    accepted = 0
    home = Home.open(folder / "again", create=True)
    for _ in range(2):
        with EventStore.open(home, flush_ids=flush_ids) as store:
            for part in _parts(data, shuffled):
                claim = store.claim(batch_of(part, _placed(rejects, len(part))))
                store.write(Generation([claim]), settle=data.draw(st.booleans()))
                accepted += claim.receipts().accepted
                if data.draw(st.booleans()):
                    store.settle()
            assert contents(store) == expected
    assert accepted == len(events)


def _placed(rejects: list[Reject], after: int = 0) -> tuple[Reject, ...]:
    return tuple(
        Reject(after + i, r.raw, r.reason, r.field, r.source, r.place, r.received_us)
        for i, r in enumerate(rejects)
    )


def _parts(data: st.DataObject, events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=4)))
    return [events[a:b] for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True)]


def test_each_position_gets_its_receipt(store: EventStore) -> None:
    store.append(batch_of([paid("old")]))
    reject = Reject(3, b"{", "truncated", "", "f", 4, 9)
    receipts = store.append(batch_of([paid("new"), paid("old"), paid("new")], (reject,)))
    assert [receipts[i] for i in range(4)] == ["accepted", "duplicate", "duplicate", "rejected"]
    assert (receipts.accepted, receipts.duplicate, receipts.rejected, len(receipts)) == (1, 2, 1, 4)


def test_the_first_of_an_id_wins_across_types_and_batches(store: EventStore) -> None:
    other = {"event_id": "x", "event_type": "student_departed", "ts_us": 2, "student_id": "u"}
    assert store.append(batch_of([paid("x", amount=1.0), other, paid("x", amount=2.0)])).accepted == 1
    assert store.append(batch_of([other])).duplicate == 1
    assert store.query("SELECT amount FROM payment_events")["amount"].tolist() == [1.0]
    assert store.counts() == {"payment_processed": 1}


def test_every_field_of_every_type_comes_back_as_it_went_in(store: EventStore) -> None:
    values = {"NUMBER": 2.5, "FLAG": True, "TIME": 7}
    events = [
        {
            "event_id": name,
            "event_type": name,
            "ts_us": 1,
            "received_us": 2,
            "extra": '{"a":1}',
            **{field.name: values.get(field.kind.name, f"text of {field.name}") for field in kind.fields},
        }
        for name, kind in EVENT_TYPES.items()
    ]
    store.append(batch_of(events))
    for event in events:
        table = EVENT_TYPES[event["event_type"]].table
        row = store.query(f"SELECT * FROM {table} WHERE event_type = ?", [event["event_type"]])
        assert {name: row[name].item() for name in event} == event


def test_a_column_that_starts_with_many_missing_values_keeps_its_text(store: EventStore) -> None:
    store.append(batch_of([paid(f"{i}", method=None if i < 5000 else "card") for i in range(5001)]))
    found = store.query("SELECT method FROM payment_events ORDER BY seq")["method"]
    assert (found[0], found[5000]) == (None, "card")


def test_events_keep_their_order_of_arrival(store: EventStore) -> None:
    store.append(batch_of([paid("b", 9), paid("a", 5)]))
    store.append(batch_of([paid("b", 9), paid("c", 1)]))
    assert store.query("SELECT event_id FROM payment_events ORDER BY seq")["event_id"].tolist() == [
        "b",
        "a",
        "c",
    ]
    assert store.query("SELECT seq FROM payment_events ORDER BY seq")["seq"].tolist() == [1, 2, 3]


def test_an_empty_batch_changes_nothing(store: EventStore) -> None:
    assert len(store.append(EventBatch(0, ()))) == 0
    assert (len(store), store.newest_us(), store.oldest_us(), store.newest_received_us()) == (
        0,
        None,
        None,
        None,
    )
    assert store.entity_ids("tutor").tolist() == []


def test_facts_of_the_log(store: EventStore) -> None:
    one_sided = {
        "event_type": "review_submitted",
        "session_id": "s",
        "tutor_id": "-",
        "student_id": "v",
        "rating": 4.0,
    }
    store.append(
        batch_of([paid("1", 30), paid("2", 10, received_us=90), {"event_id": "3", "ts_us": 20, **one_sided}])
    )
    assert (store.oldest_us(), store.newest_us(), store.newest_received_us(), len(store)) == (10, 30, 90, 3)
    assert store.counts() == {"payment_processed": 2, "review_submitted": 1}
    assert store.entity_ids("student").tolist() == ["u", "v"]
    assert store.entity_ids("tutor").tolist() == []


def test_answers_show_missing_values_by_kind(store: EventStore) -> None:
    found = store.query(
        "SELECT * FROM (VALUES (1, 1.5::DOUBLE, 'a', TRUE), (NULL, NULL, NULL, NULL)) AS t(i, f, s, b)"
    )
    assert np.isnan(found["f"][1])
    assert found["s"].tolist() == ["a", None]
    assert (found["i"].dtype, found["i"].mask.tolist()) == (np.int64, [False, True])
    assert found["b"].mask.tolist() == [False, True]
    whole = store.query("SELECT 1::INTEGER AS i, SUM(2) AS total WHERE TRUE")
    assert (whole["i"].dtype, whole["total"].dtype) == (np.int64, np.float64)
    assert not isinstance(whole["i"], np.ma.MaskedArray)


def test_ids_serve_a_query_and_are_gone_after_it(store: EventStore) -> None:
    store.append(batch_of([paid(f"{i}") for i in range(5)]))
    sql = "SELECT event_id FROM payment_events WHERE event_id IN (SELECT id FROM wanted) ORDER BY 1"
    with store.ids("wanted", np.array(["3", "1", "9"], np.object_)):
        assert store.query(sql)["event_id"].tolist() == ["1", "3"]
    with pytest.raises(Exception, match="wanted"):
        store.query(sql)
    with store.ids("wanted", np.array([], np.object_)):
        assert store.query(sql)["event_id"].tolist() == []


def test_a_batch_that_fails_leaves_nothing(store: EventStore) -> None:
    good = batch_of([paid("1")])
    bad = batch_of([paid("2"), paid("3", amount=None)])
    store._database.execute("ALTER TABLE payment_events ALTER amount SET NOT NULL")
    with pytest.raises(Exception, match="NOT NULL"):
        store.append(bad)
    assert store.append(good).accepted == 1
    assert store.append(batch_of([paid("2")])).accepted == 1
    assert len(store) == 2


def test_threads_read_while_another_appends(store: EventStore) -> None:
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(int(store.query("SELECT COUNT(*) AS n FROM payment_events")["n"][0]))

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(20):
        store.append(batch_of([paid(f"{i}-{j}") for j in range(10)]))
    done.set()
    reader.join()
    assert all(count % 10 == 0 for count in seen)
    assert seen == sorted(seen)


def test_a_reader_sees_sessions_that_nobody_settled(home: Home) -> None:
    booked = {"event_type": "session_booked", "session_id": "s", "tutor_id": "t", "student_id": "u"}
    with EventStore.open(home) as store:
        store.append(batch_of([{"event_id": "1", "ts_us": 1, "starts_at": 5, **booked}]))
        store.settle()
        store.append(batch_of([{"event_id": "2", "ts_us": 2, "starts_at": 8, **booked}]))
        store.append(batch_of([{"event_id": "3", "ts_us": 2, "starts_at": 9, **booked, "session_id": "r"}]))
    for _ in range(2):
        with EventStore.open(home, read_only=True) as reader:
            for _ in range(2):
                found = reader.query("SELECT start_us FROM settled_sessions ORDER BY session_id DESC")
                assert found["start_us"].tolist() == [8, 9]


def test_results_are_copied_to_files(store: EventStore, tmp_path: Any) -> None:
    store.append(batch_of([paid("1"), paid("2", amount=7.5)]))
    path = tmp_path / "it's.parquet"
    store.copy_to("SELECT event_id, amount FROM payment_events", str(path), "FORMAT parquet")
    with store.ids("unused", np.array([], np.object_)):
        copied = store.query("SELECT * FROM read_parquet(?) ORDER BY 1", [str(path)])
    assert copied["amount"].tolist() == [5.0, 7.5]


def _by_another(work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def test_a_snapshot_shows_one_moment_whatever_is_written_meanwhile(store: EventStore) -> None:
    booked = {"event_type": "session_booked", "session_id": "s", "tutor_id": "t", "student_id": "u"}
    moved = batch_of([{"event_id": "2", "ts_us": 2, "starts_at": 8, **booked}])
    sql = "SELECT start_us FROM settled_sessions"
    store.append(batch_of([{"event_id": "1", "ts_us": 1, "starts_at": 5, **booked}]))
    with store.snapshot(), store.snapshot():
        _by_another(lambda: store.append(moved))
        _by_another(store.settle)
        assert store.query(sql)["start_us"].tolist() == [5]
        assert len(store) == 1
    assert store.query(sql)["start_us"].tolist() == [8]
    assert len(store) == 2


def test_a_snapshot_of_a_settled_log_waits_for_no_writer(store: EventStore) -> None:
    store.append(batch_of([paid(f"e{i}") for i in range(3)]))
    seen: list[int] = []

    def look() -> None:
        with store.visit(), store.snapshot():
            seen.append(int(store.query("SELECT COUNT(*) AS n FROM payment_events")["n"][0]))

    with store.writing():
        reader = threading.Thread(target=look)
        reader.start()
        reader.join(30)
        assert seen == [3]


def test_a_snapshot_in_which_a_query_failed_says_why_and_leaves_no_relation(store: EventStore) -> None:
    ids = np.array(["1"], np.object_)
    with pytest.raises(Exception, match="no_such_table"), store.snapshot(), store.ids("wanted", ids):
        store.query("SELECT * FROM no_such_table")
    with pytest.raises(Exception, match="wanted"):
        store.query("SELECT * FROM wanted")
    with store.snapshot(), store.ids("wanted", ids):
        assert store.query("SELECT id FROM wanted")["id"].tolist() == ["1"]


def test_the_places_of_sessions_are_those_of_all_their_events(store: EventStore) -> None:
    sides = {"event_type": "session_started", "tutor_id": "t", "student_id": "u", "ts_us": 1}
    store.append(batch_of([{"event_id": f"{i}", "session_id": f"s{i % 3}", **sides} for i in range(9)]))
    _by_another(store.settle)
    store.append(batch_of([{"event_id": "late", "session_id": "s1", **sides}]))
    places = store.places_of_sessions(np.array(["s1", "unheard of"], np.object_), len(store))
    found = store.query("SELECT event_id, seq FROM session_events ORDER BY seq")
    named = dict(zip(found["seq"].tolist(), found["event_id"].tolist(), strict=True))
    assert sorted(named[place] for place in places.tolist()) == ["1", "4", "7", "late"]


def test_a_query_of_more_than_the_database_may_have_is_answered_from_disk(home: Home) -> None:
    keys = np.random.default_rng(1).permutation(250_000)
    ranked = "SELECT key, ROW_NUMBER() OVER (ORDER BY printf('%030d', key)) AS place FROM many"
    with EventStore.open(home, memory_limit_gb=0.04) as store, store.relation("many", {"key": keys}):
        store.use_threads(1)
        total = store.query(f"SELECT SUM(key * place) AS total FROM ({ranked})")["total"][0]
        spilt = store.query("SELECT SUM(size) AS bytes FROM duckdb_temporary_files()")["bytes"][0]
    assert total == (keys * (keys + 1)).sum()
    assert spilt > 0
