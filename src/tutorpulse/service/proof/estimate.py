"""What acting does, told from a trial in which the lot decided for whom somebody acts.

Everybody counts in the arm that the lot gave, whether or not anybody acted in the end (intention to treat). Each one's score is

    m1(x) - m0(x) + z (y - m1(x)) / p - (1 - z) (y - m0(x)) / (1 - p)

with z the arm, p the probability of being acted on, y the outcome and m1, m0 linear regressions of y on what was predicted at
enrolment, one in each arm. Its mean estimates the effect without bias whatever the regressions are worth (Robins, Rotnitzky and Zhao
1994); good ones only make the interval narrower.

Two intervals of 95 %: one for a single look, by Student's t (scipy), and one that holds at every look at once, however often
and whenever one looks: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central
limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024) 2613-2640, arXiv:2103.06476, theorem 2.2 and
section 3. Only the second decides anything.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ALPHA = 0.05
ENOUGH_EACH = 50
"""Outcomes in each arm before an effect is told; by simulation the intervals hold from there on (docs/results.md)."""

ENOUGH_OF_A_KIND = 5
"""Of an outcome that is yes or no, as many of either in each arm: below it the normal distribution fits badly."""

TIGHTEST_AT = 500
"""The number of outcomes at which the interval for every look is tightest; it is valid at any."""


@dataclass(frozen=True)
class Trial:
    """n enrolments: whom the lot let be acted on, the probability of that, and k numbers of each known at enrolment."""

    acted: Bools
    probability: Floats
    covariates: Floats

    def where(self, mask: Bools) -> "Trial":
        """Some of them."""
        return Trial(self.acted[mask], self.probability[mask], self.covariates[mask])


@dataclass(frozen=True)
class Interval:
    """Both bounds, in the outcome's unit."""

    low: float
    high: float

    @property
    def decided(self) -> bool:
        """Whether no effect is outside."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Estimate:
    """The effect of acting: outcome where acted minus where held out, with both intervals, and how many outcomes are known.

    `variance` is that of one score; `scores` has one number for each known outcome.
    """

    effect: float
    once: Interval
    always: Interval
    acted: int
    held: int
    acted_mean: float
    held_mean: float
    scores: Floats


def enough(outcome: Floats, trial: Trial) -> bool:
    """Whether both arms have `ENOUGH_EACH` known outcomes, and of yes and no `ENOUGH_OF_A_KIND` each."""
    known = ~np.isnan(outcome)
    arms = [outcome[known & (trial.acted == arm)] for arm in (True, False)]
    if min(map(len, arms)) < ENOUGH_EACH:
        return False
    if not np.isin(outcome[known], (0.0, 1.0)).all():
        return True
    return all(ENOUGH_OF_A_KIND <= arm.sum() <= len(arm) - ENOUGH_OF_A_KIND for arm in arms)


def estimate(outcome: Floats, trial: Trial) -> Estimate:
    """The effect on n outcomes (NaN: not known yet). Both arms need more known outcomes than there are covariates, by two."""
    known = ~np.isnan(outcome)
    y, some = outcome[known], trial.where(known)
    scores = _scores(y, some, _regressions(y, some))
    parameters = 2 * (some.covariates.shape[1] + 1)
    effect, freedom = float(scores.mean()), len(scores) - parameters
    spread = math.sqrt(float(((scores - effect) ** 2).sum()) / freedom)
    once = _students_t(1 - ALPHA / 2, freedom) * spread / math.sqrt(len(scores))
    always = always_margin(len(scores), spread)
    return Estimate(
        effect,
        Interval(effect - once, effect + once),
        Interval(effect - always, effect + always),
        int(some.acted.sum()),
        int((~some.acted).sum()),
        float(y[some.acted].mean()),
        float(y[~some.acted].mean()),
        scores,
    )


def _students_t(probability: float, freedom: int) -> float:
    """The quantile of Student's t."""
    from scipy.special import stdtrit  # every verb would wait for it otherwise

    return float(stdtrit(freedom, probability))


def always_margin(count: int, spread: float, alpha: float = ALPHA, tightest_at: int = TIGHTEST_AT) -> float:
    """Half the width, at `count` observations of standard deviation `spread`, of an interval that holds at every count at once."""
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tightest_at
    inside = count * rho2 + 1
    return spread * math.sqrt(2 * inside / (count**2 * rho2) * math.log(math.sqrt(inside) / alpha))


def share_avoided(outcome: Floats, trial: Trial) -> tuple[float, float]:
    """Of a yes-or-no outcome, the share of it that acting avoids, and the variance of that (by the delta method)."""
    known = ~np.isnan(outcome)
    a, h = (outcome[known & (trial.acted == arm)] for arm in (True, False))
    ratio = float(a.mean() / h.mean())
    variance = ratio**2 * (_relative_variance(a) + _relative_variance(h))
    return 1 - ratio, variance


def _relative_variance(values: Floats) -> float:
    mean = float(values.mean())
    return float(values.var(ddof=1)) / (len(values) * mean**2) if mean > 0 else 0.0


def _regressions(y: Floats, trial: Trial) -> tuple[Floats, Floats]:
    """Coefficients of both arms' regressions, weighted so that each stands for everybody enrolled."""
    design = design_of(trial.covariates)
    weights = np.sqrt(1 / np.where(trial.acted, trial.probability, 1 - trial.probability))
    fits = [
        np.linalg.lstsq(design[arm] * weights[arm, None], y[arm] * weights[arm], rcond=None)[0]
        for arm in (trial.acted, ~trial.acted)
    ]
    return np.asarray(fits[0], np.float64), np.asarray(fits[1], np.float64)


def _scores(y: Floats, trial: Trial, fits: tuple[Floats, Floats]) -> Floats:
    design = design_of(trial.covariates)
    if_acted, if_held = design @ fits[0], design @ fits[1]
    weight = np.where(trial.acted, 1 / trial.probability, -1 / (1 - trial.probability))
    residual = y - np.where(trial.acted, if_acted, if_held)
    return np.asarray(if_acted - if_held + weight * residual, dtype=np.float64)


def design_of(covariates: Floats) -> Floats:
    """A column of ones, then the covariates; what is not known is taken as the mean of what is."""
    known = np.where(np.isnan(covariates), 0.0, covariates)
    count = (~np.isnan(covariates)).sum(axis=0)
    mean = known.sum(axis=0) / np.maximum(count, 1)
    filled = np.where(np.isnan(covariates), mean, covariates)
    return np.column_stack([np.ones(len(covariates)), filled])


def scores_across(y: Floats, trial: Trial, fold: NDArray[np.int64]) -> Floats:
    """Scores whose regressions have not seen the fold that each belongs to; every fold holds both arms."""
    found = np.empty(len(y))
    for k in np.unique(fold):
        mine = fold == k
        found[mine] = _scores(y[mine], trial.where(mine), _regressions(y[~mine], trial.where(~mine)))
    return found
