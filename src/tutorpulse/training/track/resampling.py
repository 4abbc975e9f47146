"""Figures of many rows with intervals: a bootstrap that resamples entities, for the rows of one are not independent.

Scores are sorted once, and sums are taken by entity once; each resample then costs little, so that a month of half a million rows
takes seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.model.outputs import Floats
from tutorpulse.training.timeline import Ints
from tutorpulse.training.track.shapes import Interval

INTERVAL = (5.0, 95.0)
_CELLS = 2_000_000
"""Rows times resamples that are ranked at once."""

RANKED = ("auc", "average_precision")
"""The figures of a ranking, in the order of `Ranking.figures`."""

MOST, FEWEST = 100, 40
_WORK = 2e7
"""Resamples drawn; rows times resamples beyond which fewer resamples are drawn, `FEWEST` at least."""


class Ranking:
    """n rows ranked by a score (higher: likelier), each with an event that happened (1) or not (0)."""

    def __init__(self, event: Floats, score: Floats) -> None:
        self.order = np.argsort(-score, kind="stable")
        ordered = score[self.order]
        self._event = event[self.order]
        self._ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))

    def figures(self, weight: Floats) -> Floats:
        """Area under the ROC curve (ties counted half) and average precision, (r, 2), of r weightings of the rows in order of `order`.

        NaN where one outcome, or the event, has no weight.
        """
        positive = np.cumsum(weight * self._event, axis=1)[:, self._ends]
        seen = np.cumsum(weight, axis=1)[:, self._ends]
        negative = seen - positive
        gained, others = np.diff(positive, prepend=0.0, axis=1), np.diff(negative, prepend=0.0, axis=1)
        below = negative[:, -1:] - negative + others / 2
        precise = (gained * positive / np.maximum(seen, 1e-300)).sum(axis=1)
        with np.errstate(invalid="ignore"):
            auc = (gained * below).sum(axis=1) / (positive[:, -1] * negative[:, -1])
            return np.stack([auc, precise / positive[:, -1]], axis=1)

    def plain(self) -> tuple[float, float]:
        """Both figures of the rows as they are."""
        auc, precision = self.figures(np.ones((1, len(self._event))))[0].tolist()
        return auc, precision

    def drawn(self, own: NDArray[np.intp], times: NDArray[np.int32]) -> Floats:
        """Both figures, (r, 2), of r resamples of entities; `own` is whose each row is."""
        place = own[self.order]
        at_once = max(1, _CELLS // max(len(place), 1))
        parts = [
            self.figures(times[i : i + at_once, place].astype(np.float64))
            for i in range(0, len(times), at_once)
        ]
        return np.concatenate([np.empty((0, 2)), *parts])


@dataclass(frozen=True)
class Ratio:
    """The sum of `part` over that of `whole`, both of length n; not defined where the latter is 0."""

    part: Floats
    whole: Floats


def mean_of(values: Floats) -> Ratio:
    """The mean of n values as a ratio of sums."""
    return Ratio(values, np.ones(len(values)))


def intervals(
    ratios: Mapping[str, Ratio], ranking: Ranking | None, entity: Ints, seed: int
) -> dict[str, Interval | None]:
    """Each figure over n rows with its interval, all from the same resamples; None for one that is not defined.

    Of a ranking they are `auc` and `average_precision`. Resamples in which a figure is not defined do not count for it; with under
    half of them left it has no bounds.
    """
    _, own = np.unique(entity, return_inverse=True)
    drawn = draws(int(own.max()) + 1 if len(own) else 0, len(own), seed)
    found = {name: _of_ratio(ratio, own, drawn) for name, ratio in ratios.items()}
    if ranking is not None:
        again = ranking.drawn(own, drawn)
        for column, (name, value) in enumerate(zip(RANKED, ranking.plain(), strict=True)):
            found[name] = interval(value, again[:, column])
    return found


def draws(people: int, rows: int, seed: int) -> NDArray[np.int32]:
    """How often each of the people is drawn (resamples, people), for so many rows; no resample of one alone."""
    rng = np.random.default_rng(seed)
    count = int(np.clip(_WORK / max(rows, 1), FEWEST, MOST)) if people > 1 else 0
    drawn = np.empty((count, people), np.int32)
    for times in drawn:
        times[:] = np.bincount(rng.integers(0, people, people), minlength=people)
    return drawn


def _of_ratio(ratio: Ratio, own: NDArray[np.intp], drawn: NDArray[np.int32]) -> Interval | None:
    """A ratio of sums needs the sums of each entity alone."""
    people = drawn.shape[1]
    part, whole = (np.bincount(own, values, people) for values in (ratio.part, ratio.whole))
    with np.errstate(invalid="ignore", divide="ignore"):
        return interval(float(part.sum() / whole.sum()), (drawn @ part) / (drawn @ whole))


def interval(value: float, drawn: Floats) -> Interval | None:
    """A figure with the central 90 % of its resamples; None where it is not defined."""
    if not np.isfinite(value):
        return None
    good = drawn[np.isfinite(drawn)]
    if len(good) <= len(drawn) / 2:
        return Interval(value)
    low, high = np.percentile(good, INTERVAL)
    return Interval(value, float(low), float(high))
