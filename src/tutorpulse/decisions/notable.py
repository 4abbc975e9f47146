"""Which facts about an entity are worth telling: those that moved, else those far from the peers'."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

MOVED_MIN = 0.25
"""Spreads of the peers that a fact must have moved to be told."""

UNUSUAL_MIN = 1.0
"""Spreads of the peers that a fact must lie from their median to be told."""


@dataclass(frozen=True)
class Peers:
    """Per feature, the peers' median and spread (half the distance from the 16th to the 84th percentile; where that
    is 0, the standard deviation), length c; and what is healthy: 1 up, -1 down, 0 neither. `low` and `high` are the 10th and the 90th
    percentile. NaN: not known."""

    median: NDArray[np.float64]
    spread: NDArray[np.float64]
    healthy: NDArray[np.float64]
    groups: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def peers(features: Matrix, healthy: Sequence[str], groups: Sequence[str]) -> Peers:
    """Of an (n, c) matrix; a column that is all missing, or the same for all, is never notable.

    `healthy` says "up", "down" or "none" per column, `groups` the group of each: one fact a group is told.
    """
    sign = np.array([{"up": 1.0, "down": -1.0}.get(direction, 0.0) for direction in healthy])
    statistics = [_statistics(features[:, i]) for i in range(features.shape[1])]
    low, median, high, spread = np.array(statistics, dtype=np.float64).reshape(-1, 4).T
    return Peers(median, spread, sign, tuple(groups), low, high)


def notable(now: Matrix, earlier: Matrix | None, of: Peers, worse: bool, limit: int = 2) -> list[int]:
    """Columns of one row (length c) worth telling, most telling first, one a group, at most `limit`.

    Where `worse`, facts that moved in the unhealthy direction, then those unusually unhealthy; else the healthy ones.
    `earlier` is the same row some days ago, None where that is not known.
    """
    sign = -of.healthy if worse else of.healthy
    told = _ranked(sign * (now - earlier) / of.spread, MOVED_MIN) if earlier is not None else []
    told += _ranked(sign * (now - of.median) / of.spread, UNUSUAL_MIN)
    first_of_group = {of.groups[i]: i for i in reversed(told)}
    return [i for i in dict.fromkeys(told) if first_of_group[of.groups[i]] == i][:limit]


def _ranked(score: NDArray[np.float64], least: float) -> list[int]:
    # What is not known compares as False.
    reached = np.flatnonzero((score >= least) & (score < np.inf))
    return [int(i) for i in reached[np.argsort(-score[reached], kind="stable")]]


def _statistics(column: Matrix) -> tuple[float, float, float, float]:
    """The 10th, 50th and 90th percentile, and the spread."""
    known = column[~np.isnan(column)].astype(np.float64)
    if not len(known):
        return np.nan, np.nan, np.nan, np.nan
    least, low, median, high, most = np.percentile(known, [10, 16, 50, 84, 90])
    spread = (high - low) / 2 or float(np.std(known))
    return float(least), float(median), float(most), float(spread) or np.nan
