"""When the starter yields to an own model."""

import msgspec
import numpy as np
import pytest

from tests.model.made import artifact_of
from tutorpulse.model.manifest import KindManifest, Measures
from tutorpulse.training.evaluate import beside
from tutorpulse.training.yielding import REQUIRED, lacking

PART = artifact_of().manifest.kinds["tutor"]


def _part(**changes: object) -> KindManifest:
    return msgspec.structs.replace(PART, **changes)


def _figures(starter_auc: float | None) -> dict[str, Measures]:
    figure = Measures(rows=900, auc=0.8, auc_low=0.77, auc_high=0.83, starter_auc=starter_auc)
    return dict.fromkeys(REQUIRED, figure)


@pytest.mark.parametrize("output", REQUIRED)
def test_without_both_churn_risks_the_starter_goes_on(output: str) -> None:
    why = lacking(_part(absent={output: "120 labelled rows, 300 needed"}))
    assert why == f"{output} cannot be learnt yet: 120 labelled rows, 300 needed"


def test_a_model_without_health_is_enough() -> None:
    assert lacking(_part(absent={"health_score": "sessions are rare"})) is None


def test_a_history_too_short_to_judge_is_no_evidence_against_it() -> None:
    assert lacking(_part(metrics={})) is None
    assert lacking(_part(metrics=_figures(None))) is None


@pytest.mark.parametrize(("starter_auc", "goes_on"), [(0.75, False), (0.83, False), (0.84, True)])
def test_the_starter_goes_on_only_where_it_is_better_than_chance_allows(
    starter_auc: float, goes_on: bool
) -> None:
    why = lacking(_part(metrics=_figures(starter_auc)))
    assert (why is not None) == goes_on
    if why:
        assert why == (
            "on held-out time the starter ranks churn_risk_14d better: AUC 0.840, the own model 0.800 (0.770-0.830)"
        )


def test_the_starter_is_measured_where_there_is_an_auc() -> None:
    label = np.array([0.0, 0, 1, 1])
    rival = np.array([0.1, 0.9, 0.5, 0.7])
    assert beside(Measures(rows=4, auc=1.0), label, rival).starter_auc == 0.5
    assert beside(Measures(rows=4), label, rival).starter_auc is None
