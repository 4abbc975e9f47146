"""Refresh runs: what each reported."""

import sqlite3

import msgspec

from tutorpulse.store.state.connection import transaction


class Run(msgspec.Struct, frozen=True):
    """One refresh: `summary`, `status_counts` (by kind and status) and `notes` (what it had to say) are JSON."""

    as_of_us: int
    model_version: str
    summary: str
    status_counts: str
    notes: str


class RunTable:
    """Reads and writes runs; a second run at the same as-of replaces the first."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, run: Run) -> None:
        """Keep a run."""
        with transaction(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", msgspec.structs.astuple(run)
            )

    def last(self) -> Run | None:
        """The newest run by as-of; None before the first."""
        found = self._connection.execute("SELECT * FROM runs ORDER BY as_of_us DESC LIMIT 1").fetchone()
        return Run(*found) if found else None

    def first_us(self) -> int | None:
        """The as-of of the oldest run, in microseconds; None before the first."""
        found = self._connection.execute("SELECT MIN(as_of_us) FROM runs").fetchone()
        return None if found[0] is None else int(found[0])
