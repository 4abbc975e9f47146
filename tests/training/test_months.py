"""Calibration slopes by month: true probabilities have 1 within chance, and chance is told rightly."""

import numpy as np
import pytest

from tutorpulse.training.calibrate import log_odds, logistic_line
from tutorpulse.training.months import month_slopes, slope_error
from tutorpulse.training.skill import RiskRows

RNG = np.random.default_rng(6)


def market(size: int, *stretched: float) -> RiskRows:
    """A morning for each of `stretched`: what is said is the truth with its log-odds times that."""
    truth, morning = RNG.beta(0.7, 4, size), np.arange(size) % len(stretched)
    label = (RNG.random(size) < truth).astype(np.float64)
    said = 1 / (1 + np.exp(-np.array(stretched)[morning] * log_odds(truth)))
    return RiskRows(label, said, truth, truth, None, morning)


def test_the_error_of_a_slope_is_that_of_outcomes_drawn_again() -> None:
    truth = RNG.beta(0.7, 4, 1500)
    slopes = [logistic_line(log_odds(truth), (RNG.random(1500) < truth) * 1.0)[0] for _ in range(200)]
    assert slope_error(truth) == pytest.approx(np.std(slopes), rel=0.2)


def test_true_probabilities_have_slopes_of_1_within_chance_and_stretched_ones_do_not() -> None:
    true, stretched = (month_slopes([market(6000, by, by) for _ in range(4)]) for by in (1.0, 1.5))
    assert [month.rows for month in true] == [12_000, 12_000]
    assert all(abs(month.slope - 1) < 4 * month.error for month in true)
    assert sum(month.within_chance for month in true) >= 6
    assert all(
        month.slope < 0.75 and month.within_chance == 0 and len(month.single) == 4 for month in stretched
    )


def test_a_morning_on_which_twice_too_much_is_said_stands_apart_from_the_others() -> None:
    right, wrong = month_slopes([market(20_000, 1, 2) for _ in range(2)])
    assert right.single == pytest.approx([1, 1], abs=0.1)
    assert wrong.single == pytest.approx([0.5, 0.5], abs=0.05)
    assert wrong.slope == pytest.approx(0.5, abs=0.05)


def test_a_row_without_outcome_counts_nowhere_and_a_month_of_one_outcome_is_left_out() -> None:
    rows = market(1000, 1, 1)
    rows.label[:100] = np.nan
    rows.label[rows.morning == 1] = 0.0
    [month] = month_slopes([rows])
    assert month.rows == 450
