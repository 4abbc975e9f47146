"""Features for readers: those of the last look where there are any, so that a page costs no query."""

import threading
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.features.references import References
from tutorpulse.service.live.refresher import Refresher
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.served import features_of


class Reading:
    """What readers of a live service are shown of features; threads share it."""

    def __init__(self, pulse: Pulse, refresher: Refresher) -> None:
        self._pulse, self._refresher = pulse, refresher
        self._guard = threading.Lock()
        self._references = References()

    def with_features(self, scorer: Scorer) -> Scorer:
        """The scorer, whose `compute` is that of this class."""
        return replace(scorer, compute=self.compute)

    def compute(
        self, kind: EntityType, as_of_us: int, entity_ids: NDArray[np.object_] | None
    ) -> FeatureFrame:
        """As `Scorer.compute`; of a single entity, for a time since its last look, what was seen then.

        A look is not older than the service lets one grow. One reader computes at a time, the others wait for it; whoever was
        seen waits for nobody.
        """
        if entity_ids is not None and len(entity_ids) == 1:
            seen = self._refresher.lanes[kind].roster.seen(str(entity_ids[0]))
            if seen is not None and seen.as_of_us <= as_of_us <= self._pulse.clock.now_us():
                return seen
        with self._guard:
            return features_of(self._pulse, self._references, kind, as_of_us, entity_ids)
