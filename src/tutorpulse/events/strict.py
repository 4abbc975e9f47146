"""The fast path: a block of clean native lines to typed events, made from the contract.

`Envelope` has one subclass per event type; together they are a tagged union that msgspec decodes and validates in
one pass. What it refuses is not yet rejected: `tolerant` has the last word.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Union, cast

import msgspec

from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.fields import Id
from tutorpulse.events.types import Payload

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
    body = block.rstrip(b"\n")
    lines = count_lines(body)
    if not (body.startswith(b"{") and body.endswith(b"}") and body.count(b"}\n{") == lines - 1):
        return None
    try:
        events = _DECODER.decode_lines(body)
    except UNREADABLE:
        return None
    return events if len(events) == lines else None


def decode_blocks(blocks: Sequence[bytes]) -> list[Envelope] | None:
    """The events of several blocks of lines, one after the other, or None if any line is not a clean native event."""
    bodies = [block.rstrip(b"\n") for block in blocks]
    # Where each begins and ends an object, no event reaches from one block into the next.
    if not all(body.startswith(b"{") and body.endswith(b"}") for body in bodies):
        return None
    return decode_block(b"\n".join(bodies))


def count_lines(block: bytes) -> int:
    """How many lines a block has, empty ones at its end not counted."""
    return block.rstrip(b"\n").count(b"\n") + 1


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
