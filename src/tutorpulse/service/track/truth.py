"""The truth of a simulated marketplace, which `tutorpulse simulate --truth` writes: what was to come of everybody on some mornings.

A home takes it as a file of its own, so that its track record shows how much of what could be known its predictions knew.
"""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import HOUR_US, parse_time
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.outputs import Floats
from tutorpulse.store.home import Home
from tutorpulse.store.state import PredictionRows
from tutorpulse.store.tables import read_table
from tutorpulse.training.labels import LABELS, TRUTH_OF

NEAR_US: Final = HOUR_US
"""A prediction is held against the truth of a morning if it was made at most so long before or after it."""

_IDENTITY = ("as_of", "entity_type", "entity_id", "exit_gap_days")


@dataclass(frozen=True)
class Truth:
    """Rows of the truth by kind, sorted by (id, morning); labels of exits hold under `exit_gap_days` alone."""

    entity_type: NDArray[np.object_]
    entity_id: NDArray[np.object_]
    as_of_us: NDArray[np.int64]
    exit_gap_days: Floats
    labels: dict[str, Floats]

    def under(self, gap_days: int | None) -> "Truth":
        """The truth for a model whose exits mean so many days of silence: of exits meant otherwise it tells nothing."""
        other = ~(self.exit_gap_days == (np.nan if gap_days is None else gap_days))
        labels = {
            name: np.where(other, np.nan, values) if LABELS[name].waits_for_gap else values
            for name, values in self.labels.items()
        }
        return replace(self, labels=labels)

    def of(self, label: str, kind: EntityType, rows: PredictionRows) -> Floats:
        """The truth of a label for n predictions of a kind; NaN where none is told near that moment."""
        places = self._places(kind)
        found = np.full(len(rows), np.nan)
        for i, (entity_id, us) in enumerate(zip(rows.entity_ids, rows.columns["as_of_us"], strict=True)):
            for place in places.get(str(entity_id), ()):
                if abs(float(us) - float(self.as_of_us[place])) <= NEAR_US:
                    found[i] = self.labels[label][place]
        return found

    def _places(self, kind: EntityType) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place in np.flatnonzero(self.entity_type == kind).tolist():
            places.setdefault(str(self.entity_id[place]), []).append(place)
        return places


def read_truth(path: Path) -> Truth:
    """The truth in a file.

    Raises:
        InputError: it cannot be read, or is no such file.
    """
    try:
        parts = list(read_table(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}. {_WANTED}") from None
    lacking = [name for name in (*_IDENTITY, *TRUTH_OF.values()) if name not in parts[0]]
    if lacking:
        raise InputError(f"{path} lacks {', '.join(lacking)}. {_WANTED}")
    whole: dict[str, Any] = {
        name: np.ma.concatenate([part[name] for part in parts])  # type: ignore[no-untyped-call]
        for name in parts[0]
    }
    return Truth(
        np.asarray(whole["entity_type"], dtype=object),
        np.asarray(whole["entity_id"], dtype=object),
        _micros(whole["as_of"]),
        _floats(whole["exit_gap_days"]),
        {label: _floats(whole[name]) for label, name in TRUTH_OF.items()},
    )


def take(home: Home, path: Path) -> Truth:
    """Keep a copy of the truth in the home, in place of an earlier one. Raises as `read_truth` does."""
    truth = read_truth(path)
    draft = home.path / f".{os.getpid()}.{home.truth_path.name}"
    shutil.copyfile(path, draft)
    draft.replace(home.truth_path)
    return truth


def held_truth(home: Home) -> Truth | None:
    """The truth that a home took; None: none."""
    return read_truth(home.truth_path) if home.truth_path.exists() else None


_WANTED = "Give the file that `tutorpulse simulate --truth FILE.parquet` wrote."


def _floats(column: Any) -> Floats:
    return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)


def _micros(column: Any) -> NDArray[np.int64]:
    plain = np.ma.getdata(column)
    if plain.dtype.kind == "M":
        return plain.astype("datetime64[us]").astype(np.int64)
    return np.array([parse_time(str(text)) for text in plain], np.int64)
