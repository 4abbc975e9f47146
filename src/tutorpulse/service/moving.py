"""Who moves between segments, seen from the predictions before and after."""

import numpy as np
from numpy.typing import NDArray

from tutorpulse.store.state import PredictionRows
from tutorpulse.store.state.moves import MoveRow


def moves(previous: PredictionRows, current: PredictionRows, moved_us: int) -> list[MoveRow]:
    """Of n entities, those whose segment is another than before. Whoever is frozen is in none; whoever is new comes from none."""
    left, entered = _held(previous), _held(current)
    rows = np.flatnonzero(left != entered).tolist()
    status = current.columns["status"]
    return [
        MoveRow(
            current.entity_type, str(current.entity_ids[row]), moved_us, left[row], entered[row], status[row]
        )
        for row in rows
    ]


def _held(rows: PredictionRows) -> NDArray[np.object_]:
    held = rows.columns["segment"].copy()
    held[rows.columns["frozen"]] = None
    return held
