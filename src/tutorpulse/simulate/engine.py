"""One day after the other: the order in which the processes of a marketplace follow each other."""

from collections.abc import Iterator

from tutorpulse.clock import DAY_US
from tutorpulse.simulate import arrivals, changes, contacts, demand, lives, operators, pauses, sessions
from tutorpulse.simulate.day import open_day
from tutorpulse.simulate.journal import Events, Journal, Log
from tutorpulse.simulate.state import World


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


def days(world: World, count: int) -> Iterator[list[Events]]:
    """The events of each of the next `count` days, by type; what happens after the last is not told."""
    journal = Journal()
    for _ in range(count):
        step(world, journal)
        yield journal.close(world.day * DAY_US)
