"""`bench simulate`: events a second of a simulated marketplace as NDJSON on disk."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from tutorpulse.bench.harness import Options, Result, peak_memory_gb, result, seconds
from tutorpulse.simulate import emit, engine, files, population
from tutorpulse.simulate.parameters import Parameters
from tutorpulse.simulate.state import World

TUTORS, STUDENTS, FIRST_DAY, DAYS, SEED = 2000, 20_000, 20_000, 365, 7
_SAMPLE = 100_000


def run(options: Options) -> Result:
    """The world of 2,000 tutors and 20,000 students lived day by day and written as lines, for as many weeks as hold the events;
    without a sync. The limit is `msgspec` encoding the same events from ready objects and nothing
    else: about what any program must do that makes lines of objects one by one."""
    path, days = options.folder / "events.ndjson", _days(options.events)
    rates: list[float] = []
    count = 0
    for repeat in range(options.repeats):
        options.progress(repeat, options.repeats)
        took = seconds(lambda: files.write_texts(path, _texts(days)))
        count = _lines(path)
        rates.append(count / took)
    limit = _encoding(path)
    details = {"events": count, "bytes": path.stat().st_size, "peak_memory_gb": peak_memory_gb()}
    return result("simulate", "events/s", rates, limit, details, smaller_is_better=False)


def _world() -> World:
    return population.new_world(Parameters(), TUTORS, STUDENTS, FIRST_DAY, DAYS, SEED)


def _days(events: int) -> int:
    """Days, whole weeks or the year, in which so much happens."""
    days = count = 0
    for span in engine.spans(_world(), DAYS, span_days=emit.SPAN_DAYS):
        days, count = days + emit.SPAN_DAYS, count + sum(len(each.ts_us) for each in span)
        if count >= events:
            break
    return min(days, DAYS)


def _texts(days: int) -> Iterator[tuple[bytes, int]]:
    return ((text.lines, len(text.ts_us)) for text in emit.texts_ahead(_world(), days))


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _encoding(path: Path) -> float:
    """Events a second of the encoder alone, on a sample of the file."""
    with path.open("rb") as file:
        objects = [msgspec.json.decode(line) for line in islice(file, _SAMPLE)]
    encode = msgspec.json.Encoder().encode
    took = min(seconds(lambda: list(map(encode, objects))) for _ in range(3))
    return len(objects) / took
