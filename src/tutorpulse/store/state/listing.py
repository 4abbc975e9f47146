"""Pages of current predictions: filtered, sorted, continued where the last page ended.

No index serves the filters: going through 50,000 rows and sorting them measured 10 ms, while an index on one risk doubled
the time that a whole refresh takes to write.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tutorpulse.store.state.connection import as_list
from tutorpulse.store.state.schema import PREDICTION_COLUMNS

MARKS = ("model_segment", "override_owner", "override_expires_us", "operator_state")
"""Of whom somebody set the segment by hand the model's segment, who answers for it, and until when; then the state that an
operator set (paused, on leave, goal reached); else None."""

LISTED = ("entity_id", *PREDICTION_COLUMNS, *MARKS)
"""What is listed of each entity, in this order. `segment` is the one set by hand where there is one."""
_LIST = ", ".join(LISTED)
_OWN = ", ".join(
    f"p.{name}" for name in ("entity_type", "entity_id", *PREDICTION_COLUMNS) if name != "segment"
)
_CURRENT = f"""(SELECT {_OWN}, COALESCE(o.segment, p.segment) AS segment,
    CASE WHEN o.segment IS NOT NULL THEN p.segment END AS model_segment, o.owner AS override_owner,
    o.expires_us AS override_expires_us, a.state AS operator_state FROM predictions p
    LEFT JOIN overrides o ON o.entity_type = p.entity_type AND o.entity_id = p.entity_id
    AND o.ended_us IS NULL AND o.expires_us > p.as_of_us
    LEFT JOIN entity_states a ON a.entity_type = p.entity_type AND a.entity_id = p.entity_id
    AND a.ended_us IS NULL AND (a.until_us IS NULL OR a.until_us > COALESCE(p.as_of_us, 0)))"""
"""Current predictions. What operators set, and did not end, holds until the prediction is as of a time after its end."""

Value = float | str | None


@dataclass(frozen=True)
class Bound:
    """A column's value lies between two numbers, both included; None leaves that side open. NULL lies nowhere."""

    column: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Selection:
    """Which entities of one kind, in which order. Empty filters let everybody pass; NULL comes last in either direction.

    `after` is the sort value and id of the last one seen, `offset` how many are passed over; `search` is a part of the id,
    whatever its case. Where `order` is `segment`, `segments_in_order` says which comes first; whoever is not scored is in none.
    """

    entity_type: str
    segments: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    subject: str | None = None
    bounds: tuple[Bound, ...] = ()
    order: str = "entity_id"
    descending: bool = False
    after: tuple[Value, str] | None = None
    limit: int = 100
    offset: int = 0
    search: str = ""
    confidences: tuple[str, ...] = ()
    segments_in_order: tuple[str, ...] = ()


class Listing:
    """Reads pages of current predictions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def page(self, selection: Selection) -> list[dict[str, Any]]:
        """The first `limit` of the selection, each with the columns of `LISTED`."""
        where, params = _where(selection)
        order, ranks = _order(selection)
        # Everybody is sorted by the one column, and only who is on the page has the others read: less than half the time.
        chosen = f"SELECT entity_id FROM {_source(selection)} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
        found = self._connection.execute(
            f"SELECT {_LIST} FROM {_CURRENT} WHERE entity_type = ? AND entity_id IN ({chosen}) ORDER BY {order}",
            [selection.entity_type, *params, *ranks, selection.limit, selection.offset, *ranks],
        )
        return [dict(zip(LISTED, line, strict=True)) for line in found]

    def total(self, selection: Selection) -> int:
        """How many there are of the selection on all pages."""
        where, params = _where(selection)
        counted = f"SELECT COUNT(*) FROM {_source(selection)} WHERE {where}"
        return int(self._connection.execute(counted, params).fetchone()[0])

    def counts(self, entity_type: str) -> list[tuple[str, str | None, int]]:
        """(status, segment, how many) of a kind; the segment is None for those who are not scored."""
        return self._connection.execute(
            "SELECT status, CASE WHEN frozen THEN NULL ELSE segment END AS held, COUNT(*)"
            f" FROM {_CURRENT} WHERE entity_type = ? GROUP BY 1, 2 ORDER BY 1, 2",
            (entity_type,),
        ).fetchall()


_Condition = tuple[str, tuple[object, ...]]
_RANK = "CASE WHEN NOT frozen THEN (SELECT key FROM json_each(?) WHERE value = segment) END"


def _order(selection: Selection) -> tuple[str, list[object]]:
    """By what the selection is sorted, and the parameters of that."""
    column, ranks = _known(selection.order), list[object]()
    if column == "segment":
        column, ranks = _RANK, [as_list(selection.segments_in_order)]
    return f"{column} {'DESC' if selection.descending else 'ASC'} NULLS LAST, entity_id", ranks


def _source(selection: Selection) -> str:
    """The rows to choose from: with what operators set only where it is asked for, as that is looked up for each row."""
    return _CURRENT if selection.segments or selection.order in ("segment", *MARKS) else "predictions"


def _where(selection: Selection) -> tuple[str, list[object]]:
    wheres, params = zip(*_conditions(selection), strict=True)
    return " AND ".join(wheres), [value for some in params for value in some]


def _conditions(selection: Selection) -> Iterator[_Condition]:
    yield "entity_type = ?", (selection.entity_type,)
    if selection.segments:
        yield "NOT frozen AND segment IN (SELECT value FROM json_each(?))", (as_list(selection.segments),)
    if selection.statuses:
        yield "status IN (SELECT value FROM json_each(?))", (as_list(selection.statuses),)
    if selection.subject is not None:
        subject = "SELECT entity_id FROM entity_subjects WHERE entity_type = ? AND subject = ?"
        yield f"entity_id IN ({subject})", (selection.entity_type, selection.subject)
    if selection.confidences:
        yield "confidence IN (SELECT value FROM json_each(?))", (as_list(selection.confidences),)
    if selection.search:
        yield "INSTR(LOWER(entity_id), LOWER(?)) > 0", (selection.search,)
    for bound in selection.bounds:
        yield from _between(bound)
    if selection.after is not None:
        yield _beyond(_known(selection.order), selection.descending, *selection.after)


def _between(bound: Bound) -> Iterator[_Condition]:
    column = _known(bound.column)
    if bound.low is not None:
        yield f"{column} >= ?", (bound.low,)
    if bound.high is not None:
        yield f"{column} <= ?", (bound.high,)


def _beyond(column: str, descending: bool, value: Value, entity_id: str) -> _Condition:
    if value is None:
        return f"({column} IS NULL AND entity_id > ?)", (entity_id,)
    sign = "<" if descending else ">"
    further = f"({column} {sign} ? OR ({column} = ? AND entity_id > ?) OR {column} IS NULL)"
    return further, (value, value, entity_id)


def _known(column: str) -> str:
    assert column in LISTED, column
    return column
