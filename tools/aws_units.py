"""Counts what events cost in DynamoDB's own write units, on DynamoDB Local: `python -m tools.aws_units`.

Everything that follows from an event up to its days' totals is counted: claim, copies, link, list of the changed and its removal,
totals. What a look at a person writes (predictions, insights) is not an event's. Counted totals are compared with the events, so a
cheap count that is wrong is not shown.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from threading import Lock
from typing import Any

from tools.dynamodb_local import client, running
from tutorpulse.aws import keys, tiles
from tutorpulse.aws.processing import Processor, Record
from tutorpulse.aws.schema import create_table_arguments
from tutorpulse.aws.table import Table
from tutorpulse.aws.taking import Taker
from tutorpulse.clock import DAY_US, MINUTE_US, FixedClock, parse_time
from tutorpulse.settings import Settings
from tutorpulse.simulate import emit, parameters, population

LAST_DAY = 20_000
NOW_US = (LAST_DAY + 1) * DAY_US
READS = ("get_item", "query")


@dataclass
class Counting:
    """A client that asks what each call consumed, and adds it up by what is written."""

    client: Any
    written: Counter[str] = field(default_factory=Counter)
    read_units: float = 0.0
    _guard: Lock = field(default_factory=Lock)

    @property
    def write_units(self) -> float:
        """All that was written."""
        return sum(self.written.values())

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)

        def counted(**arguments: Any) -> Any:
            answer = call(ReturnConsumedCapacity="INDEXES", **arguments)
            found = answer.get("ConsumedCapacity", {})
            units = sum(one.get("CapacityUnits", 0.0) for one in _listed(found))
            with self._guard:
                if name in READS:
                    self.read_units += units
                else:
                    self.written[_kind(arguments)] += units
            return answer

        return counted


def _listed(found: Any) -> list[dict[str, Any]]:
    return found if isinstance(found, list) else [found]


def _kind(arguments: dict[str, Any]) -> str:
    item = arguments.get("Item") or arguments.get("Key") or {}
    whole = f"{item.get('entity_id', {}).get('S', '')} {item.get('entity_type', {}).get('S', '')}"
    for word, kind in (("changed ", "lists of the changed"), ("id#", "claims"), ("link#", "links")):
        if whole.startswith(word):
            return kind
    for word, kind in ((f" {keys.EVENTS}", "events"), (f" {keys.TILES}", "totals")):
        if word in whole:
            return kind
    return "the rest"


@dataclass(frozen=True)
class Counted:
    """What a way of delivery cost."""

    events: int
    written: Counter[str]
    read_units: float

    @property
    def units_per_event(self) -> float:
        """Write units, all together."""
        return sum(self.written.values()) / self.events


def simulated(tutors: int, students: int, days: int, seed: int = 11) -> list[bytes]:
    """The events of a made marketplace, one each, in order of time."""
    first = LAST_DAY + 1 - days
    world = population.new_world(parameters.load(None), tutors, students, first, days, seed)
    lines = [line.encode() for day in emit.line_chunks(world, days) for line in day[0]]
    return sorted((line for line in lines if _at(line) <= NOW_US), key=_at)


def _at(line: bytes) -> int:
    return parse_time(json.loads(line)["timestamp"])


def by_student(lines: Sequence[bytes], at_once: int) -> list[list[bytes]]:
    """Batches of records as the ingest API makes them of bodies of so many events: one person's events together."""
    batches = []
    for start in range(0, len(lines), at_once):
        body = sorted(lines[start : start + at_once], key=_person)
        batches.append([b"[" + b",".join(some) + b"]" for _, some in groupby(body, _person)])
    return batches


def _person(line: bytes) -> str:
    payload = json.loads(line)["payload"]
    return str(payload.get("student_id") or payload.get("tutor_id") or "")


def by_minute(lines: Sequence[bytes]) -> list[list[bytes]]:
    """A batch each minute, of what happened in it: a record an event."""
    return [list(some) for _, some in groupby(lines, lambda line: _at(line) // MINUTE_US)]


def deliver(counting: Counting, name: str, batches: Iterable[Sequence[bytes]]) -> None:
    """Take batches one after another."""
    table = Table(counting, name)
    made = Processor(table, Taker(table), Settings(), FixedClock(NOW_US), _never)
    for batch in batches:
        records = [Record(f"{number:056d}", body, NOW_US) for number, body in enumerate(batch)]
        assert made.take(records)[1] is None


def _never(record: Record, reason: str) -> None:
    raise AssertionError(f"{reason}: {record.data[:200]!r}")


def count(plain: Any, batches: Sequence[Sequence[bytes]], writers: int = 1, minutes: int = 1) -> Counted:
    """Deliver batches to a table of their own, by so many writers at once, with totals made anew after every `minutes` of them.

    Raises:
        AssertionError: the totals are not those of the events.
    """
    name = f"units-{uuid.uuid4().hex}"
    plain.create_table(**create_table_arguments(name))
    counting = Counting(plain)
    table = Table(counting, name)
    with ThreadPoolExecutor(writers) as pool:
        for start in range(0, len(batches), minutes):
            some = batches[start : start + minutes]
            list(
                pool.map(
                    lambda share: deliver(counting, name, share), [some[i::writers] for i in range(writers)]
                )
            )
            tiles.settle(table)
    events = sum(len(_events(record)) for batch in batches for record in batch)
    _check(Table(plain, name), batches)
    return Counted(events, counting.written, counting.read_units)


def _events(record: bytes) -> list[dict[str, Any]]:
    decoded = json.loads(record)
    return decoded if isinstance(decoded, list) else [decoded]


def _check(table: Table, batches: Sequence[Sequence[bytes]]) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for event in (one for batch in batches for record in batch for one in _events(record)):
        if event["event_type"] == "session_completed":
            for side in ("tutor_id", "student_id"):
                expected[event["payload"][side], event["event_type"]] += 1
    for (who, event_type), wanted in expected.items():
        days = tiles.of_entity(table, who).values()
        found = sum(day.get(event_type, {}).get("events", 0) for day in days)
        assert found == wanted, f"{who} has {found} {event_type}, not {wanted}"


def ways(plain: Any, tutors: int = 20, students: int = 80, days: int = 14) -> Iterator[tuple[str, Counted]]:
    """The ways of delivery, each with what it cost."""
    lines = simulated(tutors, students, days)
    yield (
        "history in bodies of 500, totals once each 10 bodies",
        count(plain, by_student(lines, 500), minutes=10),
    )
    yield "the same by four writers at once", count(plain, by_student(lines, 500), writers=4, minutes=10)
    yield "as it happens, totals each minute", count(plain, by_minute(lines))


def main() -> None:
    """Print the table."""
    kinds = ("claims", "events", "links", "lists of the changed", "totals", "the rest")
    with running() as endpoint:
        for way, found in ways(client(endpoint)):
            parts = ", ".join(f"{kind} {found.written[kind] / found.events:.2f}" for kind in kinds)
            print(
                f"{way}: {found.events:,} events, {found.units_per_event:.2f} write units an event ({parts})"
            )
            print(f"    read units an event: {found.read_units / found.events:.2f}")


if __name__ == "__main__":
    main()
