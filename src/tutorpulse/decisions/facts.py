"""The facts of n entities that decisions look at: features, context, predictions, status and segment, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.contract import OUTPUTS, Predictions

TUTOR_NAMES = {"burnout_risk": "churn_risk_14d", "burnout_risk_30d": "churn_risk_30d"}
"""What two outputs are called for tutors; both names work."""

BESIDE_OUTPUTS = ("already_gone", "inactive_14d", "inactive_30d")
LABELS = ("status", "segment")
"""Facts that are words."""

_DECIMALS = 6
"""float32 carries six decimals of a share; without rounding, 0.9 stored as 0.89999998 is below 0.9."""


@dataclass(frozen=True)
class FactTable:
    """Columns of length n. `numbers` are raw (risks and shares 0 to 1), NaN is missing; `labels` are text or None."""

    entity_type: EntityType
    entity_ids: NDArray[np.object_]
    numbers: Mapping[str, NDArray[np.float64] | NDArray[np.float32]]
    labels: Mapping[str, NDArray[np.object_]]

    def __len__(self) -> int:
        return len(self.entity_ids)

    def number(self, name: str) -> NDArray[np.float64]:
        """The column of a fact that is a number, rounded to what was measured."""
        return np.asarray(np.round(self.numbers[name].astype(np.float64), _DECIMALS), dtype=np.float64)

    def at(self, name: str, row: int) -> float:
        """One item of `number`, without rounding the whole column."""
        return round(float(self.numbers[name][row]), _DECIMALS)


def fact_names(entity_type: EntityType, feature_names: Sequence[str]) -> frozenset[str]:
    """All numbers that a rule about this kind of entity can name."""
    aliases = TUTOR_NAMES if entity_type == "tutor" else ()
    return frozenset([*feature_names, *OUTPUTS, *BESIDE_OUTPUTS, *aliases])


def fact_table(
    frame: FeatureFrame,
    names: Sequence[str],
    predictions: Predictions,
    labels: Mapping[str, NDArray[np.object_]],
) -> FactTable:
    """Join a frame, whose feature and context columns are called `names`, with the predictions of the same rows."""
    matrix = (frame.features, frame.context)
    columns = [block[:, i] for block in matrix for i in range(block.shape[1])]
    numbers: dict[str, NDArray[np.float64] | NDArray[np.float32]] = dict(zip(names, columns, strict=True))
    numbers |= {name: getattr(predictions, name) for name in (*OUTPUTS, *BESIDE_OUTPUTS)}
    if frame.entity_type == "tutor":
        numbers |= {alias: numbers[name] for alias, name in TUTOR_NAMES.items()}
    return FactTable(frame.entity_type, frame.entity_ids, numbers, dict(labels))
