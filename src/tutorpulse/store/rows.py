"""A batch's rows by log table: the accepted ones, with their place in the log."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.events.batch import Column, TypeRows
from tutorpulse.events.columns import Payloads
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.store.admission import Claim

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class _Part:
    """Rows of one type, of which `taken` are to be written, at the places `seq`."""

    rows: TypeRows
    taken: NDArray[np.bool_]
    seq: NDArray[np.int64]

    @cached_property
    def _whole(self) -> bool:
        return bool(self.taken.all())

    def of(self, column: Column) -> Column:
        """What is taken of a column; to choose all of a masked one costs as much as to choose a few."""
        return column if self._whole else column[self.taken]


def by_table(
    rows: Sequence[TypeRows], accepted: Sequence[NDArray[np.bool_]], seq: Sequence[NDArray[np.int64]]
) -> Iterator[tuple[str, Arrays]]:
    """For each table that gets rows, its columns. `accepted` and `seq` hold one array per item of
    `rows`, as long as its; `seq` means nothing where `accepted` is false."""
    types: defaultdict[str, list[_Part]] = defaultdict(list)
    for part in map(_Part, rows, accepted, seq):
        if part.taken.any():
            types[part.rows.event_type].append(part)
    tables: defaultdict[str, list[Arrays]] = defaultdict(list)
    for event_type, parts in types.items():
        tables[EVENT_TYPES[event_type].table].append(_of_type(event_type, parts))
    for table, ready in tables.items():
        yield table, ready[0] if len(ready) == 1 else _stacked(ready)


def of_claims(claims: Sequence[Claim], next_seq: int) -> Iterator[tuple[str, Arrays]]:
    """For each table that gets rows from decided batches, its columns; places from `next_seq` on, in order of arrival."""
    rows: list[TypeRows] = []
    accepted: list[NDArray[np.bool_]] = []
    seq: list[NDArray[np.int64]] = []
    for claim in claims:
        places = _places(claim.position, claim.new, next_seq)
        start = 0
        for of_type in claim.rows:
            span = slice(start, start + len(of_type.position))
            rows.append(of_type)
            accepted.append(claim.new[span])
            seq.append(places[span])
            start = span.stop
        next_seq += claim.size
    return by_table(rows, accepted, seq)


def _places(position: NDArray[np.int64], new: NDArray[np.bool_], next_seq: int) -> NDArray[np.int64]:
    """Places in the log for the new events, by position; the others' are without meaning."""
    seq = np.zeros(len(position), np.int64)
    chosen = np.flatnonzero(new)
    seq[chosen[np.argsort(position[chosen])]] = np.arange(next_seq, next_seq + len(chosen))
    return seq


def _of_type(event_type: str, parts: Sequence[_Part]) -> Arrays:
    """What is taken of all parts, in order."""
    seq = np.concatenate([part.of(part.seq) for part in parts])
    return {
        "seq": seq,
        "event_id": np.concatenate([part.of(part.rows.event_id) for part in parts]),
        "event_type": np.full(len(seq), event_type, np.object_),
        "ts_us": np.concatenate([part.of(part.rows.ts_us) for part in parts]),
        "received_us": np.concatenate([part.of(part.rows.received_us) for part in parts]),
        **_payloads(parts),
        "extra": np.concatenate([part.of(part.rows.extra) for part in parts]),
    }


def _payloads(parts: Sequence[_Part]) -> Arrays:
    late = [(part.rows.columns, part.taken) for part in parts if isinstance(part.rows.columns, Payloads)]
    if len(late) == len(parts):
        return dict(Payloads.together(late))
    return _stacked(
        [
            {"seq": part.of(part.seq)} | {name: part.of(column) for name, column in part.rows.columns.items()}
            for part in parts
        ]
    )


def _stacked(parts: list[Arrays]) -> Arrays:
    """The parts one above the other; a column that a part lacks is missing there."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: _stacked_column([(part.get(name), len(part["seq"])) for part in parts]) for name in names}


def _stacked_column(parts: list[tuple[Column | None, int]]) -> Column:
    like = next(column for column, _ in parts if column is not None)
    filled = [_missing(like, count) if column is None else column for column, count in parts]
    return one_column(filled)


def one_column(parts: Sequence[Column]) -> Column:
    """Columns of a kind, one above the other; masked where any of them is."""
    if not any(isinstance(column, np.ma.MaskedArray) for column in parts):
        return np.concatenate(parts)
    data = np.concatenate([np.ma.getdata(column) for column in parts])
    mask = np.concatenate([np.ma.getmaskarray(column) for column in parts])
    stacked: Column = np.ma.MaskedArray(data, mask)
    return stacked


def _missing(like: Column, count: int) -> Column:
    if like.dtype.kind == "O":
        return np.full(count, None, np.object_)
    masked: Column = np.ma.MaskedArray(np.zeros(count, like.dtype), np.ones(count, np.bool_))
    return masked
