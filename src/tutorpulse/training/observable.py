"""The observable oracle: about the best that anybody could tell from events alone, however large the sample.

Boosted trees learn the true probabilities themselves, not what chance made of them, from marketplaces simulated for the
purpose: as a target a probability is worth many outcomes. They see the 46 features, the context and the
weekly counts of `traces`, which no served model sees. What separates it from the full oracle is hidden from every
observer; what separates a model from it is the model's.

It is a lower bound: a larger sample, or a better eye for events, would tell a little more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import EntityType
from tutorpulse.model.outputs import Floats
from tutorpulse.simulate.record import KINDS
from tutorpulse.training.practice import Practice

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

_TREES, _LEAVES, _RATE, _LEAF_ROWS = 300, 31, 0.05, 40


@dataclass(frozen=True)
class ObservableOracle:
    """Regressors of the truth by kind and label."""

    regressors: dict[tuple[EntityType, str], "HistGradientBoostingRegressor"]

    def rate(self, practice: Practice, label: str) -> Floats:
        """The expected rate of a label for each row of `practice`, 0 or more."""
        told = self.regressors[practice.kind, label].predict(everything_seen(practice))
        return np.maximum(np.asarray(told, np.float64), 0.0)

    def probability(self, practice: Practice, label: str) -> Floats:
        """The probability of a label for each row of `practice`, between 0 and 1."""
        told = self.regressors[practice.kind, label].predict(everything_seen(practice))
        return np.clip(np.asarray(told, np.float64), 0.0, 1.0)


def observable_oracle(sample: Sequence[Practice], names: Sequence[str], seed: int) -> ObservableOracle:
    """Learn the truth of the labels `names` from a sample that holds both kinds."""
    return ObservableOracle(
        {
            (kind, name): _regressor([p for p in sample if p.kind == kind], name, seed)
            for kind in KINDS
            for name in names
        }
    )


def everything_seen(practice: Practice) -> NDArray[np.float32]:
    """(m, k): features, context and traces."""
    return np.hstack([practice.frame.features, practice.frame.context, practice.traces])


def _regressor(sample: Sequence[Practice], name: str, seed: int) -> "HistGradientBoostingRegressor":
    from sklearn.ensemble import HistGradientBoostingRegressor  # every verb would wait for it otherwise

    rows = np.concatenate([everything_seen(p) for p in sample])
    truth = np.concatenate([p.truth[name] for p in sample])
    known = ~np.isnan(truth)
    model = HistGradientBoostingRegressor(
        max_iter=_TREES,
        max_leaf_nodes=_LEAVES,
        learning_rate=_RATE,
        min_samples_leaf=_LEAF_ROWS,
        random_state=seed,
        early_stopping=False,
    )
    return model.fit(rows[known], truth[known])
