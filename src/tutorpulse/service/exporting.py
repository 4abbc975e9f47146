"""Current predictions as a file."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import HistoryError, InputError
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model.contract import VELOCITY_BOUNDS
from tutorpulse.service.merging import NUMBERS
from tutorpulse.service.root import Pulse
from tutorpulse.service.spreadsheets import harmless
from tutorpulse.service.worklist.shown import time_or_none
from tutorpulse.store.state import State
from tutorpulse.store.state.listing import Selection

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
_MARKS = ("model_segment", "override_owner", "override_expires", "operator_state")
"""What operators set by hand, as lists name it."""

_TIMES = {"as_of": "as_of_us", "override_expires": "override_expires_us"}
_COLUMNS = ("as_of", *_TEXT[:2], *_NUMBERS, *_TEXT[2:], *_FLAGS, *_MARKS)
_STEP = 20_000


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

    Columns are named as in the model contract, for both kinds; times are RFC 3339; what is not known is empty (NULL). `segment` is
    the one in force: where somebody set it by hand, `model_segment` has the model's, `override_owner` and `override_expires` who
    answers for it until when. `operator_state` is paused, on leave or goal reached.

    Raises:
        InputError: see `check_format`. HistoryError: nothing was predicted yet.
    """
    options = check_format(path)
    parts = [_columns(kind, rows, path) for kind in ENTITY_TYPES for rows in _rows(pulse.state, kind)]
    if not parts:
        raise HistoryError("Nothing was predicted yet. Run `tutorpulse refresh` first.")
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    joined |= {name: np.ma.masked_invalid(joined[name]) for name in _NUMBERS}
    with pulse.store.relation("exported", joined):
        pulse.store.copy_to(_SQL, str(path), options)
    return len(joined["entity_id"])


def readable(texts: NDArray[np.object_], path: Path) -> NDArray[np.object_]:
    """Text as it goes into a file of that name: into CSV without formulas."""
    if path.suffix != ".csv":
        return texts
    return np.array([text if text is None else harmless(text) for text in texts], dtype=object)


def _shown(name: str) -> str:
    """A column of the answer; text is text also where nobody has any."""
    return name if name in (*_NUMBERS, *_FLAGS) else f"CAST({name} AS VARCHAR) AS {name}"


_SQL = f"""
    SELECT {", ".join(map(_shown, ("entity_type", "entity_id", *_COLUMNS)))}
    FROM exported ORDER BY entity_type, entity_id"""


def _rows(state: State, kind: EntityType) -> Iterator[list[dict[str, Any]]]:
    """Everybody of a kind as lists show them, by id, some at a time."""
    asked = Selection(kind, limit=_STEP)
    while rows := state.listing.page(asked):
        yield rows
        last = rows[-1]["entity_id"]
        asked = replace(asked, after=(last, last))


def _columns(kind: EntityType, rows: list[dict[str, Any]], path: Path) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {"entity_type": np.full(len(rows), kind, dtype=object)}
    for name in ("entity_id", *_COLUMNS):
        values = [row[_TIMES.get(name, name)] for row in rows]
        if name in _TIMES:
            columns[name] = np.array([time_or_none(us) for us in values], dtype=object)
        elif name in _NUMBERS:
            columns[name] = np.array(values, dtype=float)
        elif name in _FLAGS:
            columns[name] = np.array(values, dtype=bool)
        else:
            columns[name] = readable(np.array(values, dtype=object), path)
    return columns
