"""A log as it was: a copy, in a folder of its own for a while, of what had happened and had been received by a moment."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tutorpulse.events.contract import TABLES
from tutorpulse.store import migrations
from tutorpulse.store.database import DEFAULT_MEMORY_GB, Database
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

_BY_THEN = "ts_us <= ? AND received_us <= ?"


def events_by(store: EventStore, us: int) -> int:
    """How many events had happened and had been received by a moment."""
    counts = (
        store.query(f"SELECT COUNT(*) AS n FROM {table} WHERE {_BY_THEN}", [us, us])["n"] for table in TABLES
    )
    return sum(int(count[0]) for count in counts)


@contextmanager
def cut_at(store: EventStore, us: int) -> Iterator[EventStore]:
    """The log of another home that holds nothing but the events of `events_by`, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="tutorpulse-cut-") as folder:
        home = Home.open(Path(folder) / "home", create=True)
        _copy(store, us, home)
        with EventStore.open(home) as cut:
            yield cut


def _copy(store: EventStore, us: int, home: Home) -> None:
    database = Database(home.events_path, home.scratch_path, False, DEFAULT_MEMORY_GB)
    try:
        migrations.bring_up_to_date(database, home.events_path)
        for table in TABLES:
            found = store.query(f"SELECT * FROM {table} WHERE {_BY_THEN} ORDER BY seq", [us, us])
            if len(found["seq"]):
                database.insert(table, found)
    finally:
        database.close()
