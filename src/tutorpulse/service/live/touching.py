"""Whom new events touch: those they name, and those whom they are about without naming them.

What an event says of a session, a request or a refund can be about others than it names: the tutor whom an earlier event of
the session named, or who answered the request before it came in. And a student's features read values of the tutors that were
seen (`compile.NEIGHBOUR_VALUES`), everybody's the population of the last midnight.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from tutorpulse.clock import DAY_US, midnight_before
from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.features.frame import EntityType
from tutorpulse.store.log import EventStore
from tutorpulse.store.settling import FEW_EVENTS

SEEN_DAYS = 30
"""A student's neighbours are the tutors of the completed sessions of so many days."""


@dataclass(frozen=True)
class Touched:
    """Whom the events after a place in the log touch.

    `since_us` holds by entity id when the first of its events was received, `seq` is the place of the last of the events (the
    one asked after, where there are none), and `first_received_us` when the earliest of all was received, None without any.
    """

    since_us: dict[str, int]
    seq: int
    first_received_us: int | None


def newest_seq(store: EventStore) -> int:
    """The place of the newest event; -1 in an empty log."""
    parts = " UNION ALL ".join(f"SELECT MAX(seq) AS seq FROM {table}" for table in TABLES)
    return int(store.query(f"SELECT COALESCE(MAX(seq), -1) AS seq FROM ({parts})")["seq"][0])


def touched(store: EventStore, kind: EntityType, after_seq: int) -> Touched:
    """The entities of a kind that the events after a place touch."""
    with _behind_sessions(store, f"{kind}_id", after_seq) as behind:
        found = store.query(
            "SELECT id, MIN(received_us) AS received_us, MAX(seq) AS seq"
            f" FROM ({' UNION ALL '.join([*_touching(kind, after_seq), behind])}) GROUP BY id"
        )
    if not len(found["id"]):
        return Touched({}, after_seq, None)
    since = zip(found["id"].tolist(), found["received_us"].tolist(), strict=True)
    return Touched(
        {entity_id: us for entity_id, us in since if entity_id not in (None, PLACEHOLDER_ID)},
        int(found["seq"].max()),
        int(found["received_us"].min()),
    )


def students_of(store: EventStore, tutor_ids: Iterable[str], as_of_us: int) -> list[str]:
    """The students of the sessions that any of these tutors completed in the last 30 days, of those settled by now: an event
    of a later one touches its student by itself."""
    with store.ids("of_tutors", np.array(list(tutor_ids), dtype=object)):
        found = store.query_as_it_is(
            "SELECT DISTINCT student_id AS id FROM settled_sessions WHERE outcome = 'completed'"
            f" AND time_us > {as_of_us - SEEN_DAYS * DAY_US:d} AND tutor_id IN (SELECT id FROM of_tutors)"
        )
    return _known(found["id"].tolist())


def partners(store: EventStore, kind: EntityType, entity_id: str) -> list[str]:
    """Everybody of the other kind who ever had a session with this entity."""
    other = "student" if kind == "tutor" else "tutor"
    found = store.query(
        f"SELECT DISTINCT {other}_id AS id FROM settled_sessions WHERE {kind}_id = ?", [entity_id]
    )
    return _known(found["id"].tolist())


def has_payments(store: EventStore) -> bool:
    """Whether the log knows payments; while it does not, sessions' prices count as such for every student."""
    found = store.query(
        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM payment_events WHERE event_type = 'payment_processed' LIMIT 1)"
    )
    return bool(found["n"][0])


def reaches_population(touched: Touched, now_us: int) -> bool:
    """Whether the events change what everybody is compared with: they were received before the last midnight, as an import's are."""
    first_us = touched.first_received_us
    return first_us is not None and first_us <= midnight_before(now_us)


def _touching(kind: EntityType, after_seq: int) -> list[str]:
    column, new = f"{kind}_id", f"seq > {after_seq:d}"
    named = [
        f"SELECT {column} AS id, received_us, seq FROM {table} WHERE {new}"
        for table in TABLES
        if column in table_columns(table)
    ]
    acted = f"SELECT entity_id, received_us, seq FROM other_events WHERE entity_type = '{kind}' AND {new}"
    requests = [
        _behind(column, "request_events", _keys("request_id", ("request_events",), new), "request_id")
    ]
    return [*named, acted, *(requests if kind == "tutor" else [])]


@contextmanager
def _behind_sessions(store: EventStore, column: str, after_seq: int) -> Iterator[str]:
    """A query of those whom any event of the session of a new one names; readable within the context.

    The events of few sessions are looked up by their places; for many the log is read.
    """
    keys = _keys("session_id", ("session_events", "payment_events"), f"seq > {after_seq:d}")
    newer = store.query(keys)
    if len(newer["id"]) > FEW_EVENTS:
        yield _behind(column, "session_events", keys, "session_id")
        return
    places = store.places_of_sessions(newer["id"])
    with store.relation("newer_sessions", newer), store.relation("places_behind", {"seq": places}):
        # The bound spares the search the archive, but for sessions that reach into it.
        first = places.min(initial=after_seq + 1)
        within = f"(SELECT * FROM session_events WHERE seq IN (SELECT seq FROM places_behind) AND seq >= {first:d})"
        yield _behind(column, within, "SELECT * FROM newer_sessions", "session_id")


def _keys(key: str, sources: Sequence[str], new: str) -> str:
    """A query of the keys of new events as `id`, with when the first was received and the place of the last."""
    keys = " UNION ALL ".join(
        f"SELECT {key} AS id, received_us, seq FROM {source} WHERE {new} AND {key} IS NOT NULL"
        for source in sources
    )
    return f"SELECT id, MIN(received_us) AS received_us, MAX(seq) AS seq FROM ({keys}) GROUP BY id"


def _behind(column: str, earlier: str, keys: str, key: str) -> str:
    """A query of those whom any event with one of the keys names."""
    return (
        f"SELECT earlier.{column} AS id, newer.received_us, newer.seq FROM {earlier} AS earlier"
        f" JOIN ({keys}) AS newer ON newer.id = earlier.{key}"
    )


def _known(ids: Iterable[str | None]) -> list[str]:
    return [entity_id for entity_id in ids if entity_id not in (None, PLACEHOLDER_ID)]
