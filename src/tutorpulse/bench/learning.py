"""`bench train`: seconds from a log to a model of a million snapshot rows."""

import time
from dataclasses import dataclass, field

import numpy as np

from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.harness import Options, Result, peak_memory_gb, result, seconds
from tutorpulse.bench.marketplace import Plan as Market
from tutorpulse.clock import DAY_US
from tutorpulse.errors import HistoryError
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.heads import fit_head
from tutorpulse.model.manifest import KindManifest
from tutorpulse.model.outputs import HEADS
from tutorpulse.service.training import check_leaks, features_of
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.fit import conditional
from tutorpulse.training.labels import labels
from tutorpulse.training.many import take_many
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Limits, plan_dates
from tutorpulse.training.stages import Stages
from tutorpulse.training.train import Features, Plan, train

EVENTS_A_ROW = 4
"""Of so many events one row of a snapshot is learnt from: a million of the four million that the home holds by default."""

EVENTS_A_TUTOR = 360
STUDENTS_A_THOUSAND_EVENTS = 30
SHARE_OF_A_KIND = 0.52
"""Of the rows, so many are learnt from of each kind at most: a little over half, for not everybody has begun at the first dates."""

DATES = 60


def run(options: Options) -> Result:
    """A model of both kinds as `train` makes it: the leak gate, the features of `DATES` dates, all heads, calibration, the same again
    for the figures on held-out time, and the levels of the starter. The limit is LightGBM alone: each head's trees once, on the ready
    matrix of the same rows."""
    home = filled_home(options, _market(options.events))
    settings = Settings()
    limits = Limits(dates=DATES, rows=round(options.events / EVENTS_A_ROW * SHARE_OF_A_KIND))
    with EventStore.open(home) as store:
        store.settle()
        known_us = store.newest_us()
        if known_us is None:
            raise HistoryError("The home of the benchmark holds no events. Give more with --events.")
        features = features_of(store, settings)
        plan = Plan(known_us, known_us, limits=limits, starter=registry.starter(features.set_hash))
        watch = _Watch(options)

        def learn() -> None:
            tell = watch.begun()
            check_leaks(store, settings, plan.kinds, plan.known_us, limits, tell)
            watch.made = train(store, features, settings, plan, tell)

        values = [seconds(learn) for _ in range(options.repeats)]
        memory = peak_memory_gb()
        parts = watch.parts()
        limit = sum(_plain_seconds(store, features, plan, part) for part in parts)
    details = {
        "events": options.events,
        "rows": sum(part.rows for part in parts),
        "rows_by_kind": {part.entity_type: part.rows for part in parts},
        "dates": max(part.snapshot_count for part in parts),
        "heads": sum(len(part.heads) for part in parts),
        "phases_seconds": watch.phases,
        "peak_memory_gb": memory,
    }
    return result("train", "s", values, limit, details, smaller_is_better=True)


def _market(events: int) -> Market:
    return Market(
        events=events,
        tutors=max(10, events // EVENTS_A_TUTOR),
        students=max(75, events * STUDENTS_A_THOUSAND_EVENTS // 1000),
    )


@dataclass
class _Watch:
    """Passes progress on, and tells how long each stage of the last training took.

    What is done between stages counts to the one that is told of next.
    """

    options: Options
    made: Artifact | None = None
    phases: dict[str, float] = field(default_factory=dict)
    _since_s: float = 0.0
    _stages: Stages | None = None

    def begun(self) -> "_Watch":
        self.phases, self._since_s = {}, time.perf_counter()
        self._stages = Stages(ENTITY_TYPES, self.options.progress)
        return self

    def parts(self) -> list[KindManifest]:
        """What was learnt, by kind."""
        assert self.made is not None, "a model was made"
        return list(self.made.manifest.kinds.values())

    def __call__(self, what: str, done: int, total: int) -> None:
        assert self._stages is not None, "a training has begun"
        now_s = time.perf_counter()
        self.phases[what] = self.phases.get(what, 0.0) + now_s - self._since_s
        self._since_s = now_s
        self._stages(what, done, total)


def _plain_seconds(store: EventStore, features: Features, plan: Plan, part: KindManifest) -> float:
    """LightGBM's time for the trees of every head of a kind, on all rows that have its label."""
    assert features.apart is not None, "the features of one log are read on several threads"
    history = read_history(store, part.entity_type, plan.known_us)
    dates_us = plan_dates(int(history.activity.us.min()), plan.known_us, plan.limits)
    gap_days = part.exit_gap.days
    rows = take_many(
        features.apart, history, dates_us, gap_days, plan.limits, plan.seed, lambda _what, _done, _total: None
    )
    own = labels(history, rows.rows, None if gap_days is None else gap_days * DAY_US)
    took = 0.0
    for spec in HEADS:
        label = conditional(spec, own)
        known = rows.had_session & ~np.isnan(label)
        if known.any() and len(np.unique(label[known])) > 1:
            matrix, wanted = rows.features[known], label[known]
            took += seconds(
                lambda spec=spec, matrix=matrix, wanted=wanted: fit_head(  # type: ignore[misc]
                    spec.name, spec.objective, matrix, wanted, part.feature_names, plan.seed
                )
            )
    return took
