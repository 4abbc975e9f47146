"""Old events in files: whoever reads the log sees no difference."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store import oracle
from tests.store.batches import batch_of
from tests.store.histories import histories
from tests.store.test_erasure import names
from tests.store.test_sessions import fold
from tutorpulse.clock import DAY_US, HOUR_US
from tutorpulse.errors import HomeError
from tutorpulse.store.archive import Archived
from tutorpulse.store.backup import Opened, backup, restore
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.sessions import sessions_as_of_sql
from tutorpulse.store.state import State
from tutorpulse.store.verify import verify

_TIMES = ("ts_us", "received_us", "starts_at", "new_starts_at", "until")
STEP_US = DAY_US // 2


def over_days(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two of the moments of a history a day."""
    return [{k: v * STEP_US if k in _TIMES and v is not None else v for k, v in e.items()} for e in events]


def lessons(days: range) -> list[dict[str, Any]]:
    """A session a day, at noon."""
    return [
        {
            "event_id": f"e{day}",
            "event_type": "session_completed",
            "ts_us": day * DAY_US + 12 * HOUR_US,
            "session_id": f"s{day}",
            "tutor_id": f"t{day % 3}",
            "student_id": "u",
        }
        for day in days
    ]


@pytest.fixture
def store(home: Home) -> Iterator[EventStore]:
    """Ten days, of which the first six are in files."""
    with EventStore.open(home) as opened:
        opened.append(batch_of(lessons(range(10))))
        assert opened.archive(6 * DAY_US + 1).events == 6
        yield opened


def in_table(store: EventStore) -> int:
    return int(store.query("SELECT COUNT(*) AS n FROM main.session_events")["n"][0])


@settings(max_examples=20, deadline=None)
@given(
    events=histories(40),
    split=st.integers(0, 40),
    before=st.integers(0, 7),
    reopen=st.booleans(),
    flush_ids=st.integers(1, 30),
    cut=st.tuples(st.integers(0, 13), st.integers(0, 13)),
)
def test_what_is_read_and_taken_is_the_same_with_and_without_an_archive(
    events: list[dict[str, Any]],
    split: int,
    before: int,
    reopen: bool,
    flush_ids: int,
    cut: tuple[int, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    events = over_days(events)
    home = Home.open(tmp_path_factory.mktemp("homes") / "home", create=True)
    with EventStore.open(home, flush_ids=flush_ids) as store:
        store.append(batch_of(events[:split]))
        store.archive(before * DAY_US)
        if not reopen:
            _agrees(store, events, split, before, cut)
    if reopen:
        shutil.rmtree(home.ids_path, ignore_errors=True)
        with EventStore.open(home, flush_ids=flush_ids) as store:
            _agrees(store, events, split, before, cut)


def _agrees(
    store: EventStore, events: list[dict[str, Any]], split: int, before: int, cut: tuple[int, int]
) -> None:
    _holds(store, events[:split], cut)
    assert store.append(batch_of(events)).accepted == len(events[split:])
    _holds(store, events, cut)
    store.archive(before * DAY_US)
    assert store.append(batch_of(events)).accepted == 0
    _holds(store, events, cut)
    left = store.query(f"SELECT COUNT(*) AS n FROM main.session_events WHERE ts_us < {before * DAY_US}")
    assert left["n"][0] == 0


def _holds(store: EventStore, events: list[dict[str, Any]], cut: tuple[int, int]) -> None:
    as_of_us, known_at_us = (moment * STEP_US for moment in cut)
    by_then = [e for e in events if e["ts_us"] <= as_of_us and e["received_us"] <= known_at_us]
    assert len(store) == len(events)
    assert store.newest_us() == max((e["ts_us"] for e in events), default=None)
    assert fold(store, "SELECT * FROM settled_sessions") == oracle.sessions(events)
    assert fold(store, sessions_as_of_sql(as_of_us, known_at_us)) == oracle.sessions(by_then)


@settings(max_examples=20, deadline=None)
@given(
    events=histories(40),
    entity=st.sampled_from([("tutor", "t1"), ("student", "u1")]),
    before=st.integers(1, 7),
)
def test_erasing_reaches_the_archive(
    events: list[dict[str, Any]],
    entity: tuple[str, str],
    before: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    events = over_days(events)
    home = Home.open(tmp_path_factory.mktemp("homes") / "home", create=True)
    rest = [event for event in events if not names(event, *entity)]
    with EventStore.open(home) as store:
        store.append(batch_of(events))
        store.archive(before * DAY_US)
        if len(rest) < len(events):
            assert store.erase(*entity).events == len(events) - len(rest)
        _holds(store, rest, (13, 13))
        assert store.append(batch_of(events)).accepted == 0
        files = {str(path.relative_to(home.path)) for path in home.archive_path.glob("*/*")}
        assert files == set(store.query("SELECT name FROM archived")["name"].tolist())
        assert store.archive_damage() == []
    with EventStore.open(home) as store:
        _holds(store, rest, (13, 13))


def test_each_day_is_a_file_and_only_whole_days_move(home: Home, store: EventStore) -> None:
    assert in_table(store) == 4
    days = [path.name[:10] for path in sorted(home.archive_path.glob("session_events/*.parquet"))]
    assert days == [f"1970-01-0{day}" for day in range(1, 7)]
    assert store.archive(6 * DAY_US + 23 * HOUR_US) == Archived()
    assert store.archive(7 * DAY_US).events == 1


def test_many_days_are_moved_in_steps_that_let_others_write(home: Home) -> None:
    told: list[int] = []
    with EventStore.open(home) as store:
        store.append(batch_of(lessons(range(70))))
        done = store.archive(70 * DAY_US, told.append)
    assert (done.events, done.files, told) == (70, 70, [30, 60, 70])
    assert done.bytes == sum(path.stat().st_size for path in home.archive_path.glob("*/*"))


def test_a_query_of_newer_events_opens_no_archived_day(home: Home, store: EventStore) -> None:
    store.append(batch_of(lessons(range(10, 12))))
    store.settle()  # The first time since the opening, the places of all events are counted.
    for path in sorted(home.archive_path.glob("session_events/*"))[1:]:  # The first one tells the columns.
        path.write_bytes(b"unreadable")
    for condition in (f"ts_us >= {6 * DAY_US}", "seq > 6"):
        found = store.query(f"SELECT COUNT(*) AS n FROM session_events WHERE {condition}")
        assert found["n"][0] == 6
    store.append(batch_of(lessons(range(12, 14))))
    assert len(store.query("SELECT * FROM settled_sessions")["session_id"]) == 14


def test_what_a_dead_process_left_is_removed_at_the_next_opening(home: Home, store: EventStore) -> None:
    store.close()
    stray = home.archive_path / "session_events" / "1970-01-09-00000000.parquet"
    stray.write_bytes(b"half")
    with EventStore.open(home) as again:
        assert not stray.exists()
        assert len(again) == 10


def test_a_damaged_or_missing_file_is_found(home: Home, store: EventStore) -> None:
    def check() -> tuple[bool, str]:
        with closing(State(home.state_path)) as state:
            found = next(c for c in verify(home, store, state) if c.name == "archive")
        return found.sound, found.found

    assert check() == (True, "6 files, each as it was written")
    path = max(home.archive_path.glob("session_events/*"))
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    assert check() == (False, f"1 of 6 files: {path.relative_to(home.path)} is not as it was written")


def test_a_home_with_an_archive_may_move_and_be_restored(
    home: Home, store: EventStore, tmp_path: Path
) -> None:
    with closing(State(home.state_path)) as state:
        backup(Opened(home, store, state), tmp_path / "copy", 7)
    store.close()
    restore(tmp_path / "copy", tmp_path / "restored")
    home.path.rename(tmp_path / "moved")
    for place in ("restored", "moved"):
        with EventStore.open(Home.open(tmp_path / place)) as opened:
            assert len(opened) == 10
            assert opened.append(batch_of(lessons(range(10)))).accepted == 0
    with EventStore.open(Home.open(tmp_path / "moved"), read_only=True) as opened:
        assert opened.counts() == {"session_completed": 10}


def test_a_log_of_the_version_before_archives_is_brought_up_to_date(home: Home) -> None:
    with EventStore.open(home) as store:
        store.append(batch_of(lessons(range(3))))
        for statement in (
            "DROP SCHEMA whole",
            "DROP TABLE archived",
            "UPDATE facts SET value = 1 WHERE name = 'schema_version'",
        ):
            store._database.execute(statement)
    with EventStore.open(home) as store:
        assert store.archive(2 * DAY_US).events == 2
        assert len(store) == 3


def test_a_home_whose_path_duckdb_would_split_gets_no_archive(tmp_path: Path) -> None:
    with EventStore.open(Home.open(tmp_path / "a,b", create=True)) as store:
        store.append(batch_of(lessons(range(3))))
        with pytest.raises(HomeError, match="needs a home without a comma in its path"):
            store.archive(2 * DAY_US)
        assert len(store) == 3


def test_compacting_puts_sessions_in_order_and_changes_none(home: Home) -> None:
    with EventStore.open(home) as store:
        for day in range(0, 240, 4):
            store.append(batch_of(lessons(range(day, day + 4))))
            store.settle()
        before = fold(store, "SELECT * FROM settled_sessions")
        done = store.compact()
        assert (done.sessions, fold(store, "SELECT * FROM settled_sessions")) == (240, before)
        rows = store.query("SELECT last_us // ? AS season, tutor_id FROM settled_sessions", [120 * DAY_US])
        lie = list(zip(rows["season"].tolist(), rows["tutor_id"].tolist(), strict=True))
        assert lie == sorted(lie)
        store.append(batch_of(lessons(range(240, 242))))
        assert len(fold(store, "SELECT * FROM settled_sessions")) == 242


def test_compacting_frees_what_an_erasure_left(home: Home) -> None:
    with EventStore.open(home) as store:
        store.append(batch_of(lessons(range(30_000))))
        store.settle()
        store._database.execute("DELETE FROM settled_sessions WHERE tutor_id <> 't0'")
        done = store.compact()
    assert done.bytes_after < done.bytes_before


def test_a_live_log_leaves_small_groups_of_rows_to_compacting(home: Home) -> None:
    def groups(store: EventStore) -> int:
        found = store._database.scalar(
            "SELECT COUNT(DISTINCT row_group_id) FROM pragma_storage_info('session_events')"
        )
        return int(found)

    with EventStore.open(home) as store:
        store.checkpoint_every(16)
        for part in range(4):
            store.append(batch_of(lessons(range(part * 40_000, (part + 1) * 40_000))))
            store._database.execute("CHECKPOINT")
        left = groups(store)
        store.compact()
        assert groups(store) < left
        assert store._database.scalar("SELECT current_setting('max_vacuum_tasks')") == 0
        assert store.counts() == {"session_completed": 160_000}
