"""What became of models: when each was trained, put in force, refused or taken back."""

import sqlite3
from typing import Literal, TypeAlias

import msgspec

from tutorpulse.store.state.connection import transaction

ModelAction: TypeAlias = Literal[
    "trained", "promoted", "rolled back", "refused", "in shadow", "out of shadow"
]


class ModelEvent(msgspec.Struct, frozen=True):
    """One turn in the life of a home's models. `previous` is the version that was in force before; None: the starter alone."""

    number: int
    at_us: int
    action: ModelAction
    version: str | None
    previous: str | None
    actor: str
    reason: str


_LIST = ", ".join(ModelEvent.__struct_fields__)
SERVING = ("trained", "promoted", "rolled back")
"""The actions after which the version serves."""

SHADOWING = ("in shadow", "out of shadow")
"""The actions that change nothing of what serves, nor of when a new model is due."""


class ModelLog:
    """Adds and reads entries; they are never changed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(
        self,
        at_us: int,
        action: ModelAction,
        version: str | None,
        previous: str | None,
        actor: str,
        reason: str = "",
    ) -> None:
        """Note what became of a version."""
        with transaction(self._connection):
            self._connection.execute(
                f"INSERT INTO model_log ({_LIST.removeprefix('number, ')}) VALUES (?, ?, ?, ?, ?, ?)",
                (at_us, action, version, previous, actor, reason),
            )

    def all(self) -> list[ModelEvent]:
        """Every entry, the newest first."""
        found = self._connection.execute(f"SELECT {_LIST} FROM model_log ORDER BY number DESC")
        return [ModelEvent(*line) for line in found]

    def keep_drift(self, entity_type: str, judged_us: int, content: str) -> None:
        """Keep the newest judgement of drift of a kind (JSON)."""
        with transaction(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO drift VALUES (?, ?, ?)", (entity_type, judged_us, content)
            )

    def drift(self) -> list[tuple[str, int, str]]:
        """The newest judgement of drift of each kind, tutors last: kind, when, and what (JSON)."""
        return self._connection.execute(
            "SELECT entity_type, judged_us, content FROM drift ORDER BY entity_type"
        ).fetchall()

    def before(self, version: str | None) -> ModelEvent | None:
        """The newest entry that put this version in force; None where none is on record."""
        return next((e for e in self.all() if e.action in SERVING and e.version == version), None)
