"""Trains a whole model: history, exit gap, snapshots, heads, figures, artifact."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version

import numpy as np

from tutorpulse.clock import format_time
from tutorpulse.errors import HistoryError
from tutorpulse.features.frame import ENTITY_TYPES, FEATURE_COUNT, EntityType
from tutorpulse.model.artifact import Artifact, checksum, versioned
from tutorpulse.model.heads import Head
from tutorpulse.model.manifest import FORMAT, ExitGap, HeadEntry, KindManifest, Levels, Manifest
from tutorpulse.model.outputs import ChurnLabel, Floats
from tutorpulse.settings import ExitGap as ExitGapSetting
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.fit import Fitted, FittedHead
from tutorpulse.training.gaps import ExitGapChoice, choose_gap
from tutorpulse.training.history import History
from tutorpulse.training.kind import (
    NO_RIVAL,
    HeldOut,
    Recipe,
    Rival,
    absent_outputs,
    averages_of,
    cohorts_of,
    exits_apart,
    fit_kind,
    fit_labelled,
    held_out_from_us,
    judge,
    medians,
)
from tutorpulse.training.labels import Rows, labels
from tutorpulse.training.leaks import check_permutation
from tutorpulse.training.levels import starter_levels
from tutorpulse.training.many import ReadApart, take_many
from tutorpulse.training.pool import ReadFrame, ReadHistory
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import (
    Limits,
    Progress,
    Snapshots,
    newest_labelled_us,
    plan_dates,
    take_snapshots,
    thinned,
)
from tutorpulse.training.threads import LARGE_ROWS
from tutorpulse.training.timeline import Ints

DEFAULT_SEED = 20260101
_FIGURE_STEPS = 3
"""Figures on held-out time, averages, levels of the starter."""
_LIBRARIES = ("lightgbm", "numpy", "scikit-learn", "duckdb")


@dataclass(frozen=True)
class Features:
    """How training sees the features: names by kind, the hash of their definitions, and how to compute them.

    `apart` is how several threads compute many; None: one thread computes them all.
    """

    names: dict[EntityType, list[str]]
    set_hash: str
    compute: ReadFrame
    apart: ReadApart | None = None


@dataclass(frozen=True)
class Plan:
    """What to train on: everything known at `known_us`, these kinds, within these limits.

    A `starter` of the same features is judged on the same held-out rows. `dates_us`, sorted, are the dates that may be looked at
    (None: those of `plan_dates`). Without `judged` nothing is held out and the model has no figures: for trials, which have their own.
    """

    known_us: int
    created_us: int
    kinds: Sequence[EntityType] = ENTITY_TYPES
    limits: Limits = field(default_factory=Limits)
    seed: int = DEFAULT_SEED
    starter: Artifact | None = None
    dates_us: Ints | None = None
    judged: bool = True


def train(
    store: EventStore, features: Features, settings: Settings, plan: Plan, progress: Progress
) -> Artifact:
    """A model of every kind of entity that a log holds. Raises as `train_from` does."""
    return train_from(partial(read_history, store), features, settings, plan, progress)


def train_from(
    read: ReadHistory, features: Features, settings: Settings, plan: Plan, progress: Progress
) -> Artifact:
    """A model of every kind of entity in what `read` and `features` tell: one log, or several as one (`pool`).

    Raises:
        HistoryError: the log holds no entity of the wanted kinds, or is too short for a single labelled date.
        LeakError: shuffled labels can be ranked.
    """
    kinds: dict[EntityType, KindManifest] = {}
    heads: dict[EntityType, dict[str, Head]] = {}
    first_us = plan.known_us
    for kind in plan.kinds:
        history = read(kind, plan.known_us)
        if not len(history.activity):
            continue
        first_us = min(first_us, int(history.activity.us.min()))
        trained = _KindTraining(read, features, settings, plan, progress, history).run()
        if trained is not None:
            kinds[kind], heads[kind] = trained
    if not kinds:
        raise HistoryError(_too_short(plan, first_us))
    manifest = Manifest(
        format=FORMAT,
        version="",
        created=format_time(plan.created_us),
        feature_set_hash=features.set_hash,
        data_from=format_time(first_us),
        data_to=format_time(plan.known_us),
        seed=plan.seed,
        libraries={name: version(name) for name in _LIBRARIES},
        kinds=kinds,
    )
    return Artifact(versioned(manifest), heads)


class _KindTraining:
    """One kind's way from history to manifest."""

    def __init__(
        self,
        read: ReadHistory,
        features: Features,
        settings: Settings,
        plan: Plan,
        progress: Progress,
        history: History,
    ) -> None:
        self._read, self._features, self._settings = read, features, settings
        self._plan, self._progress, self._history = plan, progress, history
        self._kind = history.entity_type

    def run(self) -> tuple[KindManifest, dict[str, Head]] | None:
        """Manifest and heads; None where the history has no date that could have a label."""
        gap = choose_gap(self._history, exit_gap_setting(self._settings, self._kind))
        recipe = Recipe(
            self._features.names[self._kind], gap.us, churn_label(self._settings, gap), self._plan.seed
        )
        dates_us = self._dates_us()
        if not len(dates_us):
            return None
        snapshots = self._snapshots(dates_us, gap.days)
        own = labels(self._history, snapshots.rows, recipe.gap_us)
        check_permutation(snapshots, own, recipe.churn_label, recipe.names, recipe.seed)
        fitted = fit_labelled(snapshots, own, self._history, recipe, self._progress)
        return self._manifest(snapshots, own, fitted, recipe, gap), fitted.models()

    def _snapshots(self, dates_us: Ints, gap_days: int | None) -> Snapshots:
        limits, apart = self._plan.limits, self._features.apart
        if apart is not None and limits.rows >= LARGE_ROWS:
            return take_many(
                apart, self._history, dates_us, gap_days, limits, self._plan.seed, self._progress
            )
        return take_snapshots(
            lambda as_of_us: self._features.compute(self._kind, as_of_us),
            self._history,
            dates_us,
            gap_days,
            limits,
            self._plan.seed,
            self._progress,
        )

    def _dates_us(self) -> Ints:
        plan, known_us = self._plan, self._history.known_us
        if plan.dates_us is None:
            return plan_dates(int(self._history.activity.us.min()), known_us, plan.limits)
        return thinned(plan.dates_us[plan.dates_us <= newest_labelled_us(known_us)], plan.limits.dates)

    def _held_out(self, snapshots: Snapshots, own: dict[str, Floats], recipe: Recipe) -> HeldOut:
        if not self._plan.judged:
            return HeldOut({}, "nothing was held out")
        cut_us = held_out_from_us(self._history, recipe.gap_us)
        if cut_us is None:
            return HeldOut({}, "the history is too short to hold any of it out")
        then = self._read(self._kind, cut_us)
        earlier = snapshots.where(snapshots.rows.as_of_us < cut_us)
        code = then.codes(self._history.entity_ids[earlier.rows.entity])
        known = earlier.where(code >= 0)
        recoded = Snapshots(
            known.entity_type,
            Rows(code[code >= 0], known.rows.as_of_us),
            known.features,
            known.tenure_days,
            known.had_session,
            known.dates_us,
        )
        fitted = fit_kind(
            recoded,
            then,
            recipe,
            lambda what, done, total: self._progress(f"{what} held out", done, total),
        )
        return judge(fitted.models(), snapshots, own, cut_us, recipe, self._rival())

    def _levels(self, snapshots: Snapshots, seed: int) -> Levels | None:
        starter = self._plan.starter
        if starter is None or self._kind not in starter.heads:
            return None
        return starter_levels(starter, snapshots, self._history, seed)

    def _rival(self) -> Rival:
        starter = self._plan.starter
        if starter is None or self._kind not in starter.heads:
            return NO_RIVAL
        return Rival(starter.heads[self._kind], starter.manifest.kinds[self._kind].churn_label)

    def _manifest(
        self,
        snapshots: Snapshots,
        own: dict[str, Floats],
        fitted: Fitted,
        recipe: Recipe,
        gap: ExitGapChoice,
    ) -> KindManifest:
        held_out = self._held_out(snapshots, own, recipe)
        self._tell_figures(1)
        averages = averages_of(fitted.models(), snapshots, recipe)
        self._tell_figures(2)
        levels = self._levels(snapshots, recipe.seed)
        self._tell_figures(3)
        goal_exits, censored = exits_apart(self._history, snapshots.rows, recipe.gap_us)
        return KindManifest(
            entity_type=self._kind,
            feature_names=recipe.names,
            churn_label=recipe.churn_label,
            exit_gap=ExitGap(gap.days, gap.reason, gap.return_shares),
            heads=[_entry(self._kind, head) for head in fitted.heads.values()],
            absent=absent_outputs(fitted, recipe, gap.reason),
            cohorts=cohorts_of(snapshots, own, recipe.churn_label),
            averages=averages,
            fill=medians(snapshots.features, FEATURE_COUNT),
            metrics=held_out.metrics,
            held_out=held_out.words,
            rows=len(snapshots),
            entities=len(np.unique(snapshots.rows.entity)),
            first_snapshot=format_time(int(snapshots.dates_us[0])),
            last_snapshot=format_time(int(snapshots.dates_us[-1])),
            snapshot_count=len(snapshots.dates_us),
            goal_exits=goal_exits,
            censored=censored,
            levels=levels,
        )

    def _tell_figures(self, done: int) -> None:
        self._progress(f"{self._kind} figures", done, _FIGURE_STEPS)


def exit_gap_setting(settings: Settings, kind: EntityType) -> ExitGapSetting:
    """The setting of the exit gap of a kind."""
    return settings.exit_gap_days_tutor if kind == "tutor" else settings.exit_gap_days_student


def churn_label(settings: Settings, gap: ExitGapChoice) -> ChurnLabel:
    """What churn means: as set, but inactivity where the log shows no exit gap."""
    return "inactive" if gap.days is None else settings.churn_label


def _entry(kind: EntityType, fitted: FittedHead) -> HeadEntry:
    head = fitted.head
    return HeadEntry(
        name=head.name,
        objective=head.objective,
        file=f"{kind}-{head.name}.txt",
        sha256=checksum(head.text()),
        slope=head.slope,
        intercept=head.intercept,
        rows=fitted.rows,
        positives=fitted.positives,
        calibration_rows=fitted.calibration_rows,
        embargo_days=fitted.embargo_days,
        interval=head.interval,
    )


def _too_short(plan: Plan, first_us: int) -> str:
    if first_us >= plan.known_us:
        wanted = " or ".join(plan.kinds)
        return f"There is no activity of any {wanted} up to {format_time(plan.known_us)}. Import events first, or give a later --as-of."
    return (
        f"The history from {format_time(first_us)} to {format_time(plan.known_us)} is too short to learn from: "
        "at least 45 days are needed. Import older events."
    )
