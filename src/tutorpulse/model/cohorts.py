"""Base rates by cohort, for entities whose own history is too short to predict from.

A cohort is a band of tenure, apart for those who never had a session that reached its start. A band with too few
labels of its own takes the next longer one's rate (so the first 30 days, which have no health label, show the rate of
those who just left them), then the next shorter one's, then that of all.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.model.outputs import Floats

BAND_STARTS_DAYS: Final = (0.0, 7.0, 30.0, 90.0, 365.0)
MIN_LABELS: Final = 30
"""Labels below which a rate is too uncertain to show: its standard error could pass 9 points."""


class CohortTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mean and number of labels by output, then by band of tenure: first without, then with a session."""

    means: dict[str, list[list[float]]]
    counts: dict[str, list[list[int]]]

    def rates(self, output: str, tenure_days: Floats, had_session: NDArray[np.bool_]) -> Floats:
        """The base rate of n entities, NaN where no cohort knows enough."""
        if output not in self.means:
            return np.full(len(tenure_days), np.nan)
        table = np.array([self._filled(output, row) for row in range(2)])
        return np.asarray(table[had_session.astype(int), bands(tenure_days)], np.float64)

    def _filled(self, output: str, row: int) -> list[float]:
        means, counts = self.means[output], self.counts[output]
        size = len(BAND_STARTS_DAYS)
        orders = [[*range(band, size), *range(band - 1, -1, -1)] for band in range(size)]
        overall = _pooled(means, counts)
        return [
            next((means[row][i] for i in order if counts[row][i] >= MIN_LABELS), overall) for order in orders
        ]


def tenure_of(frame: FeatureFrame) -> Floats:
    """Days since registration or first activity, whichever came first; NaN where neither is known."""
    started_us = np.fmin(frame.facts["registered_us"], frame.facts["first_activity_us"])
    return np.asarray((frame.as_of_us - started_us) / DAY_US, np.float64)


def bands(tenure_days: Floats) -> NDArray[np.intp]:
    """The band of each tenure; an unknown tenure counts as the shortest."""
    days = np.nan_to_num(np.asarray(tenure_days, np.float64), nan=0.0)
    return np.clip(np.searchsorted(BAND_STARTS_DAYS, days, side="right") - 1, 0, None)


def cohort_table(
    labels: dict[str, Floats], tenure_days: Floats, had_session: NDArray[np.bool_]
) -> CohortTable:
    """The table of n rows whose labels, by output, are NaN where there are none."""
    cell = had_session.astype(int) * len(BAND_STARTS_DAYS) + bands(tenure_days)
    counts: dict[str, list[list[int]]] = {}
    means: dict[str, list[list[float]]] = {}
    for output, label in labels.items():
        known = ~np.isnan(label)
        count = np.bincount(cell[known], minlength=2 * len(BAND_STARTS_DAYS))
        total = np.bincount(cell[known], weights=label[known], minlength=2 * len(BAND_STARTS_DAYS))
        counts[output] = count.reshape(2, -1).tolist()
        means[output] = (total / np.maximum(count, 1)).reshape(2, -1).tolist()
    return CohortTable(means, counts)


def _pooled(means: list[list[float]], counts: list[list[int]]) -> float:
    weights = np.array(counts)
    total = weights.sum()
    return float((np.array(means) * weights).sum() / total) if total >= MIN_LABELS else float("nan")
