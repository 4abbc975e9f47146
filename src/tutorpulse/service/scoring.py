"""What scores a home's entities: features, the model in force, the rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.rules import Rule
from tutorpulse.features.catalog import Feature
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.contract import Predictions, Predictor
from tutorpulse.model.explain import Explanation

Compute: TypeAlias = Callable[[EntityType, int, NDArray[np.object_] | None], FeatureFrame]
"""Features of one kind of entity as of a time, of all entities or of those with these ids."""


class Model(Protocol):
    """A predictor that can say why."""

    @property
    def version(self) -> str:
        """The served model's version."""
        ...

    def predict(self, frame: FeatureFrame) -> Predictions:
        """See `model.contract.Predictor`."""
        ...

    def explain(self, frame: FeatureFrame, output: str, top: int = 5) -> list[Explanation]:
        """The drivers of one output, for every row; a row or model without drivers says so in its note."""
        ...


@dataclass(frozen=True)
class Scorer:
    """All that a refresh needs beside the home; kinds are those that the model knows.

    `exit_gap_days` is the silence that counts as leaving, None where the log shows none; `notes` is what every refresh has
    to say about the model. `shadow` scores what goes on record too, without being shown.
    """

    model: Model
    compute: Compute
    catalog: Mapping[EntityType, tuple[Feature, ...]]
    exit_gap_days: Mapping[EntityType, float | None]
    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()
    shadow: Predictor | None = None

    def feature_names(self, entity_type: EntityType) -> tuple[str, ...]:
        """The 46 and the context, in the order of a frame's columns."""
        return tuple(feature.name for feature in self.catalog[entity_type])


def matrix(frame: FeatureFrame) -> NDArray[np.float32]:
    """The 46 and the context side by side."""
    return np.concatenate([frame.features, frame.context], axis=1)
