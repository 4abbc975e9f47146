"""What the last whole refresh measured of all entities of a kind."""

import sqlite3

from tutorpulse.store.state.connection import transaction


class PopulationTable:
    """Reads and writes one text of JSON a kind."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, entity_type: str, as_of_us: int, content: str) -> None:
        """Keep what was measured, in place of what was kept before."""
        with transaction(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO populations VALUES (?, ?, ?)", (entity_type, as_of_us, content)
            )

    def kept(self, entity_type: str) -> str | None:
        """What was measured last; None before the first time."""
        found = self._connection.execute(
            "SELECT content FROM populations WHERE entity_type = ?", (entity_type,)
        ).fetchone()
        return str(found[0]) if found else None
