"""The subjects that somebody teaches or learns, worked out at each look, as items that the index lists."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from tutorpulse.aws import keys
from tutorpulse.aws.reading import READERS
from tutorpulse.aws.table import Items
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries.subjects import subjects_of
from tutorpulse.store.log import EventStore
from tutorpulse.store.memory import MemoryLog


def keep(table: Items, log: MemoryLog, kind: EntityType, ids: Sequence[str], now_us: int) -> None:
    """Keep the subjects of these, where they are others than those that are kept."""
    # The question asks a log, and a log in memory answers as the store does.
    pairs = subjects_of(cast(EventStore, log), kind, now_us)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for entity_id, subject in pairs:
        found[entity_id].add(subject)

    def keep_one(entity_id: str) -> None:
        before = table.get(entity_id, keys.subjects_key(kind)) or {}
        if before.get("subjects", set()) != found.get(entity_id, set()):
            identity = {"entity_id": entity_id, "entity_type": keys.subjects_key(kind)}
            table.put({**identity, "timestamp": keys.stamp(now_us), "subjects": found.get(entity_id, set())})

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(keep_one, ids))
