"""The same log in SQLite: another engine for the same query, made by sqlglot."""

import math
import sqlite3
import statistics
from typing import Any

import sqlglot

from tutorpulse.events.contract import EVENT_TYPES, TABLES
from tutorpulse.events.fields import LIST_SEPARATOR
from tutorpulse.store.schema import log_columns
from tutorpulse.store.sessions import SESSION_COLUMNS, fold_sql


class _MaxBy:
    """The value of the row with the greatest order; rows without an order do not count."""

    def __init__(self) -> None:
        self.best: tuple[Any, Any] | None = None

    def step(self, value: Any, order: Any) -> None:
        if order is not None and (self.best is None or order > self.best[0]):
            self.best = order, value

    def finalize(self) -> Any:
        return self.best[1] if self.best else None


class _SampleDeviation:
    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: float | None) -> None:
        if value is not None:
            self.values.append(value)

    def finalize(self) -> float | None:
        return statistics.stdev(self.values) if len(self.values) > 1 else None


def filled(events: list[dict[str, Any]], wanted: list[str]) -> sqlite3.Connection:
    """The log's tables with these events, the settled sessions folded by SQLite itself, and the wanted ids."""
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.create_aggregate("ARG_MAX", 2, _MaxBy)  # type: ignore[arg-type]
    connection.create_aggregate("STDDEV_SAMP", 1, _SampleDeviation)  # type: ignore[arg-type]
    for name, function in (("LN", math.log), ("SQRT", math.sqrt), ("SIN", math.sin), ("COS", math.cos)):
        connection.create_function(name, 1, lambda x, f=function: None if x is None else f(x))
    connection.create_function("FLOOR", 1, lambda x: None if x is None else math.floor(x))
    for table in TABLES:
        connection.execute(f"CREATE TABLE {table} ({', '.join(log_columns(table))})")
    for event in events:
        columns = {k: _stored(v) for k, v in event.items()}
        marks = ", ".join("?" * len(columns))
        table = EVENT_TYPES[event["event_type"]].table
        connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(columns.values())
        )
    connection.execute(f"CREATE TABLE settled_sessions ({', '.join(SESSION_COLUMNS)})")
    connection.execute(f"INSERT INTO settled_sessions {transpiled(fold_sql('session_events'), 'sqlite')}")
    connection.execute("CREATE TABLE wanted (entity_id)")
    connection.executemany("INSERT INTO wanted VALUES (?)", [(entity_id,) for entity_id in wanted])
    return connection


def transpiled(sql: str, dialect: str) -> str:
    """The one statement in another dialect; what that cannot say raises."""
    (statement,) = sqlglot.transpile(
        sql, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE
    )
    return statement


def _stored(value: Any) -> Any:
    return (
        "".join([LIST_SEPARATOR, *(item + LIST_SEPARATOR for item in value)])
        if isinstance(value, list)
        else value
    )
