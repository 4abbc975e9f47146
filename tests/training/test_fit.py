"""Fitting and calibrating heads on several logs."""

import numpy as np

from tests.model.made import NAMES, matrix_of
from tutorpulse.model.outputs import sigmoid
from tutorpulse.training.fit import FittedHead, fit_heads
from tutorpulse.training.labels import LABELS, Rows
from tutorpulse.training.snapshots import Snapshots

ROWS, LOGS = 3000, 6
RNG = np.random.default_rng(4)
FEATURES = matrix_of(ROWS)
LOG = np.arange(ROWS) % LOGS
SNAPSHOTS = Snapshots(
    "tutor",
    Rows(np.arange(ROWS), np.zeros(ROWS, np.int64)),
    FEATURES,
    np.full(ROWS, 100.0),
    np.ones(ROWS, np.bool_),
    np.zeros(1, np.int64),
)


def health_head(label: np.ndarray) -> FittedHead:
    """The head of health, fitted on logs that have no other label."""
    labels = {name: np.full(ROWS, np.nan) for name in LABELS} | {"health": label}
    fitted = fit_heads(SNAPSHOTS, labels, NAMES, None, 1, lambda *_: None, LOG)
    assert list(fitted.heads) == ["health"]
    return fitted.heads["health"]


def test_what_other_logs_do_not_confirm_is_calibrated_away() -> None:
    label = (RNG.random(ROWS) < 0.3).astype(float)
    head = health_head(label).head
    assert np.std(head.raw(FEATURES)) > 0.3
    assert abs(head.slope) < 0.2
    assert np.abs(sigmoid(head.margins(FEATURES)) - 0.3).max() < 0.15


def test_every_labelled_row_of_every_log_is_fitted_on_and_calibrates() -> None:
    label = (RNG.random(ROWS) < sigmoid(2 * np.nan_to_num(FEATURES[:, 0]))).astype(float)
    label[::10] = np.nan
    fitted = health_head(label)
    known = ~np.isnan(label)
    assert fitted.rows == fitted.calibration_rows == known.sum()
    assert fitted.positives == np.nansum(label)
    assert 0.6 < fitted.head.slope < 1.4
    assert abs(sigmoid(fitted.head.margins(FEATURES[known])).mean() - np.nanmean(label)) < 0.02


def test_the_interval_of_a_rate_holds_on_logs_that_its_trees_never_saw() -> None:
    """Each log has a level of its own, which the others cannot teach: what is fitted on would look surer than it is."""
    rng = np.random.default_rng(11)
    level = rng.gamma(4, 1 / 4, LOGS)
    rate = np.exp(0.5 + 0.6 * np.nan_to_num(FEATURES[:, 0]))
    velocity = rng.poisson(4 * rate * level[LOG]) / 4
    labels = {name: np.full(ROWS, np.nan) for name in LABELS} | {"session_velocity": velocity}
    fitted = fit_heads(SNAPSHOTS, labels, NAMES, None, 1, lambda *_: None, LOG)
    head = fitted.heads["session_velocity"].head
    assert head.interval is not None
    assert head.interval.rows == ROWS
    fresh = rng.poisson(4 * rate * rng.gamma(4, 1 / 4, ROWS)) / 4
    low, high = head.interval.bounds(np.exp(head.margins(FEATURES)))
    assert 0.82 < ((fresh >= low) & (fresh <= high)).mean() < 0.97
