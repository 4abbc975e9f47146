"""Stated pauses as intervals that do not overlap, and the paused time between two moments."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tutorpulse.training.timeline import NO_MOMENTS, Bools, Ints, Timeline

FAR_US = 2**62
"""Later than any moment of a log."""


@dataclass(frozen=True)
class Pauses:
    """Pauses that begin at `starts` and end at `end_us`; `unknown_end` marks those whose end nobody stated.

    A pause ends when it said it would, at a resumption, at the next statement of a pause, or at the next activity,
    whichever comes first. Its end is known if it named one, or if a resumption or a new statement ended it. One that
    activity alone ended stays unknown, although the log shows its end: else rows of those who came back would count
    and rows of those who did not would not.
    """

    starts: Timeline
    end_us: Ints
    unknown_end: Bools

    @cached_property
    def _total_us(self) -> Ints:
        return np.concatenate([[0], np.cumsum(self.end_us - self.starts.us)]).astype(np.int64)

    @cached_property
    def open_starts(self) -> Timeline:
        """The beginnings of the pauses of unknown end."""
        return Timeline(self.starts.entity[self.unknown_end], self.starts.us[self.unknown_end])

    def _through_us(self, entity: Ints, us: Ints) -> Ints:
        total = self._total_us[self.starts.count_through(entity, us)]
        last = self.starts.last_through(entity, us)
        if not len(self.starts):
            return total
        return total - np.where(last >= 0, np.maximum(self.end_us[last] - us, 0), 0)

    def between_us(self, entity: Ints, from_us: Ints, to_us: Ints) -> Ints:
        """Paused time of each entity in (from_us, to_us], microseconds; `from_us` is not after `to_us`."""
        return self._through_us(entity, to_us) - self._through_us(entity, from_us)


NO_PAUSES = Pauses(NO_MOMENTS, np.empty(0, np.int64), np.empty(0, np.bool_))


def pauses_of(
    entity: Ints, start_us: Ints, until_us: Ints, ended_us: Ints, resumed: Timeline, known_us: int
) -> Pauses:
    """Pauses from statements as `features.relations.pauses_sql` gives them.

    `until_us` and `ended_us` are `FAR_US` where there is none. Of two statements at the same moment the one that lasts
    longer is in force.
    """
    order = np.lexsort((ended_us, until_us, start_us, entity))
    starts = Timeline(entity[order], start_us[order])
    until, ended = until_us[order], ended_us[order]
    in_force = ~np.append((np.diff(starts.entity) == 0) & (np.diff(starts.us) == 0), False)[: len(starts)]
    end_us = np.where(in_force, np.maximum(np.minimum(ended, known_us), starts.us), starts.us)
    resumed_us = resumed.us_at(resumed.first_after(starts.entity, starts.us), FAR_US)
    restated_us = starts.us_at(starts.first_after(starts.entity, starts.us), FAR_US)
    end_stated = (np.minimum(resumed_us, restated_us) <= ended) & (ended < FAR_US)
    return Pauses(starts, end_us, in_force & (until >= FAR_US) & ~end_stated)
