from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.store.batches import batch_of
from tutorpulse.errors import HomeError
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State
from tutorpulse.store.verify import Check, verify

TABLE = EVENT_TYPES["tutor_departed"].table


def departed(*numbers: int) -> list[dict[str, object]]:
    return [
        {"event_id": f"e{n}", "event_type": "tutor_departed", "ts_us": n, "tutor_id": f"t{n}"}
        for n in numbers
    ]


@pytest.fixture
def store(home: Home) -> Iterator[EventStore]:
    """A log of 50 events, one of them erased, all ids on disk but the last three."""
    with EventStore.open(home, flush_ids=10) as opened:
        opened.append(batch_of(departed(*range(1, 51))))
        opened.append(batch_of(departed(51, 52, 53)))
        opened.erase("tutor", "t7")
        yield opened


def checks(home: Home, store: EventStore) -> dict[str, Check]:
    with closing(State(home.state_path)) as state:
        return {check.name: check for check in verify(home, store, state)}


def test_a_whole_home_is_found_to_be_whole(home: Home, store: EventStore) -> None:
    found = checks(home, store)
    assert [name for name, check in found.items() if not check.sound] == []
    assert found["places"].found.startswith("52 events")
    assert found["ids"].found == "49 events and 1 erased ones, every id known once"


def test_looking_changes_no_file(home: Home, store: EventStore) -> None:
    (home.ids_path / "99999999.ids").write_bytes(b"in the making")
    checks(home, store)
    assert (home.ids_path / "99999999.ids").exists()


def test_an_id_that_the_index_lacks_is_found(home: Home, store: EventStore) -> None:
    run = max(home.ids_path.glob("*.ids"), key=lambda path: path.stat().st_size)
    content = bytearray(run.read_bytes())
    content[-1] ^= 255
    run.write_bytes(content)
    ids = checks(home, store)["ids"]
    assert not ids.sound
    assert ids.found == "1 events whose ids are not known"
    assert "remove its folder `ids`" in ids.advice


def test_an_index_of_another_length_is_found(home: Home, store: EventStore) -> None:
    store._database.execute(f"DELETE FROM {TABLE} WHERE seq = 3")
    ids = checks(home, store)["ids"]
    assert (ids.sound, ids.found) == (False, "50 ids for 48 events and 1 erased ones")


def test_two_events_in_one_place_are_found(home: Home, store: EventStore) -> None:
    store._database.execute(f"UPDATE {TABLE} SET seq = 4 WHERE seq = 3")
    places = checks(home, store)["places"]
    assert (places.sound, places.found) == (False, "52 events have 51 places")
    assert "Restore a backup" in places.advice


def test_a_damaged_block_of_the_log_is_found(home: Home) -> None:
    with EventStore.open(home) as store:
        store.append(batch_of(departed(*range(1, 20_000))))
        place = _place(store, TABLE)
    _spoil(home, place)
    with EventStore.open(home) as store:
        log = checks(home, store)["log"]
        assert not log.sound
        assert log.found.startswith(f"{TABLE}: ")
        assert "Restore a backup" in log.advice


def test_a_log_that_cannot_be_opened_says_what_to_do(home: Home) -> None:
    with EventStore.open(home) as store:
        place = _place(store, "facts")
    _spoil(home, place)
    with pytest.raises(HomeError, match=r"is damaged: .* Restore a backup"):
        EventStore.open(home)


def _place(store: EventStore, table: str) -> int:
    """A place in the file, in the last block that holds a column of the table."""
    with store.still():
        found = store.query(
            f"SELECT MAX(block_id) AS block FROM pragma_storage_info('{table}') WHERE persistent"
        )
    return int(12_288 + found["block"][0] * 262_144 + 100)


def _spoil(home: Home, place: int) -> None:
    with home.events_path.open("rb+") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 255]))


def test_a_damaged_state_is_found(home: Home, store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(State, "problems", lambda _self: ["row 3 missing from index"])
    found = checks(home, store)["state"]
    assert (found.sound, found.found) == (False, "1 problems: row 3 missing from index")


def test_a_sound_state_has_no_problems(home: Home) -> None:
    with closing(State(home.state_path)) as state:
        assert state.problems() == []
