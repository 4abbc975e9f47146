"""The audit log: who did what, when, and to what. Never with what content."""

import sqlite3
from dataclasses import dataclass

import msgspec

from tutorpulse.store.state.connection import transaction


@dataclass(frozen=True)
class Actor:
    """Who acts: `kind` is user, key or shell (a verb, by the name of the system's user); `actor_id` that of the user or key."""

    kind: str
    name: str
    actor_id: str = ""


@dataclass(frozen=True)
class Act:
    """What was done: a short name, and to whom or what (`kind` and `target_id`, empty where there is nothing to name)."""

    action: str
    target_kind: str = ""
    target_id: str = ""


class AuditRow(msgspec.Struct, frozen=True):
    """One entry. `outcome` is `done`, or `refused`; the target's id is empty once whom it named was erased."""

    number: int
    at_us: int
    actor_kind: str
    actor: str
    actor_id: str
    action: str
    target_kind: str
    target_id: str
    outcome: str


_LIST = ", ".join(AuditRow.__struct_fields__)
_NEW = _LIST.removeprefix("number, ")
_TEXT_MAX = 200


class AuditTable:
    """Adds and reads entries. Numbers ascend in the order of writing; none is given twice. None is ever changed but by an erasure."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, at_us: int, actor: Actor, act: Act, outcome: str = "done") -> None:
        """Add one; texts are cut at 200 characters."""
        texts = (actor.kind, actor.name, actor.actor_id, act.action, act.target_kind, act.target_id, outcome)
        with transaction(self._connection):
            self._connection.execute(
                f"INSERT INTO audit ({_NEW}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (at_us, *(t[:_TEXT_MAX] for t in texts)),
            )

    def newest(
        self, before: int | None, limit: int, actor: str | None = None, action: str | None = None
    ) -> list[AuditRow]:
        """The last `limit` numbered below `before` (None: of all), newest first; by one actor, and of one action, where these are given."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM audit WHERE number < COALESCE(:before, number + 1)"
            " AND actor = COALESCE(:actor, actor) AND action = COALESCE(:action, action)"
            " ORDER BY number DESC LIMIT :limit",
            {"before": before, "limit": limit, "actor": actor, "action": action},
        )
        return [AuditRow(*line) for line in found]

    def forget(self, target_kind: str, target_id: str) -> None:
        """Take out an id; the entries stay."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE audit SET target_id = '' WHERE target_kind = ? AND target_id = ?",
                (target_kind, target_id),
            )
