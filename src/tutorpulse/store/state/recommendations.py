"""Recommendations with what operators made of them."""

import sqlite3
from collections.abc import Iterable

import msgspec

from tutorpulse.errors import InputError, UnknownEntityError
from tutorpulse.store.state.connection import rows_about, transaction

DECISIONS = ("done", "dismissed")
"""What an operator can mark a recommendation as; until then it is `open`."""


class RecommendationRow(msgspec.Struct, frozen=True):
    """One recommendation. `facts` is JSON; `ended_us` the refresh at which its reason was gone, None while it runs.

    `due_us`: by when to act, None where its rule does not say; `snoozed_us`, `held_us`: not shown before then, because somebody
    put it off, or because its entity is held out of the playbook.
    """

    recommendation_id: str
    entity_type: str
    entity_id: str
    rule: str
    value: float
    action: str
    opened_us: int
    facts: str
    ended_us: int | None = None
    state: str = "open"
    decided_us: int | None = None
    decided_by: str | None = None
    note: str | None = None
    due_us: int | None = None
    owner: str | None = None
    snoozed_us: int | None = None
    held_us: int | None = None
    outcome: str | None = None

    def waits(self, now_us: int) -> bool:
        """Whether it is to be shown as something to do: its reason holds, nobody marked it, nothing puts it off."""
        put_off = max(self.snoozed_us or 0, self.held_us or 0) > now_us
        return self.ended_us is None and self.state == "open" and not put_off


_FIELDS = RecommendationRow.__struct_fields__
_LIST = ", ".join(_FIELDS)


class RecommendationTable:
    """Reads and writes recommendations."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[RecommendationRow]) -> None:
        """Add recommendations; one whose id is there already stays as it is."""
        with transaction(self._connection):
            self._connection.executemany(
                f"INSERT OR IGNORE INTO recommendations ({_LIST}) VALUES ({', '.join('?' * len(_FIELDS))})",
                map(msgspec.structs.astuple, rows),
            )

    def running(self, entity_type: str, entity_ids: Iterable[str] | None = None) -> list[tuple[str, str]]:
        """(entity id, rule) of those whose reason holds, whatever operators made of them; None: of every entity."""
        source, among, some = rows_about("recommendations", entity_ids)
        return self._connection.execute(
            f"SELECT entity_id, rule FROM {source} WHERE entity_type = ? AND ended_us IS NULL{among}",
            (*some, entity_type),
        ).fetchall()

    def end(self, entity_type: str, episodes: Iterable[tuple[str, str]], ended_us: int) -> None:
        """Note that the reason of these (entity id, rule) is gone."""
        lines = [(ended_us, entity_type, entity_id, rule) for entity_id, rule in episodes]
        with transaction(self._connection):
            self._connection.executemany(
                "UPDATE recommendations SET ended_us = ?"
                " WHERE entity_type = ? AND entity_id = ? AND rule = ? AND ended_us IS NULL",
                lines,
            )

    def of_entity(self, entity_type: str, entity_id: str) -> list[RecommendationRow]:
        """All of one entity, most valuable first, then newest."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM recommendations WHERE entity_type = ? AND entity_id = ?"
            " ORDER BY value DESC, rule, opened_us DESC",
            (entity_type, entity_id),
        )
        return [RecommendationRow(*line) for line in found]

    def decide(
        self, recommendation_id: str, state: str, decided_us: int, decided_by: str | None, note: str | None
    ) -> RecommendationRow:
        """Mark one done or dismissed, and return it; a later mark replaces an earlier one.

        Raises:
            UnknownEntityError: no recommendation has that id. InputError: `state` is not one of `DECISIONS`.
        """
        if state not in DECISIONS:
            raise InputError(f"A recommendation is marked {' or '.join(DECISIONS)}, not {state!r}.")
        with transaction(self._connection):
            changed = self._connection.execute(
                "UPDATE recommendations SET state = ?, decided_us = ?, decided_by = ?, note = ? WHERE recommendation_id = ?",
                (state, decided_us, decided_by, note, recommendation_id),
            )
        if not changed.rowcount:
            raise UnknownEntityError(
                f"No recommendation has the id {recommendation_id!r}. `tutorpulse show ID` lists an entity's."
            )
        found = self._connection.execute(
            f"SELECT {_LIST} FROM recommendations WHERE recommendation_id = ?", (recommendation_id,)
        )
        return RecommendationRow(*found.fetchone())
