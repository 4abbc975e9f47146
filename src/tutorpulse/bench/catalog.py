"""The benchmarks by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tutorpulse.bench import featuring, importing
from tutorpulse.bench.harness import Options, Result


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: what it measures in a sentence, how many events its home holds, what runs it."""

    sentence: str
    events: int
    run: Callable[[Options], Result]


BENCHMARKS: Mapping[str, Benchmark] = {
    "import": Benchmark(
        "Events a second from NDJSON lines, validated, deduplicated and durable, into a home of so many events.",
        10_000_000,
        importing.run,
    ),
    "features": Benchmark(
        "Seconds for all features of all tutors of a log of so many events, as of its newest event.",
        10_000_000,
        featuring.run,
    ),
}
