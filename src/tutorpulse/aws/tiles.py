"""Totals of a day: a pure function of the events that are stored under an entity on that day.

Counters that are added to lose or repeat what is delivered twice; these are made anew from the events, as often as one likes.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tutorpulse.aws import keys, marks
from tutorpulse.aws.events import Event, event_of
from tutorpulse.aws.marks import Mark
from tutorpulse.aws.table import Items
from tutorpulse.aws.values import Item
from tutorpulse.features.frame import ENTITY_TYPES


def totals(events: Iterable[Event]) -> dict[str, dict[str, Any]]:
    """By event type: `events` (how many), and for each field that holds numbers `sums` and `counts` of those that have one.

    Sums are correctly rounded, so the order of the events does not matter.
    """
    numbers: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    counted: defaultdict[str, int] = defaultdict(int)
    for event in events:
        counted[event.event_type] += 1
        for name, value in event.payload.items():
            if isinstance(value, float):
                numbers[event.event_type][name].append(value)
    return {
        name: {
            "events": count,
            "sums": {field: math.fsum(values) for field, values in numbers[name].items()},
            "counts": {field: len(values) for field, values in numbers[name].items()},
        }
        for name, count in sorted(counted.items())
    }


def rebuild(table: Items, mark: Mark) -> int:
    """Make the totals of the marked days anew. Returns how many were different, and so written.

    A slower builder never undoes a faster one's work: totals are written with the revision after the one that was there before
    the events were read, and not where somebody else wrote meanwhile; then they are made anew once more.
    """
    return sum(_rebuild_day(table, mark.entity_id, day) for day in sorted(mark.days))


def _rebuild_day(table: Items, entity_id: str, day: str) -> bool:
    while True:
        there = table.get(entity_id, keys.tile_key(day)) or {}
        found = table.between(entity_id, f"{keys.EVENTS}{day}#", f"{keys.EVENTS}{day}#{keys.LAST}")
        made = totals(map(event_of, found))
        if there.get("totals", {}) == made:
            return False
        item: Item = {
            "entity_id": entity_id,
            "entity_type": keys.tile_key(day),
            "totals": made,
            "revision": there.get("revision", 0) + 1,
        }
        if table.put_where(item, "revision", "<"):
            return True


def settle(table: Items) -> None:
    """Make the totals anew of all who are marked, and take their marks away; whoever is marked meanwhile waits."""
    waiting = marks.waiting(table, at_most=None)
    for kind in ENTITY_TYPES:
        seen = waiting.of(kind)
        for mark in seen:
            rebuild(table, mark)
        waiting.take_away(seen)


def of_entity(table: Items, entity_id: str) -> dict[str, Mapping[str, Any]]:
    """The totals of an entity by day."""
    found = table.between(entity_id, keys.TILES, keys.TILES + keys.LAST)
    return {item["entity_type"].removeprefix(keys.TILES): item["totals"] for item in found}
