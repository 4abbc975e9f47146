"""Calibration month by month: of all marketplaces together, and of each alone beside what chance allows."""

from collections.abc import Sequence

import msgspec
import numpy as np

from tutorpulse.model.outputs import Floats
from tutorpulse.training.calibrate import log_odds, logistic_line
from tutorpulse.training.skill import RiskRows

CHANCE = 1.96
"""Standard errors on either side within which 95 % of the slopes of true probabilities lie."""


class MonthSlope(msgspec.Struct, frozen=True):
    """The calibration slope of one sampled morning over all marketplaces, n rows.

    `error` is the standard error that it would have were every prediction the true probability. `single` are the slopes of the
    marketplaces with both outcomes that morning; `within_chance` of them are within `CHANCE` of their own such errors of 1.
    """

    rows: int
    rate: float
    slope: float
    error: float
    single: list[float]
    within_chance: int


def month_slopes(markets: Sequence[RiskRows]) -> list[MonthSlope]:
    """The sampled mornings in order, the first of all marketplaces together, and so on; those with one outcome alone left out."""
    mornings = [_by_morning(rows) for rows in markets]
    together = [
        [each[nth] for each in mornings if nth < len(each)]
        for nth in range(max(map(len, mornings), default=0))
    ]
    return [
        _month(parts)
        for parts in together
        if len(np.unique(np.concatenate([label for label, _ in parts]))) == 2
    ]


def _by_morning(rows: RiskRows) -> list[tuple[Floats, Floats]]:
    """What came true and what was said, by morning, oldest first."""
    known = ~np.isnan(rows.label + rows.risk + rows.truth)
    return [
        (rows.label[at], rows.risk[at])
        for at in (known & (rows.morning == one) for one in np.unique(rows.morning))
    ]


def _month(parts: Sequence[tuple[Floats, Floats]]) -> MonthSlope:
    label, risk = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    single = [(_slope(came, said), slope_error(said)) for came, said in parts if len(np.unique(came)) == 2]
    return MonthSlope(
        rows=len(label),
        rate=float(label.mean()),
        slope=_slope(label, risk),
        error=slope_error(risk),
        single=[slope for slope, _ in single],
        within_chance=sum(abs(slope - 1) <= CHANCE * error for slope, error in single),
    )


def _slope(label: Floats, risk: Floats) -> float:
    return logistic_line(log_odds(risk), label)[0]


def slope_error(risk: Floats) -> float:
    """The standard error of the calibration slope of n true probabilities: from the information of the logistic line at 1 and 0."""
    score = log_odds(risk)
    weight = risk * (1 - risk)
    total, mean = weight.sum(), np.average(score, weights=weight)
    return float(1 / np.sqrt((weight * (score - mean) ** 2).sum())) if total else float("inf")
