"""Point-in-time rows where they are many: the rows of `take_snapshots`, two dates at a time, and no features of those left out."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.training.history import History
from tutorpulse.training.snapshots import (
    Limits,
    Progress,
    Snapshots,
    part_of,
    rows_a_date,
    scored_places,
    snapshot_of,
    stacked,
)
from tutorpulse.training.threads import THREADS, spread
from tutorpulse.training.timeline import Ints

_FACTS_SHARE = 0.3
"""Of a progress bar: how much of the work it is to read the facts by which rows are chosen."""
_STEPS = 100

FEW_LEFT_OUT = 1.5
"""Up to so many people for each row that a date may give, computing all of them is less work than reading their facts before."""


@dataclass(frozen=True)
class ReadApart:
    """How threads read what they need and no more, each within its own `held`.

    `facts` gives everybody of a kind as of a moment without features, in any order; `some` the features of the given ids, in their
    order (None: of everybody, ascending).
    """

    facts: Callable[[EntityType, int], FeatureFrame]
    some: Callable[[EntityType, int, NDArray[Any] | None], FeatureFrame]
    held: Callable[[], AbstractContextManager[object]]


def take_many(
    read: ReadApart,
    history: History,
    dates_us: Ints,
    gap_days: int | None,
    limits: Limits,
    seed: int,
    progress: Progress,
) -> Snapshots:
    """The very rows that `take_snapshots` takes.

    Where dates may hold far more people than they may give rows, those who give one are chosen first, by their facts alone, and only
    their features are computed.
    """
    most, rng = rows_a_date(limits, dates_us), np.random.default_rng(seed)
    taking = _Taking(read, history, gap_days, progress)
    # Chosen in the order of the dates, so that chance takes whom it takes where dates are read one by one.
    if len(history.entity_ids) <= FEW_LEFT_OUT * most:
        return stacked([_part(rows, most, rng) for rows in taking.all_of(dates_us)], dates_us)
    chosen = [part_of(codes, most, rng) for codes in taking.scored(dates_us)]
    return stacked(taking.some_of(dates_us, chosen), dates_us)


def _part(rows: Snapshots, most: int, rng: np.random.Generator) -> Snapshots:
    mask = np.zeros(len(rows), np.bool_)
    mask[part_of(np.arange(len(rows)), most, rng)] = True
    return rows.where(mask)


@dataclass(frozen=True)
class _Taking:
    """The rows of one kind in the making."""

    read: ReadApart
    history: History
    gap_days: int | None
    progress: Progress

    def all_of(self, dates_us: Ints) -> list[Snapshots]:
        """The rows of all scored, by date."""

        def rows(as_of_us: int) -> Snapshots:
            frame = self.read.some(self.history.entity_type, as_of_us, None)
            return snapshot_of(frame, self.history, scored_places(frame, self.gap_days))

        tell = self._tell(0.0, 1.0, len(dates_us))
        return spread(rows, dates_us.tolist(), THREADS, tell, self.read.held)

    def scored(self, dates_us: Ints) -> list[Ints]:
        """The codes of the scored at each date, ascending."""

        def codes(as_of_us: int) -> Ints:
            frame = self.read.facts(self.history.entity_type, as_of_us)
            return np.sort(self.history.codes(frame.entity_ids[scored_places(frame, self.gap_days)]))

        tell = self._tell(0.0, _FACTS_SHARE, len(dates_us))
        return spread(codes, dates_us.tolist(), THREADS, tell, self.read.held)

    def some_of(self, dates_us: Ints, chosen: list[Ints]) -> list[Snapshots]:
        """The rows of those chosen at each date, by their codes."""

        def rows(place: int) -> Snapshots:
            ids = self.history.entity_ids[chosen[place][chosen[place] >= 0]]
            frame = self.read.some(self.history.entity_type, int(dates_us[place]), ids)
            return snapshot_of(frame, self.history, np.arange(len(ids)))

        tell = self._tell(_FACTS_SHARE, 1.0, len(dates_us))
        return spread(rows, range(len(dates_us)), THREADS, tell, self.read.held)

    def _tell(self, start: float, end: float, count: int) -> Callable[[int], None]:
        def tell(done: int) -> None:
            share = start + (end - start) * done / count
            self.progress(f"{self.history.entity_type} features", round(share * _STEPS), _STEPS)

        return tell
