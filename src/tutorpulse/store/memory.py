"""A log in memory, for whoever keeps events elsewhere: the store's own tables, fold and answers over the events of a few."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np

from tutorpulse.events.batch import EventBatch
from tutorpulse.store.database import Arrays, Database
from tutorpulse.store.rows import by_table
from tutorpulse.store.schema import create_sql
from tutorpulse.store.sessions import fold_sql

DEFAULT_MEMORY_GB = 1.0


class MemoryLog:
    """What features read of a store, filled once. Close it, or use it as a context manager."""

    def __init__(
        self, batches: Sequence[EventBatch], scratch: Path, memory_limit_gb: float = DEFAULT_MEMORY_GB
    ) -> None:
        """All valid events of the batches, each given once; rejects are left out.

        Args:
            batches: in any order; ties of time are broken by received time, then id, as everywhere.
            scratch: a folder where DuckDB may spill. memory_limit_gb: what it may use before it does.
        """
        self._database = Database(Path(":memory:"), scratch, read_only=False, memory_limit_gb=memory_limit_gb)
        for statement in create_sql():
            self._database.execute(statement)
        self._fill(batches)

    def _fill(self, batches: Sequence[EventBatch]) -> None:
        rows = [of_type for batch in batches for of_type in batch.rows]
        ends = np.cumsum([0, *(len(of_type.position) for of_type in rows)])
        places = [np.arange(*span, dtype=np.int64) for span in pairwise(ends)]
        taken = [np.ones(len(of_type.position), np.bool_) for of_type in rows]
        for table, columns in by_table(rows, taken, places):
            self._database.insert(table, columns)
        self._database.execute(f"INSERT INTO settled_sessions {fold_sql('session_events')}")

    def query(self, sql: str, params: Sequence[object] = ()) -> Arrays:
        """See `EventStore.query`."""
        return self._database.query(sql, params)

    @contextmanager
    def relation(self, name: str, columns: Arrays) -> Iterator[None]:
        """See `EventStore.relation`."""
        self._database.make_temporary(name, columns)
        try:
            yield
        finally:
            self._database.execute(f"DROP TABLE {name}")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See `EventStore.snapshot`: what is here does not change."""
        yield

    def __enter__(self) -> "MemoryLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free it."""
        self._database.close()
