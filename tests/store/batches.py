"""Batches for tests, made from plain dicts without the codec."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tutorpulse.events.batch import EventBatch, Reject, TypeRows
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.fields import Kind

Event = Mapping[str, Any]
"""`event_id, event_type, ts_us`, possibly `received_us`, and payload fields by name."""

_ENVELOPE = ("event_id", "event_type", "ts_us", "received_us", "extra")
_DTYPES = {Kind.NUMBER: np.float64, Kind.TIME: np.int64, Kind.FLAG: np.bool_}


def batch_of(events: Iterable[Event], rejects: tuple[Reject, ...] = ()) -> EventBatch:
    """The events in their order, the rejects after them."""
    listed = list(events)
    types = dict.fromkeys(event["event_type"] for event in listed)
    rows = tuple(
        _rows(name, [(i, event) for i, event in enumerate(listed) if event["event_type"] == name])
        for name in types
    )
    return EventBatch(len(listed) + len(rejects), rows, rejects)


def _rows(event_type: str, events: list[tuple[int, Event]]) -> TypeRows:
    values = [event for _, event in events]
    kinds = {field.name: field.kind for field in EVENT_TYPES[event_type].fields}
    names = dict.fromkeys(name for event in values for name in event if name not in _ENVELOPE)
    return TypeRows(
        event_type,
        np.array([position for position, _ in events], np.int64),
        np.array([event["event_id"] for event in values], np.object_),
        np.array([event["ts_us"] for event in values], np.int64),
        np.array([event.get("received_us", event["ts_us"]) for event in values], np.int64),
        {name: _column(kinds[name], [event.get(name) for event in values]) for name in names},
        np.array([event.get("extra") for event in values], np.object_),
    )


def _column(kind: Kind, values: list[Any]) -> np.ndarray:
    if kind not in _DTYPES:
        return np.array(values, np.object_)
    mask = [value is None for value in values]
    data = [0 if value is None else value for value in values]
    return np.ma.MaskedArray(np.array(data, _DTYPES[kind]), mask)
