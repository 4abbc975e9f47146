"""Small fact tables for the tests of decisions."""

from collections.abc import Mapping, Sequence

import numpy as np

from tutorpulse.decisions.facts import FactTable
from tutorpulse.features.frame import EntityType


def table(
    entity_type: EntityType,
    numbers: Mapping[str, Sequence[float]],
    segment: Sequence[str | None] | None = None,
    ids: Sequence[str] | None = None,
) -> FactTable:
    n = len(next(iter(numbers.values())))
    return FactTable(
        entity_type,
        np.array(ids or [f"{entity_type}_{i}" for i in range(n)], dtype=object),
        {name: np.array(column, dtype=np.float32) for name, column in numbers.items()},
        {
            "segment": np.array(segment or [None] * n, dtype=object),
            "status": np.array(["active"] * n, dtype=object),
        },
    )
