"""Columns of events to NDJSON lines and to `EventBatch`es: the same events, byte for byte the same values.

What a column holds: text is a number into a table of words (-1: missing), ids are numbers (-1: missing), times are
microseconds, numbers are floats (NaN: missing), flags are booleans or 0, 1 and -1 (missing). A column of objects is
taken as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.events.batch import Column, EventBatch, TypeRows
from tutorpulse.events.contract import EVENT_TYPES, Field
from tutorpulse.events.fields import LIST_SEPARATOR, Kind
from tutorpulse.simulate.journal import Events
from tutorpulse.simulate.parameters import Parameters
from tutorpulse.simulate.population import CHANNELS, GRADES, METHODS, REGIONS
from tutorpulse.simulate.state import Ints

SIDES = ("tutor", "student", "platform")
TEXTS: dict[str, tuple[str, ...]] = {
    "grade_level": GRADES,
    "region": REGIONS,
    "acquisition_channel": CHANNELS,
    "method": METHODS,
    "cancelled_by": SIDES,
    "rescheduled_by": SIDES,
    "no_show_by": SIDES,
    "session_type": ("recurring", "single", "first"),
    "goal": ("exam passed", "grade reached", "course finished"),
    "category": ("scheduling", "billing", "technical", "quality"),
    "entity_type": ("tutor", "student"),
    "recommendation": ("wellness_check_in", "reduce_hours", "call", "assign_tutor"),
}
REASONS: dict[str, tuple[str, ...]] = {
    "tutor_departed": ("workload", "other job", "too few lessons", "personal"),
    "student_departed": ("no longer needed", "cost", "not satisfied", "other offer"),
    "ib_call_logged": ("scheduling", "billing", "complaint", "progress"),
}
_FORMATS = {
    "tutor_id": "tutor_{:05d}",
    "student_id": "student_{:06d}",
    "session_id": "session_{:07d}",
    "request_id": "request_{:07d}",
    "call_id": "call_{:06d}",
}


@dataclass(frozen=True)
class Names:
    """How the numbers of one world are spelt: the tables of words, and the tag that makes event ids its own."""

    parameters: Parameters
    tag: str

    def words(self, event_type: str, field: str) -> Sequence[str]:
        """The table of words of a text field."""
        market = self.parameters.market
        own: dict[str, Sequence[str]] = {
            "subject": market.subjects,
            "tier": market.tiers,
            "timezone": self.parameters.calendar.zones,
            "reason": REASONS.get(event_type, ()),
        }
        return own.get(field) or TEXTS[field]


def entity_id(kind: str, number: int) -> str:
    """The id of a tutor or student by its number (from 0)."""
    return _FORMATS[f"{kind}_id"].format(number + 1)


def spelt(names: Names, event_type: str, field: Field, values: NDArray[Any]) -> list[Any]:
    """The column as Python values, None where missing: text and ids as str, times as int."""
    if values.dtype == object:
        return list(values.tolist())
    if field.kind is Kind.NUMBER:
        return [None if v != v else v for v in np.round(values.astype(np.float64), 2).tolist()]
    if field.kind is Kind.FLAG:
        return [None if v < 0 else bool(v) for v in values.astype(np.int8).tolist()]
    if field.kind is Kind.TIME:
        return [None if v < 0 else v for v in values.tolist()]
    return _texts(names, event_type, field, values)


def _texts(names: Names, event_type: str, field: Field, values: NDArray[Any]) -> list[Any]:
    if field.kind is Kind.ID:
        form = _FORMATS[field.name].format
        return [None if v < 0 else form(v + 1) for v in values.tolist()]
    if field.kind is Kind.TEXT_LIST:
        table = [_members(names, mask) for mask in range(1 << len(names.parameters.market.subjects))]
        return [table[v] for v in values.tolist()]
    words = [*names.words(event_type, field.name), None]
    return [words[v] for v in values.tolist()]


def _members(names: Names, mask: int) -> list[str]:
    return [word for bit, word in enumerate(names.parameters.market.subjects) if mask >> bit & 1]


def time_texts(us: Ints) -> list[str]:
    """RFC 3339 in UTC, whole seconds."""
    texts = np.datetime_as_string(us.astype("datetime64[us]"), unit="s", timezone="UTC")
    return list(texts.tolist())


def event_ids(names: Names, first: int, count: int) -> list[str]:
    """Ids of `count` events from number `first` on."""
    return [f"{names.tag}-{n:08d}" for n in range(first, first + count)]


def lines_of(names: Names, events: Events, ids: list[str]) -> list[str]:
    """One JSON object per event, without the line's end."""
    fields = [f for f in EVENT_TYPES[events.event_type].fields if f.name in events.columns]
    texts = [_fragments(names, events, field) for field in fields]
    whole = [t for t in texts if "" not in t]
    parted = [["," + text if text else "" for text in t] for t in texts if "" in t]
    head = f'","event_type":"{events.event_type}","timestamp":"'
    payload = ",".join(["%s"] * len(whole)) + "%s" * len(parted)
    template = '{"event_id":"%s' + head + '%s","payload":{' + payload + "}}"
    return [template % row for row in zip(ids, time_texts(events.ts_us), *whole, *parted, strict=True)]


def _fragments(names: Names, events: Events, field: Field) -> list[str]:
    """`"name":value` of each event, empty where the value is missing."""
    values = spelt(names, events.event_type, field, events.columns[field.name])
    key = f'"{field.name}":'
    if field.kind is Kind.TIME:
        values = time_texts(events.columns[field.name])
    quote = '"' if field.kind in (Kind.ID, Kind.TEXT, Kind.TIME) else ""
    if field.kind is Kind.TEXT_LIST:
        values = ["[" + ",".join(f'"{v}"' for v in value) + "]" for value in values]
    if field.kind is Kind.FLAG:
        values = [None if v is None else "true" if v else "false" for v in values]
    missing = (None, "NaT", "NaTZ")
    return ["" if v in missing else f"{key}{quote}{v}{quote}" for v in values]


def batch_of(
    names: Names, day: Sequence[Events], ids: Sequence[list[str]], order: Sequence[Ints]
) -> EventBatch:
    """The same events as columns for direct appends; `order` holds each event's place in the batch."""
    rows = tuple(
        TypeRows(
            event_type=events.event_type,
            position=place,
            event_id=np.array(own, dtype=object),
            ts_us=events.ts_us,
            received_us=events.ts_us,
            columns=_batch_columns(names, events),
            extra=np.full(len(own), None, dtype=object),
        )
        for events, own, place in zip(day, ids, order, strict=True)
    )
    return EventBatch(size=sum(len(events.ts_us) for events in day), rows=rows)


def _batch_columns(names: Names, events: Events) -> dict[str, Column]:
    return {
        field.name: _batch_column(field, spelt(names, events.event_type, field, events.columns[field.name]))
        for field in EVENT_TYPES[events.event_type].fields
        if field.name in events.columns
    }


def _batch_column(field: Field, values: list[Any]) -> Column:
    if field.kind in (Kind.NUMBER, Kind.TIME, Kind.FLAG):
        kind = {Kind.NUMBER: np.float64, Kind.TIME: np.int64, Kind.FLAG: np.bool_}[field.kind]
        mask = np.array([v is None for v in values], dtype=np.bool_)
        return np.ma.MaskedArray(np.array([v or 0 for v in values], dtype=kind), mask=mask)
    if field.kind is Kind.TEXT_LIST:
        values = [LIST_SEPARATOR + LIST_SEPARATOR.join(value) + LIST_SEPARATOR for value in values]
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
