"""What operators know that events do not say: paused, on leave, goal reached."""

import sqlite3
from collections.abc import Iterable

import msgspec

from tutorpulse.errors import UnknownEntityError
from tutorpulse.store.state.connection import AMONG, as_list, transaction


class EntityStateRow(msgspec.Struct, frozen=True):
    """One state of one entity from `since_us` to `until_us` (None: until it is ended)."""

    state_id: str
    entity_type: str
    entity_id: str
    state: str
    set_by: str
    note: str | None
    since_us: int
    until_us: int | None = None
    ended_us: int | None = None
    ended_by: str | None = None

    def holds(self, now_us: int) -> bool:
        """Whether the entity is in it."""
        begun = self.since_us <= now_us and self.ended_us is None
        return begun and (self.until_us is None or now_us < self.until_us)


_LIST = ", ".join(EntityStateRow.__struct_fields__)
_PLACES = ", ".join("?" * len(EntityStateRow.__struct_fields__))
HOLDS = "ended_us IS NULL AND since_us <= :now_us AND (until_us IS NULL OR until_us > :now_us)"
"""The condition that a state holds."""


class EntityStateTable:
    """Reads and writes operators' states; one entity is in at most one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def set(self, row: EntityStateRow) -> None:
        """Put an entity into a state, in place of its earlier one."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE entity_states SET ended_us = MIN(COALESCE(until_us, :us), :us), ended_by = :by"
                " WHERE entity_type = :kind AND entity_id = :id AND ended_us IS NULL",
                {"us": row.since_us, "by": row.set_by, "kind": row.entity_type, "id": row.entity_id},
            )
            self._connection.execute(
                f"INSERT OR REPLACE INTO entity_states ({_LIST}) VALUES ({_PLACES})",
                msgspec.structs.astuple(row),
            )

    def get(self, state_id: str) -> EntityStateRow:
        """One by its id.

        Raises:
            UnknownEntityError: there is none.
        """
        found = self._connection.execute(
            f"SELECT {_LIST} FROM entity_states WHERE state_id = ?", (state_id,)
        ).fetchone()
        if found is None:
            raise UnknownEntityError(
                f"No state has the id {state_id!r}. The entity's record and GET /v1/states show them."
            )
        return EntityStateRow(*found)

    def end(self, state_id: str, ended_us: int, ended_by: str) -> EntityStateRow:
        """End one, and return it; one that is over already stays as it is.

        Raises:
            UnknownEntityError: there is none of that id.
        """
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE entity_states SET ended_us = ?, ended_by = ? WHERE state_id = ? AND ended_us IS NULL"
                " AND (until_us IS NULL OR until_us > ?)",
                (ended_us, ended_by, state_id, ended_us),
            )
        return self.get(state_id)

    def holding(
        self, now_us: int, entity_type: str | None = None, entity_ids: Iterable[str] | None = None
    ) -> list[EntityStateRow]:
        """Those that hold, by kind and entity; None: of every kind, of every entity."""
        among = "" if entity_ids is None else f" AND {AMONG.replace('?', ':ids')}"
        found = self._connection.execute(
            f"SELECT {_LIST} FROM entity_states WHERE {HOLDS} AND entity_type = COALESCE(:kind, entity_type){among}"
            " ORDER BY entity_type, entity_id",
            {
                "now_us": now_us,
                "kind": entity_type,
                "ids": None if entity_ids is None else as_list(entity_ids),
            },
        )
        return [EntityStateRow(*line) for line in found]

    def of_entity(self, entity_type: str, entity_id: str) -> list[EntityStateRow]:
        """All of one entity, over or not, oldest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM entity_states WHERE entity_type = ? AND entity_id = ? ORDER BY since_us, state_id",
            (entity_type, entity_id),
        )
        return [EntityStateRow(*line) for line in found]
