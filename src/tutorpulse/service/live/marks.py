"""Who waits to be refreshed, longest waiting first."""

import threading
from collections.abc import Iterable, Mapping
from itertools import islice


class Marks:
    """Entities of one kind with the time since which each waits, for threads to share.

    An entity that is marked again while it waits keeps its place and its time.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._since_us: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._since_us)

    def add(self, entity_ids: Iterable[str], since_us: int) -> None:
        """Mark entities that wait since `since_us`."""
        self.put(dict.fromkeys(entity_ids, since_us))

    def put(self, since_us: Mapping[str, int]) -> None:
        """Mark entities, each since its own time."""
        with self._guard:
            for entity_id, us in since_us.items():
                self._since_us.setdefault(entity_id, us)

    def take(self, limit: int) -> dict[str, int]:
        """Up to `limit` entities with their times, no longer marked."""
        with self._guard:
            if len(self._since_us) <= limit:
                taken, self._since_us = self._since_us, {}
                return taken
            chosen = list(islice(self._since_us, limit))
            return {entity_id: self._since_us.pop(entity_id) for entity_id in chosen}

    def discard(self, entity_ids: Iterable[str]) -> None:
        """Forget marks."""
        with self._guard:
            for entity_id in entity_ids:
                self._since_us.pop(entity_id, None)

    def oldest_us(self) -> int | None:
        """Since when the first in line waits; None where nobody does."""
        with self._guard:
            return next(iter(self._since_us.values()), None)
