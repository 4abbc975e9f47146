"""Trains a model on a home's log and puts in force what of it suffices."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import ArtifactError
from tutorpulse.features.compile import CATALOGS, feature_set_hash
from tutorpulse.features.compute import compute, facts_alone
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.levels import relevelled
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.leaks import check_shift, shift_date
from tutorpulse.training.many import ReadApart
from tutorpulse.training.snapshots import DEFAULT_LIMITS, Limits, Progress, plan_dates
from tutorpulse.training.train import Features, Plan, train
from tutorpulse.training.yielding import sufficing


@dataclass(frozen=True)
class Trained:
    """The model as trained, what of it is in force (None: nothing), and why the starter goes on serving the other kinds."""

    artifact: Artifact
    in_force: Artifact | None
    lacking: dict[EntityType, str]
    starter: Artifact | None = None
    """The starter levelled on this log's outcomes, None where none has matured."""


def train_home(
    pulse: Pulse,
    progress: Progress,
    as_of_us: int | None = None,
    kinds: Sequence[EntityType] = ENTITY_TYPES,
    limits: Limits = DEFAULT_LIMITS,
    actor: str = "",
) -> Trained:
    """Train on everything known at `as_of_us` (None: now, or the newest event's time) and put in force what suffices.

    Of which kinds it suffices, `training.yielding` says. Where it is of none, what was in force stays.

    Raises:
        HistoryError: the log holds nothing to learn from. LeakError: a feature carries the future.
    """
    trained = candidate(pulse, progress, as_of_us, kinds, limits)
    if trained.in_force is not None:
        before = registry.current_version(pulse.home.models_path)
        registry.publish(trained.in_force, pulse.home.models_path)
        pulse.state.models.add(pulse.clock.now_us(), "trained", trained.in_force.version, before, actor)
    keep_starter(pulse, trained)
    return trained


def keep_starter(pulse: Pulse, trained: Trained) -> None:
    """Let the starter serve as it was levelled, where it was."""
    if trained.starter is not None:
        registry.publish_starter(trained.starter, pulse.home.models_path)


def candidate(
    pulse: Pulse,
    progress: Progress,
    as_of_us: int | None = None,
    kinds: Sequence[EntityType] = ENTITY_TYPES,
    limits: Limits = DEFAULT_LIMITS,
) -> Trained:
    """As `train_home`, but nothing is saved or put in force: `in_force` is what of it would suffice."""
    newest_us = newest_event_us(pulse)
    now_us = pulse.clock.now_us()
    known_us = refresh_moment(newest_us, now_us, None)[0] if as_of_us is None else as_of_us
    features = features_of(pulse.store, pulse.settings)
    starter = registry.starter(features.set_hash)
    plan = Plan(known_us, now_us, kinds, limits, starter=starter)
    check_leaks(pulse.store, pulse.settings, kinds, known_us, limits, progress)
    artifact = train(pulse.store, features, pulse.settings, plan, progress)
    suffices = sufficing(artifact, starter)
    return Trained(artifact, suffices.in_force, suffices.lacking, _levelled(pulse, starter, artifact))


def _levelled(pulse: Pulse, starter: Artifact | None, trained: Artifact) -> Artifact | None:
    """The starter at the levels found now; kinds that were not trained now keep those found before."""
    before: Artifact | None = None
    with suppress(ArtifactError):  # A damaged one is replaced.
        before = registry.home_starter(pulse.home.models_path, trained.manifest.feature_set_hash)
    return relevelled(starter, before, trained)


def check_leaks(
    store: EventStore,
    settings: Settings,
    kinds: Sequence[EntityType],
    known_us: int,
    limits: Limits,
    progress: Progress = lambda _what, _done, _total: None,
) -> None:
    """The shift test of `training.leaks` for each kind that the log holds, on one of the dates that training looks at.

    Raises:
        LeakError: a feature carries the future.
    """
    oldest_us = store.oldest_us()
    dates_us = plan_dates(known_us if oldest_us is None else oldest_us, known_us, limits)
    if not len(dates_us):
        return
    as_of_us = shift_date(store, dates_us)
    names = features_of(store, settings).names
    for kind in kinds:
        progress(f"{kind} leaks", 0, 1)
        check_shift(store, lambda log: features_of(log, settings).compute, kind, names[kind], as_of_us)
        progress(f"{kind} leaks", 1, 1)


def features_of(store: EventStore, settings: Settings) -> Features:
    """How training sees the features: each date as known on that date."""
    return Features(
        names={kind: [feature.name for feature in catalog.shown()] for kind, catalog in CATALOGS.items()},
        set_hash=feature_set_hash(),
        compute=partial(_as_known_then, store, settings),
        apart=ReadApart(
            partial(_facts_then, store, settings), partial(_some_then, store, settings), store.visit
        ),
    )


def _as_known_then(store: EventStore, settings: Settings, kind: EntityType, as_of_us: int) -> FeatureFrame:
    return compute(store, kind, as_of_us, as_of_us, None, settings)


def _facts_then(store: EventStore, settings: Settings, kind: EntityType, as_of_us: int) -> FeatureFrame:
    return facts_alone(store, kind, as_of_us, as_of_us, settings)


def _some_then(
    store: EventStore,
    settings: Settings,
    kind: EntityType,
    as_of_us: int,
    entity_ids: NDArray[np.object_] | None,
) -> FeatureFrame:
    return compute(store, kind, as_of_us, as_of_us, entity_ids, settings)
