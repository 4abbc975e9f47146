"""One day as the processes see it: its date, season and dice, and times of day in UTC microseconds."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.random import Generator

from tutorpulse.clock import DAY_US, MINUTE_US, SECOND_US
from tutorpulse.simulate import calendar
from tutorpulse.simulate.population import stream
from tutorpulse.simulate.state import Flags, Floats, Ints, World

_WEEKEND = 5
_WEEKEND_EARLIER_MINUTES = 300


@dataclass(frozen=True)
class Day:
    """A day of a world; `rng` is the day's own generator."""

    world: World
    number: int
    rng: Generator

    def aside(self) -> "Day":
        """The same day with other dice, for what decides nothing."""
        return replace(self, rng=stream(self.world.seed, self.world.stream, self.number, aside=1))

    @property
    def start_us(self) -> int:
        """00:00 UTC of the day."""
        return self.number * DAY_US

    @cached_property
    def season(self) -> float:
        """Factor on the demand for lessons, without the weekday."""
        return calendar.season(self.number, self.world.parameters.calendar)

    @cached_property
    def demand(self) -> float:
        """Factor on the demand for lessons, with the weekday."""
        return self.season * calendar.weekday_factor(self.number, self.world.parameters.calendar)

    def season_after(self, days: Ints) -> Floats:
        """The season some days from now."""
        ahead = range(int(days.max(initial=0)) + 1)
        seasons = [calendar.season(self.number + d, self.world.parameters.calendar) for d in ahead]
        return np.array(seasons)[days]

    @property
    def weekday(self) -> int:
        """Monday is 0."""
        return calendar.weekday_of(self.number)

    def happens(self, probability: Floats) -> Flags:
        """One throw for each probability."""
        return self.rng.random(len(probability)) < probability

    def some(self, count: int, probability: float) -> Flags:
        """`count` throws of the same probability."""
        return self.rng.random(count) < probability

    def times(self, count: int, first_hour: float = 6.0, last_hour: float = 20.0) -> Ints:
        """Whole seconds between two UTC hours of the day."""
        first, last = (int(hour * 3600) for hour in (first_hour, last_hour))
        return self.start_us + SECOND_US * self.rng.integers(first, last, count)

    def local_starts(self, day: Ints, minute: Ints, zone: Ints) -> Ints:
        """Starts at a local minute of other days; at weekends five hours earlier. Never on a changed clock's account later
        than an hour off: the offset is today's."""
        weekend = (day + 3) % 7 >= _WEEKEND
        offsets = calendar.zone_offsets_us(self.number, self.world.parameters.calendar)
        early = np.where(weekend, _WEEKEND_EARLIER_MINUTES, 0)
        return day * DAY_US + (minute - early) * MINUTE_US - offsets[zone]


def open_day(world: World) -> Day:
    """The world's next day."""
    return Day(world, world.day, stream(world.seed, world.stream, world.day))
