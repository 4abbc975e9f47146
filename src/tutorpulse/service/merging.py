"""New predictions upon the previous ones: what stays frozen, what is stale, what changed, what goes on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.status import is_scored
from tutorpulse.model.contract import CONFIDENCE_LEVELS, OUTPUTS, VELOCITY_BOUNDS, Predictions
from tutorpulse.store.state import PredictionRows
from tutorpulse.store.state.schema import PREDICTION_COLUMNS

NUMBERS = (*OUTPUTS, "already_gone", "inactive_14d", "inactive_30d")
"""The numbers that are kept of a prediction."""

_EMPTY = {"text": (None, object), "real": (np.nan, float), "time": (np.nan, float), "flag": (False, bool)}


def aligned(previous: PredictionRows, entity_ids: NDArray[np.object_]) -> PredictionRows:
    """The previous predictions in the order of `entity_ids`; empty (NaN, None, false) where there is none."""
    place = {entity_id: i for i, entity_id in enumerate(previous.entity_ids)}
    at = np.array([place.get(entity_id, -1) for entity_id in entity_ids], dtype=np.int64)
    columns = {}
    for name, kind in PREDICTION_COLUMNS.items():
        empty, dtype = _EMPTY[kind]
        column = np.full(len(at), empty, dtype=dtype)
        column[at >= 0] = previous.columns[name][at[at >= 0]]
        columns[name] = column
    return PredictionRows(previous.entity_type, entity_ids, columns)


def remembered_segments(previous: PredictionRows) -> NDArray[np.object_]:
    """The segments that hysteresis knows: those of the last scoring. Who was frozen in between starts anew."""
    segment = previous.columns["segment"].copy()
    segment[previous.columns["frozen"]] = None
    return segment


@dataclass(frozen=True)
class Scored:
    """Fresh predictions and segments of the scored rows."""

    predictions: Predictions
    segments: NDArray[np.object_]


def merged(
    previous: PredictionRows, status: NDArray[np.object_], scored: Scored | None, as_of_us: int
) -> PredictionRows:
    """The current predictions of n entities, in the order of `previous` (see `aligned`).

    Rows that are not scored keep their last prediction, frozen. With `scored` None the model could not be reached:
    the scored rows keep theirs too, marked stale.
    """
    live = is_scored(status)
    columns = {name: column.copy() for name, column in previous.columns.items()}
    columns["status"] = status
    columns["frozen"] = ~live
    columns["stale"] = np.where(live, scored is None, columns["stale"])
    if scored is not None:
        for name, values in _fresh(scored, as_of_us).items():
            columns[name][live] = values
    return PredictionRows(previous.entity_type, previous.entity_ids, columns)


def changed_rows(previous: PredictionRows, current: PredictionRows) -> NDArray[np.bool_]:
    """Which rows differ in any column."""
    differ = [_differs(previous.columns[name], current.columns[name]) for name in PREDICTION_COLUMNS]
    return np.asarray(np.logical_or.reduce(differ), dtype=np.bool_)


def visibly_changed(previous: PredictionRows, current: PredictionRows) -> NDArray[np.bool_]:
    """Which scored rows differ in what their log line shows: segment, risk to .01 %, health to .1."""
    differ = [
        _differs(previous.columns["segment"], current.columns["segment"]),
        _shown_differs(previous, current, "churn_risk_14d", 4),
        _shown_differs(previous, current, "health_score", 1),
    ]
    return np.asarray(np.logical_or.reduce(differ) & ~current.columns["frozen"], dtype=np.bool_)


def rows_of_record(previous: PredictionRows, current: PredictionRows) -> NDArray[np.bool_]:
    """Which rows go on record: the first of each UTC day, and each change of segment. Neither frozen nor stale ones."""
    fresh = ~current.columns["frozen"] & ~current.columns["stale"]
    before, now = (np.floor(rows.columns["as_of_us"] / DAY_US) for rows in (previous, current))
    first_of_day = ~(before >= now)
    moved = _differs(previous.columns["segment"], current.columns["segment"])
    return np.asarray(fresh & (first_of_day | moved), dtype=np.bool_)


def _fresh(scored: Scored, as_of_us: int) -> dict[str, Any]:
    predictions = scored.predictions
    numbers: dict[str, Any] = {name: getattr(predictions, name) for name in (*NUMBERS, *VELOCITY_BOUNDS)}
    return numbers | {
        "as_of_us": float(as_of_us),
        "segment": scored.segments,
        "confidence": confidence_names(predictions.confidence),
        "from_cohort": predictions.from_cohort,
        "model_version": predictions.model_version,
    }


def confidence_names(confidence: NDArray[np.int8]) -> NDArray[np.object_]:
    """low, medium or high."""
    return np.array(CONFIDENCE_LEVELS, dtype=object)[confidence.astype(np.int64)]


def _shown_differs(
    previous: PredictionRows, current: PredictionRows, name: str, digits: int
) -> NDArray[np.bool_]:
    return _differs(*(np.round(rows.columns[name], digits) for rows in (previous, current)))


def _differs(before: NDArray[Any], now: NDArray[Any]) -> NDArray[np.bool_]:
    differs = np.asarray(before != now, dtype=np.bool_)
    return differs & ~(np.isnan(before) & np.isnan(now)) if before.dtype.kind == "f" else differs


def ids_where(rows: PredictionRows, mask: NDArray[np.bool_]) -> Sequence[str]:
    """The ids of the rows where the mask is true."""
    return [str(entity_id) for entity_id in rows.entity_ids[mask]]
