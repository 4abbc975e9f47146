"""The index of sessions' places finds every event of the touched sessions, whatever happened to its files."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.batches import batch_of
from tests.store.histories import histories
from tests.store.test_log import contents
from tutorpulse.store import settling
from tutorpulse.store.home import Home
from tutorpulse.store.index import IdIndex
from tutorpulse.store.log import EventStore
from tutorpulse.store.places import SessionPlaces

BOOKED = {"event_type": "session_booked", "tutor_id": "t", "student_id": "u", "starts_at": 9}


def booked(event_id: str, session_id: str, ts_us: int = 1) -> dict[str, Any]:
    return {"event_id": event_id, "session_id": session_id, "ts_us": ts_us, **BOOKED}


def places_of(store: EventStore, flush_ids: int = 5) -> SessionPlaces:
    return SessionPlaces(IdIndex(store.journal_path.parent / "places", flush_ids))


def expected(store: EventStore, after: int) -> list[int]:
    touched = "SELECT session_id FROM session_events WHERE seq > ?"
    sql = f"SELECT seq FROM session_events WHERE session_id IN ({touched}) ORDER BY seq"
    return store.query(sql, [after])["seq"].tolist()


@settings(max_examples=25)
@given(events=histories(30), after=st.integers(0, 30), cut=st.integers(0, 30), flush_ids=st.integers(1, 20))
def test_all_events_of_the_touched_sessions_are_found_before_and_after_reopening(
    events: list[dict[str, Any]],
    after: int,
    cut: int,
    flush_ids: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with EventStore.open(Home.open(tmp_path_factory.mktemp("homes") / "h", create=True)) as store:
        places = places_of(store, flush_ids)
        for part in (events[:cut], events[cut:]):
            store.append(batch_of(part))
            found = places.together_with(store._database, after, len(store))
            assert sorted(found.tolist()) == expected(store, after)
        again = places_of(store, flush_ids).together_with(store._database, after, len(store))
        assert sorted(again.tolist()) == expected(store, after)


@pytest.mark.parametrize("damage", ["other hash", "too few", "of nothing"])
def test_an_index_that_does_not_fit_the_log_is_made_anew(home: Home, damage: str) -> None:
    with EventStore.open(home) as store:
        store.append(batch_of([booked(f"{i}", f"s{i % 7}") for i in range(40)]))
        places_of(store).together_with(store._database, 0, 40)
        sql = {
            "other hash": "UPDATE session_events SET session_id = session_id || '!'",
            "too few": "DELETE FROM session_events WHERE seq = 3",
            "of nothing": "DELETE FROM session_events",
        }[damage]
        store._database.execute(sql)
        found = places_of(store).together_with(store._database, 0, 40)
        assert sorted(found.tolist()) == expected(store, 0)


def test_few_new_events_settle_as_many_do(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [booked(f"{i}", f"s{i % 11}", ts_us=(i * 7) % 40) for i in range(60)]

    def settled_in_parts(path: Path) -> dict[str, Any]:
        with EventStore.open(Home.open(path, create=True)) as store:
            for start in range(0, 60, 20):
                store.append(batch_of(events[start : start + 20]))
                store.settle()
            return contents(store)

    by_places = settled_in_parts(tmp_path / "few")
    assert (tmp_path / "few" / "places").is_dir()
    monkeypatch.setattr(settling, "UNORDERED_EVENTS", 0)
    assert settled_in_parts(tmp_path / "in order") == by_places
    monkeypatch.setattr(settling, "FEW_EVENTS", 0)
    assert settled_in_parts(tmp_path / "many") == by_places
    assert not (tmp_path / "many" / "places").exists()


def test_erasing_forgets_the_places_of_what_it_removed(home: Home) -> None:
    with EventStore.open(home) as store:
        store.append(batch_of([booked("1", "s1"), booked("2", "s2") | {"student_id": "v"}]))
        store.settle()
        store.append(batch_of([booked("3", "s2") | {"student_id": "v"}]))
        store.settle()
        store.erase("student", "v")
        store.append(batch_of([booked("4", "s2", 5), booked("5", "s1", 5)]))
        found = store.query("SELECT session_id, first_us FROM settled_sessions ORDER BY 1")
        assert found["session_id"].tolist() == ["s1", "s2"]
        assert found["first_us"].tolist() == [1, 5]
