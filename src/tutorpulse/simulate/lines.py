"""Events as NDJSON lines: all those of a type at once, field by field."""

from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, SECOND_US
from tutorpulse.events.contract import EVENT_TYPES, Field
from tutorpulse.events.fields import Kind
from tutorpulse.simulate import cells
from tutorpulse.simulate.calendar import date_of
from tutorpulse.simulate.cells import Cells, Piece, Table
from tutorpulse.simulate.journal import Events
from tutorpulse.simulate.names import EVENT_DIGITS, ID_FORMATS, Names
from tutorpulse.simulate.state import Flags, Ints

_Parts: TypeAlias = tuple[bytes | Cells, ...]


def lines_of(names: Names, events: Events, numbers: Ints) -> Table:
    """One JSON object per event; `numbers` are the events' own."""
    pieces = [Piece(_head(names, events, numbers))]
    bare = np.ones(len(numbers), np.bool_)
    for field in EVENT_TYPES[events.event_type].fields:
        values = events.columns.get(field.name)
        if values is not None:
            gaps = _missing(values)
            pieces += _commas(bare, gaps)
            key = f'"{field.name}":'.encode()
            pieces.append(Piece((key, *_value(names, events.event_type, field, values)), gaps))
            bare = np.zeros_like(bare) if gaps is None else bare & gaps
    return cells.lines_table([*pieces, Piece((b"}}",))], len(numbers))


def _commas(bare: Flags, gaps: Flags | None) -> list[Piece]:
    """Between a field and those before it: nothing where it has a gap, or where there is none before it."""
    if bare.all():
        return []
    without = bare if gaps is None else bare | gaps
    return [Piece((b",",), without if without.any() else None)]


def _head(names: Names, events: Events, numbers: Ints) -> _Parts:
    return (
        f'{{"event_id":"{names.tag}-'.encode(),
        *cells.whole_numbers(numbers, EVENT_DIGITS),
        f'","event_type":"{events.event_type}","timestamp":"'.encode(),
        *_moments(events.ts_us),
        b'","payload":{',
    )


def _missing(values: NDArray[Any]) -> Flags | None:
    """Where the column has no value, or None if it has one everywhere."""
    if values.dtype.kind in "bO":
        return None
    gaps = np.isnan(values) if values.dtype.kind == "f" else values < 0
    return gaps if gaps.any() else None


def _value(names: Names, event_type: str, field: Field, values: NDArray[Any]) -> _Parts:
    if values.dtype == object:
        return (b'"', cells.texts(values), b'"')
    if field.kind is Kind.TIME:
        return (b'"', *_moments(values), b'"')
    if field.kind is Kind.NUMBER:
        return cells.numbers(values)
    if field.kind is Kind.ID:
        prefix, _, form = ID_FORMATS[field.name].partition("%0")
        return (b'"' + prefix.encode(), *cells.whole_numbers(values + 1, int(form.rstrip("d"))), b'"')
    return (cells.chosen(_table(names, event_type, field), values),)


@lru_cache(maxsize=256)
def _table(names: Names, event_type: str, field: Field) -> Cells:
    """JSON of each word, flag or list of subjects by its number."""
    if field.kind is Kind.FLAG:
        return cells.column_of(["false", "true"])
    if field.kind is Kind.TEXT_LIST:
        masks = range(1 << len(names.parameters.market.subjects))
        return _json([names.subjects(mask) for mask in masks])
    return _json(list(names.words(event_type, field.name)))


def _json(values: list[Any]) -> Cells:
    return cells.column_of([msgspec.json.encode(value).decode() for value in values])


def _moments(us: Ints) -> _Parts:
    """Dates and times of day as text, UTC, whole seconds; of missing moments any text."""
    known = us[us >= 0]
    first_us, last_us = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    day, second = np.divmod(np.maximum(us, first_us) // SECOND_US, DAY_US // SECOND_US)
    dates = _dates(first_us // DAY_US, last_us // DAY_US)
    return (dates[day - first_us // DAY_US], b"T", _clock_table()[second], b"Z")


@lru_cache(maxsize=4096)
def _dates(first: int, last: int) -> Cells:
    return cells.column_of([date_of(day).isoformat() for day in range(first, last + 1)])


@lru_cache(maxsize=1)
def _clock_table() -> Cells:
    hours = (f"{hour:02d}" for hour in range(24))
    minutes = [f":{minute:02d}" for minute in range(60)]
    return cells.column_of(
        [hour + minute + second for hour in hours for minute in minutes for second in minutes]
    )


def moment_text(us: int) -> str:
    """RFC 3339 in UTC, whole seconds, as in the lines."""
    table = cells.lines_table([Piece(_moments(np.array([us], dtype=np.int64)))], 1)
    return table.tobytes().decode().rstrip("\n")
