"""Figures of predictions against what came true."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from tutorpulse.model.intervals import LEVEL, RateInterval, interval_scores
from tutorpulse.model.manifest import Measures
from tutorpulse.model.outputs import Floats
from tutorpulse.training.calibrate import log_odds, logistic_line
from tutorpulse.training.metrics import average_precision, brier_score, mean_absolute_error, roc_auc
from tutorpulse.training.timeline import Ints
from tutorpulse.training.track.resampling import Ranking

RESAMPLES = 50
INTERVAL = (5.0, 95.0)
_BINS = 10


def measure_risk(
    label: Floats, risk: Floats, baseline: Floats, entity: Ints, seed: int, resamples: int = RESAMPLES
) -> Measures:
    """Figures of n probabilities against labels 0 or 1.

    `baseline` is the score of the simplest rule (higher: likelier), `entity` whose row each is: the interval of the AUC
    comes from resampling entities, for the rows of one are not independent. With one outcome only there is no AUC.
    """
    positives, base = int(label.sum()), float(label.mean())
    plain = Measures(
        rows=len(label),
        positives=positives,
        base_rate=base,
        brier=brier_score(label, risk),
        base_brier=base * (1 - base),
        ece=calibration_error(label, risk),
    )
    if positives in (0, len(label)):
        return plain
    low, high = bootstrap_interval(_auc_of(Ranking(label, risk)), label, entity, seed, resamples)
    return msgspec.structs.replace(
        plain,
        auc=roc_auc(label, risk),
        auc_low=low,
        auc_high=high,
        average_precision=average_precision(label, risk),
        slope=logistic_line(log_odds(risk), label)[0],
        recency_auc=roc_auc(label, baseline),
    )


def _auc_of(ranking: Ranking) -> Callable[[Floats], float]:
    """The AUC under weights: the scores are sorted once, where `roc_auc` would sort them for every resample."""
    return lambda weight: float(ranking.figures(weight[None, ranking.order])[0, 0])


def beside(measured: Measures, label: Floats, rival: Floats) -> Measures:
    """Figures with the rival's AUC on the same n rows, where one is defined."""
    if measured.auc is None:
        return measured
    return msgspec.structs.replace(measured, starter_auc=roc_auc(label, rival))


def measure_rate(label: Floats, rate: Floats, interval: RateInterval | None = None) -> Measures:
    """Figures of n predicted rates: mean absolute errors of the prediction, and of always saying the mean; of its interval too."""
    mean = np.full(len(label), label.mean())
    measured = Measures(
        rows=len(label),
        base_rate=float(label.mean()),
        mae=mean_absolute_error(label, rate),
        mean_mae=mean_absolute_error(label, mean),
    )
    if interval is None:
        return measured
    told = interval_figures(label, *interval.bounds(rate))
    return msgspec.structs.replace(
        measured,
        coverage=told.coverage,
        interval_score=told.score,
        constant_interval_score=told.constant_score,
    )


@dataclass(frozen=True)
class IntervalFigures:
    """Of n intervals: the share of outcomes inside, mean width, mean score, and that of the outcomes' own central 90 %."""

    coverage: float
    width: float
    score: float
    constant_score: float


def interval_figures(label: Floats, low: Floats, high: Floats) -> IntervalFigures:
    """Figures of n intervals, at least one."""
    constant = np.quantile(label, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    lowest, highest = (np.full(len(label), bound) for bound in constant)
    return IntervalFigures(
        float(((label >= low) & (label <= high)).mean()),
        float((high - low).mean()),
        float(interval_scores(label, low, high).mean()),
        float(interval_scores(label, lowest, highest).mean()),
    )


def calibration_error(label: Floats, risk: Floats) -> float:
    """Expected calibration error: mean distance of rate and risk over ten groups of equally many rows, by risk."""
    order, starts = calibration_groups(risk)
    return float(np.abs(np.add.reduceat((label - risk)[order], starts)).sum() / len(label))


def calibration_groups(risk: Floats) -> tuple[Ints, Ints]:
    """The order of n risks, at least one, and where the groups of a calibration error begin in it; fewer groups than rows at most."""
    order = np.argsort(risk, kind="stable")
    sizes = [len(part) for part in np.array_split(order, _BINS)]
    starts = np.cumsum([0, *sizes[:-1]])[np.array(sizes) > 0]
    return order.astype(np.int64), starts.astype(np.int64)


def bootstrap_interval(
    figure: Callable[[Floats], float], label: Floats, entity: Ints, seed: int, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """The central 90 % of a figure over resampled entities; `figure` takes a weight per row.

    Resamples that lack one outcome are drawn again, as often as it takes.
    """
    rng = np.random.default_rng(seed)
    _, own = np.unique(entity, return_inverse=True)
    size = int(own.max()) + 1
    figures: list[float] = []
    while len(figures) < resamples:
        weight = np.bincount(rng.integers(0, size, size), minlength=size)[own].astype(np.float64)
        if 0 < (weight * label).sum() < weight.sum():
            figures.append(figure(weight))
    low, high = np.percentile(figures, INTERVAL)
    return float(low), float(high)
