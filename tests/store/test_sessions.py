"""What a session is: against an oracle in plain Python, sentence by sentence, and at any cut in time."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlglot
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.store import oracle
from tests.store.batches import batch_of
from tests.store.histories import histories
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.sessions import (
    PLACE_OF_FEW,
    SESSION_COLUMNS,
    fold_sql,
    sessions_as_of_sql,
    straddling_sql,
)

_FRESH = itertools.count(10**9)
SIDES = {"session_id": "s", "tutor_id": "t", "student_id": "u"}
_TIE = {**SIDES, "ts_us": 2, "received_us": 2}
TIED_AND_APART: list[dict[str, Any]] = [
    {"event_id": "e2", "event_type": "session_cancelled", **_TIE},
    {"event_id": "e1", "event_type": "session_completed", **_TIE},
]
"""Two endings of one moment, of which the id decides, and the later id arrives first."""


def fold(store: EventStore, sql: str) -> dict[str, dict[str, Any]]:
    """The rows of a sessions relation by session id, missing as None."""
    columns = store.query(f"SELECT * FROM ({sql})")
    assert list(columns) == list(SESSION_COLUMNS)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    found = [dict(zip(columns, map(_none, row), strict=True)) for row in rows]
    assert len({row["session_id"] for row in found}) == len(found)
    return {row["session_id"]: row for row in found}


def _none(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStore]:
    with EventStore.open(Home.open(tmp_path_factory.mktemp("homes") / "home", create=True)) as store:
        yield store


def refill(store: EventStore, *parts: list[dict[str, Any]]) -> None:
    """Make the store hold the events of these parts only, settled between two; faster than a new home for each example."""
    for table in ("session_events", "settled_sessions"):
        store._database.execute(f"DELETE FROM {table}")
    store._database.execute("UPDATE facts SET value = 0 WHERE name = 'settled_seq'")
    fresh = next(_FRESH)
    for part in parts:
        store.settle()
        add(store, fresh, part)


def add(store: EventStore, fresh: int, events: list[dict[str, Any]]) -> None:
    """Append the session events under ids never used before; those of one `fresh` keep the order of the given ids."""
    own = [event for event in events if event["event_type"] in oracle.SESSION_TYPES]
    store.append(batch_of([{**event, "event_id": f"{fresh}-{event['event_id']}"} for event in own]))


@settings(max_examples=150, deadline=None)
@given(events=histories())
def test_the_fold_is_what_the_contract_says(events: list[dict[str, Any]], shared_store: EventStore) -> None:
    refill(shared_store, events)
    assert fold(shared_store, fold_sql("session_events")) == oracle.sessions(events)
    assert fold(shared_store, fold_sql("session_events", PLACE_OF_FEW)) == oracle.sessions(events)
    assert fold(shared_store, "SELECT * FROM settled_sessions") == oracle.sessions(events)


@settings(max_examples=150, deadline=None)
@given(
    events=histories(), as_of_us=st.integers(0, 13), known_at_us=st.integers(0, 13), split=st.integers(0, 25)
)
@example(events=TIED_AND_APART, as_of_us=2, known_at_us=2, split=1)
def test_sessions_as_of_a_time_are_those_of_a_log_cut_there(
    events: list[dict[str, Any]], as_of_us: int, known_at_us: int, split: int, shared_store: EventStore
) -> None:
    refill(shared_store, events[:split], events[split:])
    cut = [e for e in events if e["ts_us"] <= as_of_us and e["received_us"] <= known_at_us]
    assert fold(shared_store, sessions_as_of_sql(as_of_us, known_at_us)) == oracle.sessions(cut)
    if len(shared_store.query(straddling_sql(as_of_us, known_at_us))["beyond"]) == 0:
        assert fold(
            shared_store, sessions_as_of_sql(as_of_us, known_at_us, straddled=False)
        ) == oracle.sessions(cut)


def session(store: EventStore, *events: dict[str, Any]) -> dict[str, Any]:
    """The one session of events given by type, time and payload."""
    refill(store, [{"event_id": f"{i}", **SIDES, **event} for i, event in enumerate(events)])
    return fold(store, fold_sql("session_events"))["s"]


def event(kind: str, ts_us: int, **payload: Any) -> dict[str, Any]:
    return {"event_type": kind, "ts_us": ts_us, **payload}


@pytest.mark.parametrize("later", ["session_booked", "session_rescheduled", "session_started"])
@pytest.mark.parametrize(
    ("end", "outcome"), [("session_completed", "completed"), ("session_cancelled", "cancelled")]
)
def test_a_terminal_state_is_never_undone(
    shared_store: EventStore, later: str, end: str, outcome: str
) -> None:
    found = session(shared_store, event(end, 10), event(later, 20))
    assert (found["outcome"], found["reported_us"], found["time_us"]) == (outcome, 10, 10)


def test_of_two_terminal_events_the_newer_decides_alone(shared_store: EventStore) -> None:
    missed = event("session_completed", 10, no_show=True, no_show_by="tutor", was_cancelled=True)
    held = event("session_completed", 20, duration_minutes=60.0)
    found = session(shared_store, held, missed)
    assert (found["outcome"], found["no_show_by"], found["cancelled_by"]) == ("completed", None, None)


def test_terminal_events_of_one_moment_go_by_received_time_then_id(shared_store: EventStore) -> None:
    early = event("session_completed", 10, received_us=11)
    late = event("session_cancelled", 10, received_us=12)
    assert session(shared_store, late, early)["outcome"] == "cancelled"
    assert session(shared_store, {**late, "received_us": 11}, early)["outcome"] == "completed"


def test_the_newest_rating_holds_be_it_from_the_session_or_a_review(shared_store: EventStore) -> None:
    rated, review = event("session_completed", 10, rating=5.0), event("review_submitted", 20, rating=2.0)
    found = session(shared_store, rated, review)
    assert (found["rating"], found["rated_us"]) == (2.0, 20)
    assert session(shared_store, {**rated, "ts_us": 30}, review)["rating"] == 5.0


def test_a_session_known_from_a_review_only_has_a_rating_and_no_outcome(shared_store: EventStore) -> None:
    found = session(shared_store, event("review_submitted", 20, rating=2.0))
    assert (found["outcome"], found["start_us"], found["time_us"], found["rating"]) == (None, None, None, 2.0)
    assert (found["tutor_id"], found["student_id"]) == ("t", "u")


def test_a_session_is_where_it_started_else_where_it_was_last_planned(shared_store: EventStore) -> None:
    booked = event("session_booked", 1, starts_at=50)
    moved = event("session_rescheduled", 2, new_starts_at=60)
    started, done = event("session_started", 63), event("session_completed", 90)
    assert session(shared_store, booked, moved)["time_us"] == 60
    assert session(shared_store, booked, moved, done)["time_us"] == 60
    assert session(shared_store, booked, moved, started, done)["time_us"] == 63


def test_a_session_reported_before_its_planned_start_is_where_it_was_reported(
    shared_store: EventStore,
) -> None:
    found = session(shared_store, event("session_booked", 1, starts_at=50), event("session_completed", 40))
    assert (found["start_us"], found["time_us"]) == (50, 40)


def test_a_cancelled_session_is_where_the_cancellation_was_reported(shared_store: EventStore) -> None:
    booked, cancelled = (
        event("session_booked", 1, starts_at=50),
        event("session_cancelled", 20, cancelled_by="tutor"),
    )
    assert session(shared_store, booked, cancelled)["time_us"] == 20


def test_a_real_id_beats_the_placeholder_whenever_it_came(shared_store: EventStore) -> None:
    found = session(shared_store, event("session_booked", 1), event("session_completed", 2, tutor_id="-"))
    assert found["tutor_id"] == "t"


@pytest.mark.parametrize("dialect", ["spark", "databricks", "bigquery", "snowflake", "trino", "clickhouse"])
def test_the_fold_carries_over_to_other_engines(dialect: str) -> None:
    sql = sessions_as_of_sql(10, 10)
    sqlglot.transpile(sql, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)


def test_sessions_settle_while_others_append(tmp_path: Path) -> None:
    told = [{"event_id": f"{i}", "ts_us": i, **SIDES, "session_id": f"s{i % 7}"} for i in range(400)]
    with EventStore.open(Home.open(tmp_path / "home", create=True)) as store, ThreadPoolExecutor(3) as pool:
        settling = [pool.submit(_settle_until, store, len(told)) for _ in range(2)]
        for event in told:
            store.append(batch_of([{"event_type": "session_started", **event}]))
        rounds = [done.result() for done in settling]
        assert fold(store, "SELECT * FROM settled_sessions") == fold(store, fold_sql("session_events"))
    assert min(rounds) > 1


def _settle_until(store: EventStore, events: int) -> int:
    """How often sessions were settled until so many events were seen."""
    rounds = 0
    with store.visit():
        while len(store) < events:
            store.settle()
            rounds += 1
            found = store.query(
                "SELECT COUNT(*) AS n, COUNT(DISTINCT session_id) AS ids FROM settled_sessions"
            )
            assert found["n"][0] == found["ids"][0]
    return rounds
