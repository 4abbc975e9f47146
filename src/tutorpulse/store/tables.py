"""CSV and Parquet files as chunks of columns. DuckDB reads them, which only the store may open."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import InputError
from tutorpulse.events.readers import read_chunks

CHUNK_ROWS = 16_384
_MEMORY_LIMIT = "2GB"


def read_table(
    path: Path, chunk_rows: int = CHUNK_ROWS, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Iterator[dict[str, NDArray[Any]]]:
    """The table's columns, `chunk_rows` rows at a time in the file's order; `progress` is told the rows done and in all.

    The whole file is read once before the first chunk comes, so that a damaged one gives nothing at all; what does not fit
    into memory waits on disk. CSV cells are text, whatever they look like (ids keep their leading zeros), an empty one is
    missing. In Parquet dates and times are datetime64[us], those with a time zone text with an offset.
    Missing is masked, or None in object columns.

    Raises:
        InputError: it is no table of its kind, or has no rows.
    """
    with _loaded(path) as (connection, rows):
        for start in range(0, rows, chunk_rows):
            chunk = connection.execute(
                "SELECT * FROM incoming WHERE rowid >= ? AND rowid < ?", [start, start + chunk_rows]
            ).fetchnumpy()
            progress(min(start + chunk_rows, rows), rows)
            yield chunk


def check_table(path: Path) -> list[str]:
    """Read the whole table once, to nothing.

    Returns:
        The names of its columns.

    Raises:
        InputError: as `read_table`.
    """
    with _loaded(path) as (connection, _):
        return [str(row[0]) for row in connection.execute("DESCRIBE incoming").fetchall()]


@contextmanager
def _loaded(path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, int]]:
    """A connection whose table `incoming` is the file, and the number of rows."""
    with tempfile.TemporaryDirectory(prefix="tutorpulse-") as scratch:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": scratch,
            "memory_limit": _MEMORY_LIMIT,
        }
        with duckdb.connect(config=settings) as connection, _unpacked(path) as plain:
            yield connection, _load(connection, plain, path)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The file itself, but for a Parquet file within gzip or zstd: DuckDB unpacks CSV only."""
    if not path.name.lower().endswith((".parquet.gz", ".parquet.zst")):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="tutorpulse-") as folder:
        plain = Path(folder) / "unpacked.parquet"
        with plain.open("wb") as file:
            file.writelines(read_chunks(path))
        yield plain


def _load(connection: duckdb.DuckDBPyConnection, plain: Path, path: Path) -> int:
    columns = ", ".join(_as_read(name, kind) for name, kind in _columns(connection, plain, path))
    try:
        connection.execute(f"CREATE TABLE incoming AS SELECT {columns} FROM {_source(plain)}", [str(plain)])
        count = connection.execute("SELECT count(*) FROM incoming").fetchone()
    except duckdb.Error as error:
        raise _unreadable(path, error) from None
    if count is None or not count[0]:
        raise InputError(f"{path} has no rows. Nothing can be read from it.")
    return int(count[0])


def _columns(connection: duckdb.DuckDBPyConnection, plain: Path, path: Path) -> list[tuple[str, str]]:
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {_source(plain)}", [str(plain)]).fetchall()
    except duckdb.Error as error:
        raise _unreadable(path, error) from None
    return [(str(row[0]), str(row[1])) for row in described]


def _source(path: Path) -> str:
    if ".parquet" in path.name.lower():
        return "read_parquet(?)"
    return "read_csv(?, header = true, all_varchar = true)"


def _as_read(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%dT%H:%M:%S.%fZ') AS {column}"
    if kind.startswith(("HUGEINT", "UHUGEINT", "UBIGINT", "UUID", "DECIMAL")):
        return f"CAST({column} AS VARCHAR) AS {column}"
    return column


def _unreadable(path: Path, error: duckdb.Error) -> InputError:
    said = str(error).partition("\nLINE ")[0].removeprefix("Invalid Input Error: ")
    reason = "; ".join([line.strip() for line in said.splitlines() if line.strip()][:3])
    return InputError(
        f"{path} cannot be read as a table: {reason}. Was it cut short, or is it of another kind?"
    )


def as_rows(columns: dict[str, NDArray[Any]]) -> list[dict[str, Any]]:
    """A chunk of columns as one dict for each row, missing cells being None."""
    lists = [_plain(column) for column in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def _plain(column: NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    if column.dtype.kind != "O":
        return values
    return [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
