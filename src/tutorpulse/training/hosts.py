"""The reference protocol of Barcelona hosts: how well inactivity is told on held-out time."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.errors import HistoryError
from tutorpulse.features.frame import FEATURE_COUNT
from tutorpulse.model.heads import Head, fit_head
from tutorpulse.model.manifest import Measures
from tutorpulse.model.outputs import HEADS, Floats, HeadSpec
from tutorpulse.model.predictor import head_outputs
from tutorpulse.store.log import EventStore
from tutorpulse.training.evaluate import measure_risk
from tutorpulse.training.fit import conditional
from tutorpulse.training.gaps import choose_gap
from tutorpulse.training.history import History
from tutorpulse.training.kind import recency_of
from tutorpulse.training.labels import labels
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import Progress, Snapshots, snapshot_of, stacked
from tutorpulse.training.timeline import Bools
from tutorpulse.training.train import Features

RESAMPLES = 300
MIN_ROWS = 1000
_INACTIVE_HEADS = tuple(spec for spec in HEADS if spec.name.startswith("inactive"))


class HostFigures(msgspec.Struct, frozen=True):
    """Inactivity on held-out time by the reference protocol; measures by output, of each set of columns.

    `exit_gap` is what `auto` chose, in words.
    """

    rows: int
    test_rows: int
    test_from: str
    all_columns: dict[str, Measures]
    the_46_alone: dict[str, Measures]
    exit_gap: str
    seed: int


@dataclass(frozen=True)
class HostProtocol:
    """Snapshots every 14 days from day 120 until 61 days before the end, of those with three sessions, one in 30 days.

    The newest 30 % of the rows test, rows at least 60 days before them train.
    """

    every_days: int = 14
    first_day: int = 120
    last_days: int = 61
    min_sessions: int = 3
    test_share: float = 0.3
    embargo_days: int = 60


BARCELONA = HostProtocol()


def host_figures(
    store: EventStore,
    known_us: int,
    features: Features,
    seed: int,
    progress: Progress,
    protocol: HostProtocol = BARCELONA,
) -> HostFigures:
    """The reference protocol of Barcelona hosts, on the tutors of any log.

    Raises:
        HistoryError: the log holds no tutors, or too few rows.
    """
    history = read_history(store, "tutor", known_us)
    rows = host_rows(history, features, protocol, progress)
    own = labels(history, rows.rows, None)
    test_us = int(np.sort(rows.rows.as_of_us)[int(len(rows) * (1 - protocol.test_share))])
    train_rows = rows.rows.as_of_us <= test_us - protocol.embargo_days * DAY_US
    test_rows = rows.rows.as_of_us >= test_us
    trial = _Trial(rows, own, train_rows, test_rows, features.names["tutor"], seed)
    return HostFigures(
        rows=len(rows),
        test_rows=int(test_rows.sum()),
        test_from=format_time(test_us)[:10],
        all_columns=trial.measures(len(features.names["tutor"])),
        the_46_alone=trial.measures(FEATURE_COUNT),
        exit_gap=_gap_words(history),
        seed=seed,
    )


def host_rows(history: History, features: Features, protocol: HostProtocol, progress: Progress) -> Snapshots:
    """The rows of a protocol, in order of time.

    Raises:
        HistoryError: the log holds no tutors, or too few rows.
    """
    if not len(history.activity):
        raise HistoryError("The log holds no tutor with a session. Import a log of tutors first.")
    first_us, last_us = int(history.activity.us.min()), history.known_us
    dates_us = np.arange(
        first_us + protocol.first_day * DAY_US,
        last_us - protocol.last_days * DAY_US + 1,
        protocol.every_days * DAY_US,
        dtype=np.int64,
    )
    parts = []
    for i, as_of_us in enumerate(dates_us):
        progress("tutor features", i, len(dates_us))
        frame = features.compute("tutor", int(as_of_us))
        names = features.names["tutor"]
        recent = frame.features[:, names.index("sessions_completed_30d")] > 0
        regular = recent & (frame.facts["completed_total"] >= protocol.min_sessions)
        parts.append(snapshot_of(frame, history, np.flatnonzero(regular)))
    count = sum(map(len, parts))
    if count < MIN_ROWS:
        raise HistoryError(
            f"The log is too short for this protocol: it gives {count} rows, needed are {MIN_ROWS}. Import older events."
        )
    return stacked(parts, dates_us)


@dataclass(frozen=True)
class _Trial:
    rows: Snapshots
    labels: dict[str, Floats]
    train: Bools
    test: Bools
    names: list[str]
    seed: int

    def measures(self, columns: int) -> dict[str, Measures]:
        """Figures of the inactivity outputs, fitted on the first `columns` columns."""
        features = self.rows.features[:, :columns]
        heads = {spec.name: self._fit(spec, features) for spec in _INACTIVE_HEADS}
        outputs = head_outputs(heads, "inactive", features[self.test])
        recency = recency_of(self.rows.features[self.test], self.names)
        entity = self.rows.rows.entity[self.test]
        return {
            name: measure_risk(
                self.labels[name][self.test], outputs[name], recency, entity, self.seed, RESAMPLES
            )
            for name in ("inactive_14d", "inactive_30d")
        }

    def _fit(self, spec: HeadSpec, features: NDArray[np.float32]) -> Head:
        label = conditional(spec, self.labels)
        fit = self.train & ~np.isnan(label)
        names = self.names[: features.shape[1]]
        return fit_head(spec.name, spec.objective, features[fit], label[fit], names, self.seed)


def _gap_words(history: History) -> str:
    choice = choose_gap(history, "auto")
    return f"{choice.days} days: {choice.reason}" if choice.days else f"none: {choice.reason}"
