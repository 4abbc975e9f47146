"""A batch's rows by log table: the accepted ones, with their place in the log."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.events.batch import Column, TypeRows
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.store.admission import Claim

Arrays = dict[str, NDArray[Any]]


def by_table(
    rows: Sequence[TypeRows], accepted: Sequence[NDArray[np.bool_]], seq: Sequence[NDArray[np.int64]]
) -> Iterator[tuple[str, Arrays]]:
    """For each table that gets rows, its columns. `accepted` and `seq` hold one array per item of
    `rows`, as long as its; `seq` means nothing where `accepted` is false."""
    tables: defaultdict[str, list[Arrays]] = defaultdict(list)
    for of_type, taken, places in zip(rows, accepted, seq, strict=True):
        if taken.any():
            tables[EVENT_TYPES[of_type.event_type].table].append(_columns(of_type, taken, places))
    for table, parts in tables.items():
        yield table, parts[0] if len(parts) == 1 else _stacked(parts)


def of_claims(claims: Sequence[Claim], next_seq: int) -> Iterator[tuple[str, Arrays]]:
    """For each table that gets rows from decided batches, its columns; places from `next_seq` on, in order of arrival."""
    rows: list[TypeRows] = []
    accepted: list[NDArray[np.bool_]] = []
    seq: list[NDArray[np.int64]] = []
    for claim in claims:
        ends = np.cumsum([len(of_type.position) for of_type in claim.batch.rows])[:-1]
        rows += claim.batch.rows
        accepted += np.split(claim.new, ends)
        seq += np.split(_places(claim.position, claim.new, next_seq), ends)
        next_seq += claim.size
    return by_table(rows, accepted, seq)


def _places(position: NDArray[np.int64], new: NDArray[np.bool_], next_seq: int) -> NDArray[np.int64]:
    """Places in the log for the new events, by position; the others' are without meaning."""
    seq = np.zeros(len(position), np.int64)
    chosen = np.flatnonzero(new)
    seq[chosen[np.argsort(position[chosen])]] = np.arange(next_seq, next_seq + len(chosen))
    return seq


def _columns(rows: TypeRows, taken: NDArray[np.bool_], seq: NDArray[np.int64]) -> Arrays:
    columns: Arrays = {
        "seq": seq,
        "event_id": rows.event_id,
        "event_type": np.full(len(rows.position), rows.event_type, np.object_),
        "ts_us": rows.ts_us,
        "received_us": rows.received_us,
        **rows.columns,
        "extra": rows.extra,
    }
    return columns if taken.all() else {name: column[taken] for name, column in columns.items()}


def _stacked(parts: list[Arrays]) -> Arrays:
    """The parts one above the other; a column that a part lacks is missing there."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: _stacked_column([(part.get(name), len(part["seq"])) for part in parts]) for name in names}


def _stacked_column(parts: list[tuple[Column | None, int]]) -> Column:
    like = next(column for column, _ in parts if column is not None)
    filled = [_missing(like, count) if column is None else column for column, count in parts]
    if not any(isinstance(column, np.ma.MaskedArray) for column in filled):
        return np.concatenate(filled)
    data = np.concatenate([np.ma.getdata(column) for column in filled])
    mask = np.concatenate([np.ma.getmaskarray(column) for column in filled])
    stacked: Column = np.ma.MaskedArray(data, mask)
    return stacked


def _missing(like: Column, count: int) -> Column:
    if like.dtype.kind == "O":
        return np.full(count, None, np.object_)
    masked: Column = np.ma.MaskedArray(np.zeros(count, like.dtype), np.ones(count, np.bool_))
    return masked
