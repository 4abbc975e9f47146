"""A log in memory, with the store's own tables, answers and fold, filled from event dicts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tutorpulse.events.contract import EVENT_TYPES, TABLES
from tutorpulse.events.fields import LIST_SEPARATOR
from tutorpulse.store.database import Arrays, Database
from tutorpulse.store.schema import create_sql
from tutorpulse.store.sessions import fold_sql


class MemoryStore(Database):
    """What features read of a store. `fill` replaces its events."""

    def __init__(self) -> None:
        super().__init__(Path(":memory:"), Path("unused"), read_only=False, memory_limit_gb=1)
        for statement in create_sql():
            self.execute(statement)

    def fill(self, events: list[dict[str, Any]]) -> "MemoryStore":
        """Hold these events and no others, their places in the order given."""
        placed = [{**event, "seq": place} for place, event in enumerate(events)]
        for table in TABLES:
            self.execute(f"DELETE FROM {table}")
            rows = [e for e in placed if EVENT_TYPES[e["event_type"]].table == table]
            names = {name for row in rows for name in row}
            if rows:
                self.insert(
                    table, {n: np.array([_stored(row.get(n)) for row in rows], object) for n in names}
                )
        self.execute("DELETE FROM settled_sessions")
        self.execute(f"INSERT INTO settled_sessions {fold_sql('session_events')}")
        return self

    @contextmanager
    def relation(self, name: str, columns: Arrays) -> Iterator[None]:
        self.make_temporary(name, columns)
        yield
        self.execute(f"DROP TABLE {name}")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        yield


def _stored(value: Any) -> str | None:
    """As text, which the columns' types take back."""
    if isinstance(value, list):
        return "".join([LIST_SEPARATOR, *(item + LIST_SEPARATOR for item in value)])
    return None if value is None else str(value)
