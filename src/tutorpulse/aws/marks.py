"""Marks: who has changed since the last look, and on which days. A mark waits in the index until somebody looked.

A mark has a revision that only grows. Whoever looks notes the revision first, and takes the mark away only if it is still
that one: what came in between waits for the next look.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tutorpulse.aws import keys
from tutorpulse.aws.events import Who
from tutorpulse.aws.table import Items
from tutorpulse.aws.taking import Touched
from tutorpulse.features.frame import EntityType


@dataclass(frozen=True)
class Mark:
    """Somebody to look at: the revision that is looked at, the days whose totals are to be made anew, and since when it waits."""

    kind: EntityType
    entity_id: str
    revision: int
    days: frozenset[str]
    since: str


def put(table: Items, touched: Touched, now_us: int) -> None:
    """Mark everybody who was touched; those who wait already go on waiting since when they did."""
    for who, days in touched.days.items():
        _put_one(table, who, days, now_us)


def put_all(table: Items, who: Iterable[Who], now_us: int) -> None:
    """Mark some to be looked at, though no event of theirs came in."""
    for one in who:
        _put_one(table, one, set(), now_us)


def _put_one(table: Items, who: Who, days: set[str], now_us: int) -> None:
    kind, entity_id = who
    once = {"timestamp": keys.stamp(now_us)}
    table.add((entity_id, keys.mark_key(kind)), {"revision": 1}, {"days": days}, once)


def waiting(table: Items, kind: EntityType) -> Iterator[Mark]:
    """Marks that wait, the longest first; each as it is now, not as the index last saw it."""
    for seen in table.of_type(keys.mark_key(kind)):
        item = table.get(seen["entity_id"], keys.mark_key(kind))
        if item is not None and "timestamp" in item:
            yield Mark(
                kind, item["entity_id"], item["revision"], frozenset(item.get("days", ())), item["timestamp"]
            )


def take_away(table: Items, mark: Mark) -> bool:
    """The look is done. False: something came in since, so the mark stays."""
    seen = ("revision", mark.revision)
    return table.drop((mark.entity_id, keys.mark_key(mark.kind)), ("timestamp", "days"), seen)
