"""Everybody of one kind, when each was last looked at, and the features that were seen then."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.compute import FACT_NAMES
from tutorpulse.features.frame import FEATURE_COUNT, EntityType, FeatureFrame
from tutorpulse.service.scoring import matrix

NEVER_US = -1
"""When somebody was looked at who never was."""

_FIRST_ROWS = 1024


class Roster:
    """Rows of one kind that grow: `width` float32 features, the facts and the time of the last look.

    One thread writes, others may read. About 340 bytes an entity.
    """

    def __init__(self, kind: EntityType, width: int) -> None:
        self._kind = kind
        self._guard = threading.Lock()
        self._row: dict[str, int] = {}
        self._ids: list[str] = []
        self._looked_us = np.full(_FIRST_ROWS, NEVER_US, np.int64)
        self._scored = np.zeros(_FIRST_ROWS, np.bool_)
        self._features = np.full((_FIRST_ROWS, width), np.nan, np.float32)
        self._facts = np.full((_FIRST_ROWS, len(FACT_NAMES)), np.nan)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> list[str]:
        """Everybody, in order of appearance."""
        with self._guard:
            return list(self._row)

    def add(self, entity_ids: Sequence[str]) -> None:
        """Enter those who are not there yet, never looked at."""
        with self._guard:
            self._rows(entity_ids)

    def keep(self, frame: FeatureFrame, scored: NDArray[np.bool_]) -> None:
        """Keep what was seen of the entities of a frame, and who of them is scored."""
        with self._guard:
            rows = self._rows(frame.entity_ids.tolist())
            self._looked_us[rows] = frame.as_of_us
            self._scored[rows] = scored
            self._features[rows] = matrix(frame)
            self._facts[rows] = np.stack([frame.facts[name] for name in FACT_NAMES], axis=1)

    def due(self, before_us: int, limit: int) -> list[str]:
        """Up to `limit` entities last looked at before `before_us`, longest ago first."""
        with self._guard:
            looked_us = self._looked_us[: len(self._ids)]
            rows = np.flatnonzero(looked_us < before_us)
            rows = rows[np.argsort(looked_us[rows], kind="stable")[:limit]]
            return [self._ids[row] for row in rows.tolist()]

    def seen(self, entity_id: str) -> FeatureFrame | None:
        """The features of one entity at its last look, a frame of one row; None where there was none."""
        with self._guard:
            row = self._row.get(entity_id)
            if row is None or self._looked_us[row] == NEVER_US:
                return None
            return self._frame(np.array([row]), int(self._looked_us[row]))

    @property
    def scored_count(self) -> int:
        """How many were scored at the last look."""
        with self._guard:
            return int(self._scored.sum())

    def scored(self) -> FeatureFrame:
        """Everybody who was scored at the last look; the as-of is that of the newest look."""
        with self._guard:
            rows = np.flatnonzero(self._scored[: len(self._ids)])
            newest_us = int(self._looked_us[rows].max()) if len(rows) else NEVER_US
            return self._frame(rows, newest_us)

    def forget(self, entity_id: str) -> None:
        """Nothing of this entity is kept any more, not even its name."""
        with self._guard:
            row = self._row.pop(entity_id, None)
            if row is not None:
                last = len(self._ids) - 1
                for column in (self._looked_us, self._scored, self._features, self._facts):
                    column[row] = column[last]
                self._ids[row] = self._ids[last]
                if row != last:
                    self._row[self._ids[row]] = row
                self._empty(last)

    def _empty(self, row: int) -> None:
        del self._ids[row]
        self._looked_us[row], self._scored[row] = NEVER_US, False
        self._features[row], self._facts[row] = np.nan, np.nan

    def _rows(self, entity_ids: Sequence[str]) -> NDArray[np.int64]:
        for entity_id in entity_ids:
            if entity_id not in self._row:
                self._row[entity_id] = len(self._ids)
                self._ids.append(entity_id)
        while len(self._ids) > len(self._looked_us):
            self._grow()
        return np.array([self._row[entity_id] for entity_id in entity_ids], np.int64)

    def _grow(self) -> None:
        more = len(self._looked_us)
        self._looked_us = np.concatenate([self._looked_us, np.full(more, NEVER_US, np.int64)])
        self._scored = np.concatenate([self._scored, np.zeros(more, np.bool_)])
        self._features = np.concatenate([self._features, np.full_like(self._features, np.nan)])
        self._facts = np.concatenate([self._facts, np.full_like(self._facts, np.nan)])

    def _frame(self, rows: NDArray[np.int64], as_of_us: int) -> FeatureFrame:
        features, facts = self._features[rows], self._facts[rows]
        return FeatureFrame(
            self._kind,
            as_of_us,
            as_of_us,
            np.array([self._ids[row] for row in rows.tolist()], dtype=object),
            features[:, :FEATURE_COUNT],
            features[:, FEATURE_COUNT:],
            {name: facts[:, place] for place, name in enumerate(FACT_NAMES)},
        )
