"""What operators say of predictions and segments: right or wrong, with what was predicted then."""

import sqlite3

import msgspec

from tutorpulse.store.state.connection import transaction


class FeedbackRow(msgspec.Struct, frozen=True):
    """`about` is an output or `segment`; the rest after `given_us` is what was on show when the verdict was given."""

    feedback_id: str
    entity_type: str
    entity_id: str
    about: str
    verdict: str
    reason: str | None
    given_by: str
    given_us: int
    segment: str | None
    predicted: float | None
    as_of_us: int | None
    model_version: str | None


_LIST = ", ".join(FeedbackRow.__struct_fields__)
_PLACES = ", ".join("?" * len(FeedbackRow.__struct_fields__))


class FeedbackTable:
    """Reads and writes feedback."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, row: FeedbackRow) -> None:
        """Add one."""
        with transaction(self._connection):
            self._connection.execute(
                f"INSERT OR REPLACE INTO feedback ({_LIST}) VALUES ({_PLACES})", msgspec.structs.astuple(row)
            )

    def of_entity(self, entity_type: str, entity_id: str) -> list[FeedbackRow]:
        """All about one entity, oldest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM feedback WHERE entity_type = ? AND entity_id = ? ORDER BY given_us, feedback_id",
            (entity_type, entity_id),
        )
        return [FeedbackRow(*line) for line in found]

    def counts(self) -> list[tuple[str, str, str, int]]:
        """(kind, about, verdict, how many)."""
        return self._connection.execute(
            "SELECT entity_type, about, verdict, COUNT(*) FROM feedback GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        ).fetchall()
