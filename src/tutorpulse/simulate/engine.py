"""One day after the other: the order in which the processes of a marketplace follow each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.simulate import arrivals, changes, contacts, demand, lives, operators, pauses, sessions
from tutorpulse.simulate.day import open_day
from tutorpulse.simulate.journal import Events, Journal, Log
from tutorpulse.simulate.record import Record
from tutorpulse.simulate.state import Ints, World


def step(world: World, log: Log) -> None:
    """Live through the world's next day; `log` hears what happens."""
    day = open_day(world)
    arrivals.register(day, log)
    pauses.pause(day, log)
    lives.move_on(day, log)
    changes.change(day, log)
    sessions.take_place(day, log)
    lives.give_up(day)
    pauses.reach_goals(day, log)
    demand.seek(day, log)
    demand.book_again(day, log)
    contacts.keep_in_touch(day, log)
    operators.act(day, log)
    lives.tire(day)
    world.day += 1


def spans(
    world: World, days: int, record: Record | None = None, span_days: int = 1
) -> Iterator[list[Events]]:
    """The events of the next `days` days, by type, some days at a time; what happens after the last is not told.

    A `record`, if given, hears of them too. When a span has been given, the world stands on the morning after it.
    """
    journal = Journal()
    end = world.day + days
    while world.day < end:
        for _ in range(min(span_days, end - world.day)):
            step(world, _Both(journal, record) if record else journal)
            if record:
                record.close(world.day - 1)
        yield journal.close(world.day * DAY_US)


@dataclass(frozen=True)
class _Both:
    """Two listeners as one."""

    journal: Journal
    record: Record

    def wants(self, event_type: str) -> bool:
        return self.journal.wants(event_type)

    def add(self, event_type: str, ts_us: Ints, **columns: NDArray[Any]) -> None:
        self.journal.add(event_type, ts_us, **columns)
        self.record.add(event_type, ts_us, **columns)
