"""What the labels of one kind of entity are read from: its activity, sessions, departures, pauses and goals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import EntityType
from tutorpulse.training.pauses import FAR_US, NO_PAUSES, Pauses
from tutorpulse.training.timeline import NO_MOMENTS, Ints, Timeline


@dataclass(frozen=True)
class FirstSessions:
    """The first session of each tutor-student pair, seen from one side.

    `moments` has one item per pair, `success` 1 where a second session of the pair followed in time and was not
    rated low, else 0 (what is not yet known is cut off by the label's maturity).
    """

    moments: Timeline
    success: NDArray[np.float64]


NO_FIRST_SESSIONS = FirstSessions(NO_MOMENTS, np.empty(0))


@dataclass(frozen=True)
class History:
    """All that had happened to the entities of one kind, and was known, by `known_us`.

    `entity_ids` is sorted, its place the entity's code in every timeline. `registered_us` and `first_session_us` (the
    first session that reached its start) have one item per entity, `FAR_US` where there is none. `log` is the number of the
    log that each entity comes from where several are pooled, None where it is one.
    """

    entity_type: EntityType
    entity_ids: NDArray[Any]
    known_us: int
    activity: Timeline
    registered_us: Ints
    first_session_us: Ints
    completed: Timeline
    departures: Timeline = NO_MOMENTS
    goals: Timeline = NO_MOMENTS
    pauses: Pauses = NO_PAUSES
    first_sessions: FirstSessions = NO_FIRST_SESSIONS
    log: Ints | None = None

    def codes(self, entity_ids: NDArray[Any]) -> Ints:
        """The codes of ids, -1 for an id that the history does not know."""
        if not len(self.entity_ids):
            return np.full(len(entity_ids), -1, np.int64)
        place = np.minimum(np.searchsorted(self.entity_ids, entity_ids), len(self.entity_ids) - 1)
        return np.where(self.entity_ids[place] == entity_ids, place, -1).astype(np.int64)

    def clock(self) -> Timeline:
        """Activity, preceded by the registration where it came first: a registration starts the clock."""
        entity = np.arange(len(self.entity_ids), dtype=np.int64)
        first_us = self.activity.us_at(
            self.activity.first_from(entity, np.full(len(entity), -FAR_US, np.int64)), FAR_US
        )
        early = self.registered_us < first_us
        return Timeline.of(
            np.concatenate([entity[early], self.activity.entity]),
            np.concatenate([self.registered_us[early], self.activity.us]),
        )
