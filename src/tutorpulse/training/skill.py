"""How much of what can be known a model knows: its figures beside days since the last session and beside the truth."""

import msgspec
import numpy as np
from sklearn.metrics import brier_score_loss, mean_absolute_error, roc_auc_score

from tutorpulse.model.outputs import Floats
from tutorpulse.training.calibrate import log_odds, logistic_line
from tutorpulse.training.evaluate import calibration_error, calibration_groups

MIN_GAIN = 0.05
"""A sample in which the full oracle's AUC does not beat recency by so much judges nobody."""

PERFECT_RESAMPLES = 40


class RiskSkill(msgspec.Struct, frozen=True):
    """Figures of one probability on n rows.

    `skill` is (auc - recency_auc) / (oracle_auc - recency_auc), None where the sample does not judge (`MIN_GAIN`);
    `observable_skill` the same of the observable oracle. `ece_excess` is the calibration error less that which
    predictions of the same values would have if every one of them were the true probability. `brier_skill` is 1 - Brier
    score / that of the base rate.
    """

    rows: int
    rate: float
    mean: float
    auc: float
    recency_auc: float
    oracle_auc: float
    observable_auc: float | None
    skill: float | None
    observable_skill: float | None
    slope: float
    ece: float
    ece_excess: float
    brier_skill: float
    oracle_brier_skill: float


class RateSkill(msgspec.Struct, frozen=True):
    """Mean absolute errors of one rate on n rows: the model's, of always saying the mean, and the full oracle's."""

    rows: int
    rate: float
    mean: float
    mae: float
    mean_mae: float
    oracle_mae: float


def risk_skill(
    label: Floats, risk: Floats, recency: Floats, truth: Floats, observable: Floats | None, seed: int
) -> RiskSkill | None:
    """Figures of n probabilities against labels 0 or 1; NaN in any but `observable` leaves the row out.

    `recency` is higher for who is likelier; None where fewer than two outcomes are left.
    """
    known = ~np.isnan(label + risk + truth)
    label, risk, recency, truth = (values[known] for values in (label, risk, recency, truth))
    if len(np.unique(label)) < 2:
        return None
    auc, low, high = (float(roc_auc_score(label, score)) for score in (risk, recency, truth))
    seen = None if observable is None else float(roc_auc_score(label, observable[known]))
    judges = high - low >= MIN_GAIN
    base = float(label.mean())
    ece = calibration_error(label, risk)
    return RiskSkill(
        rows=len(label),
        rate=base,
        mean=float(risk.mean()),
        auc=auc,
        recency_auc=low,
        oracle_auc=high,
        observable_auc=seen,
        skill=(auc - low) / (high - low) if judges else None,
        observable_skill=(seen - low) / (high - low) if judges and seen is not None else None,
        slope=logistic_line(log_odds(risk), label)[0],
        ece=ece,
        ece_excess=ece - perfect_error(risk, seed),
        brier_skill=1 - float(brier_score_loss(label, risk)) / (base * (1 - base)),
        oracle_brier_skill=1 - float(brier_score_loss(label, truth)) / (base * (1 - base)),
    )


def rate_skill(label: Floats, rate: Floats, truth: Floats) -> RateSkill | None:
    """Figures of n rates; NaN in any leaves the row out; None where no row is left."""
    known = ~np.isnan(label + rate + truth)
    label, rate, truth = label[known], rate[known], truth[known]
    if not len(label):
        return None
    return RateSkill(
        rows=len(label),
        rate=float(label.mean()),
        mean=float(rate.mean()),
        mae=float(mean_absolute_error(label, rate)),
        mean_mae=float(mean_absolute_error(label, np.full(len(label), label.mean()))),
        oracle_mae=float(mean_absolute_error(label, truth)),
    )


def perfect_error(risk: Floats, seed: int) -> float:
    """The mean calibration error of n probabilities that are all true: chance alone."""
    rng = np.random.default_rng(seed)
    order, starts = calibration_groups(risk)
    drawn = ((rng.random(len(risk)) < risk) - risk for _ in range(PERFECT_RESAMPLES))
    errors = [np.abs(np.add.reduceat(missed[order], starts)).sum() / len(risk) for missed in drawn]
    return float(np.mean(errors))
