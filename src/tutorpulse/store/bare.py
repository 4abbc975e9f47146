"""Columns into an empty database and nothing else: the limit that the log's speed is measured against."""

from collections.abc import Sequence
from pathlib import Path

from tutorpulse.store.database import DEFAULT_MEMORY_GB, Arrays, Database
from tutorpulse.store.schema import create_table_sql, log_columns


def insert_bare(path: Path, tables: Sequence[tuple[str, Arrays]]) -> None:
    """Insert the columns of log tables into a new file without any check, one statement each, until all is on disk."""
    database = Database(path, path.with_suffix(".scratch"), False, DEFAULT_MEMORY_GB)
    try:
        for table, columns in tables:
            database.execute(create_table_sql(table, log_columns(table)))
            database.insert(table, columns)
        database.checkpoint()
    finally:
        database.close()
