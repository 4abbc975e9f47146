"""Skill: where between recency and the full oracle a model stands."""

import numpy as np
import pytest

from tutorpulse.model.outputs import Floats
from tutorpulse.training.skill import (
    RECENCY_AT_MOST,
    RateRows,
    RiskRows,
    RiskSkill,
    perfect_error,
    rate_skill,
    risk_skill,
)

RNG = np.random.default_rng(4)
TRUTH = RNG.beta(0.7, 2, 20_000)
LABEL = (RNG.random(len(TRUTH)) < TRUTH).astype(np.float64)
NOISE = RNG.random(len(TRUTH))
MORNING = np.arange(len(TRUTH)) % 3


def judged(
    label: Floats,
    risk: Floats,
    recency: Floats,
    truth: Floats,
    observable: Floats | None = None,
    recency_at_most: float = 1.0,
) -> RiskSkill | None:
    rows = RiskRows(label, risk, recency, truth, observable, MORNING[: len(label)])
    return risk_skill(rows, 1, recency_at_most)


def test_the_full_oracle_has_all_skill_and_recency_none() -> None:
    for risk, expected in ((TRUTH, 1.0), (NOISE, 0.0)):
        found = judged(LABEL, risk, NOISE, TRUTH, risk)
        assert found is not None
        assert found.skill == found.observable_skill == pytest.approx(expected)


def test_true_probabilities_are_calibrated_and_flattened_ones_are_not() -> None:
    right, timid = (judged(LABEL, risk, NOISE, TRUTH) for risk in (TRUTH, 0.15 + TRUTH / 2))
    assert right is not None
    assert timid is not None
    assert right.slope == pytest.approx(1, abs=0.05)
    assert abs(right.ece_excess) < 0.004
    assert right.brier_skill > timid.brier_skill > 0
    assert timid.slope > 1.3
    assert timid.ece_excess > 0.03
    assert timid.observable_auc is None


def test_a_sample_judges_only_where_the_oracle_beats_recency_clearly() -> None:
    found = judged(LABEL, TRUTH, TRUTH + 1e-3 * NOISE, TRUTH, TRUTH)
    assert found is not None
    assert found.skill is None
    assert found.observable_skill is None


def test_rows_without_label_or_prediction_are_left_out() -> None:
    label, risk = LABEL.copy(), TRUTH.copy()
    label[:100], risk[100:200] = np.nan, np.nan
    found = judged(label, risk, NOISE, TRUTH)
    assert found is not None
    assert found.rows == len(LABEL) - 200
    assert judged(np.zeros(9), TRUTH[:9], NOISE[:9], TRUTH[:9]) is None


def test_chance_alone_miscalibrates_small_samples_more() -> None:
    assert perfect_error(TRUTH[:200], 1) > 3 * perfect_error(TRUTH, 1) > 0


def test_a_seed_does_not_count_where_silence_tells_nearly_all() -> None:
    """The mixture's AUC lies between .5 and the oracle's, here above .9 of it."""
    silence = TRUTH + 0.2 * NOISE
    counted, strict = (
        judged(LABEL, TRUTH, silence, TRUTH, recency_at_most=most) for most in (1.0, RECENCY_AT_MOST)
    )
    assert counted is not None
    assert strict is not None
    assert strict.recency_auc > RECENCY_AT_MOST * strict.oracle_auc
    assert strict.skill is None


def test_errors_of_a_rate_by_hand() -> None:
    unknown = np.full(4, np.nan)
    label, truth = np.array([0.0, 1, 2, np.nan]), np.array([0.0, 1, 1.5, 1])
    found = rate_skill(RateRows(label, np.array([0.5, 1, 1, 1]), unknown, unknown, truth, truth + 0.1))
    assert found is not None
    assert (found.rows, found.rate, found.mae) == (3, 1.0, 0.5)
    assert found.mean_mae == pytest.approx(2 / 3)
    assert found.oracle_mae == pytest.approx(1 / 6)
    assert found.observable_mae == pytest.approx(0.6 / 3)
    assert found.error_over_observable == pytest.approx(1.5)
    assert (found.interval_rows, found.coverage) == (0, None)
    none = np.array([np.nan])
    assert rate_skill(RateRows(none, np.ones(1), none, none, np.ones(1), None)) is None


def test_intervals_are_judged_on_the_rows_that_have_one() -> None:
    label = np.array([0.0, 1, 2])
    low, high = np.array([0.0, 0.0, np.nan]), np.array([1.0, 0.5, np.nan])
    found = rate_skill(RateRows(label, np.ones(3), low, high, np.ones(3), None))
    assert found is not None
    assert (found.interval_rows, found.coverage, found.interval_width) == (2, 0.5, 0.75)
    # Widths 1 and .5; the second outcome lies .5 outside, which costs 20 times that.
    assert found.interval_score == pytest.approx((1 + 0.5 + 20 * 0.5) / 2)
