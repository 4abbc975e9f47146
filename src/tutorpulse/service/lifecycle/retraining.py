"""A new model, put in force only where it beats the one that serves, on truth that neither has seen."""

from dataclasses import dataclass
from functools import partial

from tutorpulse.clock import parse_time
from tutorpulse.features.frame import EntityType
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, save
from tutorpulse.service.lifecycle.promoting import artifact_of
from tutorpulse.service.root import Pulse
from tutorpulse.service.training import Trained, candidate, features_of, keep_starter
from tutorpulse.training.contest import Contest
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import DEFAULT_LIMITS, Limits, Progress
from tutorpulse.training.succession import Court, Decided, decide
from tutorpulse.training.train import Plan
from tutorpulse.training.yielding import Sufficing

ACTOR = "upkeep"


@dataclass(frozen=True)
class Retrained:
    """The new version, whether it is in force now, why, and the contests that decided it."""

    version: str
    promoted: bool
    reason: str
    contests: tuple[Contest, ...]


def retrain(pulse: Pulse, progress: Progress, limits: Limits = DEFAULT_LIMITS) -> Retrained:
    """Train on all that is known, and put it in force where that is better.

    A kind that the starter serves goes over by the rule of `training.yielding`. Against a model of one's own the recipe stands trial first: a
    model of what was known before the newest time against the one in force, on what has come true since (`training.succession`).

    Raises:
        HistoryError: the log holds nothing to learn from. LeakError: a feature carries the future.
    """
    trained = candidate(pulse, progress, limits=limits)
    keep_starter(pulse, trained)
    current = registry.current_version(pulse.home.models_path)
    champion = None if current is None else artifact_of(pulse, current)
    suffices = Sufficing(trained.in_force, trained.lacking)
    decided = decide(
        suffices, champion, lambda kind: _trial(pulse, champion, trained.artifact, kind, progress, limits)
    )
    return _promoted(pulse, trained, decided) if decided.promoted else _refused(pulse, trained, decided)


def _trial(
    pulse: Pulse,
    champion: Artifact | None,
    made: Artifact,
    kind: EntityType,
    progress: Progress,
    limits: Limits,
) -> Contest:
    assert champion is not None, "without a champion there is no trial"
    known_us = parse_time(made.manifest.data_to)
    court = Court(
        partial(read_history, pulse.store),
        features_of(pulse.store, pulse.settings),
        pulse.settings,
        Plan(known_us, known_us, (kind,), limits),
        progress,
    )
    return court.trial(champion, made, kind)


def _promoted(pulse: Pulse, trained: Trained, decided: Decided) -> Retrained:
    assert trained.in_force is not None, "there is something to put in force"
    version, models = trained.in_force.version, pulse.home.models_path
    before = registry.current_version(models)
    registry.publish(trained.in_force, models)
    pulse.state.models.add(pulse.clock.now_us(), "promoted", version, before, ACTOR, decided.reason)
    return Retrained(version, True, decided.reason, decided.contests)


def _refused(pulse: Pulse, trained: Trained, decided: Decided) -> Retrained:
    version = trained.artifact.version
    save(trained.artifact, pulse.home.models_path)
    current = registry.current_version(pulse.home.models_path)
    pulse.state.models.add(pulse.clock.now_us(), "refused", version, current, ACTOR, decided.reason)
    return Retrained(version, False, decided.reason, decided.contests)
