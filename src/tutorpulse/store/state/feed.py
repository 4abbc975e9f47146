"""Insights in the order in which they were written, for whoever lists or follows them."""

import sqlite3
from dataclasses import dataclass

from tutorpulse.store.state.insights import InsightRow

_FIELDS = InsightRow.__struct_fields__
_LIST = ", ".join(f"insights.{name}" for name in _FIELDS)
_FROM = "FROM insight_log JOIN insights USING (alert_id)"
_WANTED = """timestamp_us >= :since AND entity_type = COALESCE(:entity_type, entity_type)
    AND prediction_type = COALESCE(:prediction_type, prediction_type)"""


@dataclass(frozen=True)
class Wanted:
    """Which insights: of a time or after it, about one kind of entity and of one type where these are given."""

    since_us: int = 0
    entity_type: str | None = None
    prediction_type: str | None = None

    @property
    def params(self) -> dict[str, object]:
        """As the statements name them."""
        return {
            "since": self.since_us,
            "entity_type": self.entity_type,
            "prediction_type": self.prediction_type,
        }


@dataclass(frozen=True)
class InsightCount:
    """How many insights of one type about one kind of entity: their scores' sum and highest, and how many are at or above
    the critical score."""

    entity_type: str
    prediction_type: str
    count: int
    critical: int
    score_sum: float
    score_max: float


class InsightFeed:
    """Reads insights by their number. Numbers ascend in the order of writing; none is given twice."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def newest(self, wanted: Wanted, before: int | None, limit: int) -> list[tuple[int, InsightRow]]:
        """The last `limit` numbered below `before` (None: of all), newest first, each with its number."""
        found = self._connection.execute(
            f"SELECT number, {_LIST} {_FROM} WHERE {_WANTED} AND number < COALESCE(:before, number + 1)"
            " ORDER BY number DESC LIMIT :limit",
            {**wanted.params, "before": before, "limit": limit},
        )
        return [(number, InsightRow(*line)) for number, *line in found]

    def after(self, number: int, limit: int) -> list[tuple[int, InsightRow]]:
        """The first `limit` numbered above `number`, oldest first, each with its number."""
        found = self._connection.execute(
            f"SELECT number, {_LIST} {_FROM} WHERE number > ? ORDER BY number LIMIT ?", (number, limit)
        )
        return [(found_number, InsightRow(*line)) for found_number, *line in found]

    def last_number(self) -> int:
        """The newest insight's number, 0 where there is none."""
        return int(self._connection.execute("SELECT COALESCE(MAX(number), 0) FROM insight_log").fetchone()[0])

    def number_of(self, alert_id: str) -> int | None:
        """An insight's number, None where there is no such insight."""
        found = self._connection.execute(
            "SELECT number FROM insight_log WHERE alert_id = ?", (alert_id,)
        ).fetchone()
        return int(found[0]) if found else None

    def one(self, alert_id: str) -> InsightRow | None:
        """One insight, None where there is none of that id."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM insights WHERE alert_id = ?", (alert_id,)
        ).fetchone()
        return InsightRow(*found) if found else None

    def counts(self, wanted: Wanted, critical_score: float) -> list[InsightCount]:
        """Counts by kind of entity and type, in that order, over all that are wanted."""
        found = self._connection.execute(
            "SELECT entity_type, prediction_type, COUNT(*), SUM(risk_score >= :critical), SUM(risk_score), MAX(risk_score)"
            f" FROM insights WHERE {_WANTED} GROUP BY 1, 2 ORDER BY 1, 2",
            {**wanted.params, "critical": critical_score},
        )
        return [InsightCount(*line) for line in found]
