"""Whom features are computed for, and when: all, some, any as_of, any knowledge."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.features.histories import AS_OF, dense_history
from tests.features.memory import MemoryStore
from tests.features.said import NOW, done, event, say
from tests.features.same import assert_same
from tests.store.batches import batch_of
from tutorpulse.clock import DAY_US
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.compute import FACT_NAMES, compute, facts_alone, measured
from tutorpulse.features.frame import ENTITY_TYPES, FEATURE_COUNT, EntityType
from tutorpulse.features.references import References
from tutorpulse.store.database import Arrays
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

_CONFIG = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@_CONFIG
@given(seed=st.integers(0, 10**6), rows=st.permutations([0, 1, 2]).map(lambda order: order[:2]))
def test_some_entities_have_the_same_features_as_among_all(
    store: MemoryStore, kind: EntityType, seed: int, rows: list[int]
) -> None:
    everybody = compute(store.fill(dense_history(seed)), kind, AS_OF)
    assert_same(
        compute(store, kind, AS_OF, entity_ids=everybody.entity_ids[rows]), everybody.take(np.array(rows))
    )


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_facts_alone_are_those_of_the_whole_frame(store: MemoryStore, kind: EntityType) -> None:
    whole = compute(store.fill(dense_history(3)), kind, AS_OF)
    alone = facts_alone(store, kind, AS_OF, AS_OF)
    found = alone.take(np.argsort(alone.entity_ids))
    assert found.entity_ids.tolist() == whole.entity_ids.tolist()
    assert found.features.shape == found.context.shape == (len(whole), 0)
    for name in FACT_NAMES:
        np.testing.assert_array_equal(found.facts[name], whole.facts[name], err_msg=name)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@_CONFIG
@given(seed=st.integers(0, 10**6), back=st.integers(0, 60 * DAY_US))
def test_a_store_cut_at_a_time_gives_the_same_features_as_of_it(
    store: MemoryStore, kind: EntityType, seed: int, back: int
) -> None:
    events, as_of = dense_history(seed), AS_OF - back
    whole = compute(store.fill(events), kind, as_of)
    cut = [e for e in events if e["ts_us"] <= as_of and e["received_us"] <= as_of]
    assert_same(compute(store.fill(cut), kind, as_of, AS_OF), whole)


def test_a_late_correction_does_not_leak_into_the_past(store: MemoryStore) -> None:
    session = {"session_id": "x", "tutor_id": "t", "student_id": "s"}
    held = event("session_completed", 9, **session)
    corrected = event("session_completed", 8.9, 1, no_show=True, **session)
    past = NOW - 5 * DAY_US
    assert say(store, "tutor", held, corrected, as_of_us=past)["sessions_completed_7d"] == 1
    assert say(store, "tutor", held, corrected, as_of_us=past, known_at_us=NOW)["sessions_completed_7d"] == 0


def test_an_event_that_comes_in_while_features_are_computed_hides_no_session(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    session = {"session_id": "x", "tutor_id": "t", "student_id": "s"}
    held, later = event("session_completed", 9, **session), event("session_started", 8, 1, **session)
    with EventStore.open(Home.open(tmp_path / "home", create=True)) as store:
        store.append(batch_of([{**held, "event_id": "held"}]))
        waiting = [batch_of([{**later, "event_id": "later"}])]
        ask = store.query

        def slow(sql: str, params: Sequence[object] = ()) -> Arrays:
            if waiting:
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(store.append, waiting.pop()).result()
                    pool.submit(store.settle).result()
            return ask(sql, params)

        monkeypatch.setattr(store, "query", slow)
        frame = compute(store, "tutor", NOW - 5 * DAY_US)
    assert not waiting
    np.testing.assert_array_equal(frame.facts["completed_total"], [1])


def test_everybody_whom_an_event_names_has_a_row_but_the_placeholder(store: MemoryStore) -> None:
    events = [
        done(1, tutor_id="-", student_id="of a session"),
        event("tutor_registered", 5, tutor_id="registered"),
        event("action_taken", 5, entity_type="tutor", entity_id="acted upon"),
        event("support_ticket_opened", 5, tutor_id="helped"),
        event("tutor_registered", -5, tutor_id="of the future"),
        event("tutor_registered", 5, -5, tutor_id="not known yet"),
        event("payment_processed", 5, student_id="payer", amount=1, succeeded=True),
    ]
    store.fill([{"event_id": str(n), **e} for n, e in enumerate(events)])
    assert compute(store, "tutor", NOW).entity_ids.tolist() == ["acted upon", "helped", "registered"]
    assert compute(store, "student", NOW).entity_ids.tolist() == ["of a session", "payer"]


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_an_empty_log_gives_an_empty_frame(store: MemoryStore, kind: EntityType) -> None:
    frame = compute(store.fill([]), kind, NOW)
    assert (len(frame), frame.features.shape, frame.features.dtype) == (0, (0, FEATURE_COUNT), np.float32)
    assert {name: len(column) for name, column in frame.facts.items()} == dict.fromkeys(FACT_NAMES, 0)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_ids_come_back_in_the_order_given_unknown_ones_empty(store: MemoryStore, kind: EntityType) -> None:
    store.fill([{"event_id": "e", **done(1)}])
    wanted = np.array(["nobody", kind[0]], object)
    frame = compute(store, kind, NOW, entity_ids=wanted)
    assert frame.entity_ids.tolist() == wanted.tolist()
    assert frame.facts["completed_total"].tolist() == [0, 1]


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_no_ids_give_no_rows(store: MemoryStore, kind: EntityType) -> None:
    assert len(compute(store, kind, NOW, entity_ids=np.array([], object))) == 0


# What is kept of the population


class _Counting(MemoryStore):
    """Notes the questions about the population."""

    asked = 0

    def query(self, sql: str, params: Any = ()) -> Any:
        self.asked += sql.startswith("WITH everybody")
        return super().query(sql, params)


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_the_population_is_worked_out_once_and_changes_no_result(kind: EntityType) -> None:
    memory, kept = _Counting().fill(dense_history(5)), References()
    assert isinstance(memory, _Counting)
    fresh = [compute(memory, kind, as_of) for as_of in (AS_OF, AS_OF + 9)]
    memory.asked = 0
    for expected in fresh:
        assert_same(compute(memory, kind, expected.as_of_us, references=kept), expected)
    assert memory.asked == 1
    compute(memory, kind, AS_OF + DAY_US, references=kept)
    assert memory.asked == 2
    memory.close()


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_a_kept_population_of_different_rows_ranks_as_the_whole_one_does(kind: EntityType) -> None:
    memory = MemoryStore().fill([*dense_history(5), *_alike(dense_history(5))])
    names = [feature.name for feature in CATALOGS[kind].features]
    whole = measured(memory, kind, names, AS_OF, AS_OF)
    order = np.argsort(whole.pop("entity_id").astype(str))
    expected = np.array([np.ma.filled(whole[name].astype(float), np.nan)[order] for name in names])
    frame = compute(memory, kind, AS_OF)
    assert frame.entity_ids.tolist() == sorted(frame.entity_ids.tolist())
    np.testing.assert_allclose(frame.features.T, expected.astype(np.float32), rtol=1e-6, atol=1e-6)
    memory.close()


def _alike(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same history of others."""
    keys = ("event_id", "tutor_id", "student_id", "session_id", "request_id", "entity_id")
    return [{**e, **{key: f"{e[key]}-2" for key in keys if e.get(key)}} for e in events]


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_the_population_is_worked_out_anew_when_its_past_changes(kind: EntityType) -> None:
    events, kept = dense_history(5), References()
    memory = _Counting().fill(events)
    assert isinstance(memory, _Counting)
    compute(memory, kind, AS_OF, references=kept)
    today = [e for e in dense_history(6, 300) if e["received_us"] > AS_OF // DAY_US * DAY_US]
    for more, asked in ((today, 1), (dense_history(7, 200), 2)):
        events = [*events, *({**e, "event_id": f"{asked}-{e['event_id']}"} for e in more)]
        expected = compute(memory.fill(events), kind, AS_OF)
        memory.asked = asked - 1
        assert_same(compute(memory, kind, AS_OF, references=kept), expected)
        memory.asked = 0
    memory.close()


def test_features_are_read_from_a_home(tmp_path: Path) -> None:
    with EventStore.open(Home.open(tmp_path, create=True)) as opened:
        assert len(compute(opened, "tutor", NOW)) == 0


@pytest.mark.parametrize("kind", ENTITY_TYPES)
@pytest.mark.parametrize("as_of", [AS_OF, AS_OF - 20 * DAY_US])
def test_looking_rows_up_and_reading_them_all_give_theassert_same(
    store: MemoryStore, kind: EntityType, as_of: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = compute(store.fill(dense_history(3)), kind, as_of)
    monkeypatch.setattr("tutorpulse.features.compute.FEW_ENTITIES", 0)
    assert_same(compute(store, kind, as_of), looked_up)
