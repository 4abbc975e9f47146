"""Making sure that the index of ids knows exactly the ids of the log and of what was erased from it."""

from collections.abc import Iterator

import numpy as np

from tutorpulse.events.contract import TABLES
from tutorpulse.store.database import Database
from tutorpulse.store.digests import Digests, concatenate, digest_ids
from tutorpulse.store.index import IdIndex

_CHUNK_EVENTS = 1 << 19
_IDS = " UNION ALL ".join(f"SELECT seq, event_id FROM {table}" for table in TABLES)
_PLACES = " UNION ALL ".join(f"SELECT seq FROM {table}" for table in (*TABLES, "erased_ids"))


def catch_up(database: Database, index: IdIndex) -> int:
    """Load the index and add what it lacks of the log; build it anew where it is missing, damaged or of another log.

    Returns:
        The next free place in the log.
    """
    newest = int(database.scalar(f"SELECT MAX(seq) FROM ({_PLACES})") or 0)
    index.load()
    if index.stored_ids != _events_up_to(database, index.watermark):
        index.clear()
    for digests, watermark in _ids_after(database, index.watermark, newest):
        index.add(digests, watermark)
    return max(newest, index.watermark) + 1


def _events_up_to(database: Database, seq: int) -> int:
    return int(database.scalar(f"SELECT COUNT(*) FROM ({_PLACES}) WHERE seq <= {seq:d}"))


def _ids_after(database: Database, watermark: int, newest: int) -> Iterator[tuple[Digests, int]]:
    for start in range(watermark, newest, _CHUNK_EVENTS):
        end = min(start + _CHUNK_EVENTS, newest)
        between = f"seq > {start:d} AND seq <= {end:d}"
        log = database.query(f"SELECT event_id FROM ({_IDS}) WHERE {between}")
        erased = database.query(f"SELECT hi, lo FROM erased_ids WHERE {between}")
        known = Digests(erased["hi"].astype(np.uint64), erased["lo"].astype(np.uint64))
        yield concatenate([digest_ids(log["event_id"]), known]), end
