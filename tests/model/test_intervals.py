"""Intervals of a rate: against draws from distributions that are known."""

import numpy as np
import pytest

from tutorpulse.model.intervals import BAND_ROWS, LEVEL, RateInterval, fit_interval, interval_scores
from tutorpulse.model.outputs import Floats


def drawn(seed: int, rows: int = 20_000) -> tuple[Floats, Floats]:
    """Predicted rates from 0 to 12 a week, and a count of four weeks / 4 that scatters more than a Poisson count."""
    rng = np.random.default_rng(seed)
    rate = np.exp(rng.normal(-0.5, 1.5, rows)).clip(0.005, 12)
    return rate, rng.poisson(4 * rate * rng.gamma(3, 1 / 3, rows)) / 4


def fitted(rate: Floats, label: Floats) -> RateInterval:
    found = fit_interval(rate, label, np.arange(len(rate)) % 2 == 0)
    assert found is not None
    return found


def inside(interval: RateInterval, rate: Floats, label: Floats) -> Floats:
    low, high = interval.bounds(rate)
    return ((label >= low) & (label <= high)).astype(np.float64)


@pytest.mark.parametrize("seed", range(4))
def test_nine_of_ten_new_outcomes_lie_inside(seed: int) -> None:
    interval = fitted(*drawn(seed))
    rate, label = drawn(100 + seed)
    assert inside(interval, rate, label).mean() == pytest.approx(LEVEL, abs=0.012)


def test_it_covers_small_and_large_rates_alike() -> None:
    """A band of a constant width would cover nearly all small rates and few large ones."""
    interval = fitted(*drawn(7))
    rate, label = drawn(8, 60_000)
    for least, most in ((0.2, 0.6), (0.6, 2.0), (2.0, 12.0)):
        part = (rate >= least) & (rate < most)
        assert 0.85 < inside(interval, rate[part], label[part]).mean() < 0.95


def test_a_prediction_too_sure_of_itself_gets_a_wider_interval_not_a_false_one() -> None:
    rng = np.random.default_rng(3)
    rate, label = drawn(3)
    wrong = rate * rng.gamma(2, 1 / 2, len(rate)) + 0.01
    again = np.random.default_rng(5)
    other, truth = drawn(5)
    blurred = other * again.gamma(2, 1 / 2, len(other)) + 0.01
    interval = fitted(wrong, label)
    assert inside(interval, blurred, truth).mean() == pytest.approx(LEVEL, abs=0.012)
    width = [
        np.subtract(*found.bounds(np.array([2.0]))[::-1])[0] for found in (interval, fitted(rate, label))
    ]
    assert width[0] > width[1]


def test_the_rate_lies_within_and_bounds_are_never_below_nothing() -> None:
    interval = fitted(*drawn(1))
    rate = np.concatenate([[0.0, 1e-9], np.geomspace(1e-4, 500, 200)])
    low, high = interval.bounds(rate)
    assert np.all((low >= 0) & (low <= rate) & (rate <= high))
    assert np.isfinite(high).all()
    assert np.isnan(interval.bounds(np.array([np.nan]))[0]).all()


def test_too_few_rows_give_no_interval() -> None:
    rate, label = drawn(2, 2 * BAND_ROWS - 1)
    assert fit_interval(rate, label, np.arange(len(rate)) % 2 == 0) is None
    rate, label = drawn(2, 2 * BAND_ROWS)
    assert fit_interval(rate, label, np.arange(len(rate)) % 2 == 0) is not None
    assert fit_interval(rate, label, np.ones(len(rate), np.bool_)) is None


def test_a_score_is_the_width_and_the_distance_outside_times_twenty() -> None:
    scores = interval_scores(np.array([1.0, 3.0, 0.0]), np.full(3, 0.5), np.full(3, 2.5))
    assert scores.tolist() == pytest.approx([2.0, 2 + 20 * 0.5, 2 + 20 * 0.5])
