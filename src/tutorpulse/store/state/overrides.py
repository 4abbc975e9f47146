"""Segments that somebody set by hand, with an owner and an end."""

import sqlite3
from collections.abc import Iterable

import msgspec

from tutorpulse.errors import UnknownEntityError
from tutorpulse.store.state.connection import AMONG, as_list, transaction


class OverrideRow(msgspec.Struct, frozen=True):
    """`owner` answers for the segment from `set_us` to `expires_us`, or until it was ended."""

    override_id: str
    entity_type: str
    entity_id: str
    segment: str
    owner: str
    reason: str
    set_us: int
    expires_us: int
    ended_us: int | None = None
    ended_by: str | None = None

    def holds(self, now_us: int) -> bool:
        """Whether it is in force."""
        return self.ended_us is None and now_us < self.expires_us


_LIST = ", ".join(OverrideRow.__struct_fields__)
_PLACES = ", ".join("?" * len(OverrideRow.__struct_fields__))
IN_FORCE = "ended_us IS NULL AND expires_us > :now_us"
"""The condition that an override is in force."""


class OverrideTable:
    """Reads and writes overrides; one entity has at most one in force."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def set(self, row: OverrideRow) -> None:
        """Put one in force, in place of the entity's earlier one."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE overrides SET ended_us = MIN(expires_us, ?), ended_by = ?"
                " WHERE entity_type = ? AND entity_id = ? AND ended_us IS NULL",
                (row.set_us, row.owner, row.entity_type, row.entity_id),
            )
            self._connection.execute(
                f"INSERT OR REPLACE INTO overrides ({_LIST}) VALUES ({_PLACES})",
                msgspec.structs.astuple(row),
            )

    def end(self, override_id: str, ended_us: int, ended_by: str) -> OverrideRow:
        """End one, and return it; one that is over already stays as it is.

        Raises:
            UnknownEntityError: no override has that id.
        """
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE overrides SET ended_us = ?, ended_by = ? WHERE override_id = ? AND ended_us IS NULL AND expires_us > ?",
                (ended_us, ended_by, override_id, ended_us),
            )
        found = self._connection.execute(
            f"SELECT {_LIST} FROM overrides WHERE override_id = ?", (override_id,)
        ).fetchone()
        if found is None:
            raise UnknownEntityError(
                f"No override has the id {override_id!r}. The entity's page and GET /v1/overrides show them."
            )
        return OverrideRow(*found)

    def in_force(
        self, now_us: int, entity_type: str | None = None, entity_ids: Iterable[str] | None = None
    ) -> list[OverrideRow]:
        """Those in force, by kind and entity; None: of every kind, of every entity."""
        among = "" if entity_ids is None else f" AND {AMONG.replace('?', ':ids')}"
        found = self._connection.execute(
            f"SELECT {_LIST} FROM overrides WHERE {IN_FORCE} AND entity_type = COALESCE(:kind, entity_type){among}"
            " ORDER BY entity_type, entity_id",
            {
                "now_us": now_us,
                "kind": entity_type,
                "ids": None if entity_ids is None else as_list(entity_ids),
            },
        )
        return [OverrideRow(*line) for line in found]

    def of_entity(self, entity_type: str, entity_id: str) -> list[OverrideRow]:
        """All of one entity, over or not, oldest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM overrides WHERE entity_type = ? AND entity_id = ? ORDER BY set_us, override_id",
            (entity_type, entity_id),
        )
        return [OverrideRow(*line) for line in found]
