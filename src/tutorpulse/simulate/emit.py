"""The event stream of a world in time order: as NDJSON lines, or as batches of columns."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np

from tutorpulse.events.batch import EventBatch
from tutorpulse.simulate import engine, render
from tutorpulse.simulate.journal import Events
from tutorpulse.simulate.parameters import as_toml
from tutorpulse.simulate.render import Names
from tutorpulse.simulate.state import Ints, World


def names_of(world: World) -> Names:
    """How the world's numbers are spelt; worlds of other seeds, sizes or parameters have other event ids."""
    text = f"{world.seed} {world.day} {len(world.tutors)} {len(world.students)} {as_toml(world.parameters)}"
    return Names(world.parameters, "sim" + blake2b(text.encode(), digest_size=4).hexdigest())


def line_chunks(world: World, days: int) -> Iterator[tuple[list[str], Ints]]:
    """The lines of each day, in time order, with their times in microseconds."""
    names, made = names_of(world), 0
    for day in engine.days(world, days):
        size = sum(len(events.ts_us) for events in day)
        lines: list[str] = []
        for events in day:
            ids = render.event_ids(names, made + len(lines), len(events.ts_us))
            lines += render.lines_of(names, events, ids)
        made += size
        ts_us, order = _in_time(day)
        yield [lines[i] for i in order.tolist()], ts_us[order]


def batches(world: World, days: int) -> Iterator[EventBatch]:
    """The same events as a batch for each day; `position` is the place in the order of time."""
    names, made = names_of(world), 0
    for day in engine.days(world, days):
        ids = []
        for events in day:
            ids.append(render.event_ids(names, made, len(events.ts_us)))
            made += len(events.ts_us)
        yield render.batch_of(names, day, ids, _places(day))


def _in_time(day: Sequence[Events]) -> tuple[Ints, Ints]:
    ts_us = np.concatenate([np.empty(0, np.int64), *(events.ts_us for events in day)])
    return ts_us, np.argsort(ts_us, kind="stable")


def _places(day: Sequence[Events]) -> list[Ints]:
    """The place of each event in its day's time order, by type."""
    _, order = _in_time(day)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return np.split(place, np.cumsum([len(events.ts_us) for events in day])[:-1])
