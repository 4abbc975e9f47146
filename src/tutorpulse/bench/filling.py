"""Homes and files of events for the benchmarks, made through the same seam as real ones."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from tutorpulse.bench.harness import Options
from tutorpulse.bench.marketplace import BATCH_EVENTS, Plan, batches, ndjson
from tutorpulse.events.batch import EventBatch, TypeRows
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

_BATCHES_AT_ONCE = 4


def filled_home(options: Options, plan: Plan | None = None, name: str = "home") -> Home:
    """A new home of that name in the folder with the events of a plan; without one, of the plan of `options.events` events."""
    home = Home.open(options.folder / name, create=True)
    chosen = plan or Plan.of(options.events)
    done = 0
    with EventStore.open(home) as store:
        for batch in joined(batches(chosen), _BATCHES_AT_ONCE):
            store.append(batch)
            done += batch.size
            options.progress(done, chosen.events)
    return home


def new_batches(plan: Plan, events: int) -> list[EventBatch]:
    """About so many events from the beginning of another plan, in whole batches, at least one."""
    return list(islice(batches(plan), max(1, round(events / BATCH_EVENTS))))


def write_ndjson(path: Path, made: list[EventBatch]) -> int:
    """The batches as lines of a file. Returns how many."""
    with path.open("wb") as file:
        for batch in made:
            file.write(ndjson(batch))
    return sum(batch.size for batch in made)


def joined(parts: Iterator[EventBatch], count: int) -> Iterator[EventBatch]:
    """Every `count` batches without rejects as one."""
    while group := list(islice(parts, count)):
        starts = np.cumsum([0, *(batch.size for batch in group)])
        rows = [
            _moved(rows, int(start))
            for batch, start in zip(group, starts[:-1], strict=True)
            for rows in batch.rows
        ]
        yield EventBatch(int(starts[-1]), tuple(rows))


def _moved(rows: TypeRows, by: int) -> TypeRows:
    return TypeRows(
        rows.event_type,
        rows.position + by,
        rows.event_id,
        rows.ts_us,
        rows.received_us,
        rows.columns,
        rows.extra,
    )
