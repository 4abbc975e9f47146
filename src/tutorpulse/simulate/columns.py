"""Events as `EventBatch`es, for direct appends: the same values as the lines have, and the same ids."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.events.batch import Column, EventBatch, TypeRows
from tutorpulse.events.contract import EVENT_TYPES, Field
from tutorpulse.events.fields import LIST_SEPARATOR, Kind
from tutorpulse.simulate.journal import Events
from tutorpulse.simulate.names import ID_FORMATS, Names
from tutorpulse.simulate.state import Ints


def batch_of(
    names: Names, several: Sequence[Events], numbers: Sequence[Ints], places: Sequence[Ints]
) -> EventBatch:
    """Events of several types; `numbers` are their own, `places` those in the batch, both by type."""
    rows = [_rows(names, *each) for each in zip(several, numbers, places, strict=True)]
    return EventBatch(size=sum(map(len, places)), rows=tuple(rows))


def _rows(names: Names, events: Events, numbers: Ints, place: Ints) -> TypeRows:
    order = np.argsort(place)
    columns = {
        field.name: _column(names, events.event_type, field, events.columns[field.name][order])
        for field in EVENT_TYPES[events.event_type].fields
        if field.name in events.columns
    }
    return TypeRows(
        event_type=events.event_type,
        position=place[order],
        event_id=_objects([names.event_id(number) for number in numbers[order].tolist()]),
        ts_us=events.ts_us[order],
        received_us=events.ts_us[order],
        columns=columns,
        extra=np.full(len(place), None, dtype=object),
    )


def _column(names: Names, event_type: str, field: Field, values: NDArray[Any]) -> Column:
    if values.dtype == object:
        return values
    if field.kind is Kind.NUMBER:
        numbers = np.round(values.astype(np.float64), 2)
        gaps = np.isnan(numbers)
        return np.ma.MaskedArray(np.where(gaps, 0.0, numbers), mask=gaps)
    if field.kind in (Kind.TIME, Kind.FLAG):
        kind = np.int64 if field.kind is Kind.TIME else np.bool_
        gaps = np.less(values.astype(np.int64), 0)
        return np.ma.MaskedArray(np.where(gaps, 0, values).astype(kind), mask=gaps)
    if field.kind is Kind.ID:
        form = ID_FORMATS[field.name]
        return _objects([None if v < 0 else form % (v + 1) for v in values.tolist()])
    texts: Column = _table(names, event_type, field)[values]
    return texts


@lru_cache(maxsize=256)
def _table(names: Names, event_type: str, field: Field) -> Column:
    """Each word or list of subjects by its number, None at the end, where -1 points."""
    if field.kind is Kind.TEXT_LIST:
        lists = (names.subjects(mask) for mask in range(1 << len(names.parameters.market.subjects)))
        return _objects([LIST_SEPARATOR + "".join(w + LIST_SEPARATOR for w in words) for words in lists])
    return _objects([*names.words(event_type, field.name), None])


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
