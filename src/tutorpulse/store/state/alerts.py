"""Alerts and every change of them."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from tutorpulse.errors import UnknownEntityError
from tutorpulse.store.state.connection import AMONG, as_list, rows_about, transaction

STATES = ("open", "acknowledged", "snoozed", "resolved")
LIVE_STATES = STATES[:-1]


class AlertRow(msgspec.Struct, frozen=True):
    """One alert about an entity by a rule; at most one that is not resolved.

    `actions` is a JSON array of text, `since_us` when the condition was first seen to hold, `value` the fact's newest (None:
    not known). `peak` is the highest severity that was told of this entity and rule at `told_us` or within the cooldown before.
    `escalate_us` is when it is told again unless somebody acknowledges, None: never. `verdict` is what operators made of it:
    `confirmed` or `wrong`.
    """

    alert_id: str
    entity_type: str
    entity_id: str
    rule: str
    team: str
    title: str
    severity: str
    state: str
    value: float | None
    why: str
    actions: str
    since_us: int
    opened_us: int
    changed_us: int
    peak: str
    told_us: int
    escalations: int = 0
    escalate_us: int | None = None
    acknowledged_us: int | None = None
    acknowledged_by: str | None = None
    snoozed_until_us: int | None = None
    resolved_us: int | None = None
    resolved_by: str | None = None
    resolution: str | None = None
    verdict: str | None = None
    verdict_us: int | None = None
    verdict_by: str | None = None
    verdict_reason: str | None = None


class ChangeRow(msgspec.Struct, frozen=True):
    """One change of an alert: what (`change`), by whom (None: by itself), and why."""

    alert_id: str
    entity_type: str
    entity_id: str
    at_us: int
    change: str
    severity: str
    done_by: str | None = None
    note: str | None = None


Standing: TypeAlias = tuple[str, float | None]
"""Severity and value of a live alert: what a look at everybody needs to see that nothing moved."""


class VerdictCount(msgspec.Struct, frozen=True):
    """How many alerts a rule has opened, how many of them are live, were confirmed, were wrong."""

    rule: str
    opened: int
    live: int
    confirmed: int
    wrong: int


@dataclass(frozen=True)
class AlertSelection:
    """Which alerts, the newest first. Empty filters let everybody pass; `before` is (opened_us, alert_id) of the last one seen."""

    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    rule: str | None = None
    team: str | None = None
    entity_type: str | None = None
    entity_id: str | None = None
    before: tuple[int, str] | None = None
    limit: int = 100


_FIELDS = AlertRow.__struct_fields__
_LIST = ", ".join(_FIELDS)
_CHANGE_LIST = ", ".join(ChangeRow.__struct_fields__)
_LIVE = "state <> 'resolved'"
_SELECTED = """(:states = '[]' OR state IN (SELECT value FROM json_each(:states)))
    AND (:severities = '[]' OR severity IN (SELECT value FROM json_each(:severities)))
    AND rule = COALESCE(:rule, rule) AND team = COALESCE(:team, team)
    AND entity_type = COALESCE(:entity_type, entity_type) AND entity_id = COALESCE(:entity_id, entity_id)"""


class AlertTable:
    """Reads and writes alerts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, rows: Iterable[AlertRow], changes: Iterable[ChangeRow]) -> None:
        """Add alerts or replace those of their ids, and note what changed."""
        with transaction(self._connection):
            self._connection.executemany(
                f"INSERT OR REPLACE INTO alerts ({_LIST}) VALUES ({', '.join('?' * len(_FIELDS))})",
                map(msgspec.structs.astuple, rows),
            )
            self._connection.executemany(
                f"INSERT INTO alert_changes ({_CHANGE_LIST}) VALUES ({', '.join('?' * len(ChangeRow.__struct_fields__))})",
                map(msgspec.structs.astuple, changes),
            )

    def set_values(self, entity_type: str, rule: str, values: Iterable[tuple[str, float | None]]) -> None:
        """Set the values (entity id, value) of live alerts by one rule; nothing else of them changes."""
        lines = [(value, entity_type, entity_id, rule) for entity_id, value in values]
        with transaction(self._connection):
            self._connection.executemany(
                f"UPDATE alerts SET value = ? WHERE entity_type = ? AND entity_id = ? AND rule = ? AND {_LIVE}",
                lines,
            )

    def live(self, entity_type: str, entity_ids: Iterable[str] | None = None) -> list[AlertRow]:
        """Those of a kind that are not resolved; None: of every entity."""
        return self._rows(f"entity_type = ? AND {_LIVE}", entity_type, entity_ids)

    def standing(
        self, entity_type: str, entity_ids: Iterable[str] | None = None
    ) -> dict[str, dict[str, Standing]]:
        """As `live`, by rule and entity, no more than what tells whether anything moved."""
        found: dict[str, dict[str, Standing]] = {}
        source, among, some = rows_about("alerts", entity_ids)
        # Without being told, SQLite goes through the resolved ones of each entity too, which grow in number.
        for rule, entity_id, severity, value in self._connection.execute(
            f"SELECT rule, entity_id, severity, alerts.value FROM {source} INDEXED BY alerts_live"
            f" WHERE entity_type = ? AND {_LIVE}{among}",
            (*some, entity_type),
        ):
            found.setdefault(rule, {})[entity_id] = (severity, value)
        return found

    def resolved_since(
        self, entity_type: str, since_us: int, entity_ids: Iterable[str] | None = None
    ) -> list[AlertRow]:
        """Those of a kind that were resolved at a time or after it."""
        return self._rows(
            f"entity_type = ? AND NOT {_LIVE} AND resolved_us >= {since_us:d}", entity_type, entity_ids
        )

    def to_tick(self, now_us: int) -> list[AlertRow]:
        """Those whose snooze is over, or that are to be escalated, at that time."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM alerts WHERE (snoozed_until_us IS NOT NULL OR escalate_us IS NOT NULL)"
            " AND COALESCE(snoozed_until_us, escalate_us) <= ?",
            (now_us,),
        )
        return [AlertRow(*line) for line in found]

    def get(self, alert_id: str) -> AlertRow:
        """The alert of that id.

        Raises:
            UnknownEntityError: there is none.
        """
        found = self._connection.execute(
            f"SELECT {_LIST} FROM alerts WHERE alert_id = ?", (alert_id,)
        ).fetchone()
        if found is None:
            raise UnknownEntityError(
                f"There is no alert {alert_id!r}. `tutorpulse alerts list --all` shows those there are."
            )
        return AlertRow(*found)

    def changes(self, alert_id: str) -> list[ChangeRow]:
        """What became of one alert, oldest first."""
        found = self._connection.execute(
            f"SELECT {_CHANGE_LIST} FROM alert_changes WHERE alert_id = ? ORDER BY number", (alert_id,)
        )
        return [ChangeRow(*line) for line in found]

    def page(self, selection: AlertSelection) -> list[AlertRow]:
        """The first `limit` of the selection, the last opened first."""
        before_us, before_id = selection.before or (None, None)
        found = self._connection.execute(
            f"SELECT {_LIST} FROM alerts WHERE {_SELECTED}"
            " AND (:us IS NULL OR (opened_us, alert_id) < (:us, :id)) ORDER BY opened_us DESC, alert_id DESC LIMIT :limit",
            {**_params(selection), "us": before_us, "id": before_id, "limit": selection.limit},
        )
        return [AlertRow(*line) for line in found]

    def counts(self) -> dict[tuple[str, str], int]:
        """How many are live, by (severity, state)."""
        found = self._connection.execute(
            f"SELECT severity, state, COUNT(*) FROM alerts WHERE {_LIVE} GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return {(severity, state): count for severity, state, count in found}

    def verdicts(self) -> dict[str, VerdictCount]:
        """By rule, what operators made of its alerts."""
        found = self._connection.execute(
            f"SELECT rule, COUNT(*), SUM({_LIVE}), COALESCE(SUM(verdict = 'confirmed'), 0),"
            " COALESCE(SUM(verdict = 'wrong'), 0) FROM alerts GROUP BY rule ORDER BY rule"
        )
        return {line[0]: VerdictCount(*line) for line in found}

    def _rows(self, where: str, entity_type: str, entity_ids: Iterable[str] | None) -> list[AlertRow]:
        among, some = _among(entity_ids)
        found = self._connection.execute(
            f"SELECT {_LIST} FROM alerts WHERE {where}{among} ORDER BY opened_us, alert_id",
            (entity_type, *some),
        )
        return [AlertRow(*line) for line in found]


def _among(entity_ids: Iterable[str] | None) -> tuple[str, tuple[str, ...]]:
    return ("", ()) if entity_ids is None else (f" AND {AMONG}", (as_list(entity_ids),))


def _params(selection: AlertSelection) -> dict[str, object]:
    return {
        "states": as_list(selection.states),
        "severities": as_list(selection.severities),
        "rule": selection.rule,
        "team": selection.team,
        "entity_type": selection.entity_type,
        "entity_id": selection.entity_id,
    }
