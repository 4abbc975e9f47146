"""The columns of the tables of tutors and students: what AG Grid is told of each, and which filters the address knows."""

from typing import Any, Literal

import msgspec

from tutorpulse.dashboard import texts
from tutorpulse.dashboard.terms import TERMS
from tutorpulse.decisions.sentences import shown_name
from tutorpulse.features.frame import EntityType

Look = Literal["id", "chip", "percent", "number", "decimal", "word", "time", "trail"]


class Column(msgspec.Struct, frozen=True):
    """One column: the row's field, how its values look, its width in pixels, and the bounds of its filter."""

    field: str
    look: Look
    width: int
    title: str = ""
    filtered: bool = False
    hidden: bool = False


_OUTPUTS = (
    Column("churn_risk_14d", "percent", 152, "Risk, 14 days", filtered=True),
    Column("trail", "trail", 124, "Risk, 60 days"),
    Column("churn_risk_30d", "percent", 136, "Risk, 30 days", filtered=True),
    Column("health_score", "number", 104, "Health", filtered=True),
    Column("session_velocity", "decimal", 150, "Sessions a week", filtered=True),
    Column("first_session_success", "percent", 164, "First sessions kept", filtered=True),
    Column("already_gone", "percent", 136, "Gone already", filtered=True),
    Column("inactive_14d", "percent", 132, "Silent, 14 days", filtered=True, hidden=True),
    Column("inactive_30d", "percent", 132, "Silent, 30 days", filtered=True, hidden=True),
)
_LAST = (
    Column("confidence", "word", 112, "Confidence"),
    Column("status", "word", 100, "Status"),
    Column("as_of", "time", 168, "Scored", filtered=True),
)


def columns(kind: EntityType) -> tuple[Column, ...]:
    """Those of a kind, outputs under the names that it has."""
    first = (Column("entity_id", "id", 150, texts.word(kind)), Column("segment", "chip", 140, "Segment"))
    outputs = (msgspec.structs.replace(c, field=shown_name(c.field, kind)) for c in _OUTPUTS)
    return (*first, *outputs, *_LAST)


def bounded(kind: EntityType) -> tuple[Column, ...]:
    """Those that rows can be filtered by bounds of: numbers, and a time by its day."""
    return tuple(column for column in columns(kind) if column.filtered)


def described(kind: EntityType, chosen: str) -> list[dict[str, Any]]:
    """As the script hands them to the grid; `chosen` is the order that rows come in at first."""
    return [_described(column, chosen) for column in columns(kind)]


def _described(column: Column, chosen: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "field": column.field,
        "headerName": column.title,
        "look": column.look,
        "width": column.width,
        "filtered": column.filtered,
        "hide": column.hidden,
        "sortable": column.look != "trail",
    }
    if column.field in TERMS:
        found["headerTooltip"] = TERMS[column.field]
    if chosen.removeprefix("-") == column.field:
        found["sort"] = "desc" if chosen.startswith("-") else "asc"
    return found
