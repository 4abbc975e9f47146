"""Rows kept in memory: those that the table would give, whoever is asked about and whatever came since."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.batches import batch_of
from tutorpulse.store import mirror
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.mirror import Mirror, Part

_ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 9)), min_size=0, max_size=6
)
_COLUMNS = ("event_id", "tutor_id", "ts_us")


class _Reads:
    """What is read of a store, and how often."""

    def __init__(self, store: EventStore) -> None:
        self._store, self.asked = store, list[str]()

    def __call__(self, sql: str, values: Mapping[str, int]) -> Any:
        self.asked.append(sql)
        return self._store.rows(sql, values)


def _resumed(number: int, tutor_id: str, ts_us: int = 1, received_us: int = 1) -> dict[str, Any]:
    named = {"event_id": f"e{number}", "tutor_id": tutor_id, "event_type": "tutor_resumed"}
    return {**named, "ts_us": ts_us, "received_us": received_us}


def _part(condition: str = "TRUE", version: int = 0) -> Part:
    return Part("tutor_events", "tutor_id", _COLUMNS, condition, version)


def _told(rows: Any) -> list[tuple[Any, ...]]:
    assert rows.column_names == [*_COLUMNS, "as_of_us"]
    return sorted(zip(*rows.to_pydict().values(), strict=True))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.tuples(_ROWS, st.sets(st.sampled_from("abcd")), st.integers(0, 9), st.integers(0, 9))
    ),
    begins=st.integers(0, 9),
    tail_rows=st.integers(0, 5),
)
def test_it_holds_what_was_there_of_the_part_and_all_that_came_since(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    batches: Sequence[tuple[list[tuple[str, int, int]], set[str], int, int]],
    begins: int,
    tail_rows: int,
) -> None:
    monkeypatch.setattr(mirror, "_TAIL_ROWS", tail_rows)
    part, known = _part(f"ts_us >= {begins}"), list[dict[str, Any]]()
    with EventStore.open(Home.open(tmp_path_factory.mktemp("home"), create=True)) as store:
        kept = Mirror(store.rows)
        for number, (rows, ids, as_of_us, known_at_us) in enumerate(batches):
            new = [_resumed(10 * number + i, *row) for i, row in enumerate(rows)]
            store.append(batch_of(new))
            known += [one for one in new if number or one["ts_us"] >= begins]
            found = kept.about(part, sorted(ids), as_of_us, known_at_us)
            assert found is not None
            assert _told(found) == sorted(
                (one["event_id"], one["tutor_id"], one["ts_us"], as_of_us)
                for one in known
                if one["tutor_id"] in ids and one["ts_us"] <= as_of_us and one["received_us"] <= known_at_us
            )


def test_the_table_is_read_once_and_then_what_is_new(store: EventStore) -> None:
    reads = _Reads(store)
    kept = Mirror(reads)
    store.append(batch_of([_resumed(1, "t")]))
    for number in range(2, 5):
        assert kept.about(_part(), ["t"], 9, 9).num_rows == number - 1
        store.append(batch_of([_resumed(number, "t")]))
    assert len(reads.asked) == 2 + 2
    assert all("seq > $after" in sql for sql in reads.asked[2:])


def test_another_version_is_read_anew(store: EventStore) -> None:
    kept = Mirror(store.rows)
    store.append(batch_of([_resumed(1, "t"), _resumed(2, "u")]))
    assert kept.about(_part(), ["t", "u"], 9, 9).num_rows == 2
    store.erase("tutor", "t")
    assert _told(kept.about(_part(version=1), ["t", "u"], 9, 9)) == [("e2", "u", 1, 9)]


@pytest.mark.parametrize("fails", [0, 1, 2])
def test_what_could_not_be_read_is_read_when_it_is_asked_for_again(store: EventStore, fails: int) -> None:
    """Whether counting, reading all or reading what is new failed."""
    asked = 0

    def read(sql: str, values: Mapping[str, int]) -> Any:
        nonlocal asked
        asked += 1
        if asked == fails + 1:
            raise OSError("interrupted")
        return store.rows(sql, values)

    kept = Mirror(read)
    store.append(batch_of([_resumed(1, "t")]))
    with suppress(OSError):
        assert kept.about(_part(), ["t"], 9, 9).num_rows == 1
    store.append(batch_of([_resumed(2, "t")]))
    with suppress(OSError):
        assert kept.about(_part(), ["t"], 9, 9).num_rows == 2
    assert kept.about(_part(), ["t"], 9, 9).num_rows == 2
    assert asked > fails + 1


@pytest.mark.parametrize("at_once", [True, False])
def test_of_too_many_rows_none_is_kept_until_another_part_is_asked_for(
    store: EventStore, at_once: bool
) -> None:
    reads = _Reads(store)
    kept = Mirror(reads, rows_max=2)
    store.append(batch_of([_resumed(1, "t"), _resumed(2, "u")]))
    if not at_once:
        assert kept.about(_part(), ["t"], 9, 9).num_rows == 1
    store.append(batch_of([_resumed(3, "t", ts_us=5)]))
    assert kept.about(_part(), ["t"], 9, 9) is None
    asked = len(reads.asked)
    assert kept.about(_part(), ["t"], 9, 9) is None
    assert len(reads.asked) == asked
    assert _told(kept.about(_part("ts_us > 1"), ["t"], 9, 9)) == [("e3", "t", 5, 9)]
