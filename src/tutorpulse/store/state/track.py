"""What came true of the predictions of record, how far each label was looked up, and the figures made of both."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.store.state.connection import transaction
from tutorpulse.store.state.predictions import PredictionRows, rows_of
from tutorpulse.store.state.schema import OUTCOME_COLUMNS, PREDICTION_COLUMNS

_RECORD = ", ".join(f"r.{name}" for name in ("entity_type", "entity_id", *PREDICTION_COLUMNS))
_OUTCOMES = ", ".join(f"o.{name}" for name in OUTCOME_COLUMNS)


APART_DAYS = 30
"""An operator's state that begins within the longest horizon of a prediction explains its outcome as well as one that held already."""

APART = f"""EXISTS (SELECT 1 FROM entity_states AS s WHERE s.entity_type = r.entity_type AND s.entity_id = r.entity_id
    AND s.since_us <= r.as_of_us + {APART_DAYS * DAY_US} AND COALESCE(s.ended_us, s.until_us, {2**62}) > r.as_of_us)"""
"""Whether the entity was paused, on leave or done by an operator's word when it was predicted, or came to be soon after."""


class Terms(msgspec.Struct, frozen=True):
    """What a model's predictions of one kind meant: days of silence that count as leaving (None: churn is inactivity)."""

    exit_gap_days: int | None
    churn_label: str


class FiguresRow(msgspec.Struct, frozen=True):
    """The figures (JSON) of one output of one model in one month (`2026-03`, of the prediction's moment, UTC).

    A `closed` one is final: nothing is left to mature, and late events are no longer looked for.
    """

    entity_type: str
    model_version: str
    month: str
    output: str
    judged_us: int
    closed: bool
    figures: str


@dataclass(frozen=True)
class RecordedRows:
    """n predictions of record, for each label what came true (length n, NaN: not matured, or no label), and whom an operator
    had set apart (`APART`)."""

    predictions: PredictionRows
    outcomes: dict[str, NDArray[np.float64]]
    apart: NDArray[np.bool_]


_FIELDS = FiguresRow.__struct_fields__


@dataclass(frozen=True)
class TrackNames:
    """The tables and the index that one record is kept in."""

    predictions: str
    index: str
    outcomes: str
    marks: str
    figures: str


SERVED = TrackNames("predictions_of_record", "record_by_model", "outcomes", "outcome_marks", "track_record")
SHADOW = TrackNames(
    "shadow_predictions", "shadow_by_model", "shadow_outcomes", "shadow_marks", "shadow_record"
)


class TrackTables:
    """Reads and writes outcomes, marks, terms and figures: of what served, or of what models in shadow said. Terms are of both."""

    def __init__(self, connection: sqlite3.Connection, names: TrackNames = SERVED) -> None:
        self._connection = connection
        self._names = names

    def versions(self, entity_type: str) -> list[str]:
        """The models of which there are predictions of record, sorted. It hops through the index, one step a model."""
        ask = f"SELECT MIN(model_version) FROM {self._names.predictions} WHERE entity_type = ? AND model_version > ?"
        found: list[str] = []
        while version := self._connection.execute(ask, (entity_type, found[-1] if found else "")).fetchone()[
            0
        ]:
            found.append(version)
        return found

    def span_us(self, entity_type: str, version: str) -> tuple[int, int]:
        """The first and the last moment of a model's predictions of record; there is one at least."""
        first, last = self._connection.execute(
            f"SELECT MIN(as_of_us), MAX(as_of_us) FROM {self._names.predictions} WHERE entity_type = ? AND model_version = ?",
            (entity_type, version),
        ).fetchone()
        return int(first), int(last)

    def keep_terms(self, entity_type: str, version: str, terms: Terms) -> None:
        """Remember what a model's predictions mean, whatever becomes of its files."""
        with transaction(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO model_terms VALUES (?, ?, ?, ?)",
                (entity_type, version, terms.exit_gap_days, terms.churn_label),
            )

    def terms(self, entity_type: str) -> dict[str, Terms]:
        """The terms that are known, by model."""
        found = self._connection.execute(
            "SELECT model_version, exit_gap_days, churn_label FROM model_terms WHERE entity_type = ?",
            (entity_type,),
        )
        return {version: Terms(gap, label) for version, gap, label in found}

    def marks_us(self, entity_type: str, version: str) -> dict[str, int]:
        """Up to which moment of prediction each label was looked up; labels never looked up are absent."""
        found = self._connection.execute(
            f"SELECT label, through_us FROM {self._names.marks} WHERE entity_type = ? AND model_version = ?",
            (entity_type, version),
        )
        return dict(found.fetchall())

    def spans_of(self, entity_type: str, entity_id: str) -> list[tuple[str, int, int, int]]:
        """What is kept of one entity: model, how many predictions, and the first and last moment, by model."""
        return self._connection.execute(
            f"SELECT model_version, COUNT(*), MIN(as_of_us), MAX(as_of_us) FROM {self._names.predictions}"
            " WHERE entity_type = ? AND entity_id = ? GROUP BY model_version ORDER BY model_version",
            (entity_type, entity_id),
        ).fetchall()

    def recorded(
        self, entity_type: str, version: str, after_us: int, through_us: int
    ) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
        """Ids and moments of a model's predictions of record in (after_us, through_us], in order of the moment."""
        found = self._connection.execute(
            f"SELECT entity_id, as_of_us FROM {self._names.predictions} INDEXED BY {self._names.index}"
            " WHERE entity_type = ? AND model_version = ? AND as_of_us > ? AND as_of_us <= ? ORDER BY as_of_us, entity_id",
            (entity_type, version, after_us, through_us),
        ).fetchall()
        ids = np.array([entity_id for entity_id, _ in found], dtype=object)
        return ids, np.array([us for _, us in found], dtype=np.int64)

    def settle(
        self,
        entity_type: str,
        version: str,
        label: str,
        through_us: int,
        found: Iterable[tuple[str, int, float]],
    ) -> None:
        """Keep what came true of one label for predictions up to `through_us`: (id, moment, value), NaN for none."""
        assert label in OUTCOME_COLUMNS, label
        lines = ((entity_type, e, us, None if value != value else value) for e, us, value in found)
        with transaction(self._connection):
            self._connection.executemany(
                f"INSERT INTO {self._names.outcomes} (entity_type, entity_id, as_of_us, {label}) VALUES (?, ?, ?, ?)"
                f" ON CONFLICT DO UPDATE SET {label} = excluded.{label}",
                lines,
            )
            self._connection.execute(
                f"INSERT OR REPLACE INTO {self._names.marks} VALUES (?, ?, ?, ?)",
                (entity_type, version, label, through_us),
            )

    def between(self, entity_type: str, version: str, from_us: int, before_us: int) -> RecordedRows:
        """A model's predictions of record in [from_us, before_us) with what came true of them."""
        found = self._connection.execute(
            f"SELECT {_RECORD}, {_OUTCOMES}, {APART} FROM {self._names.predictions} AS r INDEXED BY {self._names.index}"
            f" LEFT JOIN {self._names.outcomes} AS o USING (entity_type, entity_id, as_of_us)"
            " WHERE r.entity_type = ? AND r.model_version = ? AND r.as_of_us >= ? AND r.as_of_us < ?",
            (entity_type, version, from_us, before_us),
        ).fetchall()
        width = 2 + len(PREDICTION_COLUMNS)
        return RecordedRows(
            rows_of(entity_type, [line[:width] for line in found]),
            _outcomes([line[width:-1] for line in found]),
            np.array([line[-1] for line in found], dtype=np.bool_),
        )

    def keep(self, rows: Iterable[FiguresRow]) -> None:
        """Keep figures; those of the same output, model and month are replaced."""
        with transaction(self._connection):
            self._connection.executemany(
                f"INSERT OR REPLACE INTO {self._names.figures} VALUES ({', '.join('?' * len(_FIELDS))})",
                map(msgspec.structs.astuple, rows),
            )

    def figures(self) -> list[FiguresRow]:
        """All figures, newest month first; of a month by kind, output, and model."""
        found = self._connection.execute(
            f"SELECT {', '.join(_FIELDS)} FROM {self._names.figures} ORDER BY month DESC, entity_type, output, model_version"
        )
        return [
            msgspec.convert(dict(zip(_FIELDS, line, strict=True)), FiguresRow, strict=False) for line in found
        ]


def _outcomes(lines: Sequence[Sequence[Any]]) -> dict[str, NDArray[np.float64]]:
    values = np.array(lines, dtype=np.float64).reshape(len(lines), len(OUTCOME_COLUMNS))
    return {name: values[:, place] for place, name in enumerate(OUTCOME_COLUMNS)}
