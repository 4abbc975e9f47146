from dataclasses import replace

import numpy as np
import pytest

from tests.model.made import artifact_of, heads_of, matrix_of
from tutorpulse.clock import DAY_US
from tutorpulse.model.predictor import head_outputs
from tutorpulse.training.contest import Gain, Rivals, gains, judging_dates, verdict
from tutorpulse.training.labels import LABELS, Rows
from tutorpulse.training.snapshots import Snapshots
from tutorpulse.training.track.shapes import Interval

ARTIFACT = artifact_of()
PART = ARTIFACT.manifest.kinds["tutor"]
ROWS = matrix_of(3000, 8)
GAP_US = 60 * DAY_US


def snapshots(as_of_us: int = 400 * DAY_US) -> Snapshots:
    size = len(ROWS)
    moments = np.full(size, as_of_us)
    return Snapshots(
        "tutor", Rows(np.arange(size) // 3, moments), ROWS, np.ones(size), np.ones(size, bool), moments[:1]
    )


def true_labels() -> dict[str, np.ndarray]:
    """What comes true as the challenger, the made-up model as it is, says."""
    rng = np.random.default_rng(1)
    said = head_outputs(ARTIFACT.heads["tutor"], "exit", ROWS)
    drawn = {
        name: (rng.random(len(ROWS)) < risk).astype(float) for name, risk in said.items() if "risk" in name
    }
    labels = {name: np.full(len(ROWS), np.nan) for name in LABELS}
    return labels | {"exit_14d": drawn["churn_risk_14d"], "exit_30d": drawn["churn_risk_30d"]}


def rivals(shift: float, learnt_until_us: int = 0) -> Rivals:
    """The champion says log-odds that are off by so much."""
    heads = ARTIFACT.heads["tutor"]
    worse = {name: replace(head, intercept=head.intercept + shift) for name, head in heads.items()}
    return Rivals(worse, heads, PART, learnt_until_us)


def test_the_model_that_the_truth_follows_is_better_and_its_rival_worse() -> None:
    told = gains(snapshots(), true_labels(), rivals(1.0), 1)
    assert [gain.output for gain in told] == ["churn_risk_14d", "churn_risk_30d"]
    assert all(gain.gain.value > 0 and gain.champion_error > gain.challenger_error for gain in told)
    assert verdict(told)[0] == "better"
    heads = rivals(1.0)
    turned = Rivals(heads.challenger, heads.champion, PART, 0)
    assert verdict(gains(snapshots(), true_labels(), turned, 1))[0] == "worse"


def test_a_model_against_itself_makes_no_difference() -> None:
    told = gains(snapshots(), true_labels(), rivals(0.0), 1)
    assert {gain.gain.value for gain in told} == {0.0}
    assert verdict(told) == ("no difference", "no churn risk differs beyond noise")


def test_an_outcome_that_one_of_them_may_have_learnt_does_not_count() -> None:
    at_us = 400 * DAY_US
    matured_14d_us = at_us + 14 * DAY_US + GAP_US
    told = gains(snapshots(at_us), true_labels(), rivals(1.0, matured_14d_us), 1)
    assert [gain.output for gain in told] == ["churn_risk_30d"]
    later = gains(snapshots(at_us), true_labels(), rivals(1.0, matured_14d_us + 16 * DAY_US), 1)
    assert verdict(later)[0] == "not judged"


def gain(output: str, low: float, high: float) -> Gain:
    return Gain(output, 500, 0.2, 0.1, Interval((low + high) / 2, low, high), 0.7, 0.8)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([gain("churn_risk_14d", 0.01, 0.02)], "better"),
        ([gain("churn_risk_14d", -0.01, 0.02), gain("churn_risk_30d", 0.001, 0.02)], "better"),
        ([gain("churn_risk_14d", 0.01, 0.02), gain("health_score", -0.02, -0.01)], "worse"),
        ([gain("churn_risk_14d", 0.01, 0.02), gain("session_velocity", -0.02, -0.01)], "better"),
        ([gain("churn_risk_14d", -0.01, 0.02)], "no difference"),
        ([gain("health_score", 0.01, 0.02)], "not judged"),
        ([], "not judged"),
        ([Gain("churn_risk_14d", 500, 0.2, 0.1, Interval(0.1), 0.7, 0.8)], "no difference"),
    ],
)
def test_better_means_better_beyond_noise_on_leaving_and_nowhere_guarded_worse(
    told: list[Gain], expected: str
) -> None:
    assert verdict(told)[0] == expected


def test_dates_lie_after_the_moment_and_have_a_label_that_can_have_matured() -> None:
    dates = judging_dates(100 * DAY_US, 300 * DAY_US)
    assert 1 < len(dates) <= 12
    assert dates[0] > 100 * DAY_US
    assert dates[-1] == 286 * DAY_US
    assert len(judging_dates(100 * DAY_US, 114 * DAY_US)) == 0
    assert len(judging_dates(100 * DAY_US, 116 * DAY_US)) == 1


def test_heads_made_otherwise_can_be_compared_too() -> None:
    other = Rivals(heads_of(matrix_of(600), 4), ARTIFACT.heads["tutor"], PART, 0)
    assert len(gains(snapshots(), true_labels(), other, 1)) == 2
