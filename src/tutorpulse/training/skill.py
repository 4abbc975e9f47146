"""How much of what can be known a model knows: its figures beside days since the last session and beside the truth."""

from dataclasses import dataclass

import msgspec
import numpy as np

from tutorpulse.model.outputs import Floats
from tutorpulse.training.calibrate import log_odds, logistic_line
from tutorpulse.training.evaluate import calibration_error, calibration_groups, interval_figures
from tutorpulse.training.metrics import brier_score, mean_absolute_error, roc_auc
from tutorpulse.training.timeline import Ints

MIN_GAIN = 0.05
"""A sample in which the full oracle's AUC does not beat recency by so much judges nobody."""

RECENCY_AT_MOST = 0.9
"""Nor does a seed judge risks of leaving where recency's AUC reaches this share of the full oracle's: there silence tells all."""

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
    """Mean absolute errors of one rate on n rows: the model's, of always saying the mean, and the oracles'.

    `error_over_observable` is the model's / the observable oracle's - 1. Of its interval, on the rows that have one: the share of
    outcomes inside, mean width and score, and the score of always giving the central 90 % of these outcomes (None: the model has none).
    """

    rows: int
    rate: float
    mean: float
    mae: float
    mean_mae: float
    oracle_mae: float
    observable_mae: float | None = None
    error_over_observable: float | None = None
    interval_rows: int = 0
    coverage: float | None = None
    interval_width: float | None = None
    interval_score: float | None = None
    constant_interval_score: float | None = None


@dataclass(frozen=True)
class RiskRows:
    """n rows of a probability: labels 0 or 1, what was said, recency (higher: likelier), the truth, what the observable oracle
    says (None: there is none), and the morning of each."""

    label: Floats
    risk: Floats
    recency: Floats
    truth: Floats
    observable: Floats | None
    morning: Ints


def risk_skill(rows: RiskRows, seed: int, recency_at_most: float = 1.0) -> RiskSkill | None:
    """Figures of n probabilities; NaN in any but `observable` leaves the row out. None where fewer than two outcomes are left.

    The sample judges where recency's AUC is below that share of the full oracle's, and `MIN_GAIN` below it.
    """
    label, risk, recency, truth, observable = (
        rows.label,
        rows.risk,
        rows.recency,
        rows.truth,
        rows.observable,
    )
    known = ~np.isnan(label + risk + truth)
    label, risk, recency, truth = (values[known] for values in (label, risk, recency, truth))
    if len(np.unique(label)) < 2:
        return None
    auc, low, high = (roc_auc(label, score) for score in (risk, recency, truth))
    seen = None if observable is None else roc_auc(label, observable[known])
    judges = high - low >= MIN_GAIN and low < recency_at_most * high
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
        brier_skill=1 - brier_score(label, risk) / (base * (1 - base)),
        oracle_brier_skill=1 - brier_score(label, truth) / (base * (1 - base)),
    )


@dataclass(frozen=True)
class RateRows:
    """n rows of a rate: what came true, what was said with its bounds (NaN: none), the truth, and what the observable oracle says."""

    label: Floats
    rate: Floats
    low: Floats
    high: Floats
    truth: Floats
    observable: Floats | None


def rate_skill(rows: RateRows) -> RateSkill | None:
    """Figures of n rates; NaN in label, rate or truth leaves the row out; None where no row is left."""
    known = ~np.isnan(rows.label + rows.rate + rows.truth)
    label, rate, truth = rows.label[known], rows.rate[known], rows.truth[known]
    if not len(label):
        return None
    plain = RateSkill(
        rows=len(label),
        rate=float(label.mean()),
        mean=float(rate.mean()),
        mae=mean_absolute_error(label, rate),
        mean_mae=mean_absolute_error(label, np.full(len(label), label.mean())),
        oracle_mae=mean_absolute_error(label, truth),
    )
    if rows.observable is not None:
        seen = mean_absolute_error(label, rows.observable[known])
        plain = msgspec.structs.replace(
            plain, observable_mae=seen, error_over_observable=plain.mae / seen - 1 if seen > 0 else None
        )
    bounded = known & ~np.isnan(rows.low)
    return _with_interval(plain, rows.label[bounded], rows.low[bounded], rows.high[bounded])


def _with_interval(plain: RateSkill, label: Floats, low: Floats, high: Floats) -> RateSkill:
    if not len(label):
        return plain
    told = interval_figures(label, low, high)
    return msgspec.structs.replace(
        plain,
        interval_rows=len(label),
        coverage=told.coverage,
        interval_width=told.width,
        interval_score=told.score,
        constant_interval_score=told.constant_score,
    )


def perfect_error(risk: Floats, seed: int) -> float:
    """The mean calibration error of n probabilities that are all true: chance alone."""
    rng = np.random.default_rng(seed)
    order, starts = calibration_groups(risk)
    drawn = ((rng.random(len(risk)) < risk) - risk for _ in range(PERFECT_RESAMPLES))
    errors = [np.abs(np.add.reduceat(missed[order], starts)).sum() / len(risk) for missed in drawn]
    return float(np.mean(errors))
