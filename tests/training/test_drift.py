import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from tutorpulse.training.drift import expected, moved, undo
from tutorpulse.training.track.resampling import Ranking


def risks(spread: float, seed: int, size: int = 3000) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.random.default_rng(seed).normal(-1.5, spread, size)))


@pytest.mark.parametrize("spread", [0.3, 1.0, 2.5])
def test_calibrated_probabilities_promise_the_auc_that_comes_true(spread: float) -> None:
    risk = risks(spread, 1, 60_000)
    label = np.random.default_rng(2).random(len(risk)) < risk
    assert Ranking(risk, risk).plain()[0] == pytest.approx(roc_auc_score(label, risk), abs=0.01)


def test_a_population_that_can_be_told_apart_less_drifts_and_the_same_does_not() -> None:
    drifted = expected("churn_risk_14d", risks(1.5, 1), risks(0.6, 2), 7)
    assert drifted is not None
    assert drifted.drifting
    assert drifted.auc_now.value < drifted.auc_then.value - 0.02
    same = expected("churn_risk_14d", risks(1.5, 1), risks(1.5, 2), 7)
    assert same is not None
    assert not same.drifting


def test_a_certain_but_small_drop_is_no_drift() -> None:
    found = expected("churn_risk_14d", risks(1.5, 1, 40_000), risks(1.47, 2, 40_000), 7)
    assert found is not None
    assert not found.drifting


def test_no_spread_promises_nothing() -> None:
    assert expected("churn_risk_14d", np.full(9, 0.2), risks(1, 1), 7) is None
    assert expected("churn_risk_14d", np.array([np.nan]), risks(1, 1), 7) is None


def test_a_feature_moved_back_keeps_its_ranks_and_what_is_missing() -> None:
    then = np.array([0, 1, 2, 3], np.float32)
    now = np.array([10, np.nan, 40, 30, 20], np.float32)
    back = undo(then, now)
    assert back is not None
    assert np.isnan(back[1])
    assert np.argsort(back[[0, 4, 3, 2]]).tolist() == [0, 1, 2, 3]
    assert set(back[[0, 2, 3, 4]].tolist()) <= {0, 1, 2, 3}


def test_what_did_not_move_or_was_never_seen_is_left_alone() -> None:
    same = np.arange(50, dtype=np.float32)
    assert undo(same, np.full(5, np.nan, np.float32)) is None
    assert undo(np.full(5, np.nan, np.float32), same) is None
    assert undo(np.full(9, 3, np.float32), np.full(5, 3, np.float32)) is None


def test_the_feature_whose_drift_moved_the_risk_is_named_and_by_how_much() -> None:
    rng = np.random.default_rng(4)
    then = rng.normal(size=(800, 3)).astype(np.float32)
    now = rng.normal(size=(800, 3)).astype(np.float32) + np.array([0, 1, 1], np.float32)

    def risk_of(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        return 0.3 + 0.1 * rows[:, 1].astype(np.float64)

    first, *rest = moved(["still", "moving", "unused"], then, now, risk_of)
    assert (first.feature, first.impact) == ("moving", pytest.approx(0.1, abs=0.015))
    assert first.distance > 0.3
    assert all(abs(m.impact) < 0.001 for m in rest)
