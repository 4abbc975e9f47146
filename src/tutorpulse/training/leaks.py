"""The gate before a model: does any feature carry the future, does the pipeline find something where nothing is?

Two tests, both of the very code that trains. *Shift*: the features of a past moment, computed from a copy of the log that ends
there, equal those computed from the whole log. *Permutation*: a head fitted to shuffled labels ranks later rows no better than chance.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import format_time
from tutorpulse.errors import LeakError
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.heads import fit_head
from tutorpulse.model.outputs import HEADS, ChurnLabel, Floats
from tutorpulse.store.cut import cut_at, events_by
from tutorpulse.store.log import EventStore
from tutorpulse.training.fit import conditional
from tutorpulse.training.metrics import roc_auc
from tutorpulse.training.pool import ReadFrame
from tutorpulse.training.snapshots import Snapshots
from tutorpulse.training.split import split_by_time
from tutorpulse.training.timeline import Ints

MOST_EVENTS = 300_000
"""The newest date that the log had reached with so many events is tested: a copy of more takes too long for every training."""

ROUNDING = 1e-5
"""A difference of so small a share of a feature's largest value is rounding, not the future."""

MOST_ROWS = 200_000
"""So many labelled rows, at random, suffice to see that chance ranks nothing."""

CHANCE_Z = 4.5
"""Standard errors from .5 that chance does not explain: it would once in 150,000 trainings."""

_HEAD: dict[ChurnLabel, str] = {"exit": "exit_14d_if_here", "inactive": "inactive_14d"}


def shift_date(store: EventStore, dates_us: Ints, most_events: int = MOST_EVENTS) -> int:
    """The newest of the dates, sorted, by which the log held no more than so many events; the oldest where none is early enough."""
    low, high = 0, len(dates_us) - 1
    while low < high:
        middle = (low + high + 1) // 2
        fits = events_by(store, int(dates_us[middle])) <= most_events
        low, high = (middle, high) if fits else (low, middle - 1)
    return int(dates_us[low])


def check_shift(
    store: EventStore,
    read_from: Callable[[EventStore], ReadFrame],
    kind: EntityType,
    names: list[str],
    as_of_us: int,
) -> None:
    """Compare the features of one moment from the whole log with those from a log that ends there.

    Raises:
        LeakError: one differs.
    """
    whole = read_from(store)(kind, as_of_us)
    with cut_at(store, as_of_us) as cut:
        then = read_from(cut)(kind, as_of_us)
    if whole.entity_ids.tolist() != then.entity_ids.tolist():
        raise LeakError(
            f"Training stopped: the {kind}s known on {format_time(as_of_us)} differ when later events are in the log. "
            "Mend the relation of entities: it reads beyond its moment."
        )
    _compare(whole, then, names)


def _compare(whole: FeatureFrame, then: FeatureFrame, names: list[str]) -> None:
    now, before = (np.hstack([frame.features, frame.context]) for frame in (whole, then))
    differs = ~_alike(now, before)
    if differs.any():
        row, column = np.argwhere(differs)[0]
        raise LeakError(
            f"Training stopped: the feature {names[column]} carries the future. As of {format_time(whole.as_of_us)} it is "
            f"{now[row, column]:g} for {whole.entity_type} {whole.entity_ids[row]}, and {before[row, column]:g} in a log that ends "
            f"there ({int(differs.any(axis=1).sum())} differ). Mend its definition, then train again."
        )


def _alike(now: NDArray[np.float32], before: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Equal but for rounding: the engine adds up in an order that depends on how the rows lie."""
    known = np.nan_to_num(np.abs(np.vstack([now, before])), nan=0.0)
    scale = known.max(axis=0, initial=0.0)
    near = np.abs(now - before) <= ROUNDING * np.maximum(scale, 1e-6)
    alike: NDArray[np.bool_] = near | (now == before) | (np.isnan(now) & np.isnan(before))
    return alike


def check_permutation(
    snapshots: Snapshots, labels: dict[str, Floats], churn: ChurnLabel, names: list[str], seed: int
) -> float | None:
    """Fit a head of churn to shuffled labels, and rank the rows after it: the AUC found; None where there are too few rows.

    Raises:
        LeakError: it is further from .5 than chance allows.
    """
    spec = next(head for head in HEADS if head.name == _HEAD[churn])
    rng = np.random.default_rng(seed)
    label = np.where(snapshots.had_session, conditional(spec, labels), np.nan)
    known = np.flatnonzero(~np.isnan(label))
    label[known] = rng.permutation(label[known])
    if len(known) > MOST_ROWS:
        label[rng.choice(known, len(known) - MOST_ROWS, replace=False)] = np.nan
    split = split_by_time(snapshots.rows.as_of_us, label, spec.objective, (0,))
    if isinstance(split, str):
        return None
    fit, test = split.fit, split.calibrate
    head = fit_head(spec.name, spec.objective, snapshots.features[fit], label[fit], names, seed)
    return _check_chance(label[test], head.raw(snapshots.features[test]))


def _check_chance(label: Floats, score: Floats) -> float:
    auc = roc_auc(label, score)
    positives, size = label.sum(), len(label)
    # The standard error of a ranking by chance: Mann and Whitney 1947.
    error = np.sqrt((size + 1) / (12 * positives * (size - positives)))
    if abs(auc - 0.5) > CHANCE_Z * error:
        raise LeakError(
            f"Training stopped: shuffled labels are ranked with an AUC of {auc:.3f} on {size} later rows, where chance gives .5 "
            f"within {CHANCE_Z * error:.3f}. Rows of the test have reached the fit; report this as a fault."
        )
    return auc
