import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from tutorpulse.training.track.resampling import Ranking, Ratio, intervals, mean_of


@pytest.mark.parametrize("seed", range(20))
def test_a_ranking_has_the_figures_of_scikit_learn_ties_and_weights_included(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 200))
    event = (rng.random(size) < 0.4).astype(float)
    event[:2] = [0, 1]
    score = np.round(rng.random(size) + 0.3 * event, int(rng.integers(1, 4)))
    weight = rng.integers(0, 4, size).astype(float)
    weight[:2] = 1
    ranking = Ranking(event, score)
    auc, precision = ranking.figures(weight[None, ranking.order])[0]
    assert auc == pytest.approx(roc_auc_score(event, score, sample_weight=weight))
    assert precision == pytest.approx(average_precision_score(event, score, sample_weight=weight))
    assert ranking.plain()[0] == pytest.approx(roc_auc_score(event, score))


def test_one_outcome_alone_has_no_auc_and_no_events_no_precision() -> None:
    found = intervals({}, Ranking(np.zeros(9), np.arange(9.0)), np.arange(9), 1)
    assert found == {"auc": None, "average_precision": None}


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    covered = []
    for trial in range(200):
        people = rng.normal(0.5, 1, 60)
        values = np.repeat(people, 5) + rng.normal(0, 1, 300)
        found = intervals({"mean": mean_of(values)}, None, np.repeat(np.arange(60), 5), trial)["mean"]
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        covered.append(found.low <= 0.5 <= found.high)
    assert 0.82 <= np.mean(covered) <= 0.96


def test_rows_of_one_entity_alone_have_a_figure_and_no_interval() -> None:
    found = intervals({"mean": mean_of(np.array([1.0, 2.0]))}, None, np.zeros(2, int), 1)["mean"]
    assert found is not None
    assert (found.value, found.low, found.high) == (1.5, None, None)


def test_a_ratio_over_nothing_is_not_defined() -> None:
    nothing = Ratio(np.zeros(4), np.zeros(4))
    assert intervals({"share": nothing}, None, np.arange(4), 1) == {"share": None}
