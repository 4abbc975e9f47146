"""The in-process predictor."""

import dataclasses

import numpy as np
import pytest

from tests.model.made import artifact_of, frame_of
from tutorpulse.errors import ArtifactError, ModelError
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.model.contract import CONFIDENCE_LEVELS, Predictor
from tutorpulse.model.intervals import RateInterval
from tutorpulse.model.predictor import OUTPUT_FIELDS, LocalPredictor

PREDICTOR = LocalPredictor(artifact_of())
FRAME = frame_of(120, 4)
PREDICTED = PREDICTOR.predict(FRAME)


def _rows(frame: FeatureFrame, rows: slice) -> FeatureFrame:
    return dataclasses.replace(
        frame,
        entity_ids=frame.entity_ids[rows],
        features=frame.features[rows],
        context=frame.context[rows],
        facts={name: column[rows] for name, column in frame.facts.items()},
    )


def test_one_row_gets_what_it_gets_in_a_batch() -> None:
    for i in range(len(FRAME)):
        alone = PREDICTOR.predict(_rows(FRAME, slice(i, i + 1)))
        for name in (*OUTPUT_FIELDS, "confidence", "from_cohort"):
            np.testing.assert_array_equal(getattr(alone, name)[0], getattr(PREDICTED, name)[i])


def test_no_rows_give_no_predictions() -> None:
    assert len(PREDICTOR.predict(_rows(FRAME, slice(0, 0))).churn_risk_14d) == 0


def test_risks_are_ordered_and_in_bounds() -> None:
    own = ~PREDICTED.from_cohort
    for name in OUTPUT_FIELDS:
        top = {"health_score": 100, "session_velocity": np.inf}.get(name, 1)
        assert ((getattr(PREDICTED, name)[own] >= 0) & (getattr(PREDICTED, name)[own] <= top)).all()
    assert (PREDICTED.already_gone <= PREDICTED.churn_risk_14d)[own].all()
    assert (PREDICTED.churn_risk_14d <= PREDICTED.churn_risk_30d)[own].all()
    assert (PREDICTED.inactive_30d <= PREDICTED.inactive_14d)[own].all()


def test_without_a_session_the_cohorts_rate_stands_with_low_confidence() -> None:
    never = FRAME.facts["reached_total"] == 0
    np.testing.assert_array_equal(PREDICTED.from_cohort, never)
    assert (PREDICTED.confidence[never] == CONFIDENCE_LEVELS.index("low")).all()
    risks = PREDICTED.churn_risk_14d[never]
    assert not np.isnan(risks).any()
    assert len(np.unique(risks)) <= 5


def test_health_of_the_new_and_the_seldom_is_their_cohorts() -> None:
    tenure, completed_90d = FRAME.context[:, 0], FRAME.context[:, 1]
    seldom = ~PREDICTED.from_cohort & ((tenure < 30) | (completed_90d < 1))
    others = ~PREDICTED.from_cohort & (tenure >= 90) & (completed_90d >= 3)
    assert seldom.any()
    assert len(np.unique(PREDICTED.health_score[seldom])) <= 5
    assert (PREDICTED.confidence[seldom] == 0).all()
    assert len(np.unique(PREDICTED.health_score[others])) > 10


def test_confidence_grows_with_the_history() -> None:
    sessions, tenure = FRAME.facts["completed_total"], FRAME.context[:, 0]
    high = PREDICTED.confidence == CONFIDENCE_LEVELS.index("high")
    assert high.any()
    assert (sessions[high] >= 20).all()
    assert (tenure[high] >= 90).all()
    assert (PREDICTED.confidence[sessions < 3] == CONFIDENCE_LEVELS.index("low")).all()


def test_the_interval_of_the_velocity_is_that_of_its_head_and_no_cohort_has_one() -> None:
    artifact = artifact_of()
    interval = RateInterval(0.9, [0.1, 1.0], [0.05, 0.5], [0.3, 2.0], 1000)
    head = dataclasses.replace(artifact.heads["tutor"]["session_velocity"], interval=interval)
    heads = {"tutor": {**artifact.heads["tutor"], "session_velocity": head}}
    found = LocalPredictor(dataclasses.replace(artifact, heads=heads)).predict(FRAME)
    low, high = interval.bounds(found.session_velocity)
    own = ~found.from_cohort
    assert np.array_equal(found.session_velocity_low[own], low[own])
    assert np.array_equal(found.session_velocity_high[own], high[own])
    assert np.isnan(found.session_velocity_low[~own]).all()
    assert np.isnan(PREDICTED.session_velocity_high).all(), (
        "nothing is made up for a model without an interval"
    )


def test_it_is_a_predictor() -> None:
    predictor: Predictor = PREDICTOR
    assert PREDICTED.model_version == predictor.version


def test_a_kind_that_it_was_not_trained_on_is_refused() -> None:
    with pytest.raises(ModelError, match=r"was trained without any student.*tutorpulse train"):
        PREDICTOR.predict(frame_of(3, entity_type="student"))


def test_another_number_of_columns_is_refused() -> None:
    with pytest.raises(ArtifactError, match=r"takes 48 columns, these features have 47"):
        PREDICTOR.predict(dataclasses.replace(FRAME, context=FRAME.context[:, :1]))


@pytest.mark.parametrize("output", OUTPUT_FIELDS)
def test_explanations_are_of_the_prediction_shown(output: str) -> None:
    scale = 1 if output in ("session_velocity", "health_score") else 100
    for explanation, value in zip(PREDICTOR.explain(FRAME, output), getattr(PREDICTED, output), strict=True):
        assert explanation.prediction == pytest.approx(value * scale)
        assert bool(explanation.drivers) != bool(explanation.note)


def test_a_cohorts_rate_has_no_drivers_and_says_so() -> None:
    explanation = PREDICTOR.explain(FRAME, "churn_risk_14d")[0]
    assert explanation.drivers == ()
    assert "base rate" in explanation.note


def test_an_unknown_output_is_refused() -> None:
    with pytest.raises(ModelError, match=r"no output 'luck'. Outputs are first_session_success"):
        PREDICTOR.explain(FRAME, "luck")
