"""Who entered or left a segment, and when."""

import sqlite3
from collections.abc import Iterable

import msgspec

from tutorpulse.store.state.connection import transaction


class MoveRow(msgspec.Struct, frozen=True):
    """One entity that moved at `moved_us`: the segments it left and entered, None where it was, or is, not scored."""

    entity_type: str
    entity_id: str
    moved_us: int
    left_segment: str | None
    entered_segment: str | None
    status: str


_FIELDS = MoveRow.__struct_fields__
_LIST = ", ".join(_FIELDS)


class MoveTable:
    """Reads and writes moves; each has a number, given in order of writing and never again."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[MoveRow]) -> None:
        """Add moves."""
        with transaction(self._connection):
            self._connection.executemany(
                f"INSERT INTO segment_moves ({_LIST}) VALUES ({', '.join('?' * len(_FIELDS))})",
                map(msgspec.structs.astuple, rows),
            )

    def since(
        self, since_us: int, entity_type: str | None, segment: str | None, after: int, limit: int
    ) -> list[tuple[int, MoveRow]]:
        """The first `limit` at or after a time and numbered above `after`, each with its number, in order.

        Those of one kind, and into or out of one segment, where these are given.
        """
        found = self._connection.execute(
            f"""SELECT move, {_LIST} FROM segment_moves WHERE moved_us >= :since AND move > :after
            AND entity_type = COALESCE(:kind, entity_type)
            AND (:segment IS NULL OR left_segment = :segment OR entered_segment = :segment)
            ORDER BY move LIMIT :limit""",
            {"since": since_us, "after": after, "kind": entity_type, "segment": segment, "limit": limit},
        )
        return [(number, MoveRow(*line)) for number, *line in found]

    def flows(self, entity_type: str, since_us: int) -> list[tuple[str | None, str | None, int]]:
        """(segment before the first move at or after a time, segment now, how many) of those of a kind that moved since.

        None: not scored then, or no longer. Whoever moved and came back counts as having stayed.
        """
        return self._connection.execute(
            """WITH first AS (SELECT MIN(move) AS move FROM segment_moves
                WHERE entity_type = :kind AND moved_us >= :since GROUP BY entity_id)
            SELECT moves.left_segment, CASE WHEN predictions.frozen THEN NULL ELSE predictions.segment END AS held, COUNT(*)
            FROM first JOIN segment_moves AS moves USING (move) JOIN predictions
                ON predictions.entity_type = :kind AND predictions.entity_id = moves.entity_id
            GROUP BY 1, 2 ORDER BY 1, 2""",
            {"kind": entity_type, "since": since_us},
        ).fetchall()
