"""Drift by what it costs: the performance that a model may expect of itself, then and now, and which features moved its answers.

Where probabilities are calibrated, they say how well they rank before any label has come: each row counts as an event with its
probability (confidence-based performance estimation, as in NannyML). That sees a changed population; a world in which the same features mean
something else it cannot see, which the track record does, later.
"""

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import NDArray

from tutorpulse.model.outputs import Floats
from tutorpulse.training.track.resampling import INTERVAL, Ranking
from tutorpulse.training.track.shapes import Expected, Interval, Moved

MIN_DROP = 0.02
"""A drop of the expected AUC that is smaller than this changes no decision, however certain it is."""

RESAMPLES = 100
FEATURES_SHOWN = 8


def expected(output: str, then: Floats, now: Floats, seed: int) -> Expected | None:
    """Judge one risk (n and m probabilities, NaN left out); None where either has no spread."""
    before, after = (risk[~np.isnan(risk)] for risk in (then, now))
    told = [_promise(risk, seed) for risk in (before, after)]
    if told[0] is None or told[1] is None:
        return None
    low, high = told[0].low, told[1].high
    beyond = low is not None and high is not None and high < low
    drifting = beyond and told[0].value - told[1].value >= MIN_DROP
    return Expected(output, told[0], told[1], float(before.mean()), float(after.mean()), drifting)


def _promise(risk: Floats, seed: int) -> Interval | None:
    """The AUC of probabilities that are all true, each row being an event with its own."""
    if len(np.unique(risk)) < 2:
        return None
    ranking = Ranking(risk, risk)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(risk), np.full(len(risk), 1 / len(risk)), RESAMPLES).astype(np.int32)
    drawn = ranking.drawn(np.arange(len(risk)), draws)[:, 0]
    low, high = np.nanpercentile(drawn, INTERVAL)
    return Interval(ranking.plain()[0], float(low), float(high))


def moved(
    names: list[str],
    then: NDArray[np.float32],
    now: NDArray[np.float32],
    risk_of: Callable[[NDArray[np.float32]], Floats],
) -> list[Moved]:
    """The features whose drift moved the mean risk most, largest first; `risk_of` predicts rows such as `now` (m, k)."""
    mean = float(np.nanmean(risk_of(now)))
    told = []
    for place, name in enumerate(names):
        undone = undo(then[:, place], now[:, place])
        if undone is not None:
            rows = now.copy()
            rows[:, place] = undone
            told.append(Moved(name, mean - float(np.nanmean(risk_of(rows))), _distance(then, now, place)))
    return sorted(told, key=lambda m: -abs(m.impact))[:FEATURES_SHOWN]


def undo(then: NDArray[np.float32], now: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The values of now moved to the distribution of then, each keeping its rank; what is missing stays so.

    None where there is nothing to move, or it would move nothing.
    """
    before, known = then[~np.isnan(then)], ~np.isnan(now)
    if not len(before) or not known.any():
        return None
    values = now[known]
    middle = (
        np.searchsorted(np.sort(values), values, "left") + np.searchsorted(np.sort(values), values, "right")
    ) / 2
    back = now.copy()
    back[known] = np.quantile(before, middle / len(values), method="nearest")
    return None if np.array_equal(back, now, equal_nan=True) else back


def _distance(then: NDArray[np.float32], now: NDArray[np.float32], place: int) -> float:
    before, after = (rows[~np.isnan(rows[:, place]), place] for rows in (then, now))
    return float(scipy.stats.ks_2samp(before, after).statistic)
