"""How bad each of n values is by a rule: judged over arrays, so that one call serves one tutor and 100,000."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.alerts.rules import AlertRule
from tutorpulse.decisions.alerts.severity import NONE, UNKNOWN, rank
from tutorpulse.decisions.rules import Condition

Numbers = Callable[[str], NDArray[np.float64]]
"""A fact's column of length n by its name, NaN where it is missing."""

Ranks = NDArray[np.int8]


@dataclass(frozen=True)
class Levels:
    """Of n values: the rank of the worst threshold crossed (`level`), and of the worst one not cleared yet by the margin
    (`held`, never less where no condition forbids opening); `UNKNOWN` where the value is missing."""

    value: NDArray[np.float64]
    level: Ranks
    held: Ranks

    def turns(self, rows: NDArray[np.int64], severity: Ranks) -> NDArray[np.bool_]:
        """Which of the live alerts about these rows, (n,), of such severity, get worse, milder, or are over: see `transitions.observed`."""
        level, held = self.level[rows], self.held[rows]
        turns: NDArray[np.bool_] = self._known(rows) & ((level > severity) | (held < severity))
        return turns

    def drifts(
        self, rows: NDArray[np.int64], severity: Ranks, value: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Which of them, of such values, are what they were but for their value."""
        now = self.value[rows]
        same = (now == value) | (np.isnan(now) & np.isnan(value))
        drifts: NDArray[np.bool_] = self._known(rows) & ~self.turns(rows, severity) & ~same
        return drifts

    def _known(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        known: NDArray[np.bool_] = (self.level[rows] != UNKNOWN) & (self.held[rows] != UNKNOWN)
        return known


def levels(rule: AlertRule, number: Numbers) -> Levels:
    """How bad each value is. A condition of `when` that does not hold, or is not known, lets nothing open."""
    value = number(rule.fact)
    level, held = (_ranks(rule, value, margin) for margin in (0.0, rule.margin))
    for condition in rule.when:
        level = np.where((level > NONE) & ~_holds(condition, number), NONE, level).astype(np.int8)
    return Levels(value, level, held)


def _ranks(rule: AlertRule, value: NDArray[np.float64], margin: float) -> Ranks:
    ranks = np.full(len(value), NONE, dtype=np.int8)
    for severity, threshold in rule.thresholds.items():
        ranks[_beyond(rule.test, value, threshold, margin)] = rank(severity)
    ranks[np.isnan(value)] = UNKNOWN
    return ranks


def _beyond(test: str, value: NDArray[np.float64], threshold: float, margin: float) -> NDArray[np.bool_]:
    if test in ("above", "at_least"):
        bound = round(threshold - margin, 9)
        return np.asarray(value > bound if test == "above" else value >= bound)
    bound = round(threshold + margin, 9)
    return np.asarray(value < bound if test == "below" else value <= bound)


def _holds(condition: Condition, number: Numbers) -> NDArray[np.bool_]:
    return _beyond(condition.test, number(condition.fact), condition.threshold, 0.0)
