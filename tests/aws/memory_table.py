"""A table in memory, written from the words of `Items`: the oracle of the real ones, and fast enough for many histories."""

import copy
import operator
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tutorpulse.aws import names
from tutorpulse.aws.schema import SHOWN
from tutorpulse.aws.values import pack, unpack
from tutorpulse.errors import RefusedItemError

_TESTS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, "<>": operator.ne}
_ITEM_BYTES_MAX = 409_600


class MemoryTable:
    """See `Items`. `fail` may raise before or after a write, as a crash does."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, dict[str, Any]]] = {}
        self.writes = 0
        self._guard = threading.RLock()

    def written(self) -> None:
        """Called after each write."""
        self.writes += 1

    def _there(self, entity_id: str, entity_type: str) -> dict[str, Any]:
        return self.items.get(entity_id, {}).get(entity_type, {})

    def _store(self, item: Mapping[str, Any]) -> None:
        plain = unpack(pack(item))
        if len(repr(plain)) > _ITEM_BYTES_MAX:
            raise RefusedItemError("Item size has exceeded the maximum allowed size")
        self.items.setdefault(plain[names.PARTITION_KEY], {})[plain[names.SORT_KEY]] = copy.deepcopy(plain)

    def put(self, item: Mapping[str, Any]) -> None:
        with self._guard:
            self._store(item)
        self.written()

    def put_new(self, item: Mapping[str, Any]) -> dict[str, Any] | None:
        with self._guard:
            there = self._there(item[names.PARTITION_KEY], item[names.SORT_KEY])
            if there:
                return dict(there)
            self._store(item)
        self.written()
        return None

    def put_where(self, item: Mapping[str, Any], attribute: str, test: str) -> bool:
        with self._guard:
            there = self._there(item[names.PARTITION_KEY], item[names.SORT_KEY])
            if attribute in there and not _TESTS[test](there[attribute], item[attribute]):
                return False
            self._store(item)
        self.written()
        return True

    def add(
        self,
        key: tuple[str, str],
        numbers: Mapping[str, int],
        sets: Mapping[str, set[str]] | None = None,
    ) -> dict[str, Any]:
        with self._guard:
            before = copy.deepcopy(self._there(*key))
            now = {**before, names.PARTITION_KEY: key[0], names.SORT_KEY: key[1]}
            now |= {name: before.get(name, 0) + value for name, value in numbers.items()}
            now |= {name: before.get(name, set()) | some for name, some in (sets or {}).items() if some}
            self._store(now)
        self.written()
        return before

    def drop(self, key: tuple[str, str], attributes: Sequence[str], where: tuple[str, int]) -> bool:
        with self._guard:
            there = self._there(*key)
            if there.get(where[0]) != where[1]:
                return False
            for name in attributes:
                there.pop(name, None)
        self.written()
        return True

    def remove(self, entity_id: str, entity_type: str) -> None:
        with self._guard:
            self.items.get(entity_id, {}).pop(entity_type, None)
        self.written()

    def get(self, entity_id: str, entity_type: str) -> dict[str, Any] | None:
        with self._guard:
            return copy.deepcopy(self._there(entity_id, entity_type)) or None

    def between(self, entity_id: str, low: str, high: str) -> Iterator[dict[str, Any]]:
        with self._guard:
            held = self.items.get(entity_id, {})
            found = [copy.deepcopy(held[key]) for key in sorted(held) if low <= key <= high]
        yield from found

    def of_type(
        self, entity_type: str, since: str = "", newest_first: bool = False
    ) -> Iterator[dict[str, Any]]:
        with self._guard:
            listed = [
                held[entity_type]
                for held in self.items.values()
                if "timestamp" in held.get(entity_type, {}) and held[entity_type]["timestamp"] >= since
            ]
            listed.sort(key=lambda item: item["timestamp"], reverse=newest_first)
            shown = {names.PARTITION_KEY, names.SORT_KEY, "timestamp", *SHOWN}
            found = [{k: v for k, v in item.items() if k in shown} for item in listed]
        yield from found

    def write_together(self, items: Sequence[Mapping[str, Any]]) -> None:
        with self._guard:
            for item in items:
                self._store(item)
        self.written()
