"""Silences: times in which alerts are kept, but not told."""

import sqlite3

import msgspec

from tutorpulse.errors import UnknownEntityError
from tutorpulse.store.state.connection import transaction


class SilenceRow(msgspec.Struct, frozen=True):
    """From a time until before another. Of one rule, of one entity, or, where these are None, of all."""

    silence_id: str
    from_us: int
    until_us: int
    rule: str | None
    entity_type: str | None
    entity_id: str | None
    reason: str
    made_by: str
    made_us: int


_FIELDS = SilenceRow.__struct_fields__
_LIST = ", ".join(_FIELDS)


class SilenceTable:
    """Reads and writes silences."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, row: SilenceRow) -> None:
        """Add one, or replace that of its id."""
        with transaction(self._connection):
            self._connection.execute(
                f"INSERT OR REPLACE INTO silences ({_LIST}) VALUES ({', '.join('?' * len(_FIELDS))})",
                msgspec.structs.astuple(row),
            )

    def end(self, silence_id: str, now_us: int) -> SilenceRow:
        """End one now.

        Raises:
            UnknownEntityError: there is none of that id.
        """
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE silences SET until_us = MIN(until_us, MAX(from_us, ?)) WHERE silence_id = ?",
                (now_us, silence_id),
            )
        found = self._connection.execute(
            f"SELECT {_LIST} FROM silences WHERE silence_id = ?", (silence_id,)
        ).fetchone()
        if found is None:
            raise UnknownEntityError(
                f"There is no silence {silence_id!r}. `tutorpulse alerts silences` lists those there are."
            )
        return SilenceRow(*found)

    def not_over(self, now_us: int) -> list[SilenceRow]:
        """Those that last at that time or come later, in order of their beginning."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM silences WHERE until_us > ? ORDER BY from_us, silence_id", (now_us,)
        )
        return [SilenceRow(*line) for line in found]
