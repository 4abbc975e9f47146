"""How sure calibration is: the expected calibration error and the slope with intervals that resample entities."""

from dataclasses import dataclass

import numpy as np

from tutorpulse.model.outputs import Floats, sigmoid
from tutorpulse.training.calibrate import log_odds, logistic_line
from tutorpulse.training.evaluate import calibration_error, calibration_groups
from tutorpulse.training.timeline import Ints
from tutorpulse.training.track.resampling import draws, interval
from tutorpulse.training.track.shapes import Interval


@dataclass(frozen=True)
class CalibrationDoubt:
    """Both figures; the slope is None where only one outcome occurred.

    A calibration error is never below 0, so its interval leans upward, the more the fewer the rows.
    """

    ece: Interval
    slope: Interval | None


def calibration_doubt(label: Floats, value: Floats, entity: Ints, seed: int) -> CalibrationDoubt:
    """Figures of n probabilities, n at least 1, against labels 0 or 1; `entity` is whose row each is."""
    _, own = np.unique(entity, return_inverse=True)
    drawn = draws(int(own.max()) + 1, len(own), seed).astype(np.float64)
    ece = interval(calibration_error(label, value), _errors(label, value, own, drawn))
    assert ece is not None, "there are rows"
    return CalibrationDoubt(ece, _slope(label, value, own, drawn))


def _errors(label: Floats, value: Floats, own: Ints, drawn: Floats) -> Floats:
    """The error of each resample, in the groups of the whole."""
    order, starts = calibration_groups(value)
    group = np.empty(len(label), np.int64)
    group[order] = np.searchsorted(starts, np.arange(len(order)), side="right") - 1
    people, groups = drawn.shape[1], len(starts)
    sums = np.bincount(own * groups + group, label - value, people * groups).reshape(people, groups)
    rows = drawn @ np.bincount(own, minlength=people)
    return np.asarray(np.abs(drawn @ sums).sum(axis=1) / np.maximum(rows, 1), np.float64)


def _slope(label: Floats, value: Floats, own: Ints, drawn: Floats) -> Interval | None:
    """The slope of the outcome's log-odds on the prediction's; of each resample by one Newton step from the whole's."""
    if len(np.unique(label)) < 2:
        return None
    score = log_odds(value)
    slope, intercept = logistic_line(score, label)
    said = sigmoid(slope * score + intercept)
    spread, people = said * (1 - said), drawn.shape[1]
    parts = ((label - said) * score, label - said, spread * score * score, spread * score, spread)
    by_person = np.stack([np.bincount(own, part, people) for part in parts], axis=1)
    pull, pull_all, curve, cross, weight = (drawn @ by_person).T
    with np.errstate(invalid="ignore", divide="ignore"):
        again = slope + (pull * weight - pull_all * cross) / (curve * weight - cross * cross)
    return interval(slope, again)
