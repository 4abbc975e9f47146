"""The stream processor: records of the stream into the table.

A batch is taken record by record, in order. Where the table cannot be reached the batch stops, and the lowest sequence number
that is not done is reported: Kinesis delivers again from there. A record that can never be taken does not hold up the others: it
goes whole to the rejects and to the queue of poison records.
"""

import base64
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tutorpulse.aws import events, marks, rejects
from tutorpulse.aws.table import Items
from tutorpulse.aws.taking import Taker, Touched
from tutorpulse.clock import HOUR_US, SECOND_US, Clock
from tutorpulse.errors import RefusedItemError
from tutorpulse.events.batch import Reject
from tutorpulse.events.codec import Arrival
from tutorpulse.settings import Settings

log = logging.getLogger("tutorpulse.stream")

SOURCE = "stream"
REJECT_BYTES_MAX = 300_000
"""Of a longer record the reject holds the beginning; the queue's message says where the stream has it."""


@dataclass(frozen=True)
class Record:
    """One record of the stream."""

    sequence: str
    data: bytes
    arrived_us: int

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Record":
        """From what Lambda is given."""
        kinesis = record["kinesis"]
        arrived_us = round(float(kinesis["approximateArrivalTimestamp"]) * SECOND_US)
        return cls(kinesis["sequenceNumber"], base64.b64decode(kinesis["data"]), arrived_us)


@dataclass
class Counts:
    """What became of a batch's events; `poison` counts records."""

    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    poison: int = 0


@dataclass(frozen=True)
class Processor:
    """Takes records into a table. `poisoned` is told of each record that can never be taken, and why."""

    table: Items
    taker: Taker
    settings: Settings
    clock: Clock
    poisoned: Callable[[Record, str], None]

    def take(self, records: Sequence[Record]) -> tuple[Counts, str | None]:
        """Take a batch. Returns what became of its events, and the first record's sequence that is not done (None: all are)."""
        counts, touched = Counts(), Touched()
        for record in records:
            try:
                self._take_record(record, counts, touched)
            except (ClientError, BotoCoreError) as error:
                log.warning("Stopped at record %s: %s", record.sequence, error)
                marks.put(self.table, touched, self.clock.now_us())
                return counts, record.sequence
        try:
            marks.put(self.table, touched, self.clock.now_us())
        except (ClientError, BotoCoreError) as error:
            log.warning("Could not mark who was touched: %s", error)
            return counts, records[0].sequence
        return counts, None

    def _take_record(self, record: Record, counts: Counts, touched: Touched) -> None:
        tolerance_us = int(self.settings.future_tolerance_hours * HOUR_US)
        arrival = Arrival(record.arrived_us, SOURCE, future_tolerance_us=tolerance_us)
        try:
            batch = events.of_body(record.data, arrival)
            counts.rejected += rejects.keep(self.table, batch.rejects)
            for event in events.events_of(batch):
                if self.taker.take(event, touched):
                    counts.accepted += 1
                else:
                    counts.duplicate += 1
        except RefusedItemError as error:
            counts.poison += 1
            self._set_aside(record, str(error))

    def _set_aside(self, record: Record, reason: str) -> None:
        whole = Reject(0, record.data[:REJECT_BYTES_MAX], reason, "", SOURCE, 0, record.arrived_us)
        rejects.keep(self.table, [whole])
        self.poisoned(record, reason)
