"""The tables of the log database, as SQL made from the event contract.

One table per family of event types; beside them the rejects, the settled sessions, the digests of erased events and
the log's own small facts.
"""

from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.events.fields import SQL_TYPES
from tutorpulse.store.sessions import SESSION_COLUMNS

ENVELOPE_COLUMNS: dict[str, str] = {
    "seq": "BIGINT",
    "event_id": "VARCHAR",
    "event_type": "VARCHAR",
    "ts_us": "BIGINT",
    "received_us": "BIGINT",
}
"""Columns that every log table starts with; all of them are always filled."""

REJECT_COLUMNS: dict[str, str] = {
    "reject_id": "VARCHAR",
    "raw": "BLOB",
    "reason": "VARCHAR",
    "field": "VARCHAR",
    "source": "VARCHAR",
    "place": "BIGINT",
    "received_us": "BIGINT",
    "state": "VARCHAR",
}
"""The dead letters: what arrived, whole, why it was refused, where it stood, and what became of it."""

ERASED_COLUMNS: dict[str, str] = {"seq": "BIGINT", "hi": "UBIGINT", "lo": "UBIGINT"}
"""Digests of the ids of erased events, so that none comes back by importing its file again."""

ARCHIVED_COLUMNS: dict[str, str] = {
    "name": "VARCHAR",
    "log_table": "VARCHAR",
    "day": "BIGINT",
    "events": "BIGINT",
    "last_seq": "BIGINT",
    "bytes": "BIGINT",
    "blake2b": "VARCHAR",
}
"""The files of the archive, each with the events of one day (since the epoch, UTC) that left a log table together."""

WHOLE = "whole"
"""The schema in which a log table's name stands for the table and its archive together, once it has one; names are sought there first."""

FACT_COLUMNS: dict[str, str] = {"name": "VARCHAR", "value": "BIGINT"}
"""The log's own facts: `schema_version`, and `settled_seq` up to which sessions are settled."""


def log_columns(table: str) -> dict[str, str]:
    """Every column of a log table with its SQL type, in order."""
    payload = {name: SQL_TYPES[kind] for name, kind in table_columns(table).items()}
    return ENVELOPE_COLUMNS | payload | {"extra": "VARCHAR"}


def all_tables() -> dict[str, dict[str, str]]:
    """Every table of the database with its columns."""
    return {table: log_columns(table) for table in TABLES} | {
        "rejects": REJECT_COLUMNS,
        "settled_sessions": SESSION_COLUMNS,
        "erased_ids": ERASED_COLUMNS,
        "archived": ARCHIVED_COLUMNS,
        "facts": FACT_COLUMNS,
    }


def create_sql() -> list[str]:
    """Statements that make every table of an empty database."""
    return [create_table_sql(table, columns) for table, columns in all_tables().items()]


def create_table_sql(table: str, columns: dict[str, str]) -> str:
    """The statement that makes one table."""
    return f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
