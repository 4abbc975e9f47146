"""The fast path: a block of clean native lines to typed events, made from the contract.

`Envelope` has one subclass per event type; together they are a tagged union that msgspec decodes and validates in
one pass. What it refuses is not yet rejected: `tolerant` has the last word.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Union, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.fields import Id
from tutorpulse.events.types import Payload

_NEWLINE, _OPENING, _CLOSING = b"\n{}"

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
    r"""The events of a block of lines, or None if any of its lines is not a clean native event.

    Refused, too, are blocks in which a line could hold two objects or an object two lines: each line must begin with
    ``{`` and end with ``}``. Between ``}`` and ``{`` JSON never allows a bare newline inside an object, so with as
    many events as lines each line is one event.
    """
    decoded = decode_blocks([block])
    return None if decoded is None else decoded[0]


def decode_blocks(blocks: Sequence[bytes]) -> tuple[list[Envelope], list[int]] | None:
    """The events of several blocks of lines, one after the other, and how many are in each; None if any line is not a clean native event, or there is no block."""
    bodies = [block.rstrip(b"\n") for block in blocks]
    # Where each begins and ends an object, no event reaches from one block into the next.
    if not bodies or not all(body.startswith(b"{") and body.endswith(b"}") for body in bodies):
        return None
    joined = b"\n".join(bodies)
    if not _is_object_in_each_line(np.frombuffer(joined, np.uint8)):
        return None
    try:
        events = _DECODER.decode_lines(joined)
    except UNREADABLE:
        return None
    counts = [count_newlines(body) + 1 for body in bodies]
    return (events, counts) if len(events) == sum(counts) else None


def _is_object_in_each_line(characters: NDArray[np.uint8]) -> bool:
    """Whether each newline stands between ``}`` and ``{``."""
    between = (characters[:-2] == _CLOSING) & (characters[2:] == _OPENING)
    return not ((characters[1:-1] == _NEWLINE) & ~between).any()


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
