"""Boosted trees behind one head: fitting, margins, exact contributions. The only importer of LightGBM.

LightGBM is loaded when a head is fitted or read: where models are only called elsewhere it need not be there.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import ArtifactError
from tutorpulse.model.intervals import RateInterval
from tutorpulse.model.outputs import Floats, Objective

if TYPE_CHECKING:
    import lightgbm

THREADS = 2
FIT_ROWS_FOR_THREADS = 20_000
PREDICT_ROWS_FOR_THREADS = 2_000
EXPLAIN_ROWS_FOR_THREADS = 200
"""Below these rows one thread does it: on busy cores threads wait for each other far longer than they work."""

TREES: dict[Objective, int] = {"binary": 120, "poisson": 240}
LEARNING_RATE: dict[Objective, float] = {"binary": 0.05, "poisson": 0.1}
"""A rate sets out from one mean for all and has further to go: by the steps of a probability it would stop half way (docs/results.md)."""

PARAMETERS: dict[str, Any] = {
    "num_leaves": 15,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.7,
    "lambda_l2": 1.0,
    "max_bin": 127,
    "verbose": -1,
    "deterministic": True,
    "force_col_wise": True,
}
"""Chosen on Barcelona hosts (docs/results.md): half the leaves and trees of the reference there, as good and twice as fast."""


@dataclass(frozen=True)
class Head:
    """A fitted head. Its margin is slope x raw score + intercept: the calibration keeps it a plain boosted model.

    `interval` is that of a rate; None: of none, or too few rows to tell.
    """

    name: str
    objective: Objective
    booster: "lightgbm.Booster"
    slope: float = 1.0
    intercept: float = 0.0
    interval: RateInterval | None = None

    def raw(self, rows: NDArray[np.float32], threads: int | None = None) -> Floats:
        """Uncalibrated scores, length n, of (n, k) rows: log-odds or log rate. `threads` None: as many as the rows are worth."""
        return np.asarray(
            self.booster.predict(rows, raw_score=True, num_threads=threads or _threads(rows)), np.float64
        )

    def margins(self, rows: NDArray[np.float32]) -> Floats:
        """Calibrated log-odds or log rate, length n."""
        return self.slope * self.raw(rows) + self.intercept

    def contributions(self, rows: NDArray[np.float32]) -> tuple[Floats, float]:
        """Exact tree SHAP values (n, k) of the margin (Lundberg and others 2020), and the margin they start from.

        Each row's values add up to its margin minus that start.
        """
        table = np.asarray(
            self.booster.predict(
                rows, pred_contrib=True, num_threads=_threads(rows, EXPLAIN_ROWS_FOR_THREADS)
            ),
            np.float64,
        )
        start = float(table[0, -1]) if len(table) else 0.0
        return self.slope * table[:, :-1], self.slope * start + self.intercept

    def calibrated(self, slope: float, intercept: float) -> "Head":
        """The same head with another calibration."""
        return replace(self, slope=slope, intercept=intercept)

    def trees(self) -> list[dict[str, Any]]:
        """The roots of the trees, each a nested node as LightGBM describes it."""
        return [tree["tree_structure"] for tree in self.booster.dump_model()["tree_info"]]

    def text(self) -> str:
        """LightGBM's text form of the trees."""
        return str(self.booster.model_to_string())


def fit_head(
    name: str,
    objective: Objective,
    rows: NDArray[np.float32],
    label: Floats,
    names: list[str],
    seed: int,
    threads: int | None = None,
) -> Head:
    """Fit a head to (n, k) rows and n labels; the same input and seed give the same trees on any run, with any number of threads.

    LightGBM has one number of threads for the whole process, so what is fitted or asked at the same time takes the same.
    """
    import lightgbm

    data = lightgbm.Dataset(rows, label, feature_name=names, free_raw_data=True)
    threads = threads or (THREADS if len(rows) >= FIT_ROWS_FOR_THREADS else 1)
    own = {"objective": objective, "learning_rate": LEARNING_RATE[objective]}
    parameters = {**PARAMETERS, **own, "seed": seed, "num_threads": threads}
    return Head(name, objective, lightgbm.train(parameters, data, TREES[objective]))


def _threads(rows: NDArray[np.float32], enough: int = PREDICT_ROWS_FOR_THREADS) -> int:
    return THREADS if len(rows) >= enough else 1


def head_from_text(
    name: str,
    objective: Objective,
    text: str,
    slope: float,
    intercept: float,
    interval: RateInterval | None = None,
) -> Head:
    """A head from LightGBM's text form.

    Raises:
        ArtifactError: `text` is no LightGBM model.
    """
    import lightgbm

    try:
        booster = lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise ArtifactError(
            f"The trees of head {name!r} cannot be read: {error}. Train again with `tutorpulse train`."
        ) from None
    return Head(name, objective, booster, slope, intercept, interval)
