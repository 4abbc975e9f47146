"""Rows of the state's tables as they are, for whoever keeps them elsewhere."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from tutorpulse.store.state.connection import transaction
from tutorpulse.store.state.schema import ENTITY_TABLES


class Copies:
    """Reads and writes whole rows of the tables in `ENTITY_TABLES`, by column."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every row of a table."""
        found = self._connection.execute(f"SELECT * FROM {_known(table)}")
        names = [column[0] for column in found.description]
        return [dict(zip(names, line, strict=True)) for line in found]

    def put(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows, in place of those of the same key; columns that a row lacks become what the table makes of them."""
        with transaction(self._connection):
            for row in rows:
                columns, places = ", ".join(row), ", ".join("?" * len(row))
                statement = f"INSERT OR REPLACE INTO {_known(table)} ({columns}) VALUES ({places})"
                self._connection.execute(statement, tuple(row.values()))

    def number_insights(self, numbers: Mapping[str, int]) -> None:
        """Give insights, which are there, the numbers that they have elsewhere."""
        with transaction(self._connection):
            self._connection.executemany(
                "UPDATE insight_log SET number = ? WHERE alert_id = ?",
                [(-number, alert_id) for alert_id, number in numbers.items()],
            )
            # By way of negatives: until all have theirs, one may stand on the number of another.
            self._connection.execute("UPDATE insight_log SET number = -number WHERE number < 0")


def _known(table: str) -> str:
    assert table in ENTITY_TABLES, table
    return table
