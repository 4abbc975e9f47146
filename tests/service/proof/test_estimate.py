"""Estimates against plain arithmetic, scipy, and coin tosses whose truth is known."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar

from tutorpulse.service.proof.estimate import (
    TIGHTEST_AT,
    Trial,
    always_margin,
    enough,
    estimate,
    scores_across,
    share_avoided,
)
from tutorpulse.service.proof.uplift import UPLIFT_EACH, uplift


def trial(n: int, share_held: float, seed: int, k: int = 0) -> Trial:
    rng = np.random.default_rng(seed)
    return Trial(rng.random(n) >= share_held, np.full(n, 1 - share_held), rng.normal(size=(n, k)))


def test_without_covariates_it_is_the_difference_of_means_with_welchs_interval_in_the_limit() -> None:
    some = trial(4000, 0.3, 1)
    y = (np.random.default_rng(2).random(4000) < np.where(some.acted, 0.2, 0.3)).astype(float)
    found = estimate(y, some)
    assert found.effect == pytest.approx(y[some.acted].mean() - y[~some.acted].mean())
    welch = stats.ttest_ind(y[some.acted], y[~some.acted], equal_var=False).confidence_interval(0.95)
    assert (found.once.low, found.once.high) == pytest.approx((welch.low, welch.high), abs=0.002)


def test_a_covariate_that_tells_the_outcome_makes_the_interval_narrower_not_biased() -> None:
    some = trial(2000, 0.5, 3, k=1)
    y = some.covariates[:, 0] + 0.3 * some.acted + 0.1 * np.random.default_rng(4).normal(size=2000)
    bare = estimate(y, Trial(some.acted, some.probability, some.covariates[:, :0]))
    told = estimate(y, some)
    assert told.once.low < 0.3 < told.once.high
    assert told.once.high - told.once.low < (bare.once.high - bare.once.low) / 5


def test_lots_of_unlike_shares_do_not_bias() -> None:
    """First a tenth held out in bad times, then half in good ones: the plain difference of means blames the action."""
    good = np.arange(4000) >= 2000
    probability = np.where(good, 0.5, 0.9)
    effects, plain = [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        acted = rng.random(4000) < probability
        y = (rng.random(4000) < np.where(good, 0.1, 0.5)).astype(float)
        effects.append(estimate(y, Trial(acted, probability, np.empty((4000, 0)))).effect)
        plain.append(y[acted].mean() - y[~acted].mean())
    assert np.mean(plain) > 0.1
    assert abs(np.mean(effects)) < 0.008


def test_outcomes_that_are_not_known_yet_do_not_count() -> None:
    some = trial(400, 0.5, 6)
    y = (np.random.default_rng(7).random(400) < 0.3).astype(float)
    half = np.where(np.arange(400) < 200, y, np.nan)
    first = Trial(some.acted[:200], some.probability[:200], some.covariates[:200])
    assert estimate(half, some).effect == estimate(y[:200], first).effect


def test_the_interval_for_one_look_covers_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(400):
        some = trial(200, 0.3, seed, k=1)
        rng = np.random.default_rng(10_000 + seed)
        y = (rng.random(200) < np.where(some.acted, 0.2, 0.35)).astype(float)
        found = estimate(y, some)
        covered += found.once.low <= -0.15 <= found.once.high
    assert 0.92 <= covered / 400 <= 0.98


def test_looking_at_every_outcome_misleads_no_more_often_than_one_in_twenty() -> None:
    """With no effect at all, by how many trials is one claimed at any of all looks: of the one interval and of the other."""
    looks = np.arange(100, 2001)
    spread = 1.0
    always = np.array([always_margin(int(t), spread) for t in looks])
    once = 1.96 * spread / np.sqrt(looks)
    sums = np.random.default_rng(8).normal(size=(1000, 2000)).cumsum(axis=1)
    means = np.abs(sums[:, looks - 1] / looks)
    assert (means > always).any(axis=1).mean() <= 0.05
    assert (means > once).any(axis=1).mean() > 0.2


def test_the_interval_for_every_look_is_tightest_where_it_says() -> None:
    def margin(rho2: float) -> float:
        inside = TIGHTEST_AT * rho2 + 1
        return math.sqrt(2 * inside / (TIGHTEST_AT**2 * rho2) * math.log(math.sqrt(inside) / 0.05))

    best = minimize_scalar(lambda log_rho2: margin(math.exp(log_rho2)), bounds=(-12, 2), method="bounded")
    assert always_margin(TIGHTEST_AT, 1.0) == pytest.approx(best.fun, rel=0.005)


def test_too_few_outcomes_are_not_enough() -> None:
    acted = np.arange(200) < 100
    some = Trial(acted, np.full(200, 0.5), np.empty((200, 0)))
    y = (np.arange(200) % 4 == 0).astype(float)
    assert enough(y, some)
    assert not enough(np.where(np.arange(200) < 51, np.nan, y), some)
    assert not enough((np.arange(200) < 4).astype(float), some)
    assert enough(np.arange(200) * 0.01, some)


def test_the_share_avoided_and_its_variance() -> None:
    some = trial(4000, 0.5, 9)
    rng = np.random.default_rng(10)
    draws = []
    for _ in range(300):
        y = (rng.random(4000) < np.where(some.acted, 0.15, 0.3)).astype(float)
        draws.append(share_avoided(y, some))
    shares, variances = np.array(draws).T
    assert shares.mean() == pytest.approx(0.5, abs=0.01)
    assert variances.mean() == pytest.approx(shares.var(), rel=0.25)


def test_scores_of_a_fold_do_not_know_its_outcomes() -> None:
    some = trial(300, 0.5, 11, k=1)
    y = np.random.default_rng(12).normal(size=300)
    fold = np.arange(300) % 3
    changed = np.where(np.arange(300) == 0, 100.0, y)
    first, second = scores_across(y, some, fold), scores_across(changed, some, fold)
    same_fold = (fold == 0) & (np.arange(300) > 0)
    np.testing.assert_array_equal(first[same_fold], second[same_fold])


def test_whom_it_helps_is_told_where_it_differs_and_only_there() -> None:
    n = 8 * UPLIFT_EACH
    some = trial(n, 0.5, 13, k=3)
    rng = np.random.default_rng(14)
    helped = some.covariates[:, 0] > 0
    differs = (rng.random(n) < 0.5 - 0.4 * (some.acted & helped)).astype(float)
    alike = (rng.random(n) < 0.5 - 0.2 * some.acted).astype(float)
    coefficients, gap = uplift(differs, some)
    assert coefficients is not None
    assert gap is not None
    assert coefficients[1] < -0.1
    assert gap.low < -0.4 * 0.95 < gap.high
    assert uplift(alike, some)[0] is None
    assert uplift(differs[:900], some.where(np.arange(n) < 900)) == (None, None)
