"""The benchmarks by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tutorpulse.bench import (
    browsing,
    door,
    featuring,
    freshness,
    importing,
    ingesting,
    killing,
    learning,
    scoring,
    simulating,
    soaking,
)
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
    "ingest": Benchmark(
        "Events a second posted over HTTP, durable at the answer, into a served home of so many events.",
        10_000_000,
        ingesting.run,
    ),
    "kill": Benchmark(
        "Seconds from the command until a service acknowledges events again that was killed in a flood of them, over a home of so many; and whether each event acknowledged is there once.",
        1_000_000,
        killing.run,
    ),
    "door": Benchmark(
        "Events a second through the live door of a log of so many events, durable at the answer, without a network.",
        10_000_000,
        door.run,
    ),
    "freshness": Benchmark(
        "Seconds from an event's receipt to the prediction made with it, 99 of 100, at 2,000 events a second for a minute over a home of so many with a tutor for each hundred, 10,000 at most; and everybody anew in one twice as large.",
        1_000_000,
        freshness.run,
    ),
    "soak": Benchmark(
        "Events a second kept up for ten minutes beside readers, with the errors and how the service's memory grew.",
        10_000_000,
        soaking.run,
    ),
    "score": Benchmark(
        "Rows a second from features to all five predictions, of the students of a home of so many events, repeated.",
        300_000,
        scoring.run,
    ),
    "train": Benchmark(
        "Seconds from a log of so many events to a model of a quarter as many snapshot rows, figures on held-out time included.",
        4_000_000,
        learning.run,
    ),
    "dashboard": Benchmark(
        "Seconds until the overview is whole in a cold Chromium, over a tutor for every four of so many events; and what 500 open pages cost.",
        400_000,
        browsing.run,
    ),
    "simulate": Benchmark(
        "Events a second of a simulated marketplace written as NDJSON, of at least so many events.",
        1_000_000,
        simulating.run,
    ),
}
