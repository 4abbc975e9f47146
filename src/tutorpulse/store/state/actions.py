"""Who did what about a tutor or student, and when: written with each change, never changed."""

import sqlite3

import msgspec

from tutorpulse.store.state.connection import transaction


class ActionRow(msgspec.Struct, frozen=True):
    """One thing that somebody did. `about` is the id of the task, override, state, review or feedback that it concerns."""

    entity_type: str
    entity_id: str
    at_us: int
    done_by: str
    action: str
    about: str | None = None
    note: str | None = None
    detail: str | None = None


_LIST = ", ".join(ActionRow.__struct_fields__)
_PLACES = ", ".join("?" * len(ActionRow.__struct_fields__))


class ActionTable:
    """Adds to the trail and reads it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, row: ActionRow) -> None:
        """Add one to the trail."""
        with transaction(self._connection):
            self._connection.execute(
                f"INSERT INTO actions ({_LIST}) VALUES ({_PLACES})", msgspec.structs.astuple(row)
            )

    def of_entity(self, entity_type: str, entity_id: str) -> list[ActionRow]:
        """All about one entity, oldest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM actions WHERE entity_type = ? AND entity_id = ? ORDER BY number",
            (entity_type, entity_id),
        )
        return [ActionRow(*line) for line in found]

    def about(self, identifier: str) -> list[ActionRow]:
        """All that concern one task, override, state, review or feedback, oldest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM actions WHERE about = ? ORDER BY number", (identifier,)
        )
        return [ActionRow(*line) for line in found]
