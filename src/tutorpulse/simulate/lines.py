"""Events as NDJSON lines: for each type one template, filled row by row."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, SECOND_US
from tutorpulse.events.contract import EVENT_TYPES, Field
from tutorpulse.events.fields import Kind
from tutorpulse.simulate.calendar import date_of
from tutorpulse.simulate.journal import Events
from tutorpulse.simulate.names import ID_FORMATS, Names
from tutorpulse.simulate.state import Ints


@dataclass(frozen=True)
class _Piece:
    """One field in a template, and the columns that fill it."""

    template: str
    columns: list[list[Any]]

    def parted(self, missing: NDArray[np.bool_]) -> "_Piece":
        """The same with nothing where the value is missing; its comma comes with it."""
        texts = map(("," + self.template).__mod__, zip(*self.columns, strict=True))
        return _Piece(
            "%s", [["" if gap else text for gap, text in zip(missing.tolist(), texts, strict=True)]]
        )


def lines_of(names: Names, events: Events, first_number: int) -> list[str]:
    """One JSON object per event, without the line's end; numbered from `first_number` on."""
    whole, parted = [], []
    for field in EVENT_TYPES[events.event_type].fields:
        if field.name in events.columns:
            values = events.columns[field.name]
            piece, missing = _piece(names, events.event_type, field, values), _missing(values)
            if missing is None:
                whole.append(piece)
            else:
                parted.append(piece.parted(missing))
    moment = _moments(events.ts_us)
    template = (
        f'{{"event_id":"{names.tag}-%08d","event_type":"{events.event_type}","timestamp":"{moment.template}","payload":{{'
        + ",".join(piece.template for piece in whole)
        + "".join(piece.template for piece in parted)
        + "}}"
    )
    numbers = range(first_number, first_number + len(events.ts_us))
    columns = [column for piece in whole + parted for column in piece.columns]
    return list(map(template.__mod__, zip(numbers, *moment.columns, *columns, strict=True)))


def _missing(values: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Where the column has no value, or None if it has one everywhere."""
    if values.dtype.kind in "bO":
        return None
    gaps = np.isnan(values) if values.dtype.kind == "f" else values < 0
    return gaps if gaps.any() else None


def _piece(names: Names, event_type: str, field: Field, values: NDArray[Any]) -> _Piece:
    key = f'"{field.name}":'
    if values.dtype == object:
        return _Piece(key + '"%s"', [values.tolist()])
    if field.kind is Kind.TIME:
        moment = _moments(values)
        return _Piece(f'{key}"{moment.template}"', moment.columns)
    if field.kind is Kind.NUMBER:
        return _Piece(key + "%s", [_numbers(values)])
    if field.kind is Kind.ID:
        return _Piece(f'{key}"{ID_FORMATS[field.name]}"', [(values + 1).tolist()])
    return _Piece(key + "%s", [_from_table(_table(names, event_type, field), values)])


def _numbers(values: NDArray[Any]) -> list[Any]:
    """Two decimals; whole numbers stay whole."""
    return list(np.round(values, 2).tolist())


def _from_table(table: list[str], values: NDArray[Any]) -> list[str]:
    return list(map(table.__getitem__, values.astype(np.int64).tolist()))


@lru_cache(maxsize=256)
def _table(names: Names, event_type: str, field: Field) -> list[str]:
    """JSON of each word, flag or list of subjects by its number."""
    if field.kind is Kind.FLAG:
        return ["false", "true"]
    if field.kind is Kind.TEXT_LIST:
        masks = range(1 << len(names.parameters.market.subjects))
        return ["[" + ",".join(f'"{word}"' for word in names.subjects(mask)) + "]" for mask in masks]
    return [f'"{word}"' for word in names.words(event_type, field.name)]


def _moments(us: Ints) -> _Piece:
    """Dates and times of day as text, UTC, whole seconds; a date that all share stands in the template."""
    day, second = us // DAY_US, us % DAY_US // SECOND_US
    clock = list(map(_clock_table().__getitem__, second.tolist()))
    if len(day) and day[0] == day[-1] and not np.any(day != day[0]):
        return _Piece(f"{_date_text(int(day[0]))}T%sZ", [clock])
    return _Piece("%sT%sZ", [list(map(_date_text, day.tolist())), clock])


@lru_cache(maxsize=8192)
def _date_text(day: int) -> str:
    return date_of(day).isoformat()


@lru_cache(maxsize=1)
def _clock_table() -> list[str]:
    hours = (f"{hour:02d}" for hour in range(24))
    minutes = [f":{minute:02d}" for minute in range(60)]
    return [hour + minute + second for hour in hours for minute in minutes for second in minutes]


def moment_text(us: int) -> str:
    """RFC 3339 in UTC, whole seconds, as in the lines."""
    moment = _moments(np.array([us], dtype=np.int64))
    return moment.template % tuple(column[0] for column in moment.columns)
