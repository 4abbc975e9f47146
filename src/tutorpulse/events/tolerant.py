"""The tolerant path: one parsed event of any spelling, with aliases and unknown fields, to a typed event.

It accepts everything that `strict` accepts, with the same result, and says precisely why it refuses the rest.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tutorpulse.events.contract import EVENT_TYPES, EventType
from tutorpulse.events.envelopes import NativeEvent, RefusalError, to_native
from tutorpulse.events.fields import Kind
from tutorpulse.events.strict import ENVELOPES, UNREADABLE, Envelope

_STUDENT_ALIASES = {"customer_id": "student_id"}
_EXTRA = msgspec.json.Encoder(order="sorted")
_PLACE = re.compile(r"(?s)(.*?)(?: - at `\$\.?(.*)`)?")
_MISSING = re.compile(r"Object missing required field `(\w+)`")


def interpret_json(text: bytes) -> tuple[Envelope, str | None]:
    """The event that some JSON says, and its extra fields; see `interpret`.

    Raises:
        RefusalError: it is no JSON, or breaks the contract.
    """
    try:
        parsed = msgspec.json.decode(text)
    except UNREADABLE as error:
        raise RefusalError(f"Not JSON: {error}") from None
    return interpret(parsed)


def interpret(event: object) -> tuple[Envelope, str | None]:
    """A parsed event as the contract reads it, and JSON of the fields that the contract does not know (or None).

    The extra fields keep the event's shape: those of the envelope by name, those of the payload under `payload`. Where a field
    comes both under its own name and under an alias, its own name holds and the alias is extra.

    Raises:
        RefusalError: the event breaks the contract.
    """
    native = to_native(event)
    event_type = _event_type(native)
    if not isinstance(native.payload, dict):
        raise RefusalError(
            "Missing" if native.payload is None else "Expected an object", _sent(native, "payload")
        )
    known, unknown, sent_as = _sort_fields(event_type, native.payload)
    envelope = _convert(native, event_type, known, sent_as)
    rest = native.rest | ({"payload": unknown} if unknown else {})
    return envelope, _EXTRA.encode(rest).decode() if rest else None


def _event_type(native: NativeEvent) -> EventType:
    name, field = native.event_type, _sent(native, "event_type")
    if name is None:
        raise RefusalError("Missing", field)
    event_type = EVENT_TYPES.get(name) if isinstance(name, str) else None
    if event_type is None:
        raise RefusalError(f"{name!r:.140} is no event type of the contract", field)
    return event_type


def aliases(event_type: EventType) -> Mapping[str, str]:
    """Other spellings of a type's fields, theirs to ours, with the predecessor's `customer_id`."""
    names = {field.name for field in event_type.fields}
    shared = {theirs: ours for theirs, ours in _STUDENT_ALIASES.items() if ours in names}
    return shared | dict(event_type.aliases)


_ALIASES = {name: aliases(event_type) for name, event_type in EVENT_TYPES.items()}
_NAMES = {name: frozenset(field.name for field in et.fields) for name, et in EVENT_TYPES.items()}
_NUMBERS = {
    name: tuple(field.name for field in et.fields if field.kind is Kind.NUMBER)
    for name, et in EVENT_TYPES.items()
}


def _sort_fields(
    event_type: EventType, payload: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """Fields of the contract, the others, and for those that came under an alias, which."""
    names, renamed = _NAMES[event_type.name], _ALIASES[event_type.name]
    known = {name: value for name, value in payload.items() if name in names}
    unknown: dict[str, Any] = {}
    sent_as: dict[str, str] = {}
    for name, value in payload.items():
        ours = renamed.get(name)
        if ours is not None and known.get(ours) is None:
            known[ours], sent_as[ours] = value, name
        elif name not in names:
            unknown[name] = value
    return known, unknown, sent_as


def _convert(
    native: NativeEvent, event_type: EventType, known: dict[str, Any], sent_as: dict[str, str]
) -> Envelope:
    fields = {
        "event_type": event_type.name,
        "payload": known,
        "timestamp": native.timestamp,
        "event_id": native.event_id,
        "received_at": native.received_at,
    }
    if native.timestamp is None:
        raise RefusalError("Missing", _sent(native, "timestamp"))
    try:
        envelope = msgspec.convert(fields, ENVELOPES[event_type.name])
    except UNREADABLE as error:
        raise _refusal(str(error), native, sent_as) from None
    _check_finite(envelope.payload, event_type, native, sent_as)
    return envelope


def _check_finite(
    payload: object, event_type: EventType, native: NativeEvent, sent_as: dict[str, str]
) -> None:
    for name in _NUMBERS[event_type.name]:
        value = getattr(payload, name)
        if isinstance(value, float) and not math.isfinite(value):
            raise RefusalError(
                f"{value} is no number to count with", _path(native, ["payload", name], sent_as)
            )


def _refusal(message: str, native: NativeEvent, sent_as: dict[str, str]) -> RefusalError:
    match = _PLACE.fullmatch(message)
    assert match is not None
    reason, place = match[1], match[2] or ""
    path = place.split(".") if place else []
    missing = _MISSING.fullmatch(reason)
    if missing:
        reason, path = "Missing", [*path, missing[1]]
    return RefusalError(reason, _path(native, path, sent_as))


def _path(native: NativeEvent, path: list[str], sent_as: dict[str, str]) -> str:
    """The dotted path in the sender's own words."""
    if not path:
        return ""
    rest = [sent_as.get(path[1], path[1]), *path[2:]] if len(path) > 1 else []
    return ".".join([_sent(native, path[0]), *rest])


def _sent(native: NativeEvent, name: str) -> str:
    return native.names.get(name, name)
