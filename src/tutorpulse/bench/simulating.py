"""`bench simulate`: events a second of a simulated marketplace as NDJSON on disk."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from tutorpulse.bench.harness import Options, Result, peak_memory_gb, result, seconds
from tutorpulse.simulate import emit, files, population
from tutorpulse.simulate.parameters import Parameters

TUTORS, STUDENTS, FIRST_DAY, DAYS, SEED = 2000, 20_000, 20_000, 365, 7
_SAMPLE = 100_000


def run(options: Options) -> Result:
    """The world of 2,000 tutors and 20,000 students lived day by day and written as lines, until the events are enough; to the
    end of the file's last week, without a sync. The limit is `msgspec` encoding the same events from ready objects and nothing
    else: about what any program must do that makes lines of objects one by one."""
    path = options.folder / "events.ndjson"
    rates: list[float] = []
    count = 0
    for repeat in range(options.repeats):
        options.progress(repeat, options.repeats)
        took = seconds(lambda: files.write_texts(path, _texts(options.events)))
        count = _lines(path)
        rates.append(count / took)
    limit = _encoding(path)
    details = {"events": count, "bytes": path.stat().st_size, "peak_memory_gb": peak_memory_gb()}
    return result("simulate", "events/s", rates, limit, details, smaller_is_better=False)


def _texts(events: int) -> Iterator[tuple[bytes, int]]:
    """Whole weeks of lines, until there are so many or the year is over."""
    world = population.new_world(Parameters(), TUTORS, STUDENTS, FIRST_DAY, DAYS, SEED)
    count = 0
    for text in emit.texts(world, DAYS):
        yield text.lines, len(text.ts_us)
        count += len(text.ts_us)
        if count >= events:
            return


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
