"""A small marketplace's events in a table and in a home, and what looks at them there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tests.aws.stream import processor, records
from tutorpulse.aws.metrics import Metrics
from tutorpulse.aws.notifying import Notifier
from tutorpulse.aws.predicting import Kit
from tutorpulse.aws.table import Items
from tutorpulse.clock import DAY_US, HOUR_US, FixedClock, parse_time
from tutorpulse.errors import ModelError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.model.registry import starter
from tutorpulse.service.importing import ImportOptions, import_files
from tutorpulse.service.invoking import Invocation, Invoker
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.serving import Serving
from tutorpulse.settings import Settings
from tutorpulse.simulate import emit, parameters, population
from tutorpulse.store.home import Home

NOON_US = 20_000 * DAY_US + 12 * HOUR_US


def serving() -> Serving:
    artifact = starter(feature_set_hash())
    assert artifact is not None
    return Serving(dict.fromkeys(ENTITY_TYPES, artifact))


@dataclass
class Endpoint:
    """The model server in this process; it can be out of reach."""

    invoker: Invoker = field(default_factory=lambda: Invoker(serving()))
    reachable: bool = True

    def invoke(self, body: bytes, content_type: str, attributes: str = "") -> bytes:
        if not self.reachable:
            raise ModelError("The endpoint is out of reach.")
        return self.invoker.answer(Invocation(body, content_type, attributes)).body


@dataclass
class Told:
    """Stands where the bus and the topics are."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    published: list[dict[str, str]] = field(default_factory=list)

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.entries += Entries
        return {"FailedEntryCount": 0}

    def publish(self, **message: str) -> None:
        self.published.append(message)


def kit(
    table: Items, folder: Path, endpoint: Endpoint, told: Told | None = None, now_us: int = NOON_US
) -> Kit:
    said = told or Told()
    topics = {severity: f"arn:{severity}" for severity in ("critical", "warning", "info")}
    return Kit(
        table, endpoint, Notifier(said, said, topics), Settings(), FixedClock(now_us), Home(folder), folder
    )


def lines_of(metrics: list[str], now_us: int = NOON_US) -> Metrics:
    return Metrics(metrics.append, FixedClock(now_us))


def simulated(days: int = 45, tutors: int = 5, students: int = 24) -> list[dict[str, Any]]:
    """Events up to noon, each received when it happened."""
    first = NOON_US // DAY_US + 1 - days
    world = population.new_world(parameters.load(None), tutors, students, first, days, 11)
    events = [msgspec.json.decode(line) for day in emit.line_chunks(world, days) for line in day[0]]
    return [
        {**one, "received_at": one["timestamp"]} for one in events if parse_time(one["timestamp"]) <= NOON_US
    ]


def stream_in(table: Items, events: list[dict[str, Any]], at_us: int = NOON_US) -> None:
    """Deliver them, each arriving when the event was received."""
    made = processor(table, now_us=at_us)
    for one in events:
        bare = {name: value for name, value in one.items() if name != "received_at"}
        arrived_us = parse_time(one["received_at"])
        _, failed = made.take(records([msgspec.json.encode(bare)], arrived_us=arrived_us))
        assert failed is None


@contextmanager
def home_of(folder: Path, events: list[dict[str, Any]], now_us: int = NOON_US) -> Iterator[Pulse]:
    """A home with the same events, received at the same times."""
    path = folder / "events.ndjson"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, events)) + b"\n")
    with open_pulse(folder / "home", create=True, clock=FixedClock(now_us)) as pulse:
        import_files(pulse.store, [path], ImportOptions(now_us))
        yield pulse
