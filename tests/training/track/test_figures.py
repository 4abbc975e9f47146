import numpy as np
import pytest

from tutorpulse.training.track.figures import Judged, rate_figures, risk_figures
from tutorpulse.training.track.shapes import Bound

N = 400


def judged(keeps: bool = False, seed: int = 5) -> Judged:
    rng = np.random.default_rng(seed)
    value = rng.random(N)
    label = (rng.random(N) < value).astype(float)
    return Judged(label, value, rng.integers(0, 80, N), rng.random(N) * 30, keeps)


def test_a_band_tells_how_many_of_those_given_so_much_it_came_true_for() -> None:
    given = judged()
    made = risk_figures(given, (), 1)
    assert sum(band.rows for band in made.calibration) == N
    for band in made.calibration:
        inside = (given.value >= band.low) & (given.value < band.high)
        assert band.rows == inside.sum()
        assert band.came_true.value == pytest.approx(given.label[inside].mean())
        assert band.low <= band.said <= band.high


def test_certain_predictions_are_in_the_last_band() -> None:
    made = risk_figures(Judged(np.ones(3), np.ones(3), np.arange(3), np.zeros(3)), (), 1)
    assert [(band.low, band.rows) for band in made.calibration] == [(0.9, 3)]
    assert (made.auc, made.slope) == (None, None)


def test_flags_tell_precision_and_recall_and_those_of_the_longest_silences() -> None:
    given = judged()
    top, beyond = risk_figures(given, [Bound("a", 0.7)], 1).flagged
    flagged = given.value > 0.7
    assert (beyond.name, beyond.bound, beyond.rows) == ("a", 0.7, flagged.sum())
    assert beyond.precision is not None
    assert beyond.precision.value == pytest.approx(given.label[flagged].mean())
    assert beyond.recall is not None
    assert beyond.recall.value == pytest.approx(given.label[flagged].sum() / given.label.sum())
    longest = np.argsort(-given.recency_days)[: flagged.sum()]
    assert beyond.naive_precision == pytest.approx(given.label[longest].mean())
    assert top.rows == N * 0.05
    highest = np.argsort(-given.value)[: top.rows]
    assert top.precision is not None
    assert top.precision.value == pytest.approx(given.label[highest].mean())


def test_of_what_keeps_the_low_ones_are_flagged_and_the_event_is_not_keeping() -> None:
    given = judged(keeps=True)
    made = risk_figures(given, [Bound("low", 0.4)], 1)
    flagged = given.value < 0.4
    assert made.flagged[1].rows == flagged.sum()
    assert made.flagged[1].precision is not None
    assert made.flagged[1].precision.value == pytest.approx(1 - given.label[flagged].mean())
    assert made.rate.value == pytest.approx(given.label.mean())
    assert made.auc is not None
    assert made.auc.value > 0.7


def test_nobody_beyond_a_bound_has_no_precision() -> None:
    given = judged()
    beyond = risk_figures(given, [Bound("never", 1.0)], 1).flagged[1]
    assert (beyond.rows, beyond.precision, beyond.naive_precision) == (0, None, None)


def test_a_rate_stands_beside_the_mean_and_the_weeks_before() -> None:
    label, value = np.array([1.0, 2.0, 6.0]), np.array([1.0, 3.0, 4.0])
    made = rate_figures(Judged(label, value, np.arange(3), np.zeros(3)), np.array([0.0, 2.0, 2.0]), 1)
    assert made.mae.value == pytest.approx(1.0)
    assert made.mae_of_mean == pytest.approx(2.0)
    assert made.mae_of_recent == pytest.approx(5 / 3)


def test_the_truth_where_it_is_known_has_figures_too() -> None:
    given = judged()
    truth = np.where(np.arange(N) < 300, given.value, np.nan)
    made = risk_figures(
        Judged(given.label, 1 - given.value, given.entity, given.recency_days, truth=truth), (), 1
    )
    assert made.oracle_auc is not None
    assert made.oracle_auc > 0.7


def test_intervals_of_a_rate_are_judged_where_there_are_some() -> None:
    rng = np.random.default_rng(2)
    label = rng.poisson(4, N) / 4
    low = np.where(np.arange(N) < 300, 0.25, np.nan)
    given = Judged(
        label,
        np.ones(N),
        rng.integers(0, 80, N),
        np.zeros(N),
        low=low,
        high=np.where(np.isnan(low), low, 1.5),
    )
    made = rate_figures(given, label, 1)
    inside = (label[:300] >= 0.25) & (label[:300] <= 1.5)
    assert made.interval_rows == 300
    assert made.covered is not None
    assert made.covered.value == pytest.approx(inside.mean())
    assert made.covered.low is not None
    assert made.covered.low < inside.mean() < (made.covered.high or 0)
    outside = np.maximum(0.25 - label[:300], 0) + np.maximum(label[:300] - 1.5, 0)
    assert made.interval_score == pytest.approx((1.25 + 20 * outside).mean())
    assert made.interval_score_of_these is not None
    bare = rate_figures(Judged(label, np.ones(N), given.entity, np.zeros(N)), label, 1)
    assert (bare.covered, bare.interval_rows) == (None, 0)
