"""Batches that could not be taken for so long that the stream went on: read again from the stream, and taken."""

from datetime import datetime
from typing import Any

import msgspec

from tutorpulse.aws.processing import Processor, Record
from tutorpulse.clock import SECOND_US
from tutorpulse.errors import UnavailableError

AT_ONCE = 100


class _Batch(msgspec.Struct, rename="camel"):
    shard_id: str
    start_sequence_number: str
    end_sequence_number: str
    stream_arn: str


class _Letter(msgspec.Struct):
    """What Lambda writes to the queue of failed batches."""

    batch: _Batch = msgspec.field(name="KinesisBatchInfo")


def redrive(kinesis: Any, processor: Processor, letter: str) -> int:
    """Take the records that a letter names. Returns how many there were; a repetition changes nothing.

    Raises:
        UnavailableError: the table cannot be reached still; the queue delivers the letter again.
    """
    batch = msgspec.json.decode(letter, type=_Letter).batch
    iterator = kinesis.get_shard_iterator(
        StreamARN=batch.stream_arn,
        ShardId=batch.shard_id,
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=batch.start_sequence_number,
    )["ShardIterator"]
    taken, last = 0, int(batch.end_sequence_number)
    while iterator:
        page = kinesis.get_records(ShardIterator=iterator, Limit=AT_ONCE)
        records = [_record(found) for found in page["Records"] if int(found["SequenceNumber"]) <= last]
        _, failed = processor.take(records) if records else (None, None)
        if failed is not None:
            raise UnavailableError(
                f"Record {failed} cannot be taken still. The queue delivers the letter again."
            )
        taken += len(records)
        done = not page["Records"] or int(page["Records"][-1]["SequenceNumber"]) >= last
        iterator = None if done else page.get("NextShardIterator")
    return taken


def _record(found: dict[str, Any]) -> Record:
    arrived: datetime = found["ApproximateArrivalTimestamp"]
    return Record(found["SequenceNumber"], found["Data"], round(arrived.timestamp() * SECOND_US))
