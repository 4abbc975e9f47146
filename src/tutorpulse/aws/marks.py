"""Marks: who has changed since the last look, and on which days.

One item lists everybody whom a batch touched, so a mark costs a small part of a write. A list is written after the events that it
tells of, never changed, and taken away once everybody on it was looked at; what comes in meanwhile stands on a list of its own.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

import msgspec

from tutorpulse.aws import keys
from tutorpulse.aws.events import Who
from tutorpulse.aws.table import Items
from tutorpulse.aws.taking import Touched
from tutorpulse.features.frame import EntityType

LISTED_MAX = 2_000
"""Ids that one list holds, each once for each of its days: an item takes so many of the longest."""

AT_MOST = 50_000
"""People whom one run gathers; whoever waits behind them is gathered by the next."""

_NO_DAY = ""
_Listed: TypeAlias = dict[EntityType, dict[str, list[str]]]
"""What a list holds: ids by kind and day."""


@dataclass(frozen=True)
class Mark:
    """Somebody to look at: the days whose totals are to be made anew, and since when it waits."""

    who: Who
    days: frozenset[str]
    since: str

    @property
    def entity_id(self) -> str:
        """Its id."""
        return self.who[1]


@dataclass
class Waiting:
    """Who waits, the longest first, and the lists that say so, each with those on it whom nobody has looked at yet."""

    table: Items
    _days: dict[Who, set[str]] = field(default_factory=dict)
    _since: dict[Who, str] = field(default_factory=dict)
    _lists: dict[str, set[Who]] = field(default_factory=dict)

    def of(self, kind: EntityType) -> list[Mark]:
        """Those of one kind, with all days of the lists that were read."""
        of_kind = (who for who in self._since if who[0] == kind)
        return [Mark(who, frozenset(self._days[who]), self._since[who]) for who in of_kind]

    def read(self, only: EntityType | None = None, at_most: int | None = AT_MOST) -> None:
        """Read the lists, by whole ones, until so many people are known.

        With `only`, what came since is read where it names that kind alone: what a look at tutors wrote of their students.
        """
        for key, listed in _lists(self.table):
            if key in self._lists or (only and set(listed) != {only}):
                continue
            if at_most is not None and len(self._since) >= at_most:
                return
            self._lists[key] = set()
            for kind, by_day in listed.items():
                for day, ids in by_day.items():
                    self._add(key, [(kind, entity_id) for entity_id in ids], {day} - {_NO_DAY})

    def _add(self, key: str, some: Iterable[Who], days: set[str]) -> None:
        for who in some:
            self._lists[key].add(who)
            self._days.setdefault(who, set()).update(days)
            self._since.setdefault(who, key.partition("#")[0])

    def take_away(self, seen: Iterable[Mark]) -> None:
        """These were looked at: lists on which nobody else waits go."""
        done = {mark.who for mark in seen}
        for key, left in list(self._lists.items()):
            left -= done
            if not left:
                self.table.remove(keys.MARKS, key)
                del self._lists[key]


def waiting(table: Items, at_most: int | None = AT_MOST) -> Waiting:
    """Who waits now."""
    found = Waiting(table)
    found.read(at_most=at_most)
    return found


def put(table: Items, touched: Touched, now_us: int) -> None:
    """Mark everybody who was touched."""
    pairs = [(who, day) for who, days in touched.days.items() for day in sorted(days or {_NO_DAY})]
    for start in range(0, len(pairs), LISTED_MAX):
        table.put(_list(pairs[start : start + LISTED_MAX], now_us))


def put_all(table: Items, who: Iterable[Who], now_us: int) -> None:
    """Mark some to be looked at, though no event of theirs came in."""
    touched = Touched()
    for one in who:
        touched.days[one] |= set()
    put(table, touched, now_us)


def _list(pairs: Sequence[tuple[Who, str]], now_us: int) -> dict[str, str]:
    changed: _Listed = {}
    for (kind, entity_id), day in pairs:
        changed.setdefault(kind, {}).setdefault(day, []).append(entity_id)
    return {
        "entity_id": keys.MARKS,
        # Two writers of one microsecond must not write over each other.
        "entity_type": f"{keys.stamp(now_us)}#{uuid.uuid4().hex}",
        "changed": msgspec.json.encode(changed).decode(),
    }


def _lists(table: Items) -> Iterator[tuple[str, _Listed]]:
    for item in table.between(keys.MARKS, " ", keys.LAST):
        yield item["entity_type"], msgspec.json.decode(item["changed"], type=_Listed)


def some_at_a_time(some: Iterable[Mark], count: int) -> Iterator[list[Mark]]:
    """Marks in groups of so many."""
    left = iter(some)
    while group := list(islice(left, count)):
        yield group
