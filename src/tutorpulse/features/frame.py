"""What a feature computation returns."""

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

EntityType: TypeAlias = Literal["tutor", "student"]
ENTITY_TYPES: tuple[EntityType, ...] = ("tutor", "student")
FEATURE_COUNT = 46


@dataclass(frozen=True)
class FeatureFrame:
    """The features of n entities of one kind at one moment; NaN is missing.

    `features` is (n, 46) float32 in the contract's order, `context` (n, c) float32 in the catalog's order, `facts`
    what status needs: float64 columns of length n, times in microseconds since the epoch, NaN where there is none.
    """

    entity_type: EntityType
    as_of_us: int
    known_at_us: int
    entity_ids: NDArray[np.object_]
    features: NDArray[np.float32]
    context: NDArray[np.float32]
    facts: dict[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.entity_ids)

    def take(self, rows: NDArray[Any]) -> "FeatureFrame":
        """The rows at these places, or where a mask is true."""
        return replace(
            self,
            entity_ids=self.entity_ids[rows],
            features=self.features[rows],
            context=self.context[rows],
            facts={name: column[rows] for name, column in self.facts.items()},
        )
