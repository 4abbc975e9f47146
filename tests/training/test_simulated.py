"""Judging on simulated marketplaces: both readings of the labels, the oracles, who may judge."""

from functools import partial

import numpy as np
import pytest

from tutorpulse.errors import InputError
from tutorpulse.features.compile import CATALOGS, feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES, FeatureFrame
from tutorpulse.model import registry
from tutorpulse.model.contract import Predictions
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.simulate.marketplaces import drawn
from tutorpulse.store.log import EventStore
from tutorpulse.training.observable import observable_oracle
from tutorpulse.training.pool import ReadFrame
from tutorpulse.training.practice import Drill, Practice, practise
from tutorpulse.training.scorers import fixed_scorer, own_scorer
from tutorpulse.training.simulated import RISKS, Judging, Sample, SimulatedFigures, simulated_figures
from tutorpulse.training.snapshots import Limits

SETTINGS = Settings(exit_gap_days_tutor=30, exit_gap_days_student=30)
NAMES = {kind: [feature.name for feature in catalog.shown()] for kind, catalog in CATALOGS.items()}
DRILL = Drill(days=220, mornings=2, continuations=8)


def compute(store: EventStore) -> ReadFrame:
    return features_of(store, SETTINGS).compute


def quiet(*_: object) -> None:
    pass


@pytest.fixture(scope="module")
def practices() -> list[Practice]:
    scorers = {
        "own": own_scorer(partial(features_of, settings=SETTINGS), SETTINGS, Limits(dates=6, rows=4000))
    }
    return practise(drawn(301, (70, 70), (700, 700)), DRILL, compute, scorers, quiet)


@pytest.mark.slow
def test_each_morning_has_both_kinds_and_only_who_is_scored(practices: list[Practice]) -> None:
    assert [p.kind for p in practices] == [*ENTITY_TYPES] * 2
    for practice in practices:
        m = len(practice.frame)
        assert m > 20
        assert practice.traces.shape[0] == m
        assert all(len(values) == m for values in [*practice.label.values(), *practice.truth.values()])
        silent_us = practice.frame.as_of_us - practice.frame.facts["last_activity_us"]
        assert np.nanmax(silent_us) < 31 * 86_400_000_000 or practice.kind == "student"


@pytest.mark.slow
def test_what_came_true_is_what_was_likely(practices: list[Practice]) -> None:
    students = [p for p in practices if p.kind == "student"]
    for name in ("exit_14d", "exit_30d", "health"):
        label, truth = (
            np.concatenate([getattr(p, side)[name] for p in students]) for side in ("label", "truth")
        )
        both = np.isfinite(label + truth)
        assert both.sum() > 200
        assert label[both].mean() == pytest.approx(truth[both].mean(), abs=0.06)
        assert truth[both & (label == 1)].mean() > truth[both & (label == 0)].mean() + 0.1


@pytest.mark.slow
def test_traces_count_what_the_features_count(practices: list[Practice]) -> None:
    for practice in practices:
        place = NAMES[practice.kind].index("completed_60d")
        completed = practice.traces[:, :8].sum(axis=1)
        sixty = np.hstack([practice.frame.features, practice.frame.context])[:, place]
        assert np.all(completed <= sixty)
        assert np.corrcoef(completed, sixty)[0, 1] > 0.97
        ahead = np.hstack([practice.frame.features, practice.frame.context])[
            :, NAMES[practice.kind].index("sessions_ahead")
        ]
        known = np.isfinite(ahead)
        assert np.mean(practice.traces[known, -3] == ahead[known]) > 0.97


@pytest.mark.slow
def test_an_own_model_that_cannot_learn_yet_predicts_nobody(practices: list[Practice]) -> None:
    assert all(
        "own" not in p.predictions or len(p.predictions["own"].entity_ids) == len(p.frame) for p in practices
    )
    assert any("own" not in p.predictions for p in practices)


@pytest.mark.slow
def test_the_observable_oracle_tells_more_than_chance_and_less_than_the_truth(
    practices: list[Practice],
) -> None:
    oracle = observable_oracle(practices[:2], ["health"], 1)
    students = practices[3]
    told, truth = oracle.probability(students, "health"), students.truth["health"]
    known = np.isfinite(truth)
    assert told.min() >= 0
    assert told.max() <= 1
    assert 0.2 < np.corrcoef(told[known], truth[known])[0, 1] < 0.99


def starter(_: EventStore, frame: FeatureFrame) -> Predictions:
    found = registry.starter(feature_set_hash())
    assert found is not None
    predicted = fixed_scorer(found)(_, frame)
    assert predicted is not None
    return predicted


@pytest.fixture(scope="module")
def figures() -> SimulatedFigures:
    judging = Judging((302, 303), 70, 700, DRILL, Sample(marketplaces=0))
    return simulated_figures(judging, compute, {"starter": starter}, NAMES, quiet)


@pytest.mark.slow
def test_every_output_of_both_kinds_is_judged(figures: SimulatedFigures) -> None:
    for each in figures.seeds:
        assert set(each.scorers["starter"]) == set(ENTITY_TYPES)
        for part in each.scorers["starter"].values():
            assert set(part.risks) == set(RISKS)
            assert part.velocity is not None
            assert part.velocity.mae < part.velocity.mean_mae
    student = figures.seeds[0].scorers["starter"]["student"].risks["churn_risk_14d"]
    assert student.recency_auc < student.auc
    assert student.observable_auc is None


@pytest.mark.slow
def test_the_spread_is_over_the_seeds(figures: SimulatedFigures) -> None:
    values = [each.scorers["starter"]["tutor"].risks["churn_risk_30d"].auc for each in figures.seeds]
    spread = figures.spread["starter"]["tutor"]["churn_risk_30d"]["auc"]
    assert (spread.least, spread.largest, spread.seeds) == (min(values), max(values), 2)
    assert spread.mean == pytest.approx(np.mean(values))


@pytest.mark.parametrize("seed", [100, 199, 1000, 1999])
def test_seeds_that_taught_do_not_judge(seed: int) -> None:
    with pytest.raises(InputError, match=f"Seed {seed} cannot judge: .* Give others with --seeds"):
        simulated_figures(Judging((seed,)), compute, {}, NAMES, quiet)
