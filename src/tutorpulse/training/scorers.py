"""Who is judged on simulated marketplaces: a model as it is, and one that learns from each marketplace's own past."""

from collections.abc import Callable

from tutorpulse.errors import HistoryError
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.contract import Predictions
from tutorpulse.model.predictor import LocalPredictor
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.practice import Scorer
from tutorpulse.training.snapshots import Limits
from tutorpulse.training.train import Features, Plan, train

OWN_LIMITS = Limits(dates=24, rows=60_000)


def fixed_scorer(artifact: Artifact) -> Scorer:
    """The model as it stands."""
    predictor = LocalPredictor(artifact)
    return lambda _store, frame: predictor.predict(frame)


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
