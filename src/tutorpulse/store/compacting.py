"""Putting the database in order: settling a few sessions at a time leaves gaps, and rows out of the order that reads rely on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tutorpulse.store.database import Database
from tutorpulse.store.settling import ORDER


@dataclass(frozen=True)
class Compacted:
    """Settled sessions that were put in order, and the bytes of the database's blocks in use before and after."""

    sessions: int
    bytes_before: int
    bytes_after: int


def compact(database: Database) -> Compacted:
    """Write the settled sessions anew in their order, put small groups of rows together, and free what was deleted. Reads go on meanwhile, writers wait.

    The file keeps its freed blocks for new data: it does not grow until they are used up.
    """
    database.checkpoint()
    before = _used_bytes(database)
    with database.transaction():
        database.execute(
            f"CREATE OR REPLACE TABLE main.settled_sessions AS SELECT * FROM main.settled_sessions ORDER BY {ORDER}"
        )
    with _putting_together(database):
        database.checkpoint()
    sessions = int(database.scalar("SELECT COUNT(*) FROM main.settled_sessions"))
    return Compacted(sessions, before, _used_bytes(database))


@contextmanager
def _putting_together(database: Database) -> Iterator[None]:
    """A checkpoint within the context puts small groups of rows together, also where others do not."""
    before = int(database.scalar("SELECT current_setting('max_vacuum_tasks')"))
    database.execute("RESET max_vacuum_tasks")
    try:
        yield
    finally:
        database.execute(f"SET max_vacuum_tasks = {before:d}")


def _used_bytes(database: Database) -> int:
    found = database.execute(
        "SELECT used_blocks * block_size FROM pragma_database_size() WHERE database_name = current_database()"
    ).fetchone()
    return int(found[0]) if found else 0
