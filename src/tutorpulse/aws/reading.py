"""The events of a few from the table, as a log that the package's own features are computed from."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tutorpulse.aws import keys
from tutorpulse.aws.events import batch_of, event_of
from tutorpulse.aws.table import Items
from tutorpulse.aws.values import Item
from tutorpulse.clock import DAY_US, format_time
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.features.frame import EntityType
from tutorpulse.features.student_sources import SEEN_DAYS
from tutorpulse.store.memory import MemoryLog

READERS = 16
"""Partitions read at once."""


class EventReader:
    """Reads partitions, each once as long as it lives: one look at a few, as of a time."""

    def __init__(self, table: Items, scratch: Path) -> None:
        self._table, self._scratch = table, scratch
        self._read: dict[str, list[Item]] = {}

    def log(self, kind: EntityType, entity_ids: Iterable[str], as_of_us: int) -> MemoryLog:
        """All events of these, and for students also those of the tutors they were taught by lately, whose values they read."""
        ids = list(dict.fromkeys(entity_ids))
        own = self._items(ids)
        others = _partners(own, "tutor", as_of_us) if kind == "student" else set()
        items = own + self._items(sorted(others - set(ids)))
        return MemoryLog([batch_of(items), *self._payments()], self._scratch)

    def students_of(self, tutor_ids: Iterable[str], as_of_us: int) -> set[str]:
        """The students of the sessions of these tutors, of as many days as a student's neighbours count."""
        return _partners(self._items(list(tutor_ids)), "student", as_of_us)

    def _items(self, ids: list[str]) -> list[Item]:
        missing = [entity_id for entity_id in ids if entity_id not in self._read]
        with ThreadPoolExecutor(READERS) as pool:
            self._read |= dict(zip(missing, pool.map(self._partition, missing), strict=True))
        return [item for entity_id in ids for item in self._read[entity_id]]

    def _partition(self, entity_id: str) -> list[Item]:
        return list(self._table.between(entity_id, keys.EVENTS, keys.EVENTS + keys.LAST))

    def _payments(self) -> list[EventBatch]:
        """A payment of nobody where the log knows payments, as some features ask no more than that."""
        known = self._table.get(keys.LOG, keys.PAYMENTS)
        return [] if known is None else [batch_of([_payment_of_nobody(known)])]


def _partners(items: Iterable[Item], kind: EntityType, as_of_us: int) -> set[str]:
    since_us = as_of_us - SEEN_DAYS * DAY_US
    payloads = (
        event_of(item).payload
        for item in items
        if item["type"].startswith("session_") and item["ts"] > since_us
    )
    return {payload[f"{kind}_id"] for payload in payloads if f"{kind}_id" in payload} - {PLACEHOLDER_ID}


def _payment_of_nobody(known: Item) -> Item:
    record = {
        "event_id": "payments-are-known",
        "event_type": "payment_processed",
        "timestamp": format_time(known["ts"]),
        "received_at": format_time(known["received"]),
        "payload": {"student_id": PLACEHOLDER_ID, "amount": 0.0, "succeeded": True},
    }
    return {"entity_type": keys.PAYMENTS, "body": msgspec.json.encode(record).decode()}
