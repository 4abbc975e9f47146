"""Fits and calibrates the heads of one kind of entity on labelled snapshots."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.model.heads import Head, fit_head
from tutorpulse.model.intervals import fit_interval
from tutorpulse.model.outputs import HEADS, ChurnLabel, Floats, HeadSpec, output_specs
from tutorpulse.training.calibrate import calibrate
from tutorpulse.training.labels import LABELS
from tutorpulse.training.snapshots import Progress, Snapshots
from tutorpulse.training.split import Split, folds_by_log, split_by_time
from tutorpulse.training.threads import LARGE_ROWS, THREADS, spread
from tutorpulse.training.timeline import Bools, Ints


@dataclass(frozen=True)
class FittedHead:
    """A calibrated head, and what it was made from."""

    head: Head
    rows: int
    positives: int
    calibration_rows: int
    embargo_days: float


@dataclass(frozen=True)
class Fitted:
    """The heads of one kind, and the names of those that could not be fitted, with the reason."""

    heads: dict[str, FittedHead]
    absent: dict[str, str]

    def models(self) -> dict[str, Head]:
        """The heads alone."""
        return {name: fitted.head for name, fitted in self.heads.items()}

    def absent_outputs(self, churn_label: ChurnLabel) -> dict[str, str]:
        """The outputs that cannot be predicted, and why."""
        return {
            spec.name: self.absent[name]
            for spec in output_specs(churn_label)
            for name in spec.heads[::-1]
            if name in self.absent
        }


@dataclass(frozen=True)
class Known:
    """(n, k) features of the columns `names`, and one label and the entity of each row.

    `threads` is how many work on a head, None: as many as its rows are worth.
    """

    features: NDArray[np.float32]
    label: Floats
    entity: Ints
    names: list[str]
    seed: int
    threads: int | None = None

    def fit(self, spec: HeadSpec, rows: Bools) -> Head:
        """A head fitted on the rows that are marked."""
        matrix, label = self.features[rows], self.label[rows]
        return fit_head(spec.name, spec.objective, matrix, label, self.names, self.seed, self.threads)

    def raw(self, head: Head, rows: Bools) -> Floats:
        """What a head says of the rows that are marked, uncalibrated."""
        return head.raw(self.features[rows], self.threads)

    def with_interval(self, head: Head, raw: Floats, rows: Bools) -> Head:
        """A calibrated head of a rate with its interval, by what it says (`raw`) of marked rows that it was not fitted on."""
        if head.objective != "poisson":
            return head
        rate = np.exp(head.slope * raw + head.intercept)
        return replace(head, interval=fit_interval(rate, self.label[rows], self.entity[rows] % 2 == 0))


def fit_heads(
    snapshots: Snapshots,
    labels: dict[str, Floats],
    names: list[str],
    gap_us: int | None,
    seed: int,
    progress: Progress,
    log: Ints | None = None,
) -> Fitted:
    """Fit every head that has enough labelled rows of entities that ever had a session.

    `labels` are NaN where not mature; the newest of the matured rows calibrate, older ones are fitted on. Where the rows
    come from several logs (`log`: the number of each row's) all are fitted on, and each calibrates what others teach.
    Where there are many rows of one log, two heads are fitted at a time, by one thread each: the same trees.
    """
    several = log is None and len(snapshots) >= LARGE_ROWS

    def tell(done: int) -> None:
        progress(f"{snapshots.entity_type} heads", done, len(HEADS))

    def head(spec: HeadSpec) -> FittedHead | str:
        label = np.where(snapshots.had_session, conditional(spec, labels), np.nan)
        each = 1 if several else None
        known = Known(snapshots.features, label, snapshots.rows.entity, names, seed, each)
        if log is not None:
            fold = folds_by_log(log, label, spec.objective)
            return fold if isinstance(fold, str) else _fit_across(spec, known, fold)
        split = split_by_time(snapshots.rows.as_of_us, label, spec.objective, _embargoes(spec, gap_us))
        return split if isinstance(split, str) else _fit(spec, known, split)

    tell(0)
    made = spread(head, HEADS, THREADS if several else 1, tell)
    found = {spec.name: each for spec, each in zip(HEADS, made, strict=True)}
    return Fitted(
        {name: each for name, each in found.items() if not isinstance(each, str)},
        {name: each for name, each in found.items() if isinstance(each, str)},
    )


def conditional(spec: HeadSpec, labels: dict[str, Floats]) -> Floats:
    """A head's label: NaN where its condition does not hold."""
    label = labels[spec.label]
    if spec.given is None:
        return label
    name, value = spec.given
    return np.where(labels[name] == value, label, np.nan)


def _embargoes(spec: HeadSpec, gap_us: int | None) -> tuple[int, ...]:
    label = LABELS[spec.label]
    settled_us = int(label.maturity_us(np.zeros(1, np.int64), gap_us)[0])
    return (settled_us, label.horizon_days * DAY_US, 0)


def _fit(spec: HeadSpec, known: Known, split: Split) -> FittedHead:
    head = known.fit(spec, split.fit)
    raw = known.raw(head, split.calibrate)
    head = known.with_interval(calibrate(head, raw, known.label[split.calibrate]), raw, split.calibrate)
    return FittedHead(
        head,
        int(split.fit.sum()),
        int((known.label[split.fit] > 0).sum()),
        int(split.calibrate.sum()),
        split.embargo_days,
    )


def _fit_across(spec: HeadSpec, known: Known, fold: Ints) -> FittedHead:
    """Fitted on every fold, calibrated on what heads of the other folds say of each."""
    raw = np.full(len(fold), np.nan)
    for number in range(int(fold.max()) + 1):
        part = fold == number
        raw[part] = known.raw(known.fit(spec, (fold >= 0) & ~part), part)
    whole = fold >= 0
    head = calibrate(known.fit(spec, whole), raw[whole], known.label[whole])
    head = known.with_interval(head, raw[whole], whole)
    rows = int(whole.sum())
    return FittedHead(head, rows, int((known.label[whole] > 0).sum()), rows, 0.0)
