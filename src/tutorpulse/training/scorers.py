"""Who is judged on simulated marketplaces: a model as it is, levelled on each marketplace's own past, or learnt from it."""

from collections.abc import Callable
from functools import partial

from tutorpulse.errors import HistoryError
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.contract import Predictions
from tutorpulse.model.levels import levelled
from tutorpulse.model.predictor import LocalPredictor
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.levels import starter_levels
from tutorpulse.training.practice import Scorer
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Limits, plan_dates, take_snapshots
from tutorpulse.training.train import DEFAULT_SEED, Features, Plan, train

OWN_LIMITS = Limits(dates=24, rows=60_000)


def fixed_scorer(artifact: Artifact) -> Scorer:
    """The model as it stands."""
    predictor = LocalPredictor(artifact)
    return lambda _store, frame: predictor.predict(frame)


LEVEL_LIMITS = Limits(dates=8, rows=60_000)


def levelled_scorer(
    features: Callable[[EventStore], Features], starter: Artifact, limits: Limits = LEVEL_LIMITS
) -> Scorer:
    """The starter as it serves a home after `train`: levelled on the outcomes known at the frame's moment, as it is where there are none."""

    def score(store: EventStore, frame: FeatureFrame) -> Predictions:
        history = read_history(store, frame.entity_type, frame.as_of_us)
        dates_us = plan_dates(int(history.activity.us.min()), frame.as_of_us, limits)
        if not len(dates_us):
            return LocalPredictor(starter).predict(frame)
        gap_days = starter.manifest.kinds[frame.entity_type].exit_gap.days
        compute = partial(features(store).compute, frame.entity_type)
        rows = take_snapshots(compute, history, dates_us, gap_days, limits, DEFAULT_SEED, lambda *_: None)
        levels = starter_levels(starter, rows, history, DEFAULT_SEED)
        return LocalPredictor(levelled(starter, {frame.entity_type: levels} if levels else {})).predict(frame)

    return score


def own_scorer(
    features: Callable[[EventStore], Features], settings: Settings, limits: Limits = OWN_LIMITS
) -> Scorer:
    """A model of the frame's kind trained on all that was known at the frame's moment; none where that is too short, or lacks a churn risk."""

    def score(store: EventStore, frame: FeatureFrame) -> Predictions | None:
        plan = Plan(frame.as_of_us, frame.as_of_us, (frame.entity_type,), limits)
        try:
            own = train(store, features(store), settings, plan, lambda _what, _done, _total: None)
        except HistoryError:
            return None
        if {"churn_risk_14d", "churn_risk_30d"} & own.manifest.kinds[frame.entity_type].absent.keys():
            return None
        return LocalPredictor(own).predict(frame)

    return score
