"""Calibration."""

import numpy as np
import pytest

from tests.model.made import NAMES, matrix_of
from tutorpulse.model.heads import fit_head
from tutorpulse.model.outputs import sigmoid
from tutorpulse.training.calibrate import calibrate, log_odds, logistic_line

ROWS = matrix_of(400)
HEAD = fit_head("h", "binary", ROWS, (np.nan_to_num(ROWS[:, 0]) > 0).astype(float), NAMES, 1)
RNG = np.random.default_rng(5)


def test_slope_and_intercept_of_a_known_line_are_found() -> None:
    score = RNG.normal(0, 1, 50_000)
    label = (RNG.random(50_000) < sigmoid(0.5 * score - 1)).astype(float)
    assert logistic_line(score, label) == pytest.approx((0.5, -1), abs=0.05)


def test_calibrated_risks_have_the_mean_of_what_came_true() -> None:
    label = (RNG.random(400) < 0.2).astype(float)
    head = calibrate(HEAD, HEAD.raw(ROWS), label)
    assert sigmoid(head.margins(ROWS)).mean() == pytest.approx(label.mean(), abs=0.005)


def test_a_head_that_turned_out_wrong_says_the_base_rate() -> None:
    raw = HEAD.raw(ROWS)
    head = calibrate(HEAD, raw, (raw < np.median(raw)).astype(float))
    assert head.slope == 0
    assert sigmoid(head.margins(ROWS)) == pytest.approx(np.full(400, 0.5))


def test_a_rate_is_scaled_to_the_mean() -> None:
    head = fit_head("v", "poisson", ROWS, RNG.poisson(2, 400).astype(float), NAMES, 1)
    label = RNG.poisson(5, 400).astype(float)
    scaled = calibrate(head, head.raw(ROWS), label)
    assert np.exp(scaled.margins(ROWS)).mean() == pytest.approx(label.mean())


def test_log_odds_stay_finite() -> None:
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
    assert log_odds(np.array([0.25]))[0] == pytest.approx(np.log(1 / 3))
