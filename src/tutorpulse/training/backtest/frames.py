"""Features of the dates of a backtest, computed once each: every training looks at the same past."""

from dataclasses import dataclass, field

import numpy as np

from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.training.pool import ReadFrame


@dataclass
class KeptFrames:
    """Reads the features of a kind as of a date, and keeps them; of each date at most `most` entities, drawn at random.

    Kept are those who could be scored under any exit gap of up to `widest_gap_days`. What is read must be what was known on the date
    itself. `thinned` tells whether any date had more.
    """

    read: ReadFrame
    most: int
    widest_gap_days: float
    seed: int
    thinned: bool = False
    _kept: dict[tuple[EntityType, int], FeatureFrame] = field(default_factory=dict)

    def __call__(self, kind: EntityType, as_of_us: int) -> FeatureFrame:
        """The features of one date."""
        key = (kind, as_of_us)
        if key not in self._kept:
            self._kept[key] = self._drawn(self.read(kind, as_of_us))
        return self._kept[key]

    def _drawn(self, frame: FeatureFrame) -> FeatureFrame:
        status = statuses(frame.facts, frame.as_of_us, self.widest_gap_days)
        chosen = np.flatnonzero(is_scored(status))
        if len(chosen) > self.most:
            self.thinned = True
            rng = np.random.default_rng((self.seed, frame.as_of_us))
            chosen = np.sort(rng.choice(chosen, self.most, replace=False))
        return frame.take(chosen)
