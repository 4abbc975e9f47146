"""Long queries over nothing but what is handed in with each call, planned once.

DuckDB plans a query anew each time that it runs if it reads a table or has a parameter, prepared or not: of the features of a few
hundred entities that is a third of the work and more. A prepared query over Arrow streams alone keeps its plan, so rows come to it as
streams, and times as columns of theirs.
"""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

KEPT = 2
"""How many plans a thread keeps, the newest: a text changes with the day, and a plan of features takes some megabytes."""


class Planned:
    """Plans kept for each thread by itself, in a database in memory that holds no table."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        self._root = duckdb.connect(":memory:", config=configuration)
        self._local = threading.local()

    def query(self, sql: str, relations: "Mapping[str, pa.Table]") -> dict[str, Any]:
        """The answer to one SELECT over the relations, by column as DuckDB gives it to NumPy.

        Args:
            sql: reads the relations by their names, and nothing else.
            relations: of the same names, columns and types for each query of one text.
        """
        plans: dict[str, _Plan] = self._local.__dict__.setdefault("plans", {})
        plan = plans.pop(sql, None) or _Plan(self._root.cursor(), sql, relations)
        plans[sql] = plan
        if len(plans) > KEPT:
            plans.pop(next(iter(plans))).close()
        return plan.run(relations)

    def close(self) -> None:
        """Let go of every plan. No thread may ask any more."""
        self._root.close()


class _Stream:
    """What DuckDB reads anew at each run."""

    def __init__(self, rows: "pa.Table") -> None:
        self.rows: pa.Table | None = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        assert self.rows is not None, "read only while a query runs"
        return self.rows.__arrow_c_stream__(requested_schema)


class _Plan:
    """One prepared query on a cursor of its own, where no other query's relations have the names of its own."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, sql: str, relations: "Mapping[str, pa.Table]"
    ) -> None:
        self._cursor = cursor
        self._streams = {name: _Stream(rows) for name, rows in relations.items()}
        for name, stream in self._streams.items():
            cursor.register(name, stream)
        cursor.execute(f"PREPARE planned AS {sql}")

    def run(self, relations: "Mapping[str, pa.Table]") -> dict[str, Any]:
        for name, stream in self._streams.items():
            stream.rows = relations[name]
        try:
            return self._cursor.execute("EXECUTE planned").fetchnumpy()
        finally:
            for stream in self._streams.values():
                stream.rows = None

    def close(self) -> None:
        self._cursor.close()


def as_table(columns: Mapping[str, NDArray[Any]]) -> "pa.Table":
    """Equally long arrays as an Arrow table: objects as text, masked items and None as NULL."""
    import pyarrow as pa

    return pa.table({name: _array(pa, column) for name, column in columns.items()})


def _array(pa: Any, column: NDArray[Any]) -> Any:
    mask = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else None
    return pa.array(np.asarray(column), pa.string() if column.dtype.kind == "O" else None, mask=mask)
