"""The fast path: a block of clean native lines to typed events, made from the contract.

`Envelope` has one subclass per event type; together they are a tagged union that msgspec decodes and validates in
one pass. What it refuses is not yet rejected: `tolerant` has the last word.
"""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from itertools import islice, pairwise
from typing import Any, Union, cast

import msgspec
import numpy as np

from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.fields import Id
from tutorpulse.events.types import Payload

_NEWLINE = ord("\n")

_AT_ONCE = 100
"""Lines that are decoded in one go: meanwhile no other thread has the interpreter."""

UNREADABLE = (ValueError, RecursionError)
"""What msgspec raises on bytes or objects that it cannot turn into the wanted type."""


class Envelope(msgspec.Struct, forbid_unknown_fields=True, gc=False, tag_field="event_type", tag=""):
    """One event of the contract, whatever envelope it came in. Times without an offset are UTC.

    `payload` is an instance of the type's own payload; `event_id` is None where it is still to be derived.
    """

    timestamp: datetime
    payload: Payload
    event_id: Id | None = None
    received_at: datetime | None = None


def _envelope(name: str, payload: type[Payload]) -> type[Envelope]:
    made = msgspec.defstruct(
        payload.__name__ + "Event",
        [("payload", payload), ("event_id", Id | None, None), ("received_at", datetime | None, None)],
        bases=(Envelope,),
        tag=name,
        forbid_unknown_fields=True,
        gc=False,
    )
    return cast(type[Envelope], made)


ENVELOPES: dict[str, type[Envelope]] = {
    event_type.name: _envelope(event_type.name, event_type.payload) for event_type in EVENT_TYPES.values()
}
"""The envelope of each event type by the type's name."""

TYPE_NAMES: dict[type[Envelope], str] = {envelope: name for name, envelope in ENVELOPES.items()}
"""The event type's name by its envelope."""

_ANY_EVENT: Any = Union[tuple(ENVELOPES.values())]  # noqa: UP007  (made at run time)
_DECODER: msgspec.json.Decoder[Envelope] = msgspec.json.Decoder(_ANY_EVENT)
_ARRAY_DECODER: msgspec.json.Decoder[list[Envelope]] = msgspec.json.Decoder(list[_ANY_EVENT])


def decode_block(block: bytes) -> list[Envelope] | None:
    """The events of a block of lines, or None if any of its lines is not a clean native event."""
    decoded = decode_blocks([block])
    return None if decoded is None else decoded[0]


def decode_blocks(blocks: Sequence[bytes]) -> tuple[list[Envelope], list[int]] | None:
    """The events of several blocks of lines, one after the other, and how many are in each; None if any line is not a clean native event, or there is none."""
    events: list[Envelope] = []
    ends = [0]
    try:
        for block in blocks:
            # Line by line, for what reads lines by itself would take two objects in one of them.
            decoded = map(_DECODER.decode, BytesIO(_without_empty_end(block)))
            while some := list(islice(decoded, _AT_ONCE)):
                events += some
            ends.append(len(events))
    except UNREADABLE:
        return None
    counts = [end - start for start, end in pairwise(ends)]
    return (events, counts) if counts and all(counts) else None


def _without_empty_end(block: bytes) -> bytes:
    return block.rstrip(b"\n") if block.endswith(b"\n\n") else block


def count_newlines(body: bytes) -> int:
    """How many newlines a body has; `bytes.count` takes several times as long."""
    return int(np.count_nonzero(np.frombuffer(body, np.uint8) == _NEWLINE))


def decode_array(body: bytes) -> list[Envelope] | None:
    """The events of a JSON array, or None if any of them is not a clean native event."""
    try:
        return _ARRAY_DECODER.decode(body)
    except UNREADABLE:
        return None


def decode_line(line: bytes) -> Envelope | None:
    """The event of one line, or None if it is not a clean native event."""
    try:
        return _DECODER.decode(line)
    except UNREADABLE:
        return None
