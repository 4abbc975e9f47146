"""Where in the log each session's events are, so that settling a few sessions reads their events and not the log.

The pairs (hash of the session's id, place of the event) are kept as those of event ids are: in sorted runs on disk and a tail
in memory. Two sessions of one hash are found together, which costs a fold and changes nothing. All of it can be read from the log
again, and is where it does not fit to it. Chosen over an ART index of DuckDB on the column, which is kept in memory whole and made
inserts slower the larger it was.
"""

import numpy as np
from numpy.typing import NDArray

from tutorpulse.store.database import Database
from tutorpulse.store.digests import Digests, concatenate, contained, partners
from tutorpulse.store.index import IdIndex

_CHUNK_EVENTS = 1 << 22
_SAMPLE_EVENTS = 100
_PAIRS = "SELECT hash(session_id) AS hi, seq AS lo FROM session_events"


class SessionPlaces:
    """The places of the events of sessions, brought up to date when it is asked."""

    def __init__(self, index: IdIndex) -> None:
        self._index = index
        self._loaded = False

    def together_with(self, database: Database, after: int, newest: int) -> NDArray[np.int64]:
        """The places of all events of the sessions that have events after place `after`, in no order; `newest` is the log's last."""
        self._catch_up(database, newest)
        if self._index.watermark > after:
            return self._of(database.query(f"{_PAIRS} WHERE seq > {after:d}")["hi"].astype(np.uint64))
        tail = concatenate(self._index.tail)
        return self._of(tail.hi[tail.lo > after])

    def of_sessions(
        self, database: Database, session_ids: NDArray[np.object_], newest: int
    ) -> NDArray[np.int64]:
        """The places of all events up to place `newest`, or later ones, of these sessions, in no order."""
        self._catch_up(database, newest)
        found = database.query_again("SELECT hash(id) AS hi FROM incoming", {}, {"id": session_ids})
        return self._of(found["hi"].astype(np.uint64))

    def _of(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        return partners(self._index.parts(), np.unique(hashes)).astype(np.int64)

    def clear(self) -> None:
        """Forget everything: events left the log."""
        # First: should the disk take nothing, the next look holds against the log what is left.
        self._loaded = False
        self._index.load()
        self._index.clear()

    def close(self) -> None:
        """Write what would take long to read from the log again."""
        if self._loaded:
            self._index.settle_tail()

    def _catch_up(self, database: Database, newest: int) -> None:
        if not self._loaded:
            self._index.load()
            if not _fits(database, self._index):
                self._index.clear()
            self._loaded = True
        for start in range(self._index.reach, newest, _CHUNK_EVENTS):
            end = min(start + _CHUNK_EVENTS, newest)
            self._index.add(_pairs(database, f"seq > {start:d} AND seq <= {end:d}"), end)


def _fits(database: Database, index: IdIndex) -> bool:
    """Whether the index is of this log and of this version's hash, as far as counting and a sample tell."""
    within = f"seq <= {index.watermark:d}"
    if index.stored_ids != database.scalar(f"SELECT COUNT(*) FROM session_events WHERE {within}"):
        return False
    sample = _pairs(database, f"{within} ORDER BY seq DESC LIMIT {_SAMPLE_EVENTS}")
    return bool(contained(index.parts(), sample).all())


def _pairs(database: Database, where: str) -> Digests:
    found = database.query(f"{_PAIRS} WHERE {where}")
    return Digests(found["hi"].astype(np.uint64), found["lo"].astype(np.uint64))
