"""Whom new events touch: those they name, and those whom they are about without naming them.

What an event says of a session, a request or a refund can be about others than it names: the tutor whom an earlier event of
the session named, or who answered the request before it came in. And a student's features read values of the tutors that were
seen (`compile.NEIGHBOUR_VALUES`), everybody's the population of the last midnight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tutorpulse.clock import DAY_US, midnight_before
from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.features.frame import EntityType
from tutorpulse.store.log import EventStore

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
    found = store.query(
        "SELECT id, MIN(received_us) AS received_us, MAX(seq) AS seq"
        f" FROM ({' UNION ALL '.join(_touching(kind, after_seq))}) GROUP BY id"
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
    """The students of the sessions that any of these tutors completed in the last 30 days."""
    with store.ids("of_tutors", np.array(list(tutor_ids), dtype=object)):
        found = store.query(
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
    sessions = ("session_events", "payment_events")
    behind = [_behind(column, "session_events", "session_id", sessions, new)]
    if kind == "tutor":
        behind.append(_behind(column, "request_events", "request_id", ("request_events",), new))
    return [*named, acted, *behind]


def _behind(column: str, table: str, key: str, sources: Sequence[str], new: str) -> str:
    """Those whom any event with the same key as a new one names."""
    keys = " UNION ALL ".join(
        f"SELECT {key}, received_us, seq FROM {source} WHERE {new} AND {key} IS NOT NULL"
        for source in sources
    )
    return (
        f"SELECT earlier.{column} AS id, newer.received_us, newer.seq FROM {table} AS earlier JOIN"
        f" (SELECT {key}, MIN(received_us) AS received_us, MAX(seq) AS seq FROM ({keys}) GROUP BY {key}) AS newer"
        f" ON newer.{key} = earlier.{key}"
    )


def _known(ids: Iterable[str | None]) -> list[str]:
    return [entity_id for entity_id in ids if entity_id not in (None, PLACEHOLDER_ID)]
