"""Who takes part in which playbook's trial, and in which arm: written when it begins, before any outcome, never changed."""

import sqlite3
from collections.abc import Iterable

import msgspec

from tutorpulse.store.state.connection import transaction


class HoldoutRow(msgspec.Struct, frozen=True):
    """One entity's enrolment. `arm` is `act` or `hold`, `share` the probability of `hold`; the rest was predicted then."""

    rule: str
    salt: str
    entity_type: str
    entity_id: str
    enrolled_us: int
    arm: str
    share: float
    churn_risk_14d: float | None
    health_score: float | None
    session_velocity: float | None


_LIST = ", ".join(HoldoutRow.__struct_fields__)
_PLACES = ", ".join("?" * len(HoldoutRow.__struct_fields__))


class HoldoutTable:
    """Reads and writes enrolments; an entity is enrolled once in each trial (a rule and its salt)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[HoldoutRow]) -> None:
        """Enrol; whoever is enrolled already stays as enrolled."""
        with transaction(self._connection):
            self._connection.executemany(
                f"INSERT OR IGNORE INTO holdouts ({_LIST}) VALUES ({_PLACES})",
                map(msgspec.structs.astuple, rows),
            )

    def enrolled(self, entity_type: str, asked: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
        """Those of these (rule, salt, entity id) of a kind that are enrolled."""
        statement = "SELECT 1 FROM holdouts WHERE rule = ? AND salt = ? AND entity_type = ? AND entity_id = ?"
        ask = self._connection.execute
        return {one for one in asked if ask(statement, (one[0], one[1], entity_type, one[2])).fetchone()}

    def held(self, entity_type: str, since_us: int) -> set[tuple[str, str]]:
        """(rule, entity id) of a kind that were enrolled in the arm `hold` after a time."""
        found = self._connection.execute(
            "SELECT rule, entity_id FROM holdouts WHERE entity_type = ? AND arm = 'hold' AND enrolled_us > ?",
            (entity_type, since_us),
        )
        return set(found.fetchall())

    def trials(self) -> list[tuple[str, str, str]]:
        """(rule, salt, entity type) of every trial that somebody is enrolled in."""
        return self._connection.execute(
            "SELECT DISTINCT rule, salt, entity_type FROM holdouts ORDER BY 1, 2, 3"
        ).fetchall()

    def of_trial(self, rule: str, salt: str, entity_type: str) -> list[HoldoutRow]:
        """Who is enrolled in a trial, in order of enrolment."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM holdouts WHERE rule = ? AND salt = ? AND entity_type = ? ORDER BY enrolled_us, entity_id",
            (rule, salt, entity_type),
        )
        return [HoldoutRow(*line) for line in found]

    def of_entity(self, entity_type: str, entity_id: str) -> list[HoldoutRow]:
        """The trials that one entity takes part in, oldest first."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM holdouts WHERE entity_type = ? AND entity_id = ? ORDER BY enrolled_us, rule",
            (entity_type, entity_id),
        )
        return [HoldoutRow(*line) for line in found]
