"""The connection to DuckDB: one database, one cursor per thread, answers as NumPy arrays."""

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import HomeError, UnavailableError
from tutorpulse.settings import Settings
from tutorpulse.store.planned import Planned, as_table
from tutorpulse.store.statements import LONG_SQL, Statements

if TYPE_CHECKING:
    import pyarrow as pa

# `connection.sql`, which it advises, parses and binds a statement once more each time: of a few rows that costs more than the copy.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy", UserWarning)

Arrays = dict[str, NDArray[Any]]

DEFAULT_MEMORY_GB = Settings().database_gb_max
"""What a log's database may use where no settings are at hand."""

DatabaseError = duckdb.Error
"""Whatever DuckDB raises."""

Interrupted = duckdb.InterruptException
"""Raised in a thread whose statement another thread stopped."""

CHECKPOINT_WAITS_S = 60.0
_CHECKPOINT_AGAIN_S = 0.02
_REFUSED = "Cannot CHECKPOINT"
_NEVER_STOPPED = threading.Event()


class Database:
    """An open DuckDB file. Each thread works on its own cursor, and sees its own temporary relations."""

    def __init__(self, path: Path, scratch: Path, read_only: bool, memory_limit_gb: float) -> None:
        self.read_only = read_only
        self._root = _connect(path, read_only, _configuration(scratch, memory_limit_gb))
        # Two databases must not spill into one folder, and neither makes one within another.
        beside = scratch.with_name(f"{scratch.name}-planned")
        self._of_plans = _configuration(beside, memory_limit_gb) | {"threads": 1}
        self._local = threading.local()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._prelude: tuple[str, ...] = ()
        self._planning = threading.Lock()
        self._plans: Planned | None = None

    def begin_with(self, *statements: str) -> None:
        """Have every cursor, this thread's and those to come, run these first. Other threads have none yet."""
        self._prelude = statements
        for statement in statements:
            self.execute(statement)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._root.cursor()
            self._cursors.append(cursor)
            for statement in self._prelude:
                cursor.execute(statement)
        return cursor

    @contextmanager
    def lease(self) -> Iterator[Callable[[], None]]:
        """For a thread that comes and goes: its cursor is freed at the end. Gives what stops its statement, or its wait for a checkpoint, from elsewhere."""
        cursor = self.cursor()
        stopped = self._local.stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            cursor.interrupt()

        try:
            yield stop
        finally:
            self._cursors.remove(cursor)
            del self._local.cursor, self._local.stopped
            self._local.__dict__.pop("statements", None)
            cursor.close()

    def execute(self, sql: str, params: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """Run one statement on this thread's cursor."""
        return self.cursor().execute(sql, list(params))

    def query(self, sql: str, params: Sequence[object] = ()) -> Arrays:
        """The answer by column: see `as_arrays`."""
        if params or len(sql) < LONG_SQL:
            return as_arrays(self.execute(sql, params).fetchnumpy())
        cursor = self.cursor()
        statement, values = self._statements(cursor).of(sql)
        return as_arrays(cursor.execute(statement, values).fetchnumpy())

    def execute_again(
        self,
        sql: str,
        values: Mapping[str, int],
        incoming: Arrays | None = None,  # noqa: ARG002 - DuckDB finds it by its name.
    ) -> duckdb.DuckDBPyConnection:
        """Run a statement that comes again and again, kept parsed, which may read `incoming` as a relation of that name.

        Cheaper than a temporary table where one statement reads it once. Object arrays are text; masked items are NULL.

        Args:
            sql: one statement; whatever changes from time to time is in the other two.
            values: of all its parameters, `$name`.
            incoming: equally long arrays.
        """
        cursor = self.cursor()
        return cursor.execute(self._statements(cursor).as_it_is(sql), dict(values))

    def query_again(self, sql: str, values: Mapping[str, int], incoming: Arrays | None = None) -> Arrays:
        """The answer by column to a query as `execute_again` runs it."""
        return as_arrays(self.execute_again(sql, values, incoming).fetchnumpy())

    def query_over(self, sql: str, sources: "Mapping[str, str | Arrays | pa.Table]") -> tuple[Arrays, int]:
        """See `EventStore.query_over`."""
        relations = {name: self._relation(source) for name, source in sources.items()}
        answer = as_arrays(self._planned().query(sql, relations))
        return answer, sum(relation.num_rows for relation in relations.values())

    def _relation(self, source: "str | Arrays | pa.Table") -> "pa.Table":
        if isinstance(source, str):
            return self._rows(source)
        return as_table(source) if isinstance(source, dict) else source

    def rows_again(self, sql: str, values: Mapping[str, int]) -> "pa.Table":
        """The answer to a query as `execute_again` runs it."""
        return self.execute_again(sql, values).to_arrow_table()

    def _rows(self, sql: str) -> "pa.Table":
        cursor = self.cursor()
        statement, values = self._statements(cursor).of(sql)
        return cursor.execute(statement, values).to_arrow_table()

    def _planned(self) -> Planned:
        with self._planning:
            if self._plans is None:
                self._plans = Planned(self._of_plans)
            return self._plans

    def _statements(self, cursor: duckdb.DuckDBPyConnection) -> Statements:
        kept: Statements | None = getattr(self._local, "statements", None)
        if kept is None:
            kept = self._local.statements = Statements(cursor.extract_statements)
        return kept

    def scalar(self, sql: str, params: Sequence[object] = ()) -> Any:
        """The first value of the first row; None if there is no row."""
        # All of it: a row left behind keeps the statement's transaction open, and a checkpoint waits for none.
        rows = self.execute(sql, params).fetchall()
        return rows[0][0] if rows else None

    def insert(self, table: str, incoming: Arrays) -> None:
        """Append equally long arrays to the columns they are named after; the other columns become NULL.

        Object arrays are text; masked items become NULL.
        """
        # DuckDB finds `incoming` by its name here. A registered view could not be dropped in a failed transaction.
        self.cursor().execute(f"INSERT INTO main.{table} ({', '.join(incoming)}) SELECT * FROM incoming")

    def make_temporary(self, name: str, incoming: Arrays) -> None:
        """A temporary table of this thread, `name`, made of equally long arrays; it replaces an earlier one."""
        self.execute_again(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {', '.join(incoming)} FROM incoming", {}, incoming
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable at the end."""
        self.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Queries within see one moment, from the first of them on; temporary relations made within end with it."""
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("ROLLBACK")

    def checkpoint(self, wait_s: float = CHECKPOINT_WAITS_S) -> None:
        """Bring all that was committed into the file; others read meanwhile.

        DuckDB refuses while somebody reads a moment from before a row was updated or a table replaced, so that is waited for. (`FORCE`
        waits too, and lets nobody begin to read meanwhile.)

        Raises:
            UnavailableError: somebody did for all of `wait_s` seconds.
            Interrupted: the wait was stopped.
        """
        until = monotonic() + wait_s
        stopped: threading.Event = getattr(self._local, "stopped", _NEVER_STOPPED)
        while not self._checkpointed():
            if stopped.is_set():
                raise Interrupted("The wait for a checkpoint was stopped.")
            if monotonic() >= until:
                raise UnavailableError(
                    f"For {wait_s:g} s somebody read the log as it was before its last change. Try again when exports and whole refreshes are done."
                )
            sleep(_CHECKPOINT_AGAIN_S)

    def _checkpointed(self) -> bool:
        try:
            self.execute("CHECKPOINT")
        except duckdb.TransactionException as error:
            if _REFUSED not in str(error):
                raise
            return False
        return True

    def close(self) -> None:
        """Close every cursor and the file."""
        if self._plans is not None:
            self._plans.close()
        for connection in (*self._cursors, self._root):
            connection.close()


def as_arrays(columns: dict[str, Any]) -> Arrays:
    """DuckDB's columns, with NULL as NaN in float64 and None in object arrays; a masked array where an integer or a
    truth value is NULL. Integers are int64, sums of integers float64 (exact below 2**53)."""
    return {name: _filled(column) for name, column in columns.items()}


def _filled(column: NDArray[Any]) -> NDArray[Any]:
    wide = column.astype(np.int64) if column.dtype.kind in "iu" and column.dtype.itemsize < 8 else column
    if not isinstance(wide, np.ma.MaskedArray):
        return wide
    if wide.dtype.kind in "fO":
        data = np.array(wide.data)
        data[np.ma.getmaskarray(wide)] = np.nan if wide.dtype.kind == "f" else None
        return data
    return wide if np.ma.getmaskarray(wide).any() else np.asarray(wide.data)


def _configuration(scratch: Path, memory_limit_gb: float) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": os.cpu_count() or 1,
        "memory_limit": f"{memory_limit_gb}GB",
        "temp_directory": str(scratch),
        # At the default of 16 MB each second batch of an import waited a second for a checkpoint.
        "checkpoint_threshold": "256MB",
        # Queries join in the order that they are meant to; thinking it over cost 10 ms of each query of features.
        "disabled_optimizers": "join_order",
        # Object arrays are text whatever their first values are; sampling took an all-None start for integers.
        "pandas_analyze_sample": 0,
    }


def _connect(
    path: Path, read_only: bool, configuration: dict[str, str | bool | int | float | list[str]]
) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=read_only, config=configuration)
    except duckdb.Error as error:
        raise HomeError(
            f"Cannot open {path}: {str(error).splitlines()[0]}. Restore the home from a copy, or import into a new one."
        ) from None
