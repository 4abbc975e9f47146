"""An erased entity is gone from every table and does not come back by itself."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store import oracle
from tests.store.batches import batch_of
from tests.store.histories import histories
from tests.store.test_log import paid
from tests.store.test_sessions import fold
from tutorpulse.errors import InputError, UnknownEntityError
from tutorpulse.events.batch import Reject
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore


def names(event: dict[str, Any], entity_type: str, entity_id: str) -> bool:
    """Whether the event names the entity."""
    by_column = event.get(f"{entity_type}_id") == entity_id
    return by_column or (event.get("entity_type"), event.get("entity_id")) == (entity_type, entity_id)


@settings(max_examples=25, deadline=None)
@given(
    events=histories(40),
    entity=st.sampled_from([("tutor", "t1"), ("student", "u1")]),
    rebuild=st.booleans(),
    flush_ids=st.integers(1, 30),
)
def test_erasing_leaves_the_store_of_the_other_events(
    events: list[dict[str, Any]],
    entity: tuple[str, str],
    rebuild: bool,
    flush_ids: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = Home.open(tmp_path_factory.mktemp("homes") / "home", create=True)
    rest = [event for event in events if not names(event, *entity)]
    with EventStore.open(home, flush_ids=flush_ids) as store:
        store.append(batch_of(events))
        if len(rest) < len(events):
            assert store.erase(*entity).events == len(events) - len(rest)
        _holds(store, rest)
    if rebuild:
        shutil.rmtree(home.ids_path)
    with EventStore.open(home, flush_ids=flush_ids) as store:
        assert store.append(batch_of(events)).accepted == 0
        _holds(store, rest)
        assert store.append(batch_of([paid("new", student_id="u1")])).accepted == 1


def _holds(store: EventStore, events: list[dict[str, Any]]) -> None:
    assert len(store) == len(events)
    assert fold(store, "SELECT * FROM settled_sessions") == oracle.sessions(events)
    assert fold(store, "SELECT * FROM settled_sessions") == oracle.sessions(events)


def test_rejects_that_hold_the_id_as_a_word_go_too(store: EventStore) -> None:
    raws = [b'{"student_id":"u1"', b"u1,5,x", b'"u12"', b'{"student_id":"xu1"}', b"u1-a", b"\xff u1"]
    rejects = tuple(Reject(1 + i, raw, "bad", "", "f", i, 1) for i, raw in enumerate(raws))
    store.append(batch_of([paid("1", student_id="u1")], rejects))
    assert store.erase("student", "u1").rejects == 3
    assert [kept.place for kept in store.rejects(None)] == [2, 3, 4]


def test_ids_escaped_as_in_json_are_found(store: EventStore) -> None:
    raw = b'{"student_id":"Jos\\u00e9"'
    store.append(batch_of([], (Reject(0, raw, "bad", "", "f", 1, 1),)))
    assert store.erase("student", "José").rejects == 1


def test_actions_on_the_entity_go_and_those_on_its_namesake_stay(store: EventStore) -> None:
    action = {"event_type": "action_taken", "ts_us": 1, "entity_id": "x"}
    store.append(
        batch_of(
            [
                {"event_id": "1", **action, "entity_type": "tutor"},
                {"event_id": "2", **action, "entity_type": "student"},
            ]
        )
    )
    assert store.erase("tutor", "x").events == 1
    assert store.query("SELECT entity_type FROM other_events")["entity_type"].tolist() == ["student"]


def test_an_unknown_entity_is_refused(store: EventStore) -> None:
    store.append(batch_of([paid("1", student_id="u1")]))
    with pytest.raises(UnknownEntityError, match=r"No tutor 'u1' is known. Check the id and the kind"):
        store.erase("tutor", "u1")
    with pytest.raises(InputError, match=r"'robot' is no kind of entity. Give tutor or student"):
        store.erase("robot", "u1")
    with pytest.raises(InputError, match="stands for an unknown student and cannot be erased"):
        store.erase("student", "-")
    assert len(store) == 1


def test_whoever_asked_for_a_single_number_before_holds_up_no_erasure(home: Home) -> None:
    with EventStore.open(home) as store, ThreadPoolExecutor(1) as other:
        store.append(batch_of([paid("e1")]))
        other.submit(store.newest_us).result()
        assert store.erase("student", "u").events == 1
