"""Which subjects each tutor or student is about: worked out now and then from the log, to filter by."""

import sqlite3
from collections.abc import Iterable

from tutorpulse.store.state.connection import transaction


class SubjectTable:
    """Reads and writes pairs of an entity and a subject."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def replace(self, entity_type: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Keep these (entity id, subject) of a kind, in place of those before; what stays is not written again."""
        wanted = set(pairs)
        found = self._connection.execute(
            "SELECT entity_id, subject FROM entity_subjects WHERE entity_type = ?", (entity_type,)
        )
        known = set(found.fetchall())
        with transaction(self._connection):
            self._connection.executemany(
                "DELETE FROM entity_subjects WHERE entity_type = ? AND entity_id = ? AND subject = ?",
                ((entity_type, *pair) for pair in known - wanted),
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO entity_subjects (entity_type, entity_id, subject) VALUES (?, ?, ?)",
                ((entity_type, *pair) for pair in sorted(wanted - known)),
            )

    def counts(self, entity_type: str) -> dict[str, int]:
        """How many entities of a kind each subject has, by subject."""
        return dict(
            self._connection.execute(
                "SELECT subject, COUNT(*) FROM entity_subjects WHERE entity_type = ? GROUP BY subject ORDER BY subject",
                (entity_type,),
            ).fetchall()
        )
