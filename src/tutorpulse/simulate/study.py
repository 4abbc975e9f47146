"""A simulation under study: what is on record of it, and copies of its full state on some mornings."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tutorpulse.simulate.record import Kind, Record, new_record
from tutorpulse.simulate.state import World
from tutorpulse.simulate.truth import (
    Column,
    Snapshot,
    exit_gap_days,
    sampled_mornings,
    snapshot,
    truth_of,
)


@dataclass
class Study:
    """Pass `record` along with the simulation and show it the world each morning."""

    mornings: tuple[int, ...]
    record: Record
    taken: list[Snapshot] = field(default_factory=list)

    def look(self, world: World) -> None:
        """Copy the world if this is one of the mornings."""
        if world.day in self.mornings:
            self.taken.append(snapshot(world, self.record))

    def truth(
        self,
        continuations: int,
        end_day: int,
        gaps: dict[Kind, float],
        tell: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> dict[str, Column]:
        """The truth on all mornings for both kinds: see `truth_of`. Gaps left out are measured on the whole log.

        With no gap under which few enough come back, exits stay NaN.
        """
        gap_days = exit_gap_days(self.record, end_day) | gaps
        tables: list[dict[str, Column]] = []
        for number, taken in enumerate(self.taken):
            tell(number, len(self.taken))
            tables += truth_of(taken, number, continuations, gap_days).values()
        return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def new_study(world: World, days: int, mornings: int) -> Study:
    """A study of a world that has not begun, of so many mornings within the next `days`."""
    return Study(sampled_mornings(world.day, days, mornings), new_record(world))
