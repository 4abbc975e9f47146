"""Two saved models on what has come true since both were trained."""

from tutorpulse.clock import format_time
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model.artifact import Artifact
from tutorpulse.service.lifecycle.promoting import artifact_of
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.service.training import features_of
from tutorpulse.training.contest import Contest, Rivals, gains, longest_wait_us, matured_rows, verdict
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Progress
from tutorpulse.training.succession import learnt_until_us
from tutorpulse.training.train import DEFAULT_SEED


def compare(
    pulse: Pulse, champion: str, challenger: str, progress: Progress, seed: int = DEFAULT_SEED
) -> list[Contest]:
    """A contest for each kind that both know, on outcomes that matured after both had learnt.

    Raises:
        ModelError: there is no such version. HistoryError: the log is empty.
    """
    known_us = refresh_moment(newest_event_us(pulse), pulse.clock.now_us(), None)[0]
    pair = (artifact_of(pulse, champion), artifact_of(pulse, challenger))
    since_us = max(map(learnt_until_us, pair))
    kinds = [kind for kind in ENTITY_TYPES if all(kind in artifact.heads for artifact in pair)]
    return [_contest(pulse, pair, kind, (since_us, known_us), progress, seed) for kind in kinds]


def _contest(
    pulse: Pulse,
    pair: tuple[Artifact, Artifact],
    kind: EntityType,
    span_us: tuple[int, int],
    progress: Progress,
    seed: int,
) -> Contest:
    since_us, known_us = span_us
    champion, challenger = pair
    terms = challenger.manifest.kinds[kind]
    names = (champion.version, challenger.version)
    theirs = champion.manifest.kinds[kind]
    if theirs.churn_label != terms.churn_label:
        reason = f"churn means {theirs.churn_label} to the one and {terms.churn_label} to the other"
        return Contest(kind, *names, since_us, "not judged", reason)
    history = read_history(pulse.store, kind, known_us)
    rivals = Rivals(champion.heads[kind], challenger.heads[kind], terms, since_us)
    begun_us = int(history.activity.us.min(initial=known_us))
    after_us = max(since_us - longest_wait_us(rivals.gap_us), begun_us)
    features = features_of(pulse.store, pulse.settings)
    found = matured_rows(features, history, rivals, after_us, seed, progress)
    if found is None:
        reason = f"nothing has come true yet of what was predicted after {format_time(after_us)[:10]}"
        return Contest(kind, *names, after_us, "not judged", reason)
    told = gains(*found, rivals, seed)
    return Contest(kind, *names, after_us, *verdict(told), told)
