"""Who serves next: a new model against the one in force, by the same rules in a home and in a backtest."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.features.frame import EntityType
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.registry import is_starter
from tutorpulse.settings import Settings
from tutorpulse.training.contest import Contest, Rivals, gains, matured_rows, verdict
from tutorpulse.training.kind import held_out_from_us
from tutorpulse.training.pool import ReadHistory
from tutorpulse.training.snapshots import Progress
from tutorpulse.training.train import DEFAULT_SEED, Features, Plan, train_from
from tutorpulse.training.yielding import Sufficing

FIRST = "the first model of one's own"


@dataclass(frozen=True)
class Decided:
    """Whether a new model goes in force, why, and the contests that decided it."""

    promoted: bool
    reason: str
    contests: tuple[Contest, ...] = ()


def decide(suffices: Sufficing, champion: Artifact | None, trial: Callable[[EntityType], Contest]) -> Decided:
    """Whether what suffices of a new model goes in force in place of `champion` (None: the starter serves alone).

    It goes where it is better beyond noise for one kind, worse for none, and predicts every kind that the champion does; against no
    champion at all, at once. `trial` holds the contest of a kind.
    """
    if suffices.in_force is None:
        return Decided(False, "; ".join(suffices.lacking.values()))
    if champion is None:
        return Decided(True, FIRST)
    contests = tuple(trial(kind) for kind in suffices.in_force.manifest.kinds if kind in champion.heads)
    if missing := sorted(champion.heads.keys() - suffices.in_force.heads.keys()):
        reasons = (
            f"it does not suffice for {kind}s{_because(suffices.lacking.get(kind))}" for kind in missing
        )
        return Decided(False, "; ".join(reasons), contests)
    verdicts = [contest.verdict for contest in contests]
    reason = "; ".join(f"{c.entity_type}s: {c.reason}" for c in contests)
    return Decided("better" in verdicts and "worse" not in verdicts, reason, contests)


def _because(why: str | None) -> str:
    return f": {why}" if why else ""


@dataclass(frozen=True)
class Court:
    """Holds trials: how to read the log; `plan` is that of the model on trial, with its limits and dates."""

    read: ReadHistory
    features: Features
    settings: Settings
    plan: Plan
    progress: Progress

    def trial(self, champion: Artifact, made: Artifact, kind: EntityType) -> Contest:
        """The recipe of `made`, fitted to what was known before its newest time, against the champion on what came after."""
        terms, known_us = made.manifest.kinds[kind], parse_time(made.manifest.data_to)
        gap_days = terms.exit_gap.days
        history = self.read(kind, known_us)
        cut_us = held_out_from_us(history, None if gap_days is None else gap_days * DAY_US)
        names = (champion.version, made.version)
        if cut_us is None:
            return Contest(
                kind, *names, known_us, "not judged", "the history is too short to hold any of it out"
            )
        if champion.manifest.kinds[kind].churn_label != terms.churn_label:
            return Contest(kind, *names, cut_us, "better", "churn means something else here now")
        plan = replace(
            self.plan, known_us=cut_us, created_us=cut_us, kinds=(kind,), starter=None, judged=False
        )
        then = train_from(self.read, self.features, self.settings, plan, self.progress)
        rivals = Rivals(champion.heads[kind], then.heads[kind], terms, learnt_until_us(champion))
        found = matured_rows(
            self.features, history, rivals, cut_us, DEFAULT_SEED, self.progress, self.plan.dates_us
        )
        if found is None:
            return Contest(kind, *names, cut_us, "not judged", "no date of its newest time has matured")
        told = gains(*found, rivals, DEFAULT_SEED)
        return Contest(kind, *names, cut_us, *verdict(told), told)


def learnt_until_us(artifact: Artifact) -> int:
    """Up to when a model has seen outcomes of this log: a starter saw those that it was levelled on, or none."""
    if not is_starter(artifact.version):
        return parse_time(artifact.manifest.data_to)
    levels = [part.levels for part in artifact.manifest.kinds.values()]
    return max((parse_time(told.known) for told in levels if told is not None), default=0)
