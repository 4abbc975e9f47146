"""Figures."""

import numpy as np
import pytest

from tutorpulse.training.evaluate import bootstrap_interval, calibration_error, measure_rate, measure_risk

RNG = np.random.default_rng(3)
RISK = RNG.uniform(0.05, 0.95, 4000)
LABEL = (RNG.random(4000) < RISK).astype(float)
ENTITY = np.arange(4000) // 4


def _plain_auc(label: np.ndarray, score: np.ndarray) -> float:
    pairs = score[label == 1][:, None] - score[label == 0][None, :]
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2)


def test_figures_of_calibrated_risks() -> None:
    measures = measure_risk(LABEL, RISK, -RISK, ENTITY, 1)
    assert measures.auc == pytest.approx(_plain_auc(LABEL, RISK))
    assert measures.recency_auc == pytest.approx(1 - _plain_auc(LABEL, RISK))
    assert measures.slope == pytest.approx(1, abs=0.1)
    assert measures.brier == pytest.approx(np.mean((RISK - LABEL) ** 2))
    assert measures.base_brier == pytest.approx(LABEL.var())
    assert measures.ece is not None
    assert measures.ece < 0.03


def test_the_interval_holds_the_figure_and_is_wider_where_rows_hang_together() -> None:
    def width(entity: np.ndarray) -> float:
        low, high = bootstrap_interval(
            lambda weight: float(np.average(LABEL, weights=weight)), LABEL, entity, 1, 200
        )
        assert low < LABEL.mean() < high
        return high - low

    in_order = np.empty(4000, int)
    in_order[np.argsort(LABEL)] = np.arange(4000) // 100
    assert width(in_order) > 2 * width(ENTITY)


def test_with_one_outcome_there_is_no_auc() -> None:
    measures = measure_risk(np.zeros(20), np.full(20, 0.1), np.zeros(20), np.arange(20), 1)
    assert measures.auc is None
    assert measures.brier == pytest.approx(0.01)


def test_calibration_error_of_a_shifted_risk_is_the_shift() -> None:
    label = np.tile([0.0, 1.0], 500)
    assert calibration_error(label, np.full(1000, 0.7)) == pytest.approx(0.2)


def test_a_rate_is_measured_beside_always_saying_the_mean() -> None:
    measures = measure_rate(np.array([0.0, 2.0]), np.array([0.5, 2.0]))
    assert (measures.mae, measures.mean_mae) == (0.25, 1)
