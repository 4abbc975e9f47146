"""The published protocol of CDNOW's customers: who comes back after a cut, and how often."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, WEEK_US
from tutorpulse.errors import InputError
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.model.outputs import Floats
from tutorpulse.model.predictor import LocalPredictor
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.evaluate import bootstrap_interval
from tutorpulse.training.history import History
from tutorpulse.training.metrics import mean_absolute_error, roc_auc
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Progress
from tutorpulse.training.train import Features, Plan, train

RESAMPLES = 300


class Interval(msgspec.Struct, frozen=True):
    """A figure with the central 90 % of its bootstrap by entity."""

    value: float
    low: float
    high: float


class BuyerFigures(msgspec.Struct, frozen=True):
    """Repeat purchase days of the weeks after the cut, predicted as of the cut by a model that knew nothing later."""

    customers: int
    weeks: int
    bought_again: float
    correlation: Interval
    mean_absolute_error: Interval
    auc: Interval
    auc_of_churn_risk: Interval
    seed: int


def buyer_figures(
    store: EventStore,
    until_us: int,
    features: Features,
    settings: Settings,
    plan: Plan,
    chosen: NDArray[np.object_] | None,
    progress: Progress,
) -> BuyerFigures:
    """Students' repeat activity days from `plan.known_us` to `until_us`, by a model of what was known then.

    The predicted velocity stands for all weeks to come; whoever buys at all is ranked by it, and by the risk of
    churn. `chosen` are the ids to judge by, None all that were active by then.

    Raises:
        HistoryError: the log holds no students, or too short a history.
    """
    artifact = train(store, features, settings, replace(plan, kinds=("student",)), progress)
    frame = features.compute("student", plan.known_us)
    frame = frame if chosen is None else taken(frame, chosen)
    history = read_history(store, "student", until_us)
    weeks = round((until_us - plan.known_us) / (7 * DAY_US))
    predicted = LocalPredictor(artifact).predict(frame)
    days = active_days(history, frame.entity_ids, plan.known_us)
    return _buyer_figures(
        days, predicted.session_velocity * weeks, predicted.churn_risk_30d, weeks, plan.seed
    )


def _buyer_figures(days: Floats, expected: Floats, risk: Floats, weeks: int, seed: int) -> BuyerFigures:
    again = (days > 0).astype(np.float64)
    each = np.arange(len(days))

    def interval(figure: Callable[[Floats], float]) -> Interval:
        low, high = bootstrap_interval(figure, again, each, seed, RESAMPLES)
        return Interval(figure(np.ones(len(days))), low, high)

    return BuyerFigures(
        customers=len(days),
        weeks=weeks,
        bought_again=float(again.mean()),
        correlation=interval(lambda weight: correlation(days, expected, weight)),
        mean_absolute_error=interval(lambda weight: mean_absolute_error(days, expected, weight=weight)),
        auc=interval(lambda weight: roc_auc(again, expected, weight=weight)),
        auc_of_churn_risk=interval(lambda weight: roc_auc(again, -risk, weight=weight)),
        seed=seed,
    )


def correlation(a: Floats, b: Floats, weight: Floats) -> float:
    """The correlation of n pairs, each counted as often as its weight says."""
    covariance = np.cov(np.stack([a, b]), fweights=weight.astype(np.int64))
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))


def active_days(
    history: History, entity_ids: NDArray[np.object_], after_us: int, weeks: int | None = None
) -> Floats:
    """Distinct UTC days with activity after a moment, within so many weeks (None: all that is known)."""
    until_us = history.known_us if weeks is None else after_us + weeks * WEEK_US
    later = (history.activity.us > after_us) & (history.activity.us <= until_us)
    day = np.unique(np.stack([history.activity.entity[later], history.activity.us[later] // DAY_US]), axis=1)
    counts = np.bincount(day[0], minlength=len(history.entity_ids))
    return counts[history.codes(entity_ids)].astype(np.float64)


def taken(frame: FeatureFrame, chosen: NDArray[np.object_]) -> FeatureFrame:
    """The rows of a frame whose ids are among the chosen.

    Raises:
        InputError: none is.
    """
    rows = np.isin(frame.entity_ids.astype(str), chosen.astype(str))
    if not rows.any():
        raise InputError("None of the chosen ids is a student of this log by then. Check the ids.")
    return replace(
        frame,
        entity_ids=frame.entity_ids[rows],
        features=frame.features[rows],
        context=frame.context[rows],
        facts={name: column[rows] for name, column in frame.facts.items()},
    )
