"""Skill: where between recency and the full oracle a model stands."""

import numpy as np
import pytest

from tutorpulse.training.skill import perfect_error, rate_skill, risk_skill

RNG = np.random.default_rng(4)
TRUTH = RNG.beta(0.7, 2, 20_000)
LABEL = (RNG.random(len(TRUTH)) < TRUTH).astype(np.float64)
NOISE = RNG.random(len(TRUTH))


def test_the_full_oracle_has_all_skill_and_recency_none() -> None:
    for risk, expected in ((TRUTH, 1.0), (NOISE, 0.0)):
        found = risk_skill(LABEL, risk, NOISE, TRUTH, risk, 1)
        assert found is not None
        assert found.skill == found.observable_skill == pytest.approx(expected)


def test_true_probabilities_are_calibrated_and_flattened_ones_are_not() -> None:
    right, timid = (risk_skill(LABEL, risk, NOISE, TRUTH, None, 1) for risk in (TRUTH, 0.15 + TRUTH / 2))
    assert right is not None
    assert timid is not None
    assert right.slope == pytest.approx(1, abs=0.05)
    assert abs(right.ece_excess) < 0.004
    assert right.brier_skill > timid.brier_skill > 0
    assert timid.slope > 1.3
    assert timid.ece_excess > 0.03
    assert timid.observable_auc is None


def test_a_sample_judges_only_where_the_oracle_beats_recency_clearly() -> None:
    found = risk_skill(LABEL, TRUTH, TRUTH + 1e-3 * NOISE, TRUTH, TRUTH, 1)
    assert found is not None
    assert found.skill is None
    assert found.observable_skill is None


def test_rows_without_label_or_prediction_are_left_out() -> None:
    label, risk = LABEL.copy(), TRUTH.copy()
    label[:100], risk[100:200] = np.nan, np.nan
    found = risk_skill(label, risk, NOISE, TRUTH, None, 1)
    assert found is not None
    assert found.rows == len(LABEL) - 200
    assert risk_skill(np.zeros(9), TRUTH[:9], NOISE[:9], TRUTH[:9], None, 1) is None


def test_chance_alone_miscalibrates_small_samples_more() -> None:
    assert perfect_error(TRUTH[:200], 1) > 3 * perfect_error(TRUTH, 1) > 0


def test_errors_of_a_rate_by_hand() -> None:
    found = rate_skill(np.array([0.0, 1, 2, np.nan]), np.array([0.5, 1, 1, 1]), np.array([0.0, 1, 1.5, 1]))
    assert found is not None
    assert (found.rows, found.rate, found.mae) == (3, 1.0, 0.5)
    assert found.mean_mae == pytest.approx(2 / 3)
    assert found.oracle_mae == pytest.approx(1 / 6)
    assert rate_skill(np.array([np.nan]), np.ones(1), np.ones(1)) is None
