"""What scikit-learn measures of predictions. It is imported where something is measured: every verb would wait a second for it otherwise."""

from typing import Any

from numpy.typing import ArrayLike


def roc_auc(label: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """The share of pairs, one of each label, in which the score of the true one is higher; of equal scores half."""
    return float(_sklearn().roc_auc_score(label, score, sample_weight=weight))


def average_precision(label: ArrayLike, score: ArrayLike) -> float:
    """The precision at each score, weighted by what it adds to the recall."""
    return float(_sklearn().average_precision_score(label, score))


def brier_score(label: ArrayLike, probability: ArrayLike) -> float:
    """The mean squared difference between probability, 0 to 1, and label."""
    return float(_sklearn().brier_score_loss(label, probability))


def mean_absolute_error(label: ArrayLike, value: ArrayLike, weight: ArrayLike | None = None) -> float:
    """The mean distance between value and label, in their unit."""
    return float(_sklearn().mean_absolute_error(label, value, sample_weight=weight))


def _sklearn() -> Any:
    from sklearn import metrics

    return metrics
