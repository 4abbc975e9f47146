"""Trains a model on a home's log and puts it in force."""

from collections.abc import Sequence
from functools import partial

from tutorpulse.features.compile import CATALOGS, feature_set_hash
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.snapshots import DEFAULT_LIMITS, Limits, Progress
from tutorpulse.training.train import Features, Plan, train


def train_home(
    pulse: Pulse,
    progress: Progress,
    as_of_us: int | None = None,
    kinds: Sequence[EntityType] = ENTITY_TYPES,
    limits: Limits = DEFAULT_LIMITS,
) -> Artifact:
    """Train on everything known at `as_of_us` (None: now, or the newest event's time) and put the model in force.

    Raises:
        HistoryError: the log holds nothing to learn from.
    """
    newest_us = newest_event_us(pulse)
    now_us = pulse.clock.now_us()
    known_us = refresh_moment(newest_us, now_us, None)[0] if as_of_us is None else as_of_us
    features = features_of(pulse.store, pulse.settings)
    plan = Plan(known_us, now_us, kinds, limits)
    artifact = train(pulse.store, features, pulse.settings, plan, progress)
    registry.publish(artifact, pulse.home.models_path)
    return artifact


def features_of(store: EventStore, settings: Settings) -> Features:
    """How training sees the features: each date as known on that date."""
    return Features(
        names={kind: [feature.name for feature in catalog.shown()] for kind, catalog in CATALOGS.items()},
        set_hash=feature_set_hash(),
        compute=partial(_as_known_then, store, settings),
    )


def _as_known_then(store: EventStore, settings: Settings, kind: EntityType, as_of_us: int) -> FeatureFrame:
    return compute(store, kind, as_of_us, as_of_us, None, settings)
