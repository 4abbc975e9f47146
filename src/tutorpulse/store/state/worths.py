"""What the order of the work list needs: each entity's value at stake, and what each playbook was measured to do."""

import sqlite3
from collections.abc import Mapping

import msgspec

from tutorpulse.store.state.connection import transaction


class EffectRow(msgspec.Struct, frozen=True):
    """What was measured of a playbook. `helped`: the share of exits it avoids, None where that is not known yet.

    `uplift` and `content` are JSON: the coefficients of who is helped (None: not known yet), and all that was measured.
    """

    rule: str
    measured_us: int
    helped: float | None
    uplift: str | None
    content: str


class WorthTable:
    """Reads and writes both."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def replace_stakes(self, entity_type: str, unit: str, worth: Mapping[str, float]) -> None:
        """Keep these in place of a kind's earlier ones."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM stakes WHERE entity_type = ?", (entity_type,))
            self._connection.executemany(
                "INSERT INTO stakes (entity_type, entity_id, worth, unit) VALUES (?, ?, ?, ?)",
                ((entity_type, entity_id, value, unit) for entity_id, value in worth.items()),
            )

    def replace_effects(self, rows: list[EffectRow]) -> None:
        """Keep these in place of all earlier ones."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM effects")
            self._connection.executemany(
                "INSERT INTO effects (rule, measured_us, helped, uplift, content) VALUES (?, ?, ?, ?, ?)",
                map(msgspec.structs.astuple, rows),
            )

    def effects(self) -> list[EffectRow]:
        """All that were measured, by rule."""
        found = self._connection.execute(
            "SELECT rule, measured_us, helped, uplift, content FROM effects ORDER BY rule"
        )
        return [EffectRow(*line) for line in found]
