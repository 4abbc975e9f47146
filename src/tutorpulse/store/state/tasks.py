"""The work list: recommendations joined with what makes one worth more than another.

Sorted in SQL, since a home of 100,000 students may have as many open tasks. Nothing is stored of a task but its recommendation.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from tutorpulse.errors import UnknownEntityError
from tutorpulse.store.state.connection import transaction
from tutorpulse.store.state.entity_states import HOLDS
from tutorpulse.store.state.recommendations import RecommendationRow

TaskState = Literal["open", "snoozed", "done", "dismissed", "over"]
"""`over`: its reason was gone before anybody marked it."""


class TaskRow(msgspec.Struct, frozen=True):
    """A recommendation with its place in the list: what acting is worth, and what that is made of (None: not known).

    `risk` is that of 14 days, 0 to 1; `worth` what 30 days are worth, in `unit`; `helped` the share of exits that such an
    action avoids.
    """

    recommendation: RecommendationRow
    state: str
    status: str | None
    segment: str | None
    risk: float | None
    worth: float | None
    unit: str | None
    helped: float
    benefit: float


@dataclass(frozen=True)
class TaskSelection:
    """Which tasks. Empty filters let all pass; `owner` "" asks for those of nobody.

    `helped` is by rule what is known of its playbook, `helped_else` holds for the others. `after` is (benefit, value, id) of
    the last one seen.
    """

    now_us: int
    state: TaskState = "open"
    entity_type: str | None = None
    entity_id: str | None = None
    owner: str | None = None
    rule: str | None = None
    due_before_us: int | None = None
    helped: Mapping[str, float] = field(default_factory=dict)
    helped_else: float = 1.0
    after: tuple[float, float, str] | None = None
    limit: int = 100


_FIELDS = RecommendationRow.__struct_fields__
_STATE = """CASE WHEN r.state <> 'open' THEN r.state WHEN r.ended_us IS NOT NULL THEN 'over'
    WHEN COALESCE(r.snoozed_us, 0) > :now_us THEN 'snoozed' ELSE 'open' END"""
_HELPED = "COALESCE((SELECT value FROM json_each(:helped) WHERE key = r.rule), :helped_else)"
_UPLIFT = """(SELECT -(json_extract(e.uplift, '$.constant') + json_extract(e.uplift, '$.churn_risk_14d') * p.churn_risk_14d
    + json_extract(e.uplift, '$.health_score') * p.health_score
    + json_extract(e.uplift, '$.session_velocity') * p.session_velocity) FROM effects e WHERE e.rule = r.rule)"""
_BENEFIT = (
    f"""MAX(0.0, COALESCE({_UPLIFT}, COALESCE(p.churn_risk_14d, 0.0) * {_HELPED})) * COALESCE(s.worth, 0.0)"""
)
_FROM = """recommendations r LEFT JOIN predictions p ON p.entity_type = r.entity_type AND p.entity_id = r.entity_id
    LEFT JOIN stakes s ON s.entity_type = r.entity_type AND s.entity_id = r.entity_id"""
_APART = f"""EXISTS (SELECT 1 FROM entity_states a WHERE a.entity_type = r.entity_type AND a.entity_id = r.entity_id
    AND {HOLDS})"""
_SELECT = f"""SELECT {", ".join(f"r.{name}" for name in _FIELDS)}, {_STATE}, p.status, p.segment, p.churn_risk_14d,
    s.worth, s.unit, {_HELPED}, {_BENEFIT} AS benefit FROM {_FROM}"""
_ORDER = "ORDER BY benefit DESC, r.value DESC, r.recommendation_id"


class TaskTable:
    """Reads the work list and writes what operators make of it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def page(self, selection: TaskSelection) -> list[TaskRow]:
        """The first `limit` of the selection, most worth first.

        Whoever is held out of a playbook has no task of it meanwhile; whoever an operator set apart has no open one.
        """
        beyond = """AND (benefit < :benefit OR (benefit = :benefit AND (value < :value
            OR (value = :value AND recommendation_id > :id))))"""
        found = self._connection.execute(
            f"""SELECT * FROM ({_SELECT} WHERE {_STATE} = :state AND COALESCE(r.held_us, 0) <= :now_us
            AND NOT (:state = 'open' AND {_APART})
            AND r.entity_type = COALESCE(:entity_type, r.entity_type) AND r.entity_id = COALESCE(:entity_id, r.entity_id)
            AND (:owner IS NULL OR COALESCE(r.owner, '') = :owner) AND r.rule = COALESCE(:rule, r.rule)
            AND (:due_before_us IS NULL OR r.due_us < :due_before_us)) WHERE 1 {beyond if selection.after else ""}
            {_ORDER.replace("r.", "")} LIMIT :limit""",
            _params(selection),
        )
        return [_row(line) for line in found]

    def get(self, recommendation_id: str, selection: TaskSelection) -> TaskRow:
        """One task, whatever its state; of the selection only the time and what helped count.

        Raises:
            UnknownEntityError: there is none of that id, or its entity is held out for now.
        """
        found = self._connection.execute(
            f"{_SELECT} WHERE r.recommendation_id = :id AND COALESCE(r.held_us, 0) <= :now_us",
            _params(selection) | {"id": recommendation_id},
        ).fetchone()
        if found is None:
            raise UnknownEntityError(
                f"No recommendation has the id {recommendation_id!r}. `tutorpulse tasks list` shows what is open, and"
                " `tutorpulse show ID` an entity's."
            )
        return _row(found)

    def counts(self, now_us: int) -> list[tuple[str, str, int]]:
        """(kind, state, how many) of all tasks that are shown."""
        return self._connection.execute(
            f"""SELECT r.entity_type, {_STATE} AS held, COUNT(*) FROM recommendations r
            WHERE COALESCE(r.held_us, 0) <= :now_us AND NOT ({_STATE} = 'open' AND {_APART}) GROUP BY 1, 2 ORDER BY 1, 2""",
            {"now_us": now_us},
        ).fetchall()

    def owners(self) -> list[str]:
        """Whoever has a task, by name."""
        found = self._connection.execute(
            "SELECT DISTINCT owner FROM recommendations WHERE owner IS NOT NULL ORDER BY owner"
        )
        return [owner for (owner,) in found]

    def overdue(self, now_us: int) -> int:
        """How many open tasks are past the time that they were due."""
        found = self._connection.execute(
            f"""SELECT COUNT(*) FROM recommendations r WHERE {_STATE} = 'open' AND r.due_us < :now_us
            AND COALESCE(r.held_us, 0) <= :now_us AND NOT {_APART}""",
            {"now_us": now_us},
        ).fetchone()
        return int(found[0])

    def put_off(self, recommendation_id: str, snoozed_us: int | None) -> None:
        """Hide a task until a time; None: show it."""
        self._set(recommendation_id, "snoozed_us", snoozed_us)

    def assign(self, recommendation_id: str, owner: str | None) -> None:
        """Give a task to somebody; None: to nobody."""
        self._set(recommendation_id, "owner", owner)

    def conclude(self, recommendation_id: str, outcome: str | None) -> None:
        """Note what came of acting."""
        self._set(recommendation_id, "outcome", outcome)

    def _set(self, recommendation_id: str, column: str, value: object) -> None:
        with transaction(self._connection):
            self._connection.execute(
                f"UPDATE recommendations SET {column} = ? WHERE recommendation_id = ?",
                (value, recommendation_id),
            )


def _params(selection: TaskSelection) -> dict[str, Any]:
    benefit, value, identifier = selection.after or (0.0, 0.0, "")
    return {
        "now_us": selection.now_us,
        "state": selection.state,
        "entity_type": selection.entity_type,
        "entity_id": selection.entity_id,
        "owner": selection.owner,
        "rule": selection.rule,
        "due_before_us": selection.due_before_us,
        "helped": msgspec.json.encode(dict(selection.helped)).decode(),
        "helped_else": selection.helped_else,
        "benefit": benefit,
        "value": value,
        "id": identifier,
        "limit": selection.limit,
    }


def _row(line: tuple[Any, ...]) -> TaskRow:
    size = len(_FIELDS)
    return TaskRow(RecommendationRow(*line[:size]), *line[size:])
