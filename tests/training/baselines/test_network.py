import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tutorpulse.training.baselines import network
from tutorpulse.training.baselines.network import fit_network

RATES = np.array([False, False, True])


def made(size: int = 2500) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(size, 6))
    signal = rows[:, 0] * rows[:, 1]
    labels = np.stack(
        [signal + rng.normal(0, 0.3, size) > 0, rows[:, 2] > 0.5, np.abs(rows[:, 3]) * 2], axis=1
    )
    labels = labels.astype(float)
    labels[rng.random(size) < 0.5, 1] = np.nan
    return rows, labels


def test_heads_share_layers_and_learn_what_no_line_can_tell() -> None:
    rows, labels = made()
    said = fit_network(rows[:2000], labels[:2000], RATES, 1).predict(rows[2000:])
    assert roc_auc_score(labels[2000:, 0], said[:, 0]) > 0.85
    known = ~np.isnan(labels[2000:, 1])
    assert roc_auc_score(labels[2000:, 1][known], said[known, 1]) > 0.95
    assert (
        np.abs(said[:, 2] - labels[2000:, 2]).mean()
        < 0.5 * np.abs(labels[2000:, 2] - labels[:2000, 2].mean()).mean()
    )
    assert ((said[:, :2] > 0) & (said[:, :2] < 1)).all()


def test_the_same_seed_gives_the_same_network() -> None:
    rows, labels = made(200)
    first, again = (fit_network(rows, labels, RATES, 5).predict(rows) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_the_gradient_is_that_of_the_loss() -> None:
    rows, labels = made(40)
    rng = np.random.default_rng(2)
    layers = network._start(rng, [6, *network.HIDDEN, 3], labels, RATES)
    told = network._gradient(layers, rows, labels, RATES)

    def loss() -> float:
        out = network._forward(layers, rows)[-1]
        entropy = np.logaddexp(0, out) - labels * out
        each = np.where(RATES, (out - labels) ** 2 / 2, entropy)
        return float(np.nansum(np.nanmean(each, axis=0)))

    for place, at in ((0, (2, 3)), (2, (10, 4)), (4, (5, 1)), (5, (2,))):
        before = layers[place][at]
        layers[place][at] = before + 1e-6
        higher = loss()
        layers[place][at] = before - 1e-6
        lower = loss()
        layers[place][at] = before
        assert told[place][at] == pytest.approx((higher - lower) / 2e-6, rel=1e-3, abs=1e-8)
