"""Events as items of the table, and back to batches; whom an event is about."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import msgspec

from tutorpulse.aws import keys
from tutorpulse.aws.values import Item
from tutorpulse.clock import format_time, parse_time
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.codec import Arrival, BatchDecoder
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.events.records import event_records
from tutorpulse.features.frame import ENTITY_TYPES, EntityType

Who: TypeAlias = tuple[EntityType, str]
"""A tutor or student: kind and id."""

MARKET = "market#"
"""Before the subject: the partition of events that are about no person."""

_CANONICAL = msgspec.json.Encoder(order="sorted")
_ANY_TIME_AHEAD_US = 2**62


@dataclass(frozen=True)
class Event:
    """One valid event: `record` is it in the contract's own words, as `events.records` gives it."""

    record: Mapping[str, Any]

    @property
    def event_id(self) -> str:
        """Its id, given or derived."""
        return str(self.record["event_id"])

    @property
    def event_type(self) -> str:
        """One of the contract's types."""
        return str(self.record["event_type"])

    @cached_property
    def ts_us(self) -> int:
        """When it happened."""
        return parse_time(self.record["timestamp"])

    @cached_property
    def received_us(self) -> int:
        """When it was received."""
        return parse_time(self.record["received_at"])

    @property
    def payload(self) -> Mapping[str, Any]:
        """The type's own fields."""
        payload: Mapping[str, Any] = self.record["payload"]
        return payload

    @cached_property
    def who(self) -> frozenset[Who]:
        """Whom it names, never the placeholder."""
        named: set[Who] = {
            (kind, self.payload[f"{kind}_id"]) for kind in ENTITY_TYPES if f"{kind}_id" in self.payload
        }
        if "entity_id" in self.payload:
            named.add((self.payload["entity_type"], self.payload["entity_id"]))
        return frozenset((kind, entity_id) for kind, entity_id in named if entity_id != PLACEHOLDER_ID)

    @property
    def thread(self) -> str | None:
        """The session or request that it is a part of, None where it is of none."""
        for name in ("session", "request"):
            if self.payload.get(f"{name}_id") is not None:
                return f"{name}:{self.payload[f'{name}_id']}"
        return None

    @property
    def is_of_session(self) -> bool:
        """Whether its thread is a session."""
        return self.payload.get("session_id") is not None

    @property
    def sort_key(self) -> str:
        """Its sort key in every partition that holds it."""
        return keys.event_key(self.ts_us, self.event_id)

    @cached_property
    def digest(self) -> str:
        """Of what it says: equal for a repetition, whenever that was received."""
        said = {name: value for name, value in self.record.items() if name != "received_at"}
        return hashlib.blake2b(_CANONICAL.encode(said), digest_size=16).hexdigest()

    def received(self, received_us: int) -> "Event":
        """The same event, received at another time."""
        return replace(self, record={**self.record, "received_at": format_time(received_us)})

    @property
    def home(self) -> str:
        """One partition that holds it for certain: of somebody it names, else of its subject."""
        return min(
            (entity_id for _, entity_id in self.who), default=f"{MARKET}{self.payload.get('subject', '')}"
        )

    @property
    def holders(self) -> list[str]:
        """The partitions of those it names; its home alone where it names nobody."""
        return sorted({entity_id for _, entity_id in self.who}) or [self.home]

    def item(self, partition: str) -> Item:
        """It as an item of a partition."""
        return {
            "entity_id": partition,
            "entity_type": self.sort_key,
            "ts": self.ts_us,
            "received": self.received_us,
            "type": self.event_type,
            "body": msgspec.json.encode(self.record).decode(),
        }


def events_of(batch: EventBatch) -> list[Event]:
    """The valid events of a batch, in order of arrival."""
    return [Event(record) for record in event_records(batch, batch.size)]


def event_of(item: Item) -> Event:
    """The event of an item."""
    return Event(msgspec.json.decode(item["body"]))


def batch_of(items: Iterable[Item]) -> EventBatch:
    """The events of items, each id once, as a batch: what a log is filled with."""
    bodies = {item["entity_type"]: item["body"] for item in items}
    decoder = BatchDecoder(Arrival(0, "table", replayed=True, future_tolerance_us=_ANY_TIME_AHEAD_US))
    if bodies:
        decoder.add_lines("\n".join(bodies.values()).encode(), place=1)
    return decoder.finish()


def of_body(body: bytes, arrival: Arrival) -> EventBatch:
    """The events of a stream record: one event, an array of events, or one in each line."""
    decoder = BatchDecoder(arrival)
    if body.lstrip()[:1] == b"[":
        decoder.add_array(body)
    elif b"\n" in body.strip() and not _is_json(body):
        decoder.add_lines(body, place=1)
    else:
        decoder.add_json([body.strip()], [0])
    return decoder.finish()


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def ids(who: Iterable[Who]) -> Iterator[str]:
    """The ids of some, each once."""
    yield from dict.fromkeys(entity_id for _, entity_id in who)
