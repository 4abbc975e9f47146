"""Columns to a Parquet file, of whatever length, a batch at a time."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tutorpulse.errors import InputError
from tutorpulse.events.fields import SQL_TYPES, Kind
from tutorpulse.store.database import Arrays, Database

_MEMORY_LIMIT_GB = 2.0


def write_parquet(path: Path, kinds: Mapping[str, Kind], parts: Iterable[Arrays], order_by: str = "") -> int:
    """Write all parts as one table with the columns of `kinds`, ordered by a column if one is named; how many rows.

    A part may lack columns: these are NULL. Times (microseconds since the epoch) become timestamps.

    Raises:
        InputError: the place cannot be written to.
    """
    with TemporaryDirectory(prefix="tutorpulse-") as folder:
        database = Database(Path(folder) / "export.db", Path(folder) / "scratch", False, _MEMORY_LIMIT_GB)
        try:
            columns = ", ".join(f"{name} {SQL_TYPES[kind]}" for name, kind in kinds.items())
            database.execute(f"CREATE TABLE exported ({columns})")
            with database.transaction():
                for part in parts:
                    database.insert("exported", part)
            _copy(database, path, kinds, order_by)
            return int(database.scalar("SELECT count(*) FROM exported"))
        finally:
            database.close()


def _copy(database: Database, path: Path, kinds: Mapping[str, Kind], order_by: str) -> None:
    part = path.with_name(path.name + ".part")
    selected = ", ".join(
        f"make_timestamp({name}) AS {name}" if kind is Kind.TIME else name for name, kind in kinds.items()
    )
    order = f" ORDER BY exported.{order_by}" if order_by else ""
    place = str(part).replace("'", "''")
    try:
        database.execute(f"COPY (SELECT {selected} FROM exported{order}) TO '{place}' (FORMAT parquet)")
        part.replace(path)
    except (duckdb.Error, OSError):
        raise InputError(f"{path} cannot be written. Give a file in a folder that exists.") from None
