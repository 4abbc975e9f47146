"""Calibration of a head on later time than it was fitted on.

Platt's logistic curve (1999) rather than isotonic regression: on Barcelona hosts its Brier scores were equal or better on
all five risks (docs/results.md), it keeps the order of entities, and the head remains a plain boosted model.
"""

import numpy as np

from tutorpulse.model.heads import Head
from tutorpulse.model.outputs import Floats

_NO_PENALTY = 1e6


def calibrate(head: Head, raw: Floats, label: Floats) -> Head:
    """`head` with slope and intercept that fit `label` (length n) best, given its uncalibrated scores `raw`.

    For a rate, the intercept alone, so that the means agree. A slope that would turn the order round is set to 0: then the
    head says the base rate.
    """
    if head.objective == "poisson":
        return head.calibrated(1.0, float(np.log(max(label.mean(), 1e-6) / np.exp(raw).mean())))
    slope, intercept = logistic_line(raw, label)
    if slope <= 0:
        return head.calibrated(0.0, float(log_odds(np.array([label.mean()]))[0]))
    return head.calibrated(slope, intercept)


def logistic_line(score: Floats, label: Floats) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of a label with both values on one score."""
    from sklearn.linear_model import LogisticRegression  # every verb would wait for it otherwise

    model = LogisticRegression(C=_NO_PENALTY).fit(score[:, None], label)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def log_odds(p: Floats) -> Floats:
    """log(p / (1 - p)), with p kept a millionth away from 0 and 1."""
    inside = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside) - np.log1p(-inside), np.float64)
