"""Hypothesis strategies for events, made from the contract, and a few events by hand."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import strategies as st

from tutorpulse.events.contract import EVENT_TYPES, EventType, Field
from tutorpulse.events.fields import LIST_SEPARATOR, Kind

NOW_US = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, the clock of these tests."""

ids = st.text(min_size=1, max_size=128)
_ZONES = st.sampled_from([None, UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))])
times = st.datetimes(datetime(1900, 1, 2), datetime(2025, 12, 30), timezones=_ZONES).map(datetime.isoformat)  # noqa: DTZ001  (zones are drawn)


def _numbers(field: Field) -> st.SearchStrategy[Any]:
    if field.words is not None:
        return st.sampled_from(sorted(field.words)) | st.floats(-1, 1) | st.sampled_from([-1, 0, 1])
    low, high = field.minimum, field.maximum
    floats = st.floats(low, high, allow_nan=False, allow_infinity=False)
    whole = st.integers(int(low) if low is not None else -(10**6), int(high) if high is not None else 10**6)
    return floats | whole


def values(event_type: EventType, field: Field) -> st.SearchStrategy[Any]:
    """Valid values of a field, as JSON has them."""
    if field.name in ("cancelled_by", "rescheduled_by", "no_show_by"):
        return st.sampled_from(["tutor", "student", "platform"])
    if event_type.name == "action_taken" and field.name == "entity_type":
        return st.sampled_from(["tutor", "student"])
    match field.kind:
        case Kind.ID:
            return ids
        case Kind.TEXT:
            return st.text(max_size=20)
        case Kind.NUMBER:
            return _numbers(field)
        case Kind.FLAG:
            return st.booleans()
        case Kind.TIME:
            return times
        case Kind.TEXT_LIST:
            items = st.text(st.characters(exclude_characters=LIST_SEPARATOR, codec="utf-8"), max_size=8)
            return st.lists(items, max_size=3)
        case Kind.JSON:
            slots = st.dictionaries(st.text(max_size=5), st.lists(st.integers(0, 23), max_size=3), max_size=2)
            return slots | st.lists(st.text(max_size=5), max_size=2)


@st.composite
def payloads(draw: st.DrawFn, event_type: EventType) -> dict[str, Any]:
    """A valid payload, optional fields present, null or absent."""
    chosen: dict[str, Any] = {}
    for field in event_type.fields:
        if field.required or field.name in event_type.one_of[:1]:
            chosen[field.name] = draw(values(event_type, field))
        elif draw(st.booleans()):
            chosen[field.name] = draw(st.none() | values(event_type, field))
    return chosen


@st.composite
def native_events(draw: st.DrawFn) -> dict[str, Any]:
    """A valid event in the native envelope, with or without id."""
    event_type = EVENT_TYPES[draw(st.sampled_from(sorted(EVENT_TYPES)))]
    event = {
        "event_type": event_type.name,
        "timestamp": draw(times),
        "payload": draw(payloads(event_type)),
    }
    if draw(st.booleans()):
        event["event_id"] = draw(ids)
    return dict(draw(st.permutations(list(event.items()))))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def as_json(event: object) -> bytes:
    """The event as one line."""
    return msgspec.json.encode(event)


def resumed(**changes: Any) -> dict[str, Any]:
    """A small valid event, changed."""
    event = {
        "event_id": "e1",
        "event_type": "tutor_resumed",
        "timestamp": "2025-12-01T08:00:00Z",
        "payload": {"tutor_id": "t1"},
    }
    return {name: value for name, value in (event | changes).items() if value is not ...}
