"""Typed events of one type to the columns of a `TypeRows`, in pieces that are joined at the end of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import SECOND_US, datetime_to_us
from tutorpulse.events.batch import Column, TypeRows
from tutorpulse.events.contract import EVENT_TYPES, Field
from tutorpulse.events.fields import LIST_SEPARATOR, Kind
from tutorpulse.events.types import Payload

_EXACT_SECONDS = 2.0**32
"""Up to here (the year 2106) a float of seconds rounds to the right microsecond."""

MISSING_TIME = np.iinfo(np.int64).min
"""Stands for no time in a piece."""

_JSON = msgspec.json.Encoder(order="sorted")

_FIELDS = {event_type.payload: event_type.fields for event_type in EVENT_TYPES.values()}

Piece = NDArray[Any]
"""A column on its way: numbers and flags as floats with NaN, times as microseconds with the least int64, text as objects."""


@dataclass(frozen=True)
class Rows:
    """Some events of one type as columns, one item per event; columns that no event carries are left out."""

    position: NDArray[np.int64]
    event_id: NDArray[np.object_]
    ts_us: NDArray[np.int64]
    received_us: NDArray[np.int64]
    extra: NDArray[np.object_]
    columns: dict[str, Piece]


def times_to_us(times: Sequence[datetime]) -> NDArray[np.int64]:
    """Microseconds since the epoch, exactly; times without an offset are UTC."""
    aware = [t if t.tzinfo else t.replace(tzinfo=UTC) for t in times]
    seconds = np.fromiter(map(datetime.timestamp, aware), np.float64, len(aware))
    if len(seconds) and np.abs(seconds).max() >= _EXACT_SECONDS:
        return np.fromiter(map(datetime_to_us, aware), np.int64, len(aware))
    return np.rint(seconds * SECOND_US).astype(np.int64)


def payload_columns(payloads: Sequence[Payload]) -> dict[str, Piece]:
    """The fields of payloads of one type as pieces, without those that no payload carries."""
    if not payloads:
        return {}
    fields = _FIELDS[type(payloads[0])]
    values = zip(*map(msgspec.structs.astuple, payloads), strict=True)
    return {
        field.name: _piece(field, column)
        for field, column in zip(fields, values, strict=True)
        if column.count(None) < len(column)
    }


def _piece(field: Field, values: Sequence[Any]) -> Piece:
    match field.kind:
        case Kind.NUMBER if field.words:
            words = field.words
            return np.array([words[v] if isinstance(v, str) else v for v in values], np.float64)
        case Kind.NUMBER | Kind.FLAG:
            return np.array(values, np.float64)
        case Kind.TIME:
            return optional_times(values)
        case Kind.TEXT_LIST:
            return objects([None if v is None else _joined(v) for v in values])
        case Kind.JSON:
            return objects([None if v is None else _JSON.encode(v).decode() for v in values])
        case _:
            return objects(values)


def _joined(items: list[str]) -> str:
    return LIST_SEPARATOR + "".join(item + LIST_SEPARATOR for item in items)


def optional_times(values: Sequence[datetime | None]) -> NDArray[np.int64]:
    """Microseconds since the epoch, `MISSING_TIME` for None."""
    present = [v for v in values if v is not None]
    if len(present) == len(values):
        return times_to_us(present)
    column = np.full(len(values), MISSING_TIME, np.int64)
    column[[i for i, v in enumerate(values) if v is not None]] = times_to_us(present)
    return column


def objects(values: Sequence[Any]) -> NDArray[np.object_]:
    """The values as they are, as an object array."""
    column = np.empty(len(values), object)
    column[:] = values
    return column


def join(event_type: str, pieces: Sequence[Rows]) -> TypeRows:
    """Pieces of one type, in order, as the rows of a batch."""
    lengths = [len(piece.position) for piece in pieces]
    return TypeRows(
        event_type,
        position=np.concatenate([p.position for p in pieces]),
        event_id=np.concatenate([p.event_id for p in pieces]),
        ts_us=np.concatenate([p.ts_us for p in pieces]),
        received_us=np.concatenate([p.received_us for p in pieces]),
        columns={
            field.name: _finished(
                field,
                [p.columns.get(field.name, _absent(field, n)) for p, n in zip(pieces, lengths, strict=True)],
            )
            for field in EVENT_TYPES[event_type].fields
            if any(field.name in piece.columns for piece in pieces)
        },
        extra=np.concatenate([p.extra for p in pieces]),
    )


def _absent(field: Field, length: int) -> Piece:
    if field.kind in (Kind.NUMBER, Kind.FLAG):
        return np.full(length, np.nan)
    return np.full(length, MISSING_TIME) if field.kind is Kind.TIME else np.empty(length, object)


def _finished(field: Field, pieces: Sequence[Piece]) -> Column:
    column = np.concatenate(pieces)
    match field.kind:
        case Kind.NUMBER:
            return np.ma.MaskedArray(column, np.isnan(column))
        case Kind.FLAG:
            return np.ma.MaskedArray(column == 1.0, np.isnan(column))
        case Kind.TIME:
            return np.ma.MaskedArray(column, column == MISSING_TIME)
        case _:
            return column
