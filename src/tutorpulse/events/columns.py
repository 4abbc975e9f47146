"""Typed events of one type to the columns of a `TypeRows`, their payloads only when somebody reads them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain, compress
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

_AT_ONCE = 1_000
"""Payloads that are turned to columns in one go: meanwhile no other thread has the interpreter."""

_JSON = msgspec.json.Encoder(order="sorted")

_FIELDS = {event_type.payload: event_type.fields for event_type in EVENT_TYPES.values()}


@dataclass(frozen=True)
class Rows:
    """Some events, one item per event."""

    position: NDArray[np.int64]
    event_id: NDArray[np.object_]
    ts_us: NDArray[np.int64]
    received_us: NDArray[np.int64]
    extra: NDArray[np.object_]
    payloads: Sequence[Payload]

    def at(self, where: Sequence[int]) -> "Rows":
        """Those at these indexes."""
        chosen = np.array(where, np.int64)
        return Rows(
            self.position[chosen],
            self.event_id[chosen],
            self.ts_us[chosen],
            self.received_us[chosen],
            self.extra[chosen],
            list(map(self.payloads.__getitem__, where)),
        )


class Payloads(Mapping[str, Column]):
    """The payloads of events of one type as columns by name, without those that no payload carries.

    The columns are made when the first of them is read: for a few events that costs what it costs for hundreds, so whoever
    has several takes them together; and in a flood of events whoever decodes them has no time for it.
    """

    def __init__(self, items: Sequence[Payload]) -> None:
        self._items = items

    @classmethod
    def together(cls, parts: Iterable[tuple["Payloads", NDArray[np.bool_]]]) -> "Payloads":
        """Of each part those that its array says, in order."""
        return cls([item for part, which in parts for item in compress(part._items, which.tolist())])

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @cached_property
    def _columns(self) -> dict[str, Column]:
        if not self._items:
            return {}
        fields = _FIELDS[type(self._items[0])]
        values: list[list[Any]] = [[] for _ in fields]
        for start in range(0, len(self._items), _AT_ONCE):
            some = map(msgspec.structs.astuple, self._items[start : start + _AT_ONCE])
            for column, part in zip(values, zip(*some, strict=True), strict=True):
                column += part
        return {
            field.name: _column(field, column)
            for field, column in zip(fields, values, strict=True)
            if column.count(None) < len(column)
        }


def times_to_us(times: Sequence[datetime]) -> NDArray[np.int64]:
    """Microseconds since the epoch, exactly; times without an offset are UTC."""
    aware = [t if t.tzinfo else t.replace(tzinfo=UTC) for t in times]
    seconds = np.fromiter(map(datetime.timestamp, aware), np.float64, len(aware))
    if len(seconds) and np.abs(seconds).max() >= _EXACT_SECONDS:
        return np.fromiter(map(datetime_to_us, aware), np.int64, len(aware))
    return np.rint(seconds * SECOND_US).astype(np.int64)


def _column(field: Field, values: Sequence[Any]) -> Column:
    match field.kind:
        case Kind.NUMBER:
            words = field.words
            numbers = [words[v] if isinstance(v, str) else v for v in values] if words else values
            figures = np.array(numbers, np.float64)
            return _masked(figures, np.isnan(figures))
        case Kind.FLAG:
            flags = np.array(values, np.float64)
            return _masked(flags == 1.0, np.isnan(flags))
        case Kind.TIME:
            times = optional_times(values)
            return _masked(times, times == MISSING_TIME)
        case Kind.TEXT_LIST:
            return objects([None if v is None else _joined(v) for v in values])
        case Kind.JSON:
            return objects([None if v is None else _JSON.encode(v).decode() for v in values])
        case _:
            return objects(values)


def _masked(values: Column, missing: NDArray[np.bool_]) -> Column:
    column: Column = np.ma.MaskedArray(values, missing)
    return column


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
    return np.fromiter(values, np.object_, len(values))


def join(event_type: str, pieces: Sequence[Rows]) -> TypeRows:
    """Pieces of one type, in order, as the rows of a batch."""
    rows = pieces[0] if len(pieces) == 1 else _one(pieces)
    return TypeRows(
        event_type,
        position=rows.position,
        event_id=rows.event_id,
        ts_us=rows.ts_us,
        received_us=rows.received_us,
        columns=Payloads(rows.payloads),
        extra=rows.extra,
    )


def _one(pieces: Sequence[Rows]) -> Rows:
    return Rows(
        position=np.concatenate([p.position for p in pieces]),
        event_id=np.concatenate([p.event_id for p in pieces]),
        ts_us=np.concatenate([p.ts_us for p in pieces]),
        received_us=np.concatenate([p.received_us for p in pieces]),
        extra=np.concatenate([p.extra for p in pieces]),
        payloads=list(chain.from_iterable(p.payloads for p in pieces)),
    )
