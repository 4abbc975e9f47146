"""What is known of predictions: in the table for good, in a state in memory while somebody is judged.

The state in memory is the package's own, with its own tables; each row about an entity is an item under that entity. What
differs afterwards is written back: one entity's items together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tutorpulse.aws import keys
from tutorpulse.aws.events import Who
from tutorpulse.aws.notifying import notice_item
from tutorpulse.aws.reading import READERS
from tutorpulse.aws.table import Items
from tutorpulse.aws.values import Item
from tutorpulse.clock import DAY_US
from tutorpulse.decisions.facts import TUTOR_NAMES
from tutorpulse.features.frame import EntityType
from tutorpulse.store.state import State
from tutorpulse.store.state.schema import PREDICTION_COLUMNS

LOOKBACK_DAYS = 31
"""Predictions of record that a judgement looks back on."""

PREDICTIONS, RECORD, INSIGHTS, NOTICES = "predictions", "predictions_of_record", "insights", "notices"

KEYS: dict[str, tuple[str, ...]] = {
    PREDICTIONS: (),
    RECORD: ("as_of_us",),
    "recommendations": ("recommendation_id",),
    "insight_levels": ("prediction_type",),
    INSIGHTS: ("alert_id",),
    "segment_moves": ("moved_us",),
    "alerts": ("alert_id",),
    "alert_changes": ("at_us", "alert_id", "change"),
    NOTICES: ("at_us", "alert_id", "kind"),
}
"""The tables that a judgement writes, with the columns that tell an entity's rows apart."""

NUMBERED = {"segment_moves": "move", "alert_changes": "number", "notices": "number"}
"""Columns that number rows in one file, and mean nothing elsewhere."""

Rows: TypeAlias = dict[tuple[str, ...], dict[str, Any]]


@dataclass
class Changes:
    """Rows that were not there before, or were different, by entity and table."""

    rows: defaultdict[Who, dict[str, list[dict[str, Any]]]] = field(default_factory=lambda: defaultdict(dict))

    def of(self, table: str) -> list[dict[str, Any]]:
        """All rows of one table."""
        return [row for tables in self.rows.values() for row in tables.get(table, ())]


def load(table: Items, state: State, kind: EntityType, entity_ids: Sequence[str], now_us: int) -> None:
    """Put what is known of these entities into an empty state."""
    with ThreadPoolExecutor(READERS) as pool:
        found = pool.map(lambda entity_id: _items(table, kind, entity_id, now_us), entity_ids)
        by_table: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for items in found:
            for item in items:
                name, row = row_of(item, kind)
                by_table[name].append(row)
    for name, rows in by_table.items():
        state.copies.put(name, rows)


def _items(table: Items, kind: EntityType, entity_id: str, now_us: int) -> list[Item]:
    current = table.get(entity_id, kind)
    if current is None:
        return []
    since_us = now_us - LOOKBACK_DAYS * DAY_US
    spans = (
        (f"{kind}#alerts#", f"{kind}#insight_levels#{keys.LAST}"),
        (f"{kind}#{RECORD}#{since_us}", f"{kind}#recommendations#{keys.LAST}"),
    )
    return [current, *(item for span in spans for item in table.between(entity_id, *span))]


def snapshot(state: State) -> dict[str, Rows]:
    """Every row of the tables, by what tells it apart."""
    return {name: {_identity(name, row): row for row in state.copies.rows(name)} for name in KEYS}


def _identity(table: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    return (row["entity_type"], row["entity_id"], *(str(row[name]) for name in KEYS[table]))


def changes(before: Mapping[str, Rows], after: Mapping[str, Rows]) -> Changes:
    """The rows of `after` that differ from those of `before`.

    A prediction that is the same as before but for its time is no change, unless something else is to be written with it.
    """
    found = Changes()
    for table, rows in after.items():
        for identity, row in rows.items():
            if before[table].get(identity) != row:
                kind: EntityType = "tutor" if identity[0] == "tutor" else "student"
                found.rows[kind, identity[1]].setdefault(table, []).append(row)
    for who in [who for who, tables in found.rows.items() if _is_same_but_for_time(before, who, tables)]:
        del found.rows[who]
    return found


def _is_same_but_for_time(
    before: Mapping[str, Rows], who: Who, tables: Mapping[str, list[dict[str, Any]]]
) -> bool:
    if tables.keys() != {PREDICTIONS}:
        return False
    earlier = before[PREDICTIONS].get(who)
    (now,) = tables[PREDICTIONS]
    return earlier is not None and {**earlier, "as_of_us": None} == {**now, "as_of_us": None}


def write(table: Items, changed: Changes, now_us: int, first_number: int) -> None:
    """Write what differs, one entity's items together; insights are numbered from `first_number` on, in their order."""
    number = first_number
    for (kind, entity_id), tables in changed.rows.items():
        items: list[Item] = []
        for name, rows in tables.items():
            items += [
                notice_item(row) if name == NOTICES else _item(kind, entity_id, name, row, now_us)
                for row in rows
            ]
        for row in tables.get(INSIGHTS, ()):
            items.append(insight_item(row, number))
            number += 1
        table.write_together(items)


def _item(kind: EntityType, entity_id: str, table: str, row: Mapping[str, Any], now_us: int) -> Item:
    left_out = {"entity_type", "entity_id", NUMBERED.get(table)}
    columns = {name: value for name, value in row.items() if name not in left_out}
    if table != PREDICTIONS:
        place = "#".join((kind, table, *_identity(table, row)[2:]))
        return {"entity_id": entity_id, "entity_type": place, **columns}
    flags = {name: bool(columns[name]) for name, of in PREDICTION_COLUMNS.items() if of == "flag"}
    names = {shown: columns[name] for shown, name in TUTOR_NAMES.items()} if kind == "tutor" else {}
    identity = {"entity_id": entity_id, "entity_type": kind, "timestamp": keys.stamp(now_us)}
    return {**columns, **flags, **names, **identity}


def row_of(item: Item, kind: EntityType) -> tuple[str, dict[str, Any]]:
    """The table and row of an item that `write` made; a column that the item lacks is NULL."""
    _, _, rest = item["entity_type"].partition("#")
    table = rest.partition("#")[0] or PREDICTIONS
    if table == PREDICTIONS:
        columns = {name: item.get(name) for name in PREDICTION_COLUMNS}
    else:
        columns = {name: value for name, value in item.items() if name not in ("entity_id", "entity_type")}
    return table, {"entity_type": kind, "entity_id": item["entity_id"], **columns}


def insight_item(row: Mapping[str, Any], number: int) -> Item:
    """An insight as an item of its own, which the index lists by time."""
    own = {name: value for name, value in row.items() if name not in ("entity_type", "entity_id")}
    return {
        **own,
        "about_type": row["entity_type"],
        "about_id": row["entity_id"],
        "number": number,
        "entity_id": row["alert_id"],
        "entity_type": keys.INSIGHT,
        "timestamp": keys.stamp(row["timestamp_us"]),
    }


def insight_rows(items: Iterable[Item]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The rows of insights, and their numbers by id."""
    rows, numbers = [], {}
    for item in items:
        left_out = ("entity_id", "entity_type", "timestamp", "number", "about_type", "about_id")
        own = {name: value for name, value in item.items() if name not in left_out}
        rows.append(
            {
                **own,
                "alert_id": item["entity_id"],
                "entity_type": item["about_type"],
                "entity_id": item["about_id"],
            }
        )
        numbers[item["entity_id"]] = int(item["number"])
    return rows, numbers


def take_numbers(table: Items, count: int) -> int:
    """Reserve so many numbers for insights, and return the first; none is given twice."""
    before = table.add((keys.LOG, "insight_numbers"), {"last_number": count})
    return int(before.get("last_number", 0)) + 1
