"""Insights, and the level at which each was last written."""

import sqlite3
from collections.abc import Iterable

import msgspec

from tutorpulse.store.state.connection import as_list, rows_about, transaction


class InsightRow(msgspec.Struct, frozen=True):
    """One insight; `recommendations` is a JSON array of text."""

    alert_id: str
    entity_type: str
    entity_id: str
    timestamp_us: int
    prediction_type: str
    risk_score: float
    explanation: str
    recommendations: str
    model_used: str
    confidence: str


class LevelRow(msgspec.Struct, frozen=True):
    """The risk score of an entity's last insight of a type, and whether it has stayed beyond the threshold since."""

    entity_type: str
    entity_id: str
    prediction_type: str
    risk_score: float
    over: bool


_FIELDS = InsightRow.__struct_fields__
_LIST = ", ".join(_FIELDS)
_THESE = "alert_id IN (SELECT value FROM json_each(?))"


class InsightTable:
    """Reads and writes insights and their levels."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[InsightRow]) -> None:
        """Add insights; one whose id is there already is replaced."""
        by_id = {row.alert_id: row for row in rows}
        with transaction(self._connection):
            self._connection.execute(f"DELETE FROM insights WHERE {_THESE}", (as_list(by_id),))
            # OR FAIL, for what fails ends the transaction anyway: else SQLite notes each page before each row, as triggers write too.
            self._connection.executemany(
                f"INSERT OR FAIL INTO insights ({_LIST}) VALUES ({', '.join('?' * len(_FIELDS))})",
                map(msgspec.structs.astuple, by_id.values()),
            )

    def of_entity(self, entity_type: str, entity_id: str, limit: int) -> list[InsightRow]:
        """The newest `limit` of one entity, newest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM insights WHERE entity_type = ? AND entity_id = ?"
            " ORDER BY timestamp_us DESC, prediction_type LIMIT ?",
            (entity_type, entity_id, limit),
        )
        return [InsightRow(*line) for line in found]

    def since(self, timestamp_us: int) -> list[InsightRow]:
        """All at or after a time, oldest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM insights WHERE timestamp_us >= ? ORDER BY timestamp_us, alert_id",
            (timestamp_us,),
        )
        return [InsightRow(*line) for line in found]

    def levels(
        self, entity_type: str, prediction_type: str, entity_ids: Iterable[str] | None = None
    ) -> dict[str, tuple[float, bool]]:
        """By entity id, the last risk score and whether it is still beyond the threshold; None: of every entity."""
        source, among, some = rows_about("insight_levels", entity_ids)
        found = self._connection.execute(
            f"SELECT entity_id, risk_score, over FROM {source} WHERE prediction_type = ? AND entity_type = ?{among}",
            (*some, prediction_type, entity_type),
        )
        return {entity_id: (score, bool(over)) for entity_id, score, over in found}

    def set_levels(self, rows: Iterable[LevelRow]) -> None:
        """Set levels."""
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT OR REPLACE INTO insight_levels (entity_type, entity_id, prediction_type, risk_score, over)"
                " VALUES (?, ?, ?, ?, ?)",
                map(msgspec.structs.astuple, rows),
            )
