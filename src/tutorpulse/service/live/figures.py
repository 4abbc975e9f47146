"""What a lane counts, for metrics and readiness."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FRESHNESS_BOUNDS_S = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
"""Upper bounds of the freshness histogram, in seconds."""

_SECOND_US = 1e6


@dataclass
class Freshness:
    """How long events waited until the predictions made with them could be read: a histogram with its sum in seconds."""

    counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(len(FRESHNESS_BOUNDS_S) + 1, dtype=np.int64)
    )
    sum_s: float = 0.0

    def observe(self, since_us: NDArray[np.int64], now_us: int) -> None:
        """Count waits that end now."""
        waited_s = np.maximum(now_us - since_us, 0) / _SECOND_US
        places = np.searchsorted(FRESHNESS_BOUNDS_S, waited_s, side="left")
        self.counts = self.counts + np.bincount(places, minlength=len(self.counts))
        self.sum_s += float(waited_s.sum())


@dataclass
class LaneFigures:
    """Of one kind of entity, since the start: entities scored by what they were scored for, refreshes and their seconds,
    and the newest state of what waits."""

    scored_for_events: int = 0
    scored_in_passing: int = 0
    refreshes: int = 0
    refresh_seconds: float = 0.0
    last_refresh_s: float = 0.0
    written: int = 0
    insights: int = 0
    known: int = 0
    marked: int = 0
    waiting_in_passing: int = 0
    oldest_mark_us: int | None = None
    passes: int = 0
    freshness: Freshness = field(default_factory=Freshness)

    def for_events(self, since_us: NDArray[np.int64], now_us: int, seconds: float) -> None:
        """Count a refresh of entities that waited since `since_us`, readable at `now_us`."""
        self.scored_for_events += len(since_us)
        self.refreshes += 1
        self.last_refresh_s = seconds
        self.refresh_seconds += seconds
        self.freshness.observe(since_us, now_us)

    def in_passing(self, entities: int) -> None:
        """Count entities that were scored without events of their own."""
        self.scored_in_passing += entities
