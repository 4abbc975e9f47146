"""A random survival forest: how long until the next activity? Needs the extra `baselines` (scikit-survival, which wants pandas)."""

from typing import Any

import numpy as np

from tutorpulse.errors import InputError
from tutorpulse.model.outputs import Floats

TREES, LEAF, ROWS = 100, 40, 6_000
"""A forest keeps a curve for each leaf and compares all rows: of more rows than this, as many are drawn at random."""


def fit_forest(rows: Floats, days: Floats, ended: Floats, seed: int) -> Any:
    """A forest fitted to (n, k) rows without gaps, days of silence to come, and whether activity ended it (else watched so long).

    Raises:
        InputError: scikit-survival is not installed.
    """
    try:
        from sksurv.ensemble import RandomSurvivalForest
    except ImportError:
        raise InputError(
            "The survival baseline needs scikit-survival. Run `pip install 'tutorpulse[baselines]'`."
        ) from None
    chosen = np.random.default_rng(seed).permutation(len(rows))[:ROWS]
    silence = np.array(
        list(zip(ended[chosen] > 0, np.maximum(days[chosen], 1e-3), strict=True)),
        dtype=[("ended", "?"), ("days", "<f8")],
    )
    forest = RandomSurvivalForest(
        n_estimators=TREES, min_samples_leaf=LEAF, max_features="sqrt", random_state=seed, low_memory=False
    )
    return forest.fit(rows[chosen], silence)


def silent_for(forest: Any, rows: Floats, days: float) -> Floats:
    """The probability of n rows that the silence to come is longer than so many days."""
    parts = [
        forest.predict_survival_function(rows[i : i + ROWS], return_array=True)
        for i in range(0, len(rows), ROWS)
    ]
    at = int(np.searchsorted(forest.unique_times_, days, side="right")) - 1
    curves = np.concatenate(parts)
    return np.asarray(curves[:, at] if at >= 0 else np.ones(len(rows)), np.float64)
