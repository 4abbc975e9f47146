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


def notable(
    now: Matrix, earlier: Matrix, of: Peers, worse: NDArray[np.bool_], limit: int = 2
) -> list[list[int]]:
    """Of each of n rows (n, c) the columns worth telling, most telling first, one a group, at most `limit`.

    Where `worse` (n,), facts that moved in the unhealthy direction, then those unusually unhealthy; else the healthy ones.
    `earlier` (n, c) are the same rows some days ago, NaN where that is not known.
    """
    sign = np.where(worse[:, None], -of.healthy, of.healthy)
    moved = _reached(sign * (now - earlier) / of.spread, MOVED_MIN)
    unusual = _reached(sign * (now - of.median) / of.spread, UNUSUAL_MIN)
    group = np.unique(of.groups, return_inverse=True)[1]
    told: list[list[int]] = [[] for _ in now]
    rows = np.arange(len(now))
    for _ in range(limit):
        first, second = moved[rows].argmax(axis=1), unusual[rows].argmax(axis=1)
        best = np.where(moved[rows, first] > -np.inf, first, second)
        found = np.maximum(moved[rows, best], unusual[rows, best]) > -np.inf
        rows, best = rows[found], best[found]
        for row, column in zip(rows.tolist(), best.tolist(), strict=True):
            told[row].append(column)
        same_group = group == group[best][:, None]
        for score in (moved, unusual):
            score[rows] = np.where(same_group, -np.inf, score[rows])
    return told


def _reached(score: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """The scores that are known and at least so high; others are -infinity."""
    # What is not known compares as False.
    return np.where((score >= least) & (score < np.inf), score, -np.inf)


def _statistics(column: Matrix) -> tuple[float, float, float, float]:
    """The 10th, 50th and 90th percentile, and the spread."""
    known = column[~np.isnan(column)].astype(np.float64)
    if not len(known):
        return np.nan, np.nan, np.nan, np.nan
    least, low, median, high, most = np.percentile(known, [10, 16, 50, 84, 90])
    spread = (high - low) / 2 or float(np.std(known))
    return float(least), float(median), float(most), float(spread) or np.nan
