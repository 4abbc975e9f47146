"""Trials in a world: who may take part, what an action does for them, and what it truly does on average.

Who may take part is read from events alone. The truth is had by continuing the world many times with lots drawn anew: what differs
between the arms on average over all of them, whatever the lots of the log were. Others are acted on at the same share
meanwhile, so what one's action costs or gives another is in it as it is in a real trial.
"""

from collections.abc import Mapping

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.simulate import engine, operators
from tutorpulse.simulate.day import Day
from tutorpulse.simulate.population import renew_the_future, stream
from tutorpulse.simulate.record import KINDS, Kind, Record
from tutorpulse.simulate.state import Ints, Students, Tutors, World
from tutorpulse.simulate.truth import Snapshot, horizon_days, outcomes_of, settle

SILENT_DAYS = (3, 21)
"""Whoever was active, and then silent for so long, may take part."""

OUTCOMES = ("exit_30d", "velocity", "health")
_DICE_ASIDE = 2
_LOTS_ASIDE = 3


def people_of(world: World, kind: Kind) -> Tutors | Students:
    """The tutors or the students."""
    return world.tutors if kind == "tutor" else world.students


def silent(world: World, record: Record, kind: Kind) -> Ints:
    """Who may take part on the world's morning: silent for `SILENT_DAYS`, and neither said to be paused nor to have left."""
    lives = record.lives[kind]
    days = (world.day * DAY_US - lives.last_us) / DAY_US
    here = ~np.isnan(lives.first_us) & np.isnan(lives.departed_us) & np.isnan(lives.pause_from_us)
    return np.flatnonzero(here & (days >= SILENT_DAYS[0]) & (days < SILENT_DAYS[1]))


def intervene(world: World, kind: Kind, index: Ints) -> None:
    """Act for those at `index` on the world's morning, with dice aside from the day's."""
    dice = stream(world.seed, world.stream, world.day, aside=_DICE_ASIDE)
    operators.take_effect(Day(world, world.day, dice), people_of(world, kind), index)


def true_effects(
    taken: Snapshot, kind: Kind, index: Ints, share_held: float, copies: int, gap_days: Mapping[Kind, float]
) -> dict[str, float]:
    """The average effect on each of `OUTCOMES` of acting for those at `index` on the morning of `taken`, over `copies` futures."""
    world = taken.world.continued(1 + taken.world.day, copies)
    renew_the_future(world, stream(world.seed, world.stream, world.day - 1))
    record = taken.record.marked(world.day, copies, gap_days)
    size = len(people_of(world, kind)) // copies
    lots = stream(world.seed, world.stream, world.day, aside=_LOTS_ASIDE)
    acted = lots.random((copies, len(index))) >= share_held
    everybody = index[None, :] + size * np.arange(copies)[:, None]
    intervene(world, kind, everybody[acted])
    for _ in range(horizon_days(dict(gap_days))):
        engine.step(world, record)
        record.close(world.day - 1)
    for each in KINDS:
        settle(record, each, world.day)
    found = outcomes_of(taken, record, kind, copies)
    return {
        name: float(np.nanmean(found[name][:, index][acted]) - np.nanmean(found[name][:, index][~acted]))
        for name in OUTCOMES
    }
