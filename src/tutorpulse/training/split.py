"""Splits: what a head is fitted on, and the later time, or the other logs, that it is calibrated on."""

from dataclasses import dataclass

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.model.outputs import Floats, Objective
from tutorpulse.training.timeline import Bools, Ints

CALIBRATION_SHARE = 0.3
FOLDS = 3
"""Parts of several logs, each calibrated by what the others teach: all logs serve for both, at four times the work of one fit."""

MIN_ROWS = 300
MIN_EACH = 30
"""Rows, and of a yes or no label rows of each, below which nothing is fitted; for calibration a third of both."""


@dataclass(frozen=True)
class Split:
    """Marks of the rows to fit and to calibrate on, and the days left out between them."""

    fit: Bools
    calibrate: Bools
    embargo_days: float


def split_by_time(
    as_of_us: Ints, label: Floats, objective: Objective, embargoes_us: tuple[int, ...]
) -> Split | str:
    """The newest `CALIBRATION_SHARE` of n labelled rows to calibrate on, older ones to fit on; or why there are too few.

    Rows without a label (NaN) are in neither. Fitted rows lie the first of `embargoes_us` before the calibration
    begins that leaves enough of them: the time after which their label was settled, so that no outcome is on both
    sides; in a short history the label's own horizon alone; at last nothing.
    """
    known = ~np.isnan(label)
    if not _enough(label[known], objective, 1.0):
        return _reason(label[known], objective)
    begins_us = int(np.quantile(as_of_us[known], 1 - CALIBRATION_SHARE, method="lower"))
    later = known & (as_of_us >= begins_us)
    for embargo_us in embargoes_us:
        earlier = known & (as_of_us < begins_us) & (as_of_us + embargo_us <= begins_us)
        if _enough(label[earlier], objective, 1.0) and _enough(label[later], objective, 1 / 3):
            return Split(earlier, later, embargo_us / DAY_US)
    return f"{_reason(label[known], objective)}, spread over time"


def folds_by_log(log: Ints, label: Floats, objective: Objective) -> Ints | str:
    """The fold of each of n labelled rows, from 0 on, -1 without a label (NaN); or why there are too few rows.

    `log` is the number of the log that each row comes from. A fold is whole logs, so that nobody and no outcome is in two, and
    all seasons are in each. What the others teach and a fold corrects holds on average for a log of the kind that was never seen.
    """
    known = ~np.isnan(label)
    logs, own = np.unique(log, return_inverse=True)
    fold = np.where(known, own % FOLDS, -1)
    inside = [fold == number for number in range(min(FOLDS, len(logs)))]
    enough = len(logs) > 1 and all(
        _enough(label[known & ~part], objective, 1.0) and _enough(label[part], objective, 1 / 3)
        for part in inside
    )
    return fold if enough else f"{_reason(label[known], objective)}, spread over logs"


def _enough(label: Floats, objective: Objective, share: float) -> bool:
    if len(label) < MIN_ROWS * share or objective == "poisson":
        return len(label) >= MIN_ROWS * share and bool(label.sum() > 0)
    positives = label.sum()
    return bool(min(positives, len(label) - positives) >= MIN_EACH * share)


def _reason(label: Floats, objective: Objective) -> str:
    if objective == "poisson":
        return f"{len(label)} labelled rows, {MIN_ROWS} needed"
    return (
        f"{len(label)} labelled rows, {int(label.sum())} of them positive; "
        f"needed are {MIN_ROWS}, with {MIN_EACH} of each outcome"
    )
