"""Schema versions go forward, whole steps at a time."""

import pytest

from tests.store.batches import batch_of
from tutorpulse.errors import HomeVersionError
from tutorpulse.store import schema
from tutorpulse.store.database import Database
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.migrations import STEPS, bring_up_to_date

NOW = 1 + len(STEPS)
ADD = ("ALTER TABLE rejects ADD COLUMN note VARCHAR", "UPDATE rejects SET note = 'old'")


def _database(home: Home, read_only: bool = False) -> Database:
    return Database(home.events_path, home.scratch_path, read_only, 1.0)


def _columns(database: Database) -> list[str]:
    return list(database.query("SELECT * FROM rejects"))


def test_a_new_database_has_every_table_of_the_schema(home: Home) -> None:
    with EventStore.open(home) as store:
        for table, columns in schema.all_tables().items():
            assert list(store.query(f"SELECT * FROM {table}")) == list(columns)


def test_an_older_database_takes_the_steps_it_lacks_once(home: Home) -> None:
    database = _database(home)
    bring_up_to_date(database, home.events_path)
    bring_up_to_date(database, home.events_path, (*STEPS, ADD))
    bring_up_to_date(database, home.events_path, (*STEPS, ADD))
    assert _columns(database)[-1] == "note"
    assert database.scalar("SELECT value FROM facts WHERE name = 'schema_version'") == NOW + 1
    database.close()


def test_a_step_that_fails_changes_nothing(home: Home) -> None:
    database = _database(home)
    bring_up_to_date(database, home.events_path)
    with pytest.raises(Exception, match="no_such_table"):
        bring_up_to_date(database, home.events_path, (*STEPS, (*ADD, "DROP TABLE no_such_table")))
    assert "note" not in _columns(database)
    assert database.scalar("SELECT value FROM facts WHERE name = 'schema_version'") == NOW
    database.close()


def test_a_newer_database_is_refused_and_left_free(home: Home) -> None:
    with EventStore.open(home) as store:
        store._database.execute("UPDATE facts SET value = 99 WHERE name = 'schema_version'")
    for _ in range(2):
        with pytest.raises(
            HomeVersionError, match=rf"has schema 99; this version knows up to {NOW}. Upgrade"
        ):
            EventStore.open(home)


def test_an_older_database_cannot_be_read_without_writing(home: Home) -> None:
    EventStore.open(home).close()
    database = _database(home, read_only=True)
    with pytest.raises(
        HomeVersionError, match=rf"has schema {NOW}, this version needs {NOW + 1}. Open it once for writing"
    ):
        bring_up_to_date(database, home.events_path, (*STEPS, ADD))
    database.close()


def test_settled_sessions_may_be_emptied_by_a_step_and_come_back(home: Home) -> None:
    booked = {
        "event_type": "session_booked",
        "session_id": "s",
        "tutor_id": "t",
        "student_id": "u",
        "starts_at": 9,
    }
    with EventStore.open(home) as store:
        store.append(batch_of([{"event_id": "1", "ts_us": 1, **booked}]))
        store.settle()
    database = _database(home)
    empty = ("DELETE FROM settled_sessions", "UPDATE facts SET value = 0 WHERE name = 'settled_seq'")
    bring_up_to_date(database, home.events_path, (*STEPS, empty))
    database.execute("UPDATE facts SET value = ? WHERE name = 'schema_version'", [NOW])
    database.close()
    with EventStore.open(home) as store:
        assert store.query("SELECT start_us FROM settled_sessions")["start_us"].tolist() == [9]
