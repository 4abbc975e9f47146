"""How many entities a query that is handed its rows is about, so that what is in memory for it stays the same however much the log holds."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

ROWS_AT_ONCE = 150_000
"""Sessions, mostly, of some two hundred bytes: 30 MB for each kind, and as much again and more that the query takes. Fewer at once would cost: each part
looks through the tables again, and in a log of ten million events parts of 100,000 rows took twice as long as one of all (a one-off look)."""
_FIRST = 1_000
"""Entities, while it is not known what they take."""


class Portion:
    """Entities for about `rows` rows, by what the last ones took; of one kind, for one thread at a time."""

    def __init__(self, rows: int = ROWS_AT_ONCE) -> None:
        self._rows = rows
        self.entities = _FIRST

    def note(self, entities: int, rows: int) -> None:
        """So many entities took so many rows; of none nothing is learnt."""
        if entities:
            self.entities = max(1, self._rows * entities // max(rows, 1))

    def parts(self, ids: NDArray[np.object_]) -> Iterator[NDArray[np.object_]]:
        """The ids in order, in parts that are as large as each other as far as one can tell; of no ids one empty part."""
        first = ids[: self._size(len(ids))]
        yield first
        while len(ids := ids[len(first) :]):
            first = ids[: self._size(len(ids))]
            yield first

    def _size(self, left: int) -> int:
        return -(-left // max(1, -(-left // self.entities)))
