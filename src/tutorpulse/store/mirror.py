"""Rows of a table in memory, found by an id in them: for whoever asks for those of some ids again and again.

A table lies by column and in the order of arrival, so the rows of hundreds of ids are in most of its blocks, and to find them reads all of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_MAX = 200_000
"""Some two hundred bytes each. Of a table that would need more nothing is kept."""

_TAIL_ROWS = 8_192
"""So many new rows lie beside the others before they are put among them, which copies all."""

_NEEDED = ("ts_us", "received_us", "seq")


@dataclass(frozen=True)
class Part:
    """The rows of a table that fulfil `condition`, and all that come later; `columns` of them.

    `version` is another once rows have left the table.
    """

    table: str
    key: str
    columns: tuple[str, ...]
    condition: str
    version: int


class Mirror:
    """The rows of the last `Part` that was asked for. For one thread at a time, which asks in snapshots that follow each other."""

    def __init__(
        self, read: "Callable[[str, Mapping[str, int]], pa.Table]", rows_max: int = ROWS_MAX
    ) -> None:
        """`read` answers a SELECT over the log with its parameters' values, in the snapshot of whoever asks."""
        self._read, self._rows_max = read, rows_max
        self._part: Part | None = None
        self._rows: _Rows | None = None
        self._seq = -1

    def about(self, part: Part, ids: Iterable[str], as_of_us: int, known_at_us: int) -> "pa.Table | None":
        """The part's rows of these ids that happened by `as_of_us` and were received by `known_at_us`, with the column `as_of_us`.

        None: they are too many to be kept.
        """
        if part != self._part:
            self._begin(part)
        elif self._rows is not None:
            self._go_on(part)
        if self._rows is None:
            return None
        return _at(self._rows.about(ids), part.columns, as_of_us, known_at_us)

    def _begin(self, part: Part) -> None:
        # Until all of it was read it is not the part that is here: whoever asks again begins again.
        self._part, self._rows = None, None
        newest = f"(SELECT COALESCE(MAX(seq), -1) FROM {part.table})"
        counted = self._read(
            f"SELECT COUNT(*) AS n, {newest} AS newest FROM {part.table} WHERE {part.condition}", {}
        ).to_pydict()
        self._seq = int(counted["newest"][0])
        if counted["n"][0] <= self._rows_max:
            self._rows = _Rows(part.key, self._read(_select(part, part.condition), {}))
        self._part = part

    def _go_on(self, part: Part) -> None:
        assert self._rows is not None
        new = self._read(_select(part, "seq > $after"), {"after": self._seq})
        if not new.num_rows:
            return
        self._seq = int(new.column("seq").to_numpy().max())
        if len(self._rows) + new.num_rows <= self._rows_max:
            self._rows.add(new)
        else:
            self._rows = None


def _select(part: Part, condition: str) -> str:
    columns = dict.fromkeys((*part.columns, part.key, *_NEEDED))
    return f"SELECT {', '.join(columns)} FROM {part.table} WHERE {condition}"


class _Rows:
    """Many rows in one piece and the newest in another, numbered through, and the numbers of each id's."""

    def __init__(self, key: str, rows: "pa.Table") -> None:
        self._key = key
        self._many, self._newest = rows.combine_chunks(), rows.slice(0, 0)
        self._places: dict[str, list[int]] = {}
        self._note(rows, 0)

    def __len__(self) -> int:
        return int(self._many.num_rows + self._newest.num_rows)

    def add(self, rows: "pa.Table") -> None:
        """Hold these too."""
        self._note(rows, len(self))
        self._newest = _one([self._newest, rows])
        if self._newest.num_rows > _TAIL_ROWS:
            self._many = _one([self._many, self._newest])
            self._newest = rows.slice(0, 0)

    def about(self, ids: Iterable[str]) -> "pa.Table":
        """The rows of these ids."""
        found = chain.from_iterable(self._places.get(one, ()) for one in ids)
        places = np.fromiter(found, np.int64)
        before = self._many.num_rows
        return _one(
            [self._many.take(places[places < before]), self._newest.take(places[places >= before] - before)]
        )

    def _note(self, rows: "pa.Table", first: int) -> None:
        for place, one in enumerate(rows.column(self._key).to_pylist(), first):
            self._places.setdefault(one, []).append(place)


def _one(tables: "Sequence[pa.Table]") -> "pa.Table":
    import pyarrow as pa

    return pa.concat_tables(tables).combine_chunks()


def _at(rows: "pa.Table", columns: Sequence[str], as_of_us: int, known_at_us: int) -> "pa.Table":
    import pyarrow as pa

    seen: NDArray[np.bool_] = (_times(rows, "ts_us") <= as_of_us) & (
        _times(rows, "received_us") <= known_at_us
    )
    shown = rows if seen.all() else rows.filter(pa.array(seen))
    now = pa.array(np.full(shown.num_rows, as_of_us, np.int64))
    return shown.select(columns).append_column("as_of_us", now)


def _times(rows: "pa.Table", name: str) -> NDArray[np.int64]:
    times: NDArray[np.int64] = rows.column(name).to_numpy()
    return times
