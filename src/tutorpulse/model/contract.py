"""The contract of every model: 46 float32 in, five numbers out; and what the product keeps of a prediction."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import FeatureFrame

OUTPUTS = ("first_session_success", "session_velocity", "churn_risk_14d", "churn_risk_30d", "health_score")
"""The five outputs in wire order: probability, sessions per week, probability, probability, 0-100."""

VELOCITY_BOUNDS = ("session_velocity_low", "session_velocity_high")
"""The fields that hold the interval of the velocity."""

CONFIDENCE_LEVELS = ("low", "medium", "high")


@dataclass(frozen=True)
class Predictions:
    """Predictions for n entities; every array has length n, probabilities are 0 to 1, NaN is not known.

    `already_gone` and `inactive_14d`, `inactive_30d` stand beside the five and are NaN from models that lack them.
    `session_velocity_low` and `session_velocity_high` bound the central 90 % of what the velocity comes to (NaN: the model has no
    such interval, or the value is a cohort's). `confidence` indexes `CONFIDENCE_LEVELS`; `from_cohort` marks entities with too little history, which got their
    cohort's base rate.
    """

    entity_ids: NDArray[np.object_]
    first_session_success: NDArray[np.float64]
    session_velocity: NDArray[np.float64]
    churn_risk_14d: NDArray[np.float64]
    churn_risk_30d: NDArray[np.float64]
    health_score: NDArray[np.float64]
    already_gone: NDArray[np.float64]
    inactive_14d: NDArray[np.float64]
    inactive_30d: NDArray[np.float64]
    session_velocity_low: NDArray[np.float64]
    session_velocity_high: NDArray[np.float64]
    confidence: NDArray[np.int8]
    from_cohort: NDArray[np.bool_]
    model_version: str


class Predictor(Protocol):
    """Whatever turns features into predictions: in process, an HTTP server, a SageMaker endpoint."""

    @property
    def version(self) -> str:
        """The served model's version."""
        ...

    def predict(self, frame: FeatureFrame) -> Predictions:
        """Predictions for every row of `frame`, in its order.

        Raises:
            ModelError: the model cannot be reached or refuses the features.
        """
        ...
