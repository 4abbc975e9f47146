"""Who is helped, not who is riskiest: a linear model of the effect, used only once it is shown to tell the two apart.

Scores of the trial (`estimate`) are regressed on what was predicted at enrolment (the DR-learner of Kennedy, "Towards optimal doubly
robust estimation of heterogeneous causal effects", Electronic Journal of Statistics 17 (2023) 3008-3049). Scores and ranking come from other folds than those
that they are judged on.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tutorpulse.service.proof.estimate import (
    Bools,
    Floats,
    Interval,
    Trial,
    always_margin,
    design_of,
    scores_across,
)

UPLIFT_EACH = 500
"""Known outcomes in each arm before an uplift model is tried at all."""

_FOLDS = 5


def uplift(outcome: Floats, trial: Trial) -> tuple[Floats | None, Interval | None]:
    """Coefficients of the effect on an outcome (constant first), and by how much it is lower in the half ranked as helped most.

    No coefficients where that interval, which holds at every look, does not lie below 0. Both None where the outcomes do not
    suffice to try.
    """
    known: Bools = ~np.isnan(outcome)
    y, some = outcome[known], trial.where(known)
    if min(int(some.acted.sum()), int((~some.acted).sum())) < UPLIFT_EACH:
        return None, None
    fold = _folds(some.acted)
    scores = scores_across(y, some, fold)
    ranked = _ranked_across(scores, design_of(some.covariates), fold)
    helped_most = ranked <= np.median(ranked)
    apart = 2 * scores * np.where(helped_most, 1.0, -1.0)
    margin = always_margin(len(apart), math.sqrt(float(apart.var(ddof=1))))
    gap = Interval(float(apart.mean()) - margin, float(apart.mean()) + margin)
    return (_fitted(scores, design_of(some.covariates)) if gap.high < 0 else None), gap


def _folds(acted: Bools) -> NDArray[np.int64]:
    """Folds in turn within each arm: enrolments come in order of time and id, of which the lot knows nothing."""
    fold = np.empty(len(acted), np.int64)
    for arm in (acted, ~acted):
        fold[arm] = np.arange(int(arm.sum())) % _FOLDS
    return fold


def _ranked_across(scores: Floats, design: Floats, fold: NDArray[np.int64]) -> Floats:
    ranked = np.empty(len(scores))
    for k in range(_FOLDS):
        mine = fold == k
        ranked[mine] = design[mine] @ _fitted(scores[~mine], design[~mine])
    return ranked


def _fitted(scores: Floats, design: Floats) -> Floats:
    return np.asarray(np.linalg.lstsq(design, scores, rcond=None)[0], dtype=np.float64)
