"""An interval around a predicted rate, by split conformal prediction (Vovk and others 2005; nested sets: Gupta and others 2022).

One half of the calibration rows tells, for bands of predicted rates, which multiple of the prediction the outcome seldom falls
short of and seldom passes, at every share of misses to either side up to `MOST_MISSED`. The other half, of other entities, says
which of these nested intervals covers as much as was promised. What is promised holds for all rows together, if those to come are
like those that calibrated.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.model.outputs import Floats

LEVEL: Final = 0.9
"""What share of outcomes an interval is to hold."""

MOST_MISSED: Final = 0.07
"""To either side. Outcomes near nothing are whole sessions and nearly always inside; without this limit larger rates would pay for it."""

_SHARES = np.linspace(0.002, MOST_MISSED, 69)
BAND_ROWS, MOST_BANDS = 150, 20
"""Rows of a band of predicted rates, at least; bands, at most."""

MIN_ROWS = 2 * BAND_ROWS
"""Rows that calibrate, below which there is no interval."""


class RateInterval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds at the predicted rates `at` (ascending), linear between, in proportion beyond; from how many rows."""

    level: float
    at: list[float]
    low: list[float]
    high: list[float]
    rows: int

    def bounds(self, rate: Floats) -> tuple[Floats, Floats]:
        """Lower and upper bound of n rates; the rate itself lies within. NaN where the rate is."""
        return _bounds(rate, np.array(self.at), np.array(self.low), np.array(self.high))


def fit_interval(rate: Floats, label: Floats, shapes: NDArray[np.bool_]) -> RateInterval | None:
    """The interval that n predicted rates and outcomes, none of them fitted on, ask for; None where they are too few.

    Rows of `shapes` tell the shape, the others how wide it has to be. Both should not share an entity.
    """
    if min(int(shapes.sum()), int((~shapes).sum())) < BAND_ROWS or not (rate[shapes] > 0).all():
        return None
    at, multiples = _bands(rate[shapes], label[shapes])
    judged, truth = rate[~shapes], label[~shapes]
    needed = np.ceil((len(truth) + 1) * LEVEL)
    found: RateInterval | None = None
    for low, high in multiples:
        below, above = _bounds(judged, at, low * at, high * at)
        if found is not None and ((truth >= below) & (truth <= above)).sum() < needed:
            break
        found = RateInterval(LEVEL, at.tolist(), (low * at).tolist(), (high * at).tolist(), len(rate))
    return found


def interval_scores(label: Floats, low: Floats, high: Floats, level: float = LEVEL) -> Floats:
    """The interval score of n outcomes (Gneiting and Raftery 2007), the lower the better.

    The width, and 2 / (1 - level) times the distance by which an outcome lies outside.
    """
    missed = np.maximum(low - label, 0) + np.maximum(label - high, 0)
    return np.asarray(high - low + 2 / (1 - level) * missed, np.float64)


def _bands(rate: Floats, label: Floats) -> tuple[Floats, list[tuple[Floats, Floats]]]:
    """The median rate of each band, and its quantiles of outcome / rate for every share of misses, widest first."""
    count = int(np.clip(len(rate) // BAND_ROWS, 1, MOST_BANDS))
    bands = np.array_split(np.argsort(rate, kind="stable"), count)
    at = np.array([np.median(rate[band]) for band in bands])
    distinct = np.flatnonzero(np.diff(at, prepend=0.0) > 0)
    shares = np.concatenate([_SHARES, 1 - _SHARES])
    table = np.array([np.quantile(label[bands[i]] / rate[bands[i]], shares) for i in distinct])
    size = len(_SHARES)
    return at[distinct], [(table[:, i], table[:, size + i]) for i in range(size)]


def _bounds(rate: Floats, at: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    beyond = np.where(rate < at[0], rate / at[0], np.where(rate > at[-1], rate / at[-1], 1.0))
    below = np.interp(rate, at, low) * beyond
    above = np.interp(rate, at, high) * beyond
    return np.minimum(below, rate), np.maximum(above, rate)
