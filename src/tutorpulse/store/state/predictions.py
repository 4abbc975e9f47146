"""Current predictions, and the predictions of record."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.store.state.connection import AMONG, as_list, rows_about, transaction
from tutorpulse.store.state.schema import PREDICTION_COLUMNS, Kind

_NAMES = ("entity_type", "entity_id", *PREDICTION_COLUMNS)
_LIST = ", ".join(_NAMES)
_PLACES = ", ".join("?" * len(_NAMES))


@dataclass(frozen=True)
class PredictionRows:
    """Predictions of n entities of one kind: `columns` holds those of `PREDICTION_COLUMNS`, each of length n.

    Text is in object arrays (None is NULL), numbers and times in float64 (NaN is NULL), flags in bool.
    """

    entity_type: str
    entity_ids: NDArray[np.object_]
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.entity_ids)

    def take(self, rows: NDArray[Any]) -> "PredictionRows":
        """The rows at these places, or where a mask is true."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        return PredictionRows(self.entity_type, self.entity_ids[rows], columns)


class PredictionTables:
    """Reads and writes both tables of predictions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, entity_type: str) -> PredictionRows:
        """The current predictions of one kind, by id."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM predictions WHERE entity_type = ? ORDER BY entity_id", (entity_type,)
        )
        return rows_of(entity_type, found.fetchall())

    def get(self, entity_type: str, entity_id: str) -> PredictionRows:
        """The current prediction of one entity: one row or none."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM predictions WHERE entity_type = ? AND entity_id = ?",
            (entity_type, entity_id),
        )
        return rows_of(entity_type, found.fetchall())

    def any(self) -> bool:
        """Whether anybody was predicted."""
        return bool(self._connection.execute("SELECT EXISTS (SELECT 1 FROM predictions)").fetchone()[0])

    def of(self, entity_type: str, entity_ids: Iterable[str]) -> PredictionRows:
        """The current predictions of those of these entities that have one."""
        source, among, some = rows_about("predictions", entity_ids)
        found = self._connection.execute(
            f"SELECT {_LIST} FROM {source} WHERE entity_type = ?{among}", (*some, entity_type)
        )
        return rows_of(entity_type, found.fetchall())

    def counts(self, entity_type: str) -> list[tuple[str, str | None, bool, int]]:
        """How many entities of a kind have each (status, segment, frozen)."""
        found = self._connection.execute(
            "SELECT status, segment, frozen, COUNT(*) FROM predictions WHERE entity_type = ? GROUP BY 1, 2, 3",
            (entity_type,),
        )
        return [(status, segment, bool(frozen), count) for status, segment, frozen, count in found]

    def mark_stale(self, entity_type: str) -> int:
        """Mark every prediction of a kind that is not frozen as stale, and say how many were not yet."""
        with transaction(self._connection):
            return self._connection.execute(
                "UPDATE predictions SET stale = 1 WHERE entity_type = ? AND NOT frozen AND NOT stale",
                (entity_type,),
            ).rowcount

    def stale_share(self, entity_type: str) -> float | None:
        """The share of a kind's predictions that are stale, 0 to 1, of those not frozen; None where there are none."""
        found = self._connection.execute(
            "SELECT AVG(stale) FROM predictions WHERE entity_type = ? AND NOT frozen AND as_of_us IS NOT NULL",
            (entity_type,),
        ).fetchone()
        return None if found[0] is None else float(found[0])

    def history(self, entity_type: str, entity_id: str) -> PredictionRows:
        """The predictions of record of one entity, oldest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM predictions_of_record WHERE entity_type = ? AND entity_id = ? ORDER BY as_of_us",
            (entity_type, entity_id),
        )
        return rows_of(entity_type, found.fetchall())

    def recorded_between(
        self, entity_type: str, entity_ids: Iterable[str], after_us: int, until_us: int
    ) -> PredictionRows:
        """For each entity that has one, its newest prediction of record in (after_us, until_us]."""
        newest = (
            "SELECT MAX(as_of_us) FROM predictions_of_record"
            " WHERE entity_type = :kind AND entity_id = asked.value AND as_of_us > :after AND as_of_us <= :until"
        )
        found = self._connection.execute(
            f"SELECT {_LIST} FROM json_each(:ids) AS asked CROSS JOIN predictions_of_record"
            f" WHERE entity_type = :kind AND entity_id = asked.value AND as_of_us = ({newest})",
            {"kind": entity_type, "ids": as_list(entity_ids), "after": after_us, "until": until_us},
        )
        return rows_of(entity_type, found.fetchall())

    def trails(
        self, entity_type: str, entity_ids: Iterable[str], column: str, since_us: int
    ) -> dict[str, list[float]]:
        """One number of the predictions of record at or after a time, oldest first, by entity; NULL is left out."""
        assert column in PREDICTION_COLUMNS, column
        found = self._connection.execute(
            f"SELECT entity_id, {column} FROM predictions_of_record WHERE entity_type = ? AND {AMONG}"
            f" AND as_of_us >= ? AND {column} IS NOT NULL ORDER BY entity_id, as_of_us",
            (entity_type, as_list(entity_ids), since_us),
        )
        trails: dict[str, list[float]] = {}
        for entity_id, value in found:
            trails.setdefault(entity_id, []).append(value)
        return trails

    def write(self, rows: PredictionRows) -> None:
        """Set the current predictions of these entities."""
        self._replace("predictions", rows)

    def record(self, rows: PredictionRows) -> None:
        """Keep these as predictions of record; one of the same entity and as-of is replaced."""
        self._replace("predictions_of_record", rows)

    def keep_shadow(self, rows: PredictionRows) -> None:
        """Keep these as what a model in shadow said; one of the same entity and as-of is replaced."""
        self._replace("shadow_predictions", rows)

    def _replace(self, table: str, rows: PredictionRows) -> None:
        columns = [_stored(rows.columns[name], kind) for name, kind in PREDICTION_COLUMNS.items()]
        lines = zip([rows.entity_type] * len(rows), rows.entity_ids.tolist(), *columns, strict=True)
        with transaction(self._connection):
            self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({_PLACES})", lines)


def _stored(column: NDArray[Any], kind: Kind) -> list[Any]:
    if kind == "time":
        return [None if us != us else int(us) for us in column.tolist()]
    return list(column.tolist())


def rows_of(entity_type: str, lines: Sequence[Sequence[Any]]) -> PredictionRows:
    """Rows of either table, each with entity type, id and `PREDICTION_COLUMNS`."""
    columns = list(zip(*lines, strict=True)) if lines else [()] * len(_NAMES)
    dtypes: dict[Kind, type] = {"text": object, "real": float, "time": float, "flag": bool}
    return PredictionRows(
        entity_type,
        np.array(columns[1], dtype=object),
        {
            name: np.array(column, dtype=dtypes[kind])
            for (name, kind), column in zip(PREDICTION_COLUMNS.items(), columns[2:], strict=True)
        },
    )
