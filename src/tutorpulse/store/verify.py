"""Whether a home is whole: every block of the log can be read, the index of ids fits to it, the state is sound."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tutorpulse.errors import HomeError
from tutorpulse.events.contract import TABLES
from tutorpulse.store.database import DatabaseError
from tutorpulse.store.digests import digest_ids
from tutorpulse.store.home import Home
from tutorpulse.store.index import IdIndex
from tutorpulse.store.log import EventStore
from tutorpulse.store.schema import all_tables
from tutorpulse.store.state import State

Progress = Callable[[int, int], None]
"""Told the events looked at and in all."""

_CHUNK_EVENTS = 1 << 19


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: whether it is sound, what was found, and what to do where it is not."""

    name: str
    sound: bool
    found: str
    advice: str = ""


def verify(
    home: Home, store: EventStore, state: State, progress: Progress = lambda _done, _all: None
) -> Iterator[Check]:
    """Look at everything in turn; a home that is served stays in use."""
    yield _blocks(store)
    yield _archive(store)
    yield _places(store)
    yield _ids(home, store, progress)
    yield _state(state)


_RESTORE = "Restore a backup into a new home, and import what came since."


def _blocks(store: EventStore) -> Check:
    rows = 0
    for table in all_tables():
        try:
            found = store.query(f"SELECT COUNT(*) AS n, BIT_XOR(hash(t)) AS checksum FROM {table} AS t")
        except (DatabaseError, HomeError) as error:
            return Check("log", False, f"{table}: {str(error).splitlines()[0]}", _RESTORE)
        rows += int(found["n"][0])
    return Check("log", True, f"{rows:,} rows of {len(all_tables())} tables, every block with its checksum")


def _archive(store: EventStore) -> Check:
    damage = store.archive_damage()
    files = int(store.query("SELECT COUNT(*) AS n FROM archived")["n"][0])
    if damage:
        return Check("archive", False, f"{len(damage)} of {files:,} files: {damage[0]}", _RESTORE)
    return Check("archive", True, f"{files:,} files, each as it was written")


def _places(store: EventStore) -> Check:
    parts = " UNION ALL ".join(f"SELECT seq FROM {table}" for table in TABLES)
    found = store.query(f"SELECT COUNT(*) AS n, COUNT(DISTINCT seq) AS places FROM ({parts})")
    events, places = int(found["n"][0]), int(found["places"][0])
    if events == places:
        return Check("places", True, f"{events:,} events, each with a place of its own")
    return Check("places", False, f"{events:,} events have {places:,} places", _RESTORE)


_REBUILD = "Stop what holds the home and remove its folder `ids`: it is made anew from the log."


def _ids(home: Home, store: EventStore, progress: Progress) -> Check:
    index = IdIndex(home.ids_path)
    with store.still():
        index.look()
        logged, erased = _known(store, index.watermark)
    if index.stored_ids != logged + erased:
        said = f"{index.stored_ids:,} ids for {logged:,} events and {erased:,} erased ones"
        return Check("ids", False, said, _REBUILD)
    unknown = _unknown(store, index, logged, progress)
    if unknown:
        return Check("ids", False, f"{unknown:,} events whose ids are not known", _REBUILD)
    return Check("ids", True, f"{logged:,} events and {erased:,} erased ones, every id known once")


def _known(store: EventStore, watermark: int) -> tuple[int, int]:
    """Events and erased ids up to a place."""
    parts = " UNION ALL ".join(
        f"SELECT COUNT(*) AS n FROM {table} WHERE seq <= {watermark:d}" for table in TABLES
    )
    events = store.query(f"SELECT SUM(n) AS n FROM ({parts})")["n"][0]
    erased = store.query(f"SELECT COUNT(*) AS n FROM erased_ids WHERE seq <= {watermark:d}")["n"][0]
    return int(events), int(erased)


def _unknown(store: EventStore, index: IdIndex, events: int, progress: Progress) -> int:
    """How many events up to the index's place have an id that it does not hold."""
    unknown = done = 0
    for start in range(0, index.watermark, _CHUNK_EVENTS):
        end = min(start + _CHUNK_EVENTS, index.watermark)
        for table in TABLES:
            ids = store.query(f"SELECT event_id FROM {table} WHERE seq > {start:d} AND seq <= {end:d}")
            known = index.contains(digest_ids(ids["event_id"]))
            unknown += len(known) - int(known.sum())
            done += len(known)
        progress(done, events)
    return unknown


def _state(state: State) -> Check:
    problems = state.problems()
    if not problems:
        return Check("state", True, "predictions, recommendations, insights and keys are sound")
    return Check("state", False, f"{len(problems)} problems: {problems[0]}", _RESTORE)
