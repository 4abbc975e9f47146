"""`bench train`: seconds from a log to a model of a million snapshot rows."""

import time
from dataclasses import dataclass, field

import numpy as np

from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.harness import Options, Result, peak_memory_gb, result, seconds
from tutorpulse.bench.marketplace import Plan as Market
from tutorpulse.clock import DAY_US
from tutorpulse.errors import HistoryError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.heads import fit_head
from tutorpulse.model.manifest import KindManifest
from tutorpulse.model.outputs import HEADS
from tutorpulse.service.training import check_leaks, features_of
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.fit import conditional
from tutorpulse.training.labels import labels
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Limits, plan_dates, take_snapshots
from tutorpulse.training.train import DEFAULT_SEED, Plan, train

KIND: EntityType = "student"
EVENTS_A_ROW = 4
"""Of so many events one row of a snapshot is learnt from: a million of the four million that the home holds by default."""

STUDENTS_A_THOUSAND_EVENTS = 30
DATES = 60


def run(options: Options) -> Result:
    """A model of the students as `train` makes it: the leak gate, the features of `DATES` dates, all heads, calibration, and the same
    again for the figures on held-out time. The limit is LightGBM alone: each head's trees once, on the ready matrix of the same rows."""
    market = Market(
        events=options.events,
        tutors=max(10, options.events // 500),
        students=max(75, options.events * STUDENTS_A_THOUSAND_EVENTS // 1000),
    )
    home = filled_home(options, market)
    settings, limits = Settings(), Limits(dates=DATES, rows=options.events // EVENTS_A_ROW)
    with EventStore.open(home) as store:
        store.settle()
        known_us = store.newest_us()
        if known_us is None:
            raise HistoryError("The home of the benchmark holds no events. Give more with --events.")
        features = features_of(store, settings)
        plan = Plan(known_us, known_us, (KIND,), limits)
        watch = _Watch(options)

        def learn() -> None:
            watch.begin()
            check_leaks(store, settings, (KIND,), plan.known_us, limits)
            watch.made = train(store, features, settings, plan, watch.tell)

        values = [seconds(learn) for _ in range(options.repeats)]
        memory = peak_memory_gb()
        part = watch.kind()
        limit = _plain_seconds(store, plan, part.exit_gap.days)
    details = {
        "events": options.events,
        "rows": part.rows,
        "dates": part.snapshot_count,
        "heads": len(part.heads),
        "phases_seconds": watch.phases,
        "peak_memory_gb": memory,
    }
    return result("train", "s", values, limit, details, smaller_is_better=True)


@dataclass
class _Watch:
    """Passes progress on, and tells how long each phase of the last training took."""

    options: Options
    made: Artifact | None = None
    phases: dict[str, float] = field(default_factory=dict)
    _phase: str = ""
    _since_s: float = 0.0

    def begin(self) -> None:
        self.phases, self._phase, self._since_s = {}, "leaks", time.perf_counter()

    def kind(self) -> KindManifest:
        """What was learnt."""
        assert self.made is not None, "a model was made"
        return self.made.manifest.kinds[KIND]

    def tell(self, what: str, done: int, total: int) -> None:
        now_s = time.perf_counter()
        if what != self._phase or done == total:
            self.phases[self._phase] = self.phases.get(self._phase, 0.0) + now_s - self._since_s
            self._since_s, self._phase = now_s, what if done < total else f"after {what}"
        self.options.progress(done, total)


def _plain_seconds(store: EventStore, plan: Plan, gap_days: int | None) -> float:
    """LightGBM's time for the trees of every head, on all rows that have its label."""
    history = read_history(store, KIND, plan.known_us)
    features = features_of(store, Settings())
    dates_us = plan_dates(int(history.activity.us.min()), plan.known_us, plan.limits)
    rows = take_snapshots(
        lambda as_of_us: features.compute(KIND, as_of_us),
        history,
        dates_us,
        gap_days,
        plan.limits,
        DEFAULT_SEED,
        lambda _what, _done, _total: None,
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
                    spec.name, spec.objective, matrix, wanted, features.names[KIND], DEFAULT_SEED
                )
            )
    return took
