"""A new model, put in force only where it beats the one that serves, on truth that neither has seen."""

from dataclasses import dataclass

from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.features.frame import EntityType
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, save
from tutorpulse.service.lifecycle.comparing import artifact_of, learnt_until_us
from tutorpulse.service.root import Pulse
from tutorpulse.service.training import Trained, candidate, features_of
from tutorpulse.training.contest import Contest, Rivals, gains, matured_rows, verdict
from tutorpulse.training.kind import held_out_from_us
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import DEFAULT_LIMITS, Limits, Progress
from tutorpulse.training.train import DEFAULT_SEED, Plan, train

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
    model of what was known before the newest time against the one in force, on what has come true since (`training.contest`).

    Raises:
        HistoryError: the log holds nothing to learn from. LeakError: a feature carries the future.
    """
    trained = candidate(pulse, progress, limits=limits)
    if trained.in_force is None:
        return _refused(pulse, trained.artifact, "; ".join(trained.lacking.values()), ())
    current = registry.current_version(pulse.home.models_path)
    if current is None:
        return _promoted(pulse, trained, "the first model of one's own", ())
    champion = artifact_of(pulse, current)
    kinds = [kind for kind in trained.in_force.manifest.kinds if kind in champion.heads]
    contests = tuple(_trial(pulse, champion, trained.artifact, kind, progress, limits) for kind in kinds)
    if missing := sorted(champion.heads.keys() - trained.in_force.heads.keys()):
        return _refused(pulse, trained.artifact, f"it does not predict {' and '.join(missing)}s", contests)
    verdicts = [contest.verdict for contest in contests]
    reason = "; ".join(f"{c.entity_type}s: {c.reason}" for c in contests)
    if "better" in verdicts and "worse" not in verdicts:
        return _promoted(pulse, trained, reason, contests)
    return _refused(pulse, trained.artifact, reason, contests)


def _trial(
    pulse: Pulse,
    champion: Artifact,
    made: Artifact,
    kind: EntityType,
    progress: Progress,
    limits: Limits,
) -> Contest:
    """The recipe of `made`, fitted to what was known before its newest time, against the champion on what came after."""
    terms, known_us = made.manifest.kinds[kind], _known_us(made)
    history = read_history(pulse.store, kind, known_us)
    gap_days = terms.exit_gap.days
    cut_us = held_out_from_us(history, None if gap_days is None else gap_days * DAY_US)
    names = (champion.version, made.version)
    if cut_us is None:
        return Contest(kind, *names, known_us, "not judged", "the history is too short to hold any of it out")
    if champion.manifest.kinds[kind].churn_label != terms.churn_label:
        return Contest(kind, *names, cut_us, "better", "churn means something else here now")
    features = features_of(pulse.store, pulse.settings)
    then = train(pulse.store, features, pulse.settings, Plan(cut_us, cut_us, (kind,), limits), progress)
    rivals = Rivals(champion.heads[kind], then.heads[kind], terms, learnt_until_us(champion))
    found = matured_rows(features, history, rivals, cut_us, DEFAULT_SEED, progress)
    assert found is not None, "held-out time has matured dates"
    told = gains(*found, rivals, DEFAULT_SEED)
    return Contest(kind, *names, cut_us, *verdict(told), told)


def _known_us(artifact: Artifact) -> int:
    return parse_time(artifact.manifest.data_to)


def _promoted(pulse: Pulse, trained: Trained, reason: str, contests: tuple[Contest, ...]) -> Retrained:
    assert trained.in_force is not None, "there is something to put in force"
    version, models = trained.in_force.version, pulse.home.models_path
    before = registry.current_version(models)
    registry.publish(trained.in_force, models)
    pulse.state.models.add(pulse.clock.now_us(), "promoted", version, before, ACTOR, reason)
    return Retrained(version, True, reason, contests)


def _refused(pulse: Pulse, made: Artifact, reason: str, contests: tuple[Contest, ...]) -> Retrained:
    save(made, pulse.home.models_path)
    current = registry.current_version(pulse.home.models_path)
    pulse.state.models.add(pulse.clock.now_us(), "refused", made.version, current, ACTOR, reason)
    return Retrained(made.version, False, reason, contests)
