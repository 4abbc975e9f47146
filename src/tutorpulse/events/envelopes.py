"""The three spellings of an event's envelope, brought to the native one.

An id is one id in every spelling: a CloudEvent's `id` becomes `event_id` as it stands, and its `source` is kept with
the extra fields. CloudEvents asks only that source and id be unique together, but the contract says that the same
id twice is one event, whatever else differs; producers that number from one each must put their name into the id.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec

from tutorpulse.events.strict import UNREADABLE

CLOUDEVENTS_VERSION = "1.0"
_HEADER_PREFIX = "ce-"


class RefusalError(Exception):
    """One event breaks the contract: why, and the dotted path of the field (empty: the event as a whole)."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


@dataclass(frozen=True)
class NativeEvent:
    """An event in the native spelling, nothing of it validated yet.

    `rest` holds the envelope's other fields; `names` says how the sender calls a field that was renamed.
    """

    event_type: object
    timestamp: object
    payload: object
    event_id: object
    received_at: object
    rest: dict[str, Any]
    names: Mapping[str, str]


_OURS = ("event_type", "timestamp", "payload", "event_id", "received_at")
_THEIRS = {"event_type": "type", "timestamp": "time", "payload": "data", "event_id": "id"}


def to_native(event: object) -> NativeEvent:
    """A parsed event of any spelling in the native one.

    Raises:
        RefusalError: it is no object, or a CloudEvent of another version or with unreadable data.
    """
    if not isinstance(event, dict):
        raise RefusalError(f"An event is a JSON object, not {_json_name(event)}")
    if "specversion" in event and "event_type" not in event:
        return _from_cloudevent(event)
    return _pick(event, {})


def from_http_headers(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """A CloudEvent in binary mode (attributes in `ce-` headers, data as the body) in structured form.

    Header names in any case, values percent-decoded, as the HTTP binding says. An unreadable body is left as
    `data_base64`, for the codec to refuse.
    """
    event: dict[str, Any] = {
        name.lower().removeprefix(_HEADER_PREFIX): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith(_HEADER_PREFIX)
    }
    try:
        event["data"] = msgspec.json.decode(body)
    except UNREADABLE:
        event["data_base64"] = base64.b64encode(body).decode()
    return event


def is_binary_mode(headers: Mapping[str, str]) -> bool:
    """Whether the headers are those of a CloudEvent in binary mode."""
    return any(name.lower() == _HEADER_PREFIX + "specversion" for name in headers)


def _from_cloudevent(event: dict[str, Any]) -> NativeEvent:
    if event["specversion"] != CLOUDEVENTS_VERSION:
        raise RefusalError(f"CloudEvents {event['specversion']!r} is not supported, send 1.0", "specversion")
    if "data" not in event and "data_base64" in event:
        event = {k: v for k, v in event.items() if k != "data_base64"} | {"data": _from_base64(event)}
    return _pick(event, _THEIRS)


def _from_base64(event: dict[str, Any]) -> object:
    try:
        return msgspec.json.decode(base64.b64decode(event["data_base64"], validate=True))
    except (binascii.Error, TypeError, *UNREADABLE):
        raise RefusalError("The data is no JSON", "data_base64") from None


def _pick(event: dict[str, Any], names: Mapping[str, str]) -> NativeEvent:
    rest = dict(event)
    picked = {name: rest.pop(names.get(name, name), None) for name in _OURS}
    if names and isinstance(picked["event_type"], str):
        # The specification asks for a reverse-DNS prefix: com.example.session_booked.
        picked["event_type"] = picked["event_type"].rpartition(".")[2]
    return NativeEvent(**picked, rest=rest, names=names)


def _json_name(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
