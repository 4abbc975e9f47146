"""Current predictions as a file."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import format_time
from tutorpulse.errors import HistoryError, InputError
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.model.contract import VELOCITY_BOUNDS
from tutorpulse.service.merging import NUMBERS
from tutorpulse.service.root import Pulse
from tutorpulse.store.state import PredictionRows

FORMATS = {
    ".csv": "FORMAT csv, HEADER",
    ".ndjson": "FORMAT json",
    ".jsonl": "FORMAT json",
    ".parquet": "FORMAT parquet",
}
"""What a file's ending makes of it."""

_TEXT = ("status", "segment", "confidence", "model_version")
_FLAGS = ("from_cohort", "frozen", "stale")
_NUMBERS = (*NUMBERS, *VELOCITY_BOUNDS)


def check_format(path: Path) -> str:
    """How to write a file of that name.

    Raises:
        InputError: its ending is none of `FORMATS`, or its folder does not exist.
    """
    options = FORMATS.get(path.suffix)
    if options is None:
        raise InputError(f"{path} ends with none of {', '.join(FORMATS)}. Give a file that does.")
    if not path.resolve().parent.is_dir() or path.is_dir():
        raise InputError(f"{path} cannot be written. Give a file in a folder that exists.")
    return options


def export_predictions(pulse: Pulse, path: Path) -> int:
    """Write the current predictions of all tutors and students, by kind and id, and say how many.

    Columns are named as in the model contract, for both kinds; `as_of` is RFC 3339; what is not known is empty (NULL).

    Raises:
        InputError: see `check_format`. HistoryError: nothing was predicted yet.
    """
    options = check_format(path)
    rows = [pulse.state.predictions.all(kind) for kind in ENTITY_TYPES]
    if not any(map(len, rows)):
        raise HistoryError("Nothing was predicted yet. Run `tutorpulse refresh` first.")
    with pulse.store.relation("exported", _columns(rows)):
        pulse.store.copy_to(_SQL, str(path), options)
    return sum(map(len, rows))


_SQL = f"""
    SELECT entity_type, entity_id, as_of, {", ".join((*_TEXT[:2], *_NUMBERS, *_TEXT[2:], *_FLAGS))}
    FROM exported ORDER BY entity_type, entity_id"""


def _columns(rows: list[PredictionRows]) -> dict[str, NDArray[Any]]:
    joined: dict[str, NDArray[Any]] = {
        "entity_type": np.array([r.entity_type for r in rows for _ in range(len(r))], dtype=object),
        "entity_id": np.concatenate([r.entity_ids for r in rows]),
    }
    for name in (*_TEXT, *_FLAGS):
        joined[name] = np.concatenate([r.columns[name] for r in rows])
    for name in _NUMBERS:
        joined[name] = np.ma.masked_invalid(np.concatenate([r.columns[name] for r in rows]))
    as_of_us = np.concatenate([r.columns["as_of_us"] for r in rows]).tolist()
    joined["as_of"] = np.array([None if us != us else format_time(int(us)) for us in as_of_us], dtype=object)
    return joined
