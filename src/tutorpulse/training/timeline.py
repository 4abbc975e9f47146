"""Moments of many entities in one pair of sorted arrays, with exact vectorised look-ups."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Timeline:
    """Moments `us` of entities `entity` (codes from 0), sorted by entity, then time; both of length n.

    Look-ups take arrays of m entities and m times and return m indices into the timeline, -1 where there is none.
    """

    entity: Ints
    us: Ints

    @classmethod
    def of(cls, entity: Ints, us: Ints) -> "Timeline":
        """The timeline of moments given in any order."""
        order = np.lexsort((us, entity))
        return cls(np.asarray(entity, np.int64)[order], np.asarray(us, np.int64)[order])

    def __len__(self) -> int:
        return len(self.us)

    @cached_property
    def _times(self) -> Ints:
        return np.unique(self.us)

    @cached_property
    def _keys(self) -> Ints:
        # Ranks of times instead of times: entity x time in microseconds overflows 64 bits.
        return self._key(self.entity, self.us)

    def _key(self, entity: Ints, us: Ints) -> Ints:
        rank = np.searchsorted(self._times, us, side="right")
        return np.asarray(entity, np.int64) * (len(self._times) + 1) + rank

    def count_through(self, entity: Ints, us: Ints) -> Ints:
        """Moments of smaller entity codes, plus the entity's own at or before `us`: differences of it count."""
        return np.searchsorted(self._keys, self._key(entity, us), side="right").astype(np.int64)

    def count_between(self, entity: Ints, after_us: Ints, through_us: Ints) -> Ints:
        """Moments of each entity in (after_us, through_us]."""
        return self.count_through(entity, through_us) - self.count_through(entity, after_us)

    def last_through(self, entity: Ints, us: Ints) -> Ints:
        """The entity's last moment at or before `us`."""
        return self._own(entity, self.count_through(entity, us) - 1)

    def first_after(self, entity: Ints, us: Ints) -> Ints:
        """The entity's first moment after `us`."""
        return self._own(entity, self.count_through(entity, us))

    def first_from(self, entity: Ints, us: Ints) -> Ints:
        """The entity's first moment at or after `us`."""
        return self.first_after(entity, np.asarray(us, np.int64) - 1)

    def _own(self, entity: Ints, index: Ints) -> Ints:
        if not len(self):
            return np.full(len(index), -1, np.int64)
        inside = (index >= 0) & (index < len(self))
        own = inside & (self.entity[np.where(inside, index, 0)] == entity)
        return np.where(own, index, -1)

    def us_at(self, index: Ints, missing_us: int) -> Ints:
        """The moments at `index`, `missing_us` where it is -1."""
        if not len(self):
            return np.full(len(index), missing_us, np.int64)
        return np.where(index >= 0, self.us[index], missing_us)


NO_MOMENTS = Timeline(np.empty(0, np.int64), np.empty(0, np.int64))
